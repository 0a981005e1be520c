//! Optional fields at the end of a record, so that a later um-host can add to it and this one still reads the rest.
//!
//! ```text
//! length of all 4 · for each: number 2, its highest bit set if the field is critical · length 4 · bytes
//! ```
//! Numbers rise, so that there is one way to write them. A critical field that is not known says that the record means
//! something else than it seems to: whoever does not know it must not go on. Every other one is kept byte for byte when
//! the record is written again.

use super::wire::{Malformed, Reader, Writer};

/// Set in the number of a field that must not be ignored.
const CRITICAL: u16 = 0x8000;
/// Most fields of one record.
const MAX_FIELDS: usize = 64;
/// What a field takes beside its bytes.
const HEAD: usize = 2 + 4;

/// Fields of a record by their numbers as they are written: those that this um-host does not know, once a record is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(u16, Vec<u8>)>);

/// Why a record was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unread {
    /// It is not what was written here.
    #[error("the record has no valid form")]
    Malformed,
    /// The key of its workspace, in the keyring, does not open.
    #[error("the key of the record does not open")]
    Key,
    /// It has a critical field of this number, which only a later um-host knows.
    #[error("the record has the field {0}, which must not be ignored")]
    Critical(u16),
    /// All of it is of a later format.
    #[error("the record is of the later format {0}")]
    Later(u8),
}

impl From<Malformed> for Unread {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl Fields {
    /// What they take, in bytes, without the length of all.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|(_, bytes)| HEAD + bytes.len()).sum()
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.count(self.bytes());
        for (number, bytes) in &self.0 {
            writer.raw(&number.to_le_bytes()).bytes(bytes);
        }
    }

    /// Takes out the field of this number, and tells whether it is critical.
    pub(crate) fn take(&mut self, number: u16) -> Option<(bool, Vec<u8>)> {
        let at = self.0.iter().position(|(written, _)| written & !CRITICAL == number)?;
        let (written, bytes) = self.0.remove(at);
        Some((written & CRITICAL != 0, bytes))
    }

    /// With the field of this number in its place, where there is one.
    pub(crate) fn with(mut self, number: u16, is_critical: bool, bytes: Option<Vec<u8>>) -> Self {
        if let Some(bytes) = bytes {
            let at = self.0.partition_point(|(written, _)| written & !CRITICAL < number);
            self.0.insert(at, (if is_critical { CRITICAL | number } else { number }, bytes));
        }
        self
    }

    /// Reads the fields of a record, which takes no more than `most` bytes for them and knows the numbers `known`.
    pub(crate) fn read(reader: &mut Reader, most: usize, known: &[u16]) -> Result<Self, Unread> {
        let all = reader.bytes()?;
        if all.len() > most {
            return Err(Unread::Malformed);
        }
        let (mut rest, mut fields, mut lowest) = (Reader::new(all), Vec::new(), 0);
        while !rest.is_empty() {
            let written = u16::from_le_bytes(rest.raw(2)?.try_into().map_err(|_| Malformed)?);
            let (number, bytes) = (written & !CRITICAL, rest.bytes()?);
            // Counted from 1, each once and in order.
            if number <= lowest || fields.len() == MAX_FIELDS {
                return Err(Unread::Malformed);
            }
            if written & CRITICAL != 0 && !known.contains(&number) {
                return Err(Unread::Critical(number));
            }
            lowest = number;
            fields.push((written, bytes.to_vec()));
        }
        Ok(Self(fields))
    }

    /// Fields by their numbers as they are written, which must rise, the highest bit set where one is critical: what a
    /// later um-host adds.
    pub fn of<const N: usize>(fields: [(u16, &[u8]); N]) -> Self {
        Self(fields.map(|(number, bytes)| (number, bytes.to_vec())).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fields: &Fields) -> Vec<u8> {
        let mut writer = Writer::default();
        fields.write(&mut writer);
        writer.finish().to_vec()
    }

    const KNOWN: u16 = 5;

    fn read(bytes: &[u8], most: usize) -> Result<Fields, Unread> {
        let mut reader = Reader::new(bytes);
        let fields = Fields::read(&mut reader, most, &[KNOWN])?;
        reader.finish()?;
        Ok(fields)
    }

    #[test]
    fn fields_that_are_not_known_come_back_byte_for_byte() {
        for fields in [Fields::default(), Fields::of([(1, b""), (2, b"two"), (0x7fff, &[0xff; 300])])] {
            let bytes = written(&fields);
            assert_eq!(read(&bytes, fields.bytes()), Ok(fields.clone()));
            assert_eq!(written(&read(&bytes, 4_096).unwrap()), bytes);
        }
    }

    #[test]
    fn a_critical_field_is_refused_by_its_number_wherever_it_stands() {
        let fields = Fields::of([(3, b"kept"), (CRITICAL | 9, b"not to be ignored")]);
        assert_eq!(read(&written(&fields), 4_096), Err(Unread::Critical(9)));
    }

    #[test]
    fn a_field_that_is_known_is_taken_out_whether_it_is_critical_or_not() {
        for is_critical in [false, true] {
            let others = Fields::of([(3, b"before"), (9, b"behind")]);
            let all = others.clone().with(KNOWN, is_critical, Some(b"known".to_vec()));
            let mut again = read(&written(&all), 4_096).unwrap();
            assert_eq!(again, all);
            assert_eq!(again.take(KNOWN), Some((is_critical, b"known".to_vec())));
            assert_eq!((again.take(KNOWN), &again), (None, &others));
            assert_eq!(again.with(KNOWN, is_critical, None), others);
        }
    }

    #[test]
    fn fields_out_of_order_twice_or_over_a_bound_are_malformed() {
        for fields in [
            Fields::of([(2, b"x"), (1, b"y")]),
            Fields::of([(2, b"x"), (2, b"y")]),
            Fields::of([(0, b"none is number 0")]),
        ] {
            assert_eq!(read(&written(&fields), 4_096), Err(Unread::Malformed), "{fields:?}");
        }
        let many = |count: u16| Fields((1..=count).map(|number| (number, Vec::new())).collect());
        assert!(read(&written(&many(64)), 4_096).is_ok());
        assert_eq!(read(&written(&many(65)), 4_096), Err(Unread::Malformed));
        let large = Fields::of([(1, &[7; 94])]);
        assert!(read(&written(&large), 100).is_ok());
        assert_eq!(read(&written(&large), 99), Err(Unread::Malformed));
    }

    #[test]
    fn lengths_that_lie_are_malformed() {
        let whole = written(&Fields::of([(1, b"one"), (2, b"two")]));
        for place in [0, 6, 15] {
            for length in [0_u32, 1, 2, 200, u32::MAX] {
                let mut bytes = whole.clone();
                bytes[place..place + 4].copy_from_slice(&length.to_le_bytes());
                if bytes != whole {
                    assert_eq!(read(&bytes, 4_096), Err(Unread::Malformed), "{length} at {place}");
                }
            }
        }
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end], 4_096), Err(Unread::Malformed), "cut at {end}");
        }
    }
}
