//! What one of our streams can show: how wide it is, and whether it takes colour.
//!
//! Colour goes to a terminal, unless `TERM` is `dumb` or not set, and to no stream where `NO_COLOR` is set to something
//! (no-color.org). `CLICOLOR` and `CLICOLOR_FORCE` count as with other programs (bixense.com/clicolors).

use std::env;
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;

use anstyle_query::{clicolor, clicolor_force, no_color, term_supports_color};
use clap::builder::styling::{AnsiColor, Style};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp, tcgetwinsize};
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

/// As much of a text as fits in so many columns, with a mark where it goes on.
pub fn cut(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let fits = |c: &char| left.checked_sub(columns_of(*c)).map(|rest| left = rest).is_some();
    let kept: String = text.chars().take_while(fits).collect();
    if room == 0 { kept } else { kept + "…" }
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

/// Puts a text in the place of the line that a terminal is in. What the terminal does not take at once is lost.
pub fn redraw(mut terminal: impl Write, text: &str) {
    let _ = terminal.write_all(format!("\r\x1b[K{text}").as_bytes());
}

/// Whether a terminal is ours: we are in the foreground. Where nobody can tell there are no jobs either.
pub fn is_ours(terminal: impl AsFd) -> bool {
    tcgetpgrp(terminal).map_or(true, |foreground| foreground == getpgrp())
}

/// Whether a terminal takes a line now, and nobody else uses it: another job, or a program that asks for a password there,
/// which shows no keys.
pub fn is_free(terminal: impl AsFd) -> bool {
    let usual = LocalModes::ECHO | LocalModes::ICANON;
    let shows_keys = tcgetattr(&terminal).is_ok_and(|modes| modes.local_modes.contains(usual));
    shows_keys && is_ours(&terminal) && is_ready(&terminal)
}

/// A terminal that was stopped with Ctrl-S is not.
fn is_ready(terminal: impl AsFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(&terminal, PollFlags::OUT)], Some(&now)).is_ok_and(|ready| ready > 0)
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

    #[test]
    fn a_text_that_is_cut_says_so() {
        for (text, room, kept) in [
            ("plain", 5, "plain"),
            ("plain", 4, "pla…"),
            ("漢字漢", 5, "漢字…"),
            ("漢字漢", 4, "漢…"),
            ("ab", 1, "…"),
            ("a", 0, ""),
        ] {
            assert_eq!(cut(text, room), kept);
        }
    }
}
