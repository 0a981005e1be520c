//! Documents from the action to where they are kept: seen by nobody before all have passed, whole or not at all, and in
//! the place of those of an earlier run.

mod crashes;
pub mod sinks;
mod watched;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::runs::{host, load, text};
use crate::support::bound::Bounded;
use crate::support::command::{Answer, Home, Transcript, status};
use crate::support::guests::guest;
use crate::support::run::run_of;

const MANIFEST: &str = ".um-host-documents.json";

/// A run of the program that publishes a text for each name.
fn publish<'a>(home: &'a Home, target: &str, documents: &[(&str, &str)]) -> Transcript<'a> {
    let pairs = documents.iter().flat_map(|(name, text)| [*name, *text]);
    home.um_host(["run"]).arg(guest("writes_documents")).args(["--documents", target, "--"]).args(pairs)
}

/// All files below a directory and what is in them, without the manifest.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut left = vec![directory.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => left.push(path),
                false => {
                    let name = path.strip_prefix(directory).unwrap().display().to_string();
                    found.insert(name, fs::read_to_string(path).unwrap());
                }
            }
        }
    }
    found.remove(MANIFEST);
    found
}

fn expected(documents: &[(&str, &str)]) -> BTreeMap<String, String> {
    documents.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// What is in a directory beside the target, ordered by name.
fn beside(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != ".cache").collect();
    names.sort();
    names
}

const OLD: [(&str, &str); 2] = [("a.txt", "old"), ("2025/b.txt", "older")];
const NEW: [(&str, &str); 2] = [("a.txt", "new"), ("2026/10/b.txt", "newer")];

#[test]
fn the_documents_of_a_second_run_replace_those_of_the_first() {
    let home = Home::new();
    for documents in [&OLD[..], &NEW[..], &OLD[..1]] {
        let answer = publish(&home, "out", documents).answer();
        assert_eq!((answer.status, answer.stderr.as_str()), (0, ""));
        assert_eq!(files(&home.path("out")), expected(documents));
        assert_eq!(beside(&home.path("")), ["out"]);
    }
}

#[test]
fn a_run_that_publishes_nothing_leaves_the_documents_of_the_one_before() {
    let home = Home::new();
    publish(&home, "out", &OLD).answer();
    for action in ["plain", "exits_1", "writes_a_document_then_fails"] {
        home.um_host(["run"]).arg(guest(action)).args(["--documents", "out"]).answer();
        assert_eq!(files(&home.path("out")), expected(&OLD), "{action}");
    }
    assert_eq!(beside(&home.path("")), ["out"]);
}

#[test]
fn what_no_run_has_published_is_refused_by_name_before_the_action_starts() {
    let home = Home::new();
    publish(&home, "out", &OLD).answer();
    let refused = |reason: &str| {
        publish(&home, "out", &NEW)
            .status(2)
            .stderr(format!(
                "um-host: error: the documents directory `[HOME]/out` holds {reason}\n  \
                 hint: move it away, or name another directory, so that nothing is lost\n"
            ))
            .run();
    };
    home.write("out/thesis.txt", "years of work");
    refused("`thesis.txt`, which no run has published there");
    fs::remove_file(home.path("out/thesis.txt")).unwrap();
    home.write("out/2025/b.txt", "noted");
    refused("`2025/b.txt`, which was changed after a run had published it");
    assert_eq!(files(&home.path("out")), expected(&[OLD[0], ("2025/b.txt", "noted")]));
    fs::remove_file(home.path("out/2025/b.txt")).unwrap();
    assert_eq!(publish(&home, "out", &NEW).answer().status, 0, "what was deleted is no loss");
    assert_eq!(files(&home.path("out")), expected(&NEW));
}

#[test]
fn the_manifest_says_what_was_published_and_by_what() {
    let home = Home::new();
    publish(&home, "out", &NEW).answer();
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(home.path("out").join(MANIFEST)).unwrap()).unwrap();
    assert!(manifest["about"].as_str().unwrap().starts_with("um-host wrote this"), "{manifest}");
    assert_eq!(manifest["run"].as_str().unwrap().len(), 32);
    let sha256 = "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437";
    assert_eq!(manifest["documents"][0], serde_json::json!({ "name": "a.txt", "bytes": 3, "sha256": sha256 }));
}

#[tokio::test]
async fn names_lead_into_directories_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let host = host();
    let action = load(&host, "writes_documents").await;
    let names = [
        "2026/10/report.pdf",
        "2026/10/data.csv",
        "2026",
        "2026/10",
        "2026/10/data.csv/x",
        "/etc/passwd",
        "../a",
        "a/../b",
        "a//b",
        "a/",
        "a/.hidden",
        ".out.um-host-0123456789abcdef0123456789abcdef/a",
        "a/-rf",
        "1/2/3/4/5/6/7/8/9",
        "1/2/3/4/5/6/7/8",
    ];
    let run = run_of(&host, &action).documents(&target).args(names.iter().flat_map(|name| [*name, "x"]));
    let outcome = run.start().await.unwrap();
    let published: Vec<_> = outcome.documents.iter().map(|document| document.name.as_str()).collect();
    assert_eq!(published, ["2026/10/report.pdf", "2026/10/data.csv", "1/2/3/4/5/6/7/8"], "{}", text(&outcome.stdout));
    assert_eq!(
        files(&target).into_keys().collect::<Vec<_>>(),
        ["1/2/3/4/5/6/7/8", "2026/10/data.csv", "2026/10/report.pdf"]
    );
    let types: Vec<_> = outcome.documents.iter().map(|document| document.media_type.as_str()).collect();
    assert_eq!(types, ["application/pdf", "text/csv", "application/octet-stream"]);
    let told = text(&outcome.stdout);
    assert_eq!(told.matches("has created the document").count(), 3, "{told}");
    assert_eq!(told.matches("cannot name a document").count(), 9, "{told}");
}

#[test]
fn runs_that_publish_to_one_place_at_once_leave_the_documents_of_one() {
    let home = Home::new();
    publish(&home, "warm", &OLD).answer();
    for round in 0..10 {
        let texts = [format!("{round} one"), format!("{round} two")];
        let children =
            texts.each_ref().map(|text| publish(&home, "out", &[("a.txt", text), ("b/c.txt", text)]).start());
        for mut child in children {
            assert_eq!(status(child.wait().unwrap()), 0);
        }
        let found = files(&home.path("out"));
        assert_eq!((found.len(), &found["a.txt"]), (2, &found["b/c.txt"]));
        assert!(texts.contains(&found["a.txt"]));
        assert_eq!(beside(&home.path("")), ["out", "warm"]);
    }
}

/// A shell with limits, or a name space of its own, and the program in it.
fn within(home: &Home, shell: &[&str], action: &str, arguments: &[&str]) -> Answer {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args([env!("CARGO_BIN_EXE_um-host"), "run"]).arg(guest(action)).args(arguments);
    command
        .current_dir(home.path(""))
        .env_clear()
        .env("HOME", home.path(""))
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let output = command.finish().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { status: status(output.status), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The action was told that a document was unavailable, and blamed for what it made of that.
#[test]
fn where_no_more_files_may_be_open_the_host_has_failed_and_says_so() {
    let home = Home::new();
    let limited = |files: &str| {
        let shell = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        within(&home, &["sh", "-c", &shell], "writes_many_documents", &["--documents", "out"])
    };
    assert_eq!(limited("400").status, 0);
    fs::remove_dir_all(home.path("out")).unwrap();
    let answer = limited("100");
    assert_eq!(answer.status, 125, "{answer:?}");
    assert!(answer.stderr.contains("the document `") && answer.stderr.contains("`ulimit -n`"), "{answer:?}");
    assert_eq!(beside(&home.path("")), [""; 0]);
}

/// Where a file system of one's own may be mounted; there a document that does not fit is the host's failure.
#[test]
fn on_a_full_disk_the_host_has_failed_and_says_so() {
    let home = Home::new();
    fs::create_dir(home.path("small")).unwrap();
    let mount = "mount -t tmpfs -o size=2m tmpfs small && \"$0\" \"$@\"; status=$?; ls -A small; exit $status";
    let shell = ["unshare", "-rm", "sh", "-c", mount];
    let write =
        |megabytes| within(&home, &shell, "writes_a_large_document", &["--documents", "small/out", "--", megabytes]);
    let fits = write("1");
    if fits.stderr.starts_with("unshare: ") || fits.stderr.starts_with("mount: ") {
        println!("not tested: {}", fits.stderr);
        return;
    }
    assert_eq!((fits.status, fits.stdout.lines().last()), (0, Some("out")), "{fits:?}");
    let answer = write("3");
    assert_eq!(answer.status, 125, "{answer:?}");
    assert!(
        answer.stderr.contains("No space left on device") && answer.stderr.contains("hint: make room"),
        "{answer:?}"
    );
    assert!(!answer.stdout.contains("out"), "{answer:?}");
}
