//! Why a text is not the JSON that was expected, without repeating what stands in it.

/// What serde says of a text, reduced to what the type expected: its own words quote the text, which may hold a secret.
pub(crate) fn explain(error: &serde_json::Error) -> String {
    let position = format!("at line {} column {}", error.line(), error.column());
    let words = error.to_string();
    if !error.is_data() {
        // The words of syntax errors are fixed ones.
        return words;
    }
    // `expected` comes last, behind whatever the text held.
    let words = words.strip_suffix(&position).unwrap_or(&words).trim_end();
    match words.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected} {position}"),
        None if words.starts_with("missing field `") => format!("{words} {position}"),
        None => format!("a value does not fit {position}"),
    }
}
