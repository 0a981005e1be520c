use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;

use super::counts::LOOKED;
use super::naive::{Tree, check, fuzz};
use super::*;
use crate::filter::Filter;
use crate::oracle::{insert, ready};
use crate::search::trie::STEPS;
use um_base::Over;
use um_base::json::{MAX_DEPTH, MAX_TOKENS};
use um_secret::Verdict;

fn guarding(values: &[&str]) -> Filter {
    let filter = Filter::new();
    values.iter().for_each(|value| filter.guard("SECRET", value));
    filter
}

fn redacted(values: &[&str], text: &str) -> String {
    let filter = guarding(values);
    let shown = ready(&filter).json(Stream::Result, text, &Work::unlimited()).unwrap().into_string();
    assert_eq!(shown != text, !filter.report().is_empty(), "what is changed is counted, and nothing else: {text}");
    assert_eq!(shown, Tree::of(text).redacted(&guarding(values)).text());
    shown
}

#[test]
fn what_holds_no_value_is_the_same_to_the_last_digit() {
    for text in [
        r#"{"b":1.50,"a":[1e+400,-0.0,31415926535897932384626],"":null}"#,
        r#"{"***":1,"***#2":2,"hunter2":true}"#,
        r#""hunter2""#,
        "1234567",
        "[[[]],{}]",
    ] {
        assert_eq!(redacted(&["hunter22", "12345678"], text), text);
    }
}

#[test]
fn a_number_in_which_a_value_stands_becomes_a_string() {
    for (number, expected) in [
        ("12345678", r#""***""#),
        ("-12345678.5", r#""***""#),
        ("9123456780", r#""***""#),
        ("0.12345678e-3", r#""***""#),
        ("1.2345678e7", r#""***""#),
        ("0.12345678E+008", r#""***""#),
        ("123456780e-1", r#""***""#),
        ("1.23456780123e12", r#""***""#),
        ("1.2345687e7", "1.2345687e7"),
        ("1234567", "1234567"),
        ("12345687", "12345687"),
    ] {
        assert_eq!(redacted(&["12345678"], number), expected);
        assert_eq!(redacted(&["12345678"], &format!("[{number}]")), format!("[{expected}]"));
    }
}

#[test]
fn keys_stay_apart_in_each_object_by_itself() {
    let text = r#"{"x":{"hunter22":1,"correct horse":2},"y":{"correct horse":3,"***":4},"z hunter22":5,"z ***":6}"#;
    let expected = r#"{"x":{"***":1,"***#2":2},"y":{"***#2":3,"***":4},"z ***#2":5,"z ***":6}"#;
    assert_eq!(redacted(&["hunter22", "correct horse"], text), expected);
    let keys: Vec<String> = (0..2000).map(|number| format!("token-{number:06}")).collect();
    let members: Vec<String> = keys.iter().enumerate().map(|(number, key)| format!("\"{key}\":{number}")).collect();
    let shown = redacted(&keys.iter().map(String::as_str).collect::<Vec<_>>(), &format!("{{{}}}", members.join(",")));
    assert!(shown.starts_with(r##"{"***":0,"***#2":1,"##) && shown.ends_with(r##","***#2000":1999}"##), "{shown}");
}

#[test]
fn keys_that_look_numbered_already_stay_apart_too() {
    for (text, expected) in [
        (
            r##"{"***#2":1,"hunter22":2,"a hunter22":3,"hunter22hunter22":4}"##,
            r##"{"***#2":1,"***":2,"a ***":3,"***#3":4}"##,
        ),
        (r##"{"hunter22":1,"hunter22hunter22":2,"hunter22#2":3}"##, r##"{"***":1,"***#2":2,"***#2#2":3}"##),
        (r##"{"hunter22#2":1,"hunter22":2,"hunter22hunter22":3}"##, r##"{"***#2":1,"***":2,"***#3":3}"##),
        (r##"{"hunter22#02":1,"hunter22":2,"hunter22hunter22":3}"##, r##"{"***#02":1,"***":2,"***#2":3}"##),
        (r##"{"***":0,"hunter22":1,"hunter22#2":2,"hunter22#1":3}"##, r##"{"***":0,"***#2":1,"***#2#2":2,"***#1":3}"##),
    ] {
        assert_eq!(redacted(&["hunter22"], text), expected);
    }
}

#[test]
fn a_key_that_stands_there_twice_stays_there_twice() {
    let text = r#"{"a":1,"b":2,"a":3}"#;
    assert_eq!(redacted(&["hunter22"], text), text);
    assert_eq!(redacted(&["hunter22"], r#"{"hunter22":1,"a":2,"hunter22":3}"#), r##"{"***":1,"a":2,"***#2":3}"##);
}

#[test]
fn a_value_across_members_masks_what_holds_them_and_no_more() {
    let secret = r#""a":1,"b":2"#;
    assert_eq!(redacted(&[secret], r#"[{"a":1,"b":2},{"a":1,"b":3}]"#), r#"["***",{"a":1,"b":3}]"#);
    assert_eq!(redacted(&[r#"1,"x"],"#], r#"{"k":[[1,"x"],2],"l":3}"#), r#"{"k":"***","l":3}"#);
}

#[test]
fn a_value_that_a_mask_completes_is_masked_in_turn() {
    // Each is there only once the one before is masked.
    let secrets = ["hunter22", r#"["***",1]"#, r#""***",12"#, r#"{"k":"***"}"#];
    assert_eq!(redacted(&secrets, r#"[{"k":[["hunter22",1],12]},3,4]"#), r#"["***",3,4]"#);
}

#[test]
fn when_masks_complete_values_without_end_all_of_it_is_masked() {
    let secrets: Vec<String> = (0..8).map(|level| format!("\"***\",1{level}{level}")).collect();
    let text = (0..8).fold("\"hunter22\"".to_owned(), |text, level| format!("[{text},1{level}{level}]"));
    let values: Vec<&str> = secrets.iter().map(String::as_str).chain(["hunter22"]).collect();
    let filter = guarding(&values);
    let shown = ready(&filter).json(Stream::Result, &format!("[1,{text}]"), &Work::unlimited()).unwrap();
    assert_eq!(shown.as_str(), "\"***\"");
}

#[test]
fn a_text_that_is_no_json_is_refused_and_nothing_of_it_is_counted() {
    let filter = guarding(&["hunter22"]);
    for text in [r#"["hunter22","#, r#"["hunter22"] x"#, ""] {
        assert!(ready(&filter).json(Stream::Result, text, &Work::unlimited()).is_err());
    }
    assert!(filter.report().is_empty());
}

#[test]
fn work_that_is_over_ends_it_and_so_does_a_lack_of_memory() {
    let text = format!("[{}\"hunter22\"]", "[1,\"abcdefgh\"],".repeat(20_000));
    let filter = guarding(&["hunter22"]);
    let stopped = Work::unlimited();
    stopped.stop();
    let json = |work: &Work| ready(&filter).json(Stream::Result, &text, work);
    assert_eq!(json(&stopped), Err(JsonError::Over(Over::Stopped)));
    let enough = Work::unlimited();
    let shown = json(&enough).unwrap();
    assert!(enough.peak() >= shown.as_str().len() as u64, "{}", enough.peak());
    assert!(enough.peak() <= 4 * text.len() as u64, "{}", enough.peak());
    assert_eq!(json(&Work::new(enough.peak())), Ok(shown));
    assert_eq!(json(&Work::new(enough.peak() - 1)), Err(JsonError::Over(Over::Memory)));
    assert_eq!(filter.report()[0].count, 2, "only what came out is counted");
}

/// Steps for each byte of the text.
fn steps(values: &[&str], text: &str) -> f64 {
    steps_of(&guarding(values), text)
}

fn steps_of(filter: &Filter, text: &str) -> f64 {
    LOOKED.set(0);
    STEPS.set(0);
    ready(filter).json(Stream::Result, text, &Work::unlimited()).unwrap();
    (LOOKED.get() + STEPS.get()) as f64 / text.len() as f64
}

#[test]
fn no_text_takes_more_than_eight_steps_for_each_of_its_bytes() {
    let deep = |inside: &str| format!("{}{inside}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    let chain: Vec<String> = (0..8).map(|level| format!("\"***\",1{level}{level}")).collect();
    let chained = (0..8).fold("\"hunter22\"".to_owned(), |text, level| format!("[{text},1{level}{level}]"));
    let members = |key: &dyn Fn(usize) -> String| {
        let members: Vec<String> = (0..100_000).map(|number| format!("\"{}\":0", key(number))).collect();
        format!("{{{}}}", members.join(","))
    };
    let brackets: Vec<String> = (4..250).map(|length| "]".repeat(length)).collect();
    let mut chain: Vec<&str> = chain.iter().map(String::as_str).collect();
    chain.push("hunter22");
    let brackets: Vec<&str> = brackets.iter().map(String::as_str).collect();
    for (what, values, text) in [
        ("a million tokens", vec!["hunter22"], format!("[{}0]", "0,".repeat(MAX_TOKENS - 3))),
        ("many that form a value", vec!["0,0,0,0,0,0,"], format!("[{}0]", "0,".repeat(100_000))),
        ("deep", vec!["hunter22"], format!("[{}1]", format!("{},", "[".repeat(499) + &"]".repeat(499)).repeat(500))),
        (
            "deep with brackets as values",
            brackets,
            format!("[{}1]", format!("{},", "[".repeat(499) + &"]".repeat(499)).repeat(500)),
        ),
        ("deep with a value", vec!["hunter22"], deep("\"hunter22\"")),
        ("keys that become the same", vec!["k7x!k7x!"], members(&|_| "k7x!k7x!".to_owned())),
        ("keys that become nearly the same", vec!["k7x!k7x!"], members(&|number| format!("k7x!k7x!#{number}"))),
        (
            "keys that were taken",
            vec!["k7x!k7x!"],
            members(&|number| if number < 50_000 { format!("***#{number}") } else { "k7x!k7x!".to_owned() }),
        ),
        ("a chain of values that masks complete", chain, format!("[{}1]", format!("{chained},").repeat(2_000))),
        ("numbers with exponents", vec!["40718253"], format!("[{}1]", "1.234e7,".repeat(100_000))),
        ("a value in every text", vec!["hunter22"], format!("[{}1]", "\"hunter22\",".repeat(50_000))),
        ("escapes alone", vec!["hunter22"], format!("\"{}\"", "\\u0068".repeat(100_000))),
        ("control characters", vec!["hunter22"], format!("\"{}\"", "\\u0001".repeat(100_000))),
    ] {
        let steps = steps(&values, &text);
        assert!(steps <= 8.0, "{what}: {steps:.2}");
    }
}

#[test]
fn nor_more_than_twelve_where_parts_are_doubtful() {
    for (what, doubtful, text) in [
        ("nothing", "my-project", format!("[{}1]", "\"hunter23\",".repeat(50_000))),
        ("a part in every text", "my-project", format!("[{}1]", "\"my-project\",".repeat(50_000))),
        ("a part and a value in every text", "my-project", format!("[{}1]", "\"hunter22-my-project\",".repeat(50_000))),
        ("a part across texts", "0,0,0,0,0,0,", format!("[{}0]", "0,".repeat(100_000))),
        ("numbers with exponents", "40718253", format!("[\"hunter22\",{}1]", "4.0718253e7,".repeat(50_000))),
        ("escapes alone", "my-project", format!("\"hunter22{}\"", "\\u0068".repeat(100_000))),
    ] {
        let filter = guarding(&["hunter22"]);
        insert(&filter, doubtful.as_bytes(), Verdict::Doubtful);
        let steps = steps_of(&filter, &text);
        assert!(steps <= 12.0, "{what}: {steps:.2}");
    }
}

#[test]
fn what_the_fuzzer_kept_comes_out_as_it_does_of_a_tree() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/corpus/json");
    let stories: Vec<_> = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!stories.is_empty());
    stories.iter().for_each(|story| fuzz(&fs::read(story).unwrap()));
}

fn doubtful(filter: &Filter) -> u64 {
    filter.doubtful().iter().map(|leak| leak.count).sum()
}

#[test]
fn doubtful_parts_pass_in_keys_and_values_and_are_counted_once_each() {
    for (text, count) in [
        (r#"{"my-project":1,"b":["my-project","in my-project!"]}"#, 3),
        (r#"{"a":"my-project my-project"}"#, 2),
        ("[4071825399,4.071825399e9]", 2),
        (r#"["1234","xyz",5]"#, 1),
        (r#"[["1234","xyz"],["1234","xyz"]]"#, 2),
        (r#"["nothing"]"#, 0),
    ] {
        let filter = Filter::new();
        for form in [&b"my-project"[..], b"4071825399", b"4.071825399e9", br#""1234","xyz""#] {
            insert(&filter, form, Verdict::Doubtful);
        }
        let shown = ready(&filter).json(Stream::Result, text, &Work::unlimited()).unwrap();
        assert_eq!((shown.as_str(), doubtful(&filter)), (text, count));
        assert!(filter.report().is_empty());
        assert!(ready(&filter).finds_in(text.as_bytes()) == (count > 0));
    }
}

#[test]
fn what_a_mask_takes_away_is_not_let_through() {
    let (filter, text) = (Filter::new(), r#"[["my-project",1,22],["my-project",1]]"#);
    insert(&filter, b"my-project", Verdict::Doubtful);
    insert(&filter, b",1,22]", Verdict::Certain);
    let shown = ready(&filter).json(Stream::Result, text, &Work::unlimited()).unwrap();
    assert_eq!((shown.as_str(), doubtful(&filter)), (r#"["***",["my-project",1]]"#, 1));
}

#[test]
fn a_doubtful_form_hides_no_certain_one() {
    for (doubtful, certain, text, expected) in [
        ("my-project-k7x!k7x!", "k7x!k7x!", r#"["my-project-k7x!k7x!"]"#, r#"["my-project-***"]"#),
        ("k7x!k7x!-project", "k7x!k7x!", r#"["k7x!k7x!-project"]"#, r#"["***-project"]"#),
        ("project-k7x!", "k7x!k7x!", r#"["my-project-k7x!k7x!"]"#, r#"["my-project-***"]"#),
        ("1,2,3,40718253", "40718253", "[1,2,3,40718253]", r#"[1,2,3,"***"]"#),
        (r#"a","b","c"#, r#"b","c","d"#, r#"["a","b","c","d"]"#, r#""***""#),
        ("my-project", "my-project", r#"["my-project"]"#, r#"["***"]"#),
    ] {
        for swapped in [false, true] {
            let (filter, forms) = (Filter::new(), [(doubtful, Verdict::Doubtful), (certain, Verdict::Certain)]);
            let order = if swapped { [1, 0] } else { [0, 1] };
            order.iter().for_each(|at| insert(&filter, forms[*at].0.as_bytes(), forms[*at].1));
            let shown = ready(&filter).json(Stream::Result, text, &Work::unlimited()).unwrap();
            assert_eq!(shown.as_str(), expected, "{doubtful}");
            assert_eq!(filter.report().len(), 1, "{doubtful}");
        }
    }
}

/// JSON with few different leaves, so that pieces of it stand in it elsewhere.
fn documents() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "1",
        "12",
        "123456",
        "1.5e3",
        "1.2345e4",
        "\"\"",
        "\"a\"",
        "\"ab\"",
        "\"abcd\"",
        "\"***\"",
        "\"\\\"\"",
        "\"1,2\"",
        "\"\\n\\u0041\"",
        "\"é\"",
        "[]",
        "{}",
    ]);
    let key = prop::sample::select(vec!["a", "ab", "abcd", "abcdabcd", "***", "***#2", "\\\"", "1", "abcd#2"]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
                format!("{{{}}}", members.join(", "))
            }),
        ]
    })
}

/// A piece of the text as it is written in the end, or of something that a mask makes of it.
fn pieces(text: &str, places: &[(Index, Index, bool)]) -> Vec<Vec<u8>> {
    let mut text = Tree::of(text).text();
    let mut pieces = Vec::new();
    for (from, length, is_masked) in places {
        let characters: Vec<char> = text.chars().collect();
        let from = from.index(characters.len());
        let to = characters.len().min(from + 4 + length.index(12));
        let piece: String = characters[from..to].iter().collect();
        if *is_masked {
            text = text.replacen(&piece, "\"***\"", 1);
        }
        pieces.push(piece.into_bytes());
    }
    pieces
}

/// So many cases, or more if the environment asks for more.
fn at_least(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: cases.max(asked.cases), failure_persistence: None, ..asked }
}

proptest! {
    #![proptest_config(at_least(3000))]

    #[test]
    fn what_comes_out_is_what_comes_of_a_tree(
        text in documents(),
        places in prop::collection::vec((any::<Index>(), any::<Index>(), any::<bool>()), 0..5),
        doubtful in any::<[bool; 5]>(),
    ) {
        let verdict = |is_doubtful| if is_doubtful { Verdict::Doubtful } else { Verdict::Certain };
        let forms: Vec<_> = pieces(&text, &places).into_iter().zip(doubtful.map(verdict)).collect();
        check(&forms, &text);
    }

    #[test]
    fn so_it_is_with_any_bytes(story in prop::collection::vec(any::<u8>(), 0..80)) {
        fuzz(&story);
    }
}
