//! Writes one document, a mebibyte at a time, of as many mebibytes as its argument says.

use std::io::Write;

fn main() {
    let mebibytes: usize = std::env::args().nth(1).expect("a number").parse().expect("a number");
    let mut document = um_action::documents::create("large.bin").unwrap();
    let piece = vec![b'x'; 1 << 20];
    for number in 0..mebibytes {
        if let Err(error) = document.write_all(&piece) {
            return println!("{number} MiB, then: {error}");
        }
    }
    match document.finish() {
        Ok(()) => println!("{mebibytes} MiB written"),
        Err(error) => println!("refused at the end: {error}"),
    }
}
