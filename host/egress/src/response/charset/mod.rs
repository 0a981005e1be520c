//! The charset of an answer: one in which a sealed value would not be found is refused.
//!
//! Sealed values are visible ASCII. They stand as they are in UTF-8, US-ASCII, ISO-8859-x and Windows-125x, and in
//! UTF-16 each byte beside a zero, which are forms that the filter knows. In others they do not (UTF-7, UTF-32, EBCDIC,
//! HZ, ISO-2022), and of most nobody knows, so any other name is refused.
//!
//! The name stands in `Content-Type`, also in that of the parts of a multipart answer. Where that names none and is not
//! JSON, which is UTF-8 (RFC 8259, 8.1), it may stand in the first KiB of the body: after the mark of UTF-32, in an XML
//! declaration, in `<meta>` of HTML, in `@charset` of CSS. An answer that names none anywhere passes, as most do.
//!
//! Deliberately absent: guessing. A service that keeps its charset to itself could transform the value as well.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::error::response::{CharsetName, ResponseFault};
use crate::response::sealed_search::matcher::Reflections;
use um_secret::MASK;

/// How much of a body may say what it is, in bytes: what browsers look at (HTML, 13.2.3.2).
const HEAD: usize = 1024;
/// Longest line of a part's head that is looked at, in bytes.
const LINE: usize = 512;
/// How the charsets are called that may be told where an answer says no more than the beginning of something.
const FAMILIES: [&str; 16] = [
    "big5", "bocu", "cp", "ebcdic", "euc", "gb", "hz", "ibm", "iso", "koi", "mac", "scsu", "shift", "ucs", "utf",
    "windows",
];
const UNMARKED: &[u8] = b"utf-16 without a mark";
/// What is told of others.
const UNKNOWN: &[u8] = b"(unknown)";

/// Looks at a body for what it says of its charset.
#[derive(Default)]
pub(crate) struct Declarations {
    /// Its first bytes, as long as they may still say something.
    head: Vec<u8>,
    is_head_over: bool,
    /// Whether it must begin with the mark of UTF-16.
    is_marked: bool,
    /// Whether the body may name its charset, and as HTML.
    is_open: bool,
    is_html: bool,
    /// The line that is being read, in a multipart answer.
    line: Option<Vec<u8>>,
}

/// What a charset is for a value in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Its ASCII stands as it is.
    Plain,
    Utf16,
    Other,
}

impl Declarations {
    /// Reads the head of an answer.
    ///
    /// # Errors
    /// [`ResponseFault::Charset`] if it names one that is refused.
    pub fn of(headers: &HeaderMap, reflections: &Reflections) -> Result<Self, ResponseFault> {
        let (mut is_marked, mut is_named) = (false, false);
        for field in headers.get_all(CONTENT_TYPE) {
            for name in names(field.as_bytes(), b"charset", Mark::Any) {
                match Kind::of(name) {
                    Kind::Plain => {}
                    Kind::Utf16 => is_marked = true,
                    Kind::Other => return Err(refused_field(name, field.as_bytes(), reflections)),
                }
                is_named = true;
            }
        }
        let media = headers.get(CONTENT_TYPE).map(|field| field.as_bytes().to_ascii_lowercase()).unwrap_or_default();
        let media = media.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let is_json = media.ends_with(b"/json") || media.ends_with(b"+json");
        Ok(Self {
            is_marked,
            is_open: !is_named && !is_json,
            is_html: media.is_empty() || media.ends_with(b"html") || media.ends_with(b"html+xml"),
            line: media.starts_with(b"multipart/").then(Vec::new),
            ..Self::default()
        })
    }

    /// Takes what comes next of the body, before anybody gets it.
    ///
    /// # Errors
    /// [`ResponseFault::Charset`] if it names a charset that is refused.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), ResponseFault> {
        self.take_lines(bytes)?;
        if self.is_head_over || bytes.is_empty() {
            return Ok(());
        }
        self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD - self.head.len())]);
        self.look()?;
        if self.head.len() == HEAD {
            self.end()?;
        }
        Ok(())
    }

    /// No more comes of it.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn end(&mut self) -> Result<(), ResponseFault> {
        self.is_head_over = true;
        let is_unmarked = self.is_marked && !self.head.is_empty() && !is_utf16(&self.head);
        self.head = Vec::new();
        if is_unmarked { Err(refused(UNMARKED)) } else { Ok(()) }
    }

    fn look(&self) -> Result<(), ResponseFault> {
        let head = &self.head;
        if head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff") {
            return Err(refused(b"utf-32"));
        }
        // Where nobody says what it is; the second are the declaration of XML, and the mark.
        if self.is_open && is_utf32(head) {
            return Err(refused(b"utf-32"));
        }
        if self.is_open && (head.starts_with(b"\x4c\x6f\xa7\x94") || head.starts_with(b"\xdd\x73\x66\x73")) {
            return Err(refused(b"ebcdic"));
        }
        if self.is_marked && head.len() >= 2 && !is_utf16(head) {
            return Err(refused(UNMARKED));
        }
        if !self.is_open {
            return Ok(());
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let trimmed = text.trim_ascii_start();
        let named = if trimmed.starts_with(b"<?xml") {
            let end = trimmed.windows(2).position(|end| end == b"?>").unwrap_or(trimmed.len());
            names(&trimmed[..end], b"encoding", Mark::Quoted)
        } else if let Some(name) = text.strip_prefix(b"@charset \"") {
            name.iter().position(|byte| *byte == b'"').map(|end| &name[..end]).into_iter().collect()
        } else {
            Vec::new()
        };
        let in_html = if self.is_html { in_meta(text) } else { Vec::new() };
        // ASCII can be read here, so it is no UTF-16, whatever it says.
        match named.into_iter().chain(in_html).find(|name| Kind::of(name) == Kind::Other) {
            Some(name) => Err(refused(name)),
            None => Ok(()),
        }
    }

    /// Looks at the lines of a multipart answer, in which the heads of its parts are.
    fn take_lines(&mut self, bytes: &[u8]) -> Result<(), ResponseFault> {
        let Some(line) = &mut self.line else { return Ok(()) };
        for &byte in bytes {
            // A line that begins with a blank goes on with the one before.
            let is_new = matches!(line.last(), Some(b'\n')) && !matches!(byte, b' ' | b'\t');
            if is_new {
                line.clear();
            }
            if line.len() < LINE {
                line.push(byte);
            } else if byte == b'\n' {
                line[LINE - 1] = byte;
            }
            let is_type = || line.get(..13).is_some_and(|name| name.eq_ignore_ascii_case(b"content-type:"));
            if byte == b'\n' && is_type() {
                let named = names(&line[13..], b"charset", Mark::Any);
                if let Some(name) = named.into_iter().find(|name| Kind::of(name) == Kind::Other) {
                    return Err(refused(name));
                }
            }
        }
        Ok(())
    }
}

/// Whether it begins with four characters of ASCII in four bytes each: no binary format does.
fn is_utf32(head: &[u8]) -> bool {
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let begins = |is: fn([u8; 4]) -> Option<u8>| {
        let (words, _) = head.as_chunks::<4>();
        words.len() >= 4 && words.iter().take(4).all(|word| is(*word).is_some_and(is_text))
    };
    begins(|word| (word[1..] == [0; 3]).then_some(word[0])) || begins(|word| (word[..3] == [0; 3]).then_some(word[3]))
}

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// By the field that it stands in: it may be a value that the service says back, which is not told, nor a part of it.
fn refused_field(name: &[u8], field: &[u8], reflections: &Reflections) -> ResponseFault {
    let holds_value = reflections.replace(field).is_some();
    ResponseFault::Charset(CharsetName::new(if holds_value { MASK.as_bytes() } else { name }))
}

/// By a body, of which no more may have come than the beginning of a value.
fn refused(name: &[u8]) -> ResponseFault {
    let lower = name.to_ascii_lowercase();
    let is_known = FAMILIES.iter().any(|family| lower.starts_with(family.as_bytes()));
    ResponseFault::Charset(CharsetName::new(if is_known { name } else { UNKNOWN }))
}

/// How a name must stand behind the equals sign.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Any,
    Quoted,
}

/// All that a text names by `key=`, without quotes. One that is not complete is none yet, but at the end of a field.
fn names<'t>(text: &'t [u8], key: &[u8], mark: Mark) -> Vec<&'t [u8]> {
    let at_key = |(_, window): &(usize, &[u8])| window.eq_ignore_ascii_case(key);
    let found = text.windows(key.len()).enumerate().filter(at_key);
    found.filter_map(|(at, _)| named(&text[at + key.len()..], mark)).filter(|name| !name.is_empty()).collect()
}

fn named(behind: &[u8], mark: Mark) -> Option<&[u8]> {
    // A parameter may come in pieces (RFC 2231), which nobody puts together here: `*` makes it a name that is refused.
    if behind.starts_with(b"*") && mark == Mark::Any {
        return Some(&behind[..behind.iter().position(|byte| *byte == b';').unwrap_or(behind.len())]);
    }
    let value = behind.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    match value.first() {
        Some(&quote @ (b'"' | b'\'')) => {
            let value = &value[1..];
            let end = value.iter().position(|byte| *byte == quote);
            end.or((mark == Mark::Any).then_some(value.len())).map(|end| value[..end].trim_ascii())
        }
        _ if mark == Mark::Quoted => None,
        _ => {
            let is_end = |byte: &u8| byte.is_ascii_whitespace() || b";,\"'<>".contains(byte);
            Some(&value[..value.iter().position(is_end).unwrap_or(value.len())])
        }
    }
}

/// The charsets that the `<meta>` elements name, of those that are complete.
fn in_meta(text: &[u8]) -> Vec<&[u8]> {
    let elements = text.windows(5).enumerate().filter(|(_, window)| window.eq_ignore_ascii_case(b"<meta"));
    let complete = elements.filter_map(|(at, _)| {
        let element = &text[at..];
        element.iter().position(|byte| *byte == b'>').map(|end| &element[..end])
    });
    complete.flat_map(|element| names(element, b"charset", Mark::Any)).collect()
}

impl Kind {
    /// By the names that IANA registers and those that programs use for the same.
    fn of(name: &[u8]) -> Self {
        let mut plain: Vec<u8> = name.iter().filter(|byte| byte.is_ascii_alphanumeric()).copied().collect();
        plain.make_ascii_lowercase();
        // `+` and `*` change what a name means.
        if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.: ".contains(byte)) {
            return Self::Other;
        }
        let number = |prefix: &str, from, to| {
            let rest = plain.strip_prefix(prefix.as_bytes()).and_then(|rest| std::str::from_utf8(rest).ok());
            rest.and_then(|rest| rest.parse::<u16>().ok()).is_some_and(|number| (from..=to).contains(&number))
        };
        match plain.as_slice() {
            b"utf8" | b"utf8bom" | b"unicode11utf8" | b"usascii" | b"ascii" | b"us" | b"ansix341968" | b"iso646us" => {
                Self::Plain
            }
            b"latin1" | b"l1" | b"latin9" | b"iso885919871" | b"iso88598i" | b"iso88598e" | b"iso88596i" => Self::Plain,
            b"utf16" | b"utf16le" | b"utf16be" => Self::Utf16,
            _ if number("iso8859", 1, 16) || number("windows", 1250, 1258) || number("cp", 1250, 1258) => Self::Plain,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests;
