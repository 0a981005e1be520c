//! The keyring on disk: read whole, replaced in one step, and the old one wiped.
//!
//! Replacing keeps a second name of the old file, so that its bytes can be overwritten once the new file has its place
//! for good: a key that is no longer in the keyring is then nowhere.

use std::io::{self, Read};
use std::path::Path;

use um_base::step;
use um_envelope::{Header, KEYRING_HEADER, MAX_KEYRING};

use super::files::Disk;
use super::names::{DATABASE, KEYRING, KEYRING_DRAFT, KEYRING_OLD};
use super::opening::{Identity, Unopened, is_shared, open_to_read, open_to_write};
use crate::error::StoreError;

/// The names of the steps of one replacement.
pub(crate) struct Steps {
    written: &'static str,
    linked: &'static str,
    renamed: &'static str,
    wiped: &'static str,
    unlinked: &'static str,
}

/// The change becomes possible.
pub(crate) const PENDING: Steps = Steps {
    written: "pending-written",
    linked: "pending-linked",
    renamed: "pending-renamed",
    wiped: "pending-wiped",
    unlinked: "pending-unlinked",
};

/// The side that does not count goes.
pub(crate) const FINAL: Steps = Steps {
    written: "final-written",
    linked: "final-linked",
    renamed: "final-renamed",
    wiped: "final-wiped",
    unlinked: "final-unlinked",
};

/// Reads the keyring, at most 1 MiB.
pub(crate) fn load(data: &Path) -> Result<Vec<u8>, StoreError> {
    let path = data.join(KEYRING);
    let file = open_to_read(&path).map_err(|error| opening(data, error))?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_KEYRING as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| StoreError::io("read", &path, error))?;
    Ok(bytes)
}

/// Reads the first bytes of the keyring; `None` if they are none, as those of a file that is being wiped.
pub(crate) fn load_header(data: &Path) -> io::Result<Option<[u8; KEYRING_HEADER]>> {
    let mut header = [0; KEYRING_HEADER];
    match open_to_read(&data.join(KEYRING)).map_err(io::Error::from)?.read_exact(&mut header) {
        Ok(()) => Ok(Header::is_one(&header).then_some(header)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the first keyring of a store.
pub(crate) fn create(disk: &dyn Disk, data: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_new(disk, &data.join(KEYRING), bytes)
}

/// Puts a new keyring in the place of the old one and destroys the old one.
pub(crate) fn replace(disk: &dyn Disk, data: &Path, bytes: &[u8], steps: &Steps) -> Result<(), StoreError> {
    let (path, draft, old) = (data.join(KEYRING), data.join(KEYRING_DRAFT), data.join(KEYRING_OLD));
    let failed = |error| StoreError::io("replace", &path, error);
    let current = open_to_read(&path).map_err(|error| opening(data, error))?;
    let current = Identity::of(&current).map_err(failed)?;
    if let Err(error) = write_new(disk, &draft, bytes) {
        // On a full disk its space is needed, and it holds no key that the keyring does not.
        let _ = disk.unlink(&draft);
        return Err(error);
    }
    step(steps.written);
    disk.link(&path, &old).map_err(failed)?;
    step(steps.linked);
    disk.rename(&draft, &path).map_err(failed)?;
    disk.sync_directory(data).map_err(failed)?;
    step(steps.renamed);
    overwrite(disk, &old, Some(current))?;
    step(steps.wiped);
    disk.unlink(&old).map_err(failed)?;
    step(steps.unlinked);
    Ok(())
}

/// Destroys what a crash left of a replacement.
pub(crate) fn wipe_leftovers(disk: &dyn Disk, data: &Path) -> Result<(), StoreError> {
    let current = Identity::at(&data.join(KEYRING)).map_err(|error| opening(data, error.into()))?;
    for name in [KEYRING_DRAFT, KEYRING_OLD] {
        let path = data.join(name);
        let failed = |error| StoreError::io("wipe", &path, error);
        match Identity::at(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
            // A crash between link and rename: this is the keyring itself under its second name.
            Ok(identity) if identity == current => {}
            // A crash after the rename: on the disk this may be the keyring still, until the directory is synced.
            Ok(_) => {
                disk.sync_directory(data).map_err(failed)?;
                overwrite(disk, &path, None)?;
            }
        }
        disk.unlink(&path).map_err(failed)?;
    }
    Ok(())
}

fn write_new(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let written = disk.create(path).and_then(|file| {
        disk.write_at(&file, 0, bytes)?;
        disk.sync(&file)
    });
    written.map_err(|error| StoreError::io("write", path, error))
}

/// Destroys the bytes of an old keyring: those of `expected`, if that is known. Of one that has other names, as in a
/// copy made of hard links, only this name is ours to take away.
fn overwrite(disk: &dyn Disk, path: &Path, expected: Option<Identity>) -> Result<(), StoreError> {
    let failed = |error| StoreError::io("wipe", path, error);
    let file = open_to_write(path).map_err(|error| StoreError::unopened("wipe", path, error))?;
    if expected.is_some_and(|expected| Identity::of(&file).ok() != Some(expected)) {
        let (path, what) =
            (path.parent().unwrap_or(path).to_owned(), format!("`{KEYRING_OLD}` is not the keyring that it was"));
        return Err(StoreError::Damaged { path, what });
    }
    if is_shared(&file) {
        return Ok(());
    }
    let length = file.metadata().map_err(failed)?.len();
    // Nothing of ours is longer.
    let zeros = vec![0; usize::try_from(length).unwrap_or(MAX_KEYRING).min(MAX_KEYRING)];
    disk.write_at(&file, 0, &zeros).and_then(|()| disk.sync(&file)).map_err(failed)
}

fn opening(data: &Path, unopened: Unopened) -> StoreError {
    match unopened {
        Unopened::Io(error) if error.kind() == io::ErrorKind::NotFound && data.join(DATABASE).exists() => {
            StoreError::Damaged { path: data.to_owned(), what: "the keyring is missing".to_owned() }
        }
        Unopened::Io(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            StoreError::Missing { path: data.to_owned() }
        }
        unopened => StoreError::unopened("read", &data.join(KEYRING), unopened),
    }
}
