//! What is asked at a terminal: values that are not shown, and whether to delete.
//!
//! The terminal is one of `script` (util-linux): its screen is a pipe, and so are its keys.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use crate::support::command::{Home, status};

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";
const PROMPT: &str = "um-host: value of CRM_TOKEN in workspace `default` (hidden): ";

/// A terminal in which one line of shell runs.
struct Terminal {
    child: Child,
    shown: Vec<u8>,
}

impl Terminal {
    /// Runs `line`, in which `um-host` is the program.
    fn new(home: &Home, line: &str) -> Self {
        let line = line.replace("um-host", env!("CARGO_BIN_EXE_um-host"));
        let child = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .env_clear()
            .env("HOME", home.path(""))
            .env("PATH", "/usr/bin:/bin")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("these tests need `script`, of util-linux");
        Self { child, shown: Vec::new() }
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    fn shows(&mut self, text: &str) {
        while !self.screen().contains(text) {
            let mut byte = [0];
            let read = self.child.stdout.as_mut().unwrap().read(&mut byte).unwrap();
            assert_eq!(read, 1, "`{text}` in {}", self.screen());
            self.shown.push(byte[0]);
        }
    }

    fn press(&mut self, keys: &str) {
        self.child.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end, and returns the status and all that was shown.
    fn end(mut self) -> (i32, String) {
        self.child.stdout.take().unwrap().read_to_end(&mut self.shown).unwrap();
        (status(self.child.wait().unwrap()), self.screen())
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.shown).replace("\r\n", "\n")
    }
}

#[test]
fn a_value_is_typed_at_a_prompt_that_does_not_show_it() {
    let home = Home::with_store();
    let mut terminal = Terminal::new(&home, "um-host secrets set CRM_TOKEN");
    terminal.shows(PROMPT);
    terminal.press(&format!("{VALUE}\r"));
    let (status, screen) = terminal.end();
    assert_eq!(
        (status, screen),
        (0, format!("{PROMPT}\num-host: stored CRM_TOKEN in workspace `default` (version 1)\n"))
    );
}

#[test]
fn what_follows_the_first_line_of_a_paste_is_thrown_away() {
    let home = Home::with_store();
    // A shell would show it, and even run it.
    let mut terminal = Terminal::new(&home, "um-host secrets set CRM_TOKEN; cat");
    terminal.shows(PROMPT);
    terminal.press(&format!("-----BEGIN-----\r{VALUE}\r"));
    terminal.shows("stored CRM_TOKEN");
    terminal.press("end\r\u{4}");
    let (_, screen) = terminal.end();
    assert!(!screen.contains(VALUE) && !screen.contains("BEGIN"), "{screen}");
    assert!(screen.contains("end"), "{screen}");
}

#[test]
fn an_empty_answer_stores_nothing() {
    let home = Home::with_store();
    let mut terminal = Terminal::new(&home, "um-host secrets set CRM_TOKEN");
    terminal.shows(PROMPT);
    terminal.press("\r");
    let (status, screen) = terminal.end();
    assert_eq!((status, screen), (2, format!("{PROMPT}\num-host: error: the value is empty; nothing was stored\n")));
    home.um_host(["secrets", "list"])
        .stderr("um-host: workspace `default` has no secrets; `um-host secrets set NAME` stores one\n")
        .run();
}

#[test]
fn ctrl_c_at_the_prompt_leaves_the_terminal_as_it_was() {
    let home = Home::with_store();
    let mut terminal = Terminal::new(&home, "stty -a; um-host secrets set CRM_TOKEN; echo status $?; stty -a");
    terminal.shows(PROMPT);
    terminal.press("abc\u{3}");
    let (_, screen) = terminal.end();
    let (before, after) = screen.split_once(PROMPT).unwrap();
    let (said, after) = after.split_once("status ").unwrap();
    assert_eq!((said.trim(), after.strip_prefix("130\n")), ("", Some(before)));
}

#[test]
fn delete_asks_and_only_yes_deletes() {
    let home = Home::with_store();
    home.set("CRM_TOKEN", VALUE);
    let question = "um-host: CRM_TOKEN in workspace `default` was last used: never\n\
                    um-host: delete CRM_TOKEN for good? [y/N] ";
    for (answer, expected, said) in [
        ("", 1, "um-host: kept it; nothing was changed\n"),
        ("n", 1, "um-host: kept it; nothing was changed\n"),
        ("yes", 0, "um-host: deleted CRM_TOKEN from workspace `default`\n"),
    ] {
        let mut terminal = Terminal::new(&home, "um-host secrets delete CRM_TOKEN");
        terminal.shows(question);
        terminal.press(&format!("{answer}\r"));
        assert_eq!(terminal.end(), (expected, format!("{question}{answer}\n{said}")));
    }
}
