//! Bodies that no sealed value goes into, watched for placeholders while they stream.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use crate::error::sealed::{SealedFault, Site};
use crate::guards::{Guard, Guards};
use crate::request::placeholder::{FORMS, spotted};
use crate::request::sealed::SealedSet;
use um_base::percent::hex_digit;
use um_base::rule::PLACEHOLDER_PREFIX;
use um_leak::{End, Redactor, Stream};

/// A character that is percent-encoded more often than this is held to hide something.
const DEEPEST: usize = 4;

/// A body on its way out. What may be the beginning of a placeholder is held back until it is none; nothing else is, and
/// not a byte is changed. At a placeholder, in any form, the body ends in an error.
pub struct Watched<B> {
    body: B,
    watch: Watch,
    guards: Guards,
    /// Bytes that came in and did not go out yet.
    pending: u64,
    ended: bool,
}

/// Why a watched body broke off.
#[derive(Debug, thiserror::Error)]
pub enum WatchedError<E> {
    #[error(transparent)]
    Sealed(#[from] SealedFault),
    /// The body's own reason.
    #[error("the request's body broke off")]
    Body(E),
}

impl<B> Watched<B> {
    pub fn new(body: B, run: &SealedSet) -> Self {
        Self { body, watch: Watch::new(), guards: run.guards, pending: 0, ended: false }
    }

    fn pass(&mut self, piece: &Bytes) -> Result<Bytes, SealedFault> {
        if !self.guards.holds(Guard::Body) {
            return Ok(piece.clone());
        }
        let mut out = Vec::with_capacity(piece.len() + usize::try_from(self.pending).unwrap_or_default());
        self.watch.write(piece, &mut out)?;
        if !self.guards.holds(Guard::Held) {
            std::mem::replace(&mut self.watch, Watch::new()).finish(&mut out)?;
        }
        self.pending = (self.pending + piece.len() as u64).saturating_sub(out.len() as u64);
        Ok(out.into())
    }

    fn last(&mut self) -> Result<Bytes, SealedFault> {
        let mut out = Vec::new();
        std::mem::replace(&mut self.watch, Watch::new()).finish(&mut out)?;
        self.pending = 0;
        Ok(out.into())
    }
}

impl<B> Body for Watched<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = WatchedError<B::Error>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            let outcome = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Err(error)) => Err(WatchedError::Body(error)),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(piece) => self.pass(&piece).map_err(WatchedError::Sealed),
                    // Trailers are not sent.
                    Err(frame) => {
                        let clean = frame.trailers_ref().is_none_or(is_clean) || !self.guards.holds(Guard::Site);
                        if clean {
                            Ok(Bytes::new())
                        } else {
                            Err(SealedFault::Site { site: Site::Trailer, name: None }.into())
                        }
                    }
                },
                None => {
                    self.ended = true;
                    self.last().map_err(WatchedError::Sealed)
                }
            };
            match outcome {
                Ok(piece) if piece.is_empty() => {}
                Ok(piece) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                Err(error) => {
                    self.ended = true;
                    self.pending = 0;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.pending == 0 && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + self.pending);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + self.pending);
        }
        hint
    }
}

fn is_clean(trailers: &HeaderMap) -> bool {
    !trailers.iter().any(|(name, value)| spotted(name.as_str().as_bytes()) || spotted(value.as_bytes()))
}

/// Spots placeholders in a stream: first in the forms that the leak filter knows, then in what that lets out, in any case
/// and percent-encoded in part.
struct Watch {
    forms: Redactor,
    passed: Vec<u8>,
    folded: Folded,
}

impl Watch {
    fn new() -> Self {
        Self { forms: FORMS.stream(Stream::Stdin), passed: Vec::new(), folded: Folded::default() }
    }

    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), SealedFault> {
        self.passed.clear();
        self.forms.write(bytes, &mut self.passed);
        self.look(out)
    }

    fn finish(mut self, out: &mut Vec<u8>) -> Result<(), SealedFault> {
        self.passed.clear();
        self.forms.finish(End::Chosen, &mut self.passed);
        self.look(out)?;
        out.extend_from_slice(&self.folded.held);
        Ok(())
    }

    fn look(&mut self, out: &mut Vec<u8>) -> Result<(), SealedFault> {
        let found = self.forms.has_found() || self.folded.write(&self.passed, out);
        if found { Err(SealedFault::Site { site: Site::Body, name: None }) } else { Ok(()) }
    }
}

/// Finds the prefix in either case, each character as it is or percent-encoded. It starts with a letter that it has once,
/// so a character that does not go on with it may only begin it anew.
#[derive(Default)]
struct Folded {
    /// How many characters of the prefix stand before.
    matched: usize,
    escape: Escape,
    /// The text from the first of them on.
    held: Vec<u8>,
    /// Where in it the character begins that is being read.
    character: usize,
}

#[derive(Clone, Copy, Default)]
enum Escape {
    #[default]
    None,
    /// Behind a percent sign, encoded so often.
    High(usize),
    Low(usize, u8),
}

impl Folded {
    /// Appends to `out` what is no beginning of the prefix. Returns whether the prefix was found.
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.held.is_empty() {
                let next = memchr::memchr3(b'u', b'U', b'%', rest).unwrap_or(rest.len());
                out.extend_from_slice(&rest[..next]);
                rest = &rest[next..];
            }
            let Some((&byte, after)) = rest.split_first() else { return false };
            if self.read(byte, out) {
                return true;
            }
            rest = after;
        }
        false
    }

    fn read(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        let read = match self.escape {
            Escape::None => Some(Escape::None),
            Escape::High(depth) => hex_digit(byte).map(|high| Escape::Low(depth, high)),
            Escape::Low(depth, high) => hex_digit(byte).map(|low| match high << 4 | low {
                b'%' => Escape::High(depth + 1),
                _ => Escape::None,
            }),
        };
        let Some(next) = read else {
            // No escape after all.
            self.let_out(self.held.len(), out);
            self.matched = 0;
            self.escape = Escape::None;
            return self.read(byte, out);
        };
        if matches!(self.escape, Escape::Low(depth, _) if depth > DEEPEST) {
            return true;
        }
        let character = match (self.escape, next) {
            (Escape::None, _) if byte != b'%' => byte,
            (Escape::None, _) => {
                self.character = self.held.len();
                self.held.push(byte);
                self.escape = Escape::High(1);
                return false;
            }
            (Escape::Low(_, high), Escape::None) => high << 4 | hex_digit(byte).unwrap_or_default(),
            (_, next) => {
                self.held.push(byte);
                self.escape = next;
                return false;
            }
        };
        if matches!(self.escape, Escape::None) {
            self.character = self.held.len();
        }
        self.held.push(byte);
        self.escape = Escape::None;
        self.take(character.to_ascii_lowercase(), out)
    }

    fn take(&mut self, character: u8, out: &mut Vec<u8>) -> bool {
        let prefix = PLACEHOLDER_PREFIX.as_bytes();
        if character == prefix[self.matched] {
            self.matched += 1;
        } else if character == prefix[0] {
            self.let_out(self.character, out);
            self.matched = 1;
        } else {
            self.let_out(self.held.len(), out);
            self.matched = 0;
        }
        self.matched == prefix.len()
    }

    fn let_out(&mut self, count: usize, out: &mut Vec<u8>) {
        out.extend(self.held.drain(..count));
        self.character = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::{BodyExt, Full};
    use proptest::prelude::*;

    use super::*;
    use crate::request::placeholder::Placeholder;

    fn watch(pieces: impl Iterator<Item = Vec<u8>>) -> Result<Vec<u8>, SealedFault> {
        let mut out = Vec::new();
        let mut watch = Watch::new();
        for piece in pieces {
            watch.write(&piece, &mut out)?;
        }
        watch.finish(&mut out).map(|()| out)
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn a_placeholder_in_a_body_is_found_however_it_is_cut_and_written() {
        let text = Placeholder::new().to_string();
        let every: String = text.bytes().map(|byte| format!("%25{byte:02X}")).collect();
        for hidden in [&text, &text.to_uppercase(), &text.replace("m_", "M%5f"), &text.replace('u', "%2575"), &every] {
            let body = format!("unmuumu um_sea %u% um_{hidden} and more").into_bytes();
            for cut in 1..=body.len() {
                assert!(watch(body.chunks(cut).map(<[u8]>::to_vec)).is_err(), "{hidden} in pieces of {cut}");
            }
        }
    }

    #[test]
    fn nothing_else_is_held_back_at_all() {
        let mut watch = Watch::new();
        for line in ["plain text\n", "ends in um_sealed no more\n", "100%\n", "{\"json\": [1]}\n"] {
            let mut out = Vec::new();
            watch.write(line.as_bytes(), &mut out).unwrap();
            assert_eq!(out, line.as_bytes());
        }
        for (piece, due) in [("um_sea", ""), ("%6", ""), ("d!", "um_sea%6d!")] {
            let mut out = Vec::new();
            watch.write(piece.as_bytes(), &mut out).unwrap();
            assert_eq!(out, due.as_bytes());
        }
    }

    #[test]
    fn a_body_keeps_its_bytes_and_its_length() {
        let body = Watched::new(Full::new(Bytes::from_static(b"text that ends in um_seal")), &SealedSet::default());
        assert_eq!(body.size_hint().exact(), Some(25));
        assert_eq!(block_on(body.collect()).unwrap().to_bytes(), "text that ends in um_seal");
    }

    #[test]
    fn trailers_are_watched_and_left_out() {
        let body = |trailer: &str| {
            let mut trailers = HeaderMap::new();
            trailers.insert("x-note", trailer.parse().unwrap());
            let frames = [Frame::data(Bytes::from_static(b"data")), Frame::trailers(trailers)];
            block_on(Watched::new(Frames(frames.into_iter()), &SealedSet::default()).collect())
        };
        let clean = body("nothing").unwrap();
        assert!(clean.trailers().is_none());
        assert_eq!(clean.to_bytes(), "data");
        let refused = body(Placeholder::new().as_str()).unwrap_err();
        assert!(matches!(refused, WatchedError::Sealed(SealedFault::Site { site: Site::Trailer, .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_body_without_a_placeholder_passes_unchanged(
            pieces in prop::collection::vec(prop::sample::select(&["u", "U", "%", "25", "75", "um_sealed", "_", "x", "%5", "f", "%5f"][..]), 0..60),
            cut in 1..9_usize,
        ) {
            let body = pieces.concat().into_bytes();
            let passed = watch(body.chunks(cut).map(<[u8]>::to_vec));
            prop_assert_eq!(passed.is_err(), spotted(&body));
            if let Ok(passed) = passed {
                prop_assert_eq!(passed, body);
            }
        }
    }

    /// A body of these frames.
    struct Frames<I>(I);

    impl<I: Iterator<Item = Frame<Bytes>> + Unpin> Body for Frames<I> {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.next().map(Ok))
        }
    }
}
