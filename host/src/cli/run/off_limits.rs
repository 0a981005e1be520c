//! What no action may be given a directory of: the store, its key and the cache of compiled actions.
//!
//! A directory is known by its device and inode, so that no link, mount or spelling leads around this.

use std::os::unix::fs::MetadataExt;
use std::path::{self, Path, PathBuf};
use std::{fs, iter};

use um_host::store::KeySource;

use crate::cli::failure::Failure;
use crate::cli::place::{Place, key_directory};

/// A place of um-host's own.
struct Own {
    what: &'static str,
    path: PathBuf,
}

/// Refuses the first of the directories that holds, is or lies in a place of um-host's own.
pub fn check<'a>(directories: impl Iterator<Item = &'a PathBuf>, place: &Place) -> Result<(), Failure> {
    let own = own_places(place);
    for directory in directories {
        // It may not be there yet: the cache is made before it would be opened.
        let directory = settled(directory);
        if let Some(own) = own.iter().find(|own| overlap(&directory, &own.path)) {
            return Err(Failure::usage(format!(
                "the directory `{}` cannot be given to an action: {} is `{}`",
                directory.display(),
                own.what,
                own.path.display()
            ))
            .hint("give it a directory with what it needs and no more"));
        }
    }
    Ok(())
}

fn own_places(place: &Place) -> Vec<Own> {
    let own = |what, path: Option<PathBuf>| path.map(|path| Own { what, path: settled(&path) });
    let key = match place.key() {
        Some(KeySource::File(path)) => Some(path),
        _ => None,
    };
    let key = own("the key of the store", key);
    let keys = own("the directory of keys", key_directory());
    let data = own("the directory of the store", place.data().ok());
    let cache = own("the cache of compiled actions", place.cache());
    [key, keys, data, cache].into_iter().flatten().collect()
}

/// The path with every link followed, as far as it exists.
fn settled(path: &Path) -> PathBuf {
    let path = path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = path.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    match existing {
        Some((above, real)) => path.strip_prefix(above).map_or_else(|_| real.clone(), |rest| real.join(rest)),
        None => path,
    }
}

fn overlap(one: &Path, other: &Path) -> bool {
    within(one, other) || within(other, one)
}

/// Whether `inner` is `outer` or lies below it.
fn within(inner: &Path, outer: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    let Some(outer_identity) = identity(outer) else { return inner.starts_with(outer) };
    iter::successors(Some(inner), |path| path.parent()).any(|path| identity(path) == Some(outer_identity))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn one_directory_lies_within_another_by_any_name() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir_all(path("a/store")).unwrap();
        fs::create_dir(path("b")).unwrap();
        symlink(path("a"), path("link")).unwrap();
        let overlap = |one: &str, other: &str| overlap(&fs::canonicalize(path(one)).unwrap(), &settled(&path(other)));
        for (one, other) in [
            ("a", "a"),
            ("a", "a/store"),
            ("a/store", "a"),
            ("link", "a/store"),
            ("a", "link/store"),
            ("a", "link/absent"),
        ] {
            assert!(overlap(one, other), "{one} {other}");
        }
        assert!(!overlap("b", "a") && !overlap("b", "absent") && !overlap("a/store", "a/store2"));
    }
}
