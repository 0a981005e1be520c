//! A shell in which the steps of one page are done, one after the other.

use std::env;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::page::{Step, Typed, fits};
use crate::support::bound::Bounded;
use crate::support::command::Home;
use crate::support::{guests, python};

/// The ports of services on a page. Each session has free ones in their place.
const PORTS: [&str; 2] = ["8765", "8766"];
/// The home on a page.
const HOME: &str = "/home/ada";

/// Does all steps, and tells for each that did not come to what the page says what it came to.
pub fn follow(steps: &[Step]) -> Vec<String> {
    if steps.iter().any(|step| matches!(step, Step::Type(typed) if typed.command.starts_with("cargo "))) {
        // Downloads what actions in Rust are built from: a session does without a network.
        guests::guest("contacts");
    }
    python::install();
    let home = Home::new();
    fs::create_dir_all(home.path(".local/bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_um-host"), home.path(".local/bin/um-host")).unwrap();
    symlink(root(), home.path("um-host")).unwrap();
    let ports = Ports::free();
    let script = home.write(".session.sh", ports.put_into(&script(steps)));
    let said = home.path(".session.out");
    let out = File::create(&said).unwrap();
    shell(&home).arg(script).stdout(out.try_clone().unwrap()).stderr(out).end().unwrap();
    let said = String::from_utf8(fs::read(said).unwrap()).unwrap();
    let said = said.replace(&python::xdg_cache().display().to_string(), &format!("{HOME}/.cache"));
    let said = ports.take_out_of(&said.replace(&home.directory().display().to_string(), HOME));
    complaints(steps, &said)
}

/// The shell, with what its commands need of this process's environment.
fn shell(home: &Home) -> Command {
    let mut path = home.path(".local/bin").into_os_string();
    path.push(":");
    path.push(env::var_os("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.env_clear().env("HOME", home.directory()).env("PATH", path).env("LANG", "C.UTF-8");
    shell.env("XDG_CACHE_HOME", python::xdg_cache());
    for (name, default) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let own = env::var_os(name).map(PathBuf::from);
        shell.env(name, own.unwrap_or_else(|| Path::new(&env::var_os("HOME").unwrap()).join(default)));
    }
    shell.envs(env::var_os("RUSTUP_TOOLCHAIN").map(|toolchain| ("RUSTUP_TOOLCHAIN", toolchain)));
    // What an action is built from is compiled once, for all runs of the tests.
    shell.env("CARGO_NET_OFFLINE", "true").env("CARGO_BUILD_BUILD_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/docs"));
    shell.current_dir(home.directory()).stdin(Stdio::null());
    shell
}

/// Everything as one script. After each command a mark says its number and status.
fn script(steps: &[Step]) -> String {
    let mut script = "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n".to_owned();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Write(file) => {
                script += &format!("cat > {} <<'== END =='\n{}== END ==\n", file.name, file.content);
            }
            Step::Type(typed) => {
                script += &typed.command;
                if let Some(value) = &typed.prompt {
                    script += &format!(" < <(printf %s {value})");
                }
                script += &format!("\nprintf '\\n== {number} %d ==\\n' $?\n");
                script += &awaited(&typed.command);
            }
        }
    }
    script
}

/// Waits until a service that was started in the background can be called, or has ended.
fn awaited(command: &str) -> String {
    if !command.ends_with('&') {
        return String::new();
    }
    let port = if command.contains(PORTS[0]) { PORTS[0] } else { PORTS[1] };
    format!("until (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null || ! kill -0 $!; do sleep 0.02; done\n")
}

fn complaints(steps: &[Step], said: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut rest = said;
    for (number, step) in steps.iter().enumerate() {
        let Step::Type(typed) = step else { continue };
        let Some((printed, after)) = rest.split_once(&format!("\n== {number} ")) else {
            complaints.push(format!("line {}: the session ended here:\n{rest}", typed.line));
            break;
        };
        let (status, after) = after.split_once(" ==\n").unwrap();
        complaints.extend(complaint(typed, printed, status.parse().unwrap()));
        rest = after;
    }
    complaints
}

fn complaint(typed: &Typed, printed: &str, status: i32) -> Option<String> {
    let got: Vec<&str> = printed.trim_matches(['\r', '\n']).lines().collect();
    let expected: Vec<&str> = typed.expected.iter().map(String::as_str).collect();
    let fine = status == typed.status && fits(&got, &expected);
    (!fine).then(|| {
        let Typed { line, command, status: wanted, .. } = typed;
        let (got, expected) = (got.join("\n"), expected.join("\n"));
        format!("line {line}: $ {command}\n--- expected: {wanted}\n{expected}\n--- got: {status}\n{got}\n---")
    })
}

/// A free port for each that pages name.
struct Ports([String; 2]);

impl Ports {
    fn free() -> Self {
        let listeners = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        Self(listeners.map(|listener| listener.local_addr().unwrap().port().to_string()))
    }

    fn put_into(&self, text: &str) -> String {
        PORTS.iter().zip(&self.0).fold(text.to_owned(), |text, (port, free)| text.replace(port, free))
    }

    fn take_out_of(&self, text: &str) -> String {
        PORTS.iter().zip(&self.0).fold(text.to_owned(), |text, (port, free)| text.replace(free.as_str(), port))
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
