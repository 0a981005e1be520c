//! What the records of reads say: last use of a secret, where the segments end, whether they hold what they should.
//!
//! Only what an audit row vouches for can be missed: that was on the disk when the row was written. What does not fit
//! behind it is what a power loss leaves. A segment that cannot be read is told as damage, and stops nobody.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use um_envelope::{AuditKey, Id, ReadRecord, SEGMENT_HEADER, SegmentHead, Use};
use um_secret::{LastUse, RunId};

use super::folder::Folder;
use super::journal::file_name;

/// No segment is longer, however it came to be: one more record than fits.
const MAX_READ: u64 = (16 << 20) + 8192;

/// Where the segments end now, with all that they hold on the disk, if the last audit row said `vouched`.
///
/// What was vouched for is vouched for again, also where it is no longer met: so the last row speaks for all before it,
/// and nothing that was altered is forgotten by the next change. A segment that has not grown is not opened.
pub(crate) fn heads(directory: &Path, key: &AuditKey, vouched: &[SegmentHead]) -> Vec<SegmentHead> {
    let mut heads: BTreeMap<Id, SegmentHead> = vouched.iter().map(|head| (head.segment, head.clone())).collect();
    let unchanged: BTreeMap<String, u64> = vouched.iter().map(|head| (file_name(&head.segment), head.length)).collect();
    let Ok(folder) = Folder::open(directory) else { return vouched.to_vec() };
    for (name, length) in folder.files().unwrap_or_default() {
        let known = name.to_str().and_then(|name| unchanged.get(name));
        if known == Some(&length) {
            continue;
        }
        if let Ok(Some(head)) = folder.open_to_read(&name).and_then(|file| grown(file, key, &heads)) {
            heads.insert(head.segment, head);
        }
    }
    heads.into_values().collect()
}

/// Where a segment ends, if it is new or goes on from where it ended before, with what was added on the disk.
fn grown(mut file: File, key: &AuditKey, before: &BTreeMap<Id, SegmentHead>) -> io::Result<Option<SegmentHead>> {
    let mut header = [0; SEGMENT_HEADER];
    if file.metadata()?.len() < SEGMENT_HEADER as u64 {
        return Ok(None);
    }
    file.read_exact(&mut header)?;
    let Some(empty) = SegmentHead::open(key, &header) else { return Ok(None) };
    let start = before.get(&empty.segment).cloned().unwrap_or(empty);
    if !start.is_reached(file.metadata()?.len(), |at, out| file.read_exact_at(out, at))? {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start.length))?;
    let mut added = Vec::new();
    (&file).take(MAX_READ.saturating_sub(start.length)).read_to_end(&mut added)?;
    let end = start.follow(key, &added);
    if end != start {
        // What an audit row vouches for must survive a power loss.
        file.sync_data()?;
    }
    Ok(Some(end))
}

/// The reads of one secret, and whether records are missing, altered or not to be read, going by what is vouched for.
pub(crate) fn last_use(
    directory: &Path,
    key: &AuditKey,
    secret: &Id,
    vouched: &[SegmentHead],
) -> (Option<LastUse>, bool) {
    let (mut last, mut refused, mut sealed): (Option<LastUse>, u64, BTreeMap<String, u64>) = Default::default();
    let whole = visit(directory, key, vouched, |record| {
        if record.secret.1 != *secret {
            return;
        }
        match record.what {
            Use::Refused { count, .. } => return refused = refused.saturating_add(count),
            Use::Sealed { host } => return *sealed.entry(host).or_default() += 1,
            Use::Read => {}
        }
        let reads = last.as_ref().map_or(0, |last| last.reads) + 1;
        match &mut last {
            Some(last) if last.at > record.at => last.reads = reads,
            _ => {
                let run = RunId::from_bytes(record.run);
                let (at, by) = (record.at, record.by);
                last = Some(LastUse { at, run, by, reads, refused: 0, sealed: BTreeMap::new() });
            }
        }
    });
    (last.map(|last| LastUse { refused, sealed, ..last }), !whole)
}

/// Whether the segments can be read and still hold everything that was written down about them.
pub(crate) fn vouched_for(directory: &Path, key: &AuditKey, vouched: &[SegmentHead]) -> bool {
    visit(directory, key, vouched, |_| {})
}

/// Visits all records that fit; tells whether all segments can be read and every head is met.
fn visit(directory: &Path, key: &AuditKey, vouched: &[SegmentHead], mut visit: impl FnMut(ReadRecord)) -> bool {
    let Some(mut missing) = expected(vouched) else { return false };
    let Ok((folder, files)) = Folder::open(directory).and_then(|folder| folder.files().map(|files| (folder, files)))
    else {
        return false;
    };
    let mut readable = true;
    for (name, _) in files {
        let Ok(bytes) = contents(&folder, &name) else {
            readable = false;
            continue;
        };
        SegmentHead::each(key, &bytes, |head, record| {
            let place = (head.segment, head.records);
            if missing.get(&place).is_some_and(|mac| *mac == head.mac) {
                missing.remove(&place);
            }
            visit(record);
        });
    }
    readable && missing.is_empty()
}

/// What must be met; nothing if it cannot be, since two different records are said to be in one place.
fn expected(vouched: &[SegmentHead]) -> Option<BTreeMap<(Id, u64), [u8; 32]>> {
    let mut expected = BTreeMap::new();
    for head in vouched.iter().filter(|head| head.records > 0) {
        let former = expected.insert((head.segment, head.records), head.mac);
        if former.is_some_and(|former| former != head.mac) {
            return None;
        }
    }
    Some(expected)
}

fn contents(folder: &Folder, name: &OsString) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    folder.open_to_read(name)?.take(MAX_READ).read_to_end(&mut bytes)?;
    Ok(bytes)
}
