//! What the command line refuses, word for word; above all that it never repeats what might be a secret.

use crate::support::command::Home;

const VALUE_AS_ARGUMENT: &str = "\
um-host: error: a value is never taken from the command line; nothing was stored
  hint: if that was the secret, change it where it was issued: it is in your shell's history now. Then leave it out and \
type it at the prompt, or use --from-file FILE, or pipe it to stdin
";
const LOOKS_LIKE_A_VALUE: &str = "\
um-host: error: this is not the name of a secret, and it looks like a value; it is not repeated here
  hint: a name has letters, digits and underscores, for example HUBSPOT_API_KEY. If this was the secret, change it where \
it was issued: it is in your shell's history now
";

#[test]
fn a_value_given_as_argument_is_refused_without_being_repeated() {
    let home = Home::with_store();
    for arguments in [
        &["secrets", "set", "API_KEY", "hunter22"][..],
        &["secrets", "set", "API_KEY", "hunter22", "more"],
        &["secrets", "set", "--description", "CRM", "API_KEY", "hunter22"],
        &["secrets", "set", "API_KEY", "--hunter22"],
        &["secrets", "set", "API_KEY", "-p4ss"],
        &["secrets", "set", "API_KEY", "--", "hunter22"],
        &["secrets", "set", "API_KEY", "--", "--hunter22"],
        &["secrets", "set", "API_KEY", "--value", "hunter22"],
        &["secrets", "set", "API_KEY", "--value=hunter22"],
        &["--json", "secrets", "set", "API_KEY", "hunter22", "--workspace", "default"],
    ] {
        home.um_host(arguments).stdin("typed").status(2).stderr(VALUE_AS_ARGUMENT).run();
    }
    home.um_host(["secrets", "list", "--json"]).stdout("{\"workspace\":\"default\",\"secrets\":[]}\n").run();
}

#[test]
fn a_value_in_the_place_of_a_name_is_not_repeated() {
    let home = Home::with_store();
    for text in
        ["API_KEY=hunter22", "sk-live-51Hx9fakefake", "hunter22!", "um-host-key-abcdefgh12", "ghp_16C7e42F292c6912E7"]
    {
        for verb in ["set", "info", "delete"] {
            home.um_host(["secrets", verb, text]).stdin("x").status(2).stderr(LOOKS_LIKE_A_VALUE).run();
        }
    }
}

#[test]
fn no_command_repeats_an_argument_that_it_does_not_expect() {
    let home = Home::new();
    for arguments in [
        &["hunter22"][..],
        &["--hunter22"],
        &["init", "hunter22"],
        &["key", "hunter22"],
        &["key", "check", "hunter22"],
        &["key", "check", "--key=file:x", "--hunter22=hunter22"],
        &["workspaces", "create", "a", "hunter22"],
        &["workspaces", "list", "hunter22"],
        &["secrets", "hunter22"],
        &["secrets", "list", "hunter22"],
        &["secrets", "info", "A", "hunter22"],
        &["secrets", "delete", "A", "hunter22"],
        &["secrets", "describe", "A", "text", "hunter22"],
        &["redact", "hunter22"],
        &["redact", "--hunter22"],
        &["redact", "--quiet=hunter22"],
        &["run", "x.wasm", "hunter22"],
        &["run", "x.wasm", "--hunter22"],
        &["run", "x.wasm", "--json=hunter22"],
        &["run", "x.wasm", "--input", "hunter22"],
        &["run", "x.wasm", "--env", "hunter22"],
        &["run", "x.wasm", "--limit", "hunter22"],
        &["run", "x.wasm", "--dir", "hunter22"],
        &["bench", "x.wasm", "hunter22"],
        &["bench", "x.wasm", "--time", "hunter22"],
        &["bench", "x.wasm", "--runs", "hunter22"],
        &["secrets", "set", "A", "--if-version", "hunter22"],
        &["--key", "hunter22", "key", "check"],
    ] {
        let answer = home.um_host(arguments).answer();
        answer.never_says("hunter22");
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{arguments:?}: {answer:?}");
        assert!(answer.stderr.starts_with("um-host: error: "), "{arguments:?}: {answer:?}");
    }
}

/// Every option and argument that a value could be typed for by mistake, with a token, a password with punctuation, and
/// what base64 looks like.
#[test]
fn no_failure_repeats_a_value_that_was_typed_in_another_place() {
    let home = Home::with_store();
    for value in
        ["ghp_16C7e42F292c6912E7710c838347Ae178B4a", "c0rrect+horse&battery", "wJalrXUtnFEMI/K7MDENG+bPxRfiCY="]
    {
        let joined = |before: &str, after: &str| format!("{before}{value}{after}");
        for arguments in [
            &["secrets", "set", "A", "--from-file", value][..],
            &["secrets", "set", "A", "--bind", value],
            &["secrets", "set", "A", "--bind", "a.example.com", "--in", value],
            &["secrets", "set", "A", "--bind", "a.example.com", "--in", &joined("header:", "")],
            &["secrets", "set", "A", "--expires", value],
            &["secrets", "set", "A", "--if-version", value],
            &["secrets", "set", "A", "--workspace", value],
            &["secrets", "set", value],
            &["secrets", "info", value],
            &["secrets", "describe", value, "text"],
            &["secrets", "delete", value, "--yes"],
            &["workspaces", "create", value],
            &["workspaces", "show", value],
            &["workspaces", "allow", value],
            &["workspaces", "disallow", value],
            &["--key", value, "key", "check"],
            &["--key", &joined("file:", ""), "key", "check"],
            &["--key", &joined("env:", ""), "key", "check"],
            &["--key", &joined("fd:", ""), "key", "check"],
            &["--key", &joined("credential:", ""), "key", "check"],
            &["--key", &joined("file:", ""), "--data-dir", "new", "init"],
            &["key", "new", &joined("nowhere/", "/x")],
            &["--data-dir", value, "secrets", "list"],
            &["--workspace", value, "secrets", "list"],
            &["run", value],
            &["run", "x.wasm", "--input", value],
            &["run", "x.wasm", "--input", &joined("@", "")],
            &["run", "x.wasm", "--timeout", value],
            &["run", "x.wasm", "--load-timeout", value],
            &["run", "x.wasm", "--memory", value],
            &["run", "x.wasm", "--limit", value],
            &["run", "x.wasm", "--limit", &joined("wall=", "")],
            &["run", "x.wasm", "--allow-host", value],
            &["run", "x.wasm", "--allow-private", value],
            &["run", "x.wasm", "--ca", value],
            &["run", "x.wasm", "--proxy", value],
            &["run", "x.wasm", "--proxy", &joined("@", "")],
            &["run", "x.wasm", "--only-secrets", value],
            &["run", "x.wasm", "--policy", value],
            &["run", "x.wasm", "--dir", value],
            &["run", "x.wasm", "--dir", &joined("", "::/in")],
            &["run", "x.wasm", "--env", value],
            &["run", "x.wasm", "--env", &joined("A=x", ""), "--env", "A=y"],
            &["run", "x.wasm", "--documents", value],
            &["run", "x.wasm", "--", value],
            &["redact", value],
            &["python", "install", value],
        ] {
            let answer = home.um_host(arguments).stdin("k7x!k7x!k7x!").answer();
            answer.never_says(value);
            assert_ne!(answer.status, 0, "{arguments:?}: {answer:?}");
            let json = home.um_host(arguments).arg("--json").stdin("k7x!k7x!k7x!").answer();
            json.never_says(value);
        }
    }
    home.um_host(["secrets", "list", "--json"]).stdout("{\"workspace\":\"default\",\"secrets\":[]}\n").run();
}

/// Where the value itself was typed in the place of a path nothing of it is repeated, whatever it looks like.
#[test]
fn a_file_that_is_not_there_is_not_named_where_a_value_may_have_been_typed() {
    let home = Home::with_store();
    for value in ["hunter22", "correct horse battery", "key.pem"] {
        home.um_host(["secrets", "set", "A", "--from-file", value])
            .status(2)
            .stderr(
                "um-host: error: what --from-file names cannot be read (it is not repeated here: it could be the secret)\n  \
                 because: No such file or directory (os error 2)\n  hint: --from-file takes the path of a file. If that \
                 was the secret, change it where it was issued: it is in your shell's history now\n",
            )
            .run();
    }
    std::fs::create_dir(home.path("key.pem")).unwrap();
    home.um_host(["secrets", "set", "A", "--from-file", "key.pem"])
        .status(2)
        .stderr("um-host: error: `key.pem` cannot be read\n  because: Is a directory (os error 21)\n")
        .run();
    // What is no value by its looks is told, as ever.
    home.um_host(["run", "contacts.wasm"])
        .status(127)
        .stderr("um-host: error: there is no file `contacts.wasm`\n  hint: the path counts from the current directory; look at both\n")
        .run();
}

#[test]
fn an_unknown_command_is_answered_with_the_likeliest() {
    let home = Home::new();
    home.um_host(["secret", "list"])
        .status(2)
        .stderr("um-host: error: `um-host` has no such command\n  hint: did you mean `um-host secrets`? See `um-host --help`\n")
        .run();
    home.um_host(["secrets", "remove", "A"])
        .status(2)
        .stderr("um-host: error: `um-host secrets` has no such command\n  hint: did you mean `um-host secrets delete`? See `um-host secrets --help`\n")
        .run();
    home.um_host(["secrets", "get", "A"])
        .status(2)
        .stderr(
            "um-host: error: stored values are never shown; only a run gets them\n  \
             hint: `um-host secrets info NAME` tells everything but the value\n",
        )
        .run();
}

#[test]
fn who_asks_for_the_version_as_elsewhere_is_told_how() {
    let home = Home::new();
    for (asked, told) in [("version", "has no such command"), ("-v", "unexpected argument 1")] {
        let answer = home.um_host([asked]).answer();
        assert_eq!((answer.status, answer.stderr.contains(told)), (2, true), "{answer:?}");
        assert!(answer.stderr.contains("did you mean `um-host --version`?"), "{answer:?}");
    }
}

#[test]
fn a_variable_that_is_empty_is_told_as_that() {
    let home = Home::with_store();
    for (variable, option) in [("UM_HOST_KEY", "--key"), ("UM_HOST_WORKSPACE", "--workspace")] {
        let told = format!("um-host: error: {option} (or {variable}) is empty\n");
        for answer in [
            home.um_host(["secrets", "list"]).env(variable, "").answer(),
            home.um_host([&format!("{option}="), "secrets", "list"]).answer(),
        ] {
            assert_eq!((answer.status, answer.stderr.starts_with(&told)), (2, true), "{answer:?}");
        }
    }
}

#[test]
fn a_path_where_a_key_source_belongs_is_told_what_is_missing() {
    let home = Home::with_store();
    let path = home.key_file();
    let answer = home.um_host(["secrets", "list", "--key"]).arg(&path).answer();
    assert_eq!(answer.status, 2, "{answer:?}");
    assert!(answer.stderr.contains("write `file:` before it") && !answer.stderr.contains(path.to_str().unwrap()));
    let other = home.um_host(["secrets", "list", "--key", "hunter22"]).answer();
    assert!(other.status == 2 && !other.stderr.contains("`file:` before it"), "{other:?}");
}

#[test]
fn who_names_a_workspace_for_a_new_store_is_told_that_it_is_not_there_yet() {
    for (named, told) in [("sales", true), ("default", false)] {
        let answer = Home::new().um_host(["init", "--workspace", named]).answer();
        assert_eq!(answer.status, 0, "{answer:?}");
        assert_eq!(answer.stderr.contains("`um-host workspaces create NAME` makes it"), told, "{answer:?}");
    }
}

#[test]
fn an_unknown_option_is_answered_with_the_likeliest() {
    let home = Home::new();
    home.um_host(["run", "x.wasm", "--timeot", "3s"])
        .status(2)
        .stderr(
            "um-host: error: unexpected argument 3 (not repeated here: it could be a secret)\n  \
             hint: did you mean `--timeout`? See `um-host run --help`\n",
        )
        .run();
    home.um_host(["secrets", "set", "A", "--descripton", "CRM"])
        .status(2)
        .stderr(
            "um-host: error: unexpected argument 4 (not repeated here: it could be a secret)\n  \
             hint: did you mean `--description`? See `um-host secrets set --help`\n",
        )
        .run();
}

#[test]
fn arguments_of_an_action_without_the_two_dashes_are_answered_with_them() {
    Home::new()
        .um_host(["run", "x.wasm", "fast"])
        .status(2)
        .stderr(
            "um-host: error: unexpected argument 3 (not repeated here: it could be a secret)\n  \
             hint: arguments of the action go behind `--`: `um-host run ACTION -- ARGS`; options: `um-host run --help`\n",
        )
        .run();
}

#[test]
fn what_is_missing_is_named() {
    let home = Home::new();
    for (arguments, message) in [
        (&["secrets", "set"][..], "<NAME> is missing\n  hint: see `um-host secrets set --help`"),
        (&["secrets", "describe", "A"], "<TEXT> is missing\n  hint: see `um-host secrets describe --help`"),
        (&["run"], "<ACTION> is missing\n  hint: see `um-host run --help`"),
        (&["run", "x.wasm", "--timeout"], "--timeout needs a value\n  hint: see `um-host run --help`"),
        (
            &["run", "x.wasm", "--timeout", "1s", "--timeout", "2s"],
            "--timeout can be given once only\n  hint: see `um-host run --help`",
        ),
        (
            &["secrets", "describe", "A", "text", "--description", "text"],
            "[TEXT] and --description cannot both be given\n  hint: see `um-host secrets describe --help`",
        ),
    ] {
        home.um_host(arguments).status(2).stderr(format!("um-host: error: {message}\n")).run();
    }
}

#[test]
fn commands_and_options_that_there_are_not_are_refused_and_never_ignored() {
    let home = Home::with_store();
    for arguments in [
        &["backup"][..],
        &["audit", "list"],
        &["key", "rotate", "--finish"],
        &["secrets", "import", "hunter22.env"],
        &["run", "x.wasm", "--fuel", "1000"],
        &["secrets", "set", "API_KEY", "--keep-previous"],
        &["secrets", "set", "API_KEY", "--expires", "2027-01-01"],
    ] {
        let answer = home.um_host(arguments).stdin("k7x!k7x!k7x!").answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{arguments:?}: {answer:?}");
        assert!(answer.stderr.starts_with("um-host: error: "), "{answer:?}");
        assert!(!answer.stderr.contains("hunter22"), "{answer:?}");
    }
    home.um_host(["secrets", "list", "--json"]).stdout("{\"workspace\":\"default\",\"secrets\":[]}\n").run();
}

#[test]
fn help_is_an_answer_and_no_argument_is_a_question() {
    let home = Home::new();
    for arguments in [
        &["--help"][..],
        &["init", "--help"],
        &["key", "--help"],
        &["key", "check", "--help"],
        &["key", "new", "--help"],
        &["workspaces", "--help"],
        &["workspaces", "create", "--help"],
        &["workspaces", "list", "--help"],
        &["secrets", "--help"],
        &["secrets", "set", "--help"],
        &["secrets", "list", "--help"],
        &["secrets", "info", "--help"],
        &["secrets", "describe", "--help"],
        &["secrets", "delete", "--help"],
        &["run", "--help"],
        &["bench", "--help"],
        &["redact", "--help"],
        &["python", "--help"],
        &["python", "install", "--help"],
    ] {
        let answer = home.um_host(arguments).env("UM_HOST_KEY", "um-host-key-hunter22").answer();
        assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(answer.stdout.lines().all(|line| line.chars().count() <= 100), "{}", answer.stdout);
        answer.never_says("hunter22");
    }
    let answer = home.um_host::<&str>([]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (2, ""));
    assert!(answer.stderr.contains("Start here:\n  um-host init\n"), "{}", answer.stderr);
}

#[test]
fn the_version_is_that_of_the_package() {
    Home::new().um_host(["--version"]).stdout(format!("um-host {}\n", env!("CARGO_PKG_VERSION"))).run();
}
