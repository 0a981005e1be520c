//! Whether a secret stands inside a value of several parts: `user=x;password=y`, `--password y`, `Bearer y`, `user:y@host`.
//! The readers take such values apart; here the whole is known for what it holds.

use super::names::{self, Kind};
use super::{grammar, words};
use um_secret::{Masking, Verdict, masking};

/// The longest name that is looked for before a sign.
const LONGEST_NAME: usize = 64;
/// What stands before a secret: RFC 6750, RFC 7617, others.
const ANNOUNCING: [&str; 5] = ["Bearer", "bearer", "Basic", "Token", "token"];

pub(super) fn has_secret(text: &str) -> bool {
    // Files of .netrc; what telephones read as a code.
    let is_line = text.starts_with("machine ") && text.contains(" password ")
        || text.starts_with("WIFI:") && text.contains(";P:");
    is_line || has_pair(text) || has_announced(text) || is_login_at_host(text)
}

/// Whether something stands behind a secret's name and `=`, or `:` and a space.
fn has_pair(text: &str) -> bool {
    let mut from = 0;
    while let Some(at) = text[from..].find(['=', ':']).map(|at| from + at) {
        from = at + 1;
        let rest = &text[from..];
        let is_colon = text.as_bytes()[at] == b':';
        let is_json = is_colon && text[..at].ends_with('"');
        let is_sign = rest.starts_with(['=', '~', '>']) || is_colon && !is_json && !rest.starts_with(' ');
        if is_sign || !names_secret(name_before(&text[..at])) {
            continue;
        }
        let value = value_behind(rest);
        // Behind a colon in a sentence stand words.
        let is_said = is_colon && rest.trim().contains(char::is_whitespace) && words::are(value);
        if !is_said && is_secret(value) {
            return true;
        }
        from = value.as_ptr() as usize + value.len() - text.as_ptr() as usize;
    }
    false
}

fn names_secret(name: &str) -> bool {
    names::kind(&[name]) == Kind::Secret
}

/// Of several words the last says what it is.
fn name_before(text: &str) -> &str {
    let text = text.trim_end_matches(['"', '\'', ' ']);
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "_-. ".contains(c);
    let length: usize = text.chars().rev().take(LONGEST_NAME).take_while(|c| is_letter(*c)).map(char::len_utf8).sum();
    &text[text.len() - length..]
}

/// In quotes, in braces, or up to what ends it.
fn value_behind(rest: &str) -> &str {
    let rest = rest.trim_start_matches(' ');
    let within =
        |open: char, close: char| rest.strip_prefix(open).map(|inside| inside.split(close).next().unwrap_or(inside));
    let quoted = within('\'', '\'')
        .or_else(|| within('"', '"'))
        .or_else(|| rest.strip_prefix('{').map(|inside| inside.split("};").next().unwrap_or(inside)));
    quoted.unwrap_or_else(|| rest.split(|c: char| c.is_whitespace() || ";&,".contains(c)).next().unwrap_or(rest))
}

fn is_secret(value: &str) -> bool {
    let maskable = !matches!(masking(value), Masking::Nothing(_)) && !grammar::is_reference(value);
    maskable && super::under_secret(value) == Verdict::Certain
}

/// Whether a secret stands behind a word that announces one: behind an option or in quotes any does, else one that no
/// word is.
fn has_announced(text: &str) -> bool {
    let mut words = text.split_whitespace().map(|word| (word, word.trim_matches(['"', '\'', ',', ';', '(', ')'])));
    let mut before = ("", "");
    words.any(|(word, bare)| {
        let (last, earlier) = before;
        let is_announced = announces(last, earlier, word, bare) && is_secret(bare);
        let is_login =
            matches!(last, "-u" | "--user") && bare.split_once(':').is_some_and(|(_, password)| is_secret(password));
        // `password 7 0822455D0A16`, as switches have it.
        if word.len() > 1 || !word.bytes().all(|byte| byte.is_ascii_digit()) {
            before = (word, last);
        }
        is_announced || is_login || last == "-p" && text.contains("sshpass") && is_secret(bare) || is_glued(word)
    })
}

fn announces(last: &str, earlier: &str, word: &str, bare: &str) -> bool {
    let is_option = last.strip_prefix("--").is_some_and(names_secret) && !word.starts_with('-') && !last.contains('=');
    let is_quoted = word.starts_with(['"', '\'']) && word.len() > bare.len() + 1;
    let is_marked = bare.bytes().any(|byte| byte.is_ascii_digit()) || !words::are_among_marks(bare);
    let is_said = last.len() > 3 && last.bytes().all(|byte| byte.is_ascii_alphanumeric()) && names_secret(last);
    let identified = last.eq_ignore_ascii_case("by") && earlier.eq_ignore_ascii_case("identified");
    // Settings of Redis.
    let is_line = earlier.is_empty() && matches!(last, "requirepass" | "masterauth");
    is_option
        || identified
        || is_line
        || is_said && (is_quoted || is_marked)
        || ANNOUNCING.contains(&last.trim_matches(['"', '\''])) && !words::are(bare)
}

/// `user:password`, where the name says that it may be.
pub(super) fn is_login(text: &str) -> bool {
    const SCHEMES: [&str; 6] = ["env", "file", "basic", "bearer", "vault", "type"];
    let is_user = |user: &str| {
        user.len() >= 2
            && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@-".contains(&byte))
            && !SCHEMES.contains(&user)
    };
    let pair = text.split_once(':').filter(|_| !text.contains(char::is_whitespace));
    pair.is_some_and(|(user, password)| {
        is_user(user) && !password.contains([':', '/', '*', '{']) && is_secret(password)
    })
}

/// `-pPASSWORD`, as MySQL has it.
fn is_glued(word: &str) -> bool {
    word.strip_prefix("-p").is_some_and(|password| {
        password.len() >= 8
            && !words::are(password)
            && !grammar::is_path(password)
            && password.bytes().all(|byte| byte != b':' && byte != b'=')
    })
}

/// `user:password@host` without a scheme, Go's `tcp(host)` too.
fn is_login_at_host(text: &str) -> bool {
    if text.contains(char::is_whitespace) || text.contains("://") {
        return false;
    }
    let Some((login, host)) = text.rsplit_once("@tcp(").or(text.rsplit_once("@unix(")).or(text.rsplit_once('@')) else {
        return false;
    };
    let host = host.split(['/', ')', '?']).next().unwrap_or(host);
    let is_user = |user: &str| {
        !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    let named = grammar::is_host(host) || words::are(host) || host.is_empty();
    named
        && !host.starts_with("sha256")
        && login
            .split_once(':')
            .is_some_and(|(user, password)| is_user(user) && !password.starts_with('/') && is_secret(password))
}
