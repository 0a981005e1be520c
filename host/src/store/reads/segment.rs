//! One segment of read records: its form, and how it is read.
//!
//! ```text
//! header, 80 bytes   magic 16 · store id 16 · segment id 16 · MAC 32
//! record             length of the sealed part 4 · sequence 8 · sealed part · MAC 32 over the MAC before, sequence and
//!                    sealed part · length again 4, so that the end of a file tells where its last record begins
//! ```
//! A last record that is cut short, or was never written through, is what a dead process leaves and no tampering. A
//! record that does not fit with others behind it is.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use jiff::Timestamp;

use super::super::id::{Id, StoreId};
use super::super::seal::{self, Authenticator, Key, Kind, OVERHEAD, Place};
use super::super::wire::{Malformed, Reader, Writer};

pub(super) const HEADER: usize = 80;
const MAGIC: &[u8; 16] = b"um-host reads 1\n";
const MAC_AT: usize = HEADER - 32;
/// What a record has around its sealed part: length, sequence, MAC, length.
const FRAME: usize = 4 + 8 + 32 + 4;
/// Longest sealed part: names are bounded, so a longer one is nonsense.
const MAX_SEALED: usize = 4096;
const FORMAT: u8 = 1;

/// One value that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ReadRecord {
    pub at: Timestamp,
    pub run: Id,
    pub workspace: (String, Id),
    /// Name, id and version.
    pub secret: (String, Id, u64),
}

/// Where a segment ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct SegmentHead {
    pub segment: Id,
    pub records: u64,
    /// In bytes.
    pub length: u64,
    pub mac: Authenticator,
}

/// How the reading of a segment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// The last record was cut short.
    Torn,
    /// Something does not fit that is not the end.
    Broken,
}

/// The first bytes of a new segment.
pub(super) fn header(store: StoreId, key: &Key, segment: Id) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..16].copy_from_slice(MAGIC);
    bytes[16..32].copy_from_slice(&store.0);
    bytes[32..48].copy_from_slice(&segment);
    let mac = key.authenticate("um-host reads segment", &[&bytes[..MAC_AT]]);
    bytes[MAC_AT..].copy_from_slice(&mac);
    bytes
}

/// Checks a header; gives the head of a segment without records.
fn open_header(store: StoreId, key: &Key, bytes: &[u8; HEADER]) -> Option<SegmentHead> {
    let segment: Id = bytes[32..48].try_into().ok()?;
    if !seal::same(&header(store, key, segment), bytes) {
        return None;
    }
    Some(SegmentHead { segment, records: 0, length: HEADER as u64, mac: bytes[MAC_AT..].try_into().ok()? })
}

impl ReadRecord {
    /// The record as it follows `head`, and the head then.
    pub fn frame(&self, store: StoreId, key: &Key, head: &SegmentHead) -> (Vec<u8>, SegmentHead) {
        let sealed = seal::seal(key, &place(store, head.segment, head.records), &self.encode());
        let mac = chain(key, &head.mac, head.records, &sealed);
        let mut writer = Writer::with_capacity(sealed.len() + FRAME);
        writer.count(sealed.len()).u64(head.records).raw(&sealed).raw(&mac).count(sealed.len());
        let bytes = writer.finish().to_vec();
        let length = head.length + bytes.len() as u64;
        (bytes, SegmentHead { segment: head.segment, records: head.records + 1, length, mac })
    }

    fn encode(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(256);
        writer.u8(FORMAT).time(self.at).raw(&self.run).text(&self.workspace.0).raw(&self.workspace.1);
        writer.text(&self.secret.0).raw(&self.secret.1).u64(self.secret.2);
        writer.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != FORMAT {
            return Err(Malformed);
        }
        let (at, run) = (reader.time()?, reader.id()?);
        let workspace = (reader.text()?.to_owned(), reader.id()?);
        let secret = (reader.text()?.to_owned(), reader.id()?, reader.u64()?);
        reader.finish()?;
        Ok(Self { at, run, workspace, secret })
    }
}

fn place(store: StoreId, segment: Id, sequence: u64) -> Place {
    Place { secret: segment, version: sequence, ..Place::new(store, Kind::ReadRecord) }
}

fn chain(key: &Key, before: &Authenticator, sequence: u64, sealed: &[u8]) -> Authenticator {
    key.authenticate("um-host reads chain", &[before, &sequence.to_le_bytes(), sealed])
}

/// Where a segment ends, from its last record alone. `None` if that record is not whole, or not ours.
pub(super) fn tail(store: StoreId, key: &Key, file: &File) -> io::Result<Option<SegmentHead>> {
    let length = file.metadata()?.len();
    let mut first = [0; HEADER];
    if length < HEADER as u64 {
        return Ok(None);
    }
    file.read_exact_at(&mut first, 0)?;
    let Some(empty) = open_header(store, key, &first) else { return Ok(None) };
    if length == empty.length {
        return Ok(Some(empty));
    }
    let mut last = [0; 4];
    file.read_exact_at(&mut last, length - 4)?;
    let sealed = u32::from_le_bytes(last) as usize;
    let Some(start) = length.checked_sub((sealed + FRAME) as u64) else { return Ok(None) };
    if !(OVERHEAD..=MAX_SEALED).contains(&sealed) || start < HEADER as u64 {
        return Ok(None);
    }
    // The MAC before ends where this record starts, four bytes of length between them, or is the header's.
    let mut before = empty.mac;
    if start > HEADER as u64 {
        file.read_exact_at(&mut before, start - 36)?;
    }
    let mut record = vec![0; sealed + FRAME];
    file.read_exact_at(&mut record, start)?;
    let sequence = u64::from_le_bytes(record[4..12].try_into().expect("eight bytes"));
    let head = SegmentHead { records: sequence, length: start, mac: before, ..empty };
    Ok(open_frame(store, key, &head, &record).map(|(_, head)| head))
}

/// Reads all records, as far as they fit; tells where the whole ones end.
pub(super) fn scan(
    store: StoreId,
    key: &Key,
    bytes: &[u8],
    mut visit: impl FnMut(&SegmentHead, ReadRecord),
) -> (Option<SegmentHead>, End) {
    let Some(first) = bytes.first_chunk() else { return (None, End::Torn) };
    let Some(mut head) = open_header(store, key, first) else { return (None, End::Broken) };
    loop {
        let rest = &bytes[head.length as usize..];
        if rest.is_empty() {
            return (Some(head), End::Whole);
        }
        match open_frame(store, key, &head, rest) {
            Some((record, next)) => {
                head = next;
                visit(&head, record);
            }
            None => {
                let end = if is_torn(rest) { End::Torn } else { End::Broken };
                return (Some(head), end);
            }
        }
    }
}

/// Opens the record at the start of `bytes` if it follows `head`.
fn open_frame(store: StoreId, key: &Key, head: &SegmentHead, bytes: &[u8]) -> Option<(ReadRecord, SegmentHead)> {
    let mut reader = Reader::new(bytes);
    let length = reader.u32().ok()? as usize;
    if length > MAX_SEALED || reader.u64().ok()? != head.records {
        return None;
    }
    let (sealed, mac) = (reader.raw(length).ok()?, reader.authenticator().ok()?);
    if reader.u32().ok()? as usize != length || !seal::same(&chain(key, &head.mac, head.records, sealed), &mac) {
        return None;
    }
    let plain = seal::open(key, &place(store, head.segment, head.records), sealed).ok()?;
    let record = ReadRecord::decode(&plain).ok()?;
    let end = head.length + (length + FRAME) as u64;
    Some((record, SegmentHead { segment: head.segment, records: head.records + 1, length: end, mac }))
}

/// Whether what does not fit is the last thing there: cut short, never written through, or just the last record.
fn is_torn(rest: &[u8]) -> bool {
    if rest.len() < 4 || rest.iter().all(|&byte| byte == 0) {
        return true;
    }
    // A process that died had written a valid length first.
    Reader::new(rest).u32().is_ok_and(|length| {
        let length = length as usize;
        (OVERHEAD..=MAX_SEALED).contains(&length) && rest.len() <= length + FRAME
    })
}
