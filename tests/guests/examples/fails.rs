//! Returns the text of its input as an error.

fn run(message: String) -> Result<(), String> {
    Err(message)
}

um_action::export!(run);
