//! Publishes a document, and prints a line.

fn main() {
    um_action::documents::write("note.txt", "short").expect("it may");
    println!("written");
}
