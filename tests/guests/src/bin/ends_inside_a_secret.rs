//! Writes the first half of a secret and ends well: that is no secret, and its reader gets it.

use std::io::Write;

fn main() {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    let mut out = std::io::stdout();
    out.write_all(&value.as_bytes()[..value.len() / 2]).unwrap();
    out.flush().unwrap();
}
