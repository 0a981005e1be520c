//! Waits for a day, inside a call to the host.

use std::time::Duration;

fn main() {
    println!("before");
    std::thread::sleep(Duration::from_secs(24 * 60 * 60));
}
