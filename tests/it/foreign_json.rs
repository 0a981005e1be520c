//! JSON that an action returns or is given: whatever stands in it, the host reads it on a bounded stack and takes no key
//! for more than a key.

use um_host::runtime::{Blame, End, Outcome, RunError};

use crate::runs::{host, load};

/// As `Value` of serde_json reads it, which obeys these keys in foreign text.
const RAW_VALUE: &str = "$serde_json::private::RawValue";
const NUMBER: &str = "$serde_json::private::Number";

/// What comes of a result with this text.
async fn returned(text: &str) -> Outcome {
    let host = host();
    let action = load(&host, "returns_any_text").await;
    host.run(&action).input(serde_json::to_string(text).unwrap()).start().await.unwrap()
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

/// Written was a text of 135 KB in which each layer is the text of a value that a key of serde_json stands for. Each was
/// parsed with a fresh limit of recursion, the stack overflowed, and the host died with all its runs.
#[tokio::test]
async fn a_result_whose_keys_mean_something_to_a_parser_is_a_result_like_any_other() {
    let mut text = "1".to_owned();
    for _ in 0..14 {
        let lists = 120;
        let inner = serde_json::to_string(&text).unwrap();
        text = format!("{}{{\"{RAW_VALUE}\":{inner}}}{}", "[".repeat(lists), "]".repeat(lists));
    }
    assert!((100_000..200_000).contains(&text.len()), "{}", text.len());
    let outcome = returned(&text).await;
    assert_eq!((&outcome.end, outcome.result.map(|result| result.to_string())), (&End::Completed, Some(text)));
}

#[tokio::test]
async fn an_object_that_looks_like_a_number_to_a_parser_stays_an_object() {
    for text in [
        format!(r#"{{"{NUMBER}":"12"}}"#),
        format!(r#"[{{"{NUMBER}":"no number"}},{{"{NUMBER}":12,"b":1}}]"#),
        format!(r#"{{"{RAW_VALUE}":"[1","{NUMBER}":null}}"#),
    ] {
        let outcome = returned(&text).await;
        assert_eq!((&outcome.end, outcome.result.map(|result| result.to_string())), (&End::Completed, Some(text)));
    }
}
