//! How the lines of a text begin, the first as far as it was settled before.

use zeroize::Zeroizing;

/// So much of a line may be what all lines begin with.
pub(super) const PREFIX: usize = 96;

/// A longer line has nothing in common with the next.
const LONGEST_LINE: usize = 512;

/// What was settled of the line that a text goes on with.
pub(crate) struct Head {
    /// Its first bytes, of which so many are kept.
    bytes: Zeroizing<[u8; PREFIX]>,
    kept: usize,
    length: usize,
}

/// A line up to a place.
pub(super) struct Line<'a> {
    head: &'a [u8],
    rest: &'a [u8],
}

impl Default for Head {
    fn default() -> Self {
        Self { bytes: Zeroizing::new([0; PREFIX]), kept: 0, length: 0 }
    }
}

impl Head {
    /// So much of the text is settled now.
    pub(crate) fn pass(&mut self, settled: &[u8]) {
        let line = match memchr::memrchr(b'\n', settled) {
            Some(feed) => {
                (self.length, self.kept) = (0, 0);
                &settled[feed + 1..]
            }
            None => settled,
        };
        let room = &mut self.bytes[self.kept..];
        let more = line.len().min(room.len());
        room[..more].copy_from_slice(&line[..more]);
        self.kept += more;
        self.length = self.length.saturating_add(line.len());
    }

    /// The line of a text that ends at a place; nothing, if it is too long.
    pub(super) fn line<'a>(&'a self, text: &'a [u8], end: usize) -> Line<'a> {
        let near = end.saturating_sub(LONGEST_LINE + 1);
        match memchr::memrchr(b'\n', &text[near..end]) {
            Some(feed) => Line { head: &[], rest: &text[near + feed + 1..end] },
            None if self.length.saturating_add(end) <= LONGEST_LINE => {
                Line { head: &self.bytes[..self.kept], rest: &text[..end] }
            }
            None => Line { head: &[], rest: &[] },
        }
    }
}

impl<'a> Line<'a> {
    pub(super) fn bytes(&self) -> impl Iterator<Item = u8> + 'a {
        // What of the beginning was not kept is not looked at.
        self.head.iter().chain(self.rest).copied()
    }
}
