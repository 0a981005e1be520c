//! Masks each key and each scalar by itself.

use super::buffer::Buffer;
use super::counts::{Counted, MASK_TEXT, looked};
use super::names::Names;
use super::number;
use crate::filter::Ready;
use crate::masks::Finds;
use crate::report::Stream;
use crate::stream::Redactor;
use um_base::json::{JsonError, Kind, between, escape, tokens, unescape};
use um_base::{Held, Over, Work};

/// So much of a string is looked at at once.
const PIECE: usize = 64 * 1024;

/// Reads the text and writes what may be shown of its leaves.
pub(super) fn mask(
    ready: Ready<'_>,
    stream: &Stream,
    text: &str,
    work: &Work,
    counted: &mut Counted,
) -> Result<Buffer<u8>, JsonError> {
    looked(text.len());
    // Nothing is counted by it.
    let redactor = ready.filter().stream(stream.clone());
    let mut leaves = Leaves::new(ready, redactor, text.len(), work, counted)?;
    let (mut names, mut before) = (Names::new(work)?, None);
    for token in tokens(text, work) {
        let token = token?;
        leaves.out.push(between(before, token.kind).as_slice())?;
        before = Some(token.kind);
        match token.kind {
            Kind::Key => {
                let start = leaves.out.len() + 1;
                let is_masked = leaves.string(&text[token.inside()])?;
                names.add(&leaves.out, start..leaves.out.len() - 1, is_masked)?;
            }
            Kind::Text => _ = leaves.string(&text[token.inside()])?,
            Kind::Number | Kind::True | Kind::False | Kind::Null => leaves.word(&text[token.span])?,
            Kind::List | Kind::ListEnd => leaves.out.push(&text.as_bytes()[token.span])?,
            Kind::Object => {
                names.open();
                leaves.out.push(b"{")?;
            }
            Kind::ObjectEnd => {
                names.close(&leaves.out)?;
                leaves.out.push(b"}")?;
            }
        }
    }
    Ok(names.tell_apart(leaves.out, work)?)
}

struct Leaves<'a> {
    redactor: Redactor,
    ready: Ready<'a>,
    work: &'a Work,
    counted: &'a mut Counted,
    out: Buffer<u8>,
    /// A piece of what a string says, and what may be shown of it.
    said: Vec<u8>,
    shown: Vec<u8>,
    _held: Held,
}

impl<'a> Leaves<'a> {
    fn new(
        ready: Ready<'a>,
        redactor: Redactor,
        length: usize,
        work: &'a Work,
        counted: &'a mut Counted,
    ) -> Result<Self, Over> {
        let piece = length.min(PIECE);
        Ok(Self {
            _held: work.hold(2 * piece as u64)?,
            redactor,
            ready,
            work,
            counted,
            out: Buffer::with_room(length, work)?,
            said: Vec::with_capacity(piece),
            shown: Vec::with_capacity(piece),
        })
    }

    /// Whether something was masked.
    fn string(&mut self, inside: &str) -> Result<bool, Over> {
        self.out.push(b"\"")?;
        let (mut rest, mut is_masked) = (inside, false);
        loop {
            self.said.clear();
            rest = unescape(rest, PIECE, &mut self.said);
            let finds = self.redact(rest.is_empty());
            is_masked |= !finds.leaks.is_empty();
            self.counted.add(finds);
            escape(&self.shown, |bytes| self.out.push(bytes))?;
            if rest.is_empty() {
                break;
            }
            self.work.step()?;
        }
        self.out.push(b"\"")?;
        Ok(is_masked)
    }

    /// A number as it is written, and as it is without an exponent. It gives way as a whole, and what is doubtful in it
    /// counts in one way of writing it.
    fn word(&mut self, word: &str) -> Result<(), Over> {
        let mut finds = self.redact_word(word);
        if finds.leaks.is_empty()
            && let Some(plain) = number::without_exponent(word)
        {
            let plain = self.redact_word(&plain);
            if finds.doubtful.is_empty() || !plain.leaks.is_empty() {
                finds = plain;
            }
        }
        let is_masked = !finds.leaks.is_empty();
        if is_masked {
            finds.doubtful.clear();
        }
        self.counted.add(finds);
        self.out.push(if is_masked { MASK_TEXT } else { word.as_bytes() })
    }

    fn redact_word(&mut self, word: &str) -> Finds {
        self.said.clear();
        self.said.extend_from_slice(word.as_bytes());
        self.redact(true)
    }

    /// Redacts what is said, and tells what was found in it.
    fn redact(&mut self, is_last: bool) -> Finds {
        looked(self.said.len());
        self.shown.clear();
        let mut finds = self.redactor.take(self.ready, &self.said, &mut self.shown);
        if is_last {
            finds.append(self.redactor.end(self.ready, &mut self.shown));
        }
        finds
    }
}
