//! The same with a tree and recursion, as anybody can check it; and any text, as a fuzzer makes it up.

use std::collections::{HashMap, HashSet};

use super::number::without_exponent;
use crate::filter::Filter;
use crate::oracle::{Story, insert, ready};
use crate::report::{Leak, Stream};
use um_base::Work;
use um_base::json::{Json, Kind, Token, Tokens, escape, tokens, unescape};
use um_secret::{MASK, Verdict};

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
            Self::Text(text) => Self::Text(masked(filter, &text).0),
            Self::List(items) => Self::List(items.into_iter().map(|item| item.leaves(filter)).collect()),
            Self::Object(members) => {
                let member = |(key, value): (String, Self)| (masked(filter, &key).0, key, value.leaves(filter));
                Self::Object(apart(members.into_iter().map(member).collect()))
            }
            Self::Word(word) => {
                let is_masked = |text: &str| masked(filter, text).1;
                if is_masked(&word) || without_exponent(&word).is_some_and(|plain| is_masked(&plain)) {
                    Self::Text(MASK.to_owned())
                } else {
                    Self::Word(word)
                }
            }
        }
    }

    fn spans(self, filter: &Filter) -> Self {
        if !holds(filter, &self.text()) {
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
        if !holds(filter, &text) {
            return inner;
        }
        masked(filter, &text);
        Self::Text(MASK.to_owned())
    }

    /// Each key and each scalar, as what it says in each way of writing it.
    fn said(&self) -> Vec<Vec<String>> {
        match self {
            Self::Text(text) => vec![vec![text.clone()]],
            Self::Word(word) => vec![[word.clone()].into_iter().chain(without_exponent(word)).collect()],
            Self::List(items) => items.iter().flat_map(Self::said).collect(),
            Self::Object(members) => {
                members.iter().flat_map(|(key, value)| [vec![vec![key.clone()]], value.said()].concat()).collect()
            }
        }
    }
}

/// What of a text is let out where programs read, and whether something was masked.
fn masked(filter: &Filter, text: &str) -> (String, bool) {
    let (mut redactor, mut out) = (filter.stream(Stream::Result), Vec::new());
    redactor.write(ready(filter), text.as_bytes(), &mut out);
    redactor.finish(ready(filter), &mut out);
    (String::from_utf8(out).unwrap(), redactor.has_found())
}

/// Whether a certain form stands in a text; nothing is counted.
fn holds(filter: &Filter, text: &str) -> bool {
    let mut sieve = filter.sieve(Stream::Result);
    let mut out = Vec::new();
    sieve.pass(ready(filter), text.as_bytes(), &mut out).and_then(|()| sieve.finish(ready(filter), &mut out)).is_err()
}

/// How often doubtful forms are let through in what a tree comes to: in its leaves, and across them.
fn passed(forms: &[(Vec<u8>, Verdict)], tree: &Tree, filter: impl Fn() -> Filter) -> u64 {
    let in_text = |text: &str| {
        let filter = filter();
        masked(&filter, text);
        total(&filter.doubtful())
    };
    let in_ways = |ways: Vec<String>| ways.iter().map(|text| in_text(text)).find(|count| *count > 0).unwrap_or(0);
    let leaves: u64 = tree.said().into_iter().map(in_ways).sum();
    let text = tree.text();
    let work = Work::unlimited();
    let inside: Vec<_> = tokens(&text, &work).map(|token| token.unwrap().span).filter(|span| span.len() > 1).collect();
    let (mut across, mut to) = (0, None);
    for start in 0..text.len() {
        let at = |form: &&(Vec<u8>, Verdict)| form.0.len() >= 4 && text.as_bytes()[start..].starts_with(&form.0);
        let Some(end) = forms.iter().filter(at).map(|(form, _)| start + form.len()).max() else { continue };
        let is_inside = inside.iter().any(|span| span.start <= start && end <= span.end);
        if is_inside || to.is_some_and(|to| end <= to) {
            continue;
        }
        across += u64::from(to.is_none_or(|to| start > to));
        to = Some(end);
    }
    leaves + across
}

fn total(leaks: &[Leak]) -> u64 {
    leaks.iter().map(|leak| leak.count).sum()
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
pub(super) fn check(forms: &[(Vec<u8>, Verdict)], text: &str) {
    let filter = || {
        let filter = Filter::new();
        let long = forms.iter().filter(|(form, _)| form.len() >= 4);
        long.for_each(|(form, verdict)| insert(&filter, form, *verdict));
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
    assert!(!holds(&ours, shown.as_str()), "{text:?}: {shown}");
    let expected = Tree::of(text).redacted(&theirs);
    assert_eq!(shown.as_str(), expected.text(), "{forms:?} in {text:?}");
    assert_eq!(ours.report(), theirs.report(), "{forms:?} in {text:?}");
    assert_eq!(total(&ours.doubtful()), passed(forms, &expected, filter), "{forms:?} in {text:?}");
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
        let verdict = if length < 128 { Verdict::Certain } else { Verdict::Doubtful };
        (piece.collect::<String>().into_bytes(), verdict)
    };
    check(&plans.into_iter().map(piece).collect::<Vec<_>>(), &text);
}
