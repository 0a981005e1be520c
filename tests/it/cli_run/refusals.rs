//! What `run` refuses before any code of the action runs.

use std::fs;
use std::os::unix::fs::symlink;

use super::{home, run};
use crate::support::command::{Home, display};

#[test]
fn no_action_gets_a_directory_of_the_store_its_key_or_the_cache() {
    let home = home();
    let key_file = display(&home.key_file());
    symlink(home.path(".local"), home.path("innocent")).unwrap();
    fs::create_dir(home.path("apart")).unwrap();
    let apart = fs::copy(home.key_file(), home.path("apart/key")).map(|_| display(&home.path("apart/key"))).unwrap();
    for directory in [
        ".",
        "..",
        ".local",
        ".local/share/um-host",
        "innocent",
        "innocent/share/../share",
        ".config",
        ".config/um-host/keys",
        ".cache/um-host",
        "apart",
    ] {
        let mut typed = run(&home, "reads_a_directory").args(["--dir", &format!("{directory}::/h"), "--", "/h"]);
        if directory == "apart" {
            typed = typed.env("UM_HOST_KEY", format!("file:{apart}"));
        }
        let answer = typed.answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{directory}: {answer:?}");
        assert!(answer.stderr.contains("cannot be used by an action"), "{directory}: {answer:?}");
        assert!(answer.stderr.ends_with("  hint: give it a directory with what it needs and no more\n"), "{answer:?}");
    }
    assert!(fs::exists(key_file).unwrap());
}

/// What a run publishes there could stand in the place of what um-host keeps.
#[test]
fn documents_are_not_published_to_places_of_the_store_its_keys_or_the_cache() {
    let home = home();
    for directory in [".local/share/um-host", ".local/share/um-host/new", ".config/um-host/keys", ".cache/um-host/new"]
    {
        let answer = run(&home, "exits_42").args(["--documents", directory]).answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{directory}: {answer:?}");
        assert!(answer.stderr.contains("cannot be used by an action"), "{directory}: {answer:?}");
        assert!(!home.path(directory).ends_with("new") || !home.path(directory).exists(), "{directory}");
    }
}

#[test]
fn what_is_given_twice_is_refused() {
    let home = Home::new();
    for (options, message) in [
        (
            &["--timeout", "1s", "--limit", "wall=2s"][..],
            "the limit `wall` is given twice, by --limit and --timeout\n  hint: give it once",
        ),
        (
            &["--memory", "64MiB", "--limit", "memory=64MiB"],
            "the limit `memory` is given twice, by --limit and --memory\n  hint: give it once",
        ),
        (
            &["--limit", "stdout=1MiB", "--limit", "stdout=2MiB"],
            "the limit `stdout` is given twice, by --limit\n  hint: give it once",
        ),
        (
            &["--dir", "a::/x", "--dir", "a::/y", "--dir", "b::/x"],
            "`--dir` number 3 has the name in the action that an earlier one has; give each a name of its own",
        ),
        (
            &["--env", "A=1", "--env", "B=1", "--env", "A=2"],
            "`--env` number 3 sets a variable that an earlier one has set; give each once",
        ),
    ] {
        home.um_host(["run", "x.wasm"]).args(options).status(2).stderr(format!("um-host: error: {message}\n")).run();
    }
}

#[test]
fn an_input_that_cannot_be_one_is_told_by_what_is_wrong_with_it() {
    let home = Home::new();
    home.write("marked.json", "\u{feff}{}");
    home.write("empty.json", "");
    home.write("latin1.json", b"\"caf\xe9\"");
    for (input, message) in [
        (
            "@marked.json",
            "`marked.json` begins with a byte order mark, which JSON does not allow\n  \
                          hint: save it as UTF-8 without one",
        ),
        ("@empty.json", "`empty.json` is empty, and an input is JSON\n  hint: no input at all is `null` or `{}`"),
        ("@latin1.json", "`latin1.json` is not UTF-8 text\n  hint: JSON is UTF-8: convert it first"),
        (
            "@/dev/zero",
            "`/dev/zero` has more than 64 MiB, which no input may have\n  \
                        hint: large content comes in by a directory: --dir HOST::GUEST",
        ),
        ("@", "`--input @` needs the path of a file\n  hint: as in --input @input.json"),
        ("-", "stdin is empty, and an input is JSON\n  hint: no input at all is `null` or `{}`"),
    ] {
        run(&home, "echoes")
            .args(["--input", input])
            .stdin("")
            .status(2)
            .stderr(format!("um-host: error: {message}\n"))
            .run();
    }
}

#[test]
fn the_name_of_a_file_drives_no_terminal() {
    let home = Home::new();
    for (name, shown) in [("a\u{1b}[2J.wasm", "a\\u{1b}[2J.wasm"), ("a\nb\u{202e}.wasm", "a b\\u{202e}.wasm")] {
        let answer = home.um_host(["run", name]).answer();
        let said = format!("um-host: error: there is no file `{shown}`\n");
        assert!(answer.status == 127 && answer.stderr.starts_with(&said), "{answer:?}");
    }
}

#[test]
fn an_action_that_is_not_there_leaves_nothing_behind() {
    let home = Home::new();
    home.um_host(["run", "missing.wasm"])
        .status(127)
        .stderr(
            "um-host: error: there is no file `missing.wasm`\n  \
             hint: the path counts from the current directory; look at both\n",
        )
        .run();
    assert_eq!(fs::read_dir(home.path("")).unwrap().count(), 0);
}

#[test]
fn a_run_that_cannot_start_is_told_to_programs_too() {
    let home = Home::new();
    let answer = home.um_host(["run", "/missing.wasm", "--json"]).answer();
    assert_eq!(answer.stderr, "um-host: error: there is no file `/missing.wasm`\n");
    let object = answer.json();
    let end = serde_json::json!({
        "code": "not-started", "status": 127, "blame": null, "message": "there is no file `/missing.wasm`",
    });
    assert_eq!((answer.status, &object), (127, &serde_json::json!({ "schema": 1, "end": end })));
    let started = run(&home, "echoes").arg("--json").answer().json();
    assert_eq!(started["schema"], 1);
    let fields = |object: &serde_json::Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&end), fields(&started["end"]));
}

#[test]
fn a_secret_that_is_not_there_is_told_when_only_it_is_handed_out() {
    let home = home();
    let answer = run(&home, "prints_a_secret").args(["--only-secrets", "HUBSPOT_API_KEI"]).answer();
    assert!(
        answer.stderr.starts_with(
            "um-host: --only-secrets: there is no secret HUBSPOT_API_KEI in workspace `default`; did you mean \
             HUBSPOT_API_KEY?\n"
        ),
        "{answer:?}"
    );
}
