//! One line from a terminal that hands on every key: what was typed, byte for byte, or why it is not to be had.
//!
//! Backspace, Ctrl-U and Ctrl-W edit as they do in a shell. A key is never dropped in silence.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const CTRL_U: u8 = 0x15;
const CTRL_W: u8 = 0x17;
const DELETE: u8 = 0x7f;

/// Nobody types the next key this soon after Enter, and what is pasted comes faster.
const PASTE: Timespec = Timespec { tv_sec: 0, tv_nsec: 60_000_000 };

/// What came of waiting for a line.
#[derive(Debug, PartialEq)]
pub enum Typed {
    Line(Vec<u8>),
    /// Ctrl-D in an empty line, or the terminal is gone.
    Nothing,
    CtrlC,
    /// More came at once behind the end of the line.
    SeveralLines,
    /// An arrow, an escape, a control character other than the tab.
    Unprintable,
    TooLong,
}

/// Reads a line of at most `most` bytes. It begins anew whenever `prompts`, the number of times that was asked for it,
/// has changed: nobody remembers what half he had typed, and cannot see it.
pub fn read(terminal: &File, most: usize, prompts: &AtomicU32) -> io::Result<Typed> {
    let mut line = Line::default();
    let typed = loop {
        // Half a value is none.
        let Some(key) = key(terminal)? else { break Typed::Nothing };
        line.asked(prompts.load(Ordering::Acquire));
        if let Some(typed) = line.press(key, most) {
            break typed;
        }
    };
    let more = matches!(typed, Typed::Line(_) | Typed::Unprintable) && swallow_paste(terminal)?;
    Ok(if more { Typed::SeveralLines } else { typed })
}

/// The next key; none if the terminal is gone.
fn key(mut terminal: &File) -> io::Result<Option<u8>> {
    let mut byte = [0];
    loop {
        match terminal.read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

/// Reads what comes at once behind the line, and says whether that was more than the other half of its end.
fn swallow_paste(terminal: &File) -> io::Result<bool> {
    let mut text = false;
    while is_ready(terminal)? {
        let Some(key) = key(terminal)? else { break };
        text |= !matches!(key, b'\r' | b'\n');
    }
    Ok(text)
}

fn is_ready(terminal: &File) -> io::Result<bool> {
    loop {
        match poll(&mut [PollFd::new(terminal, PollFlags::IN)], Some(&PASTE)) {
            Err(Errno::INTR) => {}
            ready => return Ok(ready? > 0),
        }
    }
}

/// The line as it stands.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    unprintable: bool,
    /// How many prompts there had been besides the first.
    prompts: u32,
}

impl Line {
    /// Begins anew if there has been another prompt since.
    fn asked(&mut self, prompts: u32) {
        if prompts != self.prompts {
            *self = Self { prompts, ..Self::default() };
        }
    }

    /// Takes a key; answers when it ends the wait.
    fn press(&mut self, key: u8, most: usize) -> Option<Typed> {
        match key {
            b'\r' | b'\n' => return Some(self.end()),
            CTRL_D => return Some(self.at_end()),
            CTRL_C => return Some(Typed::CtrlC),
            BACKSPACE | DELETE => self.erase(),
            CTRL_U => *self = Self { prompts: self.prompts, ..Self::default() },
            CTRL_W => self.erase_word(),
            b'\t' => self.bytes.push(key),
            0..0x20 => self.unprintable = true,
            _ => self.bytes.push(key),
        }
        (self.bytes.len() > most).then_some(Typed::TooLong)
    }

    fn end(&mut self) -> Typed {
        if self.unprintable { Typed::Unprintable } else { Typed::Line(std::mem::take(&mut self.bytes)) }
    }

    fn at_end(&mut self) -> Typed {
        if self.bytes.is_empty() && !self.unprintable { Typed::Nothing } else { self.end() }
    }

    /// A character may be several bytes.
    fn erase(&mut self) {
        while self.bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    }

    fn erase_word(&mut self) {
        let trimmed = self.bytes.trim_ascii_end();
        let kept = trimmed.iter().rposition(u8::is_ascii_whitespace).map_or(0, |space| space + 1);
        self.bytes.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> Option<Typed> {
        let mut line = Line::default();
        keys.bytes().find_map(|key| line.press(key, 10))
    }

    fn line(text: &str) -> Option<Typed> {
        Some(Typed::Line(text.into()))
    }

    #[test]
    fn a_line_is_kept_byte_for_byte() {
        assert_eq!(typed("a\tb é\r"), line("a\tb é"));
        assert_eq!(typed("a b \n"), line("a b "));
        assert_eq!(typed("\r"), line(""));
        assert_eq!(typed("abc"), None);
    }

    #[test]
    fn what_was_half_typed_is_forgotten_when_the_prompt_comes_back() {
        let mut line = Line::default();
        line.asked(0);
        assert!("half\u{1b}".bytes().all(|key| line.press(key, 10).is_none()));
        line.asked(0);
        assert_eq!(line.bytes, b"half");
        line.asked(1);
        assert_eq!("whole\r".bytes().find_map(|key| line.press(key, 10)), Some(Typed::Line("whole".into())));
    }

    #[test]
    fn ctrl_d_ends_a_line_that_has_text() {
        assert_eq!(typed("abc\u{4}"), line("abc"));
        assert_eq!(typed("\u{4}"), Some(Typed::Nothing));
    }

    #[test]
    fn keys_edit_as_they_do_in_a_shell() {
        assert_eq!(typed("abé\u{7f}c\r"), line("abc"));
        assert_eq!(typed("\u{8}a\r"), line("a"));
        assert_eq!(typed("old\u{15}new\r"), line("new"));
        assert_eq!(typed("one two \u{17}x\r"), line("one x"));
    }

    #[test]
    fn a_key_that_is_no_text_is_not_dropped_in_silence() {
        assert_eq!(typed("ab\u{1b}[Dc\r"), Some(Typed::Unprintable));
        assert_eq!(typed("\u{1b}[D\u{15}c\r"), line("c"));
        assert_eq!(typed("a\u{3}"), Some(Typed::CtrlC));
        assert_eq!(typed("12345678901"), Some(Typed::TooLong));
    }
}
