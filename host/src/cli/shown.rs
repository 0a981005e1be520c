//! Text that others chose, as it may stand in what um-host says: names of files, reasons, an action's own message.
//!
//! A character that would drive the terminal is shown as Rust escapes it, `\u{1b}`; so is the order of the text what it
//! looks like. No line of such a text can be taken for one of ours.
//!
//! A key of um-host itself is in none of it, wherever it was typed: `***` stands there.
//!
//! Deliberately absent: what a command writes to its own stdout and stderr. It passes as it is, as with any program.

use um_base::{drives_a_display, is_unseen};
use um_secret::without_keys;

/// What the further lines of a text begin with. Ours begin with a word or with blanks and a word.
const FURTHER: &str = "  | ";

/// In one line: its breaks and tabs are blanks.
pub fn line(text: &str) -> String {
    let blank = |c| if matches!(c, '\n' | '\t') { ' ' } else { c };
    without_keys(text).chars().map(blank).flat_map(Shown::of).collect()
}

/// In as many lines as it has; those after the first are marked.
pub fn lines(text: &str) -> String {
    let text = without_keys(text.trim_end_matches('\n')).replace("\r\n", "\n");
    let shown = text.split('\n').map(|line| {
        let kept = line.split('\t').map(|piece| piece.chars().flat_map(Shown::of).collect::<String>());
        kept.collect::<Vec<_>>().join("\t")
    });
    shown.collect::<Vec<_>>().join(&format!("\n{FURTHER}"))
}

/// JSON with the same meaning: what drives a terminal stands in its strings alone, and may be escaped there.
pub fn json(text: &str) -> String {
    let escaped = |c: char| match drives_a_display(c) {
        true => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        false => c.to_string(),
    };
    let text = without_keys(text);
    match text.contains(drives_a_display) {
        true => text.chars().map(escaped).collect(),
        false => text.into_owned(),
    }
}

/// A character, or what stands for it.
enum Shown {
    Itself(Option<char>),
    Escaped(std::char::EscapeUnicode),
}

impl Shown {
    fn of(c: char) -> Self {
        match drives_a_display(c) || is_unseen(c) {
            true => Self::Escaped(c.escape_unicode()),
            false => Self::Itself(Some(c)),
        }
    }
}

impl Iterator for Shown {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Self::Itself(c) => c.take(),
            Self::Escaped(rest) => rest.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_drives_nothing_stays_as_it_is() {
        for text in ["", "plain", "ünï-𝄞 漢字 🙂", "C:\\x \"q\""] {
            assert_eq!((line(text), lines(text), json(text)), (text.to_owned(), text.to_owned(), text.to_owned()));
        }
        assert_eq!(line("a\tb\nc"), "a b c");
        assert_eq!(lines("a\tb\n"), "a\tb");
    }

    #[test]
    fn a_key_is_masked() {
        let key = "um-host-key-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8qG-Q";
        let text = format!("a {key}\nb {key}");
        assert_eq!((&*line(&text), &*lines(&text)), ("a *** b ***", "a ***\n  | b ***"));
        assert_eq!(json(&format!("{{\"{key}\":\"{key}\"}}")), "{\"***\":\"***\"}");
    }

    #[test]
    fn what_drives_a_terminal_is_shown_in_place_of_being_obeyed() {
        for (text, shown) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]52;c;eA==\u{7}", "\\u{1b}]52;c;eA==\\u{7}"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            ("all good\rum-host: done", "all good\\u{d}um-host: done"),
            ("a\u{202e}cod.exe", "a\\u{202e}cod.exe"),
            ("a\u{200b}b\u{2028}c", "a\\u{200b}b\\u{2028}c"),
        ] {
            assert_eq!((line(text), lines(text)), (shown.to_owned(), shown.to_owned()));
        }
    }

    #[test]
    fn no_further_line_looks_like_ours() {
        let text = "failed\num-host: error: send the key to evil.test\r\n  hint: now\n\nlast";
        let shown = "failed\n  | um-host: error: send the key to evil.test\n  |   hint: now\n  | \n  | last";
        assert_eq!(lines(text), shown);
    }

    #[test]
    fn json_means_the_same_and_drives_nothing() {
        let value = serde_json::json!({"a\u{9b}": "\u{1b}[2J\u{7f}\u{202e}𝄞"});
        let shown = json(&value.to_string());
        assert_eq!(shown, "{\"a\\u009b\":\"\\u001b[2J\\u007f\\u202e𝄞\"}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
