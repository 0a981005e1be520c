//! Every verb of the command line and every kind of action, with a value that must be found nowhere but in the store,
//! sealed.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::forms::{Form, forms, values};
use super::peer;
use super::scripts::{BEGINNING, SCRIPTS};
use super::search::{Needles, Searcher};
use crate::support::bound::Bounded;
use crate::support::command::{Answer, Home};
use crate::support::guests::guest;
use crate::support::python;

const NAME: &str = "HUBSPOT_API_KEY";

/// A home, a value, and everything that was said in it.
pub struct Scene {
    pub home: Home,
    /// Where the value comes from: not um-host's, so not searched.
    outside: tempfile::TempDir,
    /// Compiled actions.
    cache: PathBuf,
    pub value: String,
    searcher: Searcher,
    said: Vec<(String, Answer)>,
}

impl Scene {
    fn new(value: &str) -> Self {
        let searcher = Searcher::new(Needles::of([&value.to_owned()]));
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("value"), value).unwrap();
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("canary");
        Self { home: Home::new(), outside, cache, value: value.to_owned(), searcher, said: Vec::new() }
    }

    /// Types a command; nothing on stdin.
    pub fn types<A: AsRef<OsStr>>(&mut self, arguments: &[A], status: i32) {
        self.types_with(arguments, &[], "", status);
    }

    pub fn types_with<A: AsRef<OsStr>>(
        &mut self,
        arguments: &[A],
        environment: &[(&str, &str)],
        stdin: impl Into<Vec<u8>>,
        status: i32,
    ) {
        let (command, answer) = self.hears(arguments, environment, stdin);
        assert_eq!(answer.status, status, "{command}: {answer:?}");
    }

    /// Types a command that answers with an object.
    pub fn types_and_reads(&mut self, arguments: &[&str]) -> serde_json::Value {
        let (command, answer) = self.hears(arguments, &[], "");
        serde_json::from_str(&answer.stdout).unwrap_or_else(|_| panic!("{command}: {answer:?}"))
    }

    /// Types a command that must not do what it says, for whatever reason comes first.
    pub fn is_refused(&mut self, arguments: &[&str]) {
        let (command, answer) = self.hears(arguments, &[], "");
        assert!([1, 2, 127].contains(&answer.status), "{command}: {answer:?}");
    }

    fn hears<A: AsRef<OsStr>>(
        &mut self,
        arguments: &[A],
        environment: &[(&str, &str)],
        stdin: impl Into<Vec<u8>>,
    ) -> &(String, Answer) {
        let typed = self.home.um_host(arguments).env("XDG_CACHE_HOME", &self.cache).stdin(stdin);
        let typed = environment.iter().fold(typed, |typed, (name, value)| typed.env(name, value));
        let command = arguments.iter().map(|argument| argument.as_ref().display().to_string()).collect::<Vec<_>>();
        self.said.push((command.join(" "), typed.answer()));
        &self.said[self.said.len() - 1]
    }

    /// Every place where the value is found now.
    fn leaks(&self) -> Vec<String> {
        let mut leaks = self.searcher.search_directory(&self.home.path("."));
        leaks.extend(self.searcher.search_directory(&self.cache));
        for (command, answer) in &self.said {
            for (stream, text) in [("stdout", &answer.stdout), ("stderr", &answer.stderr)] {
                let hits = self.searcher.search(text.as_bytes());
                leaks.extend(hits.iter().map(|hit| format!("{stream} of `{command}`: {} in {text}", hit.name)));
            }
        }
        leaks
    }

    #[track_caller]
    fn assert_clean(&self) {
        let leaks = self.leaks();
        assert!(leaks.is_empty(), "{leaks:#?}");
    }

    pub fn value_file(&self) -> String {
        self.outside.path().join("value").display().to_string()
    }

    /// What has a name or a description, a version, a file and an end.
    fn keeps(&mut self) {
        let (value, file) = (self.value.clone(), self.value_file());
        self.types(&["init"], 0);
        self.types(&["init"], 1);
        self.types(&["workspaces", "create", "other"], 0);
        self.types(&["workspaces", "create", "other"], 1);
        self.types_with(&["secrets", "set", NAME], &[], value.clone(), 0);
        self.types_with(
            &["secrets", "set", NAME, "--json", "--description", "for tests"],
            &[],
            value.clone() + "\n",
            0,
        );
        self.types(&["secrets", "set", NAME, "--from-file", &file, "--if-version", "2"], 0);
        self.types(&["secrets", "set", NAME, "--from-file", &file, "--workspace", "other"], 0);
        self.types_with(&["secrets", "set", "GONE"], &[], value, 0);
        self.types(&["secrets", "delete", "GONE", "--yes"], 0);
        for verb in [
            &["key", "check"][..],
            &["workspaces", "list"],
            &["secrets", "list"],
            &["secrets", "info", NAME],
            &["secrets", "describe", NAME, "another"],
        ] {
            self.types(verb, 0);
            self.types(&[verb, &["--json"]].concat(), 0);
        }
    }

    /// What is refused, with the value where it does not belong or where it cannot be taken.
    fn refuses(&mut self) {
        let (value, file) = (self.value.clone(), self.value_file());
        let joined = format!("--value={value}");
        for arguments in [
            &["secrets", "set", NAME, &value][..],
            &["secrets", "set", NAME, &joined],
            &["secrets", "set", &value],
            &["secrets", "set", &format!("{NAME}={value}")],
            &["secrets", "info", &value],
            &["secrets", "delete", &value, "--yes"],
            &["secrets", "list", &value],
            &["run", "action.wasm", &value],
            &["run", "action.wasm", "--env", &value],
            &["--key", &value, "key", "check"],
            &["key", "check", &value],
            &["redact", &value],
            &["secrets", "set", NAME, "--bind", &value],
            &["run", "action.wasm", "--secret", &value],
            &["run", "action.wasm", "--secret", &format!("GIVEN={value}")],
            &["run", "action.wasm", "--secret", &format!("{value}=env:GIVEN")],
            &["run", "action.wasm", "--secret", "GIVEN=env:GIVEN", "--bind", &value],
            &["run", "action.wasm", "--secret", "GIVEN=env:GIVEN", "--bind", &format!("GIVEN={value}")],
            &["run", "action.wasm", "--secret", "GIVEN=env:GIVEN", "--revealed", &value],
            &["run", "action.wasm", "--secret", "GIVEN=env:GIVEN", "--bind", "GIVEN=a.b.example", "--in", &value],
            &["secrets", "set", NAME, "--from-file", &value],
            &["run", "action.wasm", "--policy", &value],
            &[&value],
        ] {
            self.types(arguments, 2);
            self.types(&[&["--json"], arguments].concat(), 2);
        }
        for (arguments, status) in [
            (&["run", &format!("./{value}")][..], 127),
            (&["run", "action.wasm", "--input", &format!("@{value}")], 127),
            (&["run", "action.wasm", &format!("--documents={value}")], 127),
            (&["secrets", "list", &format!("--data-dir={value}")], 125),
            (&["key", "check", "--key", &format!("file:{value}")], 125),
        ] {
            self.types(arguments, status);
            self.types(&[&["--json"], arguments].concat(), status);
        }
        let key = std::fs::read_to_string(self.home.key_file()).unwrap().trim().to_owned();
        self.types_with(&["key", "check"], &[("UM_HOST_KEY", &value)], "", 2);
        self.types_with(&["key", "check"], &[("UM_HOST_KEY", &key)], "", 2);
        self.types_with(&["key", "check"], &[("UM_HOST_KEY", "env:NOT_A_KEY"), ("NOT_A_KEY", &value)], "", 125);
        self.types(&["key", "check", "--key", &format!("file:{file}")], 125);

        self.types(&["secrets", "set", NAME, "--from-file", &file, "--if-version", "99"], 1);
        self.types(&["secrets", "set", NAME, "--from-file", &file, "--workspace", "nowhere"], 1);
        self.types(&["secrets", "set", "not a name", "--from-file", &file], 2);
        self.types_with(&["secrets", "set", NAME], &[], value.repeat(1 + (64 << 10) / value.len()), 2);
        self.types_with(&["secrets", "set", NAME], &[], [value.as_bytes(), &[0xff]].concat(), 2);
        self.types_with(&["secrets", "set", NAME], &[], format!("{value} um_sealed_0"), 2);
        self.types_with(&["secrets", "set", NAME], &[], format!("{value}***"), 2);
        let hidden = self.home.data().with_extension("hidden");
        std::fs::rename(self.home.data(), &hidden).unwrap();
        self.types_with(&["secrets", "set", NAME], &[], value.clone(), 125);
        self.types_with(&["redact"], &[], value, 125);
        std::fs::rename(hidden, self.home.data()).unwrap();
    }

    /// Gives the value, in forms that are guarded, to what masks them.
    fn redacts(&mut self) {
        let guarded = ["raw", "trimmed", "base64", "hex", "percent", "JSON"];
        let is_guarded = |form: &Form| guarded.iter().any(|name| form.name.split(' ').next() == Some(*name));
        let forms = forms(&self.value).into_iter().filter(is_guarded).map(|form| form.bytes);
        let text = forms.collect::<Vec<_>>().join(&b'\n');
        for arguments in
            [&["redact"][..], &["redact", "--quiet"], &["redact", "--json"], &["redact", "--workspace", "other"]]
        {
            self.types_with(arguments, &[], text.clone(), 0);
        }
    }

    /// Runs a guest twice: told in words, and told in JSON.
    pub fn runs(&mut self, action: &str, more: &[&str], status: i32) {
        self.runs_file(&guest(action), more, status);
    }

    fn runs_file(&mut self, action: &Path, more: &[&str], status: i32) {
        let action_file = action.display().to_string();
        for told in ["--verbose", "--json"] {
            let documents = self.home.path(&format!("documents-{}", self.said.len())).display().to_string();
            // What follows `--` is the action's.
            let (options, arguments) = more.split_at(more.iter().position(|word| *word == "--").unwrap_or(more.len()));
            let run = ["run", &action_file, told, "--documents", &documents];
            self.types(&[&run, options, arguments].concat(), status);
        }
    }

    /// Every way out of an action.
    fn acts(&mut self) {
        for (action, more, status) in [
            ("prints_a_secret", &[][..], 0),
            ("prints_a_secret_byte_by_byte", &[], 0),
            ("prints_a_secret_in_every_form", &[], 0),
            ("leaks_into_documents", &[], 0),
            ("returns_a_secret", &[], 0),
            ("fails_with_a_secret", &[], 1),
            ("panics_with_a_secret", &[], 134),
            ("panics_in_a_typed_action", &[], 134),
            ("traps_inside_a_secret", &[], 134),
            ("loops_inside_a_secret", &["--timeout", "300ms"], 124),
            ("prints_a_secret", &["--workspace", "other"], 0),
            ("prints_a_secret", &["--only-secrets", "SOMETHING_ELSE"], 1),
            ("prints_a_secret", &["--workspace", "nowhere"], 1),
            ("reads_a_secret_late", &[], 0),
            ("asks_for_secrets", &["--", NAME, "hubspot_api_key"], 0),
            ("lists_secrets", &[], 0),
            ("fills_its_own_files", &["--limit", "tmp-bytes=1MiB"], 0),
            ("fingerprints_a_secret", &["--input", "\"HUBSPOT_API_KEY\""], 0),
        ] {
            self.runs(action, more, status);
        }
    }

    /// The value in sources of `--secret` that are none, and given by those that are.
    fn gives(&mut self) {
        let (value, file) = (self.value.clone(), self.value_file());
        let plain = guest("plain").display().to_string();
        for source in ["env", "file", "fd"] {
            self.types(&["run", &plain, "--secret", &format!("GIVEN={source}:{value}")], 2);
        }
        let action = guest("prints_a_secret_in_every_form").display().to_string();
        let taken = ["run", &action, "--secret", &format!("{NAME}=file:{file}")].map(str::to_owned);
        self.types(&taken, 2);
        let documents = self.home.path("given").display().to_string();
        let given = ["--secret", "GIVEN=env:GIVEN", "--documents", &documents, "--verbose", "--workspace"];
        let environment = [("GIVEN", value.as_str())];
        for told in ["mk", "other"] {
            let action = guest("prints_a_secret").display().to_string();
            let run = [&["run", &action][..], &given, &[told, "--", "GIVEN"]].concat();
            self.types_with(&run, &environment, "", if told == "mk" { 1 } else { 0 });
        }
        let nowhere = self.home.path("nowhere").display().to_string();
        for action in ["prints_a_secret_in_every_form", "leaks_into_documents"] {
            let action = guest(action).display().to_string();
            let run = ["run", &action, "--data-dir", &nowhere, "--documents", &documents, "--secret"];
            self.types(&[&run[..], &[&format!("{NAME}=file:{file}")]].concat(), 0);
        }
    }

    /// Every way out of a script.
    fn acts_in_python(&mut self) {
        python::install_in(&self.cache);
        for (name, source, more, status) in SCRIPTS {
            // A script sees what lies beside it: not where the value does.
            let folder = self.outside.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            let script = folder.join("script.py");
            std::fs::write(&script, format!("{BEGINNING}{source}")).unwrap();
            self.runs_file(&script, more, status);
        }
    }

    /// Requests that arrive and come back, that are refused there or here, and that reach nobody. Not every value can be
    /// sent as a header; then the action fails with words of its own.
    fn sends(&mut self, takes_headers: bool) {
        let peer = peer::listen();
        let closed = "http://127.0.0.1:9";
        let well = i32::from(!takes_headers);
        let reach = ["--allow-private", "127.0.0.1", "--allow-host"];
        let echo = format!("{}/echo", peer.http);
        let refused = format!("{}/refused", peer.http);
        let untrusted = format!("{}/echo", peer.https);
        let input = |base: &str| format!("{{\"base_url\": \"{base}\"}}");
        for (allowed, url, status) in [
            (peer.http.as_str(), &echo, well),
            (&peer.http, &refused, well),
            (&peer.https, &untrusted, 1),
            (closed, &echo, 1),
        ] {
            self.runs("sends_a_secret", &[&reach[..], &[allowed, "--", url]].concat(), status);
        }
        self.runs("contacts", &[&reach[..], &[&peer.http, "--input", &input(&peer.http)]].concat(), well);
        self.runs("contacts", &[&reach[..], &[closed, "--input", &input(closed)]].concat(), 1);
        self.runs("contacts", &["--input", &input(&peer.http)], 1);
    }
}

fn goes_through_everything(value: &str, takes_headers: bool) {
    let mut scene = Scene::new(value);
    let can_be_sealed = value.bytes().all(|byte| byte.is_ascii_graphic());
    scene.keeps();
    scene.binds(can_be_sealed);
    scene.assert_clean();
    scene.refuses();
    scene.refuses_hosts();
    scene.decides_on_parts();
    scene.redacts();
    scene.acts();
    scene.gives();
    scene.acts_in_python();
    scene.sends(takes_headers);
    scene.sends_bound(can_be_sealed);
    scene.assert_clean();

    let masked = |command: &str| {
        let found = scene.said.iter().find(|(said, _)| said.contains(command) && said.contains("--verbose"));
        found.unwrap_or_else(|| panic!("nobody typed {command}")).1.stdout.contains("***")
    };
    assert!(masked("/prints_a_secret.wasm") && masked("/prints_a_secret_in_every_form.wasm"));
    assert!(masked("/prints/script.py") && masked("/in-pieces/script.py"));
    scene.types(&["secrets", "delete", NAME, "--yes"], 0);
    scene.types(&["run", &guest("prints_a_secret").display().to_string()], 1);
    scene.assert_clean();
}

#[test]
fn a_token_is_found_nowhere() {
    goes_through_everything(&values()[0], true);
}

#[test]
fn a_text_of_quotes_and_letters_beyond_ascii_is_found_nowhere() {
    goes_through_everything(&values()[1], true);
}

#[test]
fn a_value_of_several_lines_is_found_nowhere() {
    goes_through_everything(&values()[2], false);
}

#[test]
fn a_key_pasted_as_its_source_is_found_nowhere() {
    let home = Home::with_store();
    let key = std::fs::read_to_string(home.key_file()).unwrap().trim().to_owned();
    let mut scene = Scene { home, ..Scene::new(&key) };
    for arguments in [
        &["--key", &key, "key", "check"][..],
        &["key", "check", "--key", &format!("file:{key}")],
        &["key", "check", "--key", &format!("env:{key}")],
        &["secrets", "set", NAME, &key],
        &["secrets", "info", &key],
        &["key", "check", &key],
        &["run", "action.wasm", &key],
        &["secrets", "set", NAME, "--from-file", &key],
        &["key", "new", &key],
    ] {
        scene.types(arguments, 2);
    }
    scene.types(&["run", &key], 127);
    scene.types(&["secrets", "describe", NAME, &key], 2);
    let printed = guest("prints_args_and_env").display().to_string();
    scene.types(&["run", &printed, "--env", &format!("A={key}"), "--", &key], 0);
    scene.types_with(&["redact"], &[], key.clone(), 0);
    scene.types_with(&["secrets", "list"], &[("UM_HOST_KEY", &key)], "", 2);
    let leaks: Vec<_> = scene.leaks().into_iter().filter(|leak| !leak.contains("/.config/um-host/keys/")).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
    assert!(!scene.leaks().is_empty(), "the key file holds it");
}

#[test]
fn what_is_planted_is_found_wherever_it_is_searched() {
    let mut scene = Scene::new(&values()[1]);
    scene.types(&["init"], 0);
    scene.assert_clean();
    for (number, form) in forms(&scene.value).into_iter().enumerate() {
        let places = [".local/share/um-host/reads", ".config/um-host", ".local/share/um-host", "."];
        let planted = scene.home.path(places[number % places.len()]).join("planted");
        std::fs::write(&planted, [&b"before "[..], &form.bytes, b" after"].concat()).unwrap();
        let leaks = scene.leaks();
        assert!(leaks.iter().any(|leak| leak.contains(&format!(": {} at", form.name))), "{}: {leaks:?}", form.name);
        std::fs::remove_file(planted).unwrap();
        scene.assert_clean();
    }

    let hex: String = scene.value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let cache = tempfile::tempdir().unwrap();
    scene.cache = cache.path().to_owned();
    let cached = cache.path().join("planted");
    std::fs::write(&cached, &hex).unwrap();
    assert!(!scene.leaks().is_empty());
    std::fs::remove_file(cached).unwrap();
    scene.assert_clean();

    let named = scene.home.path(&format!("about-{hex}.txt"));
    std::fs::write(&named, "").unwrap();
    assert!(!scene.leaks().is_empty());
    std::fs::remove_file(named).unwrap();

    for (stdout, stderr) in [(hex.clone(), String::new()), (String::new(), scene.value.clone())] {
        scene.assert_clean();
        scene.said.push(("planted".to_owned(), Answer { status: 0, stdout, stderr }));
        assert!(!scene.leaks().is_empty());
        scene.said.pop();
    }
}

/// What every process of this user, or of root, can see of another one.
fn shown(process: &Child) -> Vec<u8> {
    let file = |name: &str| std::fs::read(format!("/proc/{}/{name}", process.id()));
    // um-host hides its environment even from its own user.
    [file("cmdline").unwrap(), file("environ").unwrap_or_default()].concat()
}

#[test]
fn arguments_and_environment_of_a_program_at_work_hold_no_value() {
    let mut scene = Scene::new(&values()[0]);
    scene.keeps();

    let mut setting = scene.home.um_host(["secrets", "set", NAME]).stdin("").start();
    let stdin = setting.stdin.as_mut().unwrap();
    stdin.write_all(scene.value.as_bytes()).unwrap();
    assert!(scene.searcher.search(&shown(&setting)).is_empty());
    assert!(setting.wait_with_output().unwrap().status.success());

    let action = guest("reads_a_secret_late");
    let mut running = scene.home.um_host([OsStr::new("run"), action.as_os_str()]).stdin("").start();
    let mut line = String::new();
    BufReader::new(running.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "started\n");
    let seen = shown(&running);
    assert!(scene.searcher.search(&seen).is_empty());
    assert!(String::from_utf8_lossy(&seen).contains("reads_a_secret_late"), "it is what was looked at");
    assert!(running.wait_with_output().unwrap().status.success());
}

#[test]
fn a_value_planted_in_arguments_or_environment_is_found() {
    let scene = Scene::new(&values()[0]);
    for in_environment in [false, true] {
        let mut command = Command::new("sh");
        command.args(["-c", "echo; read line"]);
        match in_environment {
            true => command.env("PLANTED", &scene.value),
            false => command.arg(&scene.value),
        };
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).start().unwrap();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
        assert!(!scene.searcher.search(&shown(&process)).is_empty());
        drop(process.stdin.take());
        process.wait().unwrap();
    }
}
