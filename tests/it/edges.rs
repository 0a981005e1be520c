//! Where runs end badly: readers that do not read, callers that go away, uploads cut short, names that leak.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc;
use std::time::Duration;

use um_base::rule::{HostName, Rule};
use um_runtime::{End, Limits, Output, RunError};

use crate::documents::sinks::MapSink;
use crate::runs::{host, host_with, load, text};
use crate::support::run::run_of;

#[tokio::test]
async fn a_secret_in_place_of_a_host_is_masked_in_lower_case_too() {
    let value = "Sk-Live-4eC39HqLyjWDarjtT1zdp7dc";
    let host = host_with([("HUBSPOT_API_KEY", value)]);
    let action = load(&host, "calls_a_host_named_after_a_secret").await;
    let outcome = run_of(&host, &action).start().await.unwrap();
    let told = format!("{} {:?}", text(&outcome.stdout), outcome.refused);
    assert!(told.contains("--allow-host") && told.contains("***"), "{told}");
    assert!(!told.to_lowercase().contains(&value.to_lowercase()), "{told}");

    let run = run_of(&host, &action).allow(Rule::parse(value).unwrap());
    let outcome = run.start().await.unwrap();
    assert!(outcome.usage.http.iter().all(|usage| !usage.host.eq_ignore_ascii_case(value)), "{:?}", outcome.usage.http);
}

#[tokio::test]
async fn a_guest_cannot_fill_the_hosts_memory_with_values_to_guard() {
    let host = host();
    let action = load(&host, "guards_costly_values").await;
    let outcome = run_of(&host, &action).start().await.unwrap();
    let told = text(&outcome.stdout);
    let guarded: u32 = told.split([' ', ',']).nth(1).unwrap().parse().unwrap();
    assert!((1..20).contains(&guarded), "{told}");
}

#[tokio::test]
async fn a_document_whose_name_turns_out_to_be_a_secret_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let host = host();
    let action = load(&host, "names_a_document_after_a_later_secret").await;
    let outcome = run_of(&host, &action).documents(folder.path().join("out")).start().await.unwrap();
    let End::Withheld { document, reason } = &outcome.end else { panic!("{:?}", outcome.end) };
    assert!(document.contains("***") && reason.contains("its name holds a secret"), "{document}: {reason}");
    assert!(!format!("{outcome:?}").contains("session-"), "{outcome:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_documents_directory_keeps_the_mode_that_its_owner_gave_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = host();
    let action = load(&host, "writes_documents").await;
    let target = folder.path().join("closed");
    fs::create_dir(&target).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o710)).unwrap();
    run_of(&host, &action).documents(&target).args(["a.txt", "one"]).start().await.unwrap();
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o710);
    assert!(target.join("a.txt").exists());
}

#[tokio::test]
async fn directories_that_show_processes_are_not_mounted() {
    let host = host();
    let action = load(&host, "reads_a_directory").await;
    for directory in ["/proc", "/proc/self"] {
        let refusal = run_of(&host, &action).dir(directory, "/data").args(["/data"]).start().await.err().unwrap();
        assert!(matches!(refusal, RunError::Directory { .. }), "{directory}: {refusal}");
    }
    // It holds the host's own cache as well, which is told first.
    let refusal = run_of(&host, &action).dir("/", "/data").args(["/data"]).start().await.err().unwrap();
    assert!(matches!(refusal, RunError::OffLimits(_)), "{refusal}");
}

#[tokio::test]
async fn documents_that_cannot_be_published_are_refused_before_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let dangling = folder.path().join("dangling");
    std::os::unix::fs::symlink(folder.path().join("absent"), &dangling).unwrap();
    let host = host();
    let action = load(&host, "writes_documents").await;
    for target in [dangling, "/proc/documents".into()] {
        let refusal = run_of(&host, &action).documents(&target).args(["a.txt", "x"]).start().await.err().unwrap();
        assert!(matches!(refusal, RunError::Documents(_)), "{}: {refusal}", target.display());
    }
}

#[tokio::test]
async fn a_result_may_be_as_large_as_its_limit_says() {
    let mut limits = Limits::default();
    limits.set("result", "24MiB").unwrap();
    let host = host();
    let action = load(&host, "returns_much").await;
    let outcome = run_of(&host, &action).limits(limits).input("20000000").start().await.unwrap();
    assert_eq!(outcome.end, End::Completed);
    assert_eq!(outcome.result.as_ref().unwrap().as_str().len(), 20_000_002);
}

#[tokio::test]
async fn a_typed_action_that_exits_has_no_result() {
    let host = host();
    let action = load(&host, "exits_in_a_typed_action").await;
    let outcome = run_of(&host, &action).start().await.unwrap();
    assert!(matches!(outcome.end, End::Failed { .. }), "{:?}", outcome.end);
    assert_eq!(outcome.status(), 1);
}

/// Documents are no reason to wait for threads: each of these runs needs some for its secrets and files.
#[test]
fn many_runs_with_many_documents_need_few_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let host = host();
        let action = load(&host, "writes_many_documents").await;
        let runs: Vec<_> = (0..30)
            .map(|number| {
                let target = folder.path().join(number.to_string());
                tokio::spawn(run_of(&host, &action).documents(target).start())
            })
            .collect();
        for run in runs {
            assert_eq!(run.await.unwrap().unwrap().documents.len(), 100);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_ends_a_run_whose_reader_does_not_read() {
    struct Blocked(mpsc::Receiver<()>);
    impl Write for Blocked {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            // Until the test is over.
            let _ = self.0.recv();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (_open, blocked) = mpsc::channel();
    let host = host();
    let action = load(&host, "plain").await;
    let run = run_of(&host, &action).stderr(Output::Writer(Box::new(Blocked(blocked))));
    let outcome = run.interrupt(tokio::time::sleep(Duration::from_secs(1))).start().await.unwrap();
    assert_eq!(outcome.end, End::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_caller_goes_away_leaves_nothing_behind() {
    struct Says(mpsc::Sender<()>);
    impl Write for Says {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.send(());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (said, written) = mpsc::channel();
    let host = host();
    let action = load(&host, "writes_a_document_then_sleeps").await;
    let (sink, kept) = MapSink::new(9);
    let run = run_of(&host, &action).document_sink(sink).stdout(Output::Writer(Box::new(Says(said))));
    let started = tokio::spawn(run.start());
    tokio::task::spawn_blocking(move || written.recv().unwrap()).await.unwrap();
    assert!(!kept.lock().unwrap().aborted, "it goes on");
    started.abort();
    let gone = async {
        while !kept.lock().unwrap().aborted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the run ends by itself and cleans up");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cut_short_never_looks_complete() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let peer = tokio::task::spawn_blocking(move || {
        let mut received = Vec::new();
        // A connection that is reset is as good an end as one that is closed.
        let _ = listener.accept().unwrap().0.read_to_end(&mut received);
        received
    });
    let mut limits = Limits::default();
    limits.set("wall", "700ms").unwrap();
    let host = host();
    let action = load(&host, "uploads_without_end").await;
    let run = run_of(&host, &action).args([url.as_str()]).limits(limits).allow(Rule::parse(&url).unwrap());
    let outcome = run.allow_private(HostName::parse("127.0.0.1").unwrap()).start().await.unwrap();
    assert_eq!(outcome.status(), 124);
    host.forget();
    let received = String::from_utf8(peer.await.unwrap()).unwrap();
    assert!(received.contains("a line of many"), "{received}");
    assert!(!received.ends_with("0\r\n\r\n"), "{received}");
}
