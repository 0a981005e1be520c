//! Settings, connection strings and headers: `KEY=VALUE`, `KEY: VALUE`, `Bearer VALUE`, `user:password@host`.

use super::list::Parts;
use super::plain::is_plain;
use super::telling::tells;
use crate::form::Form;

/// What separates pairs in one line: ADO and ODBC, queries of URLs, Redis and Kafka, libpq.
const SEPARATORS: [char; 4] = [';', '&', ',', ' '];
/// What stands before a secret, in lower case: RFC 6750, RFC 7617, files of .netrc.
const ANNOUNCING: [&str; 4] = ["bearer", "basic", "token", "password"];
/// The name of a value or user is no longer.
const LONGEST_NAME: usize = 128;

/// The name, and the value without the quotes around it, which may be empty behind a colon.
pub(super) fn pair(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_suffix([',', ';']).unwrap_or(text);
    let colon = text.find(": ").or(text.ends_with(':').then(|| text.len() - 1));
    let at = text.find('=').into_iter().chain(colon).min()?;
    let (before, behind) = (&text[..at], text[at + 1..].trim());
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_. -".contains(&byte);
    let named = before.bytes().all(|byte| is_name(byte) || b":/@$\"'".contains(&byte)) && at <= LONGEST_NAME;
    let before = before.trim_end_matches(['"', '\'', ' ']);
    let name = before.rsplit(|character: char| !is_name(character as u8)).next()?.trim();
    let empty = behind.trim_matches('=').is_empty();
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    (named && is_word && (!empty || Some(at) == colon)).then(|| (name, unquoted(behind)))
}

/// Whether users are called like that; none is, where a password is enough.
fn is_user(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@-".contains(&byte))
}

fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    within('"').or(within('\'')).unwrap_or(text).trim()
}

impl Parts {
    /// The secrets in one line, and what is in the value if all of it is a pair. Returns whether it is.
    pub(super) fn add_pairs(&mut self, line: &str, depth: usize) -> bool {
        for separator in SEPARATORS.into_iter().filter(|separator| line.contains(*separator)) {
            let pieces = line.split(separator).map(str::trim).filter(|piece| !piece.is_empty());
            let pairs: Vec<_> = pieces.clone().filter_map(pair).collect();
            // Where most are none or there is but one, as in many a password, it separates something else.
            if pairs.len() >= 2 && 2 * pairs.len() >= pieces.count() {
                pairs.into_iter().for_each(|(name, value)| self.add_if_telling(name, value));
            }
        }
        self.add_announced(line, depth);
        self.add_password(line);
        let Some((name, value)) = pair(line) else { return false };
        self.add_if_telling(name, value);
        self.add_inner(value, depth + 1);
        true
    }

    fn add_if_telling(&mut self, name: &str, value: &str) {
        if tells(name, value) {
            self.add_part(Form::Part, value);
        }
    }

    fn add_announced(&mut self, line: &str, depth: usize) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for two in words.windows(2) {
            let [first, second] = two else { continue };
            let announced = ANNOUNCING.iter().any(|word| first.eq_ignore_ascii_case(word));
            if announced && (words.len() == 2 || !is_plain(second)) {
                self.add_part(Form::Part, second);
                self.add_inner(second, depth + 1);
            }
        }
    }

    /// `user:password@host`, with Go's `tcp(host)` too; lines of .pgpass.
    fn add_password(&mut self, line: &str) {
        if line.contains(char::is_whitespace) || line.contains("://") {
            return;
        }
        let host = line.rfind("@tcp(").or(line.rfind("@unix(")).or(line.rfind('@'));
        if let Some((user, password)) = host.and_then(|at| line[..at].split_once(':'))
            && is_user(user)
        {
            self.add_part(Form::Part, password);
        }
        let fields: Vec<&str> = line.splitn(5, ':').collect();
        if let [_, port, _, _, password] = fields[..]
            && (port == "*" || !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
        {
            self.add_part(Form::Part, password);
        }
    }

    /// `user:password`, where nothing else says that it is.
    pub(super) fn add_login(&mut self, text: &str) {
        let Some((user, password)) = text.split_once(':') else { return };
        let is_word = !password.starts_with('/') && !password.contains(char::is_whitespace);
        if is_user(user) && !user.is_empty() && is_word {
            self.add_part(Form::Part, password);
        }
    }
}
