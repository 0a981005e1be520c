//! Puts the Python runner into the program, if who builds it gives one: `UM_HOST_RUNNER` names the `runner.wasm` that an
//! um-host of the same sources has installed (`um-host python install --json`), in the directory that is called by its
//! key. Without it the runner is packaged on the user's machine.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use ruzstd::encoding::{CompressionLevel, compress};

const RUNNER: &str = "UM_HOST_RUNNER";

fn main() {
    println!("cargo::rerun-if-env-changed={RUNNER}");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    let embedded = match env::var_os(RUNNER).filter(|path| !path.is_empty()) {
        Some(path) => embed(Path::new(&path), &out),
        None => "None".to_owned(),
    };
    fs::write(out.join("embedded.rs"), embedded).expect("the directory of the build can be written");
}

/// Compresses the runner, and returns the expression that includes it.
fn embed(path: &Path, out: &Path) -> String {
    println!("cargo::rerun-if-changed={}", path.display());
    let key = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    let is_key = key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(
        is_key,
        "{RUNNER} has to name a runner.wasm as um-host installs it: `um-host python install --json` says where"
    );
    let runner =
        File::open(path).unwrap_or_else(|error| panic!("{RUNNER}: `{}` cannot be opened: {error}", path.display()));
    let bytes = runner.metadata().expect("an open file can be asked").len();
    let compressed = out.join("runner.zst");
    compress(
        runner,
        File::create(&compressed).expect("the directory of the build can be written"),
        CompressionLevel::Fastest,
    );
    format!(
        "Some(Embedded {{ key: {key:?}, bytes: {bytes}, compressed: include_bytes!({:?}) }})",
        compressed.display().to_string()
    )
}
