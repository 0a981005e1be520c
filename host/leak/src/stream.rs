//! Redacts one stream as it is written.
//!
//! The text is settled from left to right, one possible start of a form after the other. A start is settled when the
//! text from there on is no proper prefix of any form any more; the first that is not settled is where the held bytes
//! begin. So what comes out depends on the text alone, not on how it was cut, and what is held back is exactly the
//! longest suffix of the input that is a proper prefix of some form.
//!
//! Where people read, all forms are masked. Where programs do, those of doubtful parts are found and held back alike, but
//! pass, and are counted; they hide no form that is certain, wherever the two overlap.
//!
//! Deliberately absent: a timer, and a flush. Held bytes leave when later bytes or the end of the stream decide what
//! they are. At most the length of the longest form is held, less one byte.

use std::iter;
use std::ops::ControlFlow;

use crate::filter::{Filter, Ready};
use crate::guarded::Guarded;
use crate::held::Held;
use crate::json::words::Words;
use crate::masks::{Finds, Masks};
use crate::report::Stream;
use crate::search::head::Head;
use crate::search::ids::Label;
use crate::search::joined::{Around, Joined};
use crate::search::keys::Keys;
use crate::search::line_break::wrapped_run;
use crate::search::loose::{Loose, may_be_left_out};
use crate::search::scan::Overlaps;
use crate::search::seams::Across;
use crate::search::sight::Sight;
use crate::search::trie::Walk;
use um_secret::{MASK, Verdict};

/// From this length on, a held prefix of a form is masked when the guest did not choose the end.
const SHORTEST_CUT: usize = 4;
/// How many bytes of a write are looked at together with the held ones at first; more each time that this does not
/// decide them.
const FIRST_BRIDGE: usize = 8;
/// So many bytes are copied at once.
const COPIED: usize = 1024;

/// How a stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The guest finished: held bytes that are no whole form are let out.
    Chosen,
    /// A trap, a limit or an interrupt: what is held may be the beginning of a value.
    Cut,
}

/// Redacts one stream; made by [`Filter::stream`]. Dropping it without an end discards held bytes.
pub struct Redactor {
    filter: Filter,
    stream: Stream,
    /// The lowest verdict of which it masks forms.
    least: Verdict,
    settling: Settling,
    /// Of a document that is JSON, and is to stay so.
    words: Option<Words>,
    has_found: bool,
}

impl Filter {
    /// Begins to redact one way out. Several redactors may name the same stream; each sees its own text.
    pub fn stream(&self, stream: Stream) -> Redactor {
        let words = match &stream {
            Stream::Document(name) => Words::of_document(name),
            _ => None,
        };
        Redactor { words, ..self.unworded(stream) }
    }

    /// The same for what passes as it is, or not at all.
    pub(crate) fn unworded(&self, stream: Stream) -> Redactor {
        let least = stream.least();
        Redactor { filter: self.clone(), stream, least, settling: Settling::default(), words: None, has_found: false }
    }
}

impl Ready<'_> {
    /// Redacts a whole text for people, whoever reads the stream that it is counted for.
    pub fn text(self, stream: Stream, text: &str) -> String {
        let mut out = Vec::with_capacity(text.len());
        let mut redactor = Redactor { least: Verdict::Doubtful, ..self.filter().stream(stream) };
        redactor.write(self, text.as_bytes(), &mut out);
        redactor.finish(self, &mut out);
        // A form begins and ends on character boundaries of UTF-8 text, so this replaces nothing.
        String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// # Panics
/// With what is ready of another filter than the one that made it.
impl Redactor {
    /// Takes any bytes and appends to `out` what is settled by now.
    pub fn write(&mut self, ready: Ready<'_>, bytes: &[u8], out: &mut Vec<u8>) {
        let finds = self.take(ready, bytes, out);
        self.count(&finds);
    }

    /// Ends the stream as the guest chose to, and lets out what is held, masked. Afterwards the redactor is as new.
    pub fn finish(&mut self, ready: Ready<'_>, out: &mut Vec<u8>) {
        let finds = self.end(ready, out);
        self.count(&finds);
    }

    /// Ends the stream where nobody chose to: by a trap, a limit or an interrupt. What is held may be the beginning of a
    /// value, and is masked if it has 4 bytes or more; what has fewer is none. It is not counted, since nobody knows whose
    /// it is. Afterwards the redactor is as new.
    ///
    /// No form has to be made for that: whatever was guarded meanwhile, what is held stays the beginning of some form.
    pub fn cut(&mut self, out: &mut Vec<u8>) {
        let before = out.len();
        std::mem::take(&mut self.settling).cut(out);
        self.reword(before, true, out);
    }

    /// As [`finish`](Self::finish) or [`cut`](Self::cut).
    pub fn close(&mut self, end: End, ready: Ready<'_>, out: &mut Vec<u8>) {
        match end {
            End::Chosen => self.finish(ready, out),
            End::Cut => self.cut(out),
        }
    }

    /// As [`write`](Self::write), but tells what was found instead of counting it.
    pub(crate) fn take(&mut self, ready: Ready<'_>, bytes: &[u8], out: &mut Vec<u8>) -> Finds {
        self.check(ready);
        let before = out.len();
        let (settling, least, mut finds) = (&mut self.settling, self.least, Finds::default());
        ready.read_guarded(|guarded| settling.write(bytes, &mut Pass { guarded, least, out, finds: &mut finds }));
        self.reword(before, false, out);
        finds
    }

    /// As [`finish`](Self::finish), but tells what was found instead of counting it.
    pub(crate) fn end(&mut self, ready: Ready<'_>, out: &mut Vec<u8>) -> Finds {
        self.check(ready);
        let before = out.len();
        let (mut settling, least, mut finds) = (std::mem::take(&mut self.settling), self.least, Finds::default());
        if settling.held.len() > 0 {
            ready.read_guarded(|guarded| settling.finish(&mut Pass { guarded, least, out, finds: &mut finds }));
        }
        self.reword(before, true, out);
        finds
    }

    /// Makes of what came out from a place on what keeps it JSON, if it is to stay so.
    fn reword(&mut self, from: usize, is_last: bool, out: &mut Vec<u8>) {
        let Some(words) = &mut self.words else { return };
        let masked = out.split_off(from);
        words.pass(&masked, out);
        if is_last {
            words.finish(out);
        }
    }

    /// Counts what was found for its stream.
    pub(crate) fn count(&mut self, finds: &Finds) {
        if !finds.leaks.is_empty() {
            self.has_found = true;
            self.filter.count(&self.stream, finds.leaks.iter().map(|&label| (label, 1)));
        }
        if !finds.doubtful.is_empty() {
            self.filter.count_doubtful(&self.stream, finds.doubtful.iter().map(|&label| (label, 1)));
        }
    }

    /// How many bytes are held.
    pub fn held(&self) -> usize {
        self.settling.held.len()
    }

    /// Whether it has masked a form since it was made.
    pub fn has_found(&self) -> bool {
        self.has_found
    }

    fn check(&self, ready: Ready<'_>) {
        assert!(self.filter.is_same(ready.filter()), "a stream keeps to the filter that made it");
    }
}

/// What one write works with.
struct Pass<'a> {
    guarded: &'a Guarded,
    least: Verdict,
    out: &'a mut Vec<u8>,
    finds: &'a mut Finds,
}

/// How far a stream is settled. Positions count the bytes of its input.
#[derive(Default)]
struct Settling {
    /// The input from the first start that is not settled.
    held: Held,
    /// The first start that is not settled.
    next: usize,
    masks: Masks,
    overlaps: Overlaps,
    /// How many bytes before `next` encoders may have written.
    run: usize,
    /// The line before `next`.
    head: Head,
}

impl Settling {
    fn write(&mut self, bytes: &[u8], pass: &mut Pass<'_>) {
        let Some(rest) = self.bridge(bytes, pass) else { return };
        let settled = self.advance(rest, false, pass);
        self.held.push(&rest[settled..]);
    }

    fn finish(&mut self, pass: &mut Pass<'_>) {
        // A value that was guarded meanwhile may settle some of what is held.
        let settled = self.advance_held(false, pass);
        self.held.advance(settled);
        self.advance_held(true, pass);
    }

    /// Ends where nobody chose to. Fewer bytes than a form has are let out, but for those that a mask covers.
    fn cut(&mut self, out: &mut Vec<u8>) {
        if self.held.len() >= SHORTEST_CUT {
            return self.mask_held(out);
        }
        let plain_from = self.masks.plain_from(self.next) - self.next;
        out.extend_from_slice(self.held.as_slice().get(plain_from..).unwrap_or_default());
    }

    /// Settles the held bytes with as many of `bytes` as that takes. Returns the part of `bytes` that begins with the
    /// first start which is not settled; nothing if all of them are held now.
    fn bridge<'a>(&mut self, bytes: &'a [u8], pass: &mut Pass<'_>) -> Option<&'a [u8]> {
        let mut taken = 0;
        let mut step = FIRST_BRIDGE;
        while self.held.len() > 0 {
            if taken == bytes.len() {
                return None;
            }
            let next = bytes.len().min(taken + step);
            self.held.push(&bytes[taken..next]);
            taken = next;
            step *= 2;
            let settled = self.advance_held(false, pass);
            let left = self.held.len() - settled;
            if left <= taken {
                self.held.advance(self.held.len());
                return Some(&bytes[taken - left..]);
            }
            self.held.advance(settled);
        }
        Some(bytes)
    }

    fn advance_held(&mut self, complete: bool, pass: &mut Pass<'_>) -> usize {
        let held = std::mem::take(&mut self.held);
        let settled = self.advance(held.as_slice(), complete, pass);
        self.held = held;
        settled
    }

    /// Settles starts in `text`, which begins at `next`, and returns how many. If the text is `complete`, that is all.
    fn advance(&mut self, text: &[u8], complete: bool, pass: &mut Pass<'_>) -> usize {
        let origin = self.next;
        let (masks, least) = (&mut self.masks, pass.least);
        let (out, finds) = (&mut *pass.out, &mut *pass.finds);
        let mut plain_from = masks.plain_from(origin);
        let around = [Around::Nothing(self.run), Around::Border(&self.head)];
        let mut broken = Broken {
            joined: around.map(|around| Joined::new(&pass.guarded.across, text, around)),
            loose: [const { None }; 2],
            heads: [None, Some(&self.head)],
            text,
            clear_to: 0,
        };
        let across = pass.guarded.across.starts(text, self.run, &self.head);
        let keys = Keys::of(text);
        let others = keys.among(across);
        let settled = pass.guarded.matcher.scan(text, origin, &others, &mut self.overlaps, |start, walk| {
            let sight = see(start, walk, pass.guarded, &mut broken, masks.to().saturating_sub(origin));
            if (sight.open || keys.may_begin_at(start)) && !complete {
                return ControlFlow::Break(());
            }
            let [masked, passing] = sight.parted(least);
            let mut mask = |end, labels: &mut dyn Iterator<Item = Label>| {
                if masks.add(origin + start, origin + end, labels, finds) {
                    let_out(&text[plain_from - origin..start], out);
                    out.extend_from_slice(MASK.as_bytes());
                }
                plain_from = plain_from.max(origin + end);
            };
            let key = keys.end_of(start).filter(|end| masked.is_none_or(|(masked, _)| masked < *end));
            match (key, masked) {
                (Some(end), _) => mask(end, &mut iter::once(Label::KEY)),
                (None, Some((end, form))) => mask(end, &mut form.labels()),
                (None, None) => {}
            }
            if let Some((end, form)) = passing {
                masks.pass(origin + start, origin + end, form, finds);
            }
            ControlFlow::Continue(())
        });
        self.run = wrapped_run(&text[..settled], self.run);
        self.head.pass(&text[..settled]);
        self.next = origin + settled;
        masks.settle(self.next, finds);
        if plain_from < self.next {
            let_out(&text[plain_from - origin..settled], out);
        }
        settled
    }

    fn mask_held(&mut self, out: &mut Vec<u8>) {
        if self.masks.begins_at(self.next) {
            out.extend_from_slice(MASK.as_bytes());
        }
        self.next += self.held.len();
        self.masks.extend(self.next);
    }
}

/// Appends what is not masked, in pieces: the instruction that copies long ones on x86-64 is several times slower for
/// some alignments than for others.
fn let_out(plain: &[u8], out: &mut Vec<u8>) {
    plain.chunks(COPIED).for_each(|piece| out.extend_from_slice(piece));
}

/// The ways to look for forms that are not in one piece; the second of each within borders.
struct Broken<'a> {
    joined: [Joined<'a>; 2],
    /// Few texts need them.
    loose: [Option<Loose<'a>>; 2],
    heads: [Option<&'a Head>; 2],
    text: &'a [u8],
    /// From the last start that was asked about up to there stands nothing that may begin what is left out.
    clear_to: usize,
}

impl<'a> Broken<'a> {
    /// Whether something may be left out of what a walk from a start saw, so that a form goes on behind it. If not, the text
    /// without white space is the same as far as it is a form's. Starts never go back.
    fn leaves_out(&mut self, start: usize, matched: usize) -> bool {
        let (from, end) = (self.clear_to.max(start), start + matched + 1);
        let rest = self.text.get(from..end.min(self.text.len())).unwrap_or_default();
        self.clear_to = from + rest.iter().take_while(|byte| !may_be_left_out(**byte)).count();
        self.clear_to < end
    }

    /// What stands at a start without its white space.
    #[cold]
    fn look_loosely(&mut self, across: &'a Across, start: usize, whole_to: usize) -> Sight<'a> {
        let looks = self.loose.iter_mut().zip(self.heads).map(|(loose, head)| {
            loose.get_or_insert_with(|| Loose::new(across, self.text, head)).look(start, whole_to)
        });
        looks.fold(Sight::default(), Sight::or_longer)
    }
}

/// What stands at a start, with line breaks in it or without.
fn see<'a>(
    start: usize,
    walk: Option<Walk>,
    guarded: &'a Guarded,
    broken: &mut Broken<'a>,
    masked_to: usize,
) -> Sight<'a> {
    let longest = walk.and_then(|walk| walk.longest).map(|form| guarded.matcher.found(form));
    let mut sight = Sight::of(walk.is_some_and(|walk| walk.open), longest, |length| start + length);
    let whole_to = sight.longest.map_or(start, |(end, _)| end);
    let mut goes_on =
        walk.is_some_and(|walk| guarded.matcher.breaks_off(walk) && broken.leaves_out(start, walk.matched));
    for joined in &mut broken.joined {
        if walk.is_none_or(|walk| joined.may_be_broken(start, walk.matched)) {
            sight = sight.or_longer(joined.look(start, whole_to, masked_to));
            goes_on |= joined.has_gone_on();
        }
    }
    if goes_on { sight.or_longer(broken.look_loosely(&guarded.across, start, whole_to)) } else { sight }
}
