//! Calls itself without end. It keeps nothing in memory, so that it is the engine's stack that ends.

fn run(_input: serde_json::Value) -> Result<u64, String> {
    Ok(deeper(1))
}

/// What it does after the call keeps the compiler from making a loop of it.
#[inline(never)]
fn deeper(depth: u64) -> u64 {
    match depth {
        0 => 0,
        _ => deeper(depth + 1).wrapping_mul(3) ^ depth,
    }
}

um_action::export!(run);
