//! Traps while a register of the processor holds the first bytes of a secret.

use std::hint::black_box;

fn main() {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    let piece = f64::from_le_bytes(value.as_bytes()[..8].try_into().unwrap());
    println!("{}", trap(piece, black_box(true)));
}

/// Arguments of this type are passed in registers.
#[inline(never)]
fn trap(piece: f64, really: bool) -> f64 {
    #[cfg(target_arch = "wasm32")]
    if really {
        core::arch::wasm32::unreachable();
    }
    piece
}
