//! Returns a text that is not JSON, which the SDK would not let through.

struct Typed;

impl um_action::bindings::Guest for Typed {
    fn run(_input: String) -> Result<String, String> {
        Ok("{\"unfinished\": ".to_owned())
    }
}

um_action::bindings::export_run!(Typed with_types_in um_action::bindings);
