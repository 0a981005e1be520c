//! Looks through the body of a request that no sealed value goes into for placeholders, in any form.

use bytes::Bytes;

use super::placeholder::forms;
#[cfg(test)]
use super::placeholder::spotted;
use super::scan::Scan;
use crate::error::egress::EgressError;
use crate::error::request::{SealedFault, Site};
use um_base::percent::hex_digit;
use um_base::rule::{HostName, PLACEHOLDER_PREFIX};
use um_leak::{Redactor, Stream};

/// A character that is percent-encoded more often than this is held to hide something.
const DEEPEST: usize = 4;

/// The scan of one body, which goes to `host`. What may be the beginning of a placeholder is held back until it is none;
/// nothing else is.
pub(crate) struct PlaceholderScan {
    host: HostName,
    watch: Watch,
    /// Bytes that came in and did not go out yet.
    pending: u64,
}

impl PlaceholderScan {
    pub(crate) fn new(host: HostName) -> Self {
        Self { host, watch: Watch::new(), pending: 0 }
    }

    fn explain(&self, fault: SealedFault) -> EgressError {
        EgressError::Sealed { host: self.host.clone(), fault }
    }
}

impl Scan for PlaceholderScan {
    fn pass(&mut self, piece: Bytes) -> Result<Bytes, EgressError> {
        let mut out = Vec::with_capacity(piece.len() + usize::try_from(self.pending).unwrap_or_default());
        self.watch.write(&piece, &mut out).map_err(|fault| self.explain(fault))?;
        self.pending = (self.pending + piece.len() as u64).saturating_sub(out.len() as u64);
        Ok(out.into())
    }

    fn rest(&mut self) -> Result<Bytes, EgressError> {
        let mut out = Vec::new();
        let ended = std::mem::replace(&mut self.watch, Watch::new()).finish(&mut out);
        ended.map_err(|fault| self.explain(fault))?;
        self.pending = 0;
        Ok(out.into())
    }

    fn held(&self) -> u64 {
        self.pending
    }
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
        Self { forms: forms().filter().stream(Stream::Stdin), passed: Vec::new(), folded: Folded::default() }
    }

    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), SealedFault> {
        self.passed.clear();
        self.forms.write(forms(), bytes, &mut self.passed);
        self.look(out)
    }

    fn finish(mut self, out: &mut Vec<u8>) -> Result<(), SealedFault> {
        self.passed.clear();
        self.forms.finish(forms(), &mut self.passed);
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
    use http_body_util::{BodyExt, Full};
    use proptest::prelude::*;

    use super::super::placeholder::Placeholder;
    use super::super::scan::Scanned;
    use super::*;
    use http_body::Body;

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
        let body = Full::new(Bytes::from_static(b"text that ends in um_seal"));
        let body = Scanned::new(body, PlaceholderScan::new(HostName::parse("a.example").unwrap()));
        assert_eq!(body.size_hint().exact(), Some(25));
        assert_eq!(block_on(body.collect()).unwrap().to_bytes(), "text that ends in um_seal");
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
}
