//! Python actions in tests: what runs them is made once, in the cache that all tests share.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

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

/// Makes what runs Python, once per test process at most.
pub fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // A thread of its own: tests may be inside a runtime already.
        let installing = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let host = Host::builder().cache_dir(cache()).build().unwrap();
            runtime.block_on(host.install_python()).unwrap_or_else(|error| panic!("{error}"));
        });
        installing.join().unwrap();
    });
}

/// `um-host run SCRIPT`.
pub fn run<'a>(home: &'a Home, script: &Path) -> Transcript<'a> {
    install();
    home.um_host(["run"]).arg(script).env("XDG_CACHE_HOME", xdg_cache())
}
