//! Python actions: what a script is given, what it is told apart by, what it sees, and how it ends.

mod ends;
mod entry;
mod folder;
mod kinds;
mod library;
mod own_files;
mod secrets;
mod withheld;

use crate::support::command::{Home, Transcript};
use crate::support::python;

/// `um-host run NAME` of a script that is written into a folder of its own.
fn run<'a>(home: &'a Home, name: &str, source: &str) -> Transcript<'a> {
    std::fs::create_dir_all(home.path("actions")).unwrap();
    let path = home.write(&format!("actions/{name}"), source);
    python::run(home, &path)
}
