//! Publishes a document, and prints as many bytes as its argument says.

use std::io::Write;

fn main() {
    let bytes = std::env::args().nth(1).and_then(|bytes| bytes.parse().ok()).expect("a number of bytes");
    um_action::documents::write("note.txt", "short").expect("it may");
    std::io::stdout().write_all(&vec![b'x'; bytes]).expect("somebody reads it some time");
}
