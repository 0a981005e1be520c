//! Returns an error whose message holds a secret.

fn run(_input: serde_json::Value) -> Result<(), String> {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").map_err(|error| error.to_string())?;
    Err(format!("the service did not take {value}"))
}

um_action::export!(run);
