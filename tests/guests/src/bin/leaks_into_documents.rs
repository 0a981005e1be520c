//! Writes a secret into a document, as it is and byte by byte, and tries to name a document after it.

use std::io::Write;

use um_action::documents;

fn main() {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    documents::write("whole.txt", format!("begin {value} end\n")).unwrap();

    let mut document = documents::create("dribbled.txt").unwrap();
    for byte in format!("begin {value} end\n").bytes() {
        document.write_all(&[byte]).unwrap();
        document.flush().unwrap();
    }
    document.finish().unwrap();

    match documents::write(&value, "named after a secret") {
        Ok(()) => println!("name: taken"),
        Err(error) => println!("name: {error}"),
    }
}
