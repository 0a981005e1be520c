//! What is kept of a value and was perhaps not meant to be part of it: an editor, a shell, a page or a chat puts it there
//! and does not show it.
//!
//! Guarantees: nothing of the value is told but what stands around it.

/// Pairs of quotes that somebody pastes along.
const QUOTES: [(char, char); 6] =
    [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}'), ('\u{ab}', '\u{bb}')];

/// A sentence about it, if there is any.
pub fn told(value: &str) -> Option<String> {
    let found = found(value);
    let (last, before) = found.split_last()?;
    let what = match before.len() {
        0 if last.is_plural => "they are",
        0 => "it is",
        1 => "both are",
        _ => "all of them are",
    };
    let before: Vec<&str> = before.iter().map(|around| &*around.name).collect();
    let list = if before.is_empty() { last.name.clone() } else { format!("{} and {}", before.join(", "), last.name) };
    Some(format!("kept {list}; {what} part of the value now"))
}

struct Around {
    name: String,
    is_plural: bool,
}

fn found(value: &str) -> Vec<Around> {
    let rest = value.trim_start_matches(is_around);
    let inside = rest.trim_end_matches(is_around);
    let start = at(&value[..value.len() - rest.len()], "at the start");
    let end = at(&rest[inside.len()..], "at the end");
    let (first, last) = (inside.chars().next(), inside.chars().next_back());
    let is_quoted = inside.chars().nth(1).is_some()
        && QUOTES.iter().any(|(open, close)| (first, last) == (Some(*open), Some(*close)));
    let quotes = is_quoted.then(|| Around { name: "the quotes around it".to_owned(), is_plural: true });
    let unseen = of(inside, |c| is_unseen(c) || c == '\0', "inside");
    start.into_iter().chain(quotes).chain(unseen).chain(end).collect()
}

fn at(text: &str, place: &str) -> Option<Around> {
    of(text, |_| true, place)
}

/// The kinds of some characters of a text, each once.
fn of(text: &str, counts: impl Fn(char) -> bool, place: &str) -> Option<Around> {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for (index, c) in text.char_indices().filter(|(_, c)| counts(*c)) {
        let kind = kind(c);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            // The end of a line on Windows.
            _ if text[index..].starts_with("\r\n") => {}
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let is_plural = kinds.len() > 1 || kinds.first().is_some_and(|(_, count)| *count > 1);
    let named = kinds.iter().map(|(kind, count)| format!("{kind}{}", if *count > 1 { "s" } else { "" }));
    let names = named.collect::<Vec<_>>().join(" and ");
    (!kinds.is_empty()).then(|| Around { name: format!("the {names} {place}"), is_plural })
}

fn kind(c: char) -> &'static str {
    match c {
        '\n' => "newline",
        '\r' => "carriage return",
        '\t' => "tab",
        '\0' => "NUL",
        '\u{feff}' => "byte order mark",
        '\u{a0}' | '\u{202f}' | '\u{2007}' => "no-break space",
        c if is_unseen(c) => "zero-width character",
        c if c.is_whitespace() => "blank",
        _ => "control character",
    }
}

fn is_around(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_unseen(c)
}

/// Nobody sees it, wherever it stands.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{a0}' | '\u{202f}' | '\u{2007}' | '\u{ad}' | '\u{180e}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_value_is_told_and_the_value_is_not() {
        for (value, expected) in [
            ("\u{feff}value\r\n", "the byte order mark at the start and the newline at the end; both are"),
            ("value\n", "the newline at the end; it is"),
            ("value\n\n", "the newlines at the end; they are"),
            ("value\r", "the carriage return at the end; it is"),
            (" value", "the blank at the start; it is"),
            ("  value", "the blanks at the start; they are"),
            ("value \t", "the blank and tab at the end; they are"),
            ("\tvalue", "the tab at the start; it is"),
            ("value\0", "the NUL at the end; it is"),
            ("\0\0value", "the NULs at the start; they are"),
            ("val\0ue", "the NUL inside; it is"),
            ("\u{200b}value", "the zero-width character at the start; it is"),
            ("value\u{200c}\u{200d}\u{2060}", "the zero-width characters at the end; they are"),
            ("val\u{200b}ue", "the zero-width character inside; it is"),
            ("\u{a0}value", "the no-break space at the start; it is"),
            ("value\u{feff}", "the byte order mark at the end; it is"),
            ("\"value\"", "the quotes around it; they are"),
            ("'value'\n", "the quotes around it and the newline at the end; both are"),
            ("\u{201c}value\u{201d}", "the quotes around it; they are"),
            (
                " `value` \n",
                "the blank at the start, the quotes around it and the blank and newline at the end; all of them are",
            ),
            (" ", "the blank at the start; it is"),
            ("\n\n", "the newlines at the start; they are"),
        ] {
            assert_eq!(told(value).as_deref(), Some(&*format!("kept {expected} part of the value now")), "{value:?}");
        }
    }

    #[test]
    fn of_any_other_value_nothing_is_told() {
        for value in ["value", "two words", "line\nline", "\"", "''x", "\"a\" b", "p\u{e4}ss", "{\"a\": 1}", "a\tb"] {
            assert_eq!(told(value), None, "{value:?}");
        }
    }
}
