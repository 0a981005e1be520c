//! Writes and reads the fields of our formats: little-endian numbers, texts and bytes with their length before them.
//!
//! What is written may be secret: the buffer is wiped when it is dropped and when it grows. What is read is hostile:
//! every length is checked against what is there before anything is allocated.

use jiff::Timestamp;
use um_secret::ActorRecord;
use zeroize::Zeroizing;

use super::id::Id;

/// The bytes are not what was written here: they were altered, cut short or moved, or are sealed under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not what was written here")]
pub struct Malformed;

/// Collects fields.
#[derive(Default)]
pub(crate) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes)))
    }

    pub fn finish(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    /// Bytes without their length, for fields that always have the same.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            // `Vec` would leave the old buffer behind unwiped.
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.0.capacity()).max(256)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn u8(&mut self, number: u8) -> &mut Self {
        self.raw(&[number])
    }

    pub fn u32(&mut self, number: u32) -> &mut Self {
        self.raw(&number.to_le_bytes())
    }

    pub fn u64(&mut self, number: u64) -> &mut Self {
        self.raw(&number.to_le_bytes())
    }

    /// # Panics
    /// If there are 4 GiB of them: all our limits are far below.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len()).raw(bytes)
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// How many elements follow.
    pub fn count(&mut self, count: usize) -> &mut Self {
        self.u32(u32::try_from(count).expect("what the store keeps is bounded far below 4 Gi"))
    }

    /// A point in time, to the millisecond.
    pub fn time(&mut self, time: Timestamp) -> &mut Self {
        self.raw(&time.as_millisecond().to_le_bytes())
    }

    pub fn actor(&mut self, actor: &ActorRecord) -> &mut Self {
        self.text(&actor.id).text(&actor.kind).text(&actor.door).u8(u8::from(actor.on_behalf_of.is_some()));
        match &actor.on_behalf_of {
            Some(principal) => self.text(principal),
            None => self,
        }
    }
}

/// Takes fields off the front of some bytes.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Nothing may be left over.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn raw(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.raw(N)?.try_into().map_err(|_| Malformed)
    }

    pub fn id(&mut self) -> Result<Id, Malformed> {
        self.array()
    }

    pub fn authenticator(&mut self) -> Result<[u8; 32], Malformed> {
        self.array()
    }

    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u32()?;
        self.raw(usize::try_from(length).map_err(|_| Malformed)?)
    }

    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    /// How many elements follow, each of `smallest` bytes or more.
    pub fn count(&mut self, smallest: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.u32()?).map_err(|_| Malformed)?;
        if count.checked_mul(smallest).is_none_or(|needed| needed > self.0.len()) {
            return Err(Malformed);
        }
        Ok(count)
    }

    pub fn time(&mut self) -> Result<Timestamp, Malformed> {
        let milliseconds = i64::from_le_bytes(self.array()?);
        Timestamp::from_millisecond(milliseconds).map_err(|_| Malformed)
    }

    pub fn actor(&mut self) -> Result<ActorRecord, Malformed> {
        let (id, kind, door) = (self.text()?.to_owned(), self.text()?.to_owned(), self.text()?.to_owned());
        let on_behalf_of = if self.present()? { Some(self.text()?.to_owned()) } else { None };
        Ok(ActorRecord::new(id, kind, door, on_behalf_of))
    }

    /// A byte that says whether something follows.
    pub fn present(&mut self) -> Result<bool, Malformed> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_written() {
        let time = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let mut writer = Writer::default();
        writer.u8(7).u32(8).u64(9).bytes(b"ten").text("elf").count(12).time(time).u8(1);
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.u8(), Ok(7));
        assert_eq!(reader.u32(), Ok(8));
        assert_eq!(reader.u64(), Ok(9));
        assert_eq!(reader.bytes(), Ok(&b"ten"[..]));
        assert_eq!(reader.text(), Ok("elf"));
        assert_eq!(reader.count(0), Ok(12));
        assert_eq!(reader.time(), Ok(time));
        assert_eq!(reader.present(), Ok(true));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_length_beyond_what_is_there_is_malformed_before_anything_is_allocated() {
        let huge = u32::MAX.to_le_bytes();
        assert_eq!(Reader::new(&huge).bytes(), Err(Malformed));
        assert_eq!(Reader::new(&huge).count(1), Err(Malformed));
        assert_eq!(Reader::new(&[1, 2]).u32(), Err(Malformed));
        assert_eq!(Reader::new(&[2]).present(), Err(Malformed));
        assert_eq!(Reader::new(&[0]).finish(), Err(Malformed));
        assert_eq!(Reader::new(&[2, 0, 0, 0, 0xff, 0xfe]).text(), Err(Malformed));
        assert_eq!(Reader::new(&i64::MAX.to_le_bytes()).time(), Err(Malformed));
    }
}
