//! The same with a tree and recursion, as anybody can check it; and any text, as a fuzzer makes it up.

use std::collections::{HashMap, HashSet};

use super::number::without_exponent;
use crate::filter::Filter;
use crate::oracle::{Story, insert, ready};
use crate::report::Stream;
use um_base::Work;
use um_base::json::{Json, Kind, Token, Tokens, escape, tokens, unescape};
use um_secret::MASK;

#[derive(Clone)]
pub(super) enum Tree {
    /// A number or word.
    Word(String),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// The tree of a text that was found to be JSON.
    pub(super) fn of(text: &str) -> Self {
        let work = Work::unlimited();
        let mut tokens = tokens(text, &work);
        let first = tokens.next().unwrap().unwrap();
        Self::from(text, first, &mut tokens)
    }

    fn from(text: &str, first: Token, tokens: &mut Tokens<'_>) -> Self {
        let next = |tokens: &mut Tokens<'_>| tokens.next().unwrap().unwrap();
        match first.kind {
            Kind::Text => Self::Text(said(&text[first.inside()])),
            Kind::List => {
                let mut items = Vec::new();
                loop {
                    match next(tokens) {
                        Token { kind: Kind::ListEnd, .. } => return Self::List(items),
                        item => items.push(Self::from(text, item, tokens)),
                    }
                }
            }
            Kind::Object => {
                let mut members = Vec::new();
                loop {
                    let key = next(tokens);
                    if key.kind == Kind::ObjectEnd {
                        return Self::Object(members);
                    }
                    let value = next(tokens);
                    members.push((said(&text[key.inside()]), Self::from(text, value, tokens)));
                }
            }
            _ => Self::Word(text[first.span].to_owned()),
        }
    }

    pub(super) fn text(&self) -> String {
        let list = |items: Vec<String>| items.join(",");
        match self {
            Self::Word(word) => word.clone(),
            Self::Text(text) => quoted(text),
            Self::List(items) => format!("[{}]", list(items.iter().map(Self::text).collect())),
            Self::Object(members) => {
                let member = |(key, value): &(String, Self)| format!("{}:{}", quoted(key), value.text());
                format!("{{{}}}", list(members.iter().map(member).collect()))
            }
        }
    }

    pub(super) fn redacted(self, filter: &Filter) -> Self {
        self.leaves(filter).spans(filter)
    }

    fn leaves(self, filter: &Filter) -> Self {
        match self {
            Self::Text(text) => Self::Text(ready(filter).text(Stream::Result, &text)),
            Self::List(items) => Self::List(items.into_iter().map(|item| item.leaves(filter)).collect()),
            Self::Object(members) => {
                let member = |(key, value): (String, Self)| {
                    (ready(filter).text(Stream::Result, &key), key, value.leaves(filter))
                };
                Self::Object(apart(members.into_iter().map(member).collect()))
            }
            Self::Word(word) => {
                let is_masked = |text: &str| ready(filter).text(Stream::Result, text) != text;
                if is_masked(&word) || without_exponent(&word).is_some_and(|plain| is_masked(&plain)) {
                    Self::Text(MASK.to_owned())
                } else {
                    Self::Word(word)
                }
            }
        }
    }

    fn spans(self, filter: &Filter) -> Self {
        if !ready(filter).finds_in(self.text().as_bytes()) {
            return self;
        }
        let inner = match self {
            Self::List(items) => Self::List(items.into_iter().map(|item| item.spans(filter)).collect()),
            Self::Object(members) => {
                Self::Object(members.into_iter().map(|(key, value)| (key, value.spans(filter))).collect())
            }
            scalar => scalar,
        };
        let text = inner.text();
        if !ready(filter).finds_in(text.as_bytes()) {
            return inner;
        }
        ready(filter).text(Stream::Result, &text);
        Self::Text(MASK.to_owned())
    }
}

/// Keys and what they are masked to: the numbers that they get.
fn apart(members: Vec<(String, String, Tree)>) -> Vec<(String, Tree)> {
    let kept: HashSet<String> =
        members.iter().filter(|(masked, key, _)| masked == key).map(|(_, key, _)| key.clone()).collect();
    let (mut given, mut last) = (HashSet::new(), HashMap::<String, u64>::new());
    let mut result = Vec::new();
    for (masked, key, value) in members {
        let is_free = |name: &str, given: &HashSet<String>| !kept.contains(name) && !given.contains(name);
        let mut name = masked.clone();
        while masked != key && !is_free(&name, &given) {
            let number = last.entry(masked.clone()).or_insert(1);
            *number += 1;
            name = format!("{masked}#{number}");
        }
        given.insert(name.clone());
        result.push((name, value));
    }
    result
}

fn said(inside: &str) -> String {
    let mut said = Vec::new();
    unescape(inside, usize::MAX, &mut said);
    String::from_utf8(said).unwrap()
}

fn quoted(text: &str) -> String {
    let mut out = b"\"".to_vec();
    let escaped = escape(text.as_bytes(), |bytes| {
        out.extend_from_slice(bytes);
        Ok::<_, ()>(())
    });
    escaped.unwrap();
    out.push(b'"');
    String::from_utf8(out).unwrap()
}

/// Masks a text for these forms, and compares.
///
/// # Panics
/// If anything comes out but what the tree comes to, or all of it masked.
pub(super) fn check(forms: &[Vec<u8>], text: &str) {
    let filter = || {
        let filter = Filter::new();
        forms.iter().filter(|form| form.len() >= 4).for_each(|form| insert(&filter, form));
        filter
    };
    let (ours, theirs) = (filter(), filter());
    let is_json = tokens(text, &Work::unlimited()).all(|token| token.is_ok());
    let shown = ready(&ours).json(Stream::Result, text, &Work::unlimited());
    assert_eq!(shown.is_ok(), is_json, "{text:?}");
    let Ok(shown) = shown else { return assert!(ours.report().is_empty(), "what is no JSON is not counted: {text:?}") };
    assert_eq!(shown.as_str().parse::<Json>().as_ref(), Ok(&shown), "{text:?}");
    if shown.as_str() == "\"***\"" {
        return;
    }
    assert!(!ready(&ours).finds_in(shown.as_str().as_bytes()), "{text:?}: {shown}");
    let expected = Tree::of(text).redacted(&theirs).text();
    assert_eq!(shown.as_str(), expected, "{forms:?} in {text:?}");
    assert_eq!(ours.report(), theirs.report(), "{forms:?} in {text:?}");
}

/// A text, and forms of which some are pieces of it, as the bytes say.
///
/// # Panics
/// As [`check`].
pub fn fuzz(story: &[u8]) {
    let mut story = Story(story);
    let plans: Vec<(u8, u8, u8)> = (0..story.byte() % 4).map(|_| (story.byte(), story.byte(), story.byte())).collect();
    let text = String::from_utf8_lossy(story.0).into_owned();
    let compact = text.parse::<Json>().map_or_else(|_| text.clone(), Json::into_string);
    let piece = |(from, scale, length): (u8, u8, u8)| {
        let from = usize::from(from) << (scale % 4);
        let piece = compact.chars().skip(from % compact.chars().count().max(1)).take(4 + usize::from(length % 32));
        piece.collect::<String>().into_bytes()
    };
    check(&plans.into_iter().map(piece).collect::<Vec<_>>(), &text);
}
