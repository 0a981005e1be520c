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
mod beginning;
pub(crate) mod bounds;
mod context;
pub(crate) mod error;
mod layer;
mod probe;
mod step;

use std::io::{Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use bounds::{Budget, MEMORY};
use context::PDF;
use error::{InspectError, Withheld};
use layer::{Layer, Search};

use crate::filter::Ready;
use crate::report::Stream;
use um_base::Work;

/// How much is read at once, in bytes.
const PIECE: usize = 64 * 1024;
const HEAD: u64 = 1024;

impl Ready<'_> {
    /// Says whether a document may leave. `content` is what was written through a redactor of this `stream`, from the
    /// beginning; what is found in it is counted for the stream.
    ///
    /// It may, if it is text: UTF-8 without NUL, and no PDF. Otherwise no value may have been masked in it, nor stand in
    /// what it inflates to, and all of its compressed parts must have been seen whole. Doubtful parts of a value may stand
    /// there, and are counted. `work` is asked every 64 KiB, and
    /// holds the 8 MiB that this takes at most.
    ///
    /// # Errors
    /// [`InspectError::Withheld`] if it may not leave, [`InspectError::Read`] if it cannot be read,
    /// [`InspectError::Over`] if the work is over before.
    pub fn inspect(
        self,
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
        let report = self.filter().report().into_iter();
        let mut secrets: Vec<String> = report.filter(|leak| leak.stream == *stream).map(|leak| leak.owner()).collect();
        secrets.dedup();
        match secrets.is_empty() {
            true => searched,
            false => Err(Withheld::Leak { secrets }.into()),
        }
    }

    fn search_parts(self, content: &mut impl Read, mut search: Search) -> Result<(), InspectError> {
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

    use super::bounds::ACCIDENT;
    use super::*;
    use crate::filter::Filter;
    use crate::form::Form;
    use crate::forms::encode;
    use crate::forms::table::Shape;
    use crate::oracle::ready;
    use um_secret::Verdict;

    /// Guards a value of two parts, one of which is certain.
    fn guarding_parts() -> Filter {
        let shape = |path: &str, text: &str, verdict| {
            let (bytes, path) = (encode::raw(text.as_bytes()), Some(path.into()));
            Shape { form: Form::Part, bytes, across_lines: false, verdict, path }
        };
        let (doubtful, certain) = (Verdict::Doubtful, Verdict::Certain);
        let shapes = vec![shape("project", "my-project", doubtful), shape("db.password", "k7x!k7x!", certain)];
        let filter = Filter::new();
        filter.write(|guarded| guarded.add("JSON", shapes));
        filter
    }

    /// Gzip as it is written by the run, then looked through.
    fn written(filter: &Filter, text: &str) -> Result<(), InspectError> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        let content = [encoder.finish().unwrap(), b"my-project\xff".to_vec()].concat();
        let stream = Stream::Document("a.gz".to_owned());
        let (mut redactor, mut staged) = (filter.stream(stream.clone()), Vec::new());
        redactor.write(ready(filter), &content, &mut staged);
        redactor.finish(ready(filter), &mut staged);
        assert_eq!(staged, content);
        ready(filter).inspect(&Work::unlimited(), &stream, &mut Cursor::new(&staged), &mut Budget::default())
    }

    #[test]
    fn a_doubtful_part_keeps_no_document_in_and_counts_once_wherever_it_stands() {
        let filter = guarding_parts();
        assert!(written(&filter, "of my-project and my-project").is_ok());
        let counted: Vec<_> = filter.doubtful().iter().map(|leak| (leak.owner(), leak.count)).collect();
        assert_eq!(counted, [("JSON (project)".to_owned(), 3)]);
        assert!(filter.report().is_empty());
    }

    #[test]
    fn a_certain_part_does_and_is_named_by_its_path() {
        let withheld = written(&guarding_parts(), "my-project-k7x!k7x!").unwrap_err();
        let told = "it holds JSON (db.password), and a binary document cannot be masked without damage";
        assert_eq!(withheld.to_string(), told);
    }

    #[test]
    fn a_budget_is_for_all_documents_of_a_run() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&[0; 1000]).unwrap();
        let document = encoder.finish().unwrap();
        let (filter, stream) = (Filter::new(), Stream::Document("a.gz".to_owned()));
        let mut budget = Budget { left: 2 * (1000 + document.len() as u64) };
        let mut inspect =
            || ready(&filter).inspect(&Work::unlimited(), &stream, &mut Cursor::new(&document), &mut budget);
        assert!(inspect().is_ok());
        assert!(inspect().is_ok());
        assert!(matches!(inspect(), Err(InspectError::Withheld(Withheld::TooLarge))));
    }

    #[test]
    fn places_where_nothing_begins_are_not_tried_without_end() {
        let document = b"x\x9c".repeat(1000);
        let inspect = |left| {
            let stream = Stream::Document("a.bin".to_owned());
            ready(&Filter::new()).inspect(
                &Work::unlimited(),
                &stream,
                &mut Cursor::new(&document),
                &mut Budget { left },
            )
        };
        assert!(inspect(1_010 * ACCIDENT as u64).is_ok());
        assert!(inspect(900 * ACCIDENT as u64).is_err());
    }
}
