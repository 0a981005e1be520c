//! What the leak filter should do, in a way that anybody can check: every form is compared at every start.

#[path = "naive_border.rs"]
mod border;

use border::{Seam, seam_at};
use um_secret::{KEY_LENGTH, KEY_PREFIX, is_key};

/// The forms, and the text so far.
#[derive(Default)]
pub struct Naive {
    pub forms: Forms,
    /// Those that are found across lines too.
    pub across: Forms,
    /// The same of those that are certain, if that makes a difference.
    certain: Option<[Forms; 2]>,
    /// Whether a form that is found across lines has a blank for which a line break may stand.
    has_blank: bool,
    pub text: Vec<u8>,
    pub(super) masked: Vec<bool>,
    pub(super) settled: usize,
    /// Where the longest forms stand that reach behind the longest certain one at the same start.
    doubtful: Vec<[usize; 2]>,
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
}

/// Those of some forms in their order that begin like that.
fn beginning_like<'a>(forms: &'a [Vec<u8>], beginning: &[u8]) -> &'a [Vec<u8>] {
    let alike = &forms[forms.partition_point(|form| &form[..] < beginning)..];
    &alike[..alike.partition_point(|form| form.starts_with(beginning))]
}

/// Whether one of the forms that begin like a text is longer.
fn go_on_behind(alike: &[Vec<u8>], text: &[u8]) -> bool {
    alike.iter().any(|form| form.len() > text.len())
}

/// What stands at one start: whether a form may go on behind the end of the text, and where the longest ends.
type Sight = (bool, Option<usize>);

impl Naive {
    /// What lets doubtful forms pass: those that are added without being said to be certain.
    pub fn for_programs() -> Self {
        Self { certain: Some(Default::default()), ..Self::default() }
    }

    /// Says that some forms are certain, each with whether it is found across lines. They are to be added as well.
    pub fn add_certain(&mut self, shapes: &[(Vec<u8>, bool)]) {
        if let Some([forms, across]) = &mut self.certain {
            across.add(shapes.iter().filter(|(_, across)| *across).map(|(form, _)| form.clone()));
            forms.add(shapes.iter().map(|(form, _)| form.clone()));
        }
    }

    /// Adds forms, each with whether it is found across lines.
    pub fn add(&mut self, shapes: impl IntoIterator<Item = (Vec<u8>, bool)>) {
        let shapes: Vec<(Vec<u8>, bool)> = shapes.into_iter().collect();
        let across: Vec<_> = shapes.iter().filter(|(_, across)| *across).map(|(form, _)| form.clone()).collect();
        self.has_blank |= across.iter().any(|form| form.windows(2).any(|pair| pair[0] != b',' && pair[1] == b' '));
        self.across.add(across.into_iter());
        self.forms.add(shapes.into_iter().map(|(form, _)| form));
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        self.masked.resize(self.text.len(), false);
        self.settle(false);
    }

    fn settle(&mut self, complete: bool) {
        while self.settled < self.text.len() {
            let start = self.settled;
            let (open, end) = self.look(start, &self.forms, &self.across);
            let (open_key, end_key) = self.see_key(start);
            if !complete && (open || open_key) {
                return;
            }
            let certain = match &self.certain {
                Some([forms, across]) => self.look(start, forms, across).1,
                None => end,
            };
            let masked_to = certain.max(end_key);
            self.masked[start..masked_to.unwrap_or(start)].fill(true);
            if let Some(end) = end.filter(|_| end > masked_to) {
                self.doubtful.push([start, end]);
            }
            self.settled += 1;
        }
    }

    /// What of some forms stands at a start, across lines or not. That line breaks may stand for blanks depends on all.
    fn look(&self, start: usize, forms: &Forms, across: &Forms) -> Sight {
        let kinds = if self.has_blank { 4 } else { 2 };
        let kinds = [(false, false), (true, false), (false, true), (true, true)].into_iter().take(kinds);
        let whole = self.see(start, forms);
        let whole_to = if self.certain.is_none() { whole.1 } else { self.see(start, &self.forms).1 }.unwrap_or(start);
        let sights = kinds.map(|(bordered, is_blank)| self.see_across([start, whole_to], across, bordered, is_blank));
        sights.fold(whole, |(open, end), sight| (open || sight.0, end.max(sight.1)))
    }

    fn see(&self, start: usize, forms: &Forms) -> Sight {
        let rest = &self.text[start..];
        let alike = beginning_like(&forms.list, &rest[..rest.len().min(4)]);
        let longest = alike.iter().filter(|form| rest.starts_with(form)).map(Vec::len).max();
        (go_on_behind(beginning_like(alike, rest), rest), longest.map(|length| start + length))
    }

    /// The same of keys of um-host, which are no forms.
    fn see_key(&self, start: usize) -> Sight {
        let rest = &self.text[start..];
        let (begun, body) = rest.split_at(rest.len().min(KEY_PREFIX.len()));
        let is_body = body.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
        let open = rest.len() < KEY_LENGTH && KEY_PREFIX.as_bytes().starts_with(begun) && is_body;
        (open, rest.get(..KEY_LENGTH).filter(|key| is_key(key)).map(|_| start + KEY_LENGTH))
    }

    /// The same without the line breaks in between and the borders around them, or with a blank in their place. No border
    /// begins in a form that stands there whole, without line breaks.
    fn see_across(&self, [start, whole_to]: [usize; 2], across: &Forms, bordered: bool, is_blank: bool) -> Sight {
        let (mut read, mut at, mut longest, mut piece) = (Vec::new(), start, None, start);
        // What begins like all that was read: if one of them is no longer than that, it is the first.
        let mut alike = &across.list[..];
        while !alike.is_empty() {
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
                Seam::To(_, is_marked) | Seam::Open(is_marked)
                    if piece == start && (!is_enough(is_marked) || bordered && at < whole_to) =>
                {
                    break;
                }
                Seam::TooLong => break,
                Seam::None if at == self.text.len() => return (go_on_behind(alike, &read), longest),
                Seam::None => {
                    read.push(self.text[at]);
                    alike = beginning_like(alike, &read);
                    at += 1;
                }
                Seam::Open(_) => return (go_on_behind(alike, &read), longest),
                Seam::To(to, _) => {
                    if is_blank {
                        read.push(b' ');
                        alike = beginning_like(alike, &read);
                        longest = if alike.first() == Some(&read) { Some(at + 1) } else { longest };
                    }
                    (at, piece) = (to, to);
                    continue;
                }
            }
            if alike.first() == Some(&read) {
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

    /// How many doubtful forms have passed: none of which all is masked, and of those that touch each other one.
    pub fn passed(&self) -> usize {
        let (mut count, mut to, mut is_counted) = (0, None, false);
        for &[start, end] in &self.doubtful {
            if to.is_some_and(|to| end <= to) {
                continue;
            }
            is_counted &= to.is_some_and(|to| start <= to);
            to = Some(end);
            if !is_counted && self.masked[start..end].contains(&false) {
                (count, is_counted) = (count + 1, true);
            }
        }
        count
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
