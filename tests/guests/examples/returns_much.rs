//! Returns a text of as many bytes as its input says.

fn run(bytes: usize) -> Result<String, String> {
    Ok("x".repeat(bytes))
}

um_action::export!(run);
