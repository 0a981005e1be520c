//! Builds the guests and the example actions, each kind once per test process, in one call of cargo.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The component of a test guest or an example action.
pub fn guest(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let packages =
        ["-p", "guests", "-p", "hello", "-p", "heartbeat", "-p", "contacts", "--lib", "--bins", "--examples"];
    let built = BUILT.get_or_init(|| build("wasm32-wasip2", &packages));
    let places = [built.join(name), built.join("examples").join(name)];
    let found = places.into_iter().map(|place| place.with_extension("wasm")).find(|place| place.exists());
    found.unwrap_or_else(|| panic!("there is no guest `{name}` in {}", built.display()))
}

/// The core module that a test guest is for toolchains of WASI 0.1.
pub fn core_module(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let programs = ["-p", "guests", "--bin", "plain", "--bin", "prints_a_secret"];
    let built = BUILT.get_or_init(|| build("wasm32-wasip1", &programs));
    let module = built.join(name).with_extension("wasm");
    assert!(module.exists(), "`{name}` is not built as a core module");
    module
}

fn build(target: &str, what: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet", "--target", target, "--profile", "guest"])
        .args(["--target-dir", "target/guests"])
        .args(what)
        .current_dir(root)
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "the guests do not build:\n{}", String::from_utf8_lossy(&output.stderr));
    root.join("target/guests").join(target).join("guest")
}
