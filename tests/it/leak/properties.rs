//! Properties of random texts made of pieces of forms, against a search that anybody can check.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use um_host::leak::{End, Stream};

use super::{Naive, Shape, VALUES, guarding, redact, shapes};

struct Case {
    values: Vec<&'static str>,
    shapes: Vec<Shape>,
    text: Vec<u8>,
    cuts: Vec<usize>,
}

/// Without the forms, of which there are thousands.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "values {:?}, text \"{}\", cuts {:?}", self.values, self.text.escape_ascii(), self.cuts)
    }
}

/// A few values, and a text of pieces of their forms and of other bytes, cut anywhere.
fn cases() -> impl Strategy<Value = Case> {
    let piece = (any::<Index>(), any::<Index>(), any::<Index>(), 0..4_u8, prop::collection::vec(any::<u8>(), 0..6));
    let pieces = prop::collection::vec(piece, 0..24);
    let values = prop::collection::vec(select(&VALUES), 1..5);
    (values, pieces, prop::collection::vec(any::<Index>(), 0..12)).prop_map(|(values, pieces, cuts)| {
        let mut shapes: Vec<Shape> = values.iter().flat_map(|value| shapes(value).to_vec()).collect();
        shapes.sort_unstable();
        let mut text = Vec::new();
        for (form, from, to, kind, noise) in pieces.iter().filter(|_| !shapes.is_empty()) {
            let form = &form.get(&shapes).bytes;
            let (from, to) = (from.index(form.len()), to.index(form.len()) + 1);
            text.extend_from_slice(match kind {
                0 => form,
                1 => &form[..to],
                2 => &form[from..],
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
        let expected = Naive::new(&case.text, &case.shapes).up_to(case.text.len());
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
        let mut rest = &out[..];
        while !rest.is_empty() {
            let mask = rest.windows(3).position(|window| window == b"***");
            let between = &rest[..mask.unwrap_or(rest.len())];
            prop_assert!(!Naive::new(between, &case.shapes).masked.contains(&true));
            rest = mask.map_or(&[], |mask| &rest[mask + 3..]);
        }
    }

    #[test]
    fn after_each_write_exactly_the_longest_open_suffix_is_held(case in cases()) {
        let filter = guarding(&case.values);
        let mut redactor = filter.stream(Stream::Stdout);
        let mut out = Vec::new();
        let mut from = 0;
        for &cut in &case.cuts {
            redactor.write(&case.text[from..cut], &mut out);
            from = cut;
            let naive = Naive::new(&case.text[..cut], &case.shapes);
            prop_assert_eq!(&out, &naive.up_to(naive.held_from()));
        }
    }

    #[test]
    fn at_an_end_that_was_not_chosen_an_open_suffix_of_four_bytes_is_masked(case in cases()) {
        let mut naive = Naive::new(&case.text, &case.shapes);
        let held = naive.held_from();
        if case.text.len() - held >= 4 {
            naive.masked[held..].fill(true);
        }
        let expected = naive.up_to(case.text.len());
        prop_assert_eq!(redact(&guarding(&case.values), &case.text, &case.cuts, End::Cut), expected);
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
        for Shape { bytes: form, .. } in shapes(value) {
            for text in [&form[1..], &form[..form.len() - 1]] {
                let holds_another = Naive::new(text, shapes(value)).masked.contains(&true);
                let out = redact(&filter, text, &[], End::Chosen);
                assert_eq!(out == text, !holds_another, "{}", String::from_utf8_lossy(text));
            }
        }
    }
}
