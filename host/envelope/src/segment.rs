//! One segment of read records: its form, and how it is read.
//!
//! ```text
//! header, 80 bytes   magic 16 · store id 16 · segment id 16 · MAC 32
//! record             length of the sealed part 4 · sequence 8 · sealed part · MAC 32 over the MAC before, sequence and
//!                    sealed part · length again 4, so that the end of a file tells where its last record begins
//! ```
//! Reading ends at the first record that does not fit: a dead process or a power loss leaves such, and others behind
//! them. Whether something is missing that was on the disk once is for the audit log to say.

use super::context::{Kind, SealContext};
use super::derive::{Authenticator, same};
use super::id::Id;
use super::key::AuditKey;
use super::read_record::ReadRecord;
use super::seal::{self, OVERHEAD};
use super::wire::{Malformed, Reader, Writer};

/// Length of a segment's header, in bytes.
pub const SEGMENT_HEADER: usize = 80;
const MAGIC: &[u8; 16] = b"um-host reads 1\n";
const MAC_AT: usize = SEGMENT_HEADER - 32;
/// What a record has around its sealed part: length, sequence, MAC, length.
const FRAME: usize = 4 + 8 + 32 + 4;
/// Longest sealed part: names are bounded, so a longer one is nonsense.
const MAX_SEALED: usize = 4096;

/// Where a segment ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SegmentHead {
    /// The segment, which its file is named after.
    pub segment: Id,
    /// How many records it has.
    pub records: u64,
    /// In bytes.
    pub length: u64,
    /// The MAC of the last record, or of the header: it vouches for all before it.
    pub mac: Authenticator,
}

impl SegmentHead {
    /// A new segment: its first bytes, and where it ends then.
    pub fn create(key: &AuditKey, segment: Id) -> ([u8; SEGMENT_HEADER], Self) {
        let mut header = [0; SEGMENT_HEADER];
        header[..16].copy_from_slice(MAGIC);
        header[16..32].copy_from_slice(key.store.as_bytes());
        header[32..48].copy_from_slice(&segment);
        let mac = key.key.authenticate("um-host reads segment", &[&header[..MAC_AT]]);
        header[MAC_AT..].copy_from_slice(&mac);
        (header, Self { segment, records: 0, length: SEGMENT_HEADER as u64, mac })
    }

    /// Checks a header; gives the head of the segment without records.
    pub fn open(key: &AuditKey, header: &[u8; SEGMENT_HEADER]) -> Option<Self> {
        let segment: Id = header[32..48].try_into().ok()?;
        let (expected, head) = Self::create(key, segment);
        same(&expected, header).then_some(head)
    }

    /// Where a segment of `length` bytes ends, from its last record alone. `None` if that record is not whole, or not
    /// ours. `read` fills a buffer with what stands at an offset.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn last<E>(
        key: &AuditKey,
        length: u64,
        read: impl Fn(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Option<Self>, E> {
        let mut first = [0; SEGMENT_HEADER];
        if length < SEGMENT_HEADER as u64 {
            return Ok(None);
        }
        read(0, &mut first)?;
        let Some(empty) = Self::open(key, &first) else { return Ok(None) };
        if length == empty.length {
            return Ok(Some(empty));
        }
        let mut last = [0; 4];
        read(length - 4, &mut last)?;
        let sealed = u32::from_le_bytes(last) as usize;
        let Some(start) = length.checked_sub((sealed + FRAME) as u64) else { return Ok(None) };
        if !(OVERHEAD..=MAX_SEALED).contains(&sealed) || start < SEGMENT_HEADER as u64 {
            return Ok(None);
        }
        // The MAC before ends where this record starts, four bytes of length between them, or is the header's.
        let mut before = empty.mac;
        if start > SEGMENT_HEADER as u64 {
            read(start - 36, &mut before)?;
        }
        let mut record = vec![0; sealed + FRAME];
        read(start, &mut record)?;
        let sequence = u64::from_le_bytes(record[4..12].try_into().expect("eight bytes"));
        let head = Self { records: sequence, length: start, mac: before, ..empty };
        Ok(open_frame(key, &head, &record).map(|(_, head)| head))
    }

    /// Whether a segment of `length` bytes is at least as long as this says, and has its MAC there.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn is_reached<E>(&self, length: u64, read: impl Fn(u64, &mut [u8]) -> Result<(), E>) -> Result<bool, E> {
        if length < self.length {
            return Ok(false);
        }
        // Behind the MAC of a record stands its length, behind the header's stands nothing.
        let end = if self.records == 0 { self.length } else { self.length - 4 };
        let mut mac: Authenticator = [0; 32];
        read(end - 32, &mut mac)?;
        Ok(same(&mac, &self.mac))
    }

    /// Where the records end that follow in `bytes`, by their MACs alone.
    #[must_use]
    pub fn follow(&self, key: &AuditKey, bytes: &[u8]) -> Self {
        let (mut head, start) = (self.clone(), self.length);
        while let Some((_, next)) = check_frame(key, &head, &bytes[(head.length - start) as usize..]) {
            head = next;
        }
        head
    }

    /// Whether records follow each other in all of `bytes`, by their lengths and numbers alone. Blocks that a power loss
    /// kept from the disk are longer than what stands between two of those.
    pub fn is_gapless(&self, bytes: &[u8]) -> bool {
        let Some((_, records)) = bytes.split_at_checked(SEGMENT_HEADER) else { return false };
        let mut reader = Reader::new(records);
        (0..self.records).all(|number| skip_frame(&mut reader, number).is_ok()) && reader.finish().is_ok()
    }

    /// Reads all records of a segment, as far as they fit, each with where the segment ended then.
    pub fn each(key: &AuditKey, bytes: &[u8], mut visit: impl FnMut(&Self, ReadRecord)) {
        let mut before = bytes.first_chunk().and_then(|header| Self::open(key, header));
        while let Some(head) = before {
            before = open_frame(key, &head, &bytes[head.length as usize..]).map(|(record, next)| {
                visit(&next, record);
                next
            });
        }
    }

    /// A record as it follows, and where the segment ends then.
    pub fn append(&self, key: &AuditKey, record: &ReadRecord) -> (Vec<u8>, Self) {
        let sealed = seal::seal(&key.key, &context(key, self), &record.encode());
        let mac = chain(key, self, &sealed);
        let mut writer = Writer::with_capacity(sealed.len() + FRAME);
        writer.count(sealed.len()).u64(self.records).raw(&sealed).raw(&mac).count(sealed.len());
        let bytes = writer.finish().to_vec();
        let next = self.after(bytes.len(), mac);
        (bytes, next)
    }

    fn after(&self, frame: usize, mac: Authenticator) -> Self {
        Self { segment: self.segment, records: self.records + 1, length: self.length + frame as u64, mac }
    }
}

/// Of the record that follows `head`.
fn context(key: &AuditKey, head: &SegmentHead) -> SealContext {
    SealContext { secret: head.segment, version: head.records, ..SealContext::new(key.store, Kind::ReadRecord) }
}

fn chain(key: &AuditKey, head: &SegmentHead, sealed: &[u8]) -> Authenticator {
    key.key.authenticate("um-host reads chain", &[&head.mac, &head.records.to_le_bytes(), sealed])
}

fn skip_frame(reader: &mut Reader, number: u64) -> Result<(), Malformed> {
    let (length, sequence) = (reader.u32()?, reader.u64()?);
    reader.raw(length as usize)?;
    reader.authenticator()?;
    if reader.u32()? == length && sequence == number { Ok(()) } else { Err(Malformed) }
}

/// Opens the record at the start of `bytes` if it follows `head`.
fn open_frame(key: &AuditKey, head: &SegmentHead, bytes: &[u8]) -> Option<(ReadRecord, SegmentHead)> {
    let (sealed, next) = check_frame(key, head, bytes)?;
    let plain = seal::open(&key.key, &context(key, head), sealed).ok()?;
    Some((ReadRecord::decode(&plain).ok()?, next))
}

/// The sealed part of the record at the start of `bytes`, if it follows `head`.
fn check_frame<'a>(key: &AuditKey, head: &SegmentHead, bytes: &'a [u8]) -> Option<(&'a [u8], SegmentHead)> {
    let mut reader = Reader::new(bytes);
    let length = reader.u32().ok()? as usize;
    if length > MAX_SEALED || reader.u64().ok()? != head.records {
        return None;
    }
    let (sealed, mac) = (reader.raw(length).ok()?, reader.authenticator().ok()?);
    if reader.u32().ok()? as usize != length || !same(&chain(key, head, sealed), &mac) {
        return None;
    }
    Some((sealed, head.after(length + FRAME, mac)))
}
