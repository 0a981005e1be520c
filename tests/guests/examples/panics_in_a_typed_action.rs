//! Panics with a message that holds a secret, inside `run`.

fn run(_input: serde_json::Value) -> Result<(), String> {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    panic!("the service did not take {value}");
}

um_action::export!(run);
