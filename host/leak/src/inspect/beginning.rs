//! How compressed parts of a document begin, and what decodes them.

use flate2::{Decompress, FlushDecompress, Status};

use super::ascii85::Ascii85;
use super::context::Declared;
use super::error::Packing;
use super::step::{Step, Then};

/// What looks like a part by accident has broken off by now.
pub(super) const BELIEVED: usize = 1024;

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

    /// Decodes as much as there is room for.
    pub fn step(&mut self, bytes: &[u8], room: &mut [u8]) -> Step {
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
