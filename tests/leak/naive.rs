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
/// So many blanks within a border do.
const LONGEST_BORDER: usize = 256;
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

/// The same, and whether a form goes on for some bytes behind the first line break, whole or not.
type Across = (bool, Option<usize>, bool);

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

    /// What of some forms stands at a start, across lines or not. That line breaks may stand for blanks depends on all, and
    /// so does whether it is looked at without white space.
    fn look(&self, start: usize, forms: &Forms, across: &Forms) -> Sight {
        let whole = self.see(start, forms);
        let whole_to = if self.certain.is_none() { whole.1 } else { self.see(start, &self.forms).1 };
        let place = [start, whole_to.unwrap_or(start)];
        let longer = |(open, end): Sight, sight: Sight| (open || sight.0, end.max(sight.1));
        let sights = self.kinds().map(|[bordered, is_blank]| self.see_across(place, across, bordered, is_blank));
        let mut sight = sights.fold(whole, |whole, (open, end, _)| longer(whole, (open, end)));
        let goes_on = |[bordered, is_blank]: [bool; 2]| self.see_across(place, &self.across, bordered, is_blank).2;
        if self.breaks_off(start, whole_to) || self.kinds().any(goes_on) {
            for bordered in [false, true] {
                sight = longer(sight, self.see_loosely(place, across, bordered));
            }
        }
        sight
    }

    /// Within borders or not, and with a blank for each line break or nothing.
    fn kinds(&self) -> impl Iterator<Item = [bool; 2]> + use<> {
        let kinds = if self.has_blank { 4 } else { 2 };
        [[false, false], [true, false], [false, true], [true, true]].into_iter().take(kinds)
    }

    /// Whether 20 bytes of some form stand at a start, and not just a whole one that none goes on behind.
    fn breaks_off(&self, start: usize, whole_to: Option<usize>) -> bool {
        let rest = &self.text[start..];
        let mut alike = &self.forms.list[..];
        let begins = |length: &usize| {
            alike = beginning_like(alike, &rest[..*length]);
            !alike.is_empty()
        };
        let matched = (1..=rest.len()).take_while(begins).last().unwrap_or_default();
        let longer = || go_on_behind(beginning_like(&self.forms.list, &rest[..matched]), &rest[..matched]);
        matched >= 20 && (whole_to != Some(start + matched) || longer())
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
    fn see_across(&self, [start, whole_to]: [usize; 2], across: &Forms, bordered: bool, is_blank: bool) -> Across {
        let (mut read, mut at, mut longest, mut piece) = (Vec::new(), start, None, start);
        let (mut matched, mut first) = (0, None);
        // What begins like all that was read: if one of them is no longer than that, it is the first.
        let mut alike = &across.list[..];
        let mut open = false;
        while !alike.is_empty() {
            matched = read.len();
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
                Seam::None if at == self.text.len() => {
                    open = go_on_behind(alike, &read);
                    break;
                }
                Seam::None => {
                    read.push(self.text[at]);
                    alike = beginning_like(alike, &read);
                    at += 1;
                }
                Seam::Open(_) => {
                    open = go_on_behind(alike, &read);
                    break;
                }
                Seam::To(to, _) => {
                    first = first.or(Some(read.len() + usize::from(is_blank)));
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
        (open, longest, first.is_some_and(|first| matched >= 8.max(first + 6)))
    }

    /// The same without any white space, and without what stands between two strings of a list. None of that begins a form.
    fn see_loosely(&self, [start, whole_to]: [usize; 2], across: &Forms, bordered: bool) -> Sight {
        let (mut read, mut at, mut longest, mut piece) = (Vec::new(), start, None, start);
        let mut alike = &across.list[..];
        let first = self.text[start];
        if b" \t\n\r".contains(&first) || bordered && (first > 0x7f || b"|'\"\\=?".contains(&first)) {
            return (false, None);
        }
        while !alike.is_empty() {
            let (seam, is_blank) = self.gap(piece, at, bordered);
            let is_gap = !matches!(seam, Seam::None | Seam::TooLong);
            if is_gap && (at == start || bordered && !is_blank && at < whole_to) {
                return (false, None);
            }
            match seam {
                Seam::TooLong => break,
                Seam::Open(_) => return (go_on_behind(alike, &read), longest),
                Seam::None if at == self.text.len() => return (go_on_behind(alike, &read), longest),
                Seam::None => {
                    read.push(self.text[at]);
                    alike = beginning_like(alike, &read);
                    at += 1;
                    longest = if alike.first() == Some(&read) { Some(at) } else { longest };
                }
                Seam::To(to, _) => {
                    at = to;
                    piece = if is_blank { piece } else { to };
                }
            }
        }
        (false, longest)
    }

    /// What is left out at a place, and whether that is blanks alone.
    fn gap(&self, piece: usize, at: usize, bordered: bool) -> (Seam, bool) {
        let rest = &self.text[at..];
        let line_break = match bordered {
            true if !rest.is_empty() => seam_at(&self.text, piece, at),
            true => Seam::None,
            false => line_break(&self.text, at),
        };
        let blanks = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
        match line_break {
            Seam::None if blanks > if bordered { LONGEST_BORDER } else { LONGEST_BREAK } => (Seam::TooLong, true),
            Seam::None if blanks > 0 => (Seam::To(at + blanks, false), true),
            Seam::None if bordered => (
                between_strings(rest).map_or(Seam::None, |length| match length {
                    0 => Seam::Open(false),
                    length => Seam::To(at + length, false),
                }),
                false,
            ),
            line_break => (line_break, false),
        }
    }

    /// Whether a form goes on behind the first line break, at `at`: 8 bytes of it stand before that, or three
    /// up to a comma, or 16 that encoders write and no mask that ends there, of which no form begins with `=`.
    fn is_joined(&self, start: usize, at: usize, read: &[u8]) -> bool {
        let wrapped = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_,:".contains(byte);
        let ends_mask = self.masked[start] && !self.masked[at];
        let is_run = at >= 16 && self.text[at - 16..at].iter().all(wrapped);
        let is_list = read.len() >= 3 && read.ends_with(b",");
        read.len() >= 8 || is_list || !read.is_empty() && is_run && !ends_mask && self.text[start] != b'='
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

/// How long what ends one string and begins the next is, if a text begins with it; 0 if it ends before that is known.
fn between_strings(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for (some, is_needed) in [("'\"", true), (",", true), (" ", false), ("bBfFrRuU", false), ("'\"", true)] {
        match text.get(at) {
            None => return (at > 0).then_some(0),
            Some(byte) if some.as_bytes().contains(byte) => at += 1,
            Some(_) if is_needed => return None,
            Some(_) => {}
        }
    }
    Some(at)
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
