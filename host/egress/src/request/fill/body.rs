//! Bodies that a sealed value goes into: forms and JSON objects, held in memory until the value is in.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use zeroize::Zeroizing;

use crate::error::request::{SealedFault, Site};
use crate::request::fill::form;
use crate::request::fill::form::Field;
use crate::request::fill::header::is_shaped;
use crate::request::placeholder::spotted;
use crate::request::sealed::{Sealed, SealedSet};
use um_base::Work;
use um_base::json::{Kind, tokens, unescape};
use um_base::rule::Placement;

/// What a body is written in, as its `Content-Type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Form,
    Json,
}

impl Language {
    /// None if a body in this language has no fields, or is compressed.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        if headers.contains_key(CONTENT_ENCODING) {
            return None;
        }
        let mut types = headers.get_all(CONTENT_TYPE).iter();
        let (Some(only), None) = (types.next(), types.next()) else { return None };
        let essence = only.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => Some(Self::Form),
            json if json == "application/json" || (json.starts_with("application/") && json.ends_with("+json")) => {
                Some(Self::Json)
            }
            _ => None,
        }
    }

    /// The fields whose whole value is shaped like a placeholder, each with the number of fields of its name.
    fn fields(self, body: &[u8]) -> Vec<(Field, usize)> {
        let mut fields = Vec::new();
        let add = |name: Vec<u8>, place: Range<usize>| {
            if is_shaped(&body[place.clone()]) {
                fields.push(Field { name, place });
            }
        };
        if self.each(body, add).is_err() {
            return Vec::new();
        }
        let mut counts: HashMap<Vec<u8>, usize> = fields.iter().map(|field| (field.name.clone(), 0)).collect();
        let count = |name: Vec<u8>, _| {
            if let Some(count) = counts.get_mut(&name) {
                *count += 1;
            }
        };
        // It was read to its end once.
        let _ = self.each(body, count);
        let counted = |field: Field| {
            let count = counts.get(&field.name).copied().unwrap_or_default();
            (field, count)
        };
        fields.into_iter().map(counted).collect()
    }

    fn each(self, body: &[u8], mut field: impl FnMut(Vec<u8>, Range<usize>)) -> Result<(), NoObject> {
        match self {
            Self::Form => {
                form::pairs(body).for_each(|(name, place)| field(name, place));
                Ok(())
            }
            Self::Json => members(body, field),
        }
    }

    fn write(self, value: &str) -> Zeroizing<String> {
        match self {
            Self::Form => form::encoded(value),
            Self::Json => in_json(value),
        }
    }
}

/// Puts the values of `fillable`, which may go into this body, where their placeholders stand, and tells which; all
/// other bytes stay.
///
/// # Errors
/// [`SealedFault`] if a placeholder is anywhere else, or there twice.
pub(crate) fn fill(
    body: &Bytes,
    language: Language,
    fillable: &[(Arc<Sealed>, String)],
    run: &SealedSet,
) -> Result<(Bytes, Vec<Arc<Sealed>>), SealedFault> {
    let mut fills: Vec<(Range<usize>, &Arc<Sealed>)> = Vec::new();
    for (field, count) in language.fields(body) {
        let Some(sealed) = run.of(&body[field.place.clone()]) else { return Err(SealedFault::Unknown(Site::Body)) };
        check(&field, count, sealed, fillable, &fills)?;
        fills.push((field.place, sealed));
    }
    let mut out = Zeroizing::new(Vec::with_capacity(
        body.len() + fills.iter().map(|(_, sealed)| 6 * sealed.value.expose().len()).sum::<usize>(),
    ));
    let mut from = 0;
    for (place, sealed) in &fills {
        watch(&body[from..place.start], run)?;
        out.extend_from_slice(&body[from..place.start]);
        out.extend_from_slice(language.write(sealed.value.expose()).as_bytes());
        from = place.end;
    }
    watch(&body[from..], run)?;
    out.extend_from_slice(&body[from..]);
    let used = fills.iter().map(|(_, sealed)| Arc::clone(sealed)).collect();
    Ok((Bytes::from_owner(out), used))
}

fn check(
    field: &Field,
    count: usize,
    sealed: &Arc<Sealed>,
    fillable: &[(Arc<Sealed>, String)],
    before: &[(Range<usize>, &Arc<Sealed>)],
) -> Result<(), SealedFault> {
    let name = || sealed.name.clone();
    let mut expected = fillable.iter().filter(|(own, _)| Arc::ptr_eq(own, sealed)).map(|(_, field)| field).peekable();
    let Some(first) = expected.peek().map(|first| (*first).clone()) else {
        return Err(SealedFault::Site { site: Site::Body, name: Some(name()) });
    };
    if !expected.any(|expected| expected.as_bytes() == field.name) {
        return Err(SealedFault::OtherField { name: name(), expected: Placement::Body(first) });
    }
    if before.iter().any(|(_, other)| Arc::ptr_eq(other, sealed)) {
        return Err(SealedFault::Twice { name: name() });
    }
    if count > 1 {
        return Err(SealedFault::FieldTwice { name: name() });
    }
    Ok(())
}

fn watch(text: &[u8], run: &SealedSet) -> Result<(), SealedFault> {
    if !spotted(text) {
        return Ok(());
    }
    Err(run.named_in(text).map_or(SealedFault::Unknown(Site::Body), |name| SealedFault::NotWhole { name }))
}

/// A body that is no JSON object, or more than is read of one.
struct NoObject;

/// The strings among the members of a JSON object, at its top level: decoded names, and the places between the quotes.
/// All other members have an empty place.
fn members(text: &[u8], mut member: impl FnMut(Vec<u8>, Range<usize>)) -> Result<(), NoObject> {
    let text = std::str::from_utf8(text).map_err(|_| NoObject)?;
    let mut key = None;
    // Of 1 MiB at most.
    for token in tokens(text, &Work::unlimited()) {
        let token = token.map_err(|_| NoObject)?;
        match (token.depth, token.kind) {
            (0, Kind::Object | Kind::ObjectEnd) => {}
            (0, _) => return Err(NoObject),
            (1, Kind::Key) => {
                let mut name = Vec::new();
                unescape(&text[token.inside()], usize::MAX, &mut name);
                key = Some(name);
            }
            (1, kind) => {
                let place = if kind == Kind::Text { token.inside() } else { token.span.start..token.span.start };
                key.take().into_iter().for_each(|name| member(name, place.clone()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A sealed value is visible ASCII: two characters need an escape (RFC 8259, 7).
fn in_json(value: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(2 * value.len()));
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JSON object and the fields in it that a placeholder may be the whole of: name, and how many have it.
    fn fields(body: &str) -> Vec<(String, usize)> {
        let fields = Language::Json.fields(body.as_bytes()).into_iter();
        fields.map(|(field, count)| (String::from_utf8(field.name).unwrap(), count)).collect()
    }

    #[test]
    fn only_whole_strings_at_the_top_of_an_object_are_fields() {
        let placeholder = crate::request::placeholder::Placeholder::new().as_str().to_owned();
        let one = |text: &str| fields(&text.replace('@', &placeholder));
        assert_eq!(one(r#"{"a": "@", "b": ["@"], "c": {"d": "@"}, "e": "x@"}"#), [("a".to_owned(), 1)]);
        assert_eq!(one(r#"{"\u0061": "@", "a": 1, "b": "@"}"#), [("a".to_owned(), 2), ("b".to_owned(), 1)]);
        let nested = |levels: usize| format!("{{\"x\": {}{}, \"a\": \"@\"}}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(one(&nested(499)).len(), 1);
        for none in [r#"["@"]"#, r#""@""#, r#"{"a": "@""#, r#"{"a": "@"} 1"#, &nested(500), &nested(500_000)] {
            assert!(one(none).is_empty(), "{}", &none[..9]);
        }
        for key in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
            assert_eq!(one(&format!("{{\"{key}\": \"@\", \"x\": {{\"{key}\": \"[[\"}}}}")), [(key.to_owned(), 1)]);
        }
    }
}
