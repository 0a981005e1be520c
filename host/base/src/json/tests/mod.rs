//! The reader against a table of facts, and against two parsers that share no code with it.

mod cases;

use std::fmt::Write;

use json_event_parser::{JsonEvent, SliceJsonParser};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::*;
use crate::work::Work;

fn read(text: &str) -> Result<Vec<Token>, JsonError> {
    tokens(text, &Work::unlimited()).collect()
}

fn kinds(text: &str) -> Vec<Kind> {
    read(text).unwrap().into_iter().map(|token| token.kind).collect()
}

fn position(line: usize, column: usize) -> Position {
    Position { line, column }
}

#[test]
fn a_token_has_its_kind_its_place_and_its_depth() {
    let text = "{\"a\\\"b\": [ -1.5e3 , \"é\" ],\n\"c\":{}}";
    let found: Vec<_> = read(text).unwrap().into_iter().map(|one| (one.kind, &text[one.span], one.depth)).collect();
    assert_eq!(
        found,
        [
            (Kind::Object, "{", 0),
            (Kind::Key, r#""a\"b""#, 1),
            (Kind::List, "[", 1),
            (Kind::Number, "-1.5e3", 2),
            (Kind::Text, "\"é\"", 2),
            (Kind::ListEnd, "]", 1),
            (Kind::Key, "\"c\"", 1),
            (Kind::Object, "{", 1),
            (Kind::ObjectEnd, "}", 1),
            (Kind::ObjectEnd, "}", 0),
        ]
    );
    assert_eq!(kinds(" true"), [Kind::True]);
    assert_eq!(kinds("[false,null]"), [Kind::List, Kind::False, Kind::Null, Kind::ListEnd]);
}

#[test]
fn what_is_longer_than_a_block_is_one_token() {
    let (blanks, long) = (" ".repeat(70_000), format!("\"{}\"", "x".repeat(140_000)));
    let text = format!("[{blanks}{long}, 1]");
    let found: Vec<_> = read(&text).unwrap().into_iter().map(|one| (one.kind, &text[one.span])).collect();
    assert_eq!(found, [(Kind::List, "["), (Kind::Text, &*long), (Kind::Number, "1"), (Kind::ListEnd, "]")]);
}

#[test]
fn a_fault_has_its_place_and_nothing_comes_after_it() {
    for (text, fault) in [
        ("", JsonError::Unfinished(position(1, 1))),
        ("[1,\n  2,\n  é", JsonError::Unexpected(position(3, 3))),
        ("{\"é\": tru", JsonError::Unfinished(position(1, 10))),
        ("{\"é\": trux}", JsonError::Unexpected(position(1, 10))),
        ("[1] 2", JsonError::Unexpected(position(1, 5))),
        ("\"a\nb\"", JsonError::Unexpected(position(1, 3))),
        ("\"\\ud800x\"", JsonError::Unexpected(position(1, 8))),
        ("\"\\ud800\\u0041\"", JsonError::Unexpected(position(1, 9))),
        ("\"\\udc00\"", JsonError::Unexpected(position(1, 3))),
    ] {
        let work = Work::unlimited();
        let mut tokens = tokens(text, &work);
        assert_eq!(tokens.find_map(Result::err), Some(fault), "{text}");
        assert_eq!(tokens.next(), None, "{text}");
    }
    let told = read("[\"hunter22\", hunter22]").unwrap_err().to_string();
    assert_eq!(told, "unexpected text at line 1, column 14");
}

#[test]
fn five_hundred_levels_are_read_and_not_one_more() {
    let nested = |levels: usize| {
        let (open, close) = ("[{\"k\":".repeat(levels / 2), "}]".repeat(levels / 2));
        if levels.is_multiple_of(2) { format!("{open}1{close}") } else { format!("{open}[]{close}") }
    };
    assert_eq!(read(&nested(MAX_DEPTH)).unwrap().iter().map(|token| token.depth).max(), Some(MAX_DEPTH));
    assert_eq!(read(&nested(MAX_DEPTH + 1)), Err(JsonError::Depth(position(1, 6 * MAX_DEPTH / 2 + 1))));
    let endless = "[".repeat(1_000_000);
    assert_eq!(read(&endless), Err(JsonError::Depth(position(1, MAX_DEPTH + 1))));
}

#[test]
fn a_million_tokens_are_read_and_not_one_more() {
    let list = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
    assert_eq!(read(&list(MAX_TOKENS - 2)).unwrap().len(), MAX_TOKENS);
    let column = 2 * (MAX_TOKENS - 1) + 1;
    assert_eq!(read(&list(MAX_TOKENS - 1)), Err(JsonError::Tokens(position(1, column))));
}

#[test]
fn work_that_is_over_is_noticed_among_tokens_escapes_blanks_digits_and_letters() {
    let work = Work::unlimited();
    work.stop();
    let read = |text: &str| {
        let mut read = 0;
        let ended = tokens(text, &work).try_for_each(|token| token.map(|_| read += 1));
        (read, ended)
    };
    let stopped = Err(JsonError::Over(Over::Stopped));
    assert_eq!(read(&format!("[{}0]", "0,".repeat(10_000))), (4095, stopped));
    for text in [
        format!("\"{}\"", "\\n".repeat(5000)),
        format!("\"{}\"", "x".repeat(70_000)),
        format!("{}1", " ".repeat(70_000)),
        "1".repeat(70_000),
    ] {
        assert_eq!(read(&text), (0, stopped), "{}", &text[..4]);
    }
    assert_eq!(read("[1]"), (3, Ok(())), "so short a text is read before anybody looks");
}

#[test]
fn what_is_json_is_read_and_what_is_not_is_refused() {
    let accepted = |text: &[u8]| std::str::from_utf8(text).is_ok_and(|text| read(text).is_ok());
    for text in cases::JSON {
        assert!(accepted(text), "{}", text.escape_ascii());
    }
    for text in cases::NOT_JSON {
        assert!(!accepted(text), "{}", text.escape_ascii());
    }
    for (text, is_read) in cases::OPEN {
        assert_eq!(accepted(text), *is_read, "{}", text.escape_ascii());
    }
    assert!(cases::JSON.len() + cases::NOT_JSON.len() + cases::OPEN.len() >= 250);
}

#[test]
fn a_text_is_kept_without_white_space_and_needless_escapes_and_to_the_last_digit() {
    for (text, kept) in [
        (
            " { \"b\" : 1.50 , \"a\" : [ 1E+400 , -0.0 , true ] , \"b\" : { } }\n",
            r#"{"b":1.50,"a":[1E+400,-0.0,true],"b":{}}"#,
        ),
        (r#""\u00fc\/\ud834\udd1e\u0041\u007f""#, "\"ü/𝄞A\u{7f}\""),
        (r#""\u0000\u001F\b\f\n\r\t\"\\\u0022\u005c""#, r#""\u0000\u001f\b\f\n\r\t\"\\\"\\""#),
        ("[[],[[]],{}]", "[[],[[]],{}]"),
    ] {
        let json: Json = text.parse().unwrap();
        assert_eq!(json.as_str(), kept);
        assert_eq!(kept.parse::<Json>().unwrap(), json);
        assert_eq!(serde_json::to_string(&[&json]).unwrap(), format!("[{kept}]"));
        assert_eq!(json.as_ref(), kept);
        assert_eq!((json.to_string(), format!("{json:?}")), (kept.to_owned(), format!("Json({kept})")));
    }
    let long = format!("\"{}\"", "é\\n".repeat(10_000));
    assert_eq!(long.parse::<Json>().unwrap().into_string(), long);
}

/// Whoever unescapes what was not read before gets a text, and all of it.
#[test]
fn what_is_no_escape_stands_for_itself() {
    for (inside, said) in [
        ("\\é", "\\é"),
        ("\\", "\\"),
        ("\\u12", "\\u12"),
        ("\\u12é9", "\\u12é9"),
        ("\\ud800x", "\\ud800x"),
        ("\\udc00\\ud800", "\\udc00\\ud800"),
        ("\\x", "x"),
    ] {
        let mut out = Vec::new();
        assert_eq!(unescape(inside, usize::MAX, &mut out), "");
        assert_eq!(String::from_utf8(out).unwrap(), said, "{inside}");
    }
}

#[test]
fn a_text_is_kept_only_where_there_is_room_for_it() {
    let text = format!("\"{}\"", "x".repeat(998));
    assert!(Json::parse(&text, &Work::new(1000)).is_ok());
    assert_eq!(Json::parse(&text, &Work::new(999)), Err(JsonError::Over(Over::Memory)));
}

/// What the other reader makes of a text, in words.
fn events(text: &str) -> Option<Vec<String>> {
    let mut reader = SliceJsonParser::new(text.as_bytes());
    let mut events = Vec::new();
    loop {
        events.push(match reader.parse_next().ok()? {
            JsonEvent::Eof => return Some(events),
            JsonEvent::StartArray => "[".to_owned(),
            JsonEvent::EndArray => "]".to_owned(),
            JsonEvent::StartObject => "{".to_owned(),
            JsonEvent::EndObject => "}".to_owned(),
            JsonEvent::ObjectKey(key) => format!("key {key}"),
            JsonEvent::String(text) => format!("text {text}"),
            JsonEvent::Number(number) => number.into_owned(),
            JsonEvent::Boolean(boolean) => boolean.to_string(),
            JsonEvent::Null => "null".to_owned(),
        });
    }
}

fn words(text: &str) -> Option<Vec<String>> {
    let said = |token: &Token| {
        let mut said = Vec::new();
        assert_eq!(unescape(&text[token.inside()], usize::MAX, &mut said), "");
        String::from_utf8(said).unwrap()
    };
    let word = |token: Token| match token.kind {
        Kind::Key => format!("key {}", said(&token)),
        Kind::Text => format!("text {}", said(&token)),
        _ => text[token.span].to_owned(),
    };
    Some(read(text).ok()?.into_iter().map(word).collect())
}

/// Something like JSON: pieces of it in any order, often right and often nearly so.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "\"",
        "\\",
        "\\u",
        "00e9",
        "ud834",
        "\\ud834\\udd1e",
        "\\n",
        "\"a\"",
        "\"k\":",
        "true",
        "false",
        "null",
        "nul",
        "0",
        "1",
        "-",
        "12.5",
        "e",
        "E+2",
        ".",
        "é",
        "\u{1}",
        "\\/",
        "[1,2]",
        "{\"x\":1}",
        "\"\\\"\"",
    ]);
    prop_oneof![
        prop::collection::vec(piece.clone(), 0..12).prop_map(|pieces| pieces.concat()),
        (documents(), any::<prop::sample::Index>(), piece).prop_map(|(text, at, piece)| {
            let at = text.floor_char_boundary(at.index(text.len() + 1));
            format!("{}{piece}{}", &text[..at], &text[at..])
        }),
        documents(),
    ]
}

/// JSON.
fn documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<f64>()
            .prop_filter("JSON has no such number", |value| value.is_finite())
            .prop_map(|value| format!("{value:e}")),
        any::<i64>().prop_map(|value| value.to_string()),
        ".{0,6}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(" ,"))),
            prop::collection::vec((".{0,3}", inner), 0..5).prop_map(|members| {
                let mut text = "{".to_owned();
                for (place, (key, value)) in members.iter().enumerate() {
                    let comma = if place > 0 { "," } else { "" };
                    write!(text, "{comma}{} : {value}", serde_json::to_string(key).unwrap()).unwrap();
                }
                text + "}"
            }),
        ]
    })
}

/// So many cases, or more if the environment asks for more.
fn at_least(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: cases.max(asked.cases), failure_persistence: None, ..asked }
}

proptest! {
    #![proptest_config(at_least(3000))]

    #[test]
    fn what_serde_reads_is_read_but_for_half_a_character(text in texts()) {
        let others = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        let strict = serde_json::from_str::<Value>(&text).is_ok();
        let ours = read(&text).is_ok();
        // Both ignore what a string says, or say that a number is too large.
        prop_assert!(!strict || ours, "{text}");
        prop_assert!(!ours || others, "{text}");
        prop_assert!(ours == others || text.contains("\\ud") || text.contains("ud834"), "{text}");
    }

    #[test]
    fn every_token_says_what_another_reader_says(text in texts()) {
        prop_assert_eq!(words(&text), events(&text));
    }

    #[test]
    fn what_is_kept_is_what_serde_would_print(text in documents()) {
        let kept: Json = text.parse().unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(kept.as_str()).unwrap(), value);
        prop_assert_eq!(kept.as_str().parse::<Json>().unwrap(), kept);
    }
}
