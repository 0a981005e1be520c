//! Several names and values in one line: connection strings of ADO, ODBC and libpq, cookies, queries, headers, arguments.

use zeroize::Zeroizing;

use super::pair::pair;
use super::path::Path;
use super::quotes::{Said, closing, inside, unescape};
use super::setting::{Role, Setting};
use crate::forms::percent;
use crate::parts::verdict::random::is_drawn;

const SEPARATORS: [char; 4] = [';', '&', ',', ' '];

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    // One password of all signs, which separate nothing.
    if pair(text).is_some_and(|(_, value)| is_drawn(value)) {
        return false;
    }
    for separator in SEPARATORS.into_iter().filter(|separator| text.contains(*separator)) {
        let pieces = pieces(text, separator);
        let pairs: Vec<_> =
            pieces.iter().filter_map(|piece| pair(piece)).filter(|(_, value)| !value.is_empty()).collect();
        if are_pairs(&pieces, pairs.len(), separator) {
            let settings = pairs
                .iter()
                .enumerate()
                .map(|(number, (name, value))| Setting::said(at.name(number, name), said(value)));
            found.extend(settings);
            return true;
        }
    }
    arguments(text, at, found);
    false
}

/// Where most are none or there is but one, as in many a password, it separates something else. A cookie may be followed by
/// words.
fn are_pairs(pieces: &[&str], pairs: usize, separator: char) -> bool {
    let is_word =
        |piece: &&str| piece.chars().all(|character| character.is_ascii_alphanumeric() || " -_".contains(character));
    let is_cookie = || separator == ';' && pairs == 1 && pair(pieces[0]).is_some() && pieces[1..].iter().all(is_word);
    pieces.len() >= 2 && (pairs >= 2 && 2 * pairs >= pieces.len() || is_cookie())
}

/// What stands between separators, of which those in quotes and braces are none.
fn pieces(text: &str, separator: char) -> Vec<&str> {
    let (mut pieces, mut start, mut closing, mut before) = (Vec::new(), 0, None, b'=');
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match closing {
            Some(b'"' | b'\'') if byte == b'\\' => at += 1,
            Some(quote) if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 1,
            Some(quote) if byte == quote => closing = None,
            Some(_) => {}
            None if char::from(byte) == separator => {
                pieces.push(&text[start..at]);
                start = at + 1;
                before = b'=';
                at += 1;
                continue;
            }
            None if b"=:".contains(&before) && b"\"'{".contains(&byte) => {
                closing = Some(if byte == b'{' { b'}' } else { byte })
            }
            None => {}
        }
        before = if byte == b' ' { before } else { byte };
        at += 1;
    }
    if closing.is_some() {
        // It opens and never closes, so it opens nothing.
        return text.split(separator).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    }
    pieces.push(&text[start..]);
    pieces.into_iter().map(str::trim).filter(|piece| !piece.is_empty()).collect()
}

/// ODBC: `{a;b}}c}`. In quotes, or bare: with escapes of libpq and of URLs.
fn said(value: &str) -> Said {
    let own = |text: &str| Zeroizing::new(text.to_owned());
    if let Some(braced) = value.strip_prefix('{').and_then(|value| value.strip_suffix('}')) {
        let once = braced.replace("}}", "}");
        return [own(&once), own(braced)].into_iter().filter(|text| !text.is_empty()).collect();
    }
    if value.starts_with(['"', '\'']) && closing(value) == Some(value.len() - 1) {
        return inside(value);
    }
    let decoded = percent::decode(value).filter(|decoded| **decoded != value);
    [Some(own(value)), decoded, unescape(value)].into_iter().flatten().collect()
}

/// `--name value`, and `-p value` or `-u user:password`.
fn arguments(text: &str, at: &Path, found: &mut Vec<Setting>) {
    let words = pieces(text, ' ');
    for (number, two) in words.windows(2).enumerate() {
        let [option, value] = two else { continue };
        let is_name = |name: &&str| name.starts_with(|first: char| first.is_ascii_alphabetic()) && !name.contains('=');
        if value.starts_with('-') {
            continue;
        } else if let Some(name) = option.strip_prefix("--").filter(is_name) {
            found.push(Setting::said(at.name(number, name), said(value)));
        } else if ["-p", "-u"].contains(option) {
            let setting = Setting::said(at.name(number, &option[1..]), said(value));
            found.push(setting.is(Role::OneOf).called("password"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        read(text, &Path::default(), &mut found);
        found.iter().map(|setting| format!("{}={}", setting.path.shown(), setting.text())).collect()
    }

    #[test]
    fn connection_strings_and_cookies_are_pairs() {
        for (text, due) in [
            ("Server=db;Pwd={k7;x}}k};Port=1", vec!["Server=db", "Pwd=k7;x}k", "Port=1"]),
            ("Server=db;Password='k7 ''x';", vec!["Server=db", "Password=k7 'x"]),
            ("host=db password='k7\\' x' user=app", vec!["host=db", "password=k7' x", "user=app"]),
            ("db:6380,password=k7x,ssl=True", vec!["password=k7x", "ssl=True"]),
            ("sid=k7x%21; Path=/; HttpOnly", vec!["sid=k7x%21", "Path=/"]),
            ("sid=k7x; HttpOnly", vec!["sid=k7x"]),
            ("a=1&b=2", vec!["a=1", "b=2"]),
            ("mysql --user app --password k7x", vec!["user=app", "password=k7x"]),
            ("\"A=k7 x\" \"B=k7x\"", vec!["A=k7 x", "B=k7x"]),
            ("curl -u app:k7x https://example.com", vec!["u=app:k7x"]),
            ("Digest username=\"a, b\", response=\"k7x\"", vec!["Digest username=a, b", "response=k7x"]),
            ("it = 'tis; or=not", vec!["it='tis", "or=not"]),
        ] {
            assert_eq!(texts(text), due, "{text}");
        }
        for text in ["k7x=k7x!", "a, b, c=d", "one; two", "", ";", "a sentence -- with a dash"] {
            assert!(texts(text).is_empty(), "{text}");
        }
    }
}
