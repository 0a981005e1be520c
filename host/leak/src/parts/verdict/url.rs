//! A URL is what the worst of its parts is: password, user that is a token, segments of its path, values of its query.

use um_secret::Verdict;

use super::digests::is_uuid;
use super::random::is_random;
use super::{grammar, names, shapes, words};
use crate::forms::percent::decode;

/// Places where whoever knows a path may write: their hosts, and what the path begins with.
#[rustfmt::skip]
const HOOKS: [(&str, &str); 12] = [
    ("hooks.slack.com", "/services/T"), ("hooks.slack.com", "/workflows/T"), ("hooks.slack.com", "/triggers/"),
    ("discord.com", "/api/webhooks/"), ("discordapp.com", "/api/webhooks/"), ("outlook.office.com", "/webhook"),
    (".webhook.office.com", "/webhook"), ("hooks.zapier.com", "/hooks/catch/"), ("maker.ifttt.com", "/use/"),
    ("hc-ping.com", "/"), ("hook.eu1.make.com", "/"), ("hook.us1.make.com", "/"),
];
/// A value of a query that is shorter is no secret that could be looked for.
const SHORTEST: usize = 4;
/// Before what was computed, and is in a path for that.
#[rustfmt::skip]
const COMPUTED: [&str; 9] = [
    "blob", "commit", "commits", "raw", "sha256", "tree", "archive", "avatar", "objects",
];

/// What is to be thought of a URL; nothing if the text is none.
pub(super) fn judge(text: &str) -> Option<Verdict> {
    let (scheme, rest) = text.split_once("://")?;
    let named = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte));
    if !named || scheme.is_empty() || text.contains(['\n', '\r']) {
        return None;
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // A password may have what ends an authority; then its `@` is behind it.
    let (authority, tail) = match rest.rfind('@') {
        Some(at)
            if at > authority.len() && authority.contains(':') && !authority.contains('@') && !is_port(authority) =>
        {
            rest.split_at(at)
        }
        _ => (authority, tail),
    };
    let (user, host) = match tail.strip_prefix('@') {
        Some(host) => (authority, host),
        None => authority.rsplit_once('@').unwrap_or(("", authority)),
    };
    Some(of_user(user).max(of_hook(host, tail)).max(of_path(tail)).max(of_query(tail)))
}

/// Whether what stands behind the first colon is the number of a port: then it is no password.
fn is_port(authority: &str) -> bool {
    authority.split_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn of_user(user: &str) -> Verdict {
    let judged = |secret: &str| {
        let decoded = decode(secret);
        match decoded.as_ref().map_or(secret, |decoded| decoded.as_str()) {
            "" => Verdict::Plain,
            text if grammar::is_reference(text) => Verdict::Plain,
            _ => Verdict::Certain,
        }
    };
    match user.split_once(':') {
        Some((name, "" | "x-oauth-basic" | "x")) => {
            judged_alone(name).max(if shapes::is_known(name) { Verdict::Certain } else { Verdict::Plain })
        }
        Some((_, password)) => judged(password),
        None => judged_alone(user),
    }
}

/// A user without a password, which may be a token.
fn judged_alone(user: &str) -> Verdict {
    let is_hex = user.len() >= 16 && user.bytes().all(|byte| byte.is_ascii_hexdigit());
    if user.is_empty() || grammar::is_reference(user) || words::are(user) {
        Verdict::Plain
    } else if is_random(user) || is_hex || shapes::is_known(user) {
        Verdict::Certain
    } else {
        Verdict::Doubtful
    }
}

fn of_hook(host: &str, tail: &str) -> Verdict {
    let host = host.split(':').next().unwrap_or(host);
    let known = HOOKS.iter().any(|(place, start)| {
        let same = host == *place || place.starts_with('.') && host.ends_with(place);
        same && tail.len() >= start.len() + 16 && tail.starts_with(start)
    });
    if known { Verdict::Certain } else { Verdict::Plain }
}

fn of_path(tail: &str) -> Verdict {
    let path = &tail[..tail.find(['?', '#']).unwrap_or(tail.len())];
    let mut before = "";
    let mut verdict = Verdict::Plain;
    for segment in path.split('/') {
        let is_computed = COMPUTED.contains(&before) && grammar::is_digest(segment);
        let is_named = is_uuid(segment) || shapes::is_name(segment) || is_computed;
        let decoded = decode(segment);
        let text = decoded.as_ref().map_or(segment, |decoded| decoded.as_str());
        if !is_named && (is_random(text) || shapes::is_known(text)) {
            verdict = Verdict::Certain;
        }
        before = segment;
    }
    verdict
}

/// The parameters, those of the fragment and of JDBC too.
fn of_query(tail: &str) -> Verdict {
    let query = tail.find(['?', '#', ';']).map_or("", |at| &tail[at..]);
    let pairs = query.split(['?', '&', '#', ';']).map(|pair| pair.split_once('=').unwrap_or(("", pair)));
    pairs.map(|(name, value)| of_parameter(name, value)).max().unwrap_or(Verdict::Plain)
}

fn of_parameter(name: &str, value: &str) -> Verdict {
    let decoded = decode(value);
    let text = decoded.as_ref().map_or(value, |decoded| decoded.as_str());
    let kind = names::kind(&[name]);
    let is_computed =
        matches!(kind, names::Kind::Digest) || name.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_secret = kind == names::Kind::Secret || kind == names::Kind::Weak && !words::are(text);
    let is_plain = text.len() < SHORTEST || grammar::is_reference(text) || is_uuid(text) && !is_secret;
    if is_plain || is_computed || shapes::is_name(text) {
        Verdict::Plain
    } else if is_secret && !grammar::is_plain_under_secret(text) && !super::MODES.contains(&text)
        || shapes::is_known(text)
        || is_random(text)
    {
        Verdict::Certain
    } else {
        Verdict::Plain
    }
}
