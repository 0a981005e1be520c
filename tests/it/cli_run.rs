//! `run`, word for word: streams, results, what is said about masked values, and what ends with which status.

mod bound;
mod ends;
mod given;
mod given_unread;
mod network;
mod options;
mod pipes;
mod policy;
mod refusals;
mod secrets;
mod shortage;
mod storeless;
mod streams;

use std::fs;

use serde_json::Value;

use crate::support::command::{Answer, Home, Transcript};
use crate::support::guests::guest;

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

/// A home with a store and one secret.
fn home() -> Home {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", VALUE);
    home
}

fn run<'a>(home: &'a Home, action: &str) -> Transcript<'a> {
    home.um_host(["run"]).arg(guest(action))
}

/// The lines of a stream that two others were written to at once.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// The object of `--json` without what differs from run to run.
fn steady(answer: &Answer) -> Value {
    let mut object = answer.json();
    let fields = object.as_object_mut().unwrap();
    assert_eq!(fields["run"].as_str().unwrap().len(), 32);
    let usage = fields["usage"].as_object().unwrap();
    assert_eq!(usage.keys().collect::<Vec<_>>(), ["wall_ms", "cpu_ms", "memory_bytes", "host_memory_bytes", "http"]);
    assert!(usage["memory_bytes"].as_u64().unwrap() > 0);
    let actor = fields["actor"].as_object().unwrap();
    assert!(actor["id"].as_str().unwrap().starts_with("uid:") && actor["door"] == "cli", "{actor:?}");
    assert_eq!(fields["digest"].as_str().unwrap().len(), 64);
    assert!(fields["started"].as_str().unwrap().ends_with('Z'));
    assert_eq!(fields["limits"].as_object().unwrap().len(), um_runtime::Limit::ALL.len());
    for field in ["run", "usage", "actor", "digest", "started", "limits"] {
        fields.shift_remove(field);
    }
    object
}

/// What is in the home, ordered by name.
fn entries(home: &Home) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
