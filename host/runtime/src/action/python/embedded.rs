//! The runner as a part of this program, where whoever built it has put it there: then no Python, no pip and no network
//! are needed on the user's machine.
//!
//! It counts only for the sources that it was packaged from: a program built with the runner of others packages its own.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ruzstd::decoding::StreamingDecoder;

use super::sources;

/// What `build.rs` has included.
struct Embedded {
    /// The key of the sources that it was packaged from.
    key: &'static str,
    /// Its size once it is unpacked.
    bytes: u64,
    /// As one frame of zstd.
    compressed: &'static [u8],
}

static EMBEDDED: Option<Embedded> = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Whether there is one, of these sources.
pub(super) fn is_there() -> bool {
    of_these_sources(EMBEDDED.as_ref()).is_some()
}

/// Unpacks the runner into a file, if there is one.
///
/// # Errors
/// What kept it from being read or written.
pub(super) fn unpack(to: &Path) -> io::Result<()> {
    let embedded = of_these_sources(EMBEDDED.as_ref()).ok_or(io::ErrorKind::NotFound)?;
    embedded.unpack(&mut File::create(to)?)
}

fn of_these_sources(embedded: Option<&Embedded>) -> Option<&Embedded> {
    embedded.filter(|embedded| embedded.key == sources::key())
}

impl Embedded {
    fn unpack(&self, to: &mut impl io::Write) -> io::Result<()> {
        let decoder = StreamingDecoder::new(self.compressed).map_err(io::Error::other)?;
        // One byte more would show that it is another.
        match io::copy(&mut decoder.take(self.bytes + 1), to)? {
            bytes if bytes == self.bytes => Ok(()),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn embedded(key: &'static str, bytes: u64) -> Embedded {
        let compressed = compress_to_vec(&b"a component "[..], CompressionLevel::Fastest).leak();
        Embedded { key, bytes, compressed }
    }

    #[test]
    fn what_was_put_in_comes_out_and_nothing_else_does() {
        let mut unpacked = Vec::new();
        embedded("", 12).unpack(&mut unpacked).unwrap();
        assert_eq!(unpacked, b"a component ");
        assert!(embedded("", 11).unpack(&mut io::sink()).is_err());
        assert!(embedded("", 13).unpack(&mut io::sink()).is_err());
        let cut = Embedded { compressed: &embedded("", 12).compressed[..10], ..embedded("", 12) };
        assert!(cut.unpack(&mut io::sink()).is_err());
    }

    #[test]
    fn one_of_other_sources_does_not_count() {
        assert!(of_these_sources(Some(&embedded(sources::key(), 12))).is_some());
        assert!(of_these_sources(Some(&embedded("0123456789abcdef", 12))).is_none());
        assert!(of_these_sources(None).is_none());
    }
}
