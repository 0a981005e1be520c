//! The cache of compiled actions: what it saves, and what it must notice.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use um_runtime::{CacheError, Host, HostError};

use crate::runs::text;
use crate::support::guests::guest;
use crate::support::run::run_of;

/// An action's file and a cache of its own, in a fresh directory.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        fs::copy(guest("exits_42"), bench.action()).unwrap();
        bench
    }

    fn action(&self) -> PathBuf {
        self.folder.path().join("action.wasm")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Runs the action in a host of its own and tells how many actions that host compiled, and the run's status.
    async fn run(&self, action: &Path) -> (u64, u8) {
        let host = Host::builder().cache_dir(self.cache()).build().unwrap();
        let action = host.load(action).await.unwrap();
        let outcome = run_of(&host, &action).start().await.unwrap();
        (host.compilations(), outcome.status())
    }

    /// Loads the action in a host of its own and tells how many files that host compiled, and how many it hashed.
    async fn start(&self, action: &Path) -> (u64, u64) {
        let host = Host::builder().cache_dir(self.cache()).build().unwrap();
        host.load(action).await.unwrap();
        (host.compilations(), host.hashed())
    }

    /// Starts until one hashes nothing, which may not be before the clock has gone on by two seconds since a file was
    /// changed: only then is it known that it was not changed once more.
    async fn settle(&self, action: &Path) {
        let patience = Instant::now() + Duration::from_secs(60);
        while self.start(action).await != (0, 0) {
            assert!(Instant::now() < patience, "every start hashes anew: {:?}", self.start(action).await);
        }
    }

    /// Puts copies in the place of a file, or of all compiled files in a directory.
    fn restore(&self, place: &Path) {
        let paths = if place.is_dir() { self.files("cwasm") } else { vec![place.to_owned()] };
        for path in paths {
            let (mode, copy) = (fs::metadata(&path).unwrap().permissions(), path.with_extension("copy"));
            fs::copy(&path, &copy).unwrap();
            fs::set_permissions(&copy, mode).unwrap();
            fs::rename(&copy, &path).unwrap();
        }
    }

    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.cache()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|found| found == ending)).collect()
    }

    /// Changes a file of the cache as its owner could.
    fn tamper(&self, ending: &str, change: impl Fn(&mut Vec<u8>)) {
        for path in self.files(ending) {
            let mut bytes = fs::read(&path).unwrap();
            change(&mut bytes);
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        }
    }
}

#[tokio::test]
async fn the_second_run_compiles_nothing() {
    let bench = Bench::new();
    assert_eq!(bench.run(&bench.action()).await, (1, 42));
    assert_eq!(bench.run(&bench.action()).await, (0, 42));
}

#[tokio::test]
async fn the_same_action_elsewhere_compiles_nothing() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    let copy = bench.folder.path().join("copy.wasm");
    fs::copy(bench.action(), &copy).unwrap();
    assert_eq!(bench.run(&copy).await, (0, 42));

    let host = Host::builder().cache_dir(bench.cache()).build().unwrap();
    host.load_bytes(fs::read(&copy).unwrap()).await.unwrap();
    assert_eq!(host.compilations(), 0);
}

#[tokio::test]
async fn an_edited_source_is_compiled_again() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    fs::copy(guest("exits_1"), bench.action()).unwrap();
    assert_eq!(bench.run(&bench.action()).await, (1, 1));
    assert_eq!(bench.run(&bench.action()).await, (0, 1));
}

#[tokio::test]
async fn an_edit_of_the_same_size_and_time_is_noticed() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    let old = fs::metadata(bench.action()).unwrap();
    let mut bytes = fs::read(bench.action()).unwrap();
    // The name of the crate in a custom section: another action by one letter.
    let at = bytes.windows(6).position(|window| window == b"before").unwrap();
    bytes[at..at + 6].copy_from_slice(b"BEFORE");
    fs::write(bench.action(), &bytes).unwrap();
    let file = File::options().write(true).open(bench.action()).unwrap();
    file.set_times(FileTimes::new().set_modified(old.modified().unwrap())).unwrap();
    assert_eq!(fs::metadata(bench.action()).unwrap().len(), old.len());

    let host = Host::builder().cache_dir(bench.cache()).build().unwrap();
    let action = host.load(bench.action()).await.unwrap();
    let outcome = run_of(&host, &action).start().await.unwrap();
    assert_eq!((host.compilations(), text(&outcome.stdout)), (1, "BEFORE"));
}

#[tokio::test]
async fn a_changed_artifact_is_never_run() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    bench.tamper("cwasm", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    assert_eq!(bench.run(&bench.action()).await, (1, 42));
    assert_eq!(bench.run(&bench.action()).await, (0, 42));
}

#[tokio::test]
async fn an_artifact_that_was_only_touched_is_still_good() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    bench.tamper("cwasm", |_| ());
    assert_eq!(bench.run(&bench.action()).await, (0, 42));
}

#[tokio::test]
async fn an_artifact_whose_times_changed_is_hashed_once_and_not_by_every_later_start() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    bench.settle(&bench.action()).await;
    // Touched, and copied as a backup tool does it, by way of another file.
    for way in ["touched", "copied"] {
        match way {
            "touched" => bench.tamper("cwasm", |_| ()),
            _ => bench.restore(&bench.cache()),
        }
        assert_eq!(bench.start(&bench.action()).await, (0, 1), "{way}: the hash decides");
        assert_eq!(bench.start(&bench.action()).await, (0, 0), "{way}: and is known from then on");
    }
    // The content finds it too, and was told.
    let host = Host::builder().cache_dir(bench.cache()).build().unwrap();
    host.load_bytes(fs::read(bench.action()).unwrap()).await.unwrap();
    assert_eq!((host.compilations(), host.hashed()), (0, 2), "the bytes, and once more the artifact");
    let host = Host::builder().cache_dir(bench.cache()).build().unwrap();
    host.load_bytes(fs::read(bench.action()).unwrap()).await.unwrap();
    assert_eq!((host.compilations(), host.hashed()), (0, 1), "the bytes alone");
}

#[tokio::test]
async fn a_source_whose_times_changed_is_hashed_until_it_has_settled() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    bench.settle(&bench.action()).await;
    for way in ["touched", "copied"] {
        match way {
            "touched" => {
                File::options().write(true).open(bench.action()).unwrap().set_modified(SystemTime::now()).unwrap()
            }
            _ => bench.restore(&bench.action()),
        }
        assert_eq!(bench.start(&bench.action()).await, (0, 1), "{way}");
        bench.settle(&bench.action()).await;
    }
}

#[tokio::test]
async fn a_file_with_a_second_name_is_made_anew_and_its_other_name_is_left_alone() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    bench.settle(&bench.action()).await;
    let aside = bench.folder.path().join("aside");
    fs::create_dir(&aside).unwrap();
    for path in bench.files("cwasm") {
        fs::hard_link(&path, aside.join(path.file_name().unwrap())).unwrap();
    }
    assert_eq!(bench.run(&bench.action()).await, (1, 42));
    assert_eq!(bench.run(&bench.action()).await, (0, 42));
    assert_eq!(fs::read_dir(&aside).unwrap().count(), 1);
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_still_serves() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    bench.settle(&bench.action()).await;
    bench.tamper("cwasm", |_| ());
    fs::set_permissions(bench.cache(), Permissions::from_mode(0o500)).unwrap();
    assert_eq!(bench.run(&bench.action()).await, (0, 42));
    fs::set_permissions(bench.cache(), Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test]
async fn a_row_that_is_damaged_or_of_another_action_is_ignored() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    bench.tamper("row", |bytes| *bytes.last_mut().unwrap() ^= 1);
    assert_eq!(bench.run(&bench.action()).await, (1, 42));

    // A row of another action, under this one's name.
    let other = bench.folder.path().join("other.wasm");
    fs::copy(guest("exits_1"), &other).unwrap();
    let before = bench.files("row");
    bench.run(&other).await;
    let foreign = bench.files("row").into_iter().find(|row| !before.contains(row)).unwrap();
    for row in before {
        fs::remove_file(&row).unwrap();
        fs::copy(&foreign, &row).unwrap();
    }
    assert_eq!(bench.run(&bench.action()).await, (1, 42));
}

#[tokio::test]
async fn a_link_in_the_cache_is_not_followed() {
    let bench = Bench::new();
    bench.run(&bench.action()).await;
    for artifact in bench.files("cwasm") {
        let aside = bench.folder.path().join("aside");
        fs::rename(&artifact, &aside).unwrap();
        symlink(&aside, &artifact).unwrap();
    }
    assert_eq!(bench.run(&bench.action()).await, (1, 42));
}

#[test]
fn a_cache_that_others_can_write_is_refused() {
    let bench = Bench::new();
    fs::create_dir(bench.cache()).unwrap();
    fs::set_permissions(bench.cache(), Permissions::from_mode(0o755)).unwrap();
    let refusal = Host::builder().cache_dir(bench.cache()).build().err().unwrap();
    assert!(matches!(refusal, HostError::Cache(CacheError::Mode { mode: 0o755, .. })), "{refusal}");
    assert!(refusal.to_string().contains("open to others"), "{refusal}");
}

#[test]
fn what_the_cache_makes_is_closed_to_others() {
    let bench = Bench::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(bench.run(&bench.action()));
    assert_eq!(fs::metadata(bench.cache()).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(bench.cache()).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o400);
    }
}
