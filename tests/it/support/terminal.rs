//! A terminal of `script` (util-linux): its screen is a pipe, and so are its keys. It has no size but what `stty` gives it,
//! and no `TERM` but what a line sets.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use super::bound::Bounded;
use super::command::{Home, status};

/// A terminal in which one line of shell runs.
pub struct Terminal {
    child: Child,
    shown: Vec<u8>,
}

impl Terminal {
    /// Runs `line`, in which `um-host` is the program.
    pub fn new(home: &Home, line: &str) -> Self {
        let line = line.replace("um-host", env!("CARGO_BIN_EXE_um-host"));
        let child = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .env_clear()
            .env("HOME", home.path(""))
            .env("PATH", "/usr/bin:/bin")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .start()
            .expect("these tests need `script`, of util-linux");
        Self { child, shown: Vec::new() }
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    pub fn shows(&mut self, text: &str) {
        while !self.screen().contains(text) {
            let mut byte = [0];
            let read = self.child.stdout.as_mut().unwrap().read(&mut byte).unwrap();
            assert_eq!(read, 1, "`{text}` in {}", self.screen());
            self.shown.push(byte[0]);
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.child.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end, and returns the status and all that was shown.
    pub fn end(mut self) -> (i32, String) {
        self.child.stdout.take().unwrap().read_to_end(&mut self.shown).unwrap();
        (status(self.child.wait().unwrap()), self.screen())
    }

    /// Takes the terminal away from whatever runs in it.
    pub fn close(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// All that was written to it so far.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.shown).replace("\r\n", "\n")
    }
}
