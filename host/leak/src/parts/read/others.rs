//! The readers against what others write: Python's libraries, each of which reads back what it wrote first.

use std::process::Command;

use super::settings;

/// Kind, text, and what stands where.
type Written = (String, String, Vec<(String, String)>);

#[test]
fn what_others_write_is_read_where_they_wrote_it() {
    let mut python = Command::new("python3");
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/leak/writers.py"));
    let output = python.output().expect("python3 is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written: Vec<Written> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(written.len() > 500);
    for (kind, text, due) in written {
        let found = settings(&text);
        for (path, said) in due {
            let is_it = |text: &zeroize::Zeroizing<String>| **text == said;
            let is_there = found.iter().any(|setting| setting.path.shown() == path && setting.texts.iter().any(is_it));
            let each = found.iter().map(|setting| (setting.path.shown(), setting.text()));
            assert!(is_there, "{kind}\n{text}\n{path}: {said:?} is not in {:#?}", each.collect::<Vec<_>>());
        }
    }
}
