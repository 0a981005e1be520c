//! Documents that are no text, as scripts write them: one that holds a secret, and nothing is published.

use std::fs;

use super::run;
use crate::support::command::{Answer, Home};

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

/// Runs a script that writes what the expression makes of `text`, which holds the secret or does not.
fn publish(home: &Home, expression: &str, leaks: bool, more: &[&str]) -> Answer {
    let text = if leaks { "app.secrets.HUBSPOT_API_KEY" } else { "'no more than that'" };
    let source = format!(
        "
import gzip, io, zipfile, zlib
def archive(content, name='report.txt'):
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(name, content)
    return file.getvalue()
text = ('a longer text, ' * 100 + {text}).encode()
app.documents.write('notes.txt', 'beside it')
app.documents.write('report.bin', {expression})
"
    );
    let _ = fs::remove_dir_all(home.path("out"));
    run(home, "writes.py", &source).args(["--documents", "out"]).args(more).answer()
}

#[test]
fn a_document_that_is_no_text_and_holds_a_secret_is_not_published_nor_is_any_other() {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", VALUE);
    for expression in [
        "b'\\xff' + text",
        "gzip.compress(text)",
        "zlib.compress(text)",
        "archive(text)",
        "archive(archive(text), 'inner.docx')",
        "b'%PDF-1.4\\n1 0 obj\\n<< /Filter /FlateDecode >>\\nstream\\n' + zlib.compress(text) + b'\\nendstream'",
    ] {
        let answer = publish(&home, expression, true, &[]);
        assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{expression}: {answer:?}");
        assert_eq!(
            answer.stderr,
            "um-host: error: the document `report.bin` may not leave: it holds HUBSPOT_API_KEY, and a binary document \
             cannot be masked without damage; nothing was published\n  \
             hint: text is masked and published; leave the value out of files of other kinds\n\
             um-host: masked HUBSPOT_API_KEY 1 time in document report.bin (raw)\n",
            "{expression}"
        );
        assert!(!home.path("out").exists() && staging(&home).is_empty(), "{expression}");

        let answer = publish(&home, expression, false, &[]);
        assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{expression}: {answer:?}");
        assert_eq!(fs::read_dir(home.path("out")).unwrap().count(), 3, "two and the manifest: {expression}");
    }
}

#[test]
fn a_program_is_told_what_was_withheld_and_why() {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", VALUE);
    let object = publish(&home, "archive(text)", true, &["--json"]).json();
    let end = &object["end"];
    assert_eq!((&end["status"], &end["code"], &end["blame"]), (&1.into(), &"withheld".into(), &"guest".into()));
    assert_eq!(object["documents"], serde_json::json!([]));
    let leak =
        serde_json::json!({"secret": "HUBSPOT_API_KEY", "stream": "document report.bin", "form": "raw", "count": 1});
    assert_eq!(object["leaks"], serde_json::json!([leak]));
    assert!(end["message"].as_str().unwrap().starts_with("the document `report.bin` may not leave: "), "{object}");
}

#[test]
fn what_cannot_be_looked_through_is_not_published() {
    let home = Home::with_store();
    for (expression, reason) in [
        ("gzip.compress(bytes(80 << 20))", "it inflates to more than is looked through"),
        ("b'PK\\3\\4' + bytes(4) + b'\\x0c' + bytes(40)", "ZIP method 12"),
        ("gzip.compress(text * 100)[:-9]", "breaks off in the middle of a compressed part (gzip)"),
        ("archive(text)[:60]", "breaks off in the middle of a compressed part (zip)"),
        ("zlib.compress(archive(text)[:60])", "breaks off in the middle of a compressed part (zip)"),
        (
            "b'%PDF-1.4\\n1 0 obj\\n<< /Filter /FlateDecode >>\\nstream\\nx\\x9c\\xff' + zlib.compress(text) + b'\\nendstream'",
            "a compressed part of it (zlib) is damaged",
        ),
        ("zlib.compress(gzip.compress(archive(gzip.compress(zlib.compress(text)))))", "more than 4 deep"),
    ] {
        let answer = publish(&home, expression, false, &["--memory", "512MiB"]);
        assert_eq!(answer.status, 1, "{answer:?}");
        assert!(answer.stderr.contains(reason) && !home.path("out").exists(), "{answer:?}");
    }
}

/// What is left of documents that wait to be published.
fn staging(home: &Home) -> Vec<String> {
    let names = fs::read_dir(home.path(".")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".out.")).collect()
}
