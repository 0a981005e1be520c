//! Any text, as a rule, a host, a policy, an ask, and a path that is asked for: what parses is shown as a text that parses to the
//! same, and what is permitted under a prefix lies under it for every server that may read it.
//!
//! The first line is the prefix of a rule, the second a path; all of it is also read as each of the others.
#![no_main]

// From the sources: with their crate the engine would be built, with counters of coverage in all of it.
#[path = "../../host/runtime/src/spec/ask/mod.rs"]
mod ask;
#[path = "../../host/runtime/src/limits/mod.rs"]
mod limits;
#[path = "../../host/runtime/src/policy/mod.rs"]
mod policy;

use std::fmt::Write;

use ask::Ask;
use policy::PolicyFile;
use um_base::rule::{HostName, Origin, Rule, Scheme};
use um_secret::Binding;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    host(&text);
    rule(&text);
    policy(&text);
    ask(&text);
    let (prefix, rest) = text.split_once('\n').unwrap_or((&text, ""));
    rule(prefix);
    paths(prefix, rest);
});

fn host(text: &str) {
    if let Ok(host) = HostName::parse(text) {
        assert_eq!(HostName::parse(&host.to_string()).as_ref(), Ok(&host), "{text:?}");
    }
}

fn rule(text: &str) {
    if let Ok(rule) = Rule::parse(text) {
        let shown = rule.to_string();
        let again = Rule::parse(&shown).expect("what is shown parses");
        assert_eq!(again, rule, "{text:?}");
        assert_eq!(again.to_string(), shown, "{text:?}");
        binding(rule);
    }
}

/// What a secret is bound to comes back from the store as it was.
fn binding(rule: Rule) {
    if let Ok(binding) = Binding::new(rule, Default::default()) {
        let stored = serde_json::to_vec(&binding).expect("a binding is plain text and numbers");
        assert_eq!(serde_json::from_slice::<Binding>(&stored).expect("what is stored is read"), binding);
    }
}

/// A policy, and the same written anew from what was read.
fn policy(text: &str) {
    let Ok(policy) = PolicyFile::parse(text) else { return };
    let mut anew = format!("strict-egress = {}\n", policy.strict_egress);
    let _ = writeln!(anew, "hosts = {}", list(&policy.hosts));
    let _ = writeln!(anew, "private-hosts = {}", list(&policy.private_hosts));
    if let Some(secrets) = &policy.secrets {
        let _ = writeln!(anew, "secrets = {}", list(secrets));
    }
    let limits = serde_json::to_value(&policy.limits).expect("limits are names and texts");
    for (name, value) in limits.as_object().expect("limits are an object") {
        let _ = writeln!(anew, "limits.{name} = {value}");
    }
    let again = PolicyFile::parse(&anew).unwrap_or_else(|error| panic!("{error}: {anew}"));
    assert_eq!(again.strict_egress, policy.strict_egress);
    assert_eq!((again.hosts, again.private_hosts), (policy.hosts, policy.private_hosts));
    assert!(again.secrets == policy.secrets, "{anew}");
    assert!(again.limits == policy.limits, "{anew}");
}

/// What somebody asks for, and the same written anew from what was read.
fn ask(text: &str) {
    let Ok(ask) = Ask::from_json(text) else { return };
    let anew = serde_json::to_string(&ask).expect("an ask is data");
    // White space around an input is no part of it, and everything else comes back.
    assert!(Ask::from_json(&anew).unwrap_or_else(|error| panic!("{error}: {anew}")) == ask, "{anew}");
}

/// As TOML has it: what parsed has no control characters.
fn list(texts: &[impl ToString]) -> String {
    let quoted = |text: String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    format!("[{}]", texts.iter().map(|text| quoted(text.to_string())).collect::<Vec<_>>().join(", "))
}

/// What a rule with this prefix permits.
fn paths(prefix: &str, path: &str) {
    let Ok(rule) = Rule::parse(&format!("a.example{prefix}")) else { return };
    if !prefix.starts_with('/') || matches!(prefix, "/") {
        return;
    }
    let origin = Origin { scheme: Scheme::Https, host: HostName::parse("a.example").expect("a host"), port: 443 };
    let under = format!("{prefix}{path}");
    for asked in [path, &under] {
        if !rule.permits("GET", &origin, asked) {
            continue;
        }
        let root = segments(&decoded(prefix.as_bytes()));
        let mut read = asked.split(['?', '#']).next().unwrap_or_default().as_bytes().to_vec();
        // Written otherwise than the prefix, a path is compared once both are decoded.
        for times in 1..=3 {
            read = decoded(&read);
            assert!(segments(&read).starts_with(&root), "{asked:?} escapes {prefix:?} after {times} decodings");
        }
    }
}

/// The segments of a path as a server resolves it that takes backslashes for slashes, drops parameters and empty segments,
/// and ends a path at a question mark.
fn segments(path: &[u8]) -> Vec<Vec<u8>> {
    let path = path.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    let mut segments: Vec<Vec<u8>> = Vec::new();
    for segment in path.split(|byte| matches!(byte, b'/' | b'\\')) {
        let bare = segment.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
        match bare {
            b"" | b"." => {}
            b".." => _ = segments.pop(),
            _ => segments.push(bare.to_vec()),
        }
    }
    segments
}

/// Percent-encoding undone once, wherever there is some.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (mut decoded, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((&byte, after)) = rest.split_first() {
        let pair = match after {
            [high, low, ..] if byte == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match pair {
            Some((high, low)) => {
                decoded.push(u8::try_from(high << 4 | low).expect("two digits are a byte"));
                rest = &after[2..];
            }
            None => {
                decoded.push(byte);
                rest = after;
            }
        }
    }
    decoded
}
