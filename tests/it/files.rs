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
use um_runtime::{End, Limits};

use crate::runs::{host, load, text};
use crate::support::guests::guest;
use crate::support::run::run_of;

/// Far longer than anything here takes: whoever waits so long waits in vain.
const PATIENCE: Duration = Duration::from_secs(60);
/// Threads of the shared pool in the test that is about them.
const THREADS: usize = 4;
const RUNS: usize = 40;
/// As a guest is told that there is no room; the number is that of its C library.
const FULL: &str = "No space left on device (os error 51)";
/// What that makes of it where a file is being written, as of whatever else a stream says.
const FAILED: &str = "I/O error (os error 29)";

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

#[tokio::test]
async fn a_run_has_files_of_its_own_and_nothing_of_them_stays() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "abcdef").unwrap();
    let host = host();
    let action = load(&host, "tries_its_own_files").await;
    for _ in 0..2 {
        let outcome = run_of(&host, &action).dir(folder.path(), "/data").start().await.unwrap();
        assert_eq!(outcome.end, End::Completed, "{}{}", text(&outcome.stdout), text(&outcome.stderr));
        assert_eq!(text(&outcome.stdout), include_str!("golden/tries_its_own_files.txt"));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_a_run_keeps_is_bounded_and_a_full_tmp_ends_nothing() {
    let filled = async |way: &[&str], limits: &[(&str, &str)]| {
        let host = host();
        let action = load(&host, "fills_its_own_files").await;
        let outcome = run_of(&host, &action).limits(limited(limits)).args(way.iter().copied()).start().await.unwrap();
        assert_eq!(outcome.end, End::Completed, "{}{}", text(&outcome.stdout), text(&outcome.stderr));
        (text(&outcome.stdout).to_owned(), outcome.usage.host_memory)
    };
    let told = |bytes: u64| {
        format!(
            "{bytes} bytes, then {FAILED}\n\
             open and without a name: Err(\"{FULL}\")\n\
             closed: Ok(())\n"
        )
    };
    let (told_of, used) = filled(&["bytes"], &[]).await;
    assert_eq!(told_of, told(64 << 20));
    assert!((64 << 20..66 << 20).contains(&used), "{used}");
    assert_eq!(filled(&["bytes"], &[("tmp-bytes", "3MiB")]).await.0, told(3 << 20));
    // All of it is memory of the host's.
    let (told_of, used) = filled(&["bytes"], &[("host-memory", "2MiB")]).await;
    assert!(
        told_of.contains(&format!(" bytes, then {FAILED}\n")) && told_of.ends_with("closed: Ok(())\n"),
        "{told_of}"
    );
    assert!((1 << 20..=2 << 20).contains(&used), "{used}");
    let files = format!(
        "10000 files, then {FULL}\n\
         a directory: Err(\"{FULL}\")\n\
         in its place: Ok(())\n\
         10000 are listed\n"
    );
    assert_eq!(filled(&["files"], &[]).await.0, files);
}

#[tokio::test]
async fn no_directory_stands_where_a_run_has_its_own_files() {
    let folder = tempfile::tempdir().unwrap();
    let host = host();
    let action = load(&host, "lists_a_directory").await;
    let taken = "an action finds its temporary files at /tmp; give this one another name";
    let names = ["/tmp", "tmp", "/tmp/in", "./tmp/"].map(|name| (name, taken));
    for (name, why) in names.into_iter().chain([("/in/../tmp", "write where it is to be")]) {
        let error = run_of(&host, &action).dir(folder.path(), name).start().await.err().unwrap().to_string();
        assert!(error.ends_with(why), "{error}");
    }
    let run = run_of(&host, &action).dir(folder.path(), "/tmp2").args(["/tmp"]);
    assert_eq!(run.start().await.unwrap().end, End::Completed);
}

fn limited(limits: &[(&str, &str)]) -> Limits {
    let mut all = Limits::default();
    for (name, value) in limits {
        all.set(name, value).unwrap();
    }
    all
}
