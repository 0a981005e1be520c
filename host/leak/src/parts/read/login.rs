//! Users with their passwords: `user:password`, `user:password@host`, `user/password@host`, lines of .pgpass and .htpasswd.

use zeroize::Zeroizing;

use super::path::Path;
use super::quotes::unescape;
use super::setting::{Role, Setting};
use um_secret::Verdict;

/// What an address or a sum follows, and no password.
const SCHEMES: [&str; 16] = [
    "acct", "arn", "email", "file", "mailto", "md5", "sha1", "sha256", "sha512", "sip", "sips", "tcp", "udp", "unix",
    "urn", "xmpp",
];

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) {
    let is_image = text.contains("@sha256:");
    if is_image || text.contains(char::is_whitespace) || text.contains("://") {
        return;
    }
    // What stands between describes the driver.
    let text = if text.starts_with("jdbc:") { text.rsplit_once(":thin:").map_or("", |(_, login)| login) } else { text };
    let is_found =
        read_line_of_pgpass(text, at, found) || read_at_host(text, at, found) || read_of_oracle(text, at, found);
    if is_found || !text.contains(':') {
        return;
    }
    if at.is_root() {
        read_halves(text, at, found);
    } else if let Some((user, password)) = halves(text)
        && !user.is_empty()
        && Setting::new(at.clone(), text).verdict() > Verdict::Plain
    {
        let setting = Setting::new(at.place("password"), password).is(Role::OneOf).called("password");
        found.push(setting.or(first_field(password)).whole());
    }
}

/// `user:password` where nothing else can stand; either may be empty. Without a password the user is what counts.
pub(super) fn read_halves(text: &str, at: &Path, found: &mut Vec<Setting>) {
    match halves(text) {
        Some((user, "")) => found.push(Setting::new(at.place("user"), user).is(Role::OneOf).called("token").whole()),
        Some((_, password)) => {
            let setting = Setting::new(at.place("password"), password).certain();
            found.push(setting.or(first_field(password)).whole());
        }
        None => {}
    }
}

fn halves(text: &str) -> Option<(&str, &str)> {
    let (user, password) = text.split_once(':').filter(|(user, _)| !is_scheme(user))?;
    let is_word = !password.starts_with('/') && !password.contains(char::is_whitespace);
    ((is_user(user) || password.is_empty()) && is_word).then_some((user, password))
}

fn is_scheme(text: &str) -> bool {
    SCHEMES.iter().any(|scheme| text.eq_ignore_ascii_case(scheme))
}

/// Whether users are called like that; none is, where a password is enough.
fn is_user(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@+-".contains(&byte))
}

/// Whether a host can be written like that, with its port and what follows, or as Oracle describes one.
fn may_be_host(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || "-._:/?#@,=&%()[]+~".contains(c))
}

/// Of a line of /etc/shadow, where more fields follow.
fn first_field(password: &str) -> Option<Zeroizing<String>> {
    let (first, _) = password.split_once(':').filter(|_| password.starts_with('$'))?;
    Some(Zeroizing::new(first.to_owned()))
}

/// With Go's `tcp(host)` too.
fn read_at_host(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    let host = text.rfind("@tcp(").or(text.rfind("@unix(")).or(text.rfind('@'));
    let Some(host) = host.filter(|at| may_be_host(&text[at + 1..])) else { return false };
    let Some((user, password)) = text[..host].split_once(':') else { return false };
    let is_login = is_user(user) && !is_scheme(user);
    if is_login {
        let both = Zeroizing::new(format!("{user}:{password}"));
        found.push(Setting::new(at.place("password"), password).certain().or(Some(both)).whole());
    }
    is_login
}

/// `user/password@host:port/service`, `user/password@//host`, and `user/password@name`, as other things are written too.
fn read_of_oracle(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    let Some((user, rest)) = text.split_once('/') else { return false };
    let Some((password, host)) = rest.rsplit_once('@') else { return false };
    let is_user =
        !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$#.[]-".contains(&byte));
    if !is_user || password.is_empty() || !may_be_host(host) {
        return false;
    }
    let password = password.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(password);
    let is_port = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    let is_host =
        host.starts_with("//") || host.starts_with('(') || host.split_once(':').is_some_and(|(_, rest)| is_port(rest));
    let setting = Setting::new(at.place("password"), password).is(Role::OneOf).called("password");
    found.push(if is_host { setting.certain() } else { setting }.whole());
    true
}

/// `host:port:database:user:password`, with colons behind backslashes.
fn read_line_of_pgpass(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    let mut rest = text;
    let mut fields = [""; 4];
    for field in &mut fields {
        let is_escaped = |at: &usize| rest[..*at].ends_with('\\');
        let Some(end) = rest.match_indices(':').map(|(at, _)| at).find(|at| !is_escaped(at)) else { return false };
        (*field, rest) = (&rest[..end], &rest[end + 1..]);
    }
    let port = fields[1];
    let is_line = port == "*" || !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if is_line && !rest.is_empty() {
        let raw = Zeroizing::new(rest.to_owned());
        let said = unescape(rest).unwrap_or_else(|| raw.clone());
        found.push(Setting::new(at.place("password"), &said).certain().or(Some(raw)).whole());
    }
    is_line
}
