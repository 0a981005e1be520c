//! Lists and reads all that is in the directory of its first argument, again and again until it is stopped. Names each
//! file that it has seen, once, and each in which the bytes of its second argument, in hexadecimal, stand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let wanted: Vec<u8> = arguments[1].as_bytes().chunks(2).map(byte).collect();
    println!("watching");
    let mut named = BTreeSet::new();
    loop {
        for file in files(Path::new(&arguments[0])) {
            let Ok(content) = fs::read(&file) else { continue };
            let found = content.windows(wanted.len()).any(|bytes| bytes == wanted);
            // Of the hidden ones there is another for each run.
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if found || named.insert(name) {
                println!("{} {}", if found { "found in" } else { "saw" }, file.display());
            }
        }
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => files.push(path),
        }
    }
    files
}
