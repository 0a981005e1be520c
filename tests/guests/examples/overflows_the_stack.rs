//! Calls itself without end.

fn run(_input: serde_json::Value) -> Result<u64, String> {
    Ok(deeper(0))
}

#[expect(unconditional_recursion, reason = "that is the point")]
fn deeper(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 64]);
    deeper(std::hint::black_box(depth + 1)) + frame[0]
}

um_action::export!(run);
