//! A typed action's way from JSON text to the author's function and back.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json;

/// Runs the author's function. What does not fit its types becomes an error message, never a panic.
pub fn call<Input, Output, E>(run: impl FnOnce(Input) -> Result<Output, E>, text: &str) -> Result<String, String>
where
    Input: DeserializeOwned,
    Output: Serialize,
    E: Display,
{
    let input = parse(text)?;
    // `{:#}` shows the whole chain of an `anyhow::Error` and is plain `Display` for most others.
    let output = run(input).map_err(|error| format!("{error:#}"))?;
    serde_json::to_string(&output).map_err(|error| format!("the result cannot be written as JSON: {error}"))
}

fn parse<Input: DeserializeOwned>(text: &str) -> Result<Input, String> {
    // What a run without input is called with.
    if matches!(text.trim(), "" | "{}") {
        let absent = serde_json::from_str("{}");
        return absent.or_else(|error| serde_json::from_str("null").map_err(|_| describe(&error)));
    }
    serde_json::from_str(text).map_err(|error| describe(&error))
}

fn describe(error: &serde_json::Error) -> String {
    let words = json::explain(error);
    match error.is_data() {
        true => format!("the input does not fit this action: {words}"),
        false => format!("the input is not JSON: {words}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Page {
        limit: u32,
        #[serde(default)]
        after: Option<String>,
    }

    fn next(page: Page) -> Result<(u32, Option<String>), String> {
        match page.limit {
            0 => Err("a page has at least one row".to_owned()),
            limit => Ok((limit, page.after)),
        }
    }

    #[test]
    fn json_goes_in_and_json_comes_out() {
        assert_eq!(call(next, r#"{"limit": 3, "after": "b"}"#), Ok(r#"[3,"b"]"#.to_owned()));
    }

    #[test]
    fn the_authors_error_is_the_message() {
        assert_eq!(call(next, r#"{"limit": 0}"#), Err("a page has at least one row".to_owned()));
    }

    #[test]
    fn an_input_that_does_not_fit_says_what_is_wrong_and_not_what_it_holds() {
        let refusal = |text: &str| call(next, text).unwrap_err();
        assert_eq!(refusal("{}"), "the input does not fit this action: missing field `limit` at line 1 column 2");
        let wrong_type = refusal(r#"{"limit": "hunter22, expected"}"#);
        assert_eq!(wrong_type, "the input does not fit this action: expected u32 at line 1 column 30");
        assert!(refusal("{limit").starts_with("the input is not JSON: "), "{}", refusal("{limit"));
    }

    #[test]
    fn no_input_is_an_empty_object_or_null() {
        fn unit((): ()) -> Result<u8, String> {
            Ok(1)
        }
        #[derive(Deserialize)]
        struct Optional {
            name: Option<String>,
        }
        fn optional(input: Optional) -> Result<bool, String> {
            Ok(input.name.is_none())
        }
        for none in ["", " \n", "{}"] {
            assert_eq!(call(unit, none), Ok("1".to_owned()));
            assert_eq!(call(optional, none), Ok("true".to_owned()));
            assert_eq!(
                call(next, none),
                Err("the input does not fit this action: missing field `limit` at line 1 column 2".to_owned())
            );
        }
    }
}
