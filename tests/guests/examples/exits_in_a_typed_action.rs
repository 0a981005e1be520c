//! Ends the program with status 0 inside `run`, in place of returning a result.

fn run(_input: serde_json::Value) -> Result<(), String> {
    std::process::exit(0);
}

um_action::export!(run);
