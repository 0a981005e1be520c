//! Returns the text that its input says, which the SDK would not let through unless it were JSON.

struct Typed;

impl um_action::bindings::Guest for Typed {
    fn run(input: String) -> Result<String, String> {
        serde_json::from_str(&input).map_err(|_| "the input is a text".to_owned())
    }
}

um_action::bindings::export_run!(Typed with_types_in um_action::bindings);
