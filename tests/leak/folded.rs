//! Values of several words and lines that programs fold: some of their line breaks become blanks, some of their blanks line
//! breaks, and long words are broken as well. And values that are broken beside marks of their own.

use um_leak::Stream;

use super::encodings::{Pair, assert_all_caught};
use super::{AtOnce, guarding};

/// Name, and what bash runs: `$S` is the secret.
const FOLDED: [(&str, &str); 41] = [
    ("fill at 20", r#"python3 -c 'import os, textwrap; print(textwrap.fill("is: " + os.environ["S"], 20))'"#),
    ("fill at 23", r#"python3 -c 'import os, textwrap; print(textwrap.fill(os.environ["S"], 23))'"#),
    ("fill at 30", r#"python3 -c 'import os, textwrap; print(textwrap.fill(os.environ["S"], 30))'"#),
    ("fill at 31", r#"python3 -c 'import os, textwrap; print(textwrap.fill("the key is " + os.environ["S"], 31))'"#),
    ("fill at 40", r#"python3 -c 'import os, textwrap; print(textwrap.fill(os.environ["S"], 40))'"#),
    ("fill at 50", r#"python3 -c 'import os, textwrap; print(textwrap.fill("got " + os.environ["S"] + " now", 50))'"#),
    ("fill at 64", r#"python3 -c 'import os, textwrap; print(textwrap.fill(os.environ["S"], 64))'"#),
    ("fill at 70", r#"python3 -c 'import os, textwrap; print(textwrap.fill(os.environ["S"]))'"#),
    ("fill at 76", r#"python3 -c 'import os, textwrap; print(textwrap.fill(os.environ["S"], 76))'"#),
    (
        "fill at any width",
        r#"python3 -c 'import os, textwrap; print("\n--\n".join(textwrap.fill(os.environ["S"], n) for n in range(20, 100)))'"#,
    ),
    (
        "fill at any width behind words",
        r#"python3 -c 'import os, textwrap; print("\n--\n".join(textwrap.fill("got " + os.environ["S"], n) for n in range(30, 100)))'"#,
    ),
    (
        "fill without long words",
        r#"python3 -c 'import os, textwrap; print(textwrap.fill(os.environ["S"], 40, break_long_words=False))'"#,
    ),
    (
        "fill with indents",
        r#"python3 -c 'import os, textwrap; print(textwrap.fill(os.environ["S"], 40, initial_indent="* ", subsequent_indent="  "))'"#,
    ),
    (
        "fill in comments",
        r##"python3 -c 'import os, textwrap; print(textwrap.indent(textwrap.fill(os.environ["S"], 40), "# "))'"##,
    ),
    ("indent", r#"python3 -c 'import os, textwrap; print(textwrap.indent(os.environ["S"], "    "))'"#),
    (
        "dedent and indent",
        r#"python3 -c 'import os, textwrap; print(textwrap.indent(textwrap.dedent(os.environ["S"]), "> "))'"#,
    ),
    ("wrap as a list", r#"python3 -c 'import os, textwrap; print(textwrap.wrap(os.environ["S"], 40))'"#),
    (
        "wrap as a list of JSON",
        r#"python3 -c 'import json, os, textwrap; print(json.dumps(textwrap.wrap(os.environ["S"], 50)))'"#,
    ),
    (
        "wrap as a list in lines",
        r#"python3 -c 'import json, os, textwrap; print(json.dumps(textwrap.wrap(os.environ["S"], 40), indent=2))'"#,
    ),
    (
        "wrap by pprint",
        r#"python3 -c 'import os, pprint, textwrap; pprint.pprint(textwrap.wrap(os.environ["S"], 60))'"#,
    ),
    ("fold", r#"printf %s "$S" | fold -w 20"#),
    ("fold at 33", r#"printf 'it is %s' "$S" | fold -w 33"#),
    ("fold at blanks", r#"printf 'it is %s' "$S" | fold -s -w 25"#),
    ("fold at blanks at 50", r#"printf %s "$S" | fold -s -w 50"#),
    ("one line, folded", r#"tr '\n' ' ' <<<"$S" | fold -w 37"#),
    ("one line, folded at blanks", r#"tr '\n' ' ' <<<"$S" | fold -s -w 30"#),
    ("words, folded", r#"echo $S | fold -w 30"#),
    ("words, folded twice", r#"echo $S | fold -w 50 | fold -s -w 30"#),
    ("fmt", r#"fmt <<<"$S""#),
    ("fmt at 30", r#"fmt -w 30 <<<"$S""#),
    ("pr", r#"pr -h page <<<"$S" | tail -n +5"#),
    ("a block of YAML", r#"echo 'key: >'; fmt -w 60 <<<"$S" | sed 's/^/  /; G'"#),
    ("in a box", r#"echo $S | fold -w 36 | sed 's/.*/│ &│/'"#),
    ("in a log", r#"echo $S | fold -s -w 44 | sed 's/^/10:00:00 INFO app: /'"#),
    (
        "fill in JSON",
        r#"python3 -c 'import json, os, textwrap; print(json.dumps([textwrap.fill(os.environ["S"], 41)]))'"#,
    ),
    ("fill in repr", r#"python3 -c 'import os, textwrap; print(repr(textwrap.fill(os.environ["S"], 35)))'"#),
    (
        "JSON, filled",
        r#"python3 -c 'import json, os, textwrap; print(textwrap.fill(json.dumps(os.environ["S"]), 40))'"#,
    ),
    ("repr, filled", r#"python3 -c 'import os, textwrap; print(textwrap.fill(repr(os.environ["S"]), 40))'"#),
    (
        "fold at any width",
        r#"for n in 20 26 31 39 45 53 60 67 71 80; do printf %s "$S" | fold -w $n; echo; echo --; done"#,
    ),
    (
        "fold at blanks at any width",
        r#"for n in 20 26 31 39 45 53 60 67 71 80; do printf %s "$S" | fold -s -w $n; echo; echo --; done"#,
    ),
    ("in HTML", r#"printf '<pre>%s</pre>' "$S""#),
];

/// As many letters, digits and the like, other ones for each number.
fn letters(count: usize, number: u64) -> String {
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = number;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(BASE64[(state >> 58) as usize])
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Its body ends with a line of 43 and a `=`.
fn pem(number: u64) -> String {
    let body: Vec<String> = (0..12).map(|line| letters(if line < 11 { 64 } else { 43 }, number * 100 + line)).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}=\n-----END PRIVATE KEY-----\n", body.join("\n"))
}

fn pair(value: impl Fn(u64) -> String) -> Pair {
    [1, 2].map(|number| {
        let value = value(number);
        (value.clone(), guarding(&[&value]))
    })
}

#[test]
fn what_is_folded_at_blanks_and_elsewhere_comes_out_the_same_for_another() {
    let words = |number| {
        let words: Vec<String> = (0..9).map(|word| letters(3 + word % 7, number * 10 + word as u64)).collect();
        words.join(" ")
    };
    let long_words =
        |number| format!("{} {} {}", letters(22, number), letters(18, number + 5), letters(40, number + 9));
    let lines = |number| format!("{}\n\n   {}\n\t{}\n", letters(30, number), words(number), letters(12, number + 7));
    let pairs = [pair(pem), pair(words), pair(long_words), pair(lines)];
    assert_all_caught(&FOLDED, &pairs);
}

/// What is printed is a part of the secret.
#[test]
fn so_does_a_key_in_json_that_is_folded_by_itself() {
    const KEY: [(&str, &str); 3] = [
        (
            "fill",
            r#"python3 -c 'import json, os, textwrap; print(textwrap.fill(json.loads(os.environ["S"])["private_key"], 50))'"#,
        ),
        ("fold", r#"jq -r .private_key <<<"$S" | tr '\n' ' ' | fold -w 32"#),
        ("all of it", r#"python3 -c 'import os, textwrap; print(textwrap.fill(os.environ["S"], 44))'"#),
    ];
    let account = |number| {
        let account = serde_json::json!({
            "type": "service_account", "project_id": "my-project-1", "private_key_id": letters(40, number), "private_key": pem(number),
        });
        account.to_string()
    };
    assert_all_caught(&KEY, &[pair(account), pair(|number| account(number).replace(',', ",\n  "))]);
}

/// Lists of pieces, in one line; each was a string of its own.
#[test]
fn so_does_a_token_in_a_list_of_strings() {
    const LISTS: [(&str, &str); 3] = [
        ("of Python", r#"python3 -c 'import os, textwrap; print(textwrap.wrap(os.environ["S"], 30))'"#),
        (
            "of bytes",
            r#"python3 -c 'import os, textwrap; print([line.encode() for line in textwrap.wrap(os.environ["S"], 30)])'"#,
        ),
        ("of JSON", r#"fold -w 25 <<<"$S" | jq -Rnc '[inputs]'"#),
    ];
    assert_all_caught(&LISTS, &[pair(|number| letters(120, number)), pair(pem)]);
}

#[test]
fn what_has_the_letters_of_a_value_in_other_places_passes() {
    let filter = guarding(&["correct horse battery staple tango"]);
    for (text, passes) in [
        ("correct horse battery\nstap le tango", false),
        ("correcthorsebatterystapletango", false),
        ("correct horse battery\nstaple tang", true),
        ("correct\nhorse batterystaple tango", true),
        ("correct horse batter, ystaple tango", true),
        ("correct horse battery\n\n+ staple tango", false),
    ] {
        let out = filter.text(Stream::Stdout, text);
        assert_eq!(out, if passes { text } else { "***" }, "{text}");
    }
}

#[test]
fn so_many_blanks_in_a_line_are_passed_over() {
    let filter = guarding(&["correct horse battery staple tango"]);
    for (blanks, passes) in [(256, false), (257, true)] {
        let text = format!("correct horse battery{}staple\ntango.", " ".repeat(blanks));
        assert_eq!(filter.text(Stream::Stdout, &text), if passes { &text } else { "***." }, "{blanks}");
    }
}

/// A mark of the value's own where it was broken was taken for one of the border.
#[test]
fn a_value_that_is_broken_beside_a_mark_of_its_own_is_masked() {
    let masked = |value: &str, text: &str| guarding(&[value]).text(Stream::Stdout, text);
    let [before, behind] = ["sk/live_4eC39HqLyjWD", "arjtT1zdp7dcXq"];
    for mark in ["=", "==", "\\", "?="] {
        let value = format!("{before}{mark}{behind}");
        assert_eq!(masked(&value, &format!("│ {before}{mark} │\n│ {behind} │")), "│ *** │", "{mark}");
        assert_eq!(masked(&value, &format!("| {before} |\n| {mark}{behind} |")), "| *** |", "{mark}");
        assert_eq!(masked(&value, &format!("|{before}{mark}|\n|{behind}|")), "|***|", "{mark}");
        assert_eq!(masked(&value, &format!("('{before}{mark}'\n '{behind}')")), "('***')", "{mark}");
    }
    for mark in [":", ";", "!", "*", "::", "'", "\""] {
        let value = format!("{before}{mark}{behind}");
        for (from, between, to) in [("│ ", " │\n│ ", " │"), ("# ", "\n# ", ""), ("> ", "\n> ", "")] {
            let text = format!("{from}{before}{between}{mark}{behind}{to}");
            assert_eq!(masked(&value, &text), format!("{from}***{to}"), "{text}");
        }
    }
    // Where a line with marks follows, what ends this one is no soft break of mail.
    for (from, between) in [("> ", "=\n> "), ("12:00 app: ", "=\n12:01 app: ")] {
        let text = format!("{from}{before}{between}{behind}");
        assert_eq!(masked(&format!("{before}={behind}"), &text), format!("{from}***"), "{text}");
    }
    let text = format!("\"{before}=\\n{behind}\"");
    assert_eq!(masked(&format!("{before}={behind}"), &text), "\"***\"");
}
