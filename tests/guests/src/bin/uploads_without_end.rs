//! Posts a body that never ends to the URL of its argument, a line and a pause at a time.

use std::io::Read;
use std::time::Duration;

struct Slow;

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        std::thread::sleep(Duration::from_millis(20));
        let line = b"a line of many\n";
        buffer[..line.len()].copy_from_slice(line);
        Ok(line.len())
    }
}

fn main() {
    let url = std::env::args().nth(1).expect("a URL");
    println!("{:?}", um_action::http::post(&url).body_from(Slow).send().map(|response| response.status()));
}
