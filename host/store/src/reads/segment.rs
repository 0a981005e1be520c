//! One segment of read records: its form, and how it is read.
//!
//! ```text
//! header, 80 bytes   magic 16 · store id 16 · segment id 16 · MAC 32
//! record             length of the sealed part 4 · sequence 8 · sealed part · MAC 32 over the MAC before, sequence and
//!                    sealed part · length again 4, so that the end of a file tells where its last record begins
//! ```
//! Reading ends at the first record that does not fit: a dead process or a power loss leaves such, and others behind
//! them. Whether something is missing that was on the disk once is for the audit log to say.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use jiff::Timestamp;

use super::super::id::{Id, StoreId};
use super::super::seal::{self, Authenticator, Key, Kind, OVERHEAD, Place};
use super::super::wire::{Malformed, Reader, Writer};
use um_secret::ActorRecord;

pub(super) const HEADER: usize = 80;
const MAGIC: &[u8; 16] = b"um-host reads 1\n";
const MAC_AT: usize = HEADER - 32;
/// What a record has around its sealed part: length, sequence, MAC, length.
const FRAME: usize = 4 + 8 + 32 + 4;
/// Longest sealed part: names are bounded, so a longer one is nonsense.
const MAX_SEALED: usize = 4096;
/// The kinds of records, by [`Use`].
const READ: u8 = 1;
const REFUSED: u8 = 2;
const SEALED: u8 = 3;
/// Added to the kind of a record that ends in who started the run; those of the first um-hosts do not.
const WITH_ACTOR: u8 = 0x80;

/// What a run did with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadRecord {
    pub at: Timestamp,
    pub run: Id,
    /// Who started the run, if that was written down.
    pub by: Option<ActorRecord>,
    pub workspace: (String, Id),
    /// Name, id and version.
    pub secret: (String, Id, u64),
    pub what: Use,
}

/// What was done with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It was handed out, or a placeholder for it.
    Read,
    /// Requests to `host` were refused since it stood in them: so many.
    Refused { host: String, count: u64 },
    /// It was put into requests to `host`, which the run had a placeholder for: one record for all of them.
    Sealed { host: String },
}

/// Where a segment ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SegmentHead {
    pub segment: Id,
    pub records: u64,
    /// In bytes.
    pub length: u64,
    pub mac: Authenticator,
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
pub(super) fn open_header(store: StoreId, key: &Key, bytes: &[u8; HEADER]) -> Option<SegmentHead> {
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
        let kind = match self.what {
            Use::Read => READ,
            Use::Refused { .. } => REFUSED,
            Use::Sealed { .. } => SEALED,
        };
        let kind = if self.by.is_some() { kind | WITH_ACTOR } else { kind };
        writer.u8(kind).time(self.at).raw(&self.run).text(&self.workspace.0).raw(&self.workspace.1);
        writer.text(&self.secret.0).raw(&self.secret.1).u64(self.secret.2);
        match &self.what {
            Use::Read => &mut writer,
            Use::Refused { host, count } => writer.text(host).u64(*count),
            Use::Sealed { host } => writer.text(host),
        };
        if let Some(actor) = &self.by {
            writer.actor(actor);
        }
        writer.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u8()?;
        let (at, run) = (reader.time()?, reader.id()?);
        let workspace = (reader.text()?.to_owned(), reader.id()?);
        let secret = (reader.text()?.to_owned(), reader.id()?, reader.u64()?);
        let what = match kind & !WITH_ACTOR {
            READ => Use::Read,
            REFUSED => Use::Refused { host: reader.text()?.to_owned(), count: reader.u64()? },
            SEALED => Use::Sealed { host: reader.text()?.to_owned() },
            _ => return Err(Malformed),
        };
        let by = if kind & WITH_ACTOR == 0 { None } else { Some(reader.actor()?) };
        reader.finish()?;
        Ok(Self { at, run, by, workspace, secret, what })
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

/// Reads all records, as far as they fit.
pub(super) fn scan(store: StoreId, key: &Key, bytes: &[u8], mut visit: impl FnMut(&SegmentHead, ReadRecord)) {
    let header = bytes.first_chunk().and_then(|first| open_header(store, key, first));
    let mut before = header;
    while let Some(head) = before {
        before = open_frame(store, key, &head, &bytes[head.length as usize..]).map(|(record, next)| {
            visit(&next, record);
            next
        });
    }
}

/// Where the records end that follow `head` in `bytes`, by their MACs alone.
pub(super) fn follow(key: &Key, head: &SegmentHead, bytes: &[u8]) -> SegmentHead {
    let mut head = head.clone();
    let start = head.length;
    while let Some((_, next)) = check_frame(key, &head, &bytes[(head.length - start) as usize..]) {
        head = next;
    }
    head
}

/// Whether a segment is at least as long as `head` says, and has its MAC there.
pub(super) fn reaches(file: &File, head: &SegmentHead) -> io::Result<bool> {
    if file.metadata()?.len() < head.length {
        return Ok(false);
    }
    // Behind the MAC of a record stands its length, behind the header's stands nothing.
    let end = if head.records == 0 { head.length } else { head.length - 4 };
    let mut mac: Authenticator = [0; 32];
    file.read_exact_at(&mut mac, end - 32)?;
    Ok(seal::same(&mac, &head.mac))
}

/// Whether records follow each other up to where `head` ends, by their lengths and numbers alone. Blocks that a power
/// loss kept from the disk are longer than what stands between two of those.
pub(super) fn is_gapless(file: &File, head: &SegmentHead) -> bool {
    let mut bytes = vec![0; head.length as usize];
    if file.read_exact_at(&mut bytes, 0).is_err() {
        return false;
    }
    let mut reader = Reader::new(&bytes[HEADER..]);
    (0..head.records).all(|number| skip_frame(&mut reader, number).is_ok()) && reader.finish().is_ok()
}

fn skip_frame(reader: &mut Reader, number: u64) -> Result<(), Malformed> {
    let (length, sequence) = (reader.u32()?, reader.u64()?);
    reader.raw(length as usize)?;
    reader.authenticator()?;
    if reader.u32()? == length && sequence == number { Ok(()) } else { Err(Malformed) }
}

/// Opens the record at the start of `bytes` if it follows `head`.
fn open_frame(store: StoreId, key: &Key, head: &SegmentHead, bytes: &[u8]) -> Option<(ReadRecord, SegmentHead)> {
    let (sealed, next) = check_frame(key, head, bytes)?;
    let plain = seal::open(key, &place(store, head.segment, head.records), sealed).ok()?;
    Some((ReadRecord::decode(&plain).ok()?, next))
}

/// The sealed part of the record at the start of `bytes`, if it follows `head`.
fn check_frame<'a>(key: &Key, head: &SegmentHead, bytes: &'a [u8]) -> Option<(&'a [u8], SegmentHead)> {
    let mut reader = Reader::new(bytes);
    let length = reader.u32().ok()? as usize;
    if length > MAX_SEALED || reader.u64().ok()? != head.records {
        return None;
    }
    let (sealed, mac) = (reader.raw(length).ok()?, reader.authenticator().ok()?);
    if reader.u32().ok()? as usize != length || !seal::same(&chain(key, &head.mac, head.records, sealed), &mac) {
        return None;
    }
    let end = head.length + (length + FRAME) as u64;
    Some((sealed, SegmentHead { segment: head.segment, records: head.records + 1, length: end, mac }))
}
