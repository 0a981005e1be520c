//! Says of each of its arguments what kind of thing it is, and whether it can be opened.

use std::fs::{self, File};

fn main() {
    for path in std::env::args().skip(1) {
        let kind = match fs::symlink_metadata(&path).map(|found| found.file_type()) {
            Ok(kind) if kind.is_file() => "a file",
            Ok(kind) if kind.is_dir() => "a directory",
            Ok(kind) if kind.is_symlink() => "a link",
            Ok(_) => "something else",
            Err(_) => "unknown",
        };
        match File::open(&path) {
            Ok(_) => println!("{path} is {kind}: opened"),
            Err(error) => println!("{path} is {kind}: {}", error.kind()),
        }
    }
}
