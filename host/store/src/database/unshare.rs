//! A file of the store's own in the place of one that has other names too, as in a backup made of hard links: what is
//! changed in place would be changed there as well.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::disk::files::Disk;
use crate::disk::names::FRESH_DATABASE;
use crate::error::StoreError;

/// How much is copied at a time, in bytes.
const PIECE: usize = 1 << 20;

/// Puts a copy of the opened database in its place and gives that. On a full disk the file stays as it is.
pub(super) fn unshare(disk: &dyn Disk, path: &Path, file: &File) -> Result<File, StoreError> {
    let fresh = path.with_file_name(FRESH_DATABASE);
    let failed = |error| StoreError::io("copy", path, error);
    match disk.unlink(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let copied = copy(disk, file, &fresh).and_then(|copy| disk.rename(&fresh, path).map(|()| copy));
    if copied.is_err() {
        // What there is of it takes the space that is needed.
        let _ = disk.unlink(&fresh);
    }
    let copy = copied.map_err(failed)?;
    disk.sync_directory(path.parent().unwrap_or(path)).map_err(failed)?;
    Ok(copy)
}

fn copy(disk: &dyn Disk, file: &File, fresh: &Path) -> io::Result<File> {
    let (copy, length) = (disk.create(fresh)?, file.metadata()?.len());
    let (mut piece, mut offset) = (vec![0; PIECE], 0);
    while offset < length {
        let wanted = piece.len().min(usize::try_from(length - offset).unwrap_or(usize::MAX));
        file.read_exact_at(&mut piece[..wanted], offset)?;
        disk.write_at(&copy, offset, &piece[..wanted])?;
        offset += wanted as u64;
    }
    disk.sync(&copy)?;
    Ok(copy)
}
