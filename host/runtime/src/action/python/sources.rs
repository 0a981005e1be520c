//! What the runner is made of: the SDK, the runner's own modules and the WIT of both, as parts of this program.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use include_dir::{Dir, File, include_dir};
use sha2::{Digest, Sha256};

/// Raised when the same sources and packages are put together in another way.
const RECIPE: u32 = 1;

/// The packages, pinned by hash.
pub(super) const REQUIREMENTS: &str = include_str!("requirements.txt");

static SDK: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/python/um_action");
static RUNNER: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/python/um_runner");
static RUNNER_WIT: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/python/wit");
static ACTION_WIT: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../wit");

/// A file of the recipe.
struct Source {
    /// Where it is written, relative to the directory in which the runner is packaged.
    path: PathBuf,
    content: &'static [u8],
}

impl Source {
    /// Only what belongs to the recipe: no bytecode that Python left, and nothing that an editor did.
    fn of(file: &'static File<'static>, to: &Path) -> Option<Self> {
        let belongs = file.path().extension().is_some_and(|ending| ending == "py" || ending == "wit")
            || file.path().ends_with("py.typed");
        belongs.then(|| Self { path: to.join(file.path()), content: file.contents() })
    }
}

/// Names the installation of this version: 16 hexadecimal digits.
pub(super) fn key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let mut hasher = Sha256::new();
        hasher.update(RECIPE.to_le_bytes());
        let requirements = Source { path: "requirements.txt".into(), content: REQUIREMENTS.as_bytes() };
        for Source { path, content } in files().into_iter().chain([requirements]) {
            let path = path.as_os_str().as_encoded_bytes();
            // With the lengths, no two lists of files feed the same bytes.
            for part in [path, content] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    })
}

/// Writes `app/`, with the packages of Python, and `wit/`.
pub(super) fn write_into(directory: &Path) -> io::Result<()> {
    for Source { path, content } in files() {
        let path = directory.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, content)?;
    }
    Ok(())
}

/// All of them, always in the same order.
fn files() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&SDK, Path::new("app/um_action"), &mut files);
    collect(&RUNNER, Path::new("app/um_runner"), &mut files);
    collect(&RUNNER_WIT, Path::new("wit"), &mut files);
    // In a directory of its own, as a package beside those that it names.
    files.extend(ACTION_WIT.files().filter_map(|file| Source::of(file, Path::new("wit/deps/action"))));
    ACTION_WIT.dirs().for_each(|deps| collect(deps, Path::new("wit"), &mut files));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn collect(directory: &'static Dir<'static>, to: &Path, files: &mut Vec<Source>) {
    files.extend(directory.files().filter_map(|file| Source::of(file, to)));
    directory.dirs().for_each(|within| collect(within, to, files));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_source_of_the_tree_is_part_of_the_program() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut there = BTreeSet::new();
        for (folder, to) in [("um_action", "app/um_action"), ("um_runner", "app/um_runner"), ("wit", "wit")] {
            walk(&top.join("guest-sdk/python").join(folder), Path::new(to), &mut there);
        }
        walk(&top.join("wit/deps"), Path::new("wit/deps"), &mut there);
        there.insert(("wit/deps/action/action.wit".into(), fs::read(top.join("wit/action.wit")).unwrap()));
        let embedded: BTreeSet<_> = files().into_iter().map(|file| (file.path, file.content.to_vec())).collect();
        let differing: Vec<_> = there.symmetric_difference(&embedded).map(|(path, _)| path).collect();
        assert!(differing.is_empty(), "`touch` this file: the program was built before these changed: {differing:?}");
    }

    #[test]
    fn nothing_but_sources_is_part_of_the_recipe() {
        for Source { path, .. } in files() {
            let ending = path.extension().unwrap();
            assert!(ending == "py" || ending == "wit" || ending == "typed", "{}", path.display());
        }
    }

    #[test]
    fn the_files_stand_where_componentize_py_looks_for_them() {
        let folder = tempfile::tempdir().unwrap();
        write_into(folder.path()).unwrap();
        for path in ["app/um_action/__init__.py", "app/um_action/py.typed", "app/um_runner/entry.py", "wit/runner.wit"]
        {
            assert!(folder.path().join(path).is_file(), "{path}");
        }
        let action = fs::read_to_string(folder.path().join("wit/deps/action/action.wit")).unwrap();
        assert!(action.contains("package um:action@"));
        assert!(folder.path().join("wit/deps/http.wit").is_file());
    }

    #[test]
    fn the_key_is_sixteen_digits_and_stays_the_same() {
        assert!(key().len() == 16 && key().bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", key());
        assert_eq!(key(), key());
    }

    #[test]
    fn every_package_is_pinned_by_hash() {
        let lines = REQUIREMENTS.replace("\\\n", " ");
        let packages: Vec<_> = lines.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(packages.len(), 2);
        assert!(packages.iter().all(|line| line.contains("==") && line.contains("--hash=sha256:")), "{packages:?}");
    }

    /// The sources below a folder, found without the program.
    fn walk(folder: &Path, to: &Path, found: &mut BTreeSet<(PathBuf, Vec<u8>)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                walk(&path, &to.join(name), found);
            } else if name.ends_with(".py") || name.ends_with(".wit") || name == "py.typed" {
                found.insert((to.join(name), fs::read(&path).unwrap()));
            }
        }
    }
}
