//! Hints that lead to where the command was: what is typed as it stands acts on the same store and workspace.

use std::fs;

use crate::support::command::Home;
use crate::support::guests::guest;

/// A home with a store and the workspaces `default` and `marketing`.
fn home() -> Home {
    let home = Home::with_store();
    assert_eq!(home.um_host(["workspaces", "create", "marketing"]).answer().status, 0);
    home
}

fn hint(home: &Home, arguments: &[&str]) -> String {
    let answer = home.um_host(arguments).answer();
    let hint = answer.stderr.lines().find_map(|line| line.strip_prefix("  hint: "));
    hint.unwrap_or_else(|| panic!("no hint in {answer:?}")).to_owned()
}

/// Whoever followed the hint saw the secrets of `default`.
#[test]
fn a_command_in_a_hint_repeats_the_options_that_name_the_place() {
    let home = home();
    for (arguments, told) in [
        (
            &["secrets", "info", "A", "--workspace", "marketing"][..],
            "`um-host secrets list --workspace marketing` shows those there are",
        ),
        (
            &["workspaces", "disallow", "a.example.com", "--workspace", "marketing"],
            "`um-host workspaces show --workspace marketing` lists what it allows",
        ),
        (&["secrets", "info", "A", "--workspace", "default"], "`um-host secrets list` shows those there are"),
        (&["secrets", "list", "--data-dir", "my data"], "make one with `um-host init --data-dir 'my data'`"),
        (
            &["--data-dir", "other", "--key", "file:/k", "--workspace", "mk", "secrets", "list"],
            "make one with `um-host init --data-dir other --key file:/k`",
        ),
        (
            &["--key", "env:KEY", "init"],
            "`um-host key check --key env:KEY` tells what is in it; --data-dir DIR makes another one",
        ),
    ] {
        assert_eq!(hint(&home, arguments), told, "{arguments:?}");
    }
    // What the environment says counts for the next command, too.
    let answer = home.um_host(["secrets", "list"]).env("UM_HOST_DATA_DIR", "other").answer();
    assert!(answer.stderr.ends_with("make one with `um-host init`\n"), "{answer:?}");
    let answer =
        home.um_host(["secrets", "info", "A", "--workspace", "default"]).env("UM_HOST_WORKSPACE", "marketing").answer();
    assert!(answer.stderr.contains("`um-host secrets list --workspace default`"), "{answer:?}");
    let asks = guest("prints_a_secret").display().to_string();
    let told = hint(&home, &["run", &asks, "--data-dir", "other", "--workspace", "mk"]);
    assert!(told.contains("`um-host init --data-dir other`, "), "{told}");
    assert!(told.ends_with("`um-host secrets set HUBSPOT_API_KEY --workspace mk --data-dir other`"), "{told}");
}

/// Typed as it was told, a command acted on another store or workspace than the one that had failed.
#[test]
fn whatever_was_typed_the_command_to_type_acts_there_too() {
    let home = Home::new();
    let (data, key) = (home.path("store").display().to_string(), home.path("key").display().to_string());
    let there = ["--data-dir", &data, "--key", &format!("file:{key}")].map(str::to_owned);
    let (store, here) = (there.join(" "), format!("--workspace mk {}", there.join(" ")));
    assert_eq!(home.um_host(["key", "new", &key]).answer().status, 0);
    let typed = |arguments: &[&str]| {
        let typed = home.um_host(&there).args(["--workspace", "mk"]).args(arguments);
        typed.stdin("DB_HOST=db-7.internal\nX1=hunter22\n").answer()
    };
    let told = |arguments: &[&str], command: &str| {
        let answer = typed(arguments);
        // Lines of `info` have a width.
        let said = [answer.stdout, answer.stderr].join("\n").split_whitespace().collect::<Vec<_>>().join(" ");
        let command = command.replace("STORE", &store).replace("HERE", &here);
        assert!(said.contains(&format!("`um-host {command}`")), "{arguments:?}: `um-host {command}` in {said}");
    };
    let asks = guest("asks_for_secrets").display().to_string();
    for arguments in [&["secrets", "list"][..], &["secrets", "set", "A"], &["redact"], &["key", "check"]] {
        told(arguments, "init STORE");
    }
    told(&["run", &asks, "--", "TOKEN"], "secrets set TOKEN HERE");
    assert_eq!(typed(&["init"]).status, 0);
    told(&["secrets", "list"], "workspaces list STORE");
    assert_eq!(typed(&["workspaces", "create", "mk"]).status, 0);
    for (arguments, command) in [
        (&["secrets", "list"][..], "secrets set NAME HERE"),
        (&["init"], "key check STORE"),
        (&["secrets", "info", "A"], "secrets list HERE"),
        (&["secrets", "describe", "A", "text"], "secrets list HERE"),
        (&["secrets", "delete", "A", "--yes"], "secrets list HERE"),
        (&["secrets", "parts", "A"], "secrets list HERE"),
        (&["workspaces", "disallow", "a.example.com"], "workspaces show HERE"),
        // What the parser of arguments refuses.
        (&["secrets", "set", "A", "--if-version", "x"], "secrets info NAME HERE"),
        (&["secrets", "show", "A"], "secrets info NAME HERE"),
        (&["secrets", "set", "A", "--if-version", "3"], "secrets info A HERE"),
        (&["secrets", "set", "CONFIG"], "secrets parts CONFIG HERE --guard PATH"),
        (&["secrets", "info", "CONFIG"], "secrets parts CONFIG HERE"),
        (&["secrets", "parts", "CONFIG", "--guard", "NONE"], "secrets parts CONFIG HERE"),
        (&["secrets", "delete", "CONFIG"], "secrets delete CONFIG --yes HERE"),
    ] {
        told(arguments, command);
    }
}

#[test]
fn a_slip_of_the_first_hour_is_told_with_what_was_probably_meant() {
    let home = Home::with_store();
    home.write("empty.wasm", "");
    home.write("token", "um-given-4Kq9Zt2Wx8Lm");
    fs::create_dir(home.path("folder")).unwrap();
    let lists = guest("lists_secrets").display().to_string();
    for (arguments, told) in [
        (&["run", "empty.wasm"][..], "the file is empty: save the script, or build the program again"),
        (
            &["run", &lists, "--secret", "A=token"],
            "there is a file of that name; if it is meant, give it as --secret A=file:PATH",
        ),
        (
            &["run", &lists, "--secret", "A=HOME"],
            "there is an environment variable of that name; if it is meant, give it as --secret A=env:VARIABLE",
        ),
        (
            &["--data-dir", "token", "secrets", "list"],
            "that is a file; name the directory of a store with --data-dir DIR or UM_HOST_DATA_DIR",
        ),
        (&["workspaces", "create", "My Team"], "for example my-team"),
    ] {
        assert_eq!(hint(&home, arguments), told, "{arguments:?}");
    }
    home.um_host(["run", &lists, "--secret", "A=file:folder"])
        .status(2)
        .stderr("um-host: error: --secret A: `folder` cannot be read\n  because: Is a directory (os error 21)\n")
        .run();
    // What could be a value is not repeated in the name of a workspace either.
    let answer = home.um_host(["workspaces", "create", "hunter22 correct+horse"]).answer();
    answer.never_says("hunter22");
}

/// What stands where the source of a key belongs may be the key.
#[test]
fn a_key_is_not_repeated_in_a_command_to_type() {
    let home = Home::new();
    let key = home.um_host(["key", "new"]).answer().stdout.trim_end().to_owned();
    for arguments in [["secrets", "show"], ["secrets", "list"]] {
        for option in [vec!["--key".to_owned(), key.clone()], vec![format!("--key={key}")]] {
            let answer = home.um_host(arguments).args(option).answer();
            assert_ne!(answer.status, 0);
            answer.never_says(&key);
        }
    }
}

#[test]
fn a_workspace_in_another_case_is_told_with_the_one_that_was_meant() {
    let home = home();
    let lists = guest("lists_secrets").display().to_string();
    for arguments in [
        &["secrets", "list"][..],
        &["secrets", "set", "A"],
        &["workspaces", "show"],
        &["workspaces", "allow", "a.example.com"],
        &["redact"],
        &["run", &lists],
    ] {
        let told = hint(&home, &[arguments, &["--workspace", "Marketing"]].concat());
        assert_eq!(told, "did you mean `marketing`? `um-host workspaces list` shows those there are", "{arguments:?}");
    }
}

#[test]
fn a_command_that_others_call_otherwise_is_told_by_its_name_here() {
    let home = Home::new();
    for (typed, meant) in [
        (["secrets", "rm"], "secrets delete"),
        (["secrets", "remove"], "secrets delete"),
        (["secrets", "add"], "secrets set"),
        (["secrets", "update"], "secrets set"),
        (["secrets", "ls"], "secrets list"),
        (["workspaces", "add"], "workspaces create"),
        (["workspaces", "info"], "workspaces show"),
    ] {
        let told = format!("did you mean `um-host {meant}`? See `um-host {} --help`", typed[0]);
        assert_eq!(hint(&home, &[&typed[..], &["A"]].concat()), told);
    }
    for typed in ["get", "show"] {
        let told = hint(&home, &["secrets", typed, "A"]);
        assert_eq!(told, "`um-host secrets info NAME` tells everything but the value");
    }
}

/// A run told it as its workspace, where no store could say that there is none of that name.
#[test]
fn what_looks_like_a_value_and_names_no_workspace_is_not_repeated() {
    let lists = guest("lists_secrets").display().to_string();
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    for home in [Home::new(), Home::with_store()] {
        for more in ["--verbose", "--json"] {
            let answer = home.um_host(["run", &lists, "--workspace", token, more]).answer();
            answer.never_says(token);
            assert_ne!(answer.status, 0, "{answer:?}");
        }
    }
    let said = Home::new().um_host(["run", &lists, "--workspace", token]).answer();
    assert_eq!(said.status, 2);
    assert!(said.stderr.contains("this looks like a value, not like the name of a workspace"), "{said:?}");
}
