//! Reads secrets and calls a URL again and again with the first of them, then prints how long each call took, in
//! nanoseconds: `URL CALLS BEARER [NAME…]`. BEARER is the name of a secret, or a token itself.

use std::fmt::Write;
use std::time::Instant;

use um_action::{http, secrets};

/// Calls that come before those that are timed: the first opens the connection.
const BEFORE: usize = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, calls, bearer, others @ ..] = &arguments[..] else { panic!("URL CALLS BEARER [NAME…]") };
    let token = secrets::get(bearer).map_or_else(|_| bearer.clone(), |value| value.to_string());
    for name in others {
        secrets::get(name)?;
    }
    let call = || http::get(url).bearer(&token).send()?.error_for_status()?.bytes();
    for _ in 0..BEFORE {
        call()?;
    }
    let mut times = Vec::with_capacity(calls.parse()?);
    for _ in 0..times.capacity() {
        let begun = Instant::now();
        call()?;
        times.push(begun.elapsed().as_nanos());
    }
    let lines = times.iter().fold(String::new(), |mut lines, time| {
        let _ = writeln!(lines, "{time}");
        lines
    });
    print!("{lines}");
    Ok(())
}
