//! The files that a run is shown: what can be opened, what cannot, and that nobody waits for it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tokio::task::JoinSet;
use um_base::detached;
use um_runtime::End;

use crate::runs::{host, load, text};
use crate::support::guests::guest;
use crate::support::run::run_of;

/// Far longer than anything here takes: whoever waits so long waits in vain.
const PATIENCE: Duration = Duration::from_secs(60);
/// Threads of the shared pool in the test that is about them.
const THREADS: usize = 4;
const RUNS: usize = 40;

pub fn make_pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// A pipe in a directory of an action was opened as a file is: that waits for a writer, on a thread of the pool that all
/// runs share. Its run ended at its limit, the thread never did, and after 512 of them no run of any workspace could
/// open a file.
#[test]
fn runs_that_open_pipes_take_no_threads_from_others() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(THREADS)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.csv"), "1,2\n").unwrap();
        make_pipe(&folder.path().join("pipe"));
        let host = host();
        let hostile = load(&host, "opens_what_it_is_told").await;
        let honest = load(&host, "reads_a_directory").await;
        let mut runs = JoinSet::new();
        for _ in 0..RUNS {
            runs.spawn(run_of(&host, &hostile).dir(folder.path(), "/data").args(["/data/pipe"]).start());
        }
        let beside = run_of(&host, &honest).dir(folder.path(), "/data").args(["/data"]).start();
        let beside = tokio::time::timeout(PATIENCE, beside).await.expect("it does not wait").unwrap();
        assert!(text(&beside.stdout).contains("a.csv: 1,2"), "{}", text(&beside.stdout));
        assert!(text(&beside.stdout).contains("pipe: cannot read"), "{}", text(&beside.stdout));
        while let Some(run) = tokio::time::timeout(PATIENCE, runs.join_next()).await.expect("they all end") {
            let outcome = run.unwrap().unwrap();
            assert_eq!(outcome.end, End::Completed);
            assert_eq!(text(&outcome.stdout), "/data/pipe is something else: unsupported\n");
        }
        // Each thread of the pool is free: they meet.
        let gate = Arc::new(Barrier::new(THREADS));
        let mut meeting = JoinSet::new();
        for _ in 0..THREADS {
            let gate = Arc::clone(&gate);
            meeting.spawn(detached(move || _ = gate.wait()));
        }
        tokio::time::timeout(PATIENCE, meeting.join_all()).await.expect("no thread is kept");
    });
    // Whoever would still wait for a writer must not keep the test.
    runtime.shutdown_background();
}

#[tokio::test]
async fn what_is_no_file_and_no_directory_is_told_and_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    make_pipe(&path("pipe"));
    let _socket = UnixListener::bind(path("socket")).unwrap();
    fs::write(path("file"), "").unwrap();
    symlink("pipe", path("link")).unwrap();
    let host = host();
    let action = load(&host, "opens_what_it_is_told").await;
    let told = ["/data/pipe", "/data/socket", "/data/link", "/data/file", "/data", "/dev/null", "/dev/zero"];
    let run = run_of(&host, &action).dir(folder.path(), "/data").dir("/dev", "/dev").args(told).start();
    let outcome = tokio::time::timeout(PATIENCE, run).await.expect("nothing is waited for").unwrap();
    let expected = "/data/pipe is something else: unsupported\n\
                    /data/socket is something else: unsupported\n\
                    /data/link is a link: unsupported\n\
                    /data/file is a file: opened\n\
                    /data is a directory: opened\n\
                    /dev/null is something else: unsupported\n\
                    /dev/zero is something else: unsupported\n";
    assert_eq!(text(&outcome.stdout), expected);
}

/// A name that was no UTF-8 failed the whole listing.
#[tokio::test]
async fn a_name_that_is_no_text_is_left_out_and_the_others_are_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "").unwrap();
    fs::create_dir(folder.path().join("b")).unwrap();
    for bytes in [&b"\xff.txt"[..], b"half\xc3", b"\xed\xa0\x80"] {
        fs::write(folder.path().join(OsStr::from_bytes(bytes)), "").unwrap();
    }
    assert_eq!(listed(folder.path()).await, ["a.txt", "b/"]);
}

#[tokio::test]
async fn a_directory_is_listed_whole_however_large_it_is() {
    let folder = tempfile::tempdir().unwrap();
    assert!(listed(folder.path()).await.is_empty());
    let mut names: Vec<String> = (0..1_700).map(|number| format!("{number:0>200}")).collect();
    for name in &names {
        fs::write(folder.path().join(name), "").unwrap();
    }
    names.sort();
    assert_eq!(listed(folder.path()).await, names);
}

async fn listed(directory: &Path) -> Vec<String> {
    let host = host();
    let action = host.load(guest("lists_a_directory")).await.unwrap();
    let outcome = run_of(&host, &action).dir(directory, "/data").args(["/data"]).start().await.unwrap();
    assert_eq!(outcome.end, End::Completed, "{}", text(&outcome.stderr));
    text(&outcome.stdout).lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn no_call_gives_a_guest_anything_by_which_a_directory_could_be_changed_or_left() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::write(home.path().join("outside"), "not yours").unwrap();
    fs::write(folder.join("a.txt"), "abcdef").unwrap();
    fs::write(folder.join("large"), vec![b'x'; 300_000]).unwrap();
    symlink("a.txt", folder.join("link")).unwrap();
    symlink("../outside", folder.join("out")).unwrap();
    symlink(home.path().join("outside"), folder.join("absolute")).unwrap();
    let host = host();
    let action = load(&host, "tries_to_write").await;
    let outcome = run_of(&host, &action).dir(&folder, "/data").start().await.unwrap();
    assert_eq!(outcome.end, End::Completed, "{}{}", text(&outcome.stdout), text(&outcome.stderr));
    assert_eq!(text(&outcome.stdout), include_str!("golden/tries_to_write.txt"));
    assert_eq!(fs::read_to_string(folder.join("a.txt")).unwrap(), "abcdef");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 6);
}

#[tokio::test]
async fn a_directory_that_is_none_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    make_pipe(&folder.path().join("pipe"));
    let host = host();
    let action = load(&host, "lists_a_directory").await;
    for path in [folder.path().join("pipe"), "/dev/null".into(), folder.path().join("absent")] {
        let run = run_of(&host, &action).dir(&path, "/data").start();
        let refused = tokio::time::timeout(PATIENCE, run).await.expect("nobody is waited for").err();
        assert!(refused.is_some_and(|error| error.to_string().contains("director")), "{}", path.display());
    }
}
