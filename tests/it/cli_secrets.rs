//! `secrets …`, word for word: values go in by file or stdin, and never come out.

use um_leak::Form;
use um_secret::Masking;

use crate::support::bound::Bounded;
use crate::support::command::Home;

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

#[test]
fn a_secret_is_stored_from_stdin_and_one_newline_is_dropped() {
    let home = Home::with_store();
    home.um_host(["secrets", "set", "CRM_TOKEN"])
        .stdin(format!("{VALUE}\n"))
        .stderr(
            "um-host: dropped the newline at the end of stdin; --from-file keeps every byte\n\
             um-host: stored CRM_TOKEN in workspace `default` (version 1)\n",
        )
        .run();
    home.um_host(["secrets", "set", "CRM_TOKEN"])
        .stdin(format!("{VALUE}\r\n"))
        .stderr(
            "um-host: dropped the carriage return and newline at the end of stdin; --from-file keeps every byte\n\
             um-host: replaced CRM_TOKEN in workspace `default` (version 2)\n",
        )
        .run();
    home.um_host(["secrets", "set", "CRM_TOKEN"])
        .stdin(VALUE)
        .stderr("um-host: replaced CRM_TOKEN in workspace `default` (version 3)\n")
        .run();
}

#[test]
fn a_secret_is_stored_from_a_file_byte_for_byte() {
    let home = Home::with_store();
    home.write("key.pem", "-----BEGIN KEY-----\nMIIEvQIBADANBg\n");
    home.um_host(["secrets", "set", "TLS_KEY", "--from-file", "key.pem"])
        .stderr(
            "um-host: kept the newline at the end; it is part of the value now\n\
             um-host: stored TLS_KEY in workspace `default` (version 1)\n\
             um-host: guards 1 part: pem\n",
        )
        .run();
    home.write("edited", format!("\u{feff}{VALUE}\r\n"));
    home.um_host(["secrets", "set", "CRM_TOKEN", "--from-file", "edited"])
        .stderr(
            "um-host: kept the byte order mark at the start and the newline at the end; both are part of the value now\n\
             um-host: stored CRM_TOKEN in workspace `default` (version 1)\n",
        )
        .run();
}

/// Everyone is shown a description, and every action: also who may not have the value.
#[test]
fn no_description_holds_a_value_of_the_workspace_whichever_comes_first() {
    let home = Home::with_store();
    let set = |name: &str, value: &str, more: &[&str]| {
        home.um_host(["secrets", "set", name].iter().chain(more)).stdin(value.to_owned()).answer()
    };
    let describe = |name: &str, text: &str| home.um_host(["secrets", "describe", name, text]).answer();
    assert_eq!(set("ONE", "a plain value of one", &[]).status, 0);
    assert_eq!(set("TWO", "plain-value-of-two", &["--bind", "api.example.com"]).status, 0);
    assert_eq!(set("SHORT", "abc", &["--allow-unmaskable"]).status, 0);
    let token = format!("ghp_{}", "aB3dE5fG7hJ9".repeat(3));
    for (text, told) in [
        ("is a plain value of one", "holds the value of ONE\n"),
        (token.as_str(), "the description holds what looks like a token; nothing was stored"),
    ] {
        for refused in [describe("TWO", text), set("NEW", "another value", &["--description", text])] {
            assert_eq!((refused.status, refused.stderr.contains(told)), (2, true), "{refused:?}");
            assert!(!refused.stderr.contains(text) && !refused.stdout.contains(text), "{refused:?}");
        }
    }
    let other = set("NEW", "another value", &["--description", "plain-value-of-two"]);
    assert!(other.status == 2 && other.stderr.contains("holds the value of TWO\n"), "{other:?}");
    let own = describe("TWO", "plain-value-of-two");
    assert!(own.status == 2 && own.stderr.contains("the description of TWO holds its value\n"), "{own:?}");
    assert_eq!(describe("TWO", "the next is the-value-to-come; abc").status, 0);
    let refused = set("TWO", "the-value-to-come", &[]);
    let told = "the description of TWO holds its value\n";
    assert_eq!((refused.status, refused.stderr.contains(told)), (2, true), "{refused:?}");
    assert_eq!(set("TWO", "the-value-to-come", &["--description", "rotated"]).status, 0);
    let listed = home.um_host(["secrets", "list"]).answer().stdout;
    assert!(listed.contains("rotated") && !listed.contains("NEW"), "{listed}");
}

#[test]
fn a_description_that_holds_the_value_is_refused_without_being_repeated() {
    let home = Home::with_store();
    home.um_host(["secrets", "set", "CRM_TOKEN", "--description", "CRM: a value in plain words"])
        .stdin("a value in plain words\n\n")
        .status(2)
        .stderr(
            "um-host: dropped the newline at the end of stdin; --from-file keeps every byte\n\
             um-host: kept the newline at the end; it is part of the value now\n\
             um-host: error: the description of CRM_TOKEN holds its value\n  \
             hint: leave it out there: a description is shown to everyone. It is in your shell's history now, so change \
             it where it was issued\n",
        )
        .run();
    home.um_host(["secrets", "list", "--json"]).stdout("{\"workspace\":\"default\",\"secrets\":[]}\n").run();
}

#[test]
fn a_long_name_does_not_push_the_rest_aside() {
    let home = Home::with_store();
    let long = "N".repeat(64);
    home.set(&long, VALUE);
    home.set("A", VALUE);
    home.um_host(["secrets", "list"])
        .stdout(format!(
            "NAME  VERSION  CHANGED               EXPOSURE  BOUND TO  MASKED  DESCRIPTION\n\
             A     1        [TIME]  revealed  -         yes\n\
             {long}\n      1        [TIME]  revealed  -         yes\n"
        ))
        .run();
}

#[test]
fn set_tells_programs_in_one_object() {
    let home = Home::with_store();
    home.um_host(["--json", "secrets", "set", "CRM_TOKEN", "--description", "CRM, read only"])
        .stdin(VALUE)
        .stdout(
            "{\"workspace\":\"default\",\"name\":\"CRM_TOKEN\",\"version\":1,\"created\":true,\
             \"masking\":\"every-form\",\"exposure\":\"revealed\",\"bindings\":[],\
             \"parts\":{\"guards\":0,\"doubtful\":0,\"leaves\":0,\"current\":true},\"words_gone\":[]}\n",
        )
        .run();
}

const HAS_MASK: &str = "the value contains `***`, which is what a masked secret looks like; give the real value, or have \
                        the service make one without it";

#[test]
fn a_value_that_cannot_be_one_is_refused_and_nothing_is_stored() {
    let home = Home::with_store();
    home.write("empty", "");
    home.write("latin1", b"caf\xe9 caf\xe9");
    for (stdin, message) in [
        (&b""[..], "the value is empty; nothing was stored"),
        (b"***", HAS_MASK),
        (b"pat-na1-***-Lx9vTz", HAS_MASK),
        (
            b"um_sealed_00",
            "the value contains `um_sealed_`, which marks the placeholder of a sealed secret; give the real value",
        ),
        (b"caf\xe9 caf\xe9", "the value is not UTF-8 text; encode binary data first, for example as base64"),
    ] {
        home.um_host(["secrets", "set", "A"])
            .stdin(stdin)
            .status(2)
            .stderr(format!("um-host: error: {message}\n"))
            .run();
    }
    home.um_host(["secrets", "set", "A", "--from-file", "empty"])
        .status(2)
        .stderr("um-host: error: the value is empty; nothing was stored\n")
        .run();
    let answer = home.um_host(["secrets", "set", "A"]).stdin("\n").answer();
    assert_eq!(answer.status, 2);
    home.um_host(["secrets", "list"])
        .stderr("um-host: workspace `default` has no secrets; `um-host secrets set NAME` stores one\n")
        .run();
}

#[test]
fn a_value_has_at_most_64_kib() {
    let home = Home::with_store();
    let message = "um-host: error: the value has more than 65536 bytes; nothing was stored\n  \
                   hint: keep large content elsewhere, and here the key that opens it\n";
    let longest = "k7x!".repeat(16 * 1024);
    home.um_host(["secrets", "set", "A"]).stdin(format!("{longest}x")).status(2).stderr(message).run();
    home.um_host(["secrets", "set", "A"]).stdin(longest.repeat(3)).status(2).stderr(message).run();
    home.write("large", format!("{longest}\n"));
    home.um_host(["secrets", "set", "A", "--from-file", "large"]).status(2).stderr(message).run();
    home.um_host(["secrets", "set", "A", "--from-file", "/dev/zero"]).status(2).stderr(message).run();
    home.um_host(["secrets", "set", "A"])
        .stdin(longest)
        .stderr("um-host: stored A in workspace `default` (version 1)\n")
        .run();
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_is_named() {
    let home = Home::with_store();
    home.um_host(["secrets", "set", "A", "--from-file", "."])
        .status(2)
        .stderr("um-host: error: `.` cannot be read\n  because: Is a directory (os error 21)\n")
        .run();
}

#[test]
fn a_value_that_cannot_be_masked_is_stored_only_when_told_to() {
    let home = Home::with_store();
    for (value, reason) in
        [("abc", "it has under 4 bytes"), ("2026", "it is a word, a number or a pattern that stands in every log")]
    {
        home.um_host(["secrets", "set", "PIN"])
            .stdin(value)
            .status(2)
            .stderr(format!(
                "um-host: error: the value of `PIN` could not be masked in outputs: {reason}; nothing was stored\n  \
                 hint: choose a longer one, or accept that with `--allow-unmaskable`\n"
            ))
            .run();
        let answer = home.um_host(["secrets", "set", "PIN", "--allow-unmaskable"]).stdin(value).answer();
        assert_eq!(answer.status, 0, "{answer:?}");
        assert!(answer.stderr.ends_with(&format!("um-host: PIN is never masked: {reason}\n")), "{answer:?}");
    }
    home.um_host(["secrets", "set", "CODE"])
        .stdin("k7x!")
        .stderr(
            "um-host: stored CODE in workspace `default` (version 1)\n\
             um-host: CODE has under 8 bytes: it is masked where it stands as it is, but not in base64 or another \
             encoding\n",
        )
        .run();
    home.um_host(["secrets", "list"])
        .stdout(
            "NAME  VERSION  CHANGED               EXPOSURE  BOUND TO  MASKED    DESCRIPTION\n\
             CODE  1        [TIME]  revealed  -         as it is\n\
             PIN   2        [TIME]  revealed  -         never\n",
        )
        .run();
}

#[test]
fn a_name_that_cannot_be_one_is_refused_with_the_name_to_use() {
    let home = Home::with_store();
    for (name, message) in [
        (
            "HubSpot API Key",
            "`HubSpot API Key` is not a valid name (letters, digits and underscores, no digit first); use HUBSPOT_API_KEY",
        ),
        ("2nd", "`2nd` is not a valid name (letters, digits and underscores, no digit first); use _2ND"),
        ("class", "`class` is a keyword of Python, so `app.secrets.class` could not be written; use CLASS_SECRET"),
        ("", "a secret needs a name of letters, digits and underscores, for example HUBSPOT_API_KEY"),
    ] {
        for verb in ["set", "info", "delete"] {
            home.um_host(["secrets", verb, name])
                .stdin(VALUE)
                .status(2)
                .stderr(format!("um-host: error: {message}\n"))
                .run();
        }
    }
}

#[test]
fn if_version_stores_only_over_the_version_that_was_seen() {
    let home = Home::with_store();
    home.um_host(["secrets", "set", "A", "--if-version", "1"])
        .stdin(VALUE)
        .status(1)
        .stderr(
            "um-host: error: `A` is at version none (it does not exist), not 1: somebody else changed it\n  \
             hint: look at it with `um-host secrets info A` and decide again\n",
        )
        .run();
    home.um_host(["secrets", "set", "A", "--if-version", "0"])
        .stdin(VALUE)
        .stderr("um-host: stored A in workspace `default` (version 1)\n")
        .run();
    home.um_host(["secrets", "set", "A", "--if-version", "1"])
        .stdin(VALUE)
        .stderr("um-host: replaced A in workspace `default` (version 2)\n")
        .run();
    for stale in ["0", "1", "3"] {
        home.um_host(["secrets", "set", "A", "--if-version", stale])
            .stdin(VALUE)
            .status(1)
            .stderr(format!(
                "um-host: error: `A` is at version 2, not {stale}: somebody else changed it\n  \
                 hint: look at it with `um-host secrets info A` and decide again\n"
            ))
            .run();
    }
    for no_number in ["new", "-1", "--json"] {
        home.um_host(["secrets", "set", "A", "--if-version", no_number])
            .stdin(VALUE)
            .status(2)
            .stderr(
                "um-host: error: --if-version: expected the number of a version, as `um-host secrets info NAME` shows \
                 it\n  hint: see `um-host secrets set --help`\n",
            )
            .run();
    }
}

#[test]
fn a_description_is_kept_until_it_is_changed() {
    let home = Home::with_store();
    home.um_host(["secrets", "set", "A", "--description", "CRM, read only"])
        .stdin(VALUE)
        .stderr("um-host: stored A in workspace `default` (version 1)\n")
        .run();
    home.um_host(["secrets", "set", "A"])
        .stdin(VALUE)
        .stderr("um-host: replaced A in workspace `default` (version 2)\n")
        .run();
    home.um_host(["secrets", "list"])
        .stdout(
            "NAME  VERSION  CHANGED               EXPOSURE  BOUND TO  MASKED  DESCRIPTION\n\
             A     2        [TIME]  revealed  -         yes     CRM, read only\n",
        )
        .run();
    home.um_host(["secrets", "describe", "A", "CRM, all of it"])
        .stderr("um-host: described A in workspace `default`\n")
        .run();
    home.um_host(["secrets", "describe", "A", "--description", "", "--json"])
        .stdout("{\"workspace\":\"default\",\"name\":\"A\",\"description\":\"\"}\n")
        .run();
    home.um_host(["secrets", "describe", "A", "two\nlines"])
        .status(2)
        .stderr("um-host: error: a description is one line of text without control characters\n")
        .run();
    home.um_host(["secrets", "set", "A", "--description", "two\nlines"])
        .stdin(VALUE)
        .status(2)
        .stderr("um-host: error: a description is one line of text without control characters\n")
        .run();
}

#[test]
fn info_tells_all_but_the_value() {
    let home = Home::with_store();
    home.um_host(["secrets", "set", "A", "--description", "CRM"]).stdin(VALUE).answer();
    let answer = home.um_host(["secrets", "info", "A"]).answer();
    let (masked, last) = answer.stdout.split_once("masked       ").unwrap().1.split_once("\nlast").unwrap();
    let told = masked.split_whitespace().collect::<Vec<_>>().join(" ");
    let listed = |forms: &[Form]| forms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let whole = Form::guarded(Masking::EveryForm);
    assert!(
        told.starts_with(&format!("in these forms, as far as they differ: {}; if it has", listed(&whole))),
        "{told}"
    );
    assert!(told.contains(&format!("its parts too ({}), the shortest", listed(&Form::OF_PARTS))), "{told}");
    assert_eq!(last, " used    never\n");
    assert!(answer.stdout.lines().all(|line| line.len() <= 80), "{}", answer.stdout);
    home.um_host(["secrets", "info", "A", "--json"])
        .stdout(format!(
            "{{\"name\":\"A\",\"description\":\"CRM\",\"version\":1,\"created\":\"[TIME]\",\"updated\":\"[TIME]\",\
             \"exposure\":\"revealed\",\"bindings\":[],\"expires\":null,\"masking\":\"every-form\",\
             \"parts\":{{\"guards\":0,\"doubtful\":0,\"leaves\":0,\"current\":true}},\
             \"workspace\":\"default\",\"forms\":{},\"forms_of_parts\":{},\"last_use\":null,\
             \"reads_damaged\":false}}\n",
            serde_json::to_string(&whole).unwrap(),
            serde_json::to_string(&Form::OF_PARTS).unwrap()
        ))
        .run();
    home.um_host(["secrets", "list", "--json"])
        .stdout(
            "{\"workspace\":\"default\",\"secrets\":[{\"name\":\"A\",\"description\":\"CRM\",\"version\":1,\
             \"created\":\"[TIME]\",\"updated\":\"[TIME]\",\"exposure\":\"revealed\",\"bindings\":[],\
             \"expires\":null,\"masking\":\"every-form\",\
             \"parts\":{\"guards\":0,\"doubtful\":0,\"leaves\":0,\"current\":true}}]}\n",
        )
        .run();
}

#[test]
fn info_tells_in_which_forms_a_value_is_masked_without_reading_it() {
    let home = Home::with_store();
    for (value, masked, forms) in [
        ("k7x!", "as it is, but in no other form: it has under 8 bytes", "[\"raw\",\"trimmed\"]"),
        ("abc", "never: it has under 4 bytes", "[]"),
        ("true", "never: it is a word, a number or a pattern that stands in every log", "[]"),
    ] {
        let stored = home.um_host(["secrets", "set", "A", "--allow-unmaskable"]).stdin(value).answer();
        assert_eq!(stored.status, 0);
        let answer = home.um_host(["secrets", "info", "A"]).answer();
        assert!(answer.stdout.contains(&format!("\nmasked       {masked}\n")), "{answer:?}");
        let object = home.um_host(["secrets", "info", "A", "--json"]).answer().json();
        assert_eq!((object["forms"].to_string().as_str(), &object["last_use"]), (forms, &serde_json::Value::Null));
    }
}

#[test]
fn an_unknown_secret_is_told_with_the_way_to_the_others() {
    let home = Home::with_store();
    home.set("API_KEY", VALUE);
    for arguments in [
        &["secrets", "info", "api_key"][..],
        &["secrets", "describe", "api_key", "text"],
        &["secrets", "delete", "api_key"],
        &["secrets", "delete", "api_key", "--yes"],
    ] {
        home.um_host(arguments)
            .status(1)
            .stderr(
                "um-host: error: there is no secret `api_key` in workspace `default` (case matters)\n  \
                 hint: did you mean `API_KEY`? `um-host secrets list` shows those there are\n",
            )
            .run();
    }
}

#[test]
fn delete_asks_and_without_a_terminal_wants_to_be_told() {
    let home = Home::with_store();
    home.set("A", VALUE);
    home.um_host(["secrets", "delete", "A"])
        .stdin("y\n")
        .status(2)
        .stderr(
            "um-host: A in workspace `default` was last used: never\n\
             um-host: error: stdin is no terminal, so nobody can be asked; nothing was deleted\n  \
             hint: `um-host secrets delete A --yes` deletes without asking\n",
        )
        .run();
    home.um_host(["secrets", "delete", "A", "--yes"])
        .stderr("um-host: deleted A from workspace `default`\num-host: it was last used: never\n")
        .run();
    home.set("A", VALUE);
    home.um_host(["secrets", "delete", "A", "--yes", "--json"])
        .stdout("{\"workspace\":\"default\",\"name\":\"A\",\"version\":1,\"last_use\":null,\"reads_damaged\":false}\n")
        .run();
}

#[test]
fn workspaces_keep_their_secrets_apart() {
    let home = Home::with_store();
    home.um_host(["workspaces", "create", "sales"]).answer();
    home.set("A", VALUE);
    home.um_host(["secrets", "list"])
        .env("UM_HOST_WORKSPACE", "sales")
        .stderr("um-host: workspace `sales` has no secrets; `um-host secrets set NAME` stores one\n")
        .run();
    home.um_host(["--workspace", "default", "secrets", "list", "--json"])
        .env("UM_HOST_WORKSPACE", "sales")
        .stdout(
            "{\"workspace\":\"default\",\"secrets\":[{\"name\":\"A\",\"description\":\"\",\"version\":1,\
             \"created\":\"[TIME]\",\"updated\":\"[TIME]\",\"exposure\":\"revealed\",\"bindings\":[],\
             \"expires\":null,\"masking\":\"every-form\",\
             \"parts\":{\"guards\":0,\"doubtful\":0,\"leaves\":0,\"current\":true}}]}\n",
        )
        .run();
}

#[test]
fn a_closed_stdout_ends_a_list_quietly() {
    let home = Home::with_store();
    home.set("A", VALUE);
    let mut command = home.um_host(["secrets", "list"]).command();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).start().unwrap().wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(141), Vec::new()));
}
