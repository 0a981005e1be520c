//! Finds keys of um-host itself, whichever they are: by how their text begins, and by its checksum.
//!
//! Nobody guards them, and no action is ever given one on purpose. So there is no form of them, and they are found in the
//! text as it is alone.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use um_secret::{KEY_LENGTH, KEY_PREFIX, is_key, is_of_key};

static PREFIX: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(KEY_PREFIX));

/// The keys of one text, in their order.
#[derive(Default)]
pub(crate) struct Keys(Vec<(usize, Sight)>);

/// What stands at a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    /// The text up to its end is the beginning of what may be a key.
    Open,
    /// A key.
    Whole,
}

impl Keys {
    pub(crate) fn of(text: &[u8]) -> Self {
        let found = PREFIX.find_iter(text).filter_map(|start| Some((start, look(&text[start..])?)));
        Self(found.chain(begun(text).map(|start| (start, Sight::Open))).collect())
    }

    /// The starts of others and of these, in order.
    pub(crate) fn among(&self, mut others: Vec<usize>) -> Vec<usize> {
        if !self.0.is_empty() {
            others.extend(self.0.iter().map(|(start, _)| start));
            others.sort_unstable();
            others.dedup();
        }
        others
    }

    /// Whether the text from there up to its end is the beginning of what may be a key.
    pub(crate) fn may_begin_at(&self, start: usize) -> bool {
        self.at(start) == Some(Sight::Open)
    }

    /// Where the key ends that stands there, if one does.
    pub(crate) fn end_of(&self, start: usize) -> Option<usize> {
        (self.at(start) == Some(Sight::Whole)).then_some(start + KEY_LENGTH)
    }

    fn at(&self, start: usize) -> Option<Sight> {
        let index = self.0.binary_search_by_key(&start, |(start, _)| *start);
        index.ok().map(|index| self.0[index].1)
    }
}

/// Whether a key of um-host stands in a text, or may begin in it.
pub fn may_hold_key(text: &[u8]) -> bool {
    PREFIX.find(text).is_some() || begun(text).is_some()
}

/// Whether a key of um-host stands in a text as it is.
pub fn holds_key(text: &[u8]) -> bool {
    PREFIX.find_iter(text).any(|start| look(&text[start..]) == Some(Sight::Whole))
}

/// What a text is that begins as a key does.
fn look(text: &[u8]) -> Option<Sight> {
    match text.get(..KEY_LENGTH) {
        Some(text) => is_key(text).then_some(Sight::Whole),
        None => text[KEY_PREFIX.len()..].iter().all(|&byte| is_of_key(byte)).then_some(Sight::Open),
    }
}

/// Where the beginning of a key's prefix stands at the end of a text. Its first letter is in it once.
fn begun(text: &[u8]) -> Option<usize> {
    let last = &text[text.len().saturating_sub(KEY_PREFIX.len() - 1)..];
    let start = last.iter().rposition(|byte| *byte == KEY_PREFIX.as_bytes()[0])?;
    KEY_PREFIX.as_bytes().starts_with(&last[start..]).then(|| text.len() - last.len() + start)
}
