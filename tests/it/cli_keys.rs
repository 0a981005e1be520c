//! Keys of um-host: how one is made, where it may be, and that none is ever shown, word for word.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::support::bound::Bounded;
use crate::support::command::{Home, display};
use crate::support::guests::guest;

/// Of no store.
const KEY: &str = "um-host-key-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8qG-Q";

#[test]
fn a_new_key_is_written_to_a_file_and_opens_the_store_that_is_made_with_it() {
    let home = Home::new();
    home.um_host(["key", "new", "my key"])
        .stderr(
            "um-host: made the key [KEY] in `[HOME]/my key`\n\
             um-host: back it up, apart from the data of the store that it will be for: losing it loses all secrets\n",
        )
        .run();
    let key = fs::read_to_string(home.path("my key")).unwrap();
    assert_eq!(fs::metadata(home.path("my key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(key.starts_with("um-host-key-") && key.len() == 59);
    let answer = home.um_host(["--key", "file:my key", "init"]).answer();
    assert_eq!(answer.status, 0, "{answer:?}");
    answer.never_says(&key);
    assert_eq!(home.um_host(["--key", "file:my key", "key", "check"]).answer().status, 0);
    home.um_host(["key", "new", "my key"])
        .status(1)
        .stderr(
            "um-host: error: there is a file my key already, and no key is written over anything\n  \
             hint: name another file; whoever loses a key loses the secrets that it locks\n",
        )
        .run();
    assert_eq!(fs::read_to_string(home.path("my key")).unwrap(), key);
    home.um_host(["key", "new", "nowhere/key"])
        .status(125)
        .stderr(
            "um-host: error: the key file nowhere/key cannot be made: No such file or directory (os error 2)\n  \
             hint: make its directory first, for this account alone\n",
        )
        .run();
    home.um_host(["key", "new", "other", "--json"])
        .stdout("{\"key_id\":\"[KEY]\",\"key_file\":\"[HOME]/other\"}\n")
        .run();
}

#[test]
fn without_a_file_a_new_key_goes_to_stdout_alone() {
    let home = Home::new();
    let answer = home.um_host(["key", "new"]).answer();
    let key = answer.stdout.trim_end();
    assert!(answer.status == 0 && key.len() == 59 && key.starts_with("um-host-key-"), "{answer:?}");
    assert!(answer.stderr.starts_with("um-host: made the key k_") && !answer.stderr.contains(key), "{answer:?}");
    let json = home.um_host(["key", "new", "--json"]).answer().json();
    assert!(json["key"].as_str().unwrap().len() == 59 && json["key_id"].as_str().unwrap().starts_with("k_"), "{json}");
    assert_ne!(json["key"].as_str().unwrap(), key);
    assert_eq!(fs::read_dir(home.directory()).unwrap().count(), 0, "it is kept nowhere");
}

#[test]
fn a_key_in_the_place_of_a_file_is_refused_unseen() {
    let home = Home::new();
    let answer = home.um_host(["key", "new", KEY]).answer();
    answer.never_says(KEY);
    assert_eq!(answer.status, 2, "{answer:?}");
    assert_eq!(fs::read_dir(home.directory()).unwrap().count(), 0);
    assert_eq!(home.um_host(["key", "new", "um-host-key-backup.txt"]).answer().status, 0, "a name may begin so");
}

#[test]
fn init_with_a_key_file_that_is_missing_says_how_to_make_one() {
    let home = Home::new();
    home.um_host(["--key", "file:keys/my key", "init"])
        .status(125)
        .stderr(
            "um-host: error: the key file keys/my key does not exist\n  hint: `um-host key new 'keys/my key'` \
             makes one; without a key source init makes one of its own\n",
        )
        .run();
    assert!(!home.data().exists());
}

#[test]
fn a_key_comes_through_a_descriptor_or_as_a_credential() {
    let home = Home::with_store();
    let key = display(&home.key_file());
    let through = |script: &str| {
        let mut shell = Command::new("bash");
        shell.args(["-c", script, "bash", env!("CARGO_BIN_EXE_um-host"), &key]).current_dir(home.directory());
        shell.env_clear().env("HOME", home.directory()).env("PATH", std::env::var_os("PATH").unwrap());
        let output = shell.finish().unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("um-host-key-"), "{said}");
        (output.status.success(), said)
    };
    for script in [
        "\"$1\" --key fd:3 key check 3< \"$2\"",
        "\"$1\" --key fd:7 key check 7< <(cat \"$2\")",
        "cat \"$2\" | \"$1\" --key fd:4 key check 4<&0",
        "UM_HOST_KEY=fd:3 \"$1\" secrets set A 3< <(sleep 0.1; cat \"$2\") <<< k7x7k7x7k7x7",
        "UM_HOST_KEY=fd:3 \"$1\" secrets delete ghp_16C7e42F292c --yes 3< <(cat \"$2\") || true",
    ] {
        let (succeeded, said) = through(script);
        assert!(succeeded && !said.contains("holds no key"), "{script}: {said}");
    }
    let (succeeded, said) = through("\"$1\" --key fd:3 key check 3< /");
    assert!(!succeeded && said.contains("descriptor 3 is no pipe and no regular file"), "{said}");
    let credentials = home.path("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::copy(&key, credentials.join("um-host")).unwrap();
    let check = |name: &str| {
        home.um_host(["key", "check"]).env("UM_HOST_KEY", name).env("CREDENTIALS_DIRECTORY", &credentials).answer()
    };
    assert_eq!(check("credential:um-host").status, 0);
    assert!(check("credential:absent").stderr.contains("does not exist"));
    // An action gets no directory with a key in it, wherever that comes from.
    let run = home.um_host(["run", "x.wasm", "--dir", "credentials::/in"]).env("UM_HOST_KEY", "credential:um-host");
    let run = run.env("CREDENTIALS_DIRECTORY", &credentials).answer();
    assert!(run.status == 2 && run.stderr.contains("the key of the store"), "{run:?}");
    symlink(&key, credentials.join("link")).unwrap();
    assert!(check("credential:link").stderr.contains("is a symbolic link"));
}

/// The key of the store and one of another, by every way that an action could come by one.
#[test]
fn a_key_is_masked_on_every_way_out_of_a_run() {
    let home = Home::with_store();
    let own = fs::read_to_string(home.key_file()).unwrap();
    fs::create_dir(home.path("in")).unwrap();
    for key in [own.trim(), KEY] {
        home.write("in/key", key);
        let quoted = format!("{{\"a {key}\":[\"{key}\"]}}");
        let error = format!("\"no {key}\"");
        let env = format!("UM_HOST_KEY={key}");
        for (guest_name, arguments, stdin, shown, told) in [
            ("prints_args_and_env", vec!["--env", &env, "--", "x"], "", "variable UM_HOST_KEY=***\n", "stdout"),
            ("prints_args_and_env", vec!["--", key], "", "argument ***\n", "stdout"),
            ("copies_stdin_to_stdout", vec![], key, "***", "stdout"),
            ("reads_a_directory", vec!["--dir", "in::/in", "--", "/in"], "", "key: ***\n", "stdout"),
            ("echoes", vec!["--input", &quoted], "", "{\"a ***\":[\"***\"]}\n", "result"),
            ("fails", vec!["--input", &error], "", "error: no ***\n", "error"),
        ] {
            for json in [false, true] {
                let run = home.um_host(["run"]).arg(guest(guest_name)).stdin(stdin);
                let run = if json { run.arg("--json") } else { run };
                let answer = run.args(&arguments).answer();
                answer.never_says(key);
                let said = answer.stdout.clone() + &answer.stderr;
                assert!(json || said.contains(shown), "{guest_name}: {answer:?}");
                assert!(json || said.contains("um-host: masked um-host key "), "{guest_name}: {answer:?}");
                if json {
                    let leak = &answer.json()["leaks"][0];
                    assert_eq!(
                        (&leak["secret"], &leak["stream"], &leak["form"]),
                        (&"um-host key".into(), &told.into(), &"raw".into())
                    );
                }
            }
        }
    }
}

#[test]
fn a_key_is_masked_in_documents_and_refused_in_requests() {
    let home = Home::with_store();
    let answer = home
        .um_host(["run"])
        .arg(guest("writes_documents"))
        .args(["--documents", "out", "--", "a.txt", &format!("the key {KEY}!"), &format!("{KEY}.txt"), "x"])
        .answer();
    answer.never_says(KEY);
    assert_eq!(fs::read_to_string(home.path("out/a.txt")).unwrap(), "the key ***!");
    let names: Vec<_> = fs::read_dir(home.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains(KEY)), "{names:?}");
    // Nobody keeps one as a secret on purpose; but who does is not to send it.
    home.set("MASTER", KEY);
    for way in ["header", "query", "path", "body", "json", "pieces"] {
        let answer = home
            .um_host(["run"])
            .arg(guest("sends_secrets_as_told"))
            .args(["--allow-host", "nobody.invalid", "--", &format!("{way} MASTER https://nobody.invalid/")])
            .answer();
        answer.never_says(KEY);
        let told = "a request to `nobody.invalid` was refused, since it holds a key of um-host; leave it out: no action has \
                    any use for one\n";
        let is_sent_first = matches!(way, "body" | "json" | "pieces");
        assert!(is_sent_first || answer.stderr.contains(told) && answer.stdout.contains(told), "{way}: {answer:?}");
    }
}

#[test]
fn redact_knows_keys_of_other_stores_too() {
    let home = Home::with_store();
    home.um_host(["redact"])
        .stdin(format!("UM_HOST_KEY={KEY}\num-host-key-AAEC"))
        .stdout("UM_HOST_KEY=***\num-host-key-AAEC")
        .stderr(
            "um-host: workspace `default` has no secrets; nothing but keys of um-host will be masked\n\
             um-host: masked um-host key 1 time in stdout (raw)\n",
        )
        .run();
}

#[test]
fn no_message_shows_a_key_that_was_typed_or_stored_as_a_description() {
    let home = Home::with_store();
    home.set("A", "k7x!k7x!k7x!");
    for arguments in [
        &["run", KEY][..],
        &["run", &format!("{KEY}.wasm")],
        &["run", "x.wasm", "--policy", KEY],
        &["run", "x.wasm", "--ca", &format!("/{KEY}")],
        &["--data-dir", KEY, "secrets", "list"],
        &["secrets", "set", "A", "--from-file", KEY],
        &["secrets", "describe", "A", KEY],
        &["secrets", "describe", "A", &format!("for {KEY}"), "--json"],
        &["secrets", "list"],
        &["secrets", "info", "A"],
        &["secrets", "list", "--json"],
        &["workspaces", "create", KEY],
        &["workspaces", "show", KEY],
        &["secrets", "list", "--workspace", KEY],
    ] {
        home.um_host(arguments).answer().never_says(KEY);
    }
}
