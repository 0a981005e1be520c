//! Says that it has started, waits for its input to end, then reads and measures a secret: what changed in between?

use std::io::Read;

fn main() {
    println!("started");
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).unwrap();
    match um_action::secrets::get("HUBSPOT_API_KEY") {
        Ok(value) => println!("{} bytes", value.len()),
        Err(error) => println!("{error}"),
    }
}
