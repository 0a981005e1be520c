//! The lines of a value. Of settings only those that tell something: `region = us-east-1` stands elsewhere too.

use zeroize::Zeroizing;

use super::list::{Extent, LONG, Parts, SHORTEST};
use super::pairs::pair;
use super::pem::is_frame;
use super::plain::is_plain;
use super::telling::tells;
use crate::form::Form;

/// Those with something in them, without the white space around it.
pub(super) fn of(text: &str) -> Vec<&str> {
    text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// A text whose line breaks are written `\n` or `\r\n`, as in variables of the environment, with line breaks.
pub(super) fn unescaped(text: &str) -> Option<Zeroizing<String>> {
    text.contains("\\n").then(|| {
        let mut unescaped = Zeroizing::new(String::with_capacity(text.len()));
        for (number, line) in text.split("\\n").enumerate() {
            unescaped.push_str(if number > 0 { "\n" } else { "" });
            unescaped.push_str(line.strip_suffix("\\r").unwrap_or(line));
        }
        unescaped
    })
}

impl Parts {
    /// Lines of a text that has several.
    pub(super) fn add_lines(&mut self, text: &str, lines: &[&str]) {
        if text.len() <= LONG {
            // The second is found with any white space that has a line break.
            for (between, extent) in [(" ", Extent::AsItIs), ("", Extent::AcrossLines)] {
                let joined = Zeroizing::new(lines.join(between));
                if joined.len() >= SHORTEST {
                    self.add(Form::Joined, &joined, extent);
                }
            }
        }
        let settings = are_settings(lines);
        for line in lines.iter().filter(|line| !is_frame(line) && (!settings || setting_tells(line))) {
            self.add_part(Form::Line, line);
        }
    }
}

/// Whether most of them are pairs, sections or comments.
fn are_settings(lines: &[&str]) -> bool {
    let is_setting = |line: &str| line.starts_with(['[', '#']) || pair(line).is_some();
    2 * lines.iter().filter(|line| is_setting(line)).count() > lines.len()
}

fn setting_tells(line: &str) -> bool {
    match pair(line) {
        Some((_, "")) => false,
        Some((name, value)) => tells(name, value),
        None => !is_plain(line.trim_matches(['[', ']', '#', '-', ' '])),
    }
}
