//! Ten scripts as authors write them, run by the real program against a service that checks what it is sent.

mod calls;
mod clients;
mod compiled;
mod documents;
pub mod examples;
mod habits;
mod logic;
mod niquests;
mod sealed;
pub mod server;
mod threads;
mod tokens;

use std::fs;
use std::path::PathBuf;

use crate::support::command::{Answer, Home, Transcript};
use crate::support::python;

use server::Server;

/// `um-host run tests/scripts/NAME`, which may call the server.
fn run<'a>(home: &'a Home, name: &str, server: &Server) -> Transcript<'a> {
    barred(home, name).args(["--allow-host", &server.url, "--allow-private", "127.0.0.1"])
}

/// The same with no network at all.
fn barred<'a>(home: &'a Home, name: &str) -> Transcript<'a> {
    python::run(home, &scripts().join(name))
}

pub fn scripts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/scripts")
}

/// A home with a store and one secret.
fn home(secret: &str, value: &str) -> Home {
    let home = Home::with_store();
    home.set(secret, value);
    home
}

/// A document that was published into `out`.
fn document(home: &Home, name: &str) -> String {
    let path = home.path("out").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails unless the answer has this status and its stderr holds each of the texts.
#[track_caller]
fn assert_says(answer: &Answer, status: i32, texts: &[&str]) {
    assert_eq!(answer.status, status, "{answer:?}");
    for text in texts {
        assert!(answer.stderr.contains(text), "no `{text}` in:\n{}", answer.stderr);
    }
}
