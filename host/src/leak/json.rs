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
