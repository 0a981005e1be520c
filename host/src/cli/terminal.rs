//! What one of our streams can show: how wide it is, and whether it takes colour.
//!
//! Colour goes to a terminal, unless `TERM` is `dumb` or not set, and to no stream where `NO_COLOR` is set to something
//! (no-color.org). `CLICOLOR` and `CLICOLOR_FORCE` count as with other programs (bixense.com/clicolors).

use std::env;
use std::io::IsTerminal;
use std::os::fd::AsFd;

use anstyle_query::{clicolor, clicolor_force, no_color, term_supports_color};
use clap::builder::styling::{AnsiColor, Style};
use rustix::process::getpgrp;
use rustix::termios::{tcgetpgrp, tcgetwinsize};
use unicode_width::UnicodeWidthChar;

/// What begins a failure.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What begins the next step.
pub const HINT: Style = AnsiColor::Cyan.on_default();
/// What was masked, and what was not.
pub const NOTICE: Style = AnsiColor::Yellow.on_default();
/// Heads of tables.
pub const HEAD: Style = Style::new().bold();
/// What stands before all that we say.
pub const NAME: Style = Style::new().dimmed();

/// Columns of a terminal; nothing for another stream, and where nobody knows.
pub fn width(stream: &(impl AsFd + IsTerminal)) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let told = tcgetwinsize(stream).map_or(0, |size| usize::from(size.ws_col));
    let set = || env::var("COLUMNS").ok()?.parse().ok();
    Some(told).filter(|columns| *columns > 0).or_else(set).filter(|columns| *columns > 0)
}

/// Columns that a text takes: two for a character of Chinese or an emoji, none for an accent by itself.
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Characters are counted one by one, as most terminals show them, and not the pictures that several of them join to.
pub fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// A text in a style, where the stream takes one. No text that others chose may come here before it was shown.
pub fn styled(text: &str, style: Style, stream: &impl IsTerminal) -> String {
    match takes_colour(stream) {
        true => format!("{style}{text}{style:#}"),
        false => text.to_owned(),
    }
}

pub fn takes_colour(stream: &impl IsTerminal) -> bool {
    !no_color() && (clicolor_force() || can_redraw(stream) && clicolor() != Some(false))
}

/// Whether a line there can be taken back.
pub fn can_redraw(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && term_supports_color()
}

/// Whether a terminal is ours: we are in the foreground. Where nobody can tell there are no jobs either.
pub fn is_ours(terminal: impl AsFd) -> bool {
    tcgetpgrp(terminal).map_or(true, |foreground| foreground == getpgrp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_wide_as_it_is_shown() {
        for (text, width) in [("", 0), ("plain", 5), ("ü", 1), ("u\u{308}", 1), ("漢字", 4), ("🙂", 2), ("ｱ", 1)]
        {
            assert_eq!(columns(text), width, "{text}");
        }
    }
}
