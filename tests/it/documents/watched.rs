//! A run of another workspace that is shown the directory in which documents are published.
//!
//! It read the first one's gzipped secret there, while that waited to be looked through.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::oneshot;
use um_runtime::{End, Limits};

use super::beside;
use crate::runs::{host_with, load, text};
use crate::support::command::Home;
use crate::support::guests::guest;
use crate::support::run::run_of;

const SECRET: &str = "pat-na1-7Hq2Lx9vTz";

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(format!("{}{text}", "more of the same, ".repeat(20)).as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn limits(settings: &[(&str, &str)]) -> Limits {
    let mut limits = Limits::default();
    settings.iter().for_each(|(name, value)| limits.set(name, value).unwrap());
    limits
}

/// Until the program has said that it has written, and for a while in which much is looked at.
fn write_and_be_killed(home: &Home, leaking: &str) {
    let run = home.um_host(["run"]).arg(guest("writes_a_compressed_document"));
    let mut child = run.args(["--documents", "shared/out", "--", leaking, "and wait"]).start();
    let mut said = [0; 8];
    child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"written\n");
    thread::sleep(Duration::from_millis(100));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_watches_where_documents_are_published_never_sees_a_value() {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", SECRET);
    let shared = home.path("shared");
    fs::create_dir(&shared).unwrap();
    let (leaking, harmless) = (hexadecimal(&gzip(SECRET)), hexadecimal(&gzip("nothing to see")));

    let host = host_with([("HUBSPOT_API_KEY", SECRET)]);
    let watching = load(&host, "watches_a_directory").await;
    let (stop, stopped) = oneshot::channel::<()>();
    let watcher = run_of(&host, &watching).dir(&shared, "/shared").args(["/shared", &leaking]);
    let watcher = watcher.limits(limits(&[("wall", "10m")])).interrupt(async { _ = stopped.await });
    let watcher = tokio::spawn(watcher.start());

    let writing = load(&host, "writes_a_compressed_document").await;
    let publish = |content: &str| run_of(&host, &writing).documents(shared.join("out")).args([content]).start();
    for round in 0..5 {
        let withheld = publish(&leaking).await.unwrap();
        assert!(
            matches!(&withheld.end, End::Withheld { document, .. } if document == "2026/10/report.gz"),
            "{withheld:?}"
        );
        let late = run_of(&host, &writing).documents(shared.join("out")).args([leaking.as_str(), "and wait"]);
        let late = late.limits(limits(&[("wall", "200ms")])).start().await.unwrap();
        assert!(matches!(late.end, End::Limit { .. }), "{late:?}");
        write_and_be_killed(&home, &leaking);
        assert_eq!(beside(&shared), if round == 0 { &[][..] } else { &["out"] });
        assert_eq!(publish(&harmless).await.unwrap().end, End::Completed);
        assert_eq!(beside(&shared), ["out"]);
    }
    // It would have found the value, had it been there.
    fs::write(shared.join("planted"), gzip(SECRET)).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.send(()).unwrap();
    let outcome = watcher.await.unwrap().unwrap();
    let told = text(&outcome.stdout);
    assert_eq!(outcome.end, End::Interrupted, "{told}");
    assert!(told.starts_with("watching\n") && told.contains("/notes.txt\n"), "it has looked: {told}");
    assert!(told.contains("saw /shared/") && told.contains("/report.gz\n"), "{told}");
    let found: BTreeSet<&str> = told.lines().filter_map(|line| line.strip_prefix("found in ")).collect();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["/shared/planted"], "{told}");
    assert!(!told.contains(SECRET));
    assert_eq!(fs::read_to_string(shared.join("out/notes.txt")).unwrap(), "begin *** end\n");
}
