//! Writes the first half of a value, guards the whole, then writes the rest: bytes that are still held count too.

use std::io::Write;

use um_action::secrets;

fn main() {
    // A secret that the value begins with makes the filter hold the first half back.
    let token = secrets::get("HUBSPOT_API_KEY").unwrap();
    let half = &token[..token.len() / 2];
    let value = format!("{half}-but-then-quite-another-value");
    let mut out = std::io::stdout();
    out.write_all(half.as_bytes()).unwrap();
    out.flush().unwrap();
    secrets::guard(&value).unwrap();
    out.write_all(&value.as_bytes()[half.len()..]).unwrap();
    out.write_all(b" end\n").unwrap();
}
