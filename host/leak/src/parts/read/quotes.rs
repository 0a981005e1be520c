//! What stands behind the name of a setting: in quotes or not, with a comment behind it, with escapes.
//!
//! Whose quotes they are is not known, so each reading is tried. The first is the likely one; the last is what stands there.

use zeroize::Zeroizing;

/// What a text says, the likely reading first, each once.
pub(super) type Said = Vec<Zeroizing<String>>;

/// What a value says that may be followed by a comment.
pub(super) fn said(text: &str) -> Said {
    let text = text.trim();
    if text.starts_with(['"', '\'', '`']) {
        if let Some(end) = closing(text)
            && is_end(&text[end + 1..])
        {
            return inside(&text[..=end]);
        }
        if let Some(word) = word(text) {
            return each_once([word, owned(text)]);
        }
    }
    let cut = comment(text).map_or(text, |at| text[..at].trim_end());
    let bare = cut.strip_suffix([',', ';']).unwrap_or(cut);
    let mut said = vec![owned(bare)];
    said.extend([bare, text].into_iter().filter_map(unescape));
    // What stands behind a tab may be said to people too.
    said.extend(cut.split_once('\t').map(|(before, _)| owned(before)));
    each_once(said.into_iter().chain([owned(cut), owned(text)]))
}

/// What stands within the quotes that a text begins and ends with.
pub(super) fn inside(quoted: &str) -> Said {
    let quote = &quoted[..1];
    let text = quoted.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)).unwrap_or_default();
    let doubled = quote.repeat(2);
    let halved = text.contains(&doubled).then(|| owned(&text.replace(&doubled, quote)));
    let escaped = unescape(text);
    // Between single quotes a backslash is no escape, most often, but for one before a quote.
    let is_escape = quote != "'" || text.contains("\\'");
    let (first, second) = if is_escape { (escaped, halved) } else { (halved, escaped) };
    let literal = (!is_escape).then(|| owned(text)).filter(|_| first.is_none());
    each_once(literal.into_iter().chain(first).chain(second).chain([owned(text)]))
}

/// Where the quote closes that a text begins with: none that is doubled, or stands behind a backslash.
pub(super) fn closing(text: &str) -> Option<usize> {
    close(text, true).or_else(|| close(text, false))
}

/// The same, where a backslash means something or does not.
pub(super) fn close(text: &str, with_escapes: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.first()?;
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if with_escapes => at += 1,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) && at > 1 => at += 1,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether nothing follows but what separates settings, and a comment.
fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    rest.is_empty() || rest.starts_with(['#', ';']) || rest.starts_with("//")
}

/// Where a comment begins: behind white space.
fn comment(text: &str) -> Option<usize> {
    let begins = |rest: &str| rest.starts_with(['#', ';']) || rest.starts_with("//");
    let mut places = text.match_indices(char::is_whitespace).map(|(at, space)| (at, at + space.len()));
    places.find(|(_, behind)| begins(&text[*behind..])).map(|(at, _)| at)
}

/// What a shell makes of one word that has quotes in it: `'it'\''s'`.
fn word(text: &str) -> Option<Zeroizing<String>> {
    let mut word = Zeroizing::new(String::with_capacity(text.len()));
    let mut open = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, open) {
            ('\'' | '"', None) => open = Some(character),
            (quote, Some(closing)) if quote == closing => open = None,
            ('\\', None | Some('"')) => word.push(characters.next()?),
            (space, None) if space.is_whitespace() => return None,
            (other, _) => word.push(other),
        }
    }
    open.is_none().then_some(word)
}

/// A text with its escapes undone, as C, JSON, YAML, Python and Java know them; a backslash before anything else stands
/// for nothing. `None` if there is none.
pub(super) fn unescape(text: &str) -> Option<Zeroizing<String>> {
    let first = text.find('\\')?;
    // No escape is shorter than what it stands for.
    let mut said = Zeroizing::new(String::with_capacity(text.len()));
    said.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(character) = rest.chars().next() {
        let (meant, length) = match character {
            '\\' => escape(&rest[1..]).map_or((Some('\\'), 1), |(meant, length)| (meant, length + 1)),
            other => (Some(other), other.len_utf8()),
        };
        said.extend(meant);
        rest = &rest[length..];
    }
    Some(said)
}

/// What stands behind a backslash: the character, if any, and its length.
fn escape(text: &str) -> Option<(Option<char>, usize)> {
    let first = text.chars().next()?;
    let meant = match first {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '\n' => return Some((None, 1)),
        'x' | 'u' | 'U' => {
            return Some(by_number(text).map_or((Some(first), 1), |(meant, length)| (Some(meant), length)));
        }
        other => other,
    };
    Some((Some(meant), first.len_utf8()))
}

/// `x41`, `u0041`, `U00000041`, `u{41}`, and two units of UTF-16.
fn by_number(text: &str) -> Option<(char, usize)> {
    let number = |digits: &str| u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
    if let Some((digits, _)) = text.strip_prefix("u{").and_then(|rest| rest.split_once('}')) {
        return Some((char::from_u32(number(digits)?)?, digits.len() + 3));
    }
    let digits = match text.as_bytes().first()? {
        b'x' => 2,
        b'u' => 4,
        _ => 8,
    };
    let one = number(text.get(1..=digits)?)?;
    if let Some(meant) = char::from_u32(one) {
        return Some((meant, digits + 1));
    }
    let other = number(text.get(5..)?.strip_prefix("\\u")?.get(..4)?)?;
    let units = [u16::try_from(one).ok()?, u16::try_from(other).ok()?];
    Some((char::decode_utf16(units).next()?.ok()?, 11))
}

fn owned(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.trim().to_owned())
}

fn each_once(texts: impl IntoIterator<Item = Zeroizing<String>>) -> Said {
    let mut said = Said::new();
    for text in texts {
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        said(text).into_iter().map(|text| text.to_string()).collect()
    }

    #[test]
    fn a_value_is_what_stands_before_a_comment() {
        for text in ["k7x!k7x! # why", "k7x!k7x! ; why", "k7x!k7x! // why", "k7x!k7x!\t# why", "k7x!k7x!", "k7x!k7x!;"]
        {
            assert_eq!(texts(text)[0], "k7x!k7x!", "{text}");
            assert_eq!(texts(text).last().unwrap(), text);
        }
        for text in ["\"k7x!k7x!\" # why", "'k7x!k7x!'; why", "'k7x!k7x!', // why", "`k7x!k7x!`\t#"] {
            assert_eq!(texts(text), ["k7x!k7x!"], "{text}");
        }
        assert!(texts("k7x!k7x!\twhy").contains(&"k7x!k7x!".to_owned()));
        assert_eq!(texts("k7x#k7x;k7x//")[0], "k7x#k7x;k7x//", "no comment follows a word");
    }

    #[test]
    fn a_value_is_read_with_its_escapes_and_as_it_stands() {
        for (text, due) in [
            (r#""k7\"x\$k7x""#, vec!["k7\"x$k7x", r#"k7\"x\$k7x"#]),
            (
                r#""k\u00e9\x41\n\U0001F600\ud83d\ude00\u{41}""#,
                vec!["k\u{e9}A\n\u{1f600}\u{1f600}A", r"k\u00e9\x41\n\U0001F600\ud83d\ude00\u{41}"],
            ),
            ("'it''s k7x!'", vec!["it's k7x!", "it''s k7x!"]),
            (r"'it\'s k7x!'", vec!["it's k7x!", r"it\'s k7x!"]),
            (r"'k7\x!k7x!'", vec![r"k7\x!k7x!", "k7x!k7x!"]),
            (r"'it'\''s k7x!'", vec!["it's k7x!", r"'it'\''s k7x!'"]),
            (r"k7x\:k7x\=", vec![r"k7x\:k7x\=", "k7x:k7x="]),
            (r#""a""b k7x!""#, vec!["a\"b k7x!", "a\"\"b k7x!"]),
            (r#""""#, vec![""]),
            ("\"open k7x!", vec!["\"open k7x!"]),
        ] {
            assert_eq!(texts(text), due, "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_is_kept() {
        for text in [r"\", r"\x", r"\u12", r"\u{", r"\ud83d", r"\u{110000}", r"\é", r"\x+1", r"a\ud83d\u0041"] {
            assert!(unescape(text).is_some(), "{text}");
        }
        assert!(unescape("none").is_none());
    }
}
