//! Posts each line of its standard input to its argument's URL, and watches the clock while the answer comes: prints
//! after how many nanoseconds how many bytes of it were there, `BYTES:NANOSECONDS` again and again, each since the one
//! before, and whether it broke off.

use std::io::{Read, Write};
use std::time::Instant;

use um_action::{http, secrets};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).expect("a URL");
    // So that it holds what a secret's reader holds.
    secrets::get("TOKEN")?;
    let mut piece = vec![0; 64 * 1024];
    for line in std::io::stdin().lines() {
        let mut times = Vec::new();
        let mut last = Instant::now();
        let mut answer = http::post(&url).body(line?).send()?;
        let broke_off = loop {
            match answer.read(&mut piece) {
                Ok(0) => break false,
                Ok(length) => {
                    let now = Instant::now();
                    times.push((length, (now - last).as_nanos()));
                    last = now;
                }
                Err(_) => break true,
            }
        };
        let mut out = std::io::stdout().lock();
        for (length, time) in times {
            write!(out, "{length}:{time} ")?;
        }
        writeln!(out, "{}", if broke_off { "broke off" } else { "" })?;
    }
    Ok(())
}
