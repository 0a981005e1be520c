//! Sleeps as many milliseconds as its input says, and returns that number.

use std::time::Duration;

fn run(milliseconds: u64) -> Result<u64, String> {
    std::thread::sleep(Duration::from_millis(milliseconds));
    Ok(milliseconds)
}

um_action::export!(run);
