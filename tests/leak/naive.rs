//! What the leak filter should do, in a way that anybody can check: every form is compared at every start.

use um_secret::{KEY_LENGTH, KEY_PREFIX, is_key};

/// The forms, and the text so far.
#[derive(Default)]
pub struct Naive {
    pub forms: Forms,
    /// Those that are found across lines too.
    pub across: Forms,
    pub text: Vec<u8>,
    pub(super) masked: Vec<bool>,
    pub(super) settled: usize,
}

/// A longer line break ends every form.
const LONGEST_BREAK: usize = 64;

/// In their order, so that those which begin alike stand side by side.
#[derive(Default)]
pub struct Forms {
    pub list: Vec<Vec<u8>>,
}

impl Forms {
    fn add(&mut self, forms: impl Iterator<Item = Vec<u8>>) {
        self.list.extend(forms);
        self.list.sort();
        self.list.dedup();
    }

    fn beginning_like<'a>(&'a self, beginning: &'a [u8]) -> impl Iterator<Item = &'a Vec<u8>> {
        let from = self.list.partition_point(|form| &form[..] < beginning);
        self.list[from..].iter().take_while(move |form| form.starts_with(beginning))
    }

    fn go_on_behind(&self, text: &[u8]) -> bool {
        self.beginning_like(text).any(|form| form.len() > text.len())
    }
}

/// What stands at one start: whether a form may go on behind the end of the text, and where the longest ends.
type Sight = (bool, Option<usize>);

impl Naive {
    /// Adds forms, each with whether it is found across lines.
    pub fn add(&mut self, shapes: impl IntoIterator<Item = (Vec<u8>, bool)>) {
        let shapes: Vec<(Vec<u8>, bool)> = shapes.into_iter().collect();
        self.across.add(shapes.iter().filter(|(_, across)| *across).map(|(form, _)| form.clone()));
        self.forms.add(shapes.into_iter().map(|(form, _)| form));
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        self.masked.resize(self.text.len(), false);
        self.settle(false);
    }

    fn settle(&mut self, complete: bool) {
        while self.settled < self.text.len() {
            let (open, end) = self.see(self.settled);
            let ((open_across, end_across), (open_key, end_key)) =
                (self.see_across(self.settled), self.see_key(self.settled));
            if !complete && (open || open_across || open_key) {
                return;
            }
            let end = end.max(end_across).max(end_key).unwrap_or(self.settled);
            self.masked[self.settled..end].fill(true);
            self.settled += 1;
        }
    }

    fn see(&self, start: usize) -> Sight {
        let rest = &self.text[start..];
        let alike = self.forms.beginning_like(&rest[..rest.len().min(4)]);
        let longest = alike.filter(|form| rest.starts_with(form)).map(Vec::len).max();
        (self.forms.go_on_behind(rest), longest.map(|length| start + length))
    }

    /// The same of keys of um-host, which are no forms.
    fn see_key(&self, start: usize) -> Sight {
        let rest = &self.text[start..];
        let (begun, body) = rest.split_at(rest.len().min(KEY_PREFIX.len()));
        let is_body = body.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
        let open = rest.len() < KEY_LENGTH && KEY_PREFIX.as_bytes().starts_with(begun) && is_body;
        (open, rest.get(..KEY_LENGTH).filter(|key| is_key(key)).map(|_| start + KEY_LENGTH))
    }

    /// The same without the line breaks in between.
    fn see_across(&self, start: usize) -> Sight {
        let (mut read, mut at, mut longest) = (Vec::new(), start, None);
        while self.across.beginning_like(&read).next().is_some() {
            let length = break_at(&self.text[at..]);
            let ends_text = at + length >= self.text.len();
            if length > LONGEST_BREAK || length > 0 && !self.is_joined(start, at, &read) {
                break;
            } else if ends_text {
                return (self.across.go_on_behind(&read), longest);
            } else if length > 0 {
                at += length;
                continue;
            }
            read.push(self.text[at]);
            at += 1;
            if self.across.list.binary_search(&read).is_ok() {
                longest = Some(at);
            }
        }
        (false, longest)
    }

    /// Whether a form goes on behind the line break at `at`: 8 bytes of it stand before the first one, or three
    /// up to a comma, or 16 that encoders write and no mask that ends there.
    fn is_joined(&self, start: usize, at: usize, read: &[u8]) -> bool {
        let wrapped = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_,:".contains(byte);
        let is_first = at - start == read.len();
        let ends_mask = self.masked[start] && !self.masked[at];
        let is_run = at >= 16 && self.text[at - 16..at].iter().all(wrapped);
        let is_list = read.len() >= 3 && read.ends_with(b",");
        !is_first || read.len() >= 8 || is_list || !read.is_empty() && is_run && !ends_mask
    }

    pub fn finish(&mut self, cut: bool) {
        // What was registered since the last write counts for what is held.
        self.settle(false);
        if cut && self.text.len() - self.settled >= 4 {
            self.masked[self.settled..].fill(true);
            self.settled = self.text.len();
        }
        self.settle(true);
    }

    pub fn out(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for at in 0..self.settled {
            if !self.masked[at] {
                out.push(self.text[at]);
            } else if at == 0 || !self.masked[at - 1] {
                out.extend(b"***");
            }
        }
        out
    }
}

/// The length of the line break that a text begins with: LF or CRLF, and the white space behind it. A CR at the end may
/// become one, and counts with its LF.
fn break_at(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match &text[at..] {
            [b'\r', b'\n', ..] => at += 2,
            [b'\n', ..] => at += 1,
            [b'\r'] => return at + 2,
            [b' ' | b'\t', ..] if at > 0 => at += 1,
            _ => return at,
        }
    }
}
