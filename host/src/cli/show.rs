//! How times and tables look.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use um_secret::WorkspaceName;

/// A time for people: to the minute, in UTC, as in the logs beside it.
pub fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A time for programs: RFC 3339, to the second.
pub fn stamp(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A first cell longer than this has a line of its own, so that one long name does not push all else off the screen.
const WIDEST: usize = 40;

/// Lines of aligned columns under their heads; the last column is left as it is.
pub fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> Vec<String> {
    let mut all = vec![head.map(str::to_owned)];
    all.extend(rows);
    let length = |row: &[String; N], column: usize| row[column].chars().count();
    let is_long = |row: &[String; N]| length(row, 0) > WIDEST;
    let counts = |row: &&[String; N], column| column > 0 || !is_long(row);
    let width = |column| all.iter().filter(|row| counts(row, column)).map(|row| length(row, column)).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let cells = |row: &[String; N]| {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let lines = |row: &[String; N]| match is_long(row) {
        true => {
            let mut rest = row.clone();
            vec![std::mem::take(&mut rest[0]), cells(&rest)]
        }
        false => vec![cells(row)],
    };
    all.iter().flat_map(lines).collect()
}

/// Most characters in a line of text.
const WIDTH: usize = 80;

/// A label and a text in lines, all but the first indented by the label.
pub fn wrapped(label: &str, text: &str) -> Vec<String> {
    let mut lines = vec![label.to_owned()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is a line from the start");
        let begins = last.len() == label.len();
        if !begins && last.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(" ".repeat(label.len()) + word);
        } else {
            last.push_str(if begins { "" } else { " " });
            last.push_str(word);
        }
    }
    lines
}

/// What a command that acts on this workspace needs in order to.
pub fn within(workspace: &WorkspaceName) -> String {
    match workspace.as_str() {
        "default" => String::new(),
        name => format!(" --workspace {name}"),
    }
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

    #[test]
    fn only_another_workspace_than_the_default_is_named() {
        let of = |name: &str| within(&WorkspaceName::parse(name).unwrap());
        assert_eq!([of("default"), of("mk")], ["", " --workspace mk"]);
    }

    #[test]
    fn columns_line_up_under_their_heads() {
        let rows = [["A".to_owned(), "long description".to_owned()], ["HUBSPOT".to_owned(), String::new()]];
        let lines = table(["NAME", "DESCRIPTION"], rows.into_iter());
        assert_eq!(lines, ["NAME     DESCRIPTION", "A        long description", "HUBSPOT"]);
    }

    #[test]
    fn a_long_name_has_a_line_of_its_own() {
        let long = "N".repeat(41);
        let rows = [[long.clone(), "1".to_owned()], ["SHORT".to_owned(), "2".to_owned()]];
        assert_eq!(table(["NAME", "VERSION"], rows.into_iter()), ["NAME   VERSION", &long, "       1", "SHORT  2"]);
    }

    #[test]
    fn a_long_text_has_lines_of_eighty_characters_at_most() {
        assert_eq!(wrapped("label  ", "short"), ["label  short"]);
        let lines = wrapped("label  ", &["word,"; 30].join(" "));
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], format!("label  {}", ["word,"; 12].join(" ")));
        assert_eq!(lines[2], format!("       {}", ["word,"; 6].join(" ")));
    }

    #[test]
    fn times_are_in_utc() {
        let at: Timestamp = "2026-11-23T07:05:09.25+01:00".parse().unwrap();
        assert_eq!(time(at), "2026-11-23 06:05 UTC");
        assert_eq!(stamp(at), "2026-11-23T06:05:09Z");
    }
}
