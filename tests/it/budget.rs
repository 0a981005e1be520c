//! One budget for a whole run: whatever the host does for a run is done in its time and memory, and a reader that does
//! not read holds up its own output alone.

mod memory;
mod readers;
mod time;

use std::io::Read;
use std::process::{Child, Output as Ended};
use std::sync::mpsc;
use std::time::Duration;

/// Longer than anything here takes on the slowest machine: who waits that long has found a fault.
pub const FOR_EVER: Duration = Duration::from_secs(120);

/// Waits for a child, and kills one that does not end.
#[track_caller]
pub fn ended(child: Child) -> Ended {
    let pid = rustix::process::Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(FOR_EVER) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            panic!("the program does not end: {:?}", receiver.recv());
        }
    }
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
