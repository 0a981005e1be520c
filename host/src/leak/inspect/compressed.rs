//! One compressed part of a document: how it begins, and what it inflates to.

use flate2::{Decompress, FlushDecompress, Status};
use zeroize::Zeroizing;

use super::Withheld;
use super::ascii85::Ascii85;
use super::layer::{Layer, Work};

/// Inflated at once, in bytes.
const ROOM: usize = 16 * 1024;
/// What looks like a part by accident has broken off by now.
const BELIEVED: usize = 1024;
/// The fixed fields of a zip member's local header (APPNOTE 6.3.10, 4.3.7).
const ZIP_FIELDS: usize = 30;
/// The fixed fields of a gzip member (RFC 1952, 2.3.1).
const GZIP_FIELDS: usize = 10;
/// The keyword before the bytes of a stream object of PDF (ISO 32000-1, 7.3.8.1), with each end of line that it may have.
const PDF_STREAM: [&[u8]; 2] = [b"stream\n", b"stream\r\n"];

/// A part that has begun.
pub(super) struct Part {
    header: Vec<Field>,
    codec: Codec,
    content: Layer,
    inflated: usize,
    certain: bool,
    /// Whether it is accounted for.
    believed: bool,
}

/// How a part begins: what is to be skipped, last field first, and how the rest is encoded.
pub(super) struct Beginning {
    header: Vec<Field>,
    codec: Codec,
    /// No accident looks like this.
    certain: bool,
}

/// What stands at a place.
pub(super) enum Seen {
    Nothing,
    /// What looked like a part until it was tried.
    Accident,
    Part(Beginning),
    /// A zip member that is compressed by this method.
    Unknown(u16),
}

/// A field of a header that has no meaning here.
enum Field {
    Bytes(usize),
    /// Text up to a NUL.
    Text,
    /// A length in two bytes, and so many bytes; the first of the two if it has come.
    Counted(Option<u8>),
}

enum Codec {
    Deflate(Box<Decompress>),
    Ascii85(Ascii85),
}

/// What one step of a codec came to.
pub(super) struct Step {
    /// Bytes of input that were used.
    pub used: usize,
    /// Bytes of output that were made.
    pub made: usize,
    pub then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    GoesOn,
    Ended,
    /// No valid data any more.
    Broken,
}

impl Part {
    /// So many bytes from its beginning on decide whether a part is one.
    pub const DECIDED_BY: usize = 512;

    pub fn new(beginning: Beginning, content: Layer) -> Self {
        let Beginning { header, codec, certain } = beginning;
        Self { header, codec, content, inflated: 0, certain, believed: false }
    }

    /// Takes what follows, and tells whether the part goes on.
    pub fn write(&mut self, bytes: &[u8], work: &mut Work) -> Result<bool, Withheld> {
        let mut rest = self.skip_header(bytes);
        let mut room = Zeroizing::new(vec![0; ROOM]);
        loop {
            let Step { used, made, then } = self.codec.step(rest, &mut room);
            rest = &rest[used..];
            work.charge(used + made)?;
            self.inflated += made;
            self.believe(then, work)?;
            self.content.write(&room[..made], work)?;
            match then {
                Then::GoesOn if used + made > 0 => {}
                Then::GoesOn => return Ok(true),
                Then::Ended | Then::Broken => return self.finish(work).map(|()| false),
            }
        }
    }

    /// No more bytes come.
    pub fn finish(&mut self, work: &mut Work) -> Result<(), Withheld> {
        self.content.finish(work)
    }

    fn believe(&mut self, then: Then, work: &mut Work) -> Result<(), Withheld> {
        let is_whole = then == Then::Ended && self.inflated > 0;
        if self.believed || !(self.certain || is_whole || self.inflated >= BELIEVED) {
            return Ok(());
        }
        self.believed = true;
        work.believe(self.content.depth())
    }

    fn skip_header<'a>(&mut self, mut bytes: &'a [u8]) -> &'a [u8] {
        while let (Some(field), false) = (self.header.last_mut(), bytes.is_empty()) {
            let (skipped, complete) = field.skip(bytes);
            bytes = &bytes[skipped..];
            if complete {
                self.header.pop();
            }
        }
        bytes
    }
}

impl Field {
    /// How many bytes belong to the field, and whether it ends with them.
    fn skip(&mut self, bytes: &[u8]) -> (usize, bool) {
        match self {
            Self::Bytes(left) => {
                let skipped = bytes.len().min(*left);
                *left -= skipped;
                (skipped, *left == 0)
            }
            Self::Text => match bytes.iter().position(|&byte| byte == 0) {
                Some(nul) => (nul + 1, true),
                None => (bytes.len(), false),
            },
            Self::Counted(low @ None) => {
                *low = Some(bytes[0]);
                (1, false)
            }
            Self::Counted(Some(low)) => {
                *self = Self::Bytes(u16::from_le_bytes([*low, bytes[0]]).into());
                (1, false)
            }
        }
    }
}

impl Codec {
    fn deflate(zlib: bool) -> Self {
        Self::Deflate(Box::new(Decompress::new(zlib)))
    }

    fn step(&mut self, bytes: &[u8], room: &mut [u8]) -> Step {
        match self {
            Self::Deflate(inflate) => step(inflate, bytes, room),
            Self::Ascii85(decoder) => decoder.step(bytes, room),
        }
    }
}

fn step(inflate: &mut Decompress, bytes: &[u8], room: &mut [u8]) -> Step {
    let (used, made) = (inflate.total_in(), inflate.total_out());
    let then = match inflate.decompress(bytes, room, FlushDecompress::None) {
        Ok(Status::StreamEnd) => Then::Ended,
        Ok(Status::Ok | Status::BufError) => Then::GoesOn,
        Err(_) => Then::Broken,
    };
    // Neither is more than the slice it counts.
    Step { used: (inflate.total_in() - used) as usize, made: (inflate.total_out() - made) as usize, then }
}

/// Tells whether a part begins at a place.
pub(super) struct Probe {
    zlib: Decompress,
    room: Zeroizing<Vec<u8>>,
}

impl Default for Probe {
    fn default() -> Self {
        Self { zlib: Decompress::new(true), room: Zeroizing::new(vec![0; BELIEVED]) }
    }
}

impl Probe {
    pub fn look(&mut self, bytes: &[u8]) -> Seen {
        match bytes {
            [b'P', b'K', 3, 4, ..] => zip(bytes),
            [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 && bytes.len() > GZIP_FIELDS => gzip(*flags),
            [b's', ..] => pdf(bytes),
            [method, flags, ..] if is_zlib(*method, *flags) => self.zlib(bytes),
            _ => Seen::Nothing,
        }
    }

    fn zlib(&mut self, bytes: &[u8]) -> Seen {
        self.zlib.reset(true);
        match step(&mut self.zlib, &bytes[..bytes.len().min(Part::DECIDED_BY)], &mut self.room).then {
            Then::Broken => Seen::Accident,
            _ => Seen::Part(Beginning { header: Vec::new(), codec: Codec::deflate(true), certain: false }),
        }
    }
}

/// RFC 1950, 2.2: deflate, a window of at most 32 KiB, no preset dictionary, and the check bits.
fn is_zlib(method: u8, flags: u8) -> bool {
    method & 0x0f == 8
        && method >> 4 <= 7
        && flags & 0x20 == 0
        && u16::from_be_bytes([method, flags]).is_multiple_of(31)
}

fn zip(bytes: &[u8]) -> Seen {
    if bytes.len() < ZIP_FIELDS {
        return Seen::Nothing;
    }
    let field = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let is_encrypted = field(6) & 1 == 1;
    match field(8) {
        // What is stored stands in the document as it is.
        0 => Seen::Nothing,
        _ if is_encrypted => Seen::Nothing,
        8 => {
            let header = ZIP_FIELDS + usize::from(field(26)) + usize::from(field(28));
            Seen::Part(Beginning { header: vec![Field::Bytes(header)], codec: Codec::deflate(false), certain: true })
        }
        // All that APPNOTE 4.4.5 lists; other numbers are no member of a zip.
        method @ (1..=20 | 93..=99) => Seen::Unknown(method),
        _ => Seen::Nothing,
    }
}

fn gzip(flags: u8) -> Seen {
    // The order of RFC 1952, 2.3, from its end.
    let mut header = Vec::new();
    if flags & 2 != 0 {
        header.push(Field::Bytes(2));
    }
    header.extend((0..(flags >> 3 & 1) + (flags >> 4 & 1)).map(|_| Field::Text));
    if flags & 4 != 0 {
        header.push(Field::Counted(None));
    }
    header.push(Field::Bytes(GZIP_FIELDS));
    Seen::Part(Beginning { header, codec: Codec::deflate(false), certain: false })
}

/// A stream of PDF that may be in ASCII85; one that is deflated is found by its own beginning.
fn pdf(bytes: &[u8]) -> Seen {
    let Some(keyword) = PDF_STREAM.iter().find(|keyword| bytes.starts_with(keyword)) else { return Seen::Nothing };
    let header = vec![Field::Bytes(keyword.len())];
    Seen::Part(Beginning { header, codec: Codec::Ascii85(Ascii85::default()), certain: false })
}
