//! `init`, `key check` and `workspaces`, word for word: what they say when all is well, and when the store or its key
//! is missing, wrong, damaged or in the wrong place.

mod places;

use std::fs;

use crate::support::command::{Home, display};

const NO_STORE: &str =
    "um-host: error: there is no store in [HOME]/.local/share/um-host\n  hint: make one with `um-host init`\n";

/// The text of a key that fits no store of the test.
fn foreign_key() -> String {
    fs::read_to_string(Home::with_store().key_file()).expect("a key file is text")
}

#[test]
fn init_makes_a_store_and_a_key_and_says_what_to_do_with_it() {
    let home = Home::new();
    home.um_host(["init"])
        .stderr(
            "um-host: made a store in `[HOME]/.local/share/um-host`, with the workspace `default`\n\
             um-host: made its key [KEY] in `[HOME]/.config/um-host/keys/[ID]`\n\
             um-host: back this key up, apart from the data: losing it loses all secrets\n\
             um-host: it protects copies of the data; whoever can use this account can use the key\n",
        )
        .run();
    home.um_host(["workspaces", "list"]).stdout("NAME     SECRETS  CREATED\ndefault  0        [TIME]\n").run();
}

#[test]
fn init_tells_programs_in_one_object() {
    let home = Home::new();
    home.um_host(["init", "--json"])
        .stdout(
            "{\"store_id\":\"[ID]\",\"key_id\":\"[KEY]\",\"key_file\":\"[HOME]/.config/um-host/keys/[ID]\",\
             \"data_dir\":\"[HOME]/.local/share/um-host\"}\n",
        )
        .run();
}

#[test]
fn init_follows_the_base_directories_of_the_environment() {
    let home = Home::new();
    home.um_host(["init"])
        .env("XDG_DATA_HOME", home.path("d"))
        .env("XDG_CONFIG_HOME", home.path("c"))
        .stderr(
            "um-host: made a store in `[HOME]/d/um-host`, with the workspace `default`\n\
             um-host: made its key [KEY] in `[HOME]/c/um-host/keys/[ID]`\n\
             um-host: back this key up, apart from the data: losing it loses all secrets\n\
             um-host: it protects copies of the data; whoever can use this account can use the key\n",
        )
        .run();
    assert!(home.path("d/um-host/secrets.redb").is_file());
    // A relative base directory counts as not set, as the specification has it.
    home.um_host(["key", "check"]).env("XDG_DATA_HOME", "d").status(125).stderr(NO_STORE).run();
}

#[test]
fn a_second_init_changes_nothing() {
    let home = Home::with_store();
    let before = fs::read(home.data().join("keyring")).unwrap();
    home.um_host(["init"])
        .status(1)
        .stderr(
            "um-host: error: there is a store in [HOME]/.local/share/um-host already; nothing was changed\n  \
             hint: `um-host key check` tells what is in it; --data-dir DIR makes another one\n",
        )
        .run();
    assert_eq!(fs::read(home.data().join("keyring")).unwrap(), before);
    assert_eq!(fs::read_dir(home.path(".config/um-host/keys")).unwrap().count(), 1);
}

#[test]
fn init_takes_no_directory_that_holds_something_else() {
    let home = Home::new();
    fs::create_dir(home.path("full")).unwrap();
    home.write("full/file", "");
    home.um_host(["--data-dir", "full", "init"])
        .status(1)
        .stderr(
            "um-host: error: [HOME]/full is not empty and holds no store; nothing was changed\n  \
             hint: choose an empty or a new directory\n",
        )
        .run();
    assert_eq!(fs::read_dir(home.path("full")).unwrap().count(), 1);
}

#[test]
fn init_uses_a_key_that_is_there_already() {
    let home = Home::new().with_key("env:MASTER");
    let key = foreign_key();
    home.um_host(["init"])
        .env("MASTER", key.trim())
        .stderr(
            "um-host: made a store in `[HOME]/.local/share/um-host`, with the workspace `default`\n\
             um-host: its key is [KEY], from the source that you named; every command needs it, by `--key` or UM_HOST_KEY\n\
             um-host: back this key up, apart from the data: losing it loses all secrets\n\
             um-host: it protects copies of the data; whoever can use this account can use the key\n",
        )
        .run();
    assert!(!home.path(".config").exists());
    let check = home.um_host(["key", "check"]).env("MASTER", key.trim()).answer();
    assert_eq!(check.status, 0, "{check:?}");
    check.never_says(key.trim());
}

#[test]
fn without_a_store_every_verb_says_how_to_make_one_and_makes_none() {
    let home = Home::new();
    for arguments in [
        &["key", "check"][..],
        &["workspaces", "list"],
        &["workspaces", "create", "a"],
        &["secrets", "list"],
        &["secrets", "set", "A"],
        &["secrets", "info", "A"],
        &["secrets", "describe", "A", "text"],
        &["secrets", "delete", "A", "--yes"],
    ] {
        home.um_host(arguments).stdin("k7x!k7x!k7x!").status(125).stderr(NO_STORE).run();
    }
    assert_eq!(fs::read_dir(home.path("")).unwrap().count(), 0);
}

#[test]
fn a_variable_that_is_empty_is_refused_and_not_taken_for_unset() {
    for (variable, option) in [("UM_HOST_DATA_DIR", "--data-dir"), ("UM_HOST_WORKSPACE", "--workspace")] {
        let answer = Home::new().um_host(["key", "check"]).env(variable, "").answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{option}: {answer:?}");
        assert!(answer.stderr.starts_with("um-host: error: "), "{option}: {answer:?}");
    }
    Home::new()
        .um_host(["key", "check"])
        .env("UM_HOST_DATA_DIR", "")
        .status(2)
        .stderr(
            "um-host: error: --data-dir (or UM_HOST_DATA_DIR) needs a value\n  hint: see `um-host key check --help`\n",
        )
        .run();
}

#[test]
fn key_check_tells_what_the_key_opens() {
    let home = Home::with_store();
    home.um_host(["key", "check"])
        .stdout(
            "the key opens the store in `[HOME]/.local/share/um-host`\n\
             store       [ID]\n\
             key         [KEY]\n\
             changes     1\n\
             workspaces  1\n\
             audit       1 verified row\n",
        )
        .run();
    home.um_host(["key", "check", "--json"])
        .stdout(
            "{\"store_id\":\"[ID]\",\"key_id\":\"[KEY]\",\"generation\":1,\"workspaces\":1,\"audit_rows\":1,\
             \"reads_damaged\":false,\"settled\":false,\"data_dir\":\"[HOME]/.local/share/um-host\"}\n",
        )
        .run();
}

#[test]
fn the_wrong_key_is_told_with_the_ids_of_both() {
    let home = Home::with_store();
    let other = home.write("other", foreign_key());
    restrict(&other);
    home.um_host(["--key", "file:other", "secrets", "list"])
        .status(125)
        .stderr(
            "um-host: error: this is the wrong key: the store is locked with [KEY], the key given is [KEY]\n  \
             hint: give the store's own key with `--key`\n",
        )
        .run();
}

#[test]
fn the_option_goes_before_the_environment_and_neither_falls_back() {
    let home = Home::with_store().with_key("env:NOWHERE");
    let own = format!("file:{}", display(&home.key_file()));
    home.um_host(["--key", own.as_str(), "workspaces", "list", "--json"])
        .stdout("{\"workspaces\":[{\"name\":\"default\",\"created\":\"[TIME]\",\"secrets\":0}]}\n")
        .run();
    // The default key file is there and fits, and is not tried.
    home.um_host(["workspaces", "list"])
        .status(125)
        .stderr("um-host: error: the environment variable NOWHERE is not set\n  hint: it should hold the store's key\n")
        .run();
}

#[test]
fn a_key_that_cannot_be_had_is_told_by_its_place() {
    let home = Home::with_store();
    let key = fs::read_to_string(home.key_file()).unwrap();
    let open = home.write("open", &key);
    let bad = home.write("bad", "not a key");
    restrict(&bad);
    fs::set_permissions(open, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    for (source, message) in [
        (
            "file:absent",
            "the key file absent does not exist\n  hint: give the store's key with `--key file:PATH` or UM_HOST_KEY",
        ),
        ("file:.", "the key file . is a directory\n  hint: a key is kept in a regular file"),
        (
            "file:open",
            "the key file open can be used by others (mode 644)\n  hint: run `chmod 600 open`; any mode will do on a mount \
             that is read-only here, as orchestrators make them",
        ),
        ("fd:87", "descriptor 87 is not open\n  hint: open it in front: `87< FILE`, `87< <(COMMAND)`"),
        (
            "credential:um-host",
            "no credentials were handed to this process: CREDENTIALS_DIRECTORY is not set\n  hint: let the unit load it: \
             LoadCredential=NAME:PATH",
        ),
        ("file:bad", "the key file bad holds no key: it does not begin with `um-host-key-`"),
    ] {
        home.um_host(["--key", source, "key", "check"])
            .status(125)
            .stderr(format!("um-host: error: {message}\n"))
            .run();
    }
    fs::remove_file(home.key_file()).unwrap();
    home.um_host(["key", "check"])
        .status(125)
        .stderr(
            "um-host: error: the key file [HOME]/.config/um-host/keys/[ID] does not exist\n  \
             hint: give the store's key with `--key file:PATH` or UM_HOST_KEY\n",
        )
        .run();
}

#[test]
fn a_key_pasted_in_the_place_of_its_source_is_refused_unseen() {
    let key = foreign_key();
    let key = key.trim();
    let home = Home::with_store();
    let message = "um-host: error: that looks like a key, where the place of a key belongs (`file:PATH`, for \
                   example)\n  hint: if it was one, others may have seen it: change it\n";
    home.um_host(["--key", key, "key", "check"]).status(2).stderr(message).run();
    home.um_host(["key", "check"]).env("UM_HOST_KEY", key).status(2).stderr(message).run();
    home.um_host(["key", "check", key]).status(2).stderr(message).run();
    home.um_host(["--key", &format!("env:{key}"), "key", "check"]).status(2).stderr(message).run();
    // An action that needs no store is no reason to overlook it.
    home.um_host(["run", "absent.wasm"]).env("UM_HOST_KEY", key).status(2).stderr(message).run();
}

#[test]
fn what_names_no_source_of_a_key_is_refused_without_being_repeated() {
    let home = Home::with_store();
    for text in ["hunter22", "key:hunter22"] {
        home.um_host(["key", "check"])
            .env("UM_HOST_KEY", text)
            .status(2)
            .stderr(
                "um-host: error: a key source is `file:PATH`, `env:VARIABLE`, `fd:NUMBER` or `credential:NAME`; what was \
                 given is none of them (and is not repeated here, in case it is a key)\n",
            )
            .run();
    }
    for (text, message) in [
        (
            "fd:hunter22",
            "`fd:` needs the number of an open descriptor, 3 or more: the first ones are the standard streams",
        ),
        (
            "credential:hunter22/x",
            "`credential:` needs the name of a credential, which has no slash in it, for example credential:um-host",
        ),
    ] {
        home.um_host(["--key", text, "key", "check"]).status(2).stderr(format!("um-host: error: {message}\n")).run();
    }
    for kind in ["passphrase", "command"] {
        home.um_host(["--key", &format!("{kind}:hunter22"), "key", "check"])
            .status(2)
            .stderr(format!(
                "um-host: error: key sources of the kind `{kind}:` are not built yet\n  hint: use `file:PATH`, \
                 `env:VARIABLE`, `fd:NUMBER` or `credential:NAME`\n"
            ))
            .run();
    }
}

#[test]
fn a_damaged_store_is_told_as_one_and_left_as_it_is() {
    for file in ["keyring", "secrets.redb"] {
        let home = Home::with_store();
        home.set("API_KEY", "k7x!k7x!k7x!");
        let path = home.data().join(file);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        for byte in &mut bytes[middle..middle + 64] {
            *byte ^= 0xff;
        }
        bytes.truncate(bytes.len() - 7);
        fs::write(&path, &bytes).unwrap();
        for arguments in [&["secrets", "list"][..], &["key", "check"], &["secrets", "delete", "API_KEY", "--yes"]] {
            let answer = home.um_host(arguments).answer();
            assert_eq!((answer.status, answer.stdout.as_str()), (125, ""), "{file}, {arguments:?}: {answer:?}");
            assert!(answer.stderr.contains("is damaged"), "{file}, {arguments:?}: {answer:?}");
            assert!(answer.stderr.contains("restore it from a backup"), "{file}, {arguments:?}: {answer:?}");
        }
    }
}

#[test]
fn a_store_that_lacks_a_file_is_told_by_what_it_lacks() {
    for (file, what) in [("keyring", "the keyring"), ("secrets.redb", "secrets.redb")] {
        let home = Home::with_store();
        fs::remove_file(home.data().join(file)).unwrap();
        home.um_host(["secrets", "list"])
            .status(125)
            .stderr(format!(
                "um-host: error: the store in [HOME]/.local/share/um-host is damaged: {what} is missing\n  \
                 hint: restore it from a backup\n"
            ))
            .run();
        assert!(!home.data().join(file).exists(), "nothing is made in its place");
    }
}

#[test]
fn a_store_that_cannot_be_read_is_told_by_the_file() {
    // A directory in the file's place: unreadable to root as well, unlike a file without permissions.
    let home = Home::with_store();
    let keyring = home.data().join("keyring");
    fs::rename(&keyring, home.path("keyring")).unwrap();
    fs::create_dir(&keyring).unwrap();
    home.um_host(["secrets", "list"])
        .status(125)
        .stderr(
            "um-host: error: [HOME]/.local/share/um-host/keyring is no regular file, where the store has a regular file \
             of its own; it was not touched\n  hint: look where it comes from, and remove it\n",
        )
        .run();
}

#[test]
fn workspaces_are_created_once_and_listed() {
    let home = Home::with_store();
    home.um_host(["workspaces", "create", "marketing"]).stderr("um-host: created the workspace `marketing`\n").run();
    home.um_host(["workspaces", "create", "sales", "--json"]).stdout("{\"workspace\":\"sales\"}\n").run();
    home.um_host(["workspaces", "create", "sales"])
        .status(1)
        .stderr(
            "um-host: error: there is a workspace `sales` already\n  \
             hint: choose another name, or work in it: --workspace sales\n",
        )
        .run();
    home.um_host(["workspaces", "list"])
        .stdout(
            "NAME       SECRETS  CREATED\n\
             default    0        [TIME]\n\
             marketing  0        [TIME]\n\
             sales      0        [TIME]\n",
        )
        .run();
}

#[test]
fn an_invalid_workspace_name_is_told_with_the_rule() {
    let home = Home::with_store();
    let message = "um-host: error: `a b` is not a valid workspace name: letters, digits, `.`, `_` and `-`, a letter or \
                   digit first, 1 to 64 bytes\n  hint: for example a-b\n";
    home.um_host(["workspaces", "create", "a b"]).status(2).stderr(message).run();
    home.um_host(["--workspace", "a b", "secrets", "list"]).status(2).stderr(message).run();
    home.um_host(["secrets", "list"]).env("UM_HOST_WORKSPACE", "a b").status(2).stderr(message).run();
}

#[test]
fn an_unknown_workspace_is_told_with_the_way_to_the_others() {
    let home = Home::with_store();
    for arguments in [
        &["secrets", "list"][..],
        &["secrets", "set", "A"],
        &["secrets", "info", "A"],
        &["secrets", "describe", "A", "text"],
        &["secrets", "delete", "A", "--yes"],
    ] {
        home.um_host(arguments)
            .env("UM_HOST_WORKSPACE", "nowhere")
            .stdin("k7x!k7x!k7x!")
            .status(1)
            .stderr(
                "um-host: error: there is no workspace `nowhere`\n  \
                 hint: `um-host workspaces list` shows those there are\n",
            )
            .run();
    }
}

fn restrict(path: &std::path::Path) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}
