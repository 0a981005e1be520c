//! Builds the guests and the example actions, once per test process, in one call of cargo.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The component of a test guest or an example action.
pub fn guest(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(build);
    let places = [built.join(name), built.join("examples").join(name)];
    let found = places.into_iter().map(|place| place.with_extension("wasm")).find(|place| place.exists());
    found.unwrap_or_else(|| panic!("there is no guest `{name}` in {}", built.display()))
}

fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = root.join("target/guests");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet", "--target", "wasm32-wasip2", "--profile", "guest", "--bins", "--examples"])
        .args(["-p", "guests", "-p", "hello", "-p", "contacts", "--lib"])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root)
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "the guests do not build:\n{}", String::from_utf8_lossy(&output.stderr));
    target.join("wasm32-wasip2/guest")
}
