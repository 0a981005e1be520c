//! Fills `/tmp` until there is no room, by what its argument names, and goes on: says how far it came and what it was told,
//! makes room, and writes again. Without an argument it writes a secret, over and over.

use std::fs::{self, File};
use std::io::Write;

const MIB: usize = 1 << 20;

fn main() {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("bytes") => bytes(&vec![b'x'; MIB]),
        Some("files") => files(),
        Some(other) => panic!("unknown: {other}"),
        None => {
            let secret = um_action::secrets::get("HUBSPOT_API_KEY").expect("it is there");
            bytes(&secret.repeat(MIB / secret.len()).into_bytes());
        }
    }
}

fn bytes(piece: &[u8]) {
    let mut file = File::create("/tmp/large").unwrap();
    let refused = loop {
        if let Err(error) = file.write_all(piece) {
            break error;
        }
    };
    let size = file.metadata().unwrap().len();
    println!("{size} bytes, then {refused}");
    fs::remove_file("/tmp/large").unwrap();
    println!("open and without a name: {:?}", fs::write("/tmp/small", "x").map_err(|error| error.to_string()));
    drop(file);
    println!("closed: {:?}", fs::write("/tmp/small", "x").map_err(|error| error.to_string()));
}

fn files() {
    let mut made = 0;
    let refused = loop {
        match File::create(format!("/tmp/{made}")) {
            Ok(_) => made += 1,
            Err(error) => break error,
        }
    };
    println!("{made} files, then {refused}");
    println!("a directory: {:?}", fs::create_dir("/tmp/d").map_err(|error| error.to_string()));
    fs::remove_file("/tmp/0").unwrap();
    println!("in its place: {:?}", fs::create_dir("/tmp/d").map_err(|error| error.to_string()));
    println!("{} are listed", fs::read_dir("/tmp").unwrap().count());
}
