//! RFC 3986: user and password, and what of path, query and fragment may be a secret, as they are and once decoded.
//!
//! Passwords are pasted into URLs as they are, so one may have what ends it by the standard: `/`, `#`, `?`, `@`, `:`. Each
//! `@` that a host can follow is tried.

use zeroize::Zeroizing;

use super::path::Path;
use super::setting::{Role, Setting};
use crate::forms::percent::decode;
use um_secret::Verdict;

/// A path and query in one piece shorter than this are no part.
const SHORTEST_TAIL: usize = 16;
/// A shorter segment is a name or a number.
const SHORTEST_SEGMENT: usize = 16;
/// More `@` than that are no ends of a password.
const MOST_ENDS: usize = 8;
/// What stands for a password where the user is a token.
const NO_PASSWORDS: [&str; 2] = ["", "x-oauth-basic"];

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    let Some((scheme, rest)) = split(text) else { return false };
    let mut tail = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    for end in ends(scheme, rest) {
        login(&rest[..end], &at.place("url"), found);
        tail = tail.max(end + rest[end..].find(['/', '?', '#']).unwrap_or(rest.len() - end));
    }
    read_tail(&rest[tail..], at, found);
    true
}

/// The scheme, which may have colons, as that of JDBC, and what stands behind it.
fn split(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte));
    is_scheme.then_some((scheme, rest))
}

/// Where user and password may end.
fn ends(scheme: &str, rest: &str) -> Vec<usize> {
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let by_standard = rest[..authority].rfind('@');
    let may_follow = |at: &usize| {
        let host = &rest[at + 1..];
        let end = host
            .find(|character: char| !character.is_alphanumeric() && !"-._".contains(character))
            .unwrap_or(host.len());
        end > 0 && (host[end..].is_empty() || host[end..].starts_with([':', '/', '?', '#', ',']))
    };
    // Without a user by the standard, what stands before the first slash may be a host with a port.
    let is_host = rest[..authority]
        .split_once(':')
        .is_none_or(|(_, port)| scheme.starts_with("http") && port.bytes().all(|byte| byte.is_ascii_digit()));
    let others = rest.match_indices('@').map(|(at, _)| at).filter(may_follow).take(MOST_ENDS);
    let others = others.filter(|at| *at > authority && (by_standard.is_some() || !is_host));
    by_standard.into_iter().chain(others).collect()
}

fn login(login: &str, at: &Path, found: &mut Vec<Setting>) {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    if NO_PASSWORDS.contains(&password) {
        let setting = Setting::new(at.place("user"), user).is(Role::OneOf).or(decoded(user));
        found.push(if login == user { setting } else { setting.called("token") }.whole());
    } else {
        let both = Some(Zeroizing::new(login.to_owned()));
        let setting = Setting::new(at.place("password"), password).certain();
        found.push(setting.or(decoded(password)).or(both).or(decoded(login)).whole());
    }
}

fn decoded(text: &str) -> Option<Zeroizing<String>> {
    text.contains('%').then(|| decode(text)).flatten()
}

/// Segments that no person chose, and what has the name of a secret. With one of them, path and query in one piece too, as
/// servers log them.
fn read_tail(tail: &str, at: &Path, found: &mut Vec<Setting>) {
    let (path, query) = tail.split_at(tail.find(['?', '#']).unwrap_or(tail.len()));
    let before = found.len();
    for (number, segment) in path.split('/').enumerate().filter(|(_, segment)| segment.len() >= SHORTEST_SEGMENT) {
        let place = at.place("url").place("path").number(number);
        found.push(Setting::new(place, segment).or(decoded(segment)));
    }
    for (number, piece) in query.split(['?', '&', '#', ';']).enumerate().filter(|(_, piece)| !piece.is_empty()) {
        let place = at.place("query");
        let (place, value) = match piece.split_once('=') {
            Some((name, value)) => (place.name(number, name), value),
            None => (place.number(number), piece),
        };
        found.push(Setting::new(place, value).or(decoded(value)));
    }
    let highest = found[before..].iter().map(Setting::verdict).max().unwrap_or(Verdict::Plain);
    if tail.len() >= SHORTEST_TAIL && highest > Verdict::Plain {
        let whole = Setting::new(at.place("url").place("path"), tail).or(decoded(tail));
        found.push(whole.is(Role::Is(highest)).whole());
    }
}
