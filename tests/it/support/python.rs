//! Python actions in tests: what runs them is made once, in the cache that all tests share.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use um_host::Host;

use super::command::{Home, Transcript};

/// Compiled guests and the Python runner, kept between runs of the tests.
pub fn cache() -> PathBuf {
    xdg_cache().join("um-host")
}

/// What XDG_CACHE_HOME must be for the program to use that cache.
pub fn xdg_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// Makes the Python runner, once per test process at most, and tells where it is.
pub fn install() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // A thread of its own: tests may be inside a runtime already.
        let installing = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let host = Host::builder().cache_dir(cache()).build().unwrap();
            runtime.block_on(host.install_python()).unwrap_or_else(|error| panic!("{error}"))
        });
        installing.join().unwrap()
    })
}

/// Puts the same runner into another cache, for which it is only compiled anew. `xdg_cache` is its parent.
pub fn install_in(xdg_cache: &Path) {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let runner = install().strip_prefix(cache()).unwrap().to_owned();
    let copy = xdg_cache.join("um-host").join(&runner);
    if !copy.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(copy.parent().unwrap()).unwrap();
        // Whole or not at all, as the program does.
        let beside = copy.with_extension("part");
        fs::copy(cache().join(runner), &beside).unwrap();
        fs::rename(beside, copy).unwrap();
    }
}

/// `um-host run SCRIPT`.
pub fn run<'a>(home: &'a Home, script: &Path) -> Transcript<'a> {
    install();
    home.um_host(["run"]).arg(script).env("XDG_CACHE_HOME", xdg_cache())
}
