//! What `secrets set` says of a value, without showing it, and what it refuses for what it is.

use crate::support::command::Home;

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

/// What an editor, a page or a chat puts around a value is kept, and told without the value.
#[test]
fn what_stands_around_a_value_is_told() {
    let home = Home::with_store();
    for (before, after, told) in [
        (" ", "", "the blank at the start; it is"),
        ("\t", "  ", "the tab at the start and the blanks at the end; both are"),
        ("\u{200b}", "", "the zero-width character at the start; it is"),
        ("", "\u{a0}", "the no-break space at the end; it is"),
        ("", "\0", "the NUL at the end; it is"),
        ("\"", "\"", "the quotes around it; they are"),
        ("'", "'\n\n", "the quotes around it and the newlines at the end; both are"),
    ] {
        home.write("value", format!("{before}{VALUE}{after}"));
        let answer = home.um_host(["secrets", "set", "CRM_TOKEN", "--from-file", "value"]).answer();
        answer.never_says(VALUE);
        assert_eq!(answer.status, 0, "{answer:?}");
        let told = format!("um-host: kept {told} part of the value now\n");
        assert!(answer.stderr.starts_with(&told), "{told}: {answer:?}");
    }
    home.write("value", VALUE);
    let answer = home.um_host(["secrets", "set", "CRM_TOKEN", "--from-file", "value"]).answer();
    assert!(!answer.stderr.contains("kept"), "{answer:?}");
}

#[test]
fn a_url_is_not_sealed_and_the_reason_is_told() {
    let home = Home::with_store();
    let url = "https://hooks.example.com/services/T000/16C7e42F292c6912";
    for arguments in [&["--bind", "hooks.example.com"][..], &["--bind", "hooks.example.com", "--in", "body:url"]] {
        home.um_host(["secrets", "set", "WEBHOOK"])
            .args(arguments)
            .stdin(url)
            .status(2)
            .stderr(
                "um-host: error: `WEBHOOK` cannot be stored so: a URL cannot be sealed yet: a sealed value is put into a header, \
                 a parameter or a field of a request, and never in the place of its URL; nothing was stored\n  hint: store it with --revealed, \
                 which keeps it to these hosts; or store the token in it alone, where the service takes it in a header or a \
                 parameter\n",
            )
            .run();
    }
    let set =
        home.um_host(["secrets", "set", "WEBHOOK", "--bind", "hooks.example.com", "--revealed"]).stdin(url).answer();
    assert_eq!(set.status, 0, "{set:?}");
    // To seal it afterwards is refused as well.
    let sealed = home.um_host(["secrets", "set", "WEBHOOK", "--sealed"]).stdin(url).answer();
    assert!(sealed.status == 2 && sealed.stderr.contains("a URL cannot be sealed yet"), "{sealed:?}");
}
