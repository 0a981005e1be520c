//! Writes documents without end, until one is refused; says how many there are, and why there are no more.

fn main() {
    for number in 0.. {
        if let Err(error) = um_action::documents::write(&format!("document-{number}.txt"), "short") {
            return println!("{number} documents, then: {error}");
        }
    }
}
