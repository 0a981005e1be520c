//! Writes a document, says so, and waits for a day.

use std::time::Duration;

fn main() {
    um_action::documents::write("half.txt", "half of the work").unwrap();
    println!("written");
    std::thread::sleep(Duration::from_secs(24 * 60 * 60));
}
