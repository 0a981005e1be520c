//! Returns JSON of the shape and size that its input says: `{"shape": "numbers", "bytes": 1000}`.

struct Typed;

impl um_action::bindings::Guest for Typed {
    fn run(input: String) -> Result<String, String> {
        let bytes = input.rsplit(':').next().map(|last| last.trim_matches(|c: char| !c.is_ascii_digit()));
        let bytes: usize = bytes.and_then(|bytes| bytes.parse().ok()).ok_or("no number of bytes")?;
        let secret = um_action::secrets::get("HUBSPOT_API_KEY").map_err(|error| error.to_string())?;
        let list = |item: &str| format!("[{}0]", format!("{item},").repeat(bytes / (item.len() + 1)));
        let shape = input.split('"').nth(3).unwrap_or_default();
        Ok(match shape {
            "text" => format!("\"{}\"", "x".repeat(bytes)),
            "numbers" => list("1234567"),
            "keys" => {
                let members: String = (0..bytes / 14).map(|number| format!("\"k{number:07}\":1,")).collect();
                format!("{{{members}\"last\":0}}")
            }
            "lists" => list("[[[]]]"),
            "secrets" => list(&format!("\"{secret}\"")),
            "deep" => format!("{}{}", "[".repeat(bytes / 2), "]".repeat(bytes / 2)),
            "escapes" => format!("\"{}\"", "\\u0041".repeat(bytes / 6)),
            _ => return Err(format!("no shape `{shape}`")),
        })
    }
}

um_action::bindings::export_run!(Typed with_types_in um_action::bindings);
