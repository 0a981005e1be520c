//! Tells whether a part begins at a place.
//!
//! Two bytes of zlib, or the ten that every gzip begins with, stand in many a file by accident or as a constant of a
//! program. What follows decides: it is inflated here as strictly as zlib does it, without a byte before the first. Of
//! 16 MiB of noise nothing got further than 600 bytes, so 1 KiB is no accident. Tables of small numbers get further, as
//! programs have them, where they read as one block in the fixed codes: but no encoder writes 1 KiB in these unless that
//! makes it shorter.

use flate2::{Decompress, FlushDecompress, Status};
use zeroize::Zeroizing;

use super::ascii85::Ascii85;
use super::beginning::{BELIEVED, Beginning, Claim, Codec, Field};
use super::context::{Declared, Place};
use super::error::{Packing, Withheld};

/// So many bytes from its beginning on decide whether a part is one: 1 KiB of content, and as much again for what it
/// costs to tell it.
pub(super) const DECIDED_BY: usize = 2 * BELIEVED;
/// From so many bytes on, a part that other signs speak for is no accident: one that a layer begins with, and gzip with
/// a header that programs write.
const LIKELY: usize = 64;
/// The fixed fields of a zip member's local header (APPNOTE 6.3.10, 4.3.7).
const ZIP_FIELDS: usize = 30;
/// The newest version that is needed to extract anything (APPNOTE 4.4.3), and the flags that mean nothing (4.4.4).
const ZIP_VERSION: u8 = 63;
const ZIP_NO_FLAGS: u16 = 0b1101_0111_1000_0000;
/// The fixed fields of a gzip member (RFC 1952, 2.3.1), and its newest system.
const GZIP_FIELDS: usize = 10;
const GZIP_SYSTEM: u8 = 13;
/// A header of zlib, and one that names a dictionary (RFC 1950, 2.2).
const ZLIB: usize = 2;
const ZLIB_DICTIONARY: usize = 6;
/// What zlib's own writers say first: deflate, 32 KiB of window.
const USUAL: u8 = 0x78;
const ADLER: usize = 4;
/// Blocks in the fixed codes, and in codes that they say themselves.
const FIXED: u8 = 1;
const DYNAMIC: u8 = 2;
const DICTIONARY: Withheld = Withheld::Dictionary { packing: Packing::Zlib };
/// Most that is inflated to try a stream that needs a dictionary, in bytes.
const TRIED: u64 = 64 * 1024;

/// What stands at a place.
pub(super) enum Seen {
    Nothing,
    /// What looked like a part until it was tried.
    Accident,
    Part(Beginning),
    /// A zip member that is compressed by this method.
    Unknown(u16),
    /// A part that cannot be looked through for this reason, if it is one.
    Unseen(Withheld, Claim),
}

/// How far a stream was inflated.
enum Tried {
    Broken {
        made: usize,
    },
    /// There is more of it than was tried.
    GoesOn {
        used: usize,
        made: usize,
    },
    Ended {
        used: usize,
        made: usize,
    },
}

pub(super) struct Probe {
    inflate: Decompress,
    room: Zeroizing<Vec<u8>>,
}

impl Default for Probe {
    fn default() -> Self {
        Self { inflate: Decompress::new(false), room: Zeroizing::new(vec![0; BELIEVED]) }
    }
}

impl Probe {
    pub fn look(&mut self, place: &mut Place, bytes: &[u8]) -> Seen {
        let mut declared = std::mem::take(&mut place.declared).into_iter();
        match (declared.next(), bytes) {
            (Some(Declared::Ascii85), _) => ascii85(place.keyword, Claim::InPdf, declared.collect()),
            (None, _) if place.keyword.is_some() => ascii85(place.keyword, Claim::Doubtful, Vec::new()),
            (Some(said @ (Declared::Flate | Declared::Text | Declared::Pixels)), [method, flags, ..])
                if is_zlib(*method, *flags) =>
            {
                declared_zlib(said, *flags, declared.collect())
            }
            (Some(Declared::Flate), bytes) if !is_empty_stream(bytes) => {
                Seen::Unseen(Withheld::Damaged { packing: Packing::Zlib }, Claim::InPdf)
            }
            (_, [b'P', b'K', 3, 4, ..]) => zip(bytes),
            (_, [0x1f, 0x8b, 8, flags, ..]) if flags & 0xe0 == 0 && bytes.len() > GZIP_FIELDS => {
                self.gzip(bytes, place.is_first)
            }
            (_, [method, flags, ..]) if is_zlib(*method, *flags) && !needs_dictionary(*flags) => {
                self.zlib(bytes, place.is_first)
            }
            (_, [USUAL, flags, ..]) if is_zlib(USUAL, *flags) => self.zlib_with_dictionary(bytes, place.is_first),
            _ => Seen::Nothing,
        }
    }

    fn zlib(&mut self, bytes: &[u8], is_first: bool) -> Seen {
        let is_likely = |made| is_first && bytes[0] == USUAL && made >= LIKELY;
        let claim = match self.strictly(bytes, ZLIB) {
            Tried::Broken { made } if is_likely(made) => Claim::Certain,
            // What came of it before it broke is looked through, where a layer begins with it.
            Tried::Broken { .. } if is_first => Claim::Doubtful,
            Tried::Broken { .. } => return Seen::Accident,
            Tried::GoesOn { made, .. } if is_likely(made) => Claim::Certain,
            Tried::GoesOn { used, made } if is_long(bytes, made) && is_written(&bytes[ZLIB..], used, made) => {
                Claim::Certain
            }
            Tried::Ended { used, made } if self.sums_up(made, &bytes[ZLIB + used..]) => Claim::Certain,
            // What is there of it is looked through all the same.
            Tried::GoesOn { .. } | Tried::Ended { .. } => Claim::Doubtful,
        };
        deflated(Packing::Zlib, ZLIB, claim)
    }

    /// It may take bytes from a dictionary that is not here, so nearly anything goes on for a while.
    fn zlib_with_dictionary(&mut self, bytes: &[u8], is_first: bool) -> Seen {
        let is_whole = |used| is_first && bytes.len() < DECIDED_BY && ZLIB_DICTIONARY + used + ADLER == bytes.len();
        match self.loosely(bytes, ZLIB_DICTIONARY) {
            Tried::Broken { .. } => Seen::Accident,
            Tried::GoesOn { .. } if bytes.len() >= DECIDED_BY && kind(&bytes[ZLIB_DICTIONARY..]) == DYNAMIC => {
                Seen::Unseen(DICTIONARY, Claim::Certain)
            }
            Tried::Ended { used, .. } if is_whole(used) => Seen::Unseen(DICTIONARY, Claim::Certain),
            // As far as it does not need the dictionary, it can be looked through.
            Tried::GoesOn { .. } | Tried::Ended { .. } => deflated(Packing::Zlib, ZLIB_DICTIONARY, Claim::Doubtful),
        }
    }

    fn gzip(&mut self, bytes: &[u8], is_first: bool) -> Seen {
        let is_usual = matches!(bytes[8], 0 | 2 | 4) && matches!(bytes[9], 0..=GZIP_SYSTEM | 255);
        let mut header = gzip_header(bytes[3]);
        let mut rest = bytes;
        let has_all = Field::skip_all(&mut header, &mut rest);
        let claim = match has_all.then(|| self.strictly(rest, 0)) {
            _ if is_usual && is_first => Claim::Certain,
            // A long name, or a comment.
            None if is_usual && bytes.len() >= DECIDED_BY => Claim::Certain,
            Some(Tried::Ended { .. }) if is_usual => Claim::Certain,
            Some(Tried::Broken { made } | Tried::GoesOn { made, .. }) if made == BELIEVED => Claim::Certain,
            Some(Tried::Broken { made } | Tried::GoesOn { made, .. }) if is_usual && made >= LIKELY => Claim::Certain,
            _ => Claim::Doubtful,
        };
        let (header, codec, packing) = (gzip_header(bytes[3]), Codec::deflate(), Packing::Gzip);
        Seen::Part(Beginning { packing, header, codec, claim, inside: Vec::new() })
    }

    /// Whether so many bytes that were made last have the check sum that follows them.
    fn sums_up(&self, made: usize, behind: &[u8]) -> bool {
        behind.first_chunk().is_some_and(|sum| u32::from_be_bytes(*sum) == adler32(&self.room[..made]))
    }

    /// Inflates 1 KiB at most. What reaches back before its first byte is broken.
    fn strictly(&mut self, bytes: &[u8], header: usize) -> Tried {
        self.inflate.reset(false);
        let bytes = bytes[..bytes.len().min(DECIDED_BY)].get(header..).unwrap_or_default();
        // To finish at once is what makes it strict.
        let inflated = self.inflate.decompress(bytes, &mut self.room, FlushDecompress::Finish);
        self.tried(inflated)
    }

    /// Inflates what there is. What reaches back before its first byte finds zeros.
    fn loosely(&mut self, bytes: &[u8], header: usize) -> Tried {
        self.inflate.reset(false);
        let bytes = bytes[..bytes.len().min(DECIDED_BY)].get(header..).unwrap_or_default();
        loop {
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let rest = &bytes[usize::try_from(before.0).unwrap_or(bytes.len())..];
            let inflated = self.inflate.decompress(rest, &mut self.room, FlushDecompress::None);
            let is_stuck = before == (self.inflate.total_in(), self.inflate.total_out());
            match self.tried(inflated) {
                Tried::GoesOn { .. } if !is_stuck && self.inflate.total_out() < TRIED => {}
                tried => return tried,
            }
        }
    }

    fn tried(&self, inflated: Result<Status, flate2::DecompressError>) -> Tried {
        // Neither is more than what a slice can hold.
        let (used, made) = (self.inflate.total_in() as usize, self.inflate.total_out() as usize);
        match inflated {
            Ok(Status::StreamEnd) => Tried::Ended { used, made },
            Ok(Status::Ok | Status::BufError) => Tried::GoesOn { used, made },
            Err(_) => Tried::Broken { made },
        }
    }
}

fn deflated(packing: Packing, header: usize, claim: Claim) -> Seen {
    let header = vec![Field::Bytes(header)];
    Seen::Part(Beginning { packing, header, codec: Codec::deflate(), claim, inside: Vec::new() })
}

fn declared_zlib(said: Declared, flags: u8, inside: Vec<Declared>) -> Seen {
    let claim = match said {
        Declared::Pixels => Claim::Excused,
        Declared::Text => Claim::Certain,
        _ => Claim::InPdf,
    };
    if needs_dictionary(flags) && claim != Claim::Excused {
        return Seen::Unseen(DICTIONARY, claim);
    }
    let (header, codec) = (vec![Field::Bytes(ZLIB)], Codec::deflate());
    Seen::Part(Beginning { packing: Packing::Zlib, header, codec, claim, inside })
}

/// RFC 1950, 2.2: deflate, a window of at most 32 KiB, and the check bits.
fn is_zlib(method: u8, flags: u8) -> bool {
    method & 0x0f == 8 && method >> 4 <= 7 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
}

/// The kind of the first block (RFC 1951, 3.2.3); of nothing, that of which there is none.
fn kind(deflated: &[u8]) -> u8 {
    deflated.first().map_or(3, |byte| byte >> 1 & 3)
}

/// Whether it was inflated as far as anything is tried.
fn is_long(bytes: &[u8], made: usize) -> bool {
    made == BELIEVED || bytes.len() >= DECIDED_BY
}

/// Whether an encoder must have written it: not in the fixed codes, unless it gains an eighth by them. What is stored
/// tells nothing: two numbers that are each other's complement stand in fonts and programs, and it is looked through as it
/// is anyway.
fn is_written(deflated: &[u8], used: usize, made: usize) -> bool {
    match kind(deflated) {
        DYNAMIC => true,
        FIXED => made * 8 >= used * 9,
        _ => false,
    }
}

fn needs_dictionary(flags: u8) -> bool {
    flags & 0x20 != 0
}

/// Whether a stream of a PDF ends where it begins.
fn is_empty_stream(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    bytes.is_empty() || bytes.starts_with(b"endstream")
}

fn zip(bytes: &[u8]) -> Seen {
    if bytes.len() < ZIP_FIELDS {
        return Seen::Nothing;
    }
    let field = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let flags = field(6);
    match field(8) {
        // What is stored stands in the document as it is.
        0 => Seen::Nothing,
        // Encrypted.
        _ if flags & 1 == 1 => Seen::Nothing,
        8 => {
            let header = ZIP_FIELDS + usize::from(field(26)) + usize::from(field(28));
            // Some writers say of a folder that it is deflated, and write nothing.
            let is_empty = flags & 8 == 0 && bytes[14..26].iter().all(|&byte| byte == 0);
            let is_usual = bytes[4] <= ZIP_VERSION && flags & ZIP_NO_FLAGS == 0 && !is_empty;
            deflated(Packing::Zip, header, if is_usual { Claim::Certain } else { Claim::OnceBegun })
        }
        // All that APPNOTE 4.4.5 lists; other numbers are no member of a zip.
        method @ (1..=20 | 93..=99) => Seen::Unknown(method),
        _ => Seen::Nothing,
    }
}

/// What is to be skipped, last field first: the order of RFC 1952, 2.3, from its end.
fn gzip_header(flags: u8) -> Vec<Field> {
    let mut header = Vec::new();
    if flags & 2 != 0 {
        header.push(Field::Bytes(2));
    }
    header.extend((0..(flags >> 3 & 1) + (flags >> 4 & 1)).map(|_| Field::Text));
    if flags & 4 != 0 {
        header.push(Field::Counted(None));
    }
    header.push(Field::Bytes(GZIP_FIELDS));
    header
}

/// A stream of PDF that is, or may be, in ASCII85; one that is deflated is found by its own beginning.
fn ascii85(keyword: Option<usize>, claim: Claim, inside: Vec<Declared>) -> Seen {
    let header = keyword.map(Field::Bytes).into_iter().collect();
    let codec = Codec::Ascii85(Ascii85::default());
    Seen::Part(Beginning { packing: Packing::Ascii85, header, codec, claim, inside })
}

/// RFC 1950, 8.2.
fn adler32(bytes: &[u8]) -> u32 {
    let step = |(a, b): (u32, u32), &byte: &u8| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    };
    let (a, b) = bytes.iter().fold((1, 0), step);
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands at the beginning of a layer, or further on in it.
    fn seen(bytes: &[u8], is_first: bool) -> Seen {
        Probe::default().look(&mut Place { is_first, declared: Vec::new(), keyword: None }, bytes)
    }

    fn is_claimed(seen: &Seen, sought: Claim) -> bool {
        matches!(seen, Seen::Part(Beginning { claim, .. }) if *claim == sought)
    }

    #[test]
    fn what_breaks_is_looked_through_only_where_a_layer_begins_with_it() {
        // A stored block of three bytes, then a block of no kind.
        let broken = b"\x78\x9c\x00\x03\x00\xfc\xffabc\x07";
        assert!(is_claimed(&seen(broken, true), Claim::Doubtful));
        assert!(matches!(seen(broken, false), Seen::Accident));
    }

    /// A stream that names a dictionary and does not need it, of so many bytes.
    fn with_dictionary(length: usize) -> Vec<u8> {
        let stored = u16::try_from(length - ZLIB_DICTIONARY - 5 - ADLER).unwrap();
        let block = [&[1][..], &stored.to_le_bytes(), &(!stored).to_le_bytes()].concat();
        let content = vec![b'x'; usize::from(stored)];
        [&b"\x78\xbb\0\0\0\x01"[..], &block, &content, &[0; ADLER]].concat()
    }

    #[test]
    fn a_layer_that_is_one_short_stream_with_a_dictionary_was_not_seen() {
        let is_unseen = |bytes: &[u8], is_first| matches!(seen(bytes, is_first), Seen::Unseen(_, Claim::Certain));
        let short = with_dictionary(100);
        assert!(is_unseen(&short, true));
        for (bytes, is_first) in
            [(&short[..], false), (&short[..99], true), (&[&short[..], b"x"].concat(), true), (&short[1..], true)]
        {
            assert!(!is_unseen(bytes, is_first), "{} bytes, {is_first}", bytes.len());
        }
        assert!(is_unseen(&with_dictionary(DECIDED_BY - 1), true));
        assert!(is_claimed(&seen(&with_dictionary(DECIDED_BY), true), Claim::Doubtful));
    }

    #[test]
    fn a_kibibyte_of_content_or_two_that_were_read_are_long() {
        let read = [0; DECIDED_BY];
        for (read, made, expected) in [
            (&read[1..], BELIEVED - 1, false),
            (&read[1..], BELIEVED, true),
            (&read[..], BELIEVED - 1, true),
            (&read[..], 0, true),
        ] {
            assert_eq!(is_long(read, made), expected, "{} bytes of {}", made, read.len());
        }
    }
}
