//! Writes a secret but for its last byte, then computes without end.

use std::io::Write;

fn main() {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    let mut out = std::io::stdout();
    out.write_all(format!("begin {}", &value[..value.len() - 1]).as_bytes()).unwrap();
    out.flush().unwrap();
    loop {
        std::hint::black_box(());
    }
}
