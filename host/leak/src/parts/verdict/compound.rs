//! Whether a secret stands inside a value of several parts: `user=x;password=y`, `--password y`, `Bearer y`, `user:y@host`.
//! The readers take such values apart; here the whole is known for what it holds.

use super::names::{self, Kind};
use super::{grammar, random, url, words};
use um_secret::{Masking, Verdict, masking};

/// The longest name that is looked for before a sign.
const LONGEST_NAME: usize = 64;
/// A shorter one behind a name that is half a secret's is none.
const LONG_VALUE: usize = 12;
/// A shorter one behind a word is no password.
const SHORTEST_MARKED: usize = 6;
/// Tools, before what their password stands, and behind which sign of that.
#[rustfmt::skip]
const TOOLS: [(&str, &str, &str); 18] = [
    (" login ", "-p", ""), ("mongo", "-p", ""), ("7z ", "-p", ""), ("curl", "-u", ":"), ("curl", "--user", ":"),
    ("http", "-a", ":"), ("ldap", "-w", ""), ("lftp", "-u", ","), ("maria", "-p", ""), ("mosquitto", "-P", ""),
    ("mysql", "-p", ""), ("openssl", "-passin", "pass:"), ("openssl", "-passout", "pass:"), ("redis-cli", "-a", ""),
    ("smbclient", "-U", "%"), ("sqlcmd", "-P", ""), ("sshpass", "-p", ""), ("zip", "-P", ""),
];
/// What stands before a secret: RFC 6750, RFC 7617, others.
const ANNOUNCING: [&str; 5] = ["Bearer", "bearer", "Basic", "Token", "token"];

/// In prose, which tells of passwords, only what no word is.
pub(super) fn has_secret(text: &str, in_prose: bool) -> bool {
    // Files of .netrc; what telephones read as a code.
    let is_line = text.starts_with("machine ") && text.contains(" password ")
        || text.starts_with("WIFI:") && text.contains(";P:");
    is_line
        || has_pair(text, in_prose)
        || has_announced(text)
        || has_command(text)
        || has_url(text)
        || is_login_at_host(text)
        || is_login_of_oracle(text)
        || is_line_of_pgpass(text)
}

/// Whether one of several words is a URL with a secret.
fn has_url(text: &str) -> bool {
    let mut words =
        text.split(|c: char| c.is_whitespace() || "\"'`,<>()".contains(c)).filter(|word| word.contains("://"));
    words.any(|word| {
        url::judge(word.rsplit_once('=').filter(|(name, _)| !name.contains("://")).map_or(word, |(_, url)| url))
            == Some(Verdict::Certain)
    })
}

/// Whether something stands behind a secret's name and `=`, or `:` and a space.
fn has_pair(text: &str, in_prose: bool) -> bool {
    let mut from = 0;
    while let Some(at) = text[from..].find(['=', ':']).map(|at| from + at) {
        from = at + 1;
        let rest = &text[from..];
        let is_colon = text.as_bytes()[at] == b':';
        let is_json = is_colon && text[..at].ends_with('"');
        let is_sign = rest.starts_with(['=', '~', '>']) || is_colon && !is_json && !rest.starts_with(' ');
        let is_nested = is_colon && rest.trim_start_matches(' ').starts_with(['{', '[']);
        if is_sign || is_nested {
            continue;
        }
        let kind = names::kind(&[name_before(&text[..at])]);
        if !matches!(kind, Kind::Secret | Kind::Weak | Kind::Faint) {
            continue;
        }
        let value = value_behind(rest);
        // Behind a colon in a sentence stand words.
        let is_spaced = is_colon && is_first_word_of_several(rest.trim_start_matches(' '));
        let is_word = !value.bytes().any(|byte| byte.is_ascii_digit()) && words::are_among_marks(value);
        let is_said = (in_prose || is_spaced) && is_word;
        let is_half = kind != Kind::Secret && !(value.len() >= LONG_VALUE && random::is_chosen_by_chance(value));
        if !is_said && !is_half && is_secret(value) {
            return true;
        }
        from = value.as_ptr() as usize + value.len() - text.as_ptr() as usize;
    }
    false
}

fn names_secret(name: &str) -> bool {
    names::kind(&[name]) == Kind::Secret
}

/// Whether white space stands in a text before its first quote.
fn is_first_word_of_several(text: &str) -> bool {
    let end = text.find(|c: char| c.is_whitespace() || "'\"".contains(c));
    end.is_some_and(|at| text[at..].starts_with(char::is_whitespace))
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
    let is_blank = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') && words::are(value);
    // A call, or what a program puts in.
    let is_code = value.starts_with(['$', '%', '{', '?', '<']) && words::are_among_marks(value)
        || value.contains('(') && words::are_among_marks(value);
    maskable && !is_blank && !is_code && super::under_secret(value) == Verdict::Certain
}

/// Whether a secret stands behind a word that announces one.
fn has_announced(text: &str) -> bool {
    let mut words = text.split_whitespace().map(|word| (word, word.trim_matches(['"', '\'', ',', ';', '(', ')'])));
    let mut before = ("", "");
    words.any(|(word, bare)| {
        let (last, earlier) = before;
        // `password 7 0822455D0A16`, as switches have it.
        if word.len() > 1 || !word.bytes().all(|byte| byte.is_ascii_digit()) {
            before = (word, last);
        }
        announces(last, earlier, word, bare) && is_secret(bare)
    })
}

/// Behind an option any word is a secret, and in quotes where a statement has it; else one that is marked as none.
fn announces(last: &str, earlier: &str, word: &str, bare: &str) -> bool {
    let is_option = last.strip_prefix('-').is_some_and(|option| option.len() > 3 && names_secret(option))
        && !word.starts_with('-')
        && !last.contains('=');
    let is_quoted = word.starts_with(['"', '\'']) && last.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_marked = bare.len() >= SHORTEST_MARKED
        && !grammar::is_plain(bare)
        && (bare.bytes().any(|byte| byte.is_ascii_digit()) || !words::are(bare));
    let is_said = last.len() > 3 && last.bytes().all(|byte| byte.is_ascii_alphanumeric()) && names_secret(last);
    let identified = last.eq_ignore_ascii_case("by") && earlier.eq_ignore_ascii_case("identified");
    // Settings of Redis.
    let is_line = earlier.is_empty() && matches!(last, "requirepass" | "masterauth");
    let is_scheme = ANNOUNCING.contains(&last.trim_matches(['"', '\''])) && !words::are(bare);
    is_option || identified || is_line || is_scheme || is_said && (is_quoted || is_marked)
}

/// Whether a command has a password where its tool takes one.
fn has_command(text: &str) -> bool {
    let tools: Vec<_> = TOOLS.iter().filter(|(tool, ..)| text.contains(tool)).collect();
    let mut last = "";
    !tools.is_empty()
        && text.split_whitespace().any(|word| {
            let found =
                tools.iter().any(|(_, flag, sign)| password_behind(flag, sign, last, word).is_some_and(is_secret));
            last = word;
            found
        })
}

/// What stands in a word behind a flag, or behind a flag of one letter in the word itself; behind a sign, if it has one.
fn password_behind<'a>(flag: &str, sign: &str, last: &str, word: &'a str) -> Option<&'a str> {
    let bare = word.trim_matches(['"', '\'']);
    let glued = bare.strip_prefix(flag).filter(|glued| sign.is_empty() && flag.len() == 2 && !glued.is_empty());
    let value = if last == flag { Some(bare) } else { glued };
    value.and_then(|value| if sign.is_empty() { Some(value) } else { Some(value.split_once(sign)?.1) })
}

/// `user:password`, where the name says that it may be.
pub(super) fn is_login(text: &str) -> bool {
    #[rustfmt::skip]
    const SCHEMES: [&str; 6] = [
        "env", "file", "basic", "bearer", "vault", "type",
    ];
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

/// `user:password@host` without a scheme, Go's `tcp(host)` too.
fn is_login_at_host(text: &str) -> bool {
    #[rustfmt::skip]
    const SCHEMES: [&str; 14] = [
        "acct", "docker", "file", "git", "github", "gitlab", "im", "mailto", "npm", "sip", "sips", "ssh", "workspace",
        "xmpp",
    ];
    if text.contains(char::is_whitespace) || text.contains("://") {
        return false;
    }
    let socket = text.rsplit_once("@tcp(").or(text.rsplit_once("@unix("));
    let Some((login, host)) = socket.or(text.rsplit_once('@')) else { return false };
    let host = host.split(['/', ')', '?']).next().unwrap_or(host);
    let is_user = |user: &str| is_user(user) && !SCHEMES.contains(&user);
    let is_oracle = text.starts_with("jdbc:") && host.is_empty();
    let is_place = is_oracle || socket.is_some() || is_place(host) || words::is_word(host);
    let pair = login.split_once(':').filter(|(user, password)| is_user(user) && (is_oracle || !password.contains('/')));
    is_place && pair.is_some_and(|(_, password)| is_secret(password))
}

/// `user/password@host`, as Oracle has it. `owner/name@version` looks like it, but for a port or a service behind.
fn is_login_of_oracle(text: &str) -> bool {
    let Some((login, place)) = text.rsplit_once('@').filter(|_| !text.contains(char::is_whitespace)) else {
        return false;
    };
    let (host, service) = place.trim_start_matches('/').split_once('/').unwrap_or((place, ""));
    let is_version =
        |word: &str| BRANCHES.contains(&word) || word.starts_with('v') && word.len() <= 4 || word.len() == 40;
    let pair = login.split_once('/').filter(|(user, password)| is_user(user) && !password.contains(['/', ':']));
    pair.is_some_and(|(_, password)| {
        let is_marked =
            password.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) || !words::are(password);
        let is_named = words::is_word(host) && !is_version(host) && (is_marked || !service.is_empty());
        (is_place(host) || is_named) && is_secret(password)
    })
}

/// `host:port:database:user:password`.
fn is_line_of_pgpass(text: &str) -> bool {
    let fields: Vec<&str> = text.splitn(5, ':').collect();
    let [host, port, _, user, password] = fields[..] else { return false };
    if grammar::is_plain(text) {
        return false;
    }
    let is_port = port == "*" || !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_port && (host == "*" || is_user(host)) && (user == "*" || is_user(user)) && is_secret(password)
}

/// What of a repository is named behind `@`.
#[rustfmt::skip]
const BRANCHES: [&str; 9] = [
    "develop", "head", "HEAD", "latest", "main", "master", "next", "nightly", "stable",
];

fn is_user(user: &str) -> bool {
    !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// A host with a point or a port, or an address.
fn is_place(host: &str) -> bool {
    let first = host.split(',').next().unwrap_or(host);
    grammar::is_host(first)
        || first.parse::<std::net::SocketAddr>().is_ok()
        || first.parse::<std::net::IpAddr>().is_ok()
}
