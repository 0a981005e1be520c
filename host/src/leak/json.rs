//! Redacts a JSON value before it becomes text: a mask in the text could swallow a quote or a bracket.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{Filter, Stream};
use crate::secret::MASK;

pub(super) fn redact(filter: &Filter, stream: &Stream, value: Value) -> Value {
    let masked = mask_leaves(filter, stream, value);
    mask_spans(filter, stream, masked)
}

/// Masks each key and each scalar by itself.
fn mask_leaves(filter: &Filter, stream: &Stream, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(filter.text(stream.clone(), &text)),
        Value::Array(items) => items.into_iter().map(|item| mask_leaves(filter, stream, item)).collect(),
        Value::Object(members) => Value::Object(mask_members(filter, stream, members)),
        scalar => {
            let text = scalar.to_string();
            if filter.text(stream.clone(), &text) == text { scalar } else { mask() }
        }
    }
}

/// Keys that no form stands in keep their name; the others give way to them and to each other.
fn mask_members(filter: &Filter, stream: &Stream, members: Map<String, Value>) -> Map<String, Value> {
    let members: Vec<(String, String, Value)> = members
        .into_iter()
        .map(|(key, value)| (filter.text(stream.clone(), &key), key, mask_leaves(filter, stream, value)))
        .collect();
    let kept: HashSet<String> =
        members.iter().filter(|(masked, key, _)| masked == key).map(|(_, key, _)| key.clone()).collect();
    let mut result = Map::with_capacity(members.len());
    let mut next_number = HashMap::<String, u64>::new();
    for (masked, key, value) in members {
        let is_free = |name: &str| !kept.contains(name) && !result.contains_key(name);
        let name = if masked == key || is_free(&masked) {
            masked
        } else {
            let number = next_number.entry(masked.clone()).or_insert(1);
            loop {
                *number += 1;
                let name = format!("{masked}#{number}");
                if is_free(&name) {
                    break name;
                }
            }
        };
        result.insert(name, value);
    }
    result
}

/// Masks the innermost values in whose compact text a form stands still: because it spans several members, or because
/// a value looks like a part of the JSON text of another.
fn mask_spans(filter: &Filter, stream: &Stream, value: Value) -> Value {
    if !filter.finds(&value.to_string()) {
        return value;
    }
    let value = match value {
        Value::Array(items) => items.into_iter().map(|item| mask_spans(filter, stream, item)).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, item)| (key, mask_spans(filter, stream, item))).collect())
        }
        scalar => scalar,
    };
    let text = value.to_string();
    if !filter.finds(&text) {
        return value;
    }
    // Counts it; the text is not shown.
    filter.text(stream.clone(), &text);
    mask()
}

fn mask() -> Value {
    Value::String(MASK.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, json};

    use super::*;

    fn redacted(values: &[&str], text: &str) -> String {
        let filter = Filter::new();
        values.iter().for_each(|value| filter.guard("SECRET", value));
        let shown = filter.json(Stream::Result, from_str(text).unwrap()).to_string();
        assert_eq!(shown != text, !filter.report().is_empty(), "what is changed is counted, and nothing else: {text}");
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
        let members: Map<String, Value> = (0..2000).map(|n| (format!("token-{n:06}"), json!(n))).collect();
        let values: Vec<String> = members.keys().cloned().collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let shown: Value = from_str(&redacted(&values, &Value::Object(members).to_string())).unwrap();
        let shown = shown.as_object().unwrap();
        assert_eq!((shown.len(), &shown["***"], &shown["***#2000"]), (2000, &json!(0), &json!(1999)));
    }

    #[test]
    fn a_value_across_members_masks_what_holds_them_and_no_more() {
        let secret = r#""a":1,"b":2"#;
        assert_eq!(redacted(&[secret], r#"[{"a":1,"b":2},{"a":1,"b":3}]"#), r#"["***",{"a":1,"b":3}]"#);
        assert_eq!(redacted(&[r#"1,"x"],"#], r#"{"k":[[1,"x"],2],"l":3}"#), r#"{"k":"***","l":3}"#);
    }
}
