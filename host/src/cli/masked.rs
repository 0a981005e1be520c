//! What is said about what was masked, and what was not.

use um_leak::Leak;

use crate::cli::show;

/// One line per secret and stream: `masked HUBSPOT_API_KEY 3 times in stdout (raw, base64)`.
pub fn lines(leaks: &[Leak]) -> Vec<String> {
    let same = |one: &Leak, other: &Leak| one.secret == other.secret && one.stream == other.stream;
    let line = |leaks: &[Leak]| {
        let forms: Vec<String> = leaks.iter().map(|leak| leak.form.to_string()).collect();
        let times = show::counted(leaks.iter().map(|leak| leak.count).sum(), "time");
        format!("masked {} {times} in {} ({})", leaks[0].secret, leaks[0].stream, forms.join(", "))
    };
    // They come ordered by secret, then stream.
    leaks.chunk_by(same).map(line).collect()
}

#[cfg(test)]
mod tests {
    use um_leak::{Form, Stream};

    use super::*;

    #[test]
    fn leaks_are_told_by_secret_and_stream() {
        let leak = |secret: &str, stream, form, count| Leak { secret: secret.to_owned(), stream, form, count };
        let leaks = [
            leak("A", Stream::Stdout, Form::Raw, 2),
            leak("A", Stream::Stdout, Form::Base64, 1),
            leak("A", Stream::Stderr, Form::Raw, 1),
            leak("B", Stream::Stderr, Form::Hex, 1),
        ];
        assert_eq!(
            lines(&leaks),
            [
                "masked A 3 times in stdout (raw, base64)",
                "masked A 1 time in stderr (raw)",
                "masked B 1 time in stderr (hex)"
            ]
        );
    }
}
