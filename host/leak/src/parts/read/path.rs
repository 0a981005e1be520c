//! Where a setting stands in a value, from the outside in.
//!
//! What is shown of it tells no secret: a segment that could be one is told by its number among its neighbours.

use std::rc::Rc;

use zeroize::Zeroizing;

use crate::parts::verdict::judge;
use um_secret::{MAX_PATH_BYTES, Verdict};

/// A longer segment is told by its number.
const LONGEST_SHOWN: usize = 40;
/// What stands for the outer segments of a path that is too long.
const CUT: &str = "\u{2026}";
/// Longer ones are no words.
const LONGEST_WORD: usize = 15;
/// How names of settings end or begin, which have more words than a pass phrase may.
const NOUNS: [&str; 40] = [
    "access",
    "account",
    "api",
    "auth",
    "aws",
    "azure",
    "base",
    "client",
    "code",
    "connection",
    "credential",
    "credentials",
    "data",
    "database",
    "db",
    "default",
    "file",
    "hash",
    "host",
    "id",
    "key",
    "keys",
    "name",
    "names",
    "pass",
    "password",
    "path",
    "port",
    "private",
    "pwd",
    "secret",
    "secrets",
    "string",
    "token",
    "tokens",
    "uri",
    "url",
    "user",
    "username",
    "value",
];

/// The way to a setting. It is empty for the value itself. Clones share what they have in common.
#[derive(Clone, Default)]
pub(in crate::parts) struct Path(Option<Rc<Step>>);

struct Step {
    before: Path,
    segment: Segment,
}

enum Segment {
    /// A name that stands in the text, and its number among its neighbours.
    Name(usize, Zeroizing<String>),
    Number(usize),
    /// A place that every text of its kind has.
    Place(&'static str),
}

impl Path {
    pub(super) fn name(&self, number: usize, name: &str) -> Self {
        self.then(Segment::Name(number, Zeroizing::new(name.to_owned())))
    }

    pub(super) fn number(&self, number: usize) -> Self {
        self.then(Segment::Number(number))
    }

    pub(super) fn place(&self, place: &'static str) -> Self {
        self.then(Segment::Place(place))
    }

    fn then(&self, segment: Segment) -> Self {
        Self(Some(Rc::new(Step { before: self.clone(), segment })))
    }

    /// Whether it leads to the value itself.
    pub(in crate::parts) fn is_root(&self) -> bool {
        self.0.is_none()
    }

    /// What this stands in, and what it is called there.
    pub(super) fn last_name(&self) -> Option<(&Self, &str)> {
        match self.0.as_deref() {
            Some(Step { before, segment: Segment::Name(_, name) }) => Some((before, name)),
            _ => None,
        }
    }

    /// Whether both lead to the same place, and not only to one that is called the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Rc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }

    /// The names on the way.
    pub(super) fn names(&self) -> Vec<&str> {
        let names = self.segments().filter_map(|segment| match segment {
            Segment::Name(_, name) => Some(&name[..]),
            _ => None,
        });
        let mut names: Vec<&str> = names.collect();
        names.reverse();
        names
    }

    /// From the inside out.
    fn segments(&self) -> impl Iterator<Item = &Segment> {
        let mut path = self;
        std::iter::from_fn(move || {
            let step = path.0.as_deref()?;
            path = &step.before;
            Some(&step.segment)
        })
    }

    /// As it is told to people, in at most [`MAX_PATH_BYTES`].
    pub(in crate::parts) fn shown(&self) -> String {
        let (mut written, mut bytes) = (Vec::new(), 0);
        for segment in self.segments() {
            let text = segment.shown();
            bytes += text.len() + 1;
            if bytes + CUT.len() > MAX_PATH_BYTES {
                written.push(CUT.to_owned());
                break;
            }
            written.push(text);
        }
        let mut shown = String::with_capacity(MAX_PATH_BYTES);
        let mut last = String::new();
        for text in written.into_iter().rev().filter(|text| !text.is_empty()) {
            // A setting that is called `url` needs not be told to be one.
            if text == last && text == "url" {
                continue;
            }
            let joined = shown.is_empty() || text.starts_with('[');
            shown.push_str(if joined { "" } else { "." });
            shown.push_str(&text);
            last = text;
        }
        shown
    }
}

impl Segment {
    fn shown(&self) -> String {
        match self {
            Self::Name(_, name) if is_shown(name) => name.to_string(),
            Self::Name(number, _) | Self::Number(number) => format!("[{number}]"),
            Self::Place(place) => (*place).to_owned(),
        }
    }
}

/// Whether a name can be told: it is plain by itself.
fn is_shown(name: &str) -> bool {
    let is_written = |character: char| character.is_alphanumeric() || "_-./:@$ ".contains(character);
    let fits = (1..=LONGEST_SHOWN).contains(&name.len()) && name.trim() == name && name.chars().all(is_written);
    fits && (judge(&[], name) == Verdict::Plain || is_worded(name))
}

/// Whether it is made of words, and the first or the last is one of those that settings are called by.
fn is_worded(name: &str) -> bool {
    let words: Vec<String> = words(name).collect();
    let is_word = |word: &String| word.len() <= LONGEST_WORD && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_noun = |word: Option<&String>| word.is_some_and(|word| NOUNS.binary_search(&&word[..]).is_ok());
    words.iter().all(is_word) && (is_noun(words.first()) || is_noun(words.last()))
}

/// The words of `API_KEY`, `api-key`, `apiKey` and `api.key2`, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        let begins = !character.is_ascii_alphabetic() || character.is_ascii_uppercase() && before.is_ascii_lowercase();
        if begins {
            words.push(String::new());
        }
        if character.is_alphabetic() {
            words.last_mut().into_iter().for_each(|word| word.push(character.to_ascii_lowercase()));
        }
        before = character;
    }
    words.into_iter().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_from_the_outside_in() {
        let hosts = Path::default().name(3, "hosts").number(0);
        assert_eq!(hosts.place("url").place("password").shown(), "hosts[0].url.password");
        assert_eq!(Path::default().name(0, "url").place("url").place("password").shown(), "url.password");
        assert_eq!(Path::default().place("line").number(3).shown(), "line[3]");
        assert_eq!(Path::default().number(2).name(0, "password").shown(), "[2].password");
        assert_eq!(Path::default().shown(), "");
        assert!(NOUNS.is_sorted());
    }

    #[test]
    fn a_segment_that_could_be_a_secret_is_told_by_its_number() {
        let shown = |name: &str| Path::default().name(7, name).shown();
        for name in [
            "password",
            "aws_secret_access_key",
            "clientSecret",
            "DB_PASSWORD",
            "User Id",
            "spring.datasource.password",
        ] {
            assert_eq!(shown(name), name);
        }
        for name in
            ["16C7e42F292c6912E7710c8", "", "k7x!k7x!", "two\nlines", "correct-horse-battery-staple", &"a-b".repeat(20)]
        {
            assert_eq!(shown(name), "[7]", "{name}");
        }
    }

    #[test]
    fn a_long_path_loses_its_outer_segments() {
        let path = (0..100).fold(Path::default(), |path, _| path.name(0, "settings")).name(0, "password");
        let shown = path.shown();
        assert!(shown.len() <= MAX_PATH_BYTES && shown.starts_with(CUT) && shown.ends_with(".settings.password"));
    }
}
