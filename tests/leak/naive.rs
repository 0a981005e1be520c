//! What the leak filter should do, in a way that anybody can check: every form is compared at every start.

#[path = "naive_border.rs"]
mod border;

use border::{Seam, seam_at};

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
            let has_blank = |form: &Vec<u8>| form.windows(2).any(|pair| pair[0] != b',' && pair[1] == b' ');
            let kinds = if self.across.list.iter().any(has_blank) { 4 } else { 2 };
            let across = [(false, false), (true, false), (false, true), (true, true)].into_iter().take(kinds);
            let sights = across.map(|(bordered, is_blank)| self.see_across(self.settled, bordered, is_blank));
            let sights = [self.see(self.settled)].into_iter().chain(sights);
            let (open, end) = sights.fold((false, None), |(open, end), sight| (open || sight.0, end.max(sight.1)));
            if !complete && open {
                return;
            }
            let end = end.unwrap_or(self.settled);
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

    /// The same without the line breaks in between and the borders around them, or with a blank in their place.
    fn see_across(&self, start: usize, bordered: bool, is_blank: bool) -> Sight {
        let (mut read, mut at, mut longest, mut piece) = (Vec::new(), start, None, start);
        while self.across.beginning_like(&read).next().is_some() {
            let seam = match bordered {
                true if at < self.text.len() => seam_at(&self.text, piece, at),
                true => Seam::None,
                false => line_break(&self.text, at),
            };
            let is_enough = |is_marked| match bordered {
                true => read.len() >= if is_marked { 8 } else { 20 },
                false if is_blank => read.len() >= 8,
                false => self.is_joined(start, at, &read),
            };
            match seam {
                Seam::To(_, is_marked) | Seam::Open(is_marked) if piece == start && !is_enough(is_marked) => break,
                Seam::TooLong => break,
                Seam::None if at == self.text.len() => return (self.across.go_on_behind(&read), longest),
                Seam::None => {
                    read.push(self.text[at]);
                    at += 1;
                }
                Seam::Open(_) => return (self.across.go_on_behind(&read), longest),
                Seam::To(to, _) => {
                    if is_blank {
                        read.push(b' ');
                        longest = self.across.list.binary_search(&read).map_or(longest, |_| Some(at + 1));
                    }
                    (at, piece) = (to, to);
                    continue;
                }
            }
            if self.across.list.binary_search(&read).is_ok() {
                longest = Some(at);
            }
        }
        (false, longest)
    }

    /// Whether a form goes on behind the first line break, at `at`: 8 bytes of it stand before that, or three
    /// up to a comma, or 16 that encoders write and no mask that ends there.
    fn is_joined(&self, start: usize, at: usize, read: &[u8]) -> bool {
        let wrapped = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_,:".contains(byte);
        let ends_mask = self.masked[start] && !self.masked[at];
        let is_run = at >= 16 && self.text[at - 16..at].iter().all(wrapped);
        let is_list = read.len() >= 3 && read.ends_with(b",");
        read.len() >= 8 || is_list || !read.is_empty() && is_run && !ends_mask
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

fn line_break(text: &[u8], at: usize) -> Seam {
    match break_at(&text[at..]) {
        0 => Seam::None,
        length if length > LONGEST_BREAK => Seam::TooLong,
        length if at + length >= text.len() => Seam::Open(false),
        length => Seam::To(at + length, false),
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
