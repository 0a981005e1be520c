//! How times and tables look.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::shown;
use crate::cli::terminal::{columns, columns_of};

/// A time for people: to the minute, in UTC, as in the logs beside it.
pub fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A time for programs: RFC 3339, to the second.
pub fn stamp(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A day for people, in UTC, where there is no room for more.
pub fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// A first cell wider than this has a line of its own, so that one long name does not push all else off the screen.
const WIDEST: usize = 40;
/// Between two columns.
const GAP: &str = "  ";

/// Rows of cells under their heads.
pub struct Table<const N: usize> {
    /// The first one is the head. They drive no terminal.
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub fn new(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> Self {
        let rows = std::iter::once(head.map(str::to_owned)).chain(rows);
        Self { rows: rows.map(|row| row.map(|cell| shown::line(&cell))).collect() }
    }

    /// Whether all of it stands in lines of so many columns.
    pub fn fits(&self, width: Option<usize>) -> bool {
        Layout::of(self, width).below.is_empty()
    }

    /// Lines of aligned columns. Of those that `width` has no room for, each cell stands below its row, behind the head of
    /// its column; a first cell stays whole, whatever the width.
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let layout = Layout::of(self, width);
        let head = layout.beside(&self.rows[0]);
        let rows = self.rows[1..].iter().flat_map(|row| {
            let mut lines = layout.beside(row);
            lines.extend(layout.below(row, &self.rows[0]));
            lines
        });
        head.into_iter().chain(rows).collect()
    }
}

/// Where the cells of a table stand.
struct Layout<const N: usize> {
    width: Option<usize>,
    /// A first cell wider than this has a line of its own.
    widest: usize,
    widths: [usize; N],
    /// Columns that stand side by side.
    beside: Vec<usize>,
    /// Columns that there is no room for.
    below: Vec<usize>,
}

impl<const N: usize> Layout<N> {
    fn of(table: &Table<N>, width: Option<usize>) -> Self {
        let widest = width.map_or(WIDEST, |width| WIDEST.min(width / 3));
        let counts = |row: &&[String; N], column| column > 0 || columns(&row[0]) <= widest;
        let widths = std::array::from_fn(|column| {
            let cells = table.rows.iter().filter(|row| counts(row, column)).map(|row| columns(&row[column]));
            cells.max().unwrap_or(0)
        });
        let mut left = width.unwrap_or(usize::MAX).saturating_sub(widths[0]);
        // From the first, each that there is room for still.
        let fits = |column: &usize| {
            let taken = if *column == 0 { 0 } else { GAP.len() + widths[*column] };
            left.checked_sub(taken).map(|rest| left = rest).is_some()
        };
        let (beside, below) = (0..N).partition(fits);
        Self { width, widest, widths, beside, below }
    }

    fn beside(&self, row: &[String; N]) -> Vec<String> {
        let cells = |first: &str| {
            let padded = self.beside.iter().map(|column| {
                let cell = if *column == 0 { first } else { &row[*column] };
                cell.to_owned() + &" ".repeat(self.widths[*column].saturating_sub(columns(cell)))
            });
            padded.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
        };
        match columns(&row[0]) > self.widest {
            true => vec![row[0].clone(), cells("")],
            false => vec![cells(&row[0])],
        }
    }

    /// The cells that say something, each behind its head.
    fn below(&self, row: &[String; N], head: &[String; N]) -> Vec<String> {
        let label = self.below.iter().map(|column| head[*column].len()).max().unwrap_or(0);
        let telling = self.below.iter().filter(|column| !matches!(row[**column].as_str(), "" | "-"));
        let lines = telling.flat_map(|column| {
            wrapped(&format!("{GAP}{:<label$}{GAP}", head[*column].to_lowercase()), &row[*column], self.width)
        });
        lines.collect()
    }
}

/// Most columns of a line of text, where nothing else is known.
pub const WIDTH: usize = 80;
/// Fewest columns of a text behind its label.
const NARROWEST: usize = 10;

/// A label and a text in lines of so many columns, all but the first indented by the label. A word that is wider is broken
/// where the width is that of a terminal, and whole where somebody may want to find it. What stands in backticks is one word,
/// and always whole: somebody may want to type it.
pub fn wrapped(label: &str, text: &str, width: Option<usize>) -> Vec<String> {
    let room = width.unwrap_or(WIDTH).saturating_sub(columns(label)).max(NARROWEST);
    let words = words(text).into_iter().flat_map(|word| match width {
        Some(_) if !word.contains('`') => broken(word, room),
        _ => vec![word],
    });
    let mut lines = vec![String::new()];
    for (number, word) in words.enumerate() {
        let last = lines.last_mut().expect("there is a line from the start");
        match number {
            0 => last.push_str(word),
            _ if columns(last) + 1 + columns(word) > room => lines.push(word.to_owned()),
            _ => *last += &format!(" {word}"),
        }
    }
    let indent = " ".repeat(columns(label));
    lines
        .iter()
        .enumerate()
        .map(|(number, line)| format!("{}{line}", if number == 0 { label } else { &indent }))
        .collect()
}

/// What stands between blanks; a blank between backticks parts nothing.
fn words(text: &str) -> Vec<&str> {
    let (mut words, mut start, mut closing) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match c {
            '`' if closing == Some(at) => closing = None,
            // One that is not closed is a character like any other.
            '`' if closing.is_none() => closing = text[at + 1..].find('`').map(|next| at + 1 + next),
            ' ' if closing.is_none() => {
                words.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&text[start..]);
    words
}

/// A word in pieces of so many columns.
fn broken(mut word: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    while columns(word) > room {
        let mut taken = 0;
        let is_beyond = |(_, c): &(usize, char)| {
            taken += columns_of(*c);
            taken > room
        };
        let end = word.char_indices().find(is_beyond).map_or(word.len(), |(at, _)| at);
        let (piece, rest) = word.split_at(end);
        pieces.push(piece);
        word = rest;
    }
    pieces.push(word);
    pieces
}

/// An argument as one types it into a shell.
pub fn argument(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,=".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// `1 secret`, `2 secrets`.
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_quoted_where_a_shell_would_read_more_into_it() {
        for (text, typed) in [("db.password", "db.password"), ("a[0]", "'a[0]'"), ("it's", r"'it'\''s'"), ("", "''")] {
            assert_eq!(argument(text), typed);
        }
    }

    fn table<const N: usize>(head: [&str; N], rows: &[[&str; N]], width: Option<usize>) -> Vec<String> {
        Table::new(head, rows.iter().map(|row| row.map(str::to_owned))).lines(width)
    }

    #[test]
    fn columns_line_up_under_their_heads() {
        let rows = [["A", "long description"], ["HUBSPOT", ""]];
        let lines = ["NAME     DESCRIPTION", "A        long description", "HUBSPOT"];
        for width in [None, Some(80), Some(25)] {
            assert_eq!(table(["NAME", "DESCRIPTION"], &rows, width), lines);
        }
    }

    #[test]
    fn characters_of_two_columns_line_up_too() {
        let rows = [["A", "漢字", "x"], ["B", "abc", "y"]];
        assert_eq!(table(["NAME", "NOTE", "Z"], &rows, None), ["NAME  NOTE  Z", "A     漢字  x", "B     abc   y"]);
    }

    #[test]
    fn a_long_name_has_a_line_of_its_own() {
        let long = "N".repeat(41);
        let rows = [[&*long, "1"], ["SHORT", "2"]];
        assert_eq!(table(["NAME", "VERSION"], &rows, None), ["NAME   VERSION", &long, "       1", "SHORT  2"]);
        let longer = "N".repeat(21);
        let rows = [[&*longer, "1"], ["SHORT", "2"]];
        assert_eq!(table(["NAME", "VERSION"], &rows, Some(60)), ["NAME   VERSION", &longer, "       1", "SHORT  2"]);
    }

    #[test]
    fn what_a_line_has_no_room_for_stands_below() {
        let rows =
            [["CRM", "api.example.com and 2 more", "yes", "read only, and asks before more"], ["B", "-", "-", ""]];
        let head = ["NAME", "BOUND TO", "MASKED", "DESCRIPTION"];
        assert_eq!(
            table(head, &rows, Some(30)),
            [
                "NAME  MASKED",
                "CRM   yes",
                "  bound to     api.example.com",
                "               and 2 more",
                "  description  read only, and",
                "               asks before",
                "               more",
                "B     -",
            ]
        );
        assert!(table(head, &rows, Some(75)).iter().all(|line| columns(line) <= 75));
        // Half a width of a character is left free.
        assert_eq!(
            table(["NAME", "X"], &[["A", "漢字漢字漢字漢字"]], Some(18)),
            ["NAME", "A", "  x  漢字漢字漢字", "     漢字"]
        );
        for width in 0..40 {
            table(head, &rows, Some(width));
        }
    }

    #[test]
    fn a_long_text_has_lines_of_eighty_characters_at_most() {
        assert_eq!(wrapped("label  ", "short", None), ["label  short"]);
        let lines = wrapped("label  ", &["word,"; 30].join(" "), None);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], format!("label  {}", ["word,"; 12].join(" ")));
        assert_eq!(lines[2], format!("       {}", ["word,"; 6].join(" ")));
        let long = "w".repeat(100);
        assert_eq!(wrapped("l ", &long, None), [format!("l {long}")]);
        let typed = "a `b c d` e, `f";
        assert_eq!(words(typed), ["a", "`b c d`", "e,", "`f"]);
        assert_eq!(words(""), [""]);
        let command = format!("`um-host {}`", "x y ".repeat(10).trim_end());
        assert_eq!(
            wrapped("l ", &format!("as in {command} here"), Some(20)),
            ["l as in".to_owned(), format!("  {command}"), "  here".to_owned()]
        );
        assert_eq!(wrapped("l ", &long, Some(60)), [format!("l {}", &long[..58]), format!("  {}", &long[58..])]);
    }

    #[test]
    fn times_are_in_utc() {
        let at: Timestamp = "2026-11-23T07:05:09.25+01:00".parse().unwrap();
        assert_eq!(time(at), "2026-11-23 06:05 UTC");
        assert_eq!(stamp(at), "2026-11-23T06:05:09Z");
    }
}
