//! What is shown to somebody who watches: lines of the terminal's width, colour, and progress. Nothing of that goes to a
//! pipe or a file.

use std::fs;

use rustix::fs::{FlockOperation, flock};

use crate::support::command::{Home, display};
use crate::support::guests::guest;
use crate::support::terminal::Terminal;

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

/// A home with secrets of all kinds.
fn furnished() -> Home {
    let home = Home::with_store();
    home.set("A", VALUE);
    let long = "N".repeat(64);
    let described = "Kundenverwaltung, nur lesend; 顧客管理システムの読み取り専用トークンです。変更する前に担当者に連絡してください 🙂";
    for arguments in [
        &["HUBSPOT_API_KEY", "--description", described, "--bind", "https://api.hubapi.com/crm/v3/objects"][..],
        &["WEBHOOK_URL", "--revealed", "--bind", "hooks.example.com", "--bind", "hooks.example.org"],
        &[&long, "--description", "short"],
        &["PIN", "--allow-unmaskable"],
    ] {
        let value = if arguments[0] == "PIN" { "2026" } else { VALUE };
        let answer = home.um_host(["secrets", "set"]).args(arguments).stdin(value).answer();
        assert_eq!(answer.status, 0, "{answer:?}");
    }
    home
}

/// Columns of a line, by the tables of another than the program: these are all of two columns.
fn columns(line: &str) -> usize {
    line.chars().map(|c| if c >= '\u{1100}' && c != '…' { 2 } else { 1 }).sum()
}

#[test]
fn a_list_of_secrets_fits_the_terminal() {
    let home = furnished();
    for width in [60, 80, 120] {
        let (status, screen) = Terminal::new(&home, &format!("stty cols {width}; um-host secrets list")).end();
        assert_eq!(status, 0);
        let name = "N".repeat(64);
        for line in screen.lines().filter(|line| *line != name) {
            assert!(columns(line) <= width, "{width}: {line}\n{screen}");
        }
        for whole in ["A ", "HUBSPOT_API_KEY ", "WEBHOOK_URL ", &name, "PIN "] {
            assert!(screen.lines().any(|line| format!("{line} ").starts_with(whole)), "{whole}: {screen}");
        }
    }
    let (_, screen) = Terminal::new(&home, "stty cols 60; um-host secrets list").end();
    let day = changed(&home);
    let expected = format!(
        "NAME             VERSION  CHANGED     EXPOSURE  MASKED\n\
         A                1        {day}  revealed  yes\n\
         HUBSPOT_API_KEY  1        {day}  sealed    -\n  \
           bound to     api.hubapi.com/crm/v3/objects\n  \
           description  Kundenverwaltung, nur lesend;\n               \
           顧客管理システムの読み取り専用トークンです。\n               \
           変更する前に担当者に連絡してください 🙂\n\
         {}\n                 1        {day}  revealed  yes\n  \
           description  short\n\
         PIN              1        {day}  revealed  never\n\
         WEBHOOK_URL      1        {day}  revealed  yes\n  \
           bound to     hooks.example.com and 1 more\n",
        "N".repeat(64)
    );
    assert_eq!(screen, expected);
}

/// The day on which the secrets were stored, in UTC.
fn changed(home: &Home) -> String {
    let secret = home.um_host(["secrets", "info", "A", "--json"]).answer().json();
    secret["updated"].as_str().unwrap()[..10].to_owned()
}

/// A description and a last use ran over the end of a narrow terminal.
#[test]
fn what_is_known_of_a_secret_or_a_workspace_fits_the_terminal() {
    let home = furnished();
    let far = "GET,HEAD https://api.hubapi.com/crm/v3/objects/contacts/associations/companies/labels";
    assert_eq!(home.um_host(["workspaces", "allow", far]).answer().status, 0);
    assert_eq!(home.um_host(["run"]).arg(guest("asks_for_secrets")).args(["--", "A"]).answer().status, 0);
    for width in [60, 80, 120] {
        for shown in ["secrets info A", "secrets info HUBSPOT_API_KEY", "secrets info WEBHOOK_URL", "workspaces show"] {
            let (status, screen) = Terminal::new(&home, &format!("stty cols {width}; um-host {shown}")).end();
            assert_eq!(status, 0, "{screen}");
            for line in screen.lines() {
                assert!(columns(line) <= width.min(80), "{width}, {shown}: {line}\n{screen}");
            }
        }
    }
    let (_, screen) = Terminal::new(&home, "stty cols 60; um-host secrets info A").end();
    let used = screen.split("last used    ").nth(1).unwrap();
    assert!(used.lines().nth(1).unwrap().starts_with("             "), "{screen}");
    // Whole, where somebody may look for it.
    let piped = home.um_host(["secrets", "info", "A"]).answer().stdout;
    assert!(piped.lines().last().unwrap().ends_with(", read 1 time"), "{piped}");
}

#[test]
fn what_is_said_beside_a_list_fits_too() {
    let home = Home::with_store();
    let (_, screen) = Terminal::new(&home, "stty cols 60; um-host secrets list").end();
    let said = "um-host: workspace `default` has no secrets;\n         `um-host secrets set NAME` stores one\n";
    assert_eq!(screen, said);
    let (_, screen) = Terminal::new(&home, "stty cols 60; um-host secrets info A").end();
    let said = "um-host: error: there is no secret `A` in workspace\n                \
                `default` (case matters)\n  \
                hint: `um-host secrets list` shows those there are\n";
    assert_eq!(screen, said);
    // What is to be typed stands in one piece, however narrow it is.
    let (_, screen) = Terminal::new(&home, "stty cols 20; um-host secrets info A").end();
    assert!(
        screen.contains("\n        `um-host secrets list`\n") || screen.contains("hint: `um-host secrets list`\n"),
        "{screen}"
    );
}

#[test]
fn a_list_for_programs_is_the_same_whatever_the_terminal() {
    let home = furnished();
    let piped = home.um_host(["secrets", "list"]).answer().stdout;
    assert_eq!(piped.lines().count(), 7);
    for set in ["stty cols 20; export COLUMNS=20 TERM=xterm CI=1", "stty cols 200"] {
        Terminal::new(&home, &format!("{set}; um-host secrets list > $HOME/listed")).end();
        assert_eq!(fs::read_to_string(home.path("listed")).unwrap(), piped);
    }
}

#[test]
fn a_terminal_of_no_size_is_as_wide_as_columns_says() {
    let home = furnished();
    let (_, screen) = Terminal::new(&home, "COLUMNS=60 um-host secrets list").end();
    assert!(screen.starts_with("NAME             VERSION  CHANGED     EXPOSURE  MASKED\n"), "{screen}");
    let (_, screen) = Terminal::new(&home, "um-host secrets list").end();
    assert_eq!(screen, home.um_host(["secrets", "list"]).answer().stdout);
}

#[test]
fn other_tables_fit_the_terminal_too() {
    let home = Home::with_store();
    let parts = r#"{"database": {"connection": {"password": "correct-horse-battery"}}, "region": "eu-central-1"}"#;
    home.set("APP_CONFIG", parts);
    for command in ["workspaces list", "secrets parts APP_CONFIG", "secrets info APP_CONFIG | grep use"] {
        let (status, screen) = Terminal::new(&home, &format!("stty cols 40; um-host {command}")).end();
        assert_eq!(status, 0, "{screen}");
        assert!(screen.lines().all(|line| columns(line) <= 40) || command.contains('|'), "{command}: {screen}");
    }
}

const RED: &str = "\u{1b}[1m\u{1b}[31m";

/// What stays on a screen: on a slow machine there was progress as well.
fn left(screen: &str) -> String {
    screen.split_inclusive('\n').map(|line| line.rsplit("\r\u{1b}[K").next().unwrap()).collect()
}

#[test]
fn colour_is_for_terminals_that_have_it() {
    let home = Home::with_store();
    home.set("A", VALUE);
    let shown = |set: &str, command: &str| left(&Terminal::new(&home, &format!("{set}{command}")).end().1);
    let failing = "um-host secrets info NOPE";
    let plain = "um-host: error: there is no secret `NOPE` in workspace `default`";
    assert!(shown("", failing).starts_with(plain), "TERM is not set");
    let coloured = shown("TERM=xterm ", failing);
    assert!(coloured.contains(&format!("{RED}error:\u{1b}[0m there is no secret")), "{coloured:?}");
    assert!(coloured.contains("\u{1b}[36mhint:\u{1b}[0m "), "{coloured:?}");
    assert!(shown("TERM=xterm NO_COLOR= ", failing) == coloured, "it is set to nothing");
    for forbidding in
        ["TERM=dumb", "TERM=dumb CI=1", "TERM=xterm NO_COLOR=1", "NO_COLOR=1 CLICOLOR_FORCE=1", "TERM=xterm CLICOLOR=0"]
    {
        assert!(shown(&format!("{forbidding} "), failing).starts_with(plain), "{forbidding}");
    }
    let head = "\u{1b}[1mNAME  VERSION";
    assert!(shown("TERM=xterm ", "um-host secrets list").starts_with(head));
    assert!(shown("TERM=xterm ", "um-host --help").contains("\u{1b}["));
    for set in ["TERM=dumb ", "TERM=xterm NO_COLOR=1 "] {
        assert!(!shown(set, "um-host secrets list; um-host --help; um-host").contains('\u{1b}'), "{set}");
    }
    let piped =
        shown("export TERM=xterm; ", "(um-host secrets list; um-host --help; um-host secrets info NOPE) 2>&1 | cat");
    assert!(piped.contains("NAME  VERSION") && piped.contains(plain) && !piped.contains('\u{1b}'), "{piped:?}");
    let forced = home.um_host(["secrets", "info", "NOPE"]).env("CLICOLOR_FORCE", "1").answer().stderr;
    assert!(forced.contains(RED), "{forced:?}");
}

#[test]
fn each_stream_has_the_colour_of_its_own() {
    let home = Home::with_store();
    home.set("A", VALUE);
    let line = "export TERM=xterm; um-host secrets list > $HOME/listed; um-host secrets info NOPE 2> $HOME/said";
    let (_, screen) = Terminal::new(&home, line).end();
    assert_eq!(left(&screen), "");
    let (listed, said) = (fs::read_to_string(home.path("listed")), fs::read_to_string(home.path("said")));
    assert!(!listed.unwrap().contains('\u{1b}') && !said.unwrap().contains('\u{1b}'));
}

#[test]
fn what_was_masked_stands_out_and_what_the_action_writes_stays_as_it_is() {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", VALUE);
    let line = format!("TERM=xterm um-host run {}", display(&guest("prints_a_secret")));
    let (status, screen) = Terminal::new(&home, &line).end();
    assert_eq!(status, 0);
    let masked = |stream| format!("\u{1b}[33mmasked HUBSPOT_API_KEY 1 time in {stream} (raw)\u{1b}[0m\n");
    let screen = left(&screen);
    let lines: Vec<&str> = screen.split_inclusive('\n').collect();
    assert_eq!(lines[..2], ["out [***] end\n", "err [***] end\n"], "{screen:?}");
    assert!(lines[2].ends_with(&masked("stdout")) && lines[3].ends_with(&masked("stderr")), "{screen:?}");
}

/// Keeps others from the store for as long as this lives.
fn occupied(home: &Home) -> fs::File {
    let gate = fs::File::open(home.data().join("gate")).unwrap();
    flock(&gate, FlockOperation::LockExclusive).unwrap();
    gate
}

#[test]
fn what_takes_longer_than_a_second_is_told_to_whoever_watches() {
    let home = Home::with_store();
    home.set("A", VALUE);
    let gate = occupied(&home);
    // Beside it, for as long: one whose stderr nobody watches, and one on a terminal that can take no line back.
    let line = "um-host secrets list 2> $HOME/said > $HOME/listed & TERM=dumb um-host secrets list > $HOME/listed2 & \
                TERM=xterm NO_COLOR=1 um-host secrets list; wait";
    let mut terminal = Terminal::new(&home, line);
    terminal.shows("\r\u{1b}[Kum-host: opening the store (1 s)");
    terminal.shows("\r\u{1b}[Kum-host: opening the store (2 s)");
    drop(gate);
    let (status, screen) = terminal.end();
    assert_eq!(status, 0);
    let table = home.um_host(["secrets", "list"]).answer().stdout;
    let (told, listed) = screen.rsplit_once("\r\u{1b}[K").unwrap();
    assert_eq!(listed, table, "the line is taken back before anything else is said: {screen:?}");
    assert!(told.starts_with("\r\u{1b}[Kum-host: "), "nothing for the first second: {screen:?}");
    assert_eq!(fs::read_to_string(home.path("said")).unwrap(), "");
}

#[test]
fn progress_fits_the_terminal() {
    let home = Home::with_store();
    let gate = occupied(&home);
    let mut terminal = Terminal::new(&home, "stty cols 20; TERM=xterm NO_COLOR=1 um-host workspaces list");
    terminal.shows("\r\u{1b}[Kum-host: ope… (1 s)");
    drop(gate);
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn what_is_under_way_is_told_until_the_action_writes() {
    let home = Home::with_store();
    let run = |action: &str| format!("export TERM=xterm NO_COLOR=1; um-host run {}", display(&guest(action)));
    let (status, screen) = Terminal::new(&home, &(run("sleeps") + " --input 2500")).end();
    assert_eq!(status, 0);
    assert!(screen.contains("\r\u{1b}[Kum-host: running `sleeps.wasm` (1 s)"), "{screen:?}");
    assert!(screen.ends_with("\r\u{1b}[K2500\n"), "{screen:?}");
    let (status, screen) = Terminal::new(&home, &(run("sleeps_for_ever") + " --timeout 2500ms < /dev/null")).end();
    assert_eq!(status, 124);
    assert!(screen.contains("before\num-host: error: "), "it has written, so nothing is in between: {screen:?}");
}

#[test]
fn nothing_is_told_where_somebody_types_for_the_action() {
    let home = Home::with_store();
    let copying = display(&guest("copies_stdin_to_stdout"));
    let (status, screen) =
        Terminal::new(&home, &format!("TERM=xterm NO_COLOR=1 um-host run {copying} --timeout 2500ms")).end();
    assert_eq!(status, 124);
    assert!(!screen.contains("running"), "{screen:?}");
}

#[test]
fn nothing_is_told_at_a_terminal_that_another_program_has() {
    let home = Home::with_store();
    let sleeping = format!("TERM=xterm um-host run {} --input 1500", display(&guest("sleeps")));
    // As whoever asks for a password does.
    let (_, screen) = Terminal::new(&home, &format!("stty -echo; {sleeping}")).end();
    assert_eq!(screen, "1500\n");
    let (_, screen) = Terminal::new(&home, &format!("set -m; {sleeping} & wait")).end();
    assert!(screen.contains("1500\n") && !screen.contains("running"), "{screen:?}");
}

#[test]
fn a_signal_takes_the_line_back() {
    let home = Home::with_store();
    let sleeping = display(&guest("sleeps"));
    let line = format!("trap : INT; TERM=xterm NO_COLOR=1 um-host run {sleeping} --input 100000; echo status $?");
    let mut terminal = Terminal::new(&home, &line);
    terminal.shows("running `sleeps.wasm` (1 s)");
    terminal.press("\u{3}");
    let (_, screen) = terminal.end();
    let end = "^C\r\u{1b}[Kum-host: error: the run was interrupted; nothing was published\nstatus 130\n";
    assert!(screen.ends_with(end), "{screen:?}");
}
