//! Inside JSON values.

use serde_json::{Value, json};
use um_base::Work;
use um_leak::{End, Filter, Stream};

use super::{AtOnce, guarding};

fn redacted(filter: &Filter, value: &Value) -> String {
    filter.at_once().json(Stream::Result, &value.to_string(), &Work::unlimited()).unwrap().into_string()
}

#[test]
fn json_is_masked_in_keys_values_and_numbers() {
    let filter = guarding(&["hunter22", "12345678"]);
    let value = json!({
        "plain": ["hunter22", {"x": "a hunter22 b"}],
        "hunter22": 1, "a hunter22": true, "***": null,
        "numbers": [12_345_678, -12_345_678, 1.5, 912_345_678, 1_234_567],
    });
    let expected = json!({
        "plain": ["***", {"x": "a *** b"}],
        "***#2": 1, "a ***": true, "***": null,
        "numbers": ["***", "***", 1.5, "***", 1_234_567],
    });
    assert_eq!(redacted(&filter, &value), expected.to_string());
}

#[test]
fn keys_of_json_that_become_the_same_stay_apart_in_their_order() {
    let filter = guarding(&["hunter22", "correct horse"]);
    let value = json!({"hunter22": 1, "***#2": 2, "correct horse": 3, "hunter22hunter22": 4});
    assert_eq!(redacted(&filter, &value), r##"{"***":1,"***#2":2,"***#3":3,"***#4":4}"##);
}

#[test]
fn a_value_that_is_json_is_masked_when_it_comes_back_parsed() {
    let secret = r#"{"user":"svc","ids":[1,2,3,4]}"#;
    let filter = guarding(&[secret]);
    let parsed: serde_json::Value = serde_json::from_str(secret).unwrap();
    assert_eq!(redacted(&filter, &json!({"a": [parsed], "b": 1})), r#"{"a":["***"],"b":1}"#);
    assert_eq!(filter.report()[0].count, 1);
}

/// A number that was masked left a document that no program reads.
#[test]
fn a_document_that_is_json_stays_so_where_a_number_is_masked() {
    let text = r#"{"pin": 40718253, "of": [1.50, -4.0718253e7, 140718253], "note": "pin: 40718253, kept"}"#;
    let expected = r#"{"pin": "***", "of": [1.50, "***", "***"], "note": "pin: ***, kept"}"#;
    for (name, expected) in
        [("a.json", expected), ("a/B.NDJSON", expected), ("a.txt", &expected.replace("\"***\"", "***"))]
    {
        let filter = guarding(&["40718253"]);
        for piece in [1, 3, 1000] {
            let (mut writer, mut out) = (filter.writer(Stream::Document(name.to_owned())), Vec::new());
            text.as_bytes().chunks(piece).for_each(|bytes| writer.write(bytes, &mut out));
            writer.finish(End::Chosen, &mut out);
            let out = String::from_utf8(out).unwrap().replace("1***", "***").replace("-***", "***");
            assert_eq!(out, expected, "{name} by {piece}");
        }
    }
}
