//! JSON that somebody else wrote (RFC 8259), read without a tree and without recursion.
//!
//! [`tokens`] tells what a text is made of, one token after the other; [`Json`] is a text that was found to be JSON.
//!
//! Guarantees: the memory that reading takes does not depend on the text; [`MAX_DEPTH`] and [`MAX_TOKENS`] hold for
//! every text; a [`Work`](super::Work) that is over is noticed within 4,096 tokens and 64 KiB; no key means anything;
//! an error says the position, never the text.
//!
//! Deliberately absent: trees, extensions such as comments, what a number comes to, and what it means that a key stands
//! in an object twice.

mod string;
#[cfg(test)]
mod tests;
mod text;
mod tokens;

use std::fmt;

use super::work::Over;

use crate::coded;

pub use string::{escape, unescape};
pub use text::Json;
pub use text::between;
pub use tokens::{Kind, Token, Tokens, tokens};

/// Lists and objects in each other, at most.
pub const MAX_DEPTH: usize = 500;
/// Keys, texts, numbers, words and brackets of one text, at most.
pub const MAX_TOKENS: usize = 1_000_000;

/// A position in a text, both counted from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Why a text was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum JsonError {
    #[error("unexpected text at {0}")]
    Unexpected(Position),
    #[error("it ends too early, at {0}")]
    Unfinished(Position),
    #[error("it is nested too deeply at {0}; there may be {MAX_DEPTH} levels of lists and objects")]
    Depth(Position),
    #[error("it has too many parts, up to {0} {MAX_TOKENS} of them, which is the most there may be")]
    Tokens(Position),
    #[error(transparent)]
    Over(#[from] Over),
}

coded! { JsonError:
    Self::Unexpected(_) | Self::Unfinished(_) => Invalid "json-malformed",
    Self::Depth(_) => Full "json-too-deep",
    Self::Tokens(_) => Full "json-too-many-parts",
    Self::Over(over) => in over,
}

impl Position {
    /// The position of a byte.
    pub fn of(text: &str, at: usize) -> Self {
        let before = &text[..text.floor_char_boundary(at)];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self { line: 1 + before.matches('\n').count(), column: 1 + before[line_start..].chars().count() }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}
