//! Fields as `application/x-www-form-urlencoded` writes them, from any type that serde knows.
//!
//! The fields keep their order. They go through JSON text, which every such type can be written as and which keeps
//! numbers to the last digit.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::url::encode;

/// Nothing if the value is not a list of pairs, a map or a struct, or if one of its fields holds more than one value.
pub(super) fn form<T: Serialize + ?Sized>(fields: &T) -> Option<String> {
    let text = serde_json::to_string(fields).ok()?;
    let Fields(fields) = serde_json::from_str(&text).ok()?;
    let mut out = String::new();
    for (name, value) in fields {
        let Some(value) = value.0 else { continue };
        if !out.is_empty() {
            out.push('&');
        }
        encode(&name, "+", &mut out);
        out.push('=');
        encode(&value, "+", &mut out);
    }
    Some(out)
}

/// Names and values in their order.
struct Fields(Vec<(String, Scalar)>);

/// A text, number or boolean as text; nothing for null.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("pairs of name and value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = sequence.next_element::<(Scalar, Scalar)>()? {
                    fields.push((name.0.ok_or_else(|| A::Error::custom("a field without a name"))?, value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_any(Pairs)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        match raw.as_bytes().first() {
            Some(b'n') => Ok(Self(None)),
            Some(b'"') => serde_json::from_str(raw).map(|text| Self(Some(text))).map_err(D::Error::custom),
            Some(b'[' | b'{') => Err(D::Error::custom("more than one value in a field")),
            _ => Ok(Self(Some(raw.to_owned()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn pairs_are_written_in_their_order_with_plus_for_a_space() {
        let expected = Some("grant+type=a%2Bb&x=".to_owned());
        assert_eq!(form(&[("grant type", "a+b"), ("x", "")]), expected);
        assert_eq!(form(&vec![("grant type".to_owned(), "a+b".to_owned()), ("x".to_owned(), String::new())]), expected);
        assert_eq!(form(&BTreeMap::from([("grant type", "a+b"), ("x", "")])), expected);
        assert_eq!(form(&[("a", "1"), ("a", "2")]).as_deref(), Some("a=1&a=2"));
        assert_eq!(form(&[("quote", "\"\\\n\u{e9}")]).as_deref(), Some("quote=%22%5C%0A%C3%A9"));
        assert_eq!(form::<[(&str, &str)]>(&[]).as_deref(), Some(""));
    }

    #[test]
    fn a_struct_is_written_field_by_field_and_what_is_absent_left_out() {
        #[derive(Serialize)]
        struct Grant {
            user: &'static str,
            code: Option<u32>,
            amount: u128,
            remember: bool,
        }
        let grant = Grant { user: "ada", code: None, amount: u128::MAX, remember: true };
        assert_eq!(
            form(&grant).as_deref(),
            Some("user=ada&amount=340282366920938463463374607431768211455&remember=true")
        );
        assert_eq!(form(&[("limit", 3)]).as_deref(), Some("limit=3"));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        assert_eq!(form("text"), None);
        assert_eq!(form(&["a", "b"]), None);
        assert_eq!(form(&[("a", "b", "c")]), None);
        assert_eq!(form(&[("a", ["b", "c"])]), None);
        assert_eq!(form(&[(None, "b")] as &[(Option<&str>, &str)]), None);
    }
}
