//! One budget for a whole run: whatever the host does for a run is done in its time and memory, and a reader that does
//! not read holds up its own output alone.

mod beside;
mod memory;
mod readers;
mod time;

use std::io::Read;
use std::process::{Child, Output as Ended};
use std::time::Duration;

/// Longer than anything here takes on the slowest machine: who waits that long has found a fault.
pub const FOR_EVER: Duration = Duration::from_secs(120);

/// What a child came to. It is killed if it does not end.
#[track_caller]
pub fn ended(child: Child) -> Ended {
    child.wait_with_output().unwrap()
}

/// Waits until a condition holds.
#[track_caller]
pub fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < FOR_EVER, "{what}: it never came to that");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Reads so many bytes of a child's stdout.
pub fn read(child: &mut Child, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    child.stdout.as_mut().unwrap().read_exact(&mut read).unwrap();
    read
}
