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

/// Programs that are built for WASI 0.1, too: all but the second are so plain that they run without any of ours.
const CORE_MODULES: [&str; 13] = [
    "plain",
    "prints_a_secret",
    "asks_wasi_0_1",
    "copies_stdin_to_stdout",
    "eats_memory",
    "exits_as_told",
    "floods_stderr",
    "floods_stdout",
    "lists_a_directory",
    "loops_for_ever",
    "prints_args_and_env",
    "reads_a_directory",
    "sleeps_for_ever",
];

/// The core module that a test guest is for toolchains of WASI 0.1.
pub fn core_module(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let programs: Vec<&str> = CORE_MODULES.into_iter().flat_map(|name| ["--bin", name]).collect();
    let built = BUILT.get_or_init(|| build("wasm32-wasip1", &[&["-p", "guests"], &programs[..]].concat()));
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
