//! Returns its input, whatever JSON it is; prints to both streams on the way.

fn run(input: serde_json::Value) -> Result<serde_json::Value, String> {
    println!("on stdout");
    eprintln!("on stderr");
    Ok(input)
}

um_action::export!(run);
