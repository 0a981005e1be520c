//! Calls the URL of its argument with a secret as bearer token, in the query and in the body, and prints what came back.

use um_action::{http, secrets};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).expect("a URL");
    let token = secrets::get("HUBSPOT_API_KEY")?;
    let request = http::post(&url).bearer(&token).query("key", &token).json(&serde_json::json!({ "token": token }));
    let response = request.send()?;
    println!("status {}", response.status());
    println!("body {}", response.text()?);
    Ok(())
}
