//! Puts a secret where a host belongs, as a wrong template does, and prints what came of it.

fn main() {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    match um_action::http::get(&format!("https://{value}/v1")).send() {
        Ok(response) => println!("status {}", response.status()),
        Err(error) => println!("error {error}"),
    }
}
