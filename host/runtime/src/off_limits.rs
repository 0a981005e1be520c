//! Places that no run may be given: the store, its key, the cache of compiled actions.
//!
//! A directory is known by its device and inode, so that no link or spelling of it leads around this. What is linked or
//! mounted below a directory that is given is the doing of whoever has made it so.

use std::os::unix::fs::MetadataExt;
use std::path::{self, Path, PathBuf};
use std::{fs, iter};

use um_base::coded;

/// Places that no run may see, and what each of them is.
#[derive(Clone, Debug, Default)]
pub struct OffLimits(Vec<Location>);

#[derive(Clone, Debug)]
struct Location {
    what: &'static str,
    path: PathBuf,
}

/// A directory that holds, is or lies in such a place.
#[derive(Debug, thiserror::Error)]
#[error("the directory `{}` cannot be used by an action: {what} is `{}`", path.display(), location.display())]
pub struct OffLimitsError {
    path: PathBuf,
    what: &'static str,
    location: PathBuf,
}

coded! { OffLimitsError:
    Self { .. } => Denied "directory-off-limits",
}

impl OffLimits {
    /// None at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a place, `what` as in "the key of the store"; it need not be there yet.
    pub fn add(mut self, what: &'static str, path: &Path) -> Self {
        self.0.push(Location { what, path: settled(path) });
        self
    }

    /// Refuses a directory, there or not, that holds, is or lies in one of the places.
    ///
    /// # Errors
    /// [`OffLimitsError`], which names both.
    pub fn check(&self, directory: &Path) -> Result<(), OffLimitsError> {
        let path = settled(directory);
        match self.0.iter().find(|location| overlap(&path, &location.path)) {
            Some(Location { what, path: location }) => Err(OffLimitsError { path, what, location: location.clone() }),
            None => Ok(()),
        }
    }
}

/// The path with every link followed, as far as it exists.
fn settled(path: &Path) -> PathBuf {
    let path = path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = path.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    match existing {
        // Joined with nothing, a path ends in a slash, and then names no file.
        Some((above, real)) => match path.strip_prefix(above) {
            Ok(rest) if rest != Path::new("") => real.join(rest),
            _ => real,
        },
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
        fs::write(path("key"), "").unwrap();
        fs::hard_link(path("key"), path("hard")).unwrap();
        symlink(path("a"), path("link")).unwrap();
        let overlap = |one: &str, other: &str| OffLimits::new().add("it", &path(other)).check(&path(one)).is_err();
        for (one, other) in [
            ("a", "a"),
            ("a", "a/store"),
            ("a/store", "a"),
            ("link", "a/store"),
            ("hard", "key"),
            ("a", "link/store"),
            ("a", "link/absent"),
        ] {
            assert!(overlap(one, other), "{one} {other}");
        }
        assert!(!overlap("b", "a") && !overlap("b", "absent") && !overlap("a/store", "a/store2"));
    }
}
