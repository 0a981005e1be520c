//! Bodies that a sealed value goes into: forms and JSON objects, held in memory until the value is in.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use zeroize::Zeroizing;

use super::field::{is_shaped, replaced};
use super::guards::{Guard, Guards};
use super::placeholder::spotted;
use super::query::{self, Field};
use super::{Sealed, SealedFault, SealedSet, Site};
use crate::base::Work;
use crate::base::json::{Kind, tokens, unescape};
use crate::secret::Placement;

/// Longest body that a sealed value may be put into, in bytes.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// What a body is written in, as its `Content-Type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Form,
    Json,
}

impl Language {
    /// None if a body in this language has no fields, or is compressed.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
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

    fn fields(self, body: &[u8]) -> Vec<Field> {
        match self {
            Self::Form => query::fields(body),
            Self::Json => {
                let held = members(body).into_iter().filter(|member| is_shaped(&body[member.place.clone()]));
                held.collect()
            }
        }
    }

    fn count(self, body: &[u8], name: &[u8]) -> usize {
        match self {
            Self::Form => query::count(body, name),
            Self::Json => members(body).iter().filter(|member| member.name == name).count(),
        }
    }

    fn write(self, value: &str) -> Zeroizing<String> {
        match self {
            Self::Form => query::encoded(value),
            Self::Json => in_json(value),
        }
    }
}

/// Puts the values of `fillable`, which may go into this body, where their placeholders stand, and tells which; all
/// other bytes stay.
///
/// # Errors
/// [`SealedFault`] if a placeholder is anywhere else, or there twice.
pub(super) fn fill(
    body: &Bytes,
    language: Language,
    fillable: &[(Arc<Sealed>, String)],
    run: &SealedSet,
) -> Result<(Bytes, Vec<Arc<Sealed>>), SealedFault> {
    if !run.guards.holds(Guard::Body) {
        let fill = |body: Zeroizing<Vec<u8>>, sealed: &Arc<Sealed>| {
            replaced(&body, sealed.placeholder.as_str(), sealed.value.expose())
        };
        let filled = run.iter().fold(Zeroizing::new(body.to_vec()), fill);
        return Ok((Bytes::copy_from_slice(&filled), Vec::new()));
    }
    let mut fills: Vec<(Range<usize>, &Arc<Sealed>)> = Vec::new();
    for field in language.fields(body) {
        let Some(sealed) = run.of(&body[field.place.clone()]) else { return Err(SealedFault::Unknown(Site::Body)) };
        check(body, language, &field, sealed, fillable, &fills, run.guards)?;
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
    body: &[u8],
    language: Language,
    field: &Field,
    sealed: &Arc<Sealed>,
    fillable: &[(Arc<Sealed>, String)],
    before: &[(Range<usize>, &Arc<Sealed>)],
    guards: Guards,
) -> Result<(), SealedFault> {
    let name = || sealed.name.clone();
    let mut expected = fillable.iter().filter(|(own, _)| Arc::ptr_eq(own, sealed)).map(|(_, field)| field).peekable();
    let Some(first) = expected.peek().map(|first| (*first).clone()) else {
        return Err(SealedFault::Site { site: Site::Body, name: Some(name()) });
    };
    if !expected.any(|expected| expected.as_bytes() == field.name) && guards.holds(Guard::Placement) {
        return Err(SealedFault::OtherField { name: name(), expected: Placement::Body(first) });
    }
    if before.iter().any(|(_, other)| Arc::ptr_eq(other, sealed)) && guards.holds(Guard::Once) {
        return Err(SealedFault::Twice { name: name() });
    }
    if language.count(body, &field.name) > 1 && guards.holds(Guard::Once) {
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

/// The members of a JSON object, at its top level, by decoded name; places are those between the quotes of strings, and
/// empty for all else. Empty if the text is no JSON object, or more than is read of one.
fn members(text: &[u8]) -> Vec<Field> {
    let Ok(text) = std::str::from_utf8(text) else { return Vec::new() };
    let mut members: Vec<Field> = Vec::new();
    // Of 1 MiB at most.
    for token in tokens(text, &Work::unlimited()) {
        match token {
            Err(_) => return Vec::new(),
            Ok(token) if token.depth == 0 && !matches!(token.kind, Kind::Object | Kind::ObjectEnd) => {
                return Vec::new();
            }
            Ok(token) if token.depth == 1 && token.kind == Kind::Key => {
                let mut name = Vec::new();
                unescape(&text[token.inside()], usize::MAX, &mut name);
                members.push(Field { name, place: token.span.end..token.span.end });
            }
            Ok(token) if token.depth == 1 && token.kind == Kind::Text => {
                if let Some(member) = members.last_mut() {
                    member.place = token.inside();
                }
            }
            Ok(_) => {}
        }
    }
    members
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
