//! What of a structured value is a secret by itself: what was judged when the value was stored, and what its owner says.
//! Never what a part says, only where it stands.
//!
//! Guarantees, for every vault that keeps what [`SetOptions::settle`](crate::SetOptions::settle) gives it: a path stands
//! there once, can be shown, and is bounded; a word of the owner's is never left out to make room.
//!
//! Deliberately absent: how a part is judged. That is the leak filter's, which a vault does not know.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::name::closest;
use um_base::{drives_a_display, is_unseen};

/// Most parts of one value that are told; those that are beyond are judged anew by each run.
pub const MAX_PARTS: usize = 1_000;
/// The longest path of a part, in bytes.
pub const MAX_PATH_BYTES: usize = 256;
/// Most bytes of the parts of one value that are told: of each its path and five more.
pub const MAX_PARTS_BYTES: usize = 32 << 10;
/// How many paths an error suggests.
const SUGGESTED: usize = 3;

/// Whether a part is a secret, as far as can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Stands in every log: it is masked nowhere.
    Plain,
    /// Nobody can tell: masked where people read, let through where programs do, and counted there.
    Doubtful,
    /// A secret: masked everywhere.
    Certain,
}

/// What the owner of a secret says of one part of it. It stands above every verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// It is a secret.
    Guard,
    /// It is none.
    Leave,
}

/// One part of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Where it stands, from the outside in, for example `db.password` or `hosts[0].url.password`. A segment that could
    /// be a secret itself is told by its number.
    pub path: String,
    /// What was judged when the value was stored.
    pub verdict: Verdict,
    /// What the owner says, if anything.
    pub word: Option<Word>,
    /// It has under 8 bytes, and so is masked nowhere by itself, whatever is thought of it.
    #[serde(default)]
    pub is_short: bool,
}

impl Part {
    /// What holds: the owner's word, or else what was judged; nothing of what is too short.
    pub fn stands(&self) -> Verdict {
        match self.word {
            _ if self.is_short => Verdict::Plain,
            Some(Word::Guard) => Verdict::Certain,
            Some(Word::Leave) => Verdict::Plain,
            None => self.verdict,
        }
    }

    fn bytes(&self) -> usize {
        self.path.len() + 5
    }
}

/// The parts of one value, each path once, in the order in which they stand in it. By default none: then each run judges
/// for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The number of the rules by which they were judged; they rise with what um-host learns. 0: nothing was judged, and
    /// there are the owner's words alone.
    pub rules: u32,
    /// At most [`MAX_PARTS`].
    pub list: Vec<Part>,
}

/// There is no part where somebody says something of one. What was named is not in it: it could be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPart {
    /// Which of the paths that were named, counted from 1.
    pub number: usize,
    /// Paths that it may have been meant for.
    pub closest: Vec<String>,
}

impl Parts {
    /// What is known of the part that stands there.
    pub fn at(&self, path: &str) -> Option<&Part> {
        self.list.iter().find(|part| part.path == path)
    }

    /// The paths of those of which this holds.
    pub fn standing(&self, verdict: Verdict) -> impl Iterator<Item = &str> {
        self.list.iter().filter(move |part| part.stands() == verdict).map(|part| part.path.as_str())
    }

    /// The paths of those that would be masked if they were longer.
    pub fn too_short(&self) -> impl Iterator<Item = &str> {
        let is_secret = |part: &&Part| part.is_short && part.verdict > Verdict::Plain;
        self.list.iter().filter(is_secret).map(|part| part.path.as_str())
    }

    /// What the owner has said, by path.
    pub fn words(&self) -> impl Iterator<Item = (&str, Word)> {
        self.list.iter().filter_map(|part| Some((part.path.as_str(), part.word?)))
    }

    /// What they take, as [`MAX_PARTS_BYTES`] counts.
    pub fn bytes(&self) -> usize {
        self.list.iter().map(Part::bytes).sum()
    }

    /// Whether they are what a vault keeps: bounded, each path once and one that can be shown.
    pub fn are_kept(&self) -> bool {
        let mut paths: Vec<&str> = self.list.iter().map(|part| part.path.as_str()).collect();
        paths.sort_unstable();
        let once = paths.windows(2).all(|pair| pair[0] != pair[1]);
        once && paths.iter().all(|path| is_path(path))
            && self.list.len() <= MAX_PARTS
            && self.bytes() <= MAX_PARTS_BYTES
    }

    /// As many as are kept, the most important first: those of which the owner has said something, then the certain, then
    /// the doubtful. Where a path stands there twice, the higher verdict holds.
    #[must_use]
    pub fn bounded(self) -> Self {
        let mut list = each_path_once(self.list);
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by_key(|&at| (list[at].word.is_none(), Reverse(list[at].verdict)));
        let (mut fits, mut room) = (vec![false; list.len()], MAX_PARTS_BYTES);
        for at in order.into_iter().take(MAX_PARTS) {
            let Some(left) = room.checked_sub(list[at].bytes()) else { break };
            (fits[at], room) = (true, left);
        }
        let mut fits = fits.into_iter();
        list.retain(|_| fits.next().unwrap_or(false));
        Self { list, ..self }
    }

    /// What is kept of a new value's parts, with the words that were said of those of the `former` one; and of which of
    /// them the new value has none. Words are taken from there alone. Where nothing was judged, all words stay.
    pub(crate) fn succeed(judged: Option<Self>, former: &Self) -> (Self, Vec<String>) {
        let Some(mut parts) = judged else {
            let worded = former.list.iter().filter(|part| part.word.is_some());
            let list = worded.map(|part| Part { verdict: Verdict::Plain, ..part.clone() }).collect();
            return (Self { rules: 0, list }, Vec::new());
        };
        let mut words: HashMap<&str, Word> = former.words().collect();
        parts.list.iter_mut().for_each(|part| part.word = None);
        parts.list = each_path_once(parts.list);
        parts.list.iter_mut().for_each(|part| part.word = words.remove(part.path.as_str()));
        let gone = former.words().filter(|(path, _)| words.contains_key(path)).map(|(path, _)| path.to_owned());
        let gone = gone.collect();
        (parts.bounded(), gone)
    }

    /// Takes the owner's words, or takes them back; the last one of a path holds. Gives what the audit says of it, nothing
    /// if all of it was so before.
    ///
    /// # Errors
    /// [`UnknownPart`]; then no word is taken.
    pub fn say(&mut self, words: &[(String, Option<Word>)]) -> Result<String, UnknownPart> {
        let places: HashMap<&str, usize> =
            self.list.iter().enumerate().map(|(at, part)| (part.path.as_str(), at)).collect();
        let mut said = BTreeMap::new();
        for (number, (path, word)) in (1..).zip(words) {
            let Some(at) = places.get(path.as_str()) else {
                let closest = closest(path, self.list.iter().map(|part| part.path.as_str()), SUGGESTED);
                return Err(UnknownPart { number, closest });
            };
            said.insert(*at, *word);
        }
        said.retain(|at, word| self.list[*at].word != *word);
        said.iter().for_each(|(at, word)| self.list[*at].word = *word);
        let kinds = [("guard", Some(Word::Guard)), ("leave", Some(Word::Leave)), ("forget", None)];
        let told = kinds.into_iter().filter_map(|(verb, kind)| {
            let paths = said.iter().filter(|(_, word)| **word == kind).map(|(at, _)| self.list[*at].path.as_str());
            let paths: Vec<&str> = paths.collect();
            (!paths.is_empty()).then(|| format!("{verb}: {}", paths.join(", ")))
        });
        let told = told.collect::<Vec<_>>().join("; ");
        if self.rules == 0 {
            // Without a word and a verdict nothing is known of them.
            self.list.retain(|part| part.word.is_some());
        }
        Ok(told)
    }
}

/// One that can be shown, in a line of its own.
fn is_path(text: &str) -> bool {
    let hides = |c| drives_a_display(c) || is_unseen(c);
    !text.is_empty() && text.len() <= MAX_PATH_BYTES && !text.contains(hides)
}

/// In their order, without those that have no path to be shown.
fn each_path_once(list: Vec<Part>) -> Vec<Part> {
    let (mut places, mut once) = (BTreeMap::new(), Vec::<Part>::new());
    for part in list.into_iter().filter(|part| is_path(&part.path)) {
        match places.entry(part.path.clone()) {
            Entry::Vacant(place) => {
                place.insert(once.len());
                once.push(part);
            }
            Entry::Occupied(place) => {
                let known = &mut once[*place.get()];
                known.verdict = known.verdict.max(part.verdict);
                known.word = known.word.or(part.word);
            }
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(path: &str, verdict: Verdict, word: Option<Word>) -> Part {
        Part { path: path.to_owned(), verdict, word, is_short: false }
    }

    fn parts<const N: usize>(list: [Part; N]) -> Parts {
        Parts { rules: 3, list: list.into() }
    }

    fn told(parts: &Parts) -> Vec<(&str, Option<Word>)> {
        parts.list.iter().map(|part| (part.path.as_str(), part.word)).collect()
    }

    use Verdict::{Certain, Doubtful, Plain};
    use Word::{Guard, Leave};

    #[test]
    fn the_owners_word_stands_above_every_verdict() {
        for verdict in [Plain, Doubtful, Certain] {
            let stands = [Some(Guard), Some(Leave), None].map(|word| part("x", verdict, word).stands());
            assert_eq!(stands, [Certain, Plain, verdict]);
        }
    }

    #[test]
    fn what_cannot_be_shown_is_not_kept_and_a_path_stands_there_once() {
        let longest = "x".repeat(MAX_PATH_BYTES);
        let list = [
            part("a", Plain, None),
            part("", Certain, None),
            part("b\u{1b}[2J", Certain, None),
            part("c\nd", Certain, None),
            part("e\u{200b}", Certain, None),
            part("e\u{202e}", Certain, None),
            part(&format!("{longest}x"), Certain, None),
            part(&longest, Certain, None),
            part("ünï[0].漢字", Doubtful, None),
            part("a", Doubtful, Some(Leave)),
        ];
        assert!(!parts(list.clone()).are_kept());
        let kept = parts(list).bounded();
        assert_eq!(told(&kept), [("a", Some(Leave)), (longest.as_str(), None), ("ünï[0].漢字", None)]);
        assert_eq!((kept.list[0].verdict, kept.rules, kept.are_kept()), (Doubtful, 3, true));
    }

    #[test]
    fn of_too_many_parts_the_most_important_stay_in_their_order() {
        let path = |number: usize| format!("{number:04}");
        let verdict = |number: usize| [Plain, Certain, Doubtful][number % 3];
        let word = |number: usize| (number == 1_499).then_some(Leave);
        let list = (0..1_500).map(|number| part(&path(number), verdict(number), word(number))).collect();
        let kept = Parts { rules: 1, list }.bounded();
        assert_eq!((kept.list.len(), kept.are_kept()), (MAX_PARTS, true));
        assert!(kept.list.is_sorted_by(|one, other| one.path < other.path));
        assert_eq!(kept.standing(Certain).count(), 500);
        assert_eq!(kept.words().collect::<Vec<_>>(), [("1499", Leave)]);
        // 500 are certain; of the 500 that are doubtful the last has the word.
        assert_eq!((kept.standing(Doubtful).count(), kept.standing(Plain).count()), (499, 1));
    }

    #[test]
    fn parts_have_a_bound_in_bytes_that_no_word_is_left_out_for() {
        let path = |number: usize| format!("{number:03}{}", "x".repeat(MAX_PATH_BYTES - 3));
        let most = MAX_PARTS_BYTES / (MAX_PATH_BYTES + 5);
        let list = |count| (0..count).map(|number| part(&path(number), Certain, None)).collect();
        assert_eq!(Parts { rules: 1, list: list(most) }.bounded().list.len(), most);
        let mut over = Parts { rules: 1, list: list(most + 1) };
        over.list.push(part("small", Plain, Some(Guard)));
        let kept = over.bounded();
        assert!(kept.bytes() <= MAX_PARTS_BYTES && kept.at("small").is_some());
        assert_eq!(kept.list.len(), most + 1, "one of the large ones is left out");
    }

    #[test]
    fn words_stay_with_paths_that_are_still_there() {
        let former = parts([
            part("a", Certain, Some(Leave)),
            part("b", Plain, Some(Guard)),
            part("c", Plain, Some(Guard)),
            part("d", Plain, None),
        ]);
        let judged = parts([part("d", Plain, Some(Leave)), part("b", Certain, None), part("a", Plain, None)]);
        let (new, gone) = Parts::succeed(Some(Parts { rules: 4, ..judged }), &former);
        assert_eq!(told(&new), [("d", None), ("b", Some(Guard)), ("a", Some(Leave))]);
        assert_eq!((new.rules, gone), (4, vec!["c".to_owned()]));
        let (unjudged, gone) = Parts::succeed(None, &former);
        assert_eq!(told(&unjudged), [("a", Some(Leave)), ("b", Some(Guard)), ("c", Some(Guard))]);
        assert!(unjudged.rules == 0 && gone.is_empty() && unjudged.list.iter().all(|part| part.verdict == Plain));
    }

    /// A new value with ever so many certain parts pushes out none of which the owner has said something.
    #[test]
    fn words_outlast_a_value_with_too_many_parts() {
        let former = parts([part("last", Plain, Some(Guard))]);
        let list = (0..MAX_PARTS + 5).map(|number| part(&format!("p{number}"), Certain, None));
        let list = list.chain([part("last", Plain, None)]).collect();
        let (new, gone) = Parts::succeed(Some(Parts { rules: 1, list }), &former);
        assert_eq!((new.at("last").unwrap().word, new.list.len(), gone.len()), (Some(Guard), MAX_PARTS, 0));
    }

    #[test]
    fn what_is_said_is_told_and_what_was_so_before_is_not() {
        let say = |parts: &mut Parts, words: &[(&str, Option<Word>)]| {
            parts.say(&words.iter().map(|(path, word)| ((*path).to_owned(), *word)).collect::<Vec<_>>())
        };
        let mut known = parts([part("a", Plain, None), part("b", Certain, None), part("c.d", Doubtful, Some(Leave))]);
        let all = [("c.d", None), ("b", Some(Leave)), ("a", Some(Leave)), ("a", Some(Guard))];
        assert_eq!(say(&mut known, &all).unwrap(), "guard: a; leave: b; forget: c.d");
        assert_eq!(told(&known), [("a", Some(Guard)), ("b", Some(Leave)), ("c.d", None)]);
        assert_eq!(say(&mut known, &all).unwrap(), "");
        assert_eq!(say(&mut known, &[]).unwrap(), "");
        let before = known.clone();
        let refused = say(&mut known, &[("a", None), ("c_d", Some(Guard))]).unwrap_err();
        assert_eq!(refused, UnknownPart { number: 2, closest: vec!["c.d".to_owned()] });
        assert_eq!(known, before, "all or nothing");
        let mut unjudged = Parts { rules: 0, list: vec![part("a", Plain, Some(Guard)), part("b", Plain, Some(Leave))] };
        assert_eq!(say(&mut unjudged, &[("a", None)]).unwrap(), "forget: a");
        assert_eq!(told(&unjudged), [("b", Some(Leave))], "nothing is left of a path that nobody has judged");
    }
}
