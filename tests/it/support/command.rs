//! Transcripts: what is typed and, whole, what is answered.
//!
//! Each test has a home of its own, and the program gets an environment of nothing but that home. What differs from run
//! to run (paths, ids, times) stands in brackets: `[HOME]`, `[ID]`, `[KEY]`, `[TIME]`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

use super::bound::Bounded;

/// A fresh home directory.
pub struct Home {
    directory: TempDir,
    key: Option<String>,
}

/// One line typed, and the answer that is expected: by default none, with status 0.
pub struct Transcript<'a> {
    home: &'a Home,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdin: Option<Vec<u8>>,
    expected: Answer,
}

/// What the program answered.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory can be made"), key: None }
    }

    /// A home in which `um-host init` has been run.
    pub fn with_store() -> Self {
        let home = Self::new();
        let answer = home.um_host(["init"]).answer();
        assert_eq!(answer.status, 0, "{answer:?}");
        home
    }

    /// Has every command of this home get `source` in UM_HOST_KEY.
    pub fn with_key(mut self, source: &str) -> Self {
        self.key = Some(source.to_owned());
        self
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The data directory of the store that `um-host init` makes here.
    pub fn data(&self) -> PathBuf {
        self.path(".local/share/um-host")
    }

    /// The key file that `um-host init` made here.
    pub fn key_file(&self) -> PathBuf {
        let keys = self.path(".config/um-host/keys");
        let mut found = fs::read_dir(keys).expect("init made a directory of keys");
        found.next().expect("init made a key").expect("it can be listed").path()
    }

    /// Writes a file into the home.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("the home can be written");
        path
    }

    /// Stores a secret in workspace `default`.
    pub fn set(&self, name: &str, value: &str) {
        let answer = self.um_host(["secrets", "set", name]).stdin(value).answer();
        assert_eq!(answer.status, 0, "{answer:?}");
    }

    /// Types `um-host ARGUMENTS`.
    pub fn um_host<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Transcript<'_> {
        Transcript {
            home: self,
            arguments: arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect(),
            environment: Vec::new(),
            stdin: None,
            expected: Answer { status: 0, stdout: String::new(), stderr: String::new() },
        }
    }

    /// Puts brackets in the place of what differs from run to run.
    fn filter(&self, text: &str) -> String {
        let text = text.replace(&self.directory.path().display().to_string(), "[HOME]");
        filter_times(&filter_ids(&text))
    }
}

impl Transcript<'_> {
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// What is piped to stdin; nothing otherwise.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    pub fn status(mut self, status: i32) -> Self {
        self.expected.status = status;
        self
    }

    /// All of stdout.
    pub fn stdout(mut self, text: impl Into<String>) -> Self {
        self.expected.stdout = text.into();
        self
    }

    /// All of stderr.
    pub fn stderr(mut self, text: impl Into<String>) -> Self {
        self.expected.stderr = text.into();
        self
    }

    /// Runs it and compares the whole answer with what is expected.
    #[track_caller]
    pub fn run(self) {
        let typed = self.arguments.join(OsStr::new(" "));
        let Answer { status, stdout, stderr } = self.answer();
        let got = Answer { status, stdout: self.home.filter(&stdout), stderr: self.home.filter(&stderr) };
        assert!(
            got == self.expected,
            "um-host {}\n--- expected: {}\n{}--- stderr:\n{}--- got: {}\n{}--- stderr:\n{}---",
            typed.display(),
            self.expected.status,
            self.expected.stdout,
            self.expected.stderr,
            got.status,
            got.stdout,
            got.stderr,
        );
    }

    /// Runs it and returns the answer as it was given.
    pub fn answer(&self) -> Answer {
        let mut child = self.start();
        if let Some(bytes) = &self.stdin {
            // A program that has read enough closes its stdin: that is for the test to judge by the answer.
            let _ = child.stdin.take().expect("stdin is piped").write_all(bytes);
        }
        let output = child.wait_with_output().expect("the program can be waited for");
        Answer {
            status: status(output.status),
            stdout: text(output.stdout, "stdout"),
            stderr: text(output.stderr, "stderr"),
        }
    }

    /// Starts it, for tests that talk to it or stop it while it runs.
    pub fn start(&self) -> Child {
        self.command().start().expect("the program can be started")
    }

    /// The process that it is, for tests that arrange its streams themselves.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_um-host"));
        command.env_clear().env("HOME", self.home.directory.path());
        if let Some(source) = &self.home.key {
            command.env("UM_HOST_KEY", source);
        }
        command.current_dir(self.home.directory.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).args(&self.arguments);
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Answer {
    /// The one object that stdout is.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.stdout.lines().count(), 1, "one line of JSON: {self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Fails if a text that must stay secret was answered.
    #[track_caller]
    pub fn never_says(&self, secret: &str) {
        assert!(!self.stdout.contains(secret) && !self.stderr.contains(secret), "`{secret}` in {self:?}");
    }
}

fn text(bytes: Vec<u8>, stream: &str) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| panic!("{stream} is not text: {error}"))
}

/// 32 hexadecimal digits are an id, `k_` and 16 of them one of a key.
fn filter_ids(text: &str) -> String {
    replace_words(text, |word| match word.strip_prefix("k_") {
        Some(digits) if is_hex(digits, 16) => Some("[KEY]"),
        None if is_hex(word, 32) => Some("[ID]"),
        _ => None,
    })
}

/// `2026-11-23 06:43 UTC` and `2026-11-23T06:43:59Z`.
fn filter_times(text: &str) -> String {
    let shapes = ["dddd-dd-dd dd:dd UTC", "dddd-dd-ddTdd:dd:ddZ"];
    let mut filtered = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let shape = shapes.iter().find(|shape| fits(rest, shape));
        let length = shape.map_or(first.len_utf8(), |shape| shape.len());
        filtered.push_str(if shape.is_some() { "[TIME]" } else { &rest[..length] });
        rest = &rest[length..];
    }
    filtered
}

fn fits(text: &str, shape: &str) -> bool {
    let pairs = || text.bytes().zip(shape.bytes());
    text.len() >= shape.len()
        && pairs().all(|(byte, kind)| if kind == b'd' { byte.is_ascii_digit() } else { byte == kind })
}

fn replace_words(text: &str, replacement: impl Fn(&str) -> Option<&'static str>) -> String {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut replaced = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest
            .find(|c| !inside(c))
            .unwrap_or(rest.len())
            .max(rest.chars().next().map_or(0, |c| if inside(c) { 0 } else { c.len_utf8() }));
        let (word, after) = rest.split_at(length);
        replaced.push_str(replacement(word).unwrap_or(word));
        rest = after;
    }
    replaced
}

fn is_hex(word: &str, digits: usize) -> bool {
    word.len() == digits && word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The path of a file as an argument.
pub fn display(path: &Path) -> String {
    path.display().to_string()
}

/// As a shell tells it: 128 and the signal of what was killed.
pub fn status(ended: ExitStatus) -> i32 {
    ended.code().or_else(|| ended.signal().map(|signal| 128 + signal)).expect("it has ended")
}
