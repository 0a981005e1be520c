//! What the records of reads say: last use of a secret, where the segments end, whether they hold what they should.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::super::disk::open_to_read;
use super::super::error::StoreError;
use super::super::id::{Id, StoreId};
use super::super::seal::{Authenticator, Key};
use super::super::view::LastUse;
use super::segment::{self, End, SegmentHead};
use crate::secret::RunId;

/// No segment is longer, however it came to be: one more record than fits.
const MAX_READ: u64 = (16 << 20) + 8192;

/// Where the segments end now, with all that they hold on the disk.
pub(in super::super) fn heads(directory: &Path, store: StoreId, key: &Key) -> Result<Vec<SegmentHead>, StoreError> {
    let mut heads = Vec::new();
    for path in segments(directory)? {
        let failed = |error| StoreError::io("read", &path, error);
        let file = open_to_read(&path).map_err(failed)?;
        // What an audit row vouches for must survive a power loss.
        file.sync_data().map_err(failed)?;
        let head = match segment::tail(store, key, &file).map_err(failed)? {
            Some(head) => Some(head),
            None => segment::scan(store, key, &contents(&path, file)?, |_, _| {}).0,
        };
        heads.extend(head);
    }
    Ok(heads)
}

/// The reads of one secret, and whether some record could not be trusted.
pub(in super::super) fn last_use(
    directory: &Path,
    store: StoreId,
    key: &Key,
    secret: &Id,
) -> Result<(Option<LastUse>, bool), StoreError> {
    let (mut last, mut damaged): (Option<LastUse>, bool) = (None, false);
    for path in segments(directory)? {
        let file = open_to_read(&path).map_err(|error| StoreError::io("read", &path, error))?;
        let (_, end) = segment::scan(store, key, &contents(&path, file)?, |_, record| {
            if record.secret.1 != *secret {
                return;
            }
            let reads = last.as_ref().map_or(0, |last| last.reads) + 1;
            match &mut last {
                Some(last) if last.at > record.at => last.reads = reads,
                _ => last = Some(LastUse { at: record.at, run: RunId::from_bytes(record.run), reads }),
            }
        });
        damaged |= end == End::Broken;
    }
    Ok((last, damaged))
}

/// Whether the segments still hold everything that was written down about them.
pub(in super::super) fn vouched_for(
    directory: &Path,
    store: StoreId,
    key: &Key,
    vouched: &[SegmentHead],
) -> Result<bool, StoreError> {
    let mut expected: BTreeMap<(Id, u64), Authenticator> =
        vouched.iter().filter(|head| head.records > 0).map(|head| ((head.segment, head.records), head.mac)).collect();
    for path in segments(directory)? {
        let file = open_to_read(&path).map_err(|error| StoreError::io("read", &path, error))?;
        let (_, end) = segment::scan(store, key, &contents(&path, file)?, |head, _| {
            let met = expected.get(&(head.segment, head.records)).is_some_and(|mac| *mac == head.mac);
            if met {
                expected.remove(&(head.segment, head.records));
            }
        });
        if end == End::Broken {
            return Ok(false);
        }
    }
    Ok(expected.is_empty())
}

fn segments(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |error| StoreError::io("list", directory, error);
    let entries = std::fs::read_dir(directory).map_err(failed)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    paths.retain(|path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()));
    paths.sort();
    Ok(paths)
}

fn contents(path: &Path, file: File) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    file.take(MAX_READ).read_to_end(&mut bytes).map_err(|error| StoreError::io("read", path, error))?;
    Ok(bytes)
}
