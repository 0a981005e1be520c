//! Asks for a secret, writes it into a text and the bytes of its argument, in hexadecimal, into another document, and
//! says so. With a second argument it waits for a day then.

use std::time::Duration;

use um_action::documents;

fn main() {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").expect("it is there");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let digits = arguments[0].as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
    documents::write("notes.txt", format!("begin {value} end\n")).expect("it may");
    documents::write("2026/10/report.gz", bytes).expect("it may");
    println!("written");
    if arguments.len() > 1 {
        std::thread::sleep(Duration::from_secs(24 * 60 * 60));
    }
}
