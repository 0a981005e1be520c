//! Packages of others beside scripts, in the versions and with the hashes of `tests/scripts/packages.txt`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use super::scripts;
use crate::support::authority::Authority;
use crate::support::bound::Bounded;

/// The scripts of `clients` and `jobs` with what they import beside them, made once per test process.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let files = ["clients", "jobs"].iter().flat_map(|each| fs::read_dir(scripts().join(each)).unwrap());
        // Beside them may be what tools keep.
        for file in files.map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
        }
        fs::write(folder.path().join("own.pem"), Authority::new("own").pem()).unwrap();
        let wheels = ["--only-binary=:all:", "--implementation=py", "--abi=none", "--platform=any"];
        let options = ["--quiet", "--python-version=3.14", "--no-deps", "--no-compile", "--require-hashes"];
        let install = Command::new("python3")
            .args(["-m", "pip", "install"])
            .args(options)
            .args(wheels)
            .args([Path::new("--target"), folder.path(), Path::new("-r"), &scripts().join("packages.txt")])
            .finish()
            .unwrap();
        assert!(install.status.success(), "{}", String::from_utf8_lossy(&install.stderr));
        folder
    });
    made.path()
}
