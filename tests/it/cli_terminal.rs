//! What is asked at a terminal: values that are not shown, and whether to delete.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::support::bound::Bounded;
use crate::support::command::Home;
use crate::support::terminal::Terminal;

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";
const PROMPT: &str = "um-host: value of CRM_TOKEN in workspace `default` (hidden): ";

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
fn a_paste_of_several_lines_is_refused_and_nothing_of_it_reaches_the_shell() {
    let home = Home::with_store();
    // A shell would show it, and even run it.
    let mut terminal = Terminal::new(&home, "um-host secrets set CRM_TOKEN; cat");
    terminal.shows(PROMPT);
    terminal.press(&format!("-----BEGIN-----\r{VALUE}\r"));
    terminal.shows(
        "um-host: error: the paste has several lines; nothing was stored\n  \
         hint: give a value of several lines with --from-file FILE, or pipe it to stdin\n",
    );
    terminal.press("end\r\u{4}");
    let (_, screen) = terminal.end();
    assert!(!screen.contains(VALUE) && !screen.contains("BEGIN"), "{screen}");
    assert!(screen.contains("end"), "{screen}");
    home.um_host(["secrets", "list"])
        .stderr("um-host: workspace `default` has no secrets; `um-host secrets set NAME` stores one\n")
        .run();
}

#[test]
fn what_is_typed_is_stored_as_it_is_or_not_at_all() {
    let home = Home::with_store();
    let set = |keys: &str| {
        let mut terminal = Terminal::new(&home, "um-host secrets set CRM_TOKEN");
        terminal.shows(PROMPT);
        terminal.press(keys);
        terminal.end().0
    };
    // Three letters are too short to be masked, and refused; with a tab there are four.
    assert_eq!(set("xqz\r"), 2);
    assert_eq!(set("xq\tz\r"), 0);
    // An arrow is no text, and Ctrl-D ends a line as Enter does.
    assert_eq!(set("7Hq2\u{1b}[DLx9vTz\r"), 2);
    assert_eq!(set("7Hq2Lx9vTz\u{4}"), 0);
    assert_eq!(set("\u{4}"), 2);
    let secret = home.um_host(["secrets", "info", "CRM_TOKEN", "--json"]).answer().json();
    assert_eq!((&secret["version"], &secret["masking"]), (&2.into(), &"every-form".into()));
}

#[test]
fn a_signal_at_the_prompt_leaves_the_terminal_as_it_was() {
    let named = [
        Signal::INT,
        Signal::TERM,
        Signal::HUP,
        Signal::QUIT,
        Signal::USR1,
        Signal::USR2,
        Signal::ALARM,
        Signal::XCPU,
        Signal::VTALARM,
        Signal::ABORT,
        Signal::SYS,
    ];
    // The first of the real-time signals, and the last.
    for number in named.map(Signal::as_raw).into_iter().chain([34, 64]) {
        let home = Home::with_store();
        let mut terminal = Terminal::new(
            &home,
            "stty -a; sh -c 'echo $$ > $HOME/pid; exec um-host secrets set CRM_TOKEN'; echo status $?; stty -a",
        );
        terminal.shows(PROMPT);
        let pid: i32 = fs::read_to_string(home.path("pid")).unwrap().trim().parse().unwrap();
        let kill = Command::new("sh").args(["-c", &format!("kill -{number} {pid}")]).end().unwrap();
        assert!(kill.success());
        let (_, screen) = terminal.end();
        let (before, after) = screen.split_once(PROMPT).unwrap();
        assert_eq!(after.trim_start().strip_prefix(&format!("status {}\n", 128 + number)), Some(before));
    }
}

/// Notes down its terminal and its number. Not as the last command of the line: `script` stops itself when its own child
/// is stopped, which that would become.
const STOPPABLE: &str =
    "tty > $HOME/tty; sh -c 'echo $$ > $HOME/pid; exec um-host secrets set CRM_TOKEN'; echo status $?";

#[test]
fn a_stop_at_the_prompt_leaves_the_terminal_as_it_was_and_the_prompt_comes_back() {
    for signal in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
        let home = Home::with_store();
        let mut terminal = Terminal::new(&home, STOPPABLE);
        terminal.shows(PROMPT);
        let read = |name| fs::read_to_string(home.path(name)).unwrap().trim().to_owned();
        let (pid, tty) = (read("pid"), fs::File::open(read("tty")).unwrap());
        let echoes = || tcgetattr(&tty).unwrap().local_modes.contains(LocalModes::ECHO | LocalModes::ICANON);
        let process = Pid::from_raw(pid.parse().unwrap()).unwrap();
        assert!(!echoes());
        kill_process(process, signal).unwrap();
        until(|| is_stopped(&pid));
        assert!(echoes(), "{signal:?}: whoever has the terminal now sees what he types");
        kill_process(process, Signal::CONT).unwrap();
        terminal.shows(&format!("{PROMPT}\n{PROMPT}"));
        assert!(!echoes());
        terminal.press(&format!("{VALUE}\r"));
        let (_, screen) = terminal.end();
        assert!(screen.ends_with("status 0\n") && !screen.contains(VALUE), "{screen}");
    }
}

#[test]
fn a_stop_that_nobody_can_take_is_made_good_when_the_process_goes_on() {
    let home = Home::with_store();
    let mut terminal = Terminal::new(&home, STOPPABLE);
    terminal.shows(PROMPT);
    let read = |name| fs::read_to_string(home.path(name)).unwrap().trim().to_owned();
    let (pid, tty) = (read("pid"), fs::File::open(read("tty")).unwrap());
    let process = Pid::from_raw(pid.parse().unwrap()).unwrap();
    kill_process(process, Signal::STOP).unwrap();
    until(|| is_stopped(&pid));
    // As a shell does for itself meanwhile.
    let mut shown = tcgetattr(&tty).unwrap();
    shown.local_modes.insert(LocalModes::ECHO | LocalModes::ICANON);
    tcsetattr(&tty, OptionalActions::Now, &shown).unwrap();
    kill_process(process, Signal::CONT).unwrap();
    terminal.shows(&format!("{PROMPT}\n{PROMPT}"));
    terminal.press(&format!("{VALUE}\r"));
    let (_, screen) = terminal.end();
    assert!(screen.ends_with("status 0\n") && !screen.contains(VALUE), "{screen}");
}

/// Whether all threads of a process are stopped.
fn is_stopped(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().contains(") T ")
}

/// Waits for what another process does.
#[track_caller]
fn until(done: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if done() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not happen within a minute");
}

#[test]
fn a_signal_ends_the_wait_for_a_store_that_is_in_use_too() {
    let home = Home::with_store();
    let mut terminal =
        Terminal::new(&home, "sh -c 'echo $$ > $HOME/pid; exec um-host secrets set CRM_TOKEN'; echo status $?");
    terminal.shows(PROMPT);
    // Somebody else is in the store, for as long as this test lasts.
    let gate = fs::File::open(home.data().join("gate")).unwrap();
    rustix::fs::flock(&gate, rustix::fs::FlockOperation::LockExclusive).unwrap();
    terminal.press(&format!("{VALUE}\r"));
    terminal.shows("\n");
    let pid: i32 = fs::read_to_string(home.path("pid")).unwrap().trim().parse().unwrap();
    // Each ends the prompt, if that is still there, or the wait.
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    let (_, screen) = terminal.end();
    assert!(screen.ends_with("status 143\n"), "{screen}");
    drop(gate);
    home.um_host(["secrets", "list", "--json"]).stdout("{\"workspace\":\"default\",\"secrets\":[]}\n").run();
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
fn half_a_value_is_not_stored_when_the_terminal_goes_away() {
    let home = Home::with_store();
    let line = "um-host secrets set CRM_TOKEN; echo $? > $HOME/status";
    let mut terminal = Terminal::new(&home, &format!("trap '' HUP; {line}"));
    terminal.shows(PROMPT);
    terminal.press(VALUE);
    terminal.close();
    let status = || fs::read_to_string(home.path("status")).unwrap_or_default();
    until(|| status().ends_with('\n'));
    assert_eq!(status(), "2\n");
    home.um_host(["secrets", "list", "--json"]).stdout("{\"workspace\":\"default\",\"secrets\":[]}\n").run();
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
fn ctrl_c_at_the_question_deletes_nothing_and_ends_the_line() {
    let home = Home::with_store();
    home.set("CRM_TOKEN", VALUE);
    let mut terminal = Terminal::new(&home, "trap : INT; um-host secrets delete CRM_TOKEN; echo status $?");
    terminal.shows("delete CRM_TOKEN for good? [y/N] ");
    terminal.press("\u{3}");
    let (_, screen) = terminal.end();
    assert!(screen.ends_with("[y/N] ^C\nstatus 130\n"), "{screen}");
    assert_eq!(home.um_host(["secrets", "info", "CRM_TOKEN"]).answer().status, 0);
}

#[test]
fn what_has_no_place_to_go_is_not_asked_for() {
    let home = Home::with_store();
    let terminal = Terminal::new(&home, "um-host --workspace nope secrets set CRM_TOKEN");
    let said = "um-host: error: there is no workspace `nope`\n  \
                hint: `um-host workspaces list` shows those there are\n";
    assert_eq!(terminal.end(), (1, said.to_owned()));
    let (status, screen) = Terminal::new(&home, "um-host secrets set CRM_TOKEN --if-version 99").end();
    assert_eq!(status, 1);
    assert!(screen.starts_with("um-host: error: `CRM_TOKEN` is at version none"), "{screen}");
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
