//! Writes a secret but for its last byte, then traps.

use std::io::Write;

fn main() {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    let mut out = std::io::stdout();
    out.write_all(format!("begin {}", &value[..value.len() - 1]).as_bytes()).unwrap();
    out.flush().unwrap();
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
}
