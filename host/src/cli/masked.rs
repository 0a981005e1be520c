//! What is said about what was masked, and what was not.

use um_leak::{Form, Leak, Stream, owner};
use um_secret::{SecretName, WorkspaceName};

use crate::cli::again;
use crate::cli::show;

/// Most parts that a line names.
const MAX_NAMED: usize = 3;

/// One line per secret, part and place: `masked HUBSPOT_API_KEY 3 times in stdout (raw, base64)`. Whoever reads it looks
/// for the masks on our own streams: `left_by` names the one that a stream of the leaks left by.
pub fn lines(leaks: &[Leak], left_by: impl Fn(&Stream) -> Stream) -> Vec<String> {
    let mut placed: Vec<(Stream, &Leak)> = leaks.iter().map(|leak| (left_by(&leak.stream), leak)).collect();
    // Two streams may have left by one.
    placed.sort_by(|(place, leak), (other_place, other)| {
        (&leak.secret, &leak.path, place, leak.form).cmp(&(&other.secret, &other.path, other_place, other.form))
    });
    let same = |(place, leak): &(Stream, &Leak), (other_place, other): &(Stream, &Leak)| {
        (&leak.secret, &leak.path, place) == (&other.secret, &other.path, other_place)
    };
    let line = |placed: &[(Stream, &Leak)]| {
        let mut forms: Vec<Form> = placed.iter().map(|(_, leak)| leak.form).collect();
        forms.dedup();
        let forms: Vec<String> = forms.iter().map(Form::to_string).collect();
        let (place, leak) = &placed[0];
        let times = times(placed.iter().map(|(_, leak)| *leak));
        format!("masked {} {times} in {place} ({})", leak.owner(), forms.join(", "))
    };
    placed.chunk_by(same).map(line).collect()
}

/// One line per secret and stream about what was let through, and how its owner decides: `let through GOOGLE_JSON (project)
/// 2 times in result: doubtful; decide with: …`. Of secrets that the run was `given` itself the options of the run decide; of
/// what it guarded nobody can.
pub fn doubtful_lines(doubtful: &[Leak], workspace: &WorkspaceName, given: &[SecretName]) -> Vec<String> {
    let mut doubtful: Vec<&Leak> = doubtful.iter().collect();
    doubtful.sort_by_key(|leak| (&leak.secret, &leak.stream));
    let same = |one: &&Leak, other: &&Leak| (&one.secret, &one.stream) == (&other.secret, &other.stream);
    let line = |leaks: &[&Leak]| {
        let mut paths: Vec<&str> = leaks.iter().filter_map(|leak| leak.path.as_deref()).collect();
        paths.dedup();
        let secret = &leaks[0].secret;
        let told = owner(secret, named(&paths).as_deref());
        let line = format!("let through {told} {} in {}: doubtful", times(leaks.iter().copied()), leaks[0].stream);
        // What the run guarded is called by no name of a secret.
        let Ok(name) = SecretName::parse(secret) else { return line };
        let path = match &paths[..] {
            [] => return line,
            [path] => path,
            _ => "PATH",
        };
        match given.contains(&name) {
            true => format!("{line}; decide with --guard {}, or --leave", show::argument(&format!("{name}={path}"))),
            false => format!("{line}; decide with: {}", decision(&name, &show::argument(path), workspace)),
        }
    };
    doubtful.chunk_by(same).map(line).collect()
}

fn times<'a>(leaks: impl IntoIterator<Item = &'a Leak>) -> String {
    show::counted(leaks.into_iter().map(|leak| leak.count).sum(), "time")
}

/// The first of some paths, and how many more there are.
fn named(paths: &[&str]) -> Option<String> {
    let named = paths[..paths.len().min(MAX_NAMED)].join(", ");
    match paths.len().checked_sub(MAX_NAMED + 1) {
        _ if paths.is_empty() => None,
        Some(more) => Some(format!("{named} and {} more", more + 1)),
        None => Some(named),
    }
}

fn decision(name: &SecretName, path: &str, workspace: &WorkspaceName) -> String {
    format!("um-host secrets parts {name}{} --guard {path}", again::within(workspace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leak(secret: &str, stream: Stream, form: Form, count: u64) -> Leak {
        Leak { secret: secret.to_owned(), path: None, stream, form, count }
    }

    fn part(path: &str, leak: Leak) -> Leak {
        Leak { path: Some(path.to_owned()), ..leak }
    }

    #[test]
    fn what_was_let_through_is_told_with_how_to_decide() {
        let result = || leak("GOOGLE_JSON", Stream::Result, Form::Part, 1);
        let lines = |doubtful: &[Leak], workspace: &str| {
            doubtful_lines(doubtful, &WorkspaceName::parse(workspace).unwrap(), &[SecretName::parse("GIVEN").unwrap()])
        };
        assert_eq!(
            lines(&[part("project", result())], "default"),
            ["let through GOOGLE_JSON (project) 1 time in result: doubtful; \
              decide with: um-host secrets parts GOOGLE_JSON --guard project"]
        );
        let request = leak("GOOGLE_JSON", Stream::Request("h".to_owned()), Form::Part, 2);
        let several = [
            part("a[0]", result()),
            part("a[0]", request),
            part("b", leak("GOOGLE_JSON", Stream::Result, Form::Hex, 2)),
        ];
        assert_eq!(
            lines(&several, "mk"),
            [
                "let through GOOGLE_JSON (a[0], b) 3 times in result: doubtful; \
                 decide with: um-host secrets parts GOOGLE_JSON --workspace mk --guard PATH",
                "let through GOOGLE_JSON (a[0]) 2 times in request to h: doubtful; \
                 decide with: um-host secrets parts GOOGLE_JSON --workspace mk --guard 'a[0]'",
            ]
        );
        let guarded = part("scope", leak("guarded value", Stream::Result, Form::Part, 1));
        assert_eq!(lines(&[guarded], "default"), ["let through guarded value (scope) 1 time in result: doubtful"]);
        let given = part("region", leak("GIVEN", Stream::Result, Form::Part, 1));
        assert_eq!(
            lines(&[given], "default"),
            ["let through GIVEN (region) 1 time in result: doubtful; decide with --guard GIVEN=region, or --leave"]
        );
        let many: Vec<Leak> = ["a", "b", "c", "d", "e"].map(|path| part(path, result())).into();
        assert!(
            lines(&many, "default")[0].starts_with("let through GOOGLE_JSON (a, b, c and 2 more) 5 times in result")
        );
    }

    #[test]
    fn leaks_are_told_by_secret_part_and_stream() {
        let leaks = [
            leak("A", Stream::Stdout, Form::Raw, 2),
            leak("A", Stream::Stdout, Form::Base64, 1),
            leak("A", Stream::Stderr, Form::Raw, 1),
            part("db.password", leak("A", Stream::Stdout, Form::Part, 1)),
            leak("B", Stream::Stderr, Form::Hex, 1),
        ];
        assert_eq!(
            lines(&leaks, Stream::clone),
            [
                "masked A 3 times in stdout (raw, base64)",
                "masked A 1 time in stderr (raw)",
                "masked A (db.password) 1 time in stdout (part)",
                "masked B 1 time in stderr (hex)"
            ]
        );
        assert_eq!(
            lines(&leaks, |_| Stream::Stderr),
            [
                "masked A 4 times in stderr (raw, base64)",
                "masked A (db.password) 1 time in stderr (part)",
                "masked B 1 time in stderr (hex)"
            ]
        );
    }
}
