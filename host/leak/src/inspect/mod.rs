//! Looks for values in a finished document: as it stands, and in what its compressed parts inflate to.
//!
//! Text was masked while it was written, and passes. Anything else cannot be masked without damage: one value in it, and
//! the document must not leave. So must one that is over a bound, since nobody has seen all of it.
//!
//! Compressed parts are found by how they begin, wherever that stands: zip members, gzip, zlib (so the `FlateDecode`
//! streams of PDF and the texts of PNG), and the streams of PDF in ASCII85. A part that breaks off or is damaged was not
//! seen whole, and its document does not leave: a zip member and what PDF or PNG say to be one at whatever place, gzip
//! that a document begins with too, anything else once 1 KiB of it was inflated. What only looks like the beginning of
//! one breaks off before. Containers are not parsed beyond that, so a damaged one is looked into as well. The search
//! takes 8 MiB at most, and asks the run's [`Work`] as it goes.
//!
//! Deliberately absent: deflate without a header, which cannot be told from anything else; what is behind the damage of a
//! header; other compression (zstd, xz, bzip2, LZW); the pixels of images, and so zlib that a PNG cuts into chunks;
//! encrypted content; and text that a format takes apart, as PDF does with the glyphs of an embedded font.

mod ascii85;
mod compressed;
mod context;
mod layer;
mod probe;

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use super::{Filter, Stream};
use layer::{Layer, MEMORY, MOST_AT_ONCE, MOST_DEEP, MOST_PARTS, Search};
use um_base::coded;
use um_base::{Over, Work};

/// How much is read at once, in bytes.
const PIECE: usize = 64 * 1024;
/// The run is asked whether it goes on every so many bytes that are read or inflated.
const STEP: usize = 64 * 1024;
/// A document that says so in its first kilobyte is a PDF (ISO 32000-1, annex H, note 13), even if all of it is ASCII.
const PDF: &[u8] = b"%PDF-";
const HEAD: u64 = 1024;

/// Bytes inflated for all documents of a run.
const MOST_OF_RUN: u64 = 1 << 30;

/// What may still be inflated for the documents of one run: 1 GiB at first.
#[derive(Debug)]
pub struct Budget {
    left: u64,
}

/// Why a document is not let out. Names secrets, and holds nothing else of what stands in the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Withheld {
    #[error("it holds {}, and a binary document cannot be masked without damage", secrets.join(", "))]
    Leak { secrets: Vec<String> },
    #[error(
        "it inflates to more than is looked through: 64 MiB and 100 times its size, or 1 GiB for all documents of a run"
    )]
    TooLarge,
    #[error("it has more compressed parts than are looked through: {MOST_PARTS} in all, {MOST_AT_ONCE} side by side")]
    TooManyParts,
    #[error("compressed parts lie in each other more than {MOST_DEEP} deep, which is not looked through")]
    TooDeep,
    #[error("a part is compressed by a method that cannot be looked through (ZIP method {method}); use deflate")]
    UnknownMethod { method: u16 },
    #[error(
        "it breaks off in the middle of a compressed part ({packing}), of which the rest cannot be looked through; \
         finish the file, and close what writes it, before the run ends"
    )]
    Cut { packing: Packing },
    #[error(
        "a compressed part of it ({packing}) is damaged, and what follows the damage cannot be looked through; write it \
         anew, or publish what is in it uncompressed"
    )]
    Damaged { packing: Packing },
    #[error(
        "a compressed part of it ({packing}) needs a preset dictionary, and cannot be looked through without; compress \
         it without one"
    )]
    Dictionary { packing: Packing },
}

/// How a part of a document is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packing {
    Zip,
    Gzip,
    Zlib,
    /// Of PDF, with or without zlib in it.
    Ascii85,
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "zip",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Ascii85 => "ASCII85",
        })
    }
}

/// Why a document could not be inspected, or may not be published.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    #[error(transparent)]
    Withheld(#[from] Withheld),
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It was not looked through to its end.
    #[error(transparent)]
    Over(#[from] Over),
}

coded! { InspectError:
    Self::Withheld(_) => Denied "document-withheld",
    Self::Read(_) => Unavailable "document-unreadable",
    Self::Over(over) => in over,
}

impl Filter {
    /// Says whether a document may leave. `content` is what was written through a redactor of this `stream`, from the
    /// beginning; what is found in it is counted for the stream.
    ///
    /// It may, if it is text: UTF-8 without NUL, and no PDF. Otherwise no value may have been masked in it, nor stand in
    /// what it inflates to, and all of its compressed parts must have been seen whole. `work` is asked every 64 KiB, and
    /// holds the 8 MiB that this takes at most.
    ///
    /// # Errors
    /// [`InspectError::Withheld`] if it may not leave, [`InspectError::Read`] if it cannot be read,
    /// [`InspectError::Over`] if the work is over before.
    pub fn inspect(
        &self,
        work: &Work,
        stream: &Stream,
        content: &mut (impl Read + Seek),
        budget: &mut Budget,
    ) -> Result<(), InspectError> {
        content.rewind()?;
        let _held = work.hold(MEMORY)?;
        if is_text(work, content)? {
            return Ok(());
        }
        let size = content.seek(SeekFrom::End(0))?;
        content.rewind()?;
        let searched = self.search_parts(content, Search::new(work, self, stream, size, budget));
        let mut secrets: Vec<String> =
            self.report().into_iter().filter(|leak| leak.stream == *stream).map(|leak| leak.secret).collect();
        secrets.dedup();
        match secrets.is_empty() {
            true => searched,
            false => Err(Withheld::Leak { secrets }.into()),
        }
    }

    fn search_parts(&self, content: &mut impl Read, mut search: Search) -> Result<(), InspectError> {
        let mut document = Layer::new(0, Vec::new(), &search);
        let mut piece = Zeroizing::new(vec![0; PIECE]);
        loop {
            let length = content.read(&mut piece)?;
            if length == 0 {
                return document.finish(&mut search)?.map_or(Ok(()), |unseen| Err(unseen.into()));
            }
            search.read(length)?;
            document.write(&piece[..length], &mut search)?;
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MOST_OF_RUN }
    }
}

/// Whether the content is UTF-8 without NUL, and no PDF.
fn is_text(work: &Work, content: &mut (impl Read + Seek)) -> Result<bool, InspectError> {
    let mut piece = Zeroizing::new(Vec::with_capacity(PIECE));
    content.take(HEAD).read_to_end(&mut piece)?;
    if piece.windows(PDF.len()).any(|bytes| bytes == PDF) {
        return Ok(false);
    }
    piece.clear();
    content.rewind()?;
    loop {
        work.step()?;
        // What is left of the piece before is a character of which the rest has not come.
        let begun = piece.len();
        content.take((PIECE - begun) as u64).read_to_end(&mut piece)?;
        if piece.len() == begun {
            return Ok(begun == 0);
        }
        let valid = match std::str::from_utf8(&piece) {
            Ok(_) => piece.len(),
            Err(broken) if broken.error_len().is_none() => broken.valid_up_to(),
            Err(_) => return Ok(false),
        };
        if piece.contains(&0) {
            return Ok(false);
        }
        piece.drain(..valid);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::layer::ACCIDENT;
    use super::*;

    #[test]
    fn a_budget_is_for_all_documents_of_a_run() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&[0; 1000]).unwrap();
        let document = encoder.finish().unwrap();
        let (filter, stream) = (Filter::new(), Stream::Document("a.gz".to_owned()));
        let mut budget = Budget { left: 2 * (1000 + document.len() as u64) };
        let mut inspect = || filter.inspect(&Work::unlimited(), &stream, &mut Cursor::new(&document), &mut budget);
        assert!(inspect().is_ok());
        assert!(inspect().is_ok());
        assert!(matches!(inspect(), Err(InspectError::Withheld(Withheld::TooLarge))));
    }

    #[test]
    fn places_where_nothing_begins_are_not_tried_without_end() {
        let document = b"x\x9c".repeat(1000);
        let inspect = |left| {
            let stream = Stream::Document("a.bin".to_owned());
            Filter::new().inspect(&Work::unlimited(), &stream, &mut Cursor::new(&document), &mut Budget { left })
        };
        assert!(inspect(1_010 * ACCIDENT as u64).is_ok());
        assert!(inspect(900 * ACCIDENT as u64).is_err());
    }
}
