//! `python install`, word for word, on machines whose `python3` is a script of the test; and on this one, where what
//! runs Python is installed.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::bound::Bounded;
use crate::support::command::{Home, Transcript, display, status};
use crate::support::python;
use crate::support::terminal::Terminal;

const PROBE: &str = "echo version 3 12";
const VENV: &str = "mkdir -p venv/bin venv/lib/python3.12/site-packages; cp \"$0\" venv/bin/python";
const PIP: &str = "mkdir venv/lib/python3.12/site-packages/tzdata";

/// What is said before pip and componentize-py are at work.
const ENVIRONMENT: &str = "um-host: making a virtual environment for the Python runner\n";
const PACKAGES: &str = "um-host: downloading what packages the Python runner (17 MB, by pip)\n";
const PACKAGING: &str = "um-host: packaging the Python runner\n";

/// Puts a `python3` into `bin/` that does this at each step. A process of its own writes it: while this one has it open
/// for writing, a child of another test could inherit that, and nobody could run it.
fn python3(home: &Home, [probe, venv, pip, package]: [&str; 4]) {
    fs::create_dir_all(home.path("bin")).unwrap();
    let script = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\ncase \"$*\" in\n*version_info*) {probe};;\n*' venv '*) {venv};;\n*' pip '*) {pip};;\n\
         *componentize_py*) {package};;\nesac\n"
    );
    let mut writer = Command::new("/bin/sh");
    writer.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(home.path("bin/python3"));
    let mut writer = writer.stdin(Stdio::piped()).start().unwrap();
    writer.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
}

/// `um-host python install` with that `python3` and no other.
fn install(home: &Home) -> Transcript<'_> {
    home.um_host(["python", "install"]).env("PATH", home.path("bin"))
}

/// What stands where runners are installed.
fn left(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(home.path(".cache/um-host/python")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_is_installed_is_found_again_without_a_python() {
    let runner = python::install();
    let bytes = fs::metadata(runner).unwrap().len();
    let home = Home::new();
    home.um_host(["python", "install"])
        .env("XDG_CACHE_HOME", python::xdg_cache())
        .stderr(format!(
            "um-host: the Python runner is installed already: `{}`, {} MB\n",
            display(runner),
            bytes / 1_000_000
        ))
        .run();
    let answer = home.um_host(["python", "install", "--json"]).env("XDG_CACHE_HOME", python::xdg_cache()).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""));
    assert_eq!(answer.json(), json!({ "runner": display(runner), "installed": false, "bytes": bytes }));
    assert_eq!(fs::metadata(runner).unwrap().permissions().mode() & 0o777, 0o400);
}

#[test]
fn the_runner_knows_nothing_of_the_machine_that_packaged_it() {
    let runner = fs::read(python::install()).unwrap();
    let holds = |words: &str| runner.windows(words.len()).any(|window| window == words.as_bytes());
    assert!(holds("um_action") && holds("Europe/Berlin"), "it is the runner");
    let home = std::env::var("HOME").unwrap();
    for words in [&display(&python::cache()), "/making.", "pip/_internal", &format!("{home}/.local")] {
        assert!(!holds(words), "{words}");
    }
}

#[test]
fn a_machine_without_python_says_what_to_install() {
    let missing = "um-host: error: there is no python3 in PATH; Python actions need it once, to package the runner\n  \
                   hint: install Python 3.10 or newer (Debian, Ubuntu: `apt install python3 python3-venv`) and run this again\n";
    let home = Home::with_store();
    install(&home).status(125).stderr(missing).run();
    install(&home).arg("--json").status(125).stderr(missing).run();
    let script = home.write("hello.py", "print('hello')\n");
    home.um_host(["run"]).arg(script).env("PATH", home.path("bin")).status(125).stderr(missing).run();
    assert_eq!(left(&home), ["lock"]);
}

#[test]
fn whoever_watches_sees_one_line_with_the_time_of_each_step() {
    let home = Home::new();
    let gate = home.path("gate");
    mknodat(CWD, &gate, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let wait = format!("read go < {}; {PIP}", display(&gate));
    python3(&home, [PROBE, VENV, &wait, "exit 1"]);
    let line = "stty cols 80; PATH=$HOME/bin TERM=xterm NO_COLOR=1 um-host python install";
    let mut terminal = Terminal::new(&home, line);
    terminal.shows("\r\u{1b}[Kum-host: downloading what packages the Python runner (17 MB, by pip) (1 s)");
    terminal.shows(" (2 s)");
    fs::write(&gate, "go\n").unwrap();
    let (status, screen) = terminal.end();
    assert_eq!(status, 125);
    assert!(screen.contains("\r\u{1b}[Kum-host: error: "), "{screen:?}");
    assert!(!screen.contains("runner\n"), "no line of a step stays: {screen:?}");
}

#[test]
fn a_python_that_will_not_do_is_named() {
    for (probe, said) in [
        (
            "echo version 3 9",
            "`[HOME]/bin/python3` is Python 3.9, and componentize-py needs 3.10 or newer\n  \
             hint: install one, as `python3` or as `python3.14`, in a directory of PATH",
        ),
        (
            "echo version 3 12; echo \"ModuleNotFoundError: No module named 'ensurepip'\"; exit 1",
            "`[HOME]/bin/python3` (Python 3.12) cannot make virtual environments with pip\n  \
             hint: install what is missing (Debian, Ubuntu: `apt install python3-venv`) and run this again",
        ),
        (
            "echo 'pyenv: no version is set' >&2; exit 127",
            "`[HOME]/bin/python3` does not start (pyenv: no version is set)\n  \
             hint: repair it, or put a python3 that works before it in PATH",
        ),
    ] {
        let home = Home::new();
        python3(&home, [probe, VENV, PIP, "true"]);
        install(&home).status(125).stderr(format!("um-host: error: {said}\n")).run();
    }
}

#[test]
fn what_pip_cannot_do_is_told_with_what_to_do() {
    for (pip, said) in [
        (
            "echo \"WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip.X object at \
             0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/componentize-py/\"; \
             echo 'ERROR: No matching distribution found for componentize-py==0.25.1'; exit 1",
            "pip could not download the packages (No matching distribution found for componentize-py==0.25.1: Failed to \
             establish a new connection: [Errno 111] Connection refused)\n  \
             hint: check the network, and for a mirror or a proxy \
             PIP_INDEX_URL, PIP_CERT and HTTPS_PROXY, then run this again",
        ),
        (
            "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.'; \
             echo '    tzdata==2026.6 from https://me:pa55@index.example/tzdata.whl:'; exit 1",
            "what pip downloaded is not what this version of um-host was made with (tzdata==2026.6 from \
             https://***@index.example/tzdata.whl:); nothing of it was run\n  \
             hint: use an index that does not change packages",
        ),
        (
            "echo 'ERROR: No matching distribution found for componentize-py==0.25.1'; exit 1",
            "the index that pip asks has no such wheel for this platform (No matching distribution found for \
             componentize-py==0.25.1)\n  \
             hint: there are wheels for Linux with glibc 2.28 or newer and for macOS, each x86-64 and \
             ARM: on such a platform, let the index offer them",
        ),
        (
            "echo 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device'; exit 1",
            "there is no room left below `[HOME]/.cache/um-host/python`\n  \
             hint: free about 200 MB, or let XDG_CACHE_HOME name another place",
        ),
    ] {
        let home = Home::new();
        python3(&home, [PROBE, VENV, pip, "true"]);
        install(&home).status(125).stderr(format!("{ENVIRONMENT}{PACKAGES}um-host: error: {said}\n")).run();
        assert_eq!(left(&home), ["lock"]);
    }
}

#[test]
fn a_packaging_that_fails_is_told_with_its_last_lines() {
    let home = Home::new();
    python3(&home, [PROBE, VENV, PIP, "printf 'Traceback:\\n  at x\\nImportError: \\033[31mno module\\n'; exit 1"]);
    let said = "um-host: error: componentize-py could not package the runner (Traceback:; at x; ImportError: [31mno \
                module); this is a fault of um-host or of this machine\n  hint: report it\n";
    install(&home).status(125).stderr(format!("{ENVIRONMENT}{PACKAGES}{PACKAGING}{said}")).run();
    assert_eq!(left(&home), ["lock"]);
}

#[test]
fn without_a_place_to_keep_it_nothing_is_installed() {
    let home = Home::new();
    let said = "um-host: error: Python actions need a cache directory, which this host was not given\n  \
                hint: set XDG_CACHE_HOME, or HOME, to a place that this user can write\n";
    install(&home).env("HOME", "").status(125).stderr(said).run();
    fs::DirBuilder::new().mode(0o700).recursive(true).create(home.path(".cache/um-host")).unwrap();
    fs::create_dir(home.path(".cache/um-host/python")).unwrap();
    fs::set_permissions(home.path(".cache/um-host/python"), fs::Permissions::from_mode(0o770)).unwrap();
    let said = "um-host: error: the directory `[HOME]/.cache/um-host/python` is open to others (mode 770)\n  \
                hint: run `chmod 700` on it\n";
    install(&home).status(125).stderr(said).run();
}

#[test]
fn no_child_is_given_a_key() {
    let home = Home::new();
    let logged = |then: &str| format!("/usr/bin/env >> '{}'; {then}", display(&home.path("log")));
    python3(&home, [&logged(PROBE), &logged(VENV), &logged(PIP), &logged("exit 1")]);
    let typed = install(&home).env("UM_HOST_KEY", "env:MY_KEY").env("MY_KEY", "um-host-key-hunter22");
    let answer = typed.env("HTTPS_PROXY", "http://proxy.example:3128").answer();
    assert_eq!(answer.status, 125, "{answer:?}");
    answer.never_says("hunter22");
    let log = fs::read_to_string(home.path("log")).unwrap();
    assert_eq!(log.matches("TMPDIR=").count(), 4, "{log}");
    assert_eq!(log.matches("HTTPS_PROXY=").count(), 3, "{log}");
    assert!(!log.contains("hunter22") && !log.contains("KEY"), "{log}");
}

#[test]
fn an_installation_that_is_stopped_leaves_no_process_and_its_rest_is_cleared_away() {
    for (signal, expected) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::KILL, 137)] {
        let home = Home::new();
        let hanging = format!("echo $$ > '{0}.part'; mv '{0}.part' '{0}'; sleep 600", display(&home.path("pid")));
        python3(&home, [PROBE, VENV, &hanging, "true"]);
        let child = install(&home).start();
        let pip = appears(&home.path("pid"));
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(ended(child), (expected, format!("{ENVIRONMENT}{PACKAGES}")));
        vanishes(pip.trim());
        python3(&home, [PROBE, "echo 'Error: x'; exit 1", PIP, "true"]);
        assert_eq!(install(&home).answer().status, 125);
        assert_eq!(left(&home), ["lock"]);
    }
}

#[test]
fn who_comes_second_waits_and_says_so() {
    let home = Home::new();
    let path = |name| display(&home.path(name));
    let until_told = format!("touch '{}'; while ! [ -e '{}' ]; do sleep 0.01; done; exit 1", path("began"), path("go"));
    python3(&home, [PROBE, &until_told, PIP, "true"]);
    let first = install(&home).start();
    appears(&home.path("began"));
    let mut second = install(&home).command();
    let said = home.path("said");
    let second = second.stderr(fs::File::create(&said).unwrap()).start().unwrap();
    let waiting = "um-host: waiting for another um-host that installs the Python runner\n";
    until(|| fs::read_to_string(&said).unwrap() == waiting);
    fs::write(home.path("go"), "").unwrap();
    let (status_of_first, said_by_first) = ended(first);
    assert!(status_of_first == 125 && !said_by_first.contains("waiting"), "{said_by_first}");
    assert_eq!(ended(second).0, 125);
    assert!(fs::read_to_string(&said).unwrap().starts_with(&format!("{waiting}{ENVIRONMENT}")));
}

/// Status and stderr.
fn ended(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    (status(output.status), String::from_utf8(output.stderr).unwrap())
}

/// What a file holds, once it is there.
fn appears(path: &Path) -> String {
    until(|| path.exists());
    fs::read_to_string(path).unwrap()
}

/// Waits until a process has ended; one that only nobody has asked about yet has.
fn vanishes(pid: &str) {
    let stat = Path::new("/proc").join(pid).join("stat");
    until(|| fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z ")));
}

/// Waits for what another process does.
fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it did not happen within 30 seconds");
}
