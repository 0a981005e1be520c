//! Properties of random texts made of pieces of forms, against a search that anybody can check.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use um_leak::{End, Stream};

use super::naive::Naive;
use super::{AtOnce, KEY, Shape, VALUES, guarding, redact, shapes};

struct Case {
    values: Vec<&'static str>,
    shapes: Vec<Shape>,
    text: Vec<u8>,
    cuts: Vec<usize>,
}

impl Case {
    fn naive(&self) -> Naive {
        naive_of(&self.shapes)
    }
}

fn naive_of(shapes: &[Shape]) -> Naive {
    let mut naive = Naive::default();
    naive.add(shapes.iter().map(|shape| (shape.bytes.clone(), shape.across_lines)));
    naive
}

impl Naive {
    /// What comes out for a whole text.
    fn redacted(&mut self, text: &[u8]) -> Vec<u8> {
        (self.text, self.masked, self.settled) = (Vec::new(), Vec::new(), 0);
        self.write(text);
        self.finish(false);
        self.out()
    }
}

/// Without the forms, of which there are thousands.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "values {:?}, text \"{}\", cuts {:?}", self.values, self.text.escape_ascii(), self.cuts)
    }
}

/// A few values, and a text of pieces of their forms and of other bytes, cut anywhere.
fn cases() -> impl Strategy<Value = Case> {
    let piece = (any::<Index>(), any::<Index>(), any::<Index>(), 0..7_u8, prop::collection::vec(any::<u8>(), 0..6));
    let pieces = prop::collection::vec(piece, 0..24);
    let values = prop::collection::vec(select(&VALUES), 1..5);
    (values, pieces, prop::collection::vec(any::<Index>(), 0..12)).prop_map(|(values, pieces, cuts)| {
        let shapes: Vec<Shape> = values.iter().flat_map(|value| shapes(value).to_vec()).collect();
        let mut text = Vec::new();
        for (form, from, to, kind, noise) in pieces.iter().filter(|_| !shapes.is_empty()) {
            let form = &form.get(&shapes).bytes;
            let (from, to) = (from.index(form.len()), to.index(form.len()) + 1);
            if *kind == 4 && form.len() > 1 {
                // In lines, as encoders write it.
                let lines = form.chunks(1 + to % 80).collect::<Vec<_>>();
                text.extend(lines.join([&b"\n"[..], b"\r\n", b"\n    "][from % 3]));
                continue;
            }
            text.extend_from_slice(match kind {
                0 => form,
                1 => &form[..to],
                2 => &form[from..],
                5 if from % 2 == 0 => KEY.as_bytes(),
                5 => &KEY.as_bytes()[..to % KEY.len()],
                _ => noise,
            });
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.sort_unstable();
        Case { values, shapes, text, cuts }
    })
}

/// So many cases, or more if the environment asks for more.
fn at_least(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: cases.max(asked.cases), failure_persistence: None, ..asked }
}

proptest! {
    #![proptest_config(at_least(300))]

    #[test]
    fn what_comes_out_is_what_a_naive_search_says_however_it_was_cut(case in cases()) {
        let expected = case.naive().redacted(&case.text);
        let filter = guarding(&case.values);
        let bytewise: Vec<usize> = (0..case.text.len()).collect();
        prop_assert_eq!(&redact(&filter, &case.text, &[], End::Chosen), &expected);
        let counted = filter.report();
        for cuts in [&case.cuts, &bytewise] {
            let filter = guarding(&case.values);
            prop_assert_eq!(&redact(&filter, &case.text, cuts, End::Chosen), &expected);
            prop_assert_eq!(&filter.report(), &counted, "the counts must not depend on the cuts either");
        }
    }

    #[test]
    fn no_form_stands_between_the_masks(case in cases()) {
        let out = redact(&guarding(&case.values), &case.text, &case.cuts, End::Chosen);
        let mut naive = case.naive();
        let mut rest = &out[..];
        while !rest.is_empty() {
            let mask = rest.windows(3).position(|window| window == b"***");
            let between = &rest[..mask.unwrap_or(rest.len())];
            prop_assert_eq!(naive.redacted(between), between);
            rest = mask.map_or(&[], |mask| &rest[mask + 3..]);
        }
    }

    #[test]
    fn after_each_write_exactly_the_longest_open_suffix_is_held(case in cases()) {
        let filter = guarding(&case.values);
        let (mut redactor, mut naive) = (filter.writer(Stream::Stdout), case.naive());
        let mut out = Vec::new();
        let mut from = 0;
        for &cut in &case.cuts {
            redactor.write(&case.text[from..cut], &mut out);
            naive.write(&case.text[from..cut]);
            from = cut;
            prop_assert_eq!(&out, &naive.out());
        }
    }

    #[test]
    fn at_an_end_that_was_not_chosen_an_open_suffix_of_four_bytes_is_masked(case in cases()) {
        let mut naive = case.naive();
        naive.write(&case.text);
        naive.finish(true);
        prop_assert_eq!(redact(&guarding(&case.values), &case.text, &case.cuts, End::Cut), naive.out());
    }
}

#[test]
fn every_form_that_outside_programs_write_is_masked_and_nothing_around_it() {
    for value in VALUES {
        let filter = guarding(&[value]);
        for Shape { bytes: form, .. } in shapes(value) {
            let text = [b"\x00<", &form[..], b">\xff"].concat();
            let shown = String::from_utf8_lossy(form);
            assert_eq!(redact(&filter, &text, &[], End::Chosen), b"\x00<***>\xff", "{shown}");
        }
    }
}

#[test]
fn a_text_that_lacks_one_byte_of_each_form_passes_unchanged() {
    for value in VALUES {
        let filter = guarding(&[value]);
        let mut naive = naive_of(shapes(value));
        for Shape { bytes: form, .. } in shapes(value) {
            for text in [&form[1..], &form[..form.len() - 1]] {
                assert_eq!(redact(&filter, text, &[], End::Chosen), naive.redacted(text), "{}", text.escape_ascii());
            }
        }
    }
}
