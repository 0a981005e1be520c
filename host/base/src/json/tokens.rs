//! The grammar: a text to tokens.

use std::ops::Range;

use super::{JsonError, MAX_DEPTH, MAX_TOKENS, Position};
use crate::work::Work;

/// So many tokens and escapes go by between two looks at the work, and so many bytes.
const ITEMS: usize = 4096;
const BYTES: usize = 64 * 1024;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `[`
    List,
    /// `]`
    ListEnd,
    /// `{`
    Object,
    /// `}`
    ObjectEnd,
    /// The name of a member, of which the colon is no part.
    Key,
    /// A string that is no key.
    Text,
    /// A number as it is written, which may be of any length.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// One token of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in bytes; a key or text with its quotes.
    pub span: Range<usize>,
    /// How many lists and objects it stands in. Both brackets of one stand where it stands itself.
    pub depth: usize,
}

impl Token {
    /// What stands between the quotes of a key or text, with its escapes.
    pub fn inside(&self) -> Range<usize> {
        self.span.start + 1..self.span.end - 1
    }
}

/// What may come next, besides white space.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
    /// Nothing but the end of the text.
    End,
    /// It was read to its end, or to its fault.
    Over,
}

/// The tokens of a text; made by [`tokens`].
pub struct Tokens<'a> {
    text: &'a str,
    work: &'a Work,
    at: usize,
    next: Next,
    /// For each list or object that is open, whether it is an object.
    objects: [u64; MAX_DEPTH.div_ceil(64)],
    depth: usize,
    tokens: usize,
    items: usize,
}

/// The tokens of a text, until its end or its first fault. `work` is asked on the way.
///
/// ```
/// use um_base::Work;
/// use um_base::json::{Kind, tokens};
///
/// let kinds: Vec<Kind> = tokens(r#"{"a": [1.50]}"#, &Work::unlimited()).map(|token| token.unwrap().kind).collect();
/// assert_eq!(kinds, [Kind::Object, Kind::Key, Kind::List, Kind::Number, Kind::ListEnd, Kind::ObjectEnd]);
/// ```
pub fn tokens<'a>(text: &'a str, work: &'a Work) -> Tokens<'a> {
    Tokens { text, work, at: 0, next: Next::Value, objects: [0; MAX_DEPTH.div_ceil(64)], depth: 0, tokens: 0, items: 0 }
}

impl Iterator for Tokens<'_> {
    type Item = Result<Token, JsonError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == Next::Over {
            return None;
        }
        let token = self.token().transpose();
        if !matches!(token, Some(Ok(_))) {
            self.next = Next::Over;
        }
        token
    }
}

impl Tokens<'_> {
    fn token(&mut self) -> Result<Option<Token>, JsonError> {
        self.skip(is_space)?;
        if self.next == Next::CommaOrEnd && self.peek() == Some(b',') {
            self.at += 1;
            self.next = if self.is_in_object() { Next::Key } else { Next::Value };
            self.skip(is_space)?;
        }
        match (self.next, self.peek()) {
            (Next::End, None) => Ok(None),
            (Next::End, Some(_)) => Err(self.unexpected()),
            (_, None) => Err(JsonError::Unfinished(self.here())),
            (_, Some(byte)) => self.one(byte).map(Some),
        }
    }

    fn one(&mut self, byte: u8) -> Result<Token, JsonError> {
        self.count()?;
        let is_in_object = self.is_in_object();
        match (self.next, byte) {
            (Next::ValueOrEnd | Next::CommaOrEnd, b']') if !is_in_object => Ok(self.close(Kind::ListEnd)),
            (Next::KeyOrEnd | Next::CommaOrEnd, b'}') if is_in_object => Ok(self.close(Kind::ObjectEnd)),
            (Next::Key | Next::KeyOrEnd, b'"') => self.key(),
            (Next::Value | Next::ValueOrEnd, byte) => self.value(byte),
            _ => Err(self.unexpected()),
        }
    }

    fn key(&mut self) -> Result<Token, JsonError> {
        let start = self.at;
        self.string()?;
        let span = start..self.at;
        self.skip(is_space)?;
        self.expect(b":")?;
        self.next = Next::Value;
        Ok(Token { kind: Kind::Key, span, depth: self.depth })
    }

    fn value(&mut self, first: u8) -> Result<Token, JsonError> {
        let start = self.at;
        let kind = match first {
            b'[' => return self.open(Kind::List),
            b'{' => return self.open(Kind::Object),
            b'"' => self.string().map(|()| Kind::Text),
            b'-' | b'0'..=b'9' => self.number().map(|()| Kind::Number),
            b't' => self.expect(b"true").map(|()| Kind::True),
            b'f' => self.expect(b"false").map(|()| Kind::False),
            b'n' => self.expect(b"null").map(|()| Kind::Null),
            _ => Err(self.unexpected()),
        }?;
        self.next = self.after_value();
        Ok(Token { kind, span: start..self.at, depth: self.depth })
    }

    fn open(&mut self, kind: Kind) -> Result<Token, JsonError> {
        let depth = self.depth;
        if depth == MAX_DEPTH {
            return Err(JsonError::Depth(self.here()));
        }
        let (word, bit) = (&mut self.objects[depth / 64], 1 << (depth % 64));
        (*word, self.next) = match kind {
            Kind::Object => (*word | bit, Next::KeyOrEnd),
            _ => (*word & !bit, Next::ValueOrEnd),
        };
        self.depth += 1;
        self.at += 1;
        Ok(Token { kind, span: self.at - 1..self.at, depth })
    }

    fn close(&mut self, kind: Kind) -> Token {
        self.depth -= 1;
        self.at += 1;
        self.next = self.after_value();
        Token { kind, span: self.at - 1..self.at, depth: self.depth }
    }

    fn after_value(&self) -> Next {
        if self.depth == 0 { Next::End } else { Next::CommaOrEnd }
    }

    fn is_in_object(&self) -> bool {
        self.depth.checked_sub(1).is_some_and(|top| self.objects[top / 64] >> (top % 64) & 1 == 1)
    }

    fn number(&mut self) -> Result<(), JsonError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'0'..=b'9') => self.skip(|byte| byte.is_ascii_digit()),
            _ => Err(self.unexpected()),
        }
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        loop {
            self.skip(|byte| !matches!(byte, b'"' | b'\\' | ..0x20))?;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escaped()?,
                // A control character among them.
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn escaped(&mut self) -> Result<(), JsonError> {
        self.tick()?;
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => self.code_point(),
            _ => Err(self.unexpected()),
        }
    }

    /// One unit of UTF-16, or two that make a character together.
    fn code_point(&mut self) -> Result<(), JsonError> {
        let mut start = self.at;
        let is_whole = match self.unit()? {
            0xdc00..=0xdfff => false,
            0xd800..=0xdbff => {
                self.expect(b"\\")?;
                start = self.at;
                matches!(self.unit()?, 0xdc00..=0xdfff)
            }
            _ => true,
        };
        if is_whole { Ok(()) } else { Err(JsonError::Unexpected(Position::of(self.text, start))) }
    }

    fn unit(&mut self) -> Result<u32, JsonError> {
        self.expect(b"u")?;
        (0..4).try_fold(0, |unit, _| {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let digit = digit.ok_or_else(|| self.unexpected())?;
            self.at += 1;
            Ok(unit * 16 + digit)
        })
    }

    /// These bytes, of ASCII, and no others.
    fn expect(&mut self, bytes: &[u8]) -> Result<(), JsonError> {
        bytes.iter().try_for_each(|&byte| {
            if self.peek() != Some(byte) {
                return Err(self.unexpected());
            }
            self.at += 1;
            Ok(())
        })
    }

    /// Passes over bytes of one kind.
    fn skip(&mut self, is_one: impl Fn(u8) -> bool) -> Result<(), JsonError> {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let block = &rest[..rest.len().min(BYTES)];
            match block.iter().position(|&byte| !is_one(byte)) {
                Some(end) => {
                    self.at += end;
                    return Ok(());
                }
                None if block.len() == rest.len() => {
                    self.at = self.text.len();
                    return Ok(());
                }
                None => self.at += block.len(),
            }
            self.work.step()?;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn count(&mut self) -> Result<(), JsonError> {
        if self.tokens == MAX_TOKENS {
            return Err(JsonError::Tokens(self.here()));
        }
        self.tokens += 1;
        self.tick()
    }

    fn tick(&mut self) -> Result<(), JsonError> {
        self.items += 1;
        if self.items.is_multiple_of(ITEMS) { Ok(self.work.step()?) } else { Ok(()) }
    }

    /// What stands here may not, or nothing may be missing.
    fn unexpected(&self) -> JsonError {
        match self.peek() {
            Some(_) => JsonError::Unexpected(self.here()),
            None => JsonError::Unfinished(self.here()),
        }
    }

    fn here(&self) -> Position {
        Position::of(self.text, self.at)
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
