//! Undoes the compression of answers, as they arrive and under bounds.
//!
//! We ask for none (`Accept-Encoding: identity`): the size of a compressed answer tells how much of what a guest sent
//! along is like the rest of it (BREACH, 2013), and time, meter and pieces show that size. Some servers compress anyway.

use std::io::Write;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::zstd::{Check, Zstd};
use crate::error::response::ResponseFault;

/// Most bytes that an answer may have after decompression.
const MAX_DECODED_BYTES: u64 = 256 * 1024 * 1024;
/// Decompressed bytes for each compressed one, on average, beyond [`FREE_BYTES`].
const MAX_RATIO: u64 = 200;
/// So many decompressed bytes may come of however few.
const FREE_BYTES: u64 = 1024 * 1024;
/// How much is decompressed before the bounds are looked at, in bytes.
const STEP: usize = 16 * 1024;

/// The one way in which an answer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// The whole of what a body was that is compressed with `br` or `zstd`.
///
/// # Errors
/// [`ResponseFault`] if it is no such body, breaks off, or was longer than `at_most` bytes or than
/// [`may_become`] says.
pub fn decompressed(bytes: &[u8], compression: Compression, at_most: u64) -> Result<Vec<u8>, ResponseFault> {
    let coding = match compression {
        Compression::Brotli => Coding::Brotli,
        Compression::Zstd => Coding::Zstd,
    };
    let mut decoder = Decoder { at_most, ..Decoder::new(coding) };
    let mut out = Vec::new();
    decoder.write(bytes, &mut out)?;
    decoder.finish(&mut out)?;
    Ok(out)
}

/// Most bytes that are made of a compressed body of this length.
pub fn may_become(length: usize) -> u64 {
    FREE_BYTES.max((length as u64).saturating_mul(MAX_RATIO))
}

/// What Python has no decompressor for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// `br` (RFC 7932).
    Brotli,
    /// `zstd` (RFC 8878), with windows of up to 8 MiB.
    Zstd,
}

/// Decompresses one answer.
pub(crate) struct Decoder {
    machine: Machine,
    /// Most bytes that it gives.
    at_most: u64,
    taken: u64,
    given: u64,
}

enum Machine {
    Identity,
    /// Until its first byte has come.
    New(Coding),
    Gzip(Box<flate2::write::MultiGzDecoder<Vec<u8>>>),
    Deflate {
        stream: Decompress,
        ended: bool,
    },
    Brotli {
        state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
        ended: bool,
    },
    Zstd(Box<Zstd>),
}

impl Coding {
    /// # Errors
    /// [`ResponseFault::Encoding`] if there are several, or one that is not known.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, ResponseFault> {
        let mut coding = Self::Identity;
        for value in headers.get_all(CONTENT_ENCODING) {
            for name in value.to_str().map_err(|_| ResponseFault::Encoding)?.split(',') {
                let next = match name.trim().to_ascii_lowercase().as_str() {
                    "" | "identity" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "deflate" => Self::Deflate,
                    "br" => Self::Brotli,
                    "zstd" => Self::Zstd,
                    _ => return Err(ResponseFault::Encoding),
                };
                if coding != Self::Identity {
                    return Err(ResponseFault::Encoding);
                }
                coding = next;
            }
        }
        Ok(coding)
    }
}

impl Decoder {
    pub(crate) fn new(coding: Coding) -> Self {
        let machine = if coding == Coding::Identity { Machine::Identity } else { Machine::New(coding) };
        Self { machine, at_most: MAX_DECODED_BYTES, taken: 0, given: 0 }
    }

    /// Whether bytes pass as they are.
    pub(crate) fn is_identity(&self) -> bool {
        matches!(self.machine, Machine::Identity)
    }

    /// Appends what `bytes` make to `out`.
    ///
    /// # Errors
    /// [`ResponseFault`] if they are no such stream, or make too much.
    pub(crate) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ResponseFault> {
        if let (Machine::New(coding), Some(&first)) = (&self.machine, bytes.first()) {
            self.machine = Machine::of(*coding, first);
        }
        // A byte of gzip makes a thousand.
        for piece in bytes.chunks(STEP / 64) {
            let before = out.len();
            self.taken += piece.len() as u64;
            self.machine.write(piece, out, &mut |length| {
                let given = self.given + (length - before) as u64;
                let bounded = given <= self.at_most && given <= FREE_BYTES.max(self.taken.saturating_mul(MAX_RATIO));
                if bounded { Ok(()) } else { Err(ResponseFault::TooLarge) }
            })?;
            self.given += (out.len() - before) as u64;
        }
        Ok(())
    }

    /// # Errors
    /// [`ResponseFault::Truncated`] if more should have come.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), ResponseFault> {
        self.machine.finish(out)
    }
}

impl Machine {
    fn of(coding: Coding, first: u8) -> Self {
        match coding {
            Coding::Identity => Self::Identity,
            Coding::Gzip => Self::Gzip(Box::new(flate2::write::MultiGzDecoder::new(Vec::new()))),
            // RFC 9110, 8.4.1.2 means zlib, whose first byte names its method; some servers leave that out.
            Coding::Deflate => Self::Deflate { stream: Decompress::new(first & 15 == 8), ended: false },
            Coding::Brotli => {
                let [a, b, c] = [(); 3].map(|()| StandardAlloc::default());
                Self::Brotli { state: Box::new(BrotliState::new_strict(a, b, c)), ended: false }
            }
            Coding::Zstd => Self::Zstd(Box::default()),
        }
    }

    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>, check: Check<'_>) -> Result<(), ResponseFault> {
        match self {
            Self::Identity | Self::New(_) => out.extend_from_slice(bytes),
            Self::Gzip(gzip) => {
                let written = gzip.write_all(bytes).and_then(|()| gzip.flush());
                written.map_err(|_| ResponseFault::Corrupt)?;
                out.append(gzip.get_mut());
            }
            Self::Deflate { stream, ended } => inflate(stream, ended, bytes, out, check)?,
            Self::Brotli { state, ended } => unbrotli(state, ended, bytes, out, check)?,
            Self::Zstd(zstd) => zstd.write(bytes, out, check)?,
        }
        check(out.len())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), ResponseFault> {
        let ended = match self {
            // An answer to HEAD has no body to decompress.
            Self::Identity | Self::New(_) => true,
            Self::Gzip(gzip) => {
                let ended = gzip.try_finish().is_ok();
                out.append(gzip.get_mut());
                ended
            }
            Self::Deflate { ended, .. } | Self::Brotli { ended, .. } => *ended,
            Self::Zstd(zstd) => zstd.is_between_frames(),
        };
        if ended { Ok(()) } else { Err(ResponseFault::Truncated) }
    }
}

fn inflate(
    stream: &mut Decompress,
    ended: &mut bool,
    mut bytes: &[u8],
    out: &mut Vec<u8>,
    check: Check<'_>,
) -> Result<(), ResponseFault> {
    loop {
        if *ended {
            return if bytes.is_empty() { Ok(()) } else { Err(ResponseFault::Corrupt) };
        }
        out.reserve(STEP);
        let (taken, given) = (stream.total_in(), stream.total_out());
        let status = stream.decompress_vec(bytes, out, FlushDecompress::None).map_err(|_| ResponseFault::Corrupt)?;
        let taken = usize::try_from(stream.total_in() - taken).map_err(|_| ResponseFault::Corrupt)?;
        bytes = &bytes[taken..];
        *ended = status == Status::StreamEnd;
        check(out.len())?;
        if taken == 0 && stream.total_out() == given {
            return if bytes.is_empty() { Ok(()) } else { Err(ResponseFault::Corrupt) };
        }
    }
}

fn unbrotli(
    state: &mut BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    ended: &mut bool,
    bytes: &[u8],
    out: &mut Vec<u8>,
    check: Check<'_>,
) -> Result<(), ResponseFault> {
    let (mut left, mut taken, mut total) = (bytes.len(), 0, 0);
    loop {
        if *ended {
            return if left == 0 { Ok(()) } else { Err(ResponseFault::Corrupt) };
        }
        let mut buffer = [0; STEP];
        let (mut room, mut filled) = (buffer.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            bytes,
            &mut room,
            &mut filled,
            &mut buffer,
            &mut total,
            state,
        );
        out.extend_from_slice(&buffer[..filled]);
        check(out.len())?;
        match result {
            BrotliResult::ResultSuccess => *ended = true,
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Ok(()),
            BrotliResult::ResultFailure => return Err(ResponseFault::Corrupt),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn compressed(coding: Coding, text: &[u8]) -> Vec<u8> {
        let level = flate2::Compression::default();
        match coding {
            Coding::Identity => text.to_vec(),
            Coding::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), level);
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
            Coding::Deflate => {
                let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), level);
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
            Coding::Brotli => {
                let mut out = Vec::new();
                brotli::BrotliCompress(&mut &text[..], &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
                out
            }
            Coding::Zstd => ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest),
        }
    }

    fn decoded(coding: Coding, bytes: &[u8], cut: usize) -> Result<Vec<u8>, ResponseFault> {
        let mut decoder = Decoder::new(coding);
        let mut out = Vec::new();
        bytes.chunks(cut.max(1)).try_for_each(|piece| decoder.write(piece, &mut out))?;
        decoder.finish(&mut out).map(|()| out)
    }

    const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

    fn text() -> Vec<u8> {
        (0..20_000_u32)
            .flat_map(|number| format!("{number} {}\n", number.wrapping_mul(2_654_435_761)).into_bytes())
            .collect()
    }

    #[test]
    fn what_was_compressed_comes_out_however_it_is_cut() {
        for coding in ALL {
            for text in [&text()[..], b"short", b""] {
                let bytes = compressed(coding, text);
                for cut in [1, 7, 1000, bytes.len()] {
                    assert!(decoded(coding, &bytes, cut).as_deref() == Ok(text), "{coding:?} {cut}");
                }
            }
        }
    }

    #[test]
    fn what_the_server_flushed_comes_out_at_once() {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(b"an event").unwrap();
        writer.flush().unwrap();
        let mut out = Vec::new();
        Decoder::new(Coding::Gzip).write(writer.get_ref(), &mut out).unwrap();
        assert_eq!(out, b"an event");
    }

    #[test]
    fn several_frames_and_deflate_without_its_head_come_out_too() {
        for coding in [Coding::Gzip, Coding::Zstd] {
            let twice = [compressed(coding, b"one "), compressed(coding, b"two")].concat();
            assert_eq!(decoded(coding, &twice, 3).unwrap(), b"one two");
        }
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        raw.write_all(&text()).unwrap();
        assert_eq!(decoded(Coding::Deflate, &raw.finish().unwrap(), 100).unwrap(), text());
    }

    #[test]
    fn nothing_at_all_is_an_empty_body() {
        ALL.into_iter().for_each(|coding| assert_eq!(decoded(coding, b"", 1), Ok(Vec::new())));
    }

    #[test]
    fn a_stream_that_breaks_off_is_an_error() {
        for coding in ALL {
            let bytes = compressed(coding, &text());
            for length in [1, 5, bytes.len() / 2, bytes.len() - 1] {
                let refused = decoded(coding, &bytes[..length], 100);
                assert_eq!(refused, Err(ResponseFault::Truncated), "{coding:?} after {length} bytes");
            }
        }
    }

    #[test]
    fn a_stream_that_is_none_or_goes_on_behind_its_end_is_an_error() {
        for coding in ALL {
            assert_eq!(
                decoded(coding, b"\xff\xfe plain text, and some more of it", 5),
                Err(ResponseFault::Corrupt),
                "{coding:?}"
            );
            let longer = [&compressed(coding, b"text")[..], b"\0\x01garbage behind the end of it"].concat();
            assert!(decoded(coding, &longer, 1000).is_err(), "{coding:?}");
        }
        let mut wrong = compressed(Coding::Gzip, &text());
        let sum = wrong.len() - 8;
        wrong[sum] ^= 1;
        assert!(decoded(Coding::Gzip, &wrong, 100).is_err());
    }

    #[test]
    fn a_bomb_is_an_error_before_it_goes_off() {
        for coding in ALL {
            let bomb = compressed(coding, &vec![b'a'; 32 << 20]);
            assert_eq!(decoded(coding, &bomb, 4096), Err(ResponseFault::TooLarge), "{coding:?} {}", bomb.len());
        }
    }

    #[test]
    fn a_whole_body_may_be_as_long_as_was_said_and_no_longer() {
        for (coding, compression) in [(Coding::Brotli, Compression::Brotli), (Coding::Zstd, Compression::Zstd)] {
            let (bytes, length) = (compressed(coding, &text()), text().len() as u64);
            assert!(decompressed(&bytes, compression, length).is_ok_and(|all| all == text()), "{coding:?}");
            assert_eq!(decompressed(&bytes, compression, length - 1), Err(ResponseFault::TooLarge), "{coding:?}");
            let broken = &bytes[..bytes.len() - 1];
            assert_eq!(decompressed(broken, compression, length), Err(ResponseFault::Truncated), "{coding:?}");
            let bomb = compressed(coding, &vec![b'a'; 32 << 20]);
            assert!(may_become(bomb.len()) < 32 << 20);
            assert_eq!(decompressed(&bomb, compression, 64 << 20), Err(ResponseFault::TooLarge), "{coding:?}");
        }
    }

    #[test]
    fn one_known_coding_is_understood_and_no_other() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, value.parse().unwrap());
            }
            Coding::of(&headers)
        };
        for (name, coding) in
            [("GZip", Coding::Gzip), ("x-gzip", Coding::Gzip), ("br, identity", Coding::Brotli), ("", Coding::Identity)]
        {
            assert_eq!(of(&[name]), Ok(coding));
        }
        assert_eq!(of(&[]), Ok(Coding::Identity));
        for values in [&["gzip, gzip"][..], &["gzip", "br"], &["compress"], &["aes128gcm"], &["dcz"], &["gzip;q=1"]] {
            assert_eq!(of(values), Err(ResponseFault::Encoding), "{values:?}");
        }
    }
}
