//! Writes text with a secret into one document, and what is no text into another: with the secret, if it is told to.

use um_action::documents;

fn main() {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    documents::write("notes.txt", format!("begin {value} end\n")).unwrap();
    let held = if std::env::args().any(|argument| argument == "leak") { value } else { "harmless".to_owned() };
    let content = [b"\0\xff begin ", held.as_bytes(), b" end"].concat();
    documents::write("picture.bin", content).unwrap();
}
