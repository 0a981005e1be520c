//! Lists the directory of its argument, prints every file in it, then tries to change it in each way there is.

use std::fs;
use std::path::Path;

fn main() {
    let directory = std::env::args().nth(1).expect("a directory");
    let directory = Path::new(&directory);
    let mut names: Vec<_> = match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect(),
        Err(error) => return println!("cannot list: {error}"),
    };
    names.sort();
    for name in &names {
        match fs::read_to_string(directory.join(name)) {
            Ok(text) => println!("{name}: {}", text.trim_end()),
            Err(error) => println!("{name}: cannot read: {error}"),
        }
    }
    let old = directory.join(names.first().map_or("none", String::as_str));
    let new = directory.join("new");
    say("write", fs::write(&new, "x"));
    say("overwrite", fs::write(&old, "x"));
    say("append", fs::OpenOptions::new().append(true).open(&old).map(drop));
    say("rename", fs::rename(&old, &new));
    say("remove", fs::remove_file(&old));
    say("make a directory", fs::create_dir(&new));
    say("escape", fs::read_to_string(directory.join("../outside")).map(drop));
}

fn say(what: &str, result: std::io::Result<()>) {
    match result {
        Ok(()) => println!("{what}: done"),
        Err(error) => println!("{what}: refused ({})", error.kind()),
    }
}
