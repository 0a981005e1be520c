//! Writes a document, then ends with status 1: nothing is published.

fn main() {
    um_action::documents::write("half.txt", "half of the work").unwrap();
    eprintln!("the other half failed");
    std::process::exit(1);
}
