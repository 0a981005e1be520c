//! A typed action that prints a secret on both of its streams, and returns it.

fn run(_input: serde_json::Value) -> Result<String, um_action::secrets::Error> {
    let value = um_action::secrets::get("HUBSPOT_API_KEY")?;
    println!("out [{value}] end");
    eprintln!("err [{value}] end");
    Ok(value)
}

um_action::export!(run);
