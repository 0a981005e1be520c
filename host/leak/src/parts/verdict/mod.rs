//! Whether a value is a secret, by what it is called and how it reads.
//!
//! [`judge`] says *certain* of what has a known shape, is random, or stands under a secret's name and is not plain;
//! *plain* of what a grammar knows (dates, hosts, paths, sentences …) or is made of words; *doubtful* of the rest. A known
//! shape and a password inside come before everything that the name says. Each rule reads the text a bounded number of
//! times.
//!
//! `names` knows what a name says, `shapes` what issuers give out, `random` how far a text is from words, `words` and
//! `grammar` what is plain, `url` and `compound` what stands inside a value.
//!
//! Deliberately absent: dictionaries. A word that is a password stands under a name that says so, or nobody can tell.

mod base64;
mod compound;
mod digests;
mod grammar;
mod names;
pub(super) mod random;
mod shapes;
mod trigrams;
mod url;
mod words;

use digests::is_uuid;
use names::Kind;
use random::is_random;
use um_secret::{Masking, Verdict, masking};

/// Passwords that everybody has: masked where people read, and no heading of a table is damaged.
#[rustfmt::skip]
const EVERYBODYS: [&str; 14] = [
    "changeit", "changeme", "change-me", "change_me", "dummy", "elastic", "grafana", "minioadmin", "mysql",
    "postgres", "rabbitmq", "redis", "sample", "todo",
];
/// What stands under a secret's name and says how it is had.
#[rustfmt::skip]
const MODES: [&str; 49] = [
    "agent", "always", "apikey", "auto", "automatic", "aws-sdk", "basic", "bearer", "client_secret_basic",
    "client_secret_post", "digest", "disable", "dynamic", "environment", "external", "file", "generate", "generated",
    "header", "inherit", "inline", "insecure", "kerberos", "keychain", "keyring", "managed", "md5", "never", "oauth",
    "oauth2", "opaque", "optional", "prompt", "random", "required", "scram-sha-256", "static", "vault", "workload",
    "write", "hidden", "masked", "redacted", "sensitive", "unset", "encrypted", "hashed", "unchanged", "lowercase",
];

/// What is to be thought of a value. `names` are the keys on the path to it, from the outside in; the last is its own and
/// empty if it has none.
pub(crate) fn judge(names: &[&str], text: &str) -> Verdict {
    let text = unquoted(text.trim());
    let kind = names::kind(names);
    let is_text = || names::are_of_texts(names) && grammar::is_written(text);
    if matches!(masking(text), Masking::Nothing(_))
        || shapes::is_public(text)
        || grammar::is_reference(text)
        || is_text()
    {
        Verdict::Plain
    } else if shapes::is_known(text) {
        Verdict::Certain
    } else if let Some(verdict) = url::judge(text) {
        verdict
    } else if kind == Kind::Secret {
        under_secret(text)
    } else if compound::has_secret(text, kind == Kind::Prose) {
        Verdict::Certain
    } else {
        otherwise(kind, text)
    }
}

fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    within('"').or_else(|| within('\'')).filter(|inside| !inside.contains(['"', '\''])).unwrap_or(text)
}

fn under_secret(text: &str) -> Verdict {
    let lower = text.to_ascii_lowercase();
    if MODES.contains(&lower.as_str()) || lower.starts_with("gpio") || grammar::is_plain_under_secret(text) {
        Verdict::Plain
    } else if EVERYBODYS.contains(&lower.as_str()) || grammar::is_blank_to_fill(&lower) {
        Verdict::Doubtful
    } else {
        Verdict::Certain
    }
}

fn otherwise(kind: Kind, text: &str) -> Verdict {
    let half = matches!(kind, Kind::Weak | Kind::Faint);
    if half && (compound::is_login(text) || grammar::is_mnemonic(text)) {
        return Verdict::Certain;
    }
    match base64::decode(text).filter(|_| !words::are(text)) {
        Some(decoded) if half || compound::is_login(&decoded) || is_secret_inside(kind, &decoded) => Verdict::Certain,
        Some(decoded) => by_reading(kind, decoded.trim()),
        None => by_reading(kind, text),
    }
}

/// Whether a secret stands in what a text says that is base64.
fn is_secret_inside(kind: Kind, decoded: &str) -> bool {
    let of_url = url::judge(decoded) == Some(Verdict::Certain);
    of_url || shapes::is_known(decoded) || compound::has_secret(decoded, kind == Kind::Prose)
}

/// By how a text reads that holds no secret that could be pointed at.
fn by_reading(kind: Kind, text: &str) -> Verdict {
    let half = matches!(kind, Kind::Weak | Kind::Faint);
    let of_thing = matches!(kind, Kind::Plain | Kind::Prose);
    let told = match kind {
        Kind::Id => grammar::is_id(text) && !(is_random(text) && has_both_cases(text)),
        Kind::Digest => grammar::is_digest(text),
        _ => half && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'),
    };
    if told || shapes::is_name(text) || grammar::is_plain(text) || words::are(text) {
        Verdict::Plain
    } else if matches!(kind, Kind::Id | Kind::KeyId) || is_uuid(text) && !half {
        Verdict::Doubtful
    } else if is_random(text) {
        if of_thing && is_numbered(text) { Verdict::Doubtful } else { Verdict::Certain }
    } else if of_thing {
        Verdict::Plain
    } else if kind == Kind::Weak || kind == Kind::Faint && random::is_chosen_by_chance(text) {
        Verdict::Certain
    } else {
        Verdict::Doubtful
    }
}

/// Numbers of things are in small letters or in capitals; where they are in both nobody can tell.
fn has_both_cases(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_lowercase()) && text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// What is called a place or a person may hold a number of it in small letters: `cf-templates-1x2y3z4a5b6c-eu-west-1`.
fn is_numbered(text: &str) -> bool {
    let mut runs = text.split(|c: char| !c.is_ascii_alphanumeric());
    let has_capital = text.bytes().any(|byte| byte.is_ascii_uppercase());
    !has_capital && runs.any(|run| run.len() >= 4 && words::is_word(run))
}

#[cfg(test)]
mod tests;
