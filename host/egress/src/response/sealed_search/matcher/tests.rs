//! What comes out, and when.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::table::{MARGIN, Needle};
use super::*;

pub(crate) const TOKEN: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";
const OTHER: &str = "k7x!\"<&\\k7x!k7x!/k7x!";

fn reflections(values: &[&str], have_placeholders: bool) -> Reflections {
    let replacement = |number| if have_placeholders { format!("um_sealed_{number:032x}") } else { "***".to_owned() };
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
fn a_text_that_is_the_shortest_value_and_nothing_else_is_replaced() {
    let shortest = "4f1c-9Zq7_Lx2vTz";
    assert_eq!(shortest.len(), MIN_SEALED_BYTES);
    let reflections = reflections(&[shortest], false);
    assert_eq!(reflections.replace(shortest.as_bytes()), Some(b"***".to_vec()));
    assert_eq!(reflections.replace(&shortest.as_bytes()[1..]), None);
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
    let forms = reflections.0.all.needles.iter().filter(|needle| needle.owner == 0).take(8);
    // All but the last byte of a form, and the first, over and over.
    let near = forms.flat_map(|needle| {
        let (last, form) = (needle.bytes.len() - 1, &needle.bytes);
        [form[..last].repeat(9), form[1..].repeat(9), [&form[..last], b"~"].concat().repeat(9)]
    });
    for text in near.chain([b"~".repeat(2000)]) {
        let (mut matcher, mut out) = (reflections.matcher(), Vec::new());
        for (count, byte) in text.iter().enumerate() {
            matcher.write(&[*byte], &mut out);
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
