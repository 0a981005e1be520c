//! RFC 3986: user and password, and what of path, query and fragment is a secret, as they are and once decoded.

use zeroize::Zeroizing;

use super::list::SHORTEST;
use super::plain::{is_mixed, is_plain, names_secret};
use crate::forms::percent::decode;

/// A path and query in one piece shorter than this are no part.
const SHORTEST_TAIL: usize = 16;

/// The secrets in a URL; `None` if the text is none.
pub(super) fn parts(text: &str) -> Option<Vec<Zeroizing<String>>> {
    let (user_info, tail) = split(text)?;
    let mut found = Vec::new();
    match user_info.split_once(':') {
        Some((_, password)) if !password.is_empty() => found.extend([user_info, password]),
        _ if !is_plain(user_info) => found.push(user_info),
        _ => {}
    }
    let inside: Vec<&str> = secrets_in(tail).collect();
    if !inside.is_empty() && tail.len() >= SHORTEST_TAIL {
        found.push(tail);
    }
    found.extend(inside);
    found.retain(|part| !part.is_empty());
    let decoded: Vec<_> = found.iter().filter(|part| part.contains('%')).filter_map(|part| decode(part)).collect();
    Some(found.into_iter().map(|part| Zeroizing::new(part.to_owned())).chain(decoded).collect())
}

/// User and password, and what stands behind host and port. The scheme may have colons, as that of JDBC.
fn split(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let named = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte));
    if !named || scheme.is_empty() {
        return None;
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    Some((authority.rsplit_once('@').map_or("", |(user_info, _)| user_info), tail))
}

/// Long segments that no person chose, and what has the name of a secret.
fn secrets_in(tail: &str) -> impl Iterator<Item = &str> {
    let (path, query) = tail.split_at(tail.find(['?', '#']).unwrap_or(tail.len()));
    let is_random = |text: &str| decode(text).map_or_else(|| is_mixed(text), |decoded| is_mixed(&decoded));
    let segments = path.split('/').filter(move |segment| is_random(segment));
    let pairs = query.split(['?', '&', '#', ';']).map(|pair| pair.split_once('=').unwrap_or(("", pair)));
    let is_secret = move |name, value: &str| is_random(value) || names_secret(name) && value.len() >= SHORTEST;
    segments.chain(pairs.filter(move |(name, value)| is_secret(name, value)).map(|(_, value)| value))
}
