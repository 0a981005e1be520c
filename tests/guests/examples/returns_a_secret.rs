//! Returns a secret as a value, as a key, inside a text, encoded, and cut into an array of one.

use serde_json::{Value, json};

fn run(_input: Value) -> Result<Value, um_action::secrets::Error> {
    let value = um_action::secrets::get("HUBSPOT_API_KEY")?;
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({
        "value": value,
        "text": format!("begin {value} end"),
        "nested": [{ "deep": [value] }],
        "hex": hex,
        "json in json": json!({ "token": value }).to_string(),
        (value.as_str()): "as a key",
    }))
}

um_action::export!(run);
