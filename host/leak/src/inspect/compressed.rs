//! One compressed part of a document: what it inflates to, and whether all of it was seen.

use flate2::{Decompress, FlushDecompress, Status};
use zeroize::Zeroizing;

use super::ascii85::Ascii85;
use super::context::Declared;
use super::layer::{Layer, Search};
use super::{InspectError, Packing, Withheld};

/// Inflated at once, in bytes.
pub(super) const ROOM: usize = 16 * 1024;
/// What looks like a part by accident has broken off by now.
pub(super) const BELIEVED: usize = 1024;

/// A part that has begun.
pub(super) struct Part {
    packing: Packing,
    header: Vec<Field>,
    codec: Codec,
    content: Layer,
    inflated: usize,
    claim: Claim,
    /// Whether it is accounted for.
    believed: bool,
}

/// How a part begins: what is to be skipped, last field first, and how the rest is encoded.
pub(super) struct Beginning {
    pub packing: Packing,
    pub header: Vec<Field>,
    pub codec: Codec,
    pub claim: Claim,
    /// How its content is encoded in turn, if that was said.
    pub inside: Vec<Declared>,
}

/// How sure it is that a part is one, and so whether it must end as one to have been seen whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// It may be an accident: it is looked through as far as it goes.
    Doubtful,
    /// It is one, if anything is in it.
    OnceBegun,
    Certain,
    /// It is one, unless the PDF that says so is encrypted.
    InPdf,
    /// It is one that nobody promised to look through.
    Excused,
}

/// A field of a header that has no meaning here.
pub(super) enum Field {
    Bytes(usize),
    /// Text up to a NUL.
    Text,
    /// A length in two bytes, and so many bytes; the first of the two if it has come.
    Counted(Option<u8>),
}

pub(super) enum Codec {
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

/// What has become of a part.
pub(super) enum Fate {
    GoesOn,
    /// It is over, and for this reason not all of it was seen.
    Over(Option<Withheld>),
}

impl Part {
    pub fn new(beginning: Beginning, depth: usize, search: &Search) -> Self {
        let Beginning { packing, header, codec, claim, inside } = beginning;
        let content = Layer::new(depth, inside, search);
        Self { packing, header, codec, content, inflated: 0, claim, believed: false }
    }

    pub fn claim(&self) -> Claim {
        self.claim
    }

    /// Takes what follows.
    pub fn write(&mut self, bytes: &[u8], search: &mut Search) -> Result<Fate, InspectError> {
        let mut rest = bytes;
        if !Field::skip_all(&mut self.header, &mut rest) {
            return Ok(Fate::GoesOn);
        }
        let mut room = Zeroizing::new(vec![0; ROOM]);
        loop {
            let Step { used, made, then } = self.codec.step(rest, &mut room);
            rest = &rest[used..];
            search.charge(used + made)?;
            self.inflated += made;
            self.believe(then, search)?;
            self.content.write(&room[..made], search)?;
            match then {
                Then::GoesOn if used + made > 0 => {}
                Then::GoesOn => return Ok(Fate::GoesOn),
                Then::Ended => return self.content.finish(search).map(Fate::Over),
                Then::Broken => return self.end(Withheld::Damaged { packing: self.packing }, search).map(Fate::Over),
            }
        }
    }

    /// No more bytes come. What has no more than a header holds nothing.
    pub fn finish(&mut self, search: &mut Search) -> Result<Option<Withheld>, InspectError> {
        match self.header.is_empty() {
            true => self.end(Withheld::Cut { packing: self.packing }, search),
            false => Ok(None),
        }
    }

    /// Why not all of the part was seen, which did not end by itself.
    fn end(&mut self, fault: Withheld, search: &mut Search) -> Result<Option<Withheld>, InspectError> {
        let inside = self.content.finish(search)?;
        let is_part = match self.claim {
            Claim::Certain | Claim::InPdf => true,
            Claim::OnceBegun => self.inflated > 0,
            Claim::Doubtful | Claim::Excused => false,
        };
        Ok(inside.or(is_part.then_some(fault)))
    }

    fn believe(&mut self, then: Then, search: &mut Search) -> Result<(), InspectError> {
        let is_whole = then == Then::Ended && self.inflated > 0 && self.claim != Claim::Doubtful;
        let is_certain = matches!(self.claim, Claim::Certain | Claim::InPdf);
        if self.believed || !(is_certain || is_whole || self.inflated >= BELIEVED) {
            return Ok(());
        }
        self.believed = true;
        Ok(search.believe(self.content.depth())?)
    }
}

impl Field {
    /// Takes from the bytes what belongs to these fields, and tells whether that was all of them.
    pub fn skip_all(header: &mut Vec<Self>, bytes: &mut &[u8]) -> bool {
        while let (Some(field), false) = (header.last_mut(), bytes.is_empty()) {
            let (skipped, complete) = field.skip(bytes);
            *bytes = &bytes[skipped..];
            if complete {
                header.pop();
            }
        }
        header.is_empty()
    }

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
    /// Without header and check sum: what these say does not change what was seen.
    pub fn deflate() -> Self {
        Self::Deflate(Box::new(Decompress::new(false)))
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
