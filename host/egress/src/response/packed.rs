//! A body that is a gzip file without saying that it is compressed: what the service offers to be saved.
//!
//! It goes to the guest as it is, and holds none of the sealed values: what it inflates to is searched, and a piece of it
//! leaves when all that it came to is known to belong to none.
//!
//! Deliberately absent: other kinds of compressed files, and files in files.

use std::collections::VecDeque;

use super::decode::{Coding, Decoder};
use super::sealed_search::matcher::{Matcher, Reflections};
use crate::error::response::ResponseFault;

/// How a gzip file begins (RFC 1952, 2.3): its mark, and the one method that there is.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// How much is inflated at once, in bytes.
const STEP: usize = 4 * 1024;

/// What a body passes through, behind the search of its bytes as they are.
pub(crate) enum Packed {
    /// These are its first bytes; more tell what it is.
    Unknown(Vec<u8>, Reflections),
    No,
    Gzip(Box<Gzip>),
}

pub(crate) struct Gzip {
    decoder: Decoder,
    matcher: Matcher,
    /// Pieces that wait, each with how much they and those before it came to.
    waiting: VecDeque<(Vec<u8>, u64)>,
    inflated: u64,
    /// So much of it belongs to no value.
    settled: u64,
}

impl Packed {
    pub(crate) fn new(reflections: &Reflections) -> Self {
        Self::Unknown(Vec::new(), reflections.clone())
    }

    /// Takes what comes next of the body and appends to `out` what may leave.
    ///
    /// # Errors
    /// [`ResponseFault::Packed`] if a value is in it; as a [`Decoder`] if it is no such file, or a bomb.
    pub(crate) fn write(&mut self, bytes: Vec<u8>, out: &mut Vec<u8>) -> Result<(), ResponseFault> {
        match self {
            Self::No => out.extend_from_slice(&bytes),
            Self::Gzip(gzip) => gzip.write(bytes, out)?,
            Self::Unknown(begun, reflections) => {
                begun.extend_from_slice(&bytes);
                let known = begun.len().min(GZIP.len());
                if begun[..known] != GZIP[..known] {
                    out.append(begun);
                    *self = Self::No;
                } else if known == GZIP.len() {
                    let (begun, mut gzip) = (std::mem::take(begun), Gzip::new(reflections));
                    gzip.write(begun, out)?;
                    *self = Self::Gzip(Box::new(gzip));
                }
            }
        }
        Ok(())
    }

    /// Appends the rest.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), ResponseFault> {
        match std::mem::replace(self, Self::No) {
            Self::No => {}
            Self::Unknown(begun, _) => out.extend_from_slice(&begun),
            Self::Gzip(mut gzip) => gzip.finish(out)?,
        }
        Ok(())
    }
}

impl Gzip {
    fn new(reflections: &Reflections) -> Self {
        let (decoder, matcher) = (Decoder::new(Coding::Gzip), reflections.matcher());
        Self { decoder, matcher, waiting: VecDeque::new(), inflated: 0, settled: 0 }
    }

    fn write(&mut self, bytes: Vec<u8>, out: &mut Vec<u8>) -> Result<(), ResponseFault> {
        for piece in bytes.chunks(STEP) {
            let (mut inflated, mut passed) = (Vec::new(), Vec::new());
            self.decoder.write(piece, &mut inflated)?;
            self.matcher.write(&inflated, &mut passed);
            self.inflated += inflated.len() as u64;
            self.settled += passed.len() as u64;
            self.waiting.push_back((piece.to_vec(), self.inflated));
        }
        self.let_out(out)
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), ResponseFault> {
        let (mut inflated, mut passed) = (Vec::new(), Vec::new());
        self.decoder.finish(&mut inflated)?;
        self.matcher.write(&inflated, &mut passed);
        self.matcher.finish(&mut passed);
        self.settled = u64::MAX;
        self.let_out(out)
    }

    /// Nothing was replaced in what is settled, so it is as long as it was.
    fn let_out(&mut self, out: &mut Vec<u8>) -> Result<(), ResponseFault> {
        if self.matcher.has_found() {
            return Err(ResponseFault::Packed);
        }
        while let Some((piece, _)) = self.waiting.pop_front_if(|(_, inflated)| *inflated <= self.settled) {
            out.extend_from_slice(&piece);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::tests::compressed;
    use super::super::sealed_search::matcher::Reflection;
    use super::*;

    const TOKEN: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";

    /// What comes out of a body that comes in pieces, and how it ends.
    fn passed(body: &[u8], piece: usize) -> (Vec<u8>, Result<(), ResponseFault>) {
        let reflections = Reflections::new([Reflection { value: TOKEN, replacement: "***".to_owned() }]);
        let (mut packed, mut out) = (Packed::new(&reflections), Vec::new());
        let written = body.chunks(piece).try_for_each(|bytes| packed.write(bytes.to_vec(), &mut out));
        let ended = written.and_then(|()| packed.finish(&mut out));
        (out, ended)
    }

    fn text() -> Vec<u8> {
        (0..20_000_u32).flat_map(|line| format!("{line} {}\n", line.wrapping_mul(2_654_435_761)).into_bytes()).collect()
    }

    #[test]
    fn a_gzip_file_without_a_value_passes_as_it_is() {
        for body in [compressed(Coding::Gzip, &text()), text(), vec![0x1f], vec![0x1f, 0x8b], Vec::new()] {
            for piece in [1, 1000, 1 << 20] {
                assert_eq!(passed(&body, piece), (body.clone(), Ok(())), "{piece}");
            }
        }
    }

    #[test]
    fn one_with_a_value_does_not_pass_however_it_is_cut() {
        for written in [TOKEN.to_owned(), TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect()] {
            let body = compressed(Coding::Gzip, &[&text()[..], written.as_bytes(), &text()[..]].concat());
            for piece in [7, 1000, 1 << 20] {
                let (out, ended) = passed(&body, piece);
                assert_eq!(ended, Err(ResponseFault::Packed));
                let mut inflated = Vec::new();
                Decoder::new(Coding::Gzip).write(&out, &mut inflated).unwrap();
                assert!(inflated.len() <= text().len(), "nothing of the value is out");
            }
        }
    }

    #[test]
    fn what_only_begins_like_one_is_refused() {
        assert!(passed(b"\x1f\x8b\x08 and then some text that is none", 5).1.is_err());
        let whole = compressed(Coding::Gzip, &text());
        assert_eq!(passed(&whole[..whole.len() - 1], 1000).1, Err(ResponseFault::Truncated));
    }
}
