//! The layers of a document: itself, and what its compressed parts inflate to, one in the other.

use zeroize::{Zeroize, Zeroizing};

use super::beginning::{BELIEVED, Beginning, Claim, Codec, Field};
use super::bounds::{ACCIDENT, Budget, MOST_AT_ONCE, MOST_DEEP, MOST_INFLATED, MOST_PARTS, MOST_TIMES, STEP};
use super::context::{Context, Declared};
use super::error::{InspectError, Packing, Withheld};
use super::probe::{DECIDED_BY, Probe, Seen};
use super::step::{Step, Then};
use crate::filter::Ready;
use crate::masks::Finds;
use crate::report::Stream;
use crate::stream::Redactor;
use um_base::Work;

/// Inflated at once, in bytes.
const ROOM: usize = 16 * 1024;
/// What the search of one document shares between its layers.
pub(super) struct Search<'a> {
    run: &'a Work,
    /// Bytes since the run was last asked whether it goes on.
    since: usize,
    ready: Ready<'a>,
    stream: &'a Stream,
    budget: &'a mut Budget,
    /// Bytes that may still be inflated for this document.
    left: u64,
    /// Parts so far that turned out to be some.
    parts: u32,
    at_once: u32,
    probe: Probe,
    /// What leaves the redactors goes nowhere.
    masked: Zeroizing<Vec<u8>>,
}

impl<'a> Search<'a> {
    pub fn new(run: &'a Work, ready: Ready<'a>, stream: &'a Stream, size: u64, budget: &'a mut Budget) -> Self {
        let left = MOST_INFLATED.saturating_add(size.saturating_mul(MOST_TIMES));
        let (probe, masked) = (Probe::default(), Zeroizing::default());
        Self { run, since: 0, ready, stream, budget, left, parts: 0, at_once: 0, probe, masked }
    }

    /// Accounts for bytes that go into or come out of a compressed part.
    pub fn charge(&mut self, bytes: usize) -> Result<(), InspectError> {
        self.read(bytes)?;
        let bytes = bytes as u64;
        self.left = self.left.checked_sub(bytes).ok_or(Withheld::TooLarge)?;
        self.budget.left = self.budget.left.checked_sub(bytes).ok_or(Withheld::TooLarge)?;
        Ok(())
    }

    /// Accounts for bytes that are looked at as they stand.
    pub fn read(&mut self, bytes: usize) -> Result<(), InspectError> {
        self.since += bytes;
        if self.since >= STEP {
            self.since = 0;
            self.run.step()?;
        }
        Ok(())
    }

    /// Accounts for a part that is one beyond doubt.
    pub fn believe(&mut self, depth: usize) -> Result<(), Withheld> {
        self.parts += 1;
        match () {
            () if depth > MOST_DEEP => Err(Withheld::TooDeep),
            () if self.parts > MOST_PARTS => Err(Withheld::TooManyParts),
            () => Ok(()),
        }
    }

    fn begin(&mut self) -> Result<(), Withheld> {
        self.at_once += 1;
        if self.at_once > MOST_AT_ONCE { Err(Withheld::TooManyParts) } else { Ok(()) }
    }
}

/// A part that has begun.
struct Part {
    packing: Packing,
    header: Vec<Field>,
    codec: Codec,
    content: Layer,
    inflated: usize,
    claim: Claim,
    /// Whether it is accounted for.
    believed: bool,
}

/// What has become of a part.
enum Fate {
    GoesOn,
    /// It is over, and for this reason not all of it was seen.
    Over(Option<Withheld>),
}

/// A document, or what one compressed part inflates to.
pub(super) struct Layer {
    /// Compressed parts that it lies in; 0 for the document.
    depth: usize,
    redactor: Redactor,
    /// The end of what came, in which a part may have begun.
    recent: Zeroizing<Vec<u8>>,
    context: Context,
    /// Parts that have begun and not ended.
    parts: Vec<Part>,
    /// The first reason why not all of it was seen, and the first that counts unless it is an encrypted PDF.
    unseen: Option<Withheld>,
    unseen_in_pdf: Option<Withheld>,
}

impl Layer {
    /// `declared`: how it is encoded, if that was said.
    pub fn new(depth: usize, declared: Vec<Declared>, search: &Search) -> Self {
        Self {
            depth,
            redactor: search.ready.filter().unworded(search.stream.clone()),
            recent: Zeroizing::default(),
            context: Context::new(declared),
            parts: Vec::new(),
            unseen: None,
            unseen_in_pdf: None,
        }
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    pub fn write(&mut self, bytes: &[u8], search: &mut Search) -> Result<(), InspectError> {
        let finds = self.redactor.take(search.ready, bytes, &mut search.masked);
        self.count(finds, search);
        for part in std::mem::take(&mut self.parts) {
            self.inflate(part, bytes, search)?;
        }
        self.recent.extend_from_slice(bytes);
        self.search(self.recent.len().saturating_sub(DECIDED_BY), search)
    }

    /// No more bytes come. Tells why not all of the layer was seen, if so.
    pub fn finish(&mut self, search: &mut Search) -> Result<Option<Withheld>, InspectError> {
        self.search(self.recent.len(), search)?;
        for mut part in std::mem::take(&mut self.parts) {
            let unseen = part.finish(search)?;
            self.miss(unseen, part.claim());
            search.at_once -= 1;
        }
        let finds = self.redactor.end(search.ready, &mut search.masked);
        self.count(finds, search);
        let in_pdf = self.unseen_in_pdf.take().filter(|_| !self.context.is_encrypted());
        Ok(self.unseen.take().or(in_pdf))
    }

    fn count(&mut self, mut finds: Finds, search: &mut Search) {
        search.masked.zeroize();
        if self.depth == 0 {
            // What passes in the document itself was counted when it was written.
            finds.doubtful.clear();
        }
        self.redactor.count(&finds);
    }

    /// Looks for parts that begin in the first `end` of the recent bytes, and drops these.
    fn search(&mut self, end: usize, search: &mut Search) -> Result<(), InspectError> {
        let mut recent = std::mem::take(&mut self.recent);
        // One layer more than is looked through, to know that there is one.
        if self.depth <= MOST_DEEP {
            for at in 0..end {
                self.look(&recent[at..], search)?;
            }
        }
        let left = recent.len() - end;
        recent.copy_within(end.., 0);
        recent[left..].zeroize();
        recent.truncate(left);
        self.recent = recent;
        Ok(())
    }

    /// Looks whether a part begins with these bytes.
    fn look(&mut self, bytes: &[u8], search: &mut Search) -> Result<(), InspectError> {
        let mut place = self.context.step(bytes);
        match search.probe.look(&mut place, bytes) {
            Seen::Nothing => Ok(()),
            Seen::Accident => search.charge(ACCIDENT),
            Seen::Unknown(method) => Err(Withheld::UnknownMethod { method }.into()),
            Seen::Unseen(fault, claim) => {
                self.miss(Some(fault), claim);
                Ok(())
            }
            Seen::Part(beginning) => {
                search.begin()?;
                if beginning.claim == Claim::Doubtful {
                    search.charge(ACCIDENT)?;
                }
                let part = Part::new(beginning, self.depth + 1, search);
                self.inflate(part, bytes, search)
            }
        }
    }

    /// Hands bytes to a part, and keeps it if it goes on after them.
    fn inflate(&mut self, mut part: Part, bytes: &[u8], search: &mut Search) -> Result<(), InspectError> {
        match part.write(bytes, search)? {
            Fate::GoesOn => self.parts.push(part),
            Fate::Over(unseen) => {
                search.at_once -= 1;
                self.miss(unseen, part.claim());
            }
        }
        Ok(())
    }

    fn miss(&mut self, unseen: Option<Withheld>, claim: Claim) {
        let first = if claim == Claim::InPdf { &mut self.unseen_in_pdf } else { &mut self.unseen };
        *first = first.take().or(unseen);
    }
}

impl Part {
    fn new(beginning: Beginning, depth: usize, search: &Search) -> Self {
        let Beginning { packing, header, codec, claim, inside } = beginning;
        let content = Layer::new(depth, inside, search);
        Self { packing, header, codec, content, inflated: 0, claim, believed: false }
    }

    fn claim(&self) -> Claim {
        self.claim
    }

    /// Takes what follows.
    fn write(&mut self, bytes: &[u8], search: &mut Search) -> Result<Fate, InspectError> {
        let mut rest = bytes;
        if !Field::skip_all(&mut self.header, &mut rest) {
            return Ok(Fate::GoesOn);
        }
        let mut room = Zeroizing::new(vec![0; ROOM]);
        loop {
            let Step { used, made, then } = self.codec.step(rest, &mut room);
            rest = &rest[used..];
            search.charge(used + made)?;
            self.inflated += made;
            self.believe(then, search)?;
            self.content.write(&room[..made], search)?;
            match then {
                Then::GoesOn if used + made > 0 => {}
                Then::GoesOn => return Ok(Fate::GoesOn),
                Then::Ended => return self.content.finish(search).map(Fate::Over),
                Then::Broken => return self.end(Withheld::Damaged { packing: self.packing }, search).map(Fate::Over),
            }
        }
    }

    /// No more bytes come. What has no more than a header holds nothing.
    fn finish(&mut self, search: &mut Search) -> Result<Option<Withheld>, InspectError> {
        match self.header.is_empty() {
            true => self.end(Withheld::Cut { packing: self.packing }, search),
            false => Ok(None),
        }
    }

    /// Why not all of the part was seen, which did not end by itself.
    fn end(&mut self, fault: Withheld, search: &mut Search) -> Result<Option<Withheld>, InspectError> {
        let inside = self.content.finish(search)?;
        let is_part = match self.claim {
            Claim::Certain | Claim::InPdf => true,
            Claim::OnceBegun => self.inflated > 0,
            Claim::Doubtful | Claim::Excused => false,
        };
        Ok(inside.or(is_part.then_some(fault)))
    }

    fn believe(&mut self, then: Then, search: &mut Search) -> Result<(), InspectError> {
        let is_whole = then == Then::Ended && self.inflated > 0 && self.claim != Claim::Doubtful;
        let is_certain = matches!(self.claim, Claim::Certain | Claim::InPdf);
        if self.believed || !(is_certain || is_whole || self.inflated >= BELIEVED) {
            return Ok(());
        }
        self.believed = true;
        Ok(search.believe(self.content.depth())?)
    }
}
