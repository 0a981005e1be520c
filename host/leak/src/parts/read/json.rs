//! JSON (RFC 8259): its strings and numbers. Keys mean nothing but names, and a key that stands twice counts twice.

use std::ops::Range;

use zeroize::Zeroizing;

use super::path::Path;
use super::setting::Setting;
use um_base::Work;
use um_base::json::{Kind, Token, tokens, unescape};

/// A list or an object that is open.
struct Open {
    path: Path,
    /// The next element, or the next key.
    number: usize,
    /// What is read next, in an object.
    key: Option<Path>,
}

/// Whether a text is a list, an object or a string. A number or word by itself has no parts.
fn is_json(text: &str) -> bool {
    text.starts_with(['{', '[', '"']) && tokens(text, &Work::unlimited()).all(|token| token.is_ok())
}

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    if !is_json(text) {
        return false;
    }
    let mut open: Vec<Open> = Vec::new();
    for Token { kind, span, .. } in tokens(text, &Work::unlimited()).map_while(Result::ok) {
        match kind {
            Kind::List | Kind::Object => {
                let path = next(at, &mut open);
                open.push(Open { path, number: 0, key: None });
            }
            Kind::ListEnd | Kind::ObjectEnd => _ = open.pop(),
            Kind::Key => open.iter_mut().next_back().into_iter().for_each(|open| {
                open.key = Some(open.path.name(open.number, &said(text, span.clone())));
                open.number += 1;
            }),
            Kind::Text => {
                let raw = &text[span.start + 1..span.end - 1];
                let raw = raw.contains('\\').then(|| Zeroizing::new(raw.to_owned()));
                found.push(Setting::new(next(at, &mut open), &said(text, span)).or(raw));
            }
            Kind::Number => found.push(Setting::new(next(at, &mut open), &text[span])),
            Kind::True | Kind::False | Kind::Null => _ = next(at, &mut open),
        }
    }
    true
}

/// Where the next value stands.
fn next(at: &Path, open: &mut [Open]) -> Path {
    let Some(open) = open.last_mut() else { return at.clone() };
    open.key.take().unwrap_or_else(|| {
        open.number += 1;
        open.path.number(open.number - 1)
    })
}

/// What the string that stands there says.
fn said(text: &str, span: Range<usize>) -> Zeroizing<String> {
    let inside = &text[span.start + 1..span.end - 1];
    // No escape is shorter than what it stands for.
    let mut bytes = Zeroizing::new(Vec::with_capacity(inside.len()));
    unescape(inside, usize::MAX, &mut bytes);
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}
