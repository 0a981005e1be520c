//! Commands that the program tells somebody to type: each names the store, and the workspace if it acts on one, of the command
//! that was typed. `cli_hints` holds that by examples; here it is held of every literal.

use std::fs;

use super::{assert_none, root, rust_files};

/// Commands that act on a store, and what has to stand behind each: one of the names that `again` is asked under.
const ACT: [(&str, &[&str]); 6] = [
    ("secrets ", &["{here}", "{within}"]),
    ("redact", &["{here}", "{within}"]),
    ("workspaces show", &["{here}", "{within}"]),
    ("workspaces ", &["{store}", "{here}", "{within}"]),
    ("key check", &["{store}"]),
    ("init", &["{store}"]),
];

/// A file of help is about commands as such: it tells nobody what to type next.
const HELP: [&str; 1] = ["_HELP: &str"];
const HELP_NAMES: [&str; 3] = ["const ABOUT: &str", "const STATUSES: &str", "const AFTER_HELP: &str"];

#[test]
fn a_command_that_is_to_be_typed_acts_where_the_typed_one_acted() {
    let mut commands = 0;
    let mut offences = Vec::new();
    for file in rust_files(&root().join("host/src/cli")) {
        let text = fs::read_to_string(&file).unwrap();
        for command in commands_of(&text) {
            commands += 1;
            if !acts_there(&command) {
                offences.push(format!("{}: `um-host {command}` names neither store nor workspace", file.display()));
            }
        }
    }
    assert!(commands > 20, "{commands} commands were found");
    assert_none(offences.into_iter());
}

#[test]
fn a_command_that_acts_elsewhere_is_found() {
    for (text, right) in [
        ("hint(\"`um-host secrets list` shows them\")", false),
        ("hint(\"`um-host secrets set {name}` does\")", false),
        ("hint(\"`um-host secrets set {name}{here}` does\")", true),
        ("hint(\"`um-host secrets set \\\n    {name}{within} --revealed` does\")", true),
        ("hint(\"`um-host secrets set --help`\")", true),
        ("hint(\"`um-host key check`\")", false),
        ("hint(\"`um-host key check{store}`\")", true),
        ("hint(\"`um-host key new FILE`\")", true),
        ("const SET_HELP: &str = \"as `um-host secrets list`\";", true),
        ("/// As `um-host secrets list`.", true),
        ("#[cfg(test)]\n\"`um-host secrets list`\"", true),
    ] {
        assert_eq!(commands_of(text).iter().all(|command| acts_there(command)), right, "{text}");
    }
}

fn acts_there(command: &str) -> bool {
    let known = ACT.iter().find(|(act, _)| command.starts_with(act));
    command.ends_with("--help") || known.is_none_or(|(_, marks)| marks.iter().any(|mark| command.contains(mark)))
}

/// What stands in backticks behind the name of the program, in code that is neither help nor a test.
fn commands_of(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut kept = Vec::new();
    let mut inside_help = false;
    for line in lines {
        let begins = HELP.iter().chain(&HELP_NAMES).any(|mark| line.contains(mark));
        inside_help |= begins;
        if !inside_help {
            kept.push(line.trim());
        }
        inside_help &= !line.trim_end().ends_with("\";");
    }
    // A literal goes on behind a backslash.
    let code = kept.join("\n").replace("\\\n", "");
    let commands = code.split("`um-host ").skip(1);
    commands.filter_map(|rest| Some(rest.split_once('`')?.0.to_owned())).collect()
}
