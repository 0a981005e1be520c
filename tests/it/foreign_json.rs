//! JSON that an action returns or is given: whatever stands in it, the host reads it on a bounded stack and takes no
//! key for more than a key.

use um_runtime::{Blame, End, RunError};

use crate::runs::{host, load};
use crate::support::command::{Home, display};
use crate::support::guests::guest;
use crate::support::run::{Outcome, run_of};

/// As `Value` of serde_json reads it, which obeys these keys in foreign text.
const RAW_VALUE: &str = "$serde_json::private::RawValue";
const NUMBER: &str = "$serde_json::private::Number";

/// What comes of a result with this text.
async fn returned(text: &str) -> Outcome {
    let host = host();
    let action = load(&host, "returns_any_text").await;
    run_of(&host, &action).input(serde_json::to_string(text).unwrap()).start().await.unwrap()
}

/// Lists and objects in each other, as many of these as `levels` says.
fn nested(levels: usize) -> String {
    let (lists, objects) = (levels.div_ceil(2), levels / 2);
    format!("{}{}1{}{}", "[".repeat(lists), r#"{"k":"#.repeat(objects), "}".repeat(objects), "]".repeat(lists))
}

/// A list of a million tokens, and `more`.
fn tokens(more: usize) -> String {
    format!("[{}0]", "0,".repeat(1_000_000 - 3 + more))
}

/// Written was a text of 135 KB in which each layer is the text of a value that a key of serde_json stands for. Each
/// was parsed with a fresh limit of recursion, the stack overflowed, and the host died with all its runs.
#[tokio::test]
async fn a_result_whose_keys_mean_something_to_a_parser_is_a_result_like_any_other() {
    let mut text = "1".to_owned();
    for _ in 0..15 {
        let lists = 120;
        let inner = serde_json::to_string(&text).unwrap();
        text = format!("{}{{\"{RAW_VALUE}\":{inner}}}{}", "[".repeat(lists), "]".repeat(lists));
    }
    assert!((100_000..200_000).contains(&text.len()), "{}", text.len());
    let outcome = returned(&text).await;
    assert_eq!((&outcome.end, outcome.result.as_ref().map(ToString::to_string)), (&End::Completed, Some(text)));
}

#[tokio::test]
async fn an_object_that_looks_like_a_number_to_a_parser_stays_an_object() {
    for text in [
        format!(r#"{{"{NUMBER}":"12"}}"#),
        format!(r#"[{{"{NUMBER}":"no number"}},{{"{NUMBER}":12,"b":1}}]"#),
        format!(r#"{{"{RAW_VALUE}":"[1","{NUMBER}":null}}"#),
    ] {
        let outcome = returned(&text).await;
        assert_eq!((&outcome.end, outcome.result.as_ref().map(ToString::to_string)), (&End::Completed, Some(text)));
    }
}

#[tokio::test]
async fn a_result_of_five_hundred_levels_is_one_and_a_deeper_one_is_the_guests_failure() {
    let outcome = returned(&nested(500)).await;
    assert_eq!((&outcome.end, outcome.result.as_ref().map(ToString::to_string)), (&End::Completed, Some(nested(500))));
    let outcome = returned(&nested(501)).await;
    let message = "the action's result is nested too deeply (line 1, column 1497); it may have 500 levels of lists and \
                   objects";
    assert_eq!(outcome.end, End::Failed { message: message.to_owned() });
    assert_eq!((outcome.blame, outcome.status(), &outcome.result), (Some(Blame::Guest), 1, &None));
}

#[tokio::test]
async fn a_result_of_a_million_tokens_is_one_and_a_longer_one_is_the_guests_failure() {
    let outcome = returned(&tokens(0)).await;
    assert_eq!((&outcome.end, outcome.result.as_ref().map(ToString::to_string)), (&End::Completed, Some(tokens(0))));
    let outcome = returned(&tokens(1)).await;
    let message = "the action's result has too many parts (line 1, column 1999999); it may have 1000000 keys, values and \
                   brackets";
    assert_eq!(outcome.end, End::Failed { message: message.to_owned() });
    assert_eq!((outcome.blame, &outcome.result), (Some(Blame::Guest), &None));
}

#[tokio::test]
async fn a_result_that_is_not_json_is_told_by_its_place_alone() {
    let outcome = returned("{\"a\":\n  [hunter22]}").await;
    let message = "the action's result is not JSON (line 2, column 4)".to_owned();
    assert_eq!(outcome.end, End::Failed { message });
}

#[tokio::test]
async fn input_has_the_limits_of_a_result() {
    let host = host();
    let action = load(&host, "returns_any_text").await;
    let refusal = async |input: String| run_of(&host, &action).input(input).start().await.err();
    // It wants a text, and says so: it has been started.
    for input in [nested(500), tokens(0)] {
        assert!(refusal(input).await.is_none());
    }
    assert!(matches!(refusal(nested(501)).await, Some(RunError::InputDepth)));
    assert!(matches!(refusal(tokens(1)).await, Some(RunError::InputTokens)));
    assert!(matches!(refusal("\n [1,]".to_owned()).await, Some(RunError::Input { line: 2, column: 5 })));
}

/// The whole of it goes through the program too, which writes it for programs as it is.
#[test]
fn the_program_says_what_is_wrong_with_an_input_and_writes_a_deep_result_as_it_is() {
    let home = Home::with_store();
    let action = display(&guest("returns_any_text"));
    let run = |input: &str| {
        let input = format!("@{}", display(&home.write("input.json", input)));
        home.um_host(["run", &action, "--json", "--input", &input]).answer()
    };
    let text = nested(500);
    let answer = run(&serde_json::to_string(&text).unwrap());
    assert!(answer.status == 0 && answer.stdout.contains(&format!("\"result\":{text},")), "{answer:?}");
    for (input, told) in [
        (nested(501), "is nested too deeply; an input may have 500 levels of lists and objects"),
        (tokens(1), "has too many parts; an input may have 1000000 keys, values and brackets"),
        ("[1,".to_owned(), "is not JSON: it ends too early"),
    ] {
        let answer = run(&input);
        assert!(answer.status == 2 && answer.stdout.contains(told), "{answer:?}");
    }
}
