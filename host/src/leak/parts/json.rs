//! The strings and numbers in a value that is JSON.

use serde_json::Value;
use zeroize::Zeroizing;

use super::Parts;
use super::telling::tells;
use crate::leak::Form;

pub(super) fn parse(text: &str) -> Option<Value> {
    if text.starts_with(['{', '[', '"']) { serde_json::from_str(text).ok() } else { None }
}

impl Parts {
    /// Elements of an array have its name.
    pub(super) fn add_leaves(&mut self, name: &str, value: Value, depth: usize) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.add_leaf(name, &Zeroizing::new(number.to_string())),
            Value::String(text) => {
                let text = Zeroizing::new(text);
                self.add_leaf(name, text.trim());
                self.add_inner(text.trim(), depth + 1);
            }
            Value::Array(values) => values.into_iter().for_each(|value| self.add_leaves(name, value, depth)),
            Value::Object(members) => {
                members.into_iter().for_each(|(name, value)| self.add_leaves(&name, value, depth))
            }
        }
    }

    fn add_leaf(&mut self, name: &str, text: &str) {
        if tells(name, text) {
            self.add_part(Form::Part, text);
        }
    }
}
