//! Puts placeholders back where a server's answer holds sealed values.
//!
//! A guest may send guesses to a server that echoes them, and measure how the echo comes back. So here, unlike in the
//! leak filter:
//! - every byte is held back until a fixed number of bytes has followed it, or the stream is at its end
//!   ([`Reflections::lag`]); in the lane without line breaks those are bytes that belong to none;
//! - every byte takes the same steps (`table`): there is no search that goes on as long as the text does,
//!   no comparison that ends at the first difference, and nothing is looked at twice because it came close;
//! - only whole values are looked for, in every form. A part that is found would tell that a guess of it was right.
//!
//! What is left to see is a guess of a whole value, in one of its forms, which comes back as a placeholder: at least 16
//! bytes (15 in base64, where a character may hold bits of what follows) have to be right at once. Addresses of table
//! and text depend on the answer, which the guest knows, and on a key, which it does not.
//!
//! Overlapping matches become one replacement, that of the first and longest. How the answer was cut makes no difference.

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::lane::{BLOCK, Hit, Lane};
use super::table::Table;
use um_secret::MIN_SEALED_BYTES;

/// Stands in no form: values are visible ASCII, which has every other byte 0 in UTF-16 and none anywhere else.
const BORDER: &[u8] = b"\0\0";

/// All sealed values of a workspace that are bound to one origin, ready to be looked for in its answers. Cheap to clone;
/// takes some 20 KiB and half a millisecond for each value to make, so make it once a run and origin.
#[derive(Clone)]
pub struct Reflections(Arc<Shared>);

struct Shared {
    /// What stands for each value.
    replacements: Vec<String>,
    all: Table,
    /// Forms in which line breaks may stand.
    across: Table,
}

/// A sealed value that a server's answer may hold.
pub struct Reflection<'a> {
    pub value: &'a str,
    /// What comes in its place: the run's placeholder, or `***` for a value that it has none for.
    pub replacement: String,
}

/// Replaces what it finds in one stream.
pub struct Matcher {
    shared: Arc<Shared>,
    lanes: [Lane; 2],
    /// The text that was not let out yet, and where it begins.
    held: Zeroizing<Vec<u8>>,
    released: u64,
    /// Where the last replacement ends.
    covered: u64,
    /// Matches that begin in the held text, by beginning: where they end, and whose they are.
    pending: BTreeMap<u64, (u64, usize)>,
    /// Whether anything was replaced.
    has_found: bool,
    hits: Vec<Hit>,
}

impl Reflections {
    pub fn new<'a>(values: impl IntoIterator<Item = Reflection<'a>>) -> Self {
        let values: Vec<Reflection<'a>> = values.into_iter().collect();
        let texts: Vec<&str> = values.iter().map(|reflection| reflection.value).collect();
        let [all, across] = [false, true].map(|across| Table::new(&texts, across));
        let replacements = values.into_iter().map(|reflection| reflection.replacement).collect();
        Self(Arc::new(Shared { replacements, all, across }))
    }

    /// How many bytes are held back, at most twice the longest form and a few: a form is known when the window is
    /// looked at that it is found by, up to 34 bytes before its end, and it may begin as far before that as the longest
    /// form is long, rounded up to a power of 2.
    pub fn lag(&self) -> usize {
        self.0.all.before + self.0.all.behind - 1
    }

    pub fn matcher(&self) -> Matcher {
        let lanes = [Lane::new(&self.0.all, false), Lane::new(&self.0.across, true)];
        Matcher {
            shared: self.0.clone(),
            lanes,
            held: Zeroizing::new(Vec::with_capacity(4 * BLOCK + 2 * self.lag())),
            released: 0,
            covered: 0,
            pending: BTreeMap::new(),
            has_found: false,
            hits: Vec::new(),
        }
    }

    /// The text with what stands for every value in it, if there is any.
    pub fn replace(&self, text: &[u8]) -> Option<Vec<u8>> {
        // No form is shorter than the shortest value, and most names and many values of fields are.
        if text.len() < MIN_SEALED_BYTES {
            return None;
        }
        let mut out = Vec::with_capacity(text.len());
        let mut matcher = self.matcher();
        matcher.write(text, &mut out);
        matcher.finish(&mut out);
        matcher.has_found.then_some(out)
    }

    /// Whether [`replace`](Self::replace) would replace anything in any of the texts, at the price of one.
    pub fn stand_in<'t>(&self, texts: impl IntoIterator<Item = &'t [u8]>) -> bool {
        let (mut joined, mut out) = (Zeroizing::new(Vec::with_capacity(1024)), Vec::new());
        for text in texts {
            joined.extend_from_slice(text);
            joined.extend_from_slice(BORDER);
        }
        let mut matcher = self.matcher();
        matcher.write(&joined, &mut out);
        matcher.finish(&mut out);
        matcher.has_found
    }
}

impl Matcher {
    /// Takes any bytes and appends to `out` those that enough others have followed.
    pub fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for block in bytes.chunks(BLOCK) {
            let place = self.end();
            self.held.extend_from_slice(block);
            let shared = self.shared.clone();
            for (lane, table) in self.lanes.iter_mut().zip([&shared.all, &shared.across]) {
                lane.feed(table, block, place, &mut self.hits);
            }
            self.take_hits();
            let end = self.end();
            let settled =
                self.lanes.iter().zip([&shared.all, &shared.across]).map(|(lane, table)| lane.settled(table, end));
            let settled = settled.min().unwrap_or(end);
            self.release(settled, out);
        }
    }

    /// Lets out the rest. Nothing may be written afterwards.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let shared = self.shared.clone();
        let end = self.end();
        for (lane, table) in self.lanes.iter_mut().zip([&shared.all, &shared.across]) {
            lane.finish(table, end, &mut self.hits);
        }
        self.take_hits();
        self.release(end, out);
    }

    fn end(&self) -> u64 {
        self.released + self.held.len() as u64
    }

    /// Of matches that begin together the longest counts. The second lane sees again what the first saw.
    fn take_hits(&mut self) {
        for Hit { start, end, owner } in self.hits.drain(..) {
            let longest = self.pending.entry(start).or_insert((end, owner));
            if end > longest.0 {
                *longest = (end, owner);
            }
        }
    }

    /// Lets out the text up to `settled`, before which no match begins that is not known.
    fn release(&mut self, settled: u64, out: &mut Vec<u8>) {
        let mut from = self.released;
        while let Some(entry) = self.pending.first_entry().filter(|entry| *entry.key() < settled) {
            let (start, (end, owner)) = entry.remove_entry();
            if start >= self.covered {
                self.copy(from.max(self.covered), start, out);
                out.extend_from_slice(self.shared.replacements[owner].as_bytes());
                self.has_found = true;
                from = start;
            }
            self.covered = self.covered.max(end);
        }
        self.copy(from.max(self.covered), settled, out);
        let count = self.index(settled);
        self.held.drain(..count);
        self.released = settled;
    }

    fn copy(&self, from: u64, to: u64, out: &mut Vec<u8>) {
        if from < to {
            out.extend_from_slice(&self.held[self.index(from)..self.index(to)]);
        }
    }

    fn index(&self, place: u64) -> usize {
        usize::try_from(place - self.released).expect("held text fits memory")
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::super::table::{MARGIN, Needle};
    use super::*;

    pub(crate) const TOKEN: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";
    const OTHER: &str = "k7x!\"<&\\k7x!k7x!/k7x!";

    fn reflections(values: &[&str], have_placeholders: bool) -> Reflections {
        let replacement =
            |number| if have_placeholders { format!("um_sealed_{number:032x}") } else { "***".to_owned() };
        let values = values.iter().enumerate();
        Reflections::new(values.map(|(number, value)| Reflection { value, replacement: replacement(number) }))
    }

    fn filtered(reflections: &Reflections, text: &[u8], cut: usize) -> Vec<u8> {
        let mut matcher = reflections.matcher();
        let mut out = Vec::new();
        text.chunks(cut.max(1)).for_each(|piece| matcher.write(piece, &mut out));
        matcher.finish(&mut out);
        out
    }

    #[test]
    fn every_form_of_a_value_becomes_its_placeholder() {
        let reflections = reflections(&[TOKEN, OTHER], true);
        for needle in &reflections.0.all.needles {
            let text = [b"<< ", &needle.bytes[..], b" >>"].concat();
            let due = format!("<< {} >>", reflections.0.replacements[needle.owner]);
            let out = filtered(&reflections, &text, 5);
            assert_eq!(String::from_utf8_lossy(&out), due, "{}", text.escape_ascii());
        }
        assert!(reflections.0.all.needles.len() > 100);
    }

    #[test]
    fn a_value_that_the_run_has_no_placeholder_for_is_masked() {
        let reflections = reflections(&[TOKEN], false);
        assert_eq!(filtered(&reflections, format!("a {TOKEN}{TOKEN} b").as_bytes(), 3), b"a ****** b");
    }

    #[test]
    fn base64_around_a_value_keeps_no_bit_of_it() {
        let reflections = reflections(&[TOKEN], false);
        for around in ["", "a", "ab", "abc", "user:", "user=x:"] {
            let text = STANDARD.encode(format!("{around}{TOKEN}{around}{around}"));
            let other = STANDARD.encode(format!("{around}{}{around}{around}", "\u{7f}".repeat(TOKEN.len())));
            let left = |text: &str| String::from_utf8(filtered(&reflections, text.as_bytes(), 7)).unwrap();
            let (before, after) = left(&text).split_once("***").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            assert!(other.starts_with(&before) && other.ends_with(&after), "{before} *** {after} in {text}");
        }
    }

    #[test]
    fn base64_in_lines_is_found_also_inside_json() {
        let reflections = reflections(&[TOKEN], false);
        let encoded = STANDARD.encode(format!("user:{TOKEN}{TOKEN}"));
        for line_break in ["\n", "\r\n", "\n    ", "\\n", "\\r\\n"] {
            let wrapped: Vec<String> =
                encoded.as_bytes().chunks(16).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
            let out = filtered(&reflections, wrapped.join(line_break).as_bytes(), 11);
            assert!(out.len() < 20, "{line_break:?}: {}", out.escape_ascii());
        }
    }

    #[test]
    fn texts_that_are_looked_through_together_do_not_touch() {
        let reflections = reflections(&[TOKEN, OTHER], true);
        for needle in &reflections.0.all.needles {
            assert!(!needle.bytes.windows(BORDER.len()).any(|window| window == BORDER));
            let (first, last) = needle.bytes.split_at(needle.bytes.len() / 2);
            assert!(reflections.stand_in([b"a".as_slice(), &needle.bytes, b"b"]));
            assert!(!reflections.stand_in([first, last]) || reflections.replace(first).is_some());
        }
        assert!(!reflections.stand_in([]));
    }

    #[test]
    fn a_part_of_a_value_passes_for_it_would_tell_of_guesses() {
        let url = "postgres://reader:an-old-password@db.example.com/sales";
        let reflections = reflections(&[url, TOKEN], true);
        for part in ["an-old-password", "reader:an-old-password", &url[1..], &TOKEN[..40], &TOKEN[1..]] {
            assert_eq!(filtered(&reflections, part.as_bytes(), 4), part.as_bytes());
        }
    }

    #[test]
    fn what_is_held_back_has_one_length_whatever_it_is() {
        let reflections = reflections(&[TOKEN, OTHER], true);
        let near = TOKEN[..TOKEN.len() - 1].repeat(50);
        let nothing = "~".repeat(near.len());
        for text in [&near, &nothing] {
            let mut matcher = reflections.matcher();
            let mut out = Vec::new();
            for (count, byte) in text.bytes().enumerate() {
                matcher.write(&[byte], &mut out);
                assert_eq!(out.len(), (count + 1).saturating_sub(reflections.lag()), "after {count} bytes");
            }
        }
        assert_eq!(reflections.lag(), 512 + 27);
    }

    #[test]
    fn what_is_held_back_says_little_of_how_long_a_value_is() {
        let lag = |length: usize| reflections(&[&"k7x!".repeat(length / 4)], true).lag();
        let lags: Vec<usize> = (16..=256).step_by(4).map(lag).collect();
        assert!(lags.is_sorted() && lags.iter().collect::<std::collections::BTreeSet<_>>().len() <= 6, "{lags:?}");
        // The longest form has some 8 bytes for each of the value's, and what is held back less than twice as many.
        assert!(lags.iter().zip((16..).step_by(4)).all(|(lag, length)| *lag < 2 * 9 * length + 28), "{lags:?}");
    }

    #[test]
    fn overlapping_matches_are_replaced_as_one() {
        let reflections = reflections(&["aaaaaaaaaaaaaaaa"], false);
        assert_eq!(filtered(&reflections, format!("x{}y", "a".repeat(40)).as_bytes(), 3), b"x***y");
    }

    /// Where the bytes of a text stand that are left without line breaks, as `lane` reads them.
    fn without_breaks(text: &[u8]) -> Vec<usize> {
        let (mut left, mut run, mut at) = (Vec::new(), 0, 0);
        while at < text.len() {
            let rest = &text[at..];
            if rest.starts_with(b"\\n") || rest.starts_with(b"\\r") {
                (run, at) = (run + 2, at + 2);
                continue;
            }
            let skipped = b"\r\n".contains(&text[at]) || run > 0 && b" \t".contains(&text[at]);
            if skipped && run < 64 {
                run += 1;
            } else {
                run = 0;
                left.push(at);
            }
            at += 1;
        }
        left
    }

    fn spans(text: &[u8], places: &[usize], needles: &[Needle], all: &mut Vec<(usize, usize, usize)>) {
        let text: Vec<u8> = places.iter().map(|&place| text[place]).collect();
        let encoded = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
        for needle in needles {
            assert!(needle.margin <= MARGIN);
            for start in 0..text.len() {
                if !text[start..].starts_with(&needle.bytes) {
                    continue;
                }
                let end = start + needle.bytes.len();
                let before = text[..start].iter().rev().take(needle.margin).take_while(|byte| encoded(**byte)).count();
                let behind = text[end..].iter().take(needle.margin).take_while(|byte| encoded(**byte)).count();
                all.push((places[start - before], places[end + behind - 1] + 1, needle.owner));
            }
        }
    }

    /// What is to come out, by comparing each form at each place.
    fn naive(reflections: &Reflections, text: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        let shared = &reflections.0;
        spans(text, &(0..text.len()).collect::<Vec<_>>(), &shared.all.needles, &mut all);
        spans(text, &without_breaks(text), &shared.across.needles, &mut all);
        all.sort_by_key(|&(start, end, _)| (start, std::cmp::Reverse(end)));
        let (mut out, mut from) = (Vec::new(), 0);
        for (start, end, owner) in all {
            if start >= from {
                out.extend_from_slice(&text[from..start]);
                out.extend_from_slice(shared.replacements[owner].as_bytes());
            }
            from = from.max(end);
        }
        out.extend_from_slice(&text[from..]);
        out
    }

    /// Forms and pieces of forms, with other text and line breaks in between.
    fn text(needles: &[Needle], pieces: &[(Index, Index, Index, &str, u8)]) -> Vec<u8> {
        let mut text = Vec::new();
        for (needle, from, to, between, kind) in pieces {
            let form = &needle.get(needles).bytes;
            match kind {
                0 | 1 => text.extend_from_slice(form),
                2 => text.extend_from_slice(&form[..to.index(form.len() + 1)]),
                3 => text.extend_from_slice(&form[from.index(form.len())..]),
                _ => {
                    let (first, last) = form.split_at(to.index(form.len() + 1));
                    text.extend_from_slice(&[first, between.as_bytes(), last].concat());
                }
            }
            text.extend_from_slice(between.as_bytes());
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_comes_out_is_what_a_naive_search_lets_out_however_it_is_cut(
            pieces in prop::collection::vec(
                (any::<Index>(), any::<Index>(), any::<Index>(),
                 select(&["", "\n", "\r\n  ", "a", "\\n", "\\", " ", "x==", "\n\n\t", "\0"][..]), 0..6_u8), 0..14),
            monotonous in any::<bool>(),
            cut in 1..3000_usize,
        ) {
            let values = if monotonous { ["aaaaaaaaaaaaaaaa", "abababababababababab"] } else { [TOKEN, OTHER] };
            let reflections = reflections(&values, true);
            let text = text(&reflections.0.all.needles, &pieces);
            let due = naive(&reflections, &text);
            for cut in [cut, 1 + cut % 7] {
                let out = filtered(&reflections, &text, cut);
                prop_assert!(out == due, "{}\nout: {}\ndue: {}", text.escape_ascii(), out.escape_ascii(), due.escape_ascii());
            }
        }
    }
}
