//! A program that plain rustc builds and that knows nothing of um-host: arguments, environment, input, time, a file, a map.

use std::collections::HashMap;
use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("arguments: {}", arguments.join(" "));
    println!("GREETING: {}", std::env::var("GREETING").unwrap_or_default());

    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).expect("the input is text");
    println!("input: {} bytes", input.len());

    let before = Instant::now();
    std::thread::sleep(Duration::from_millis(5));
    println!("slept: {}", before.elapsed() >= Duration::from_millis(5));
    println!("after 2020: {}", SystemTime::UNIX_EPOCH.elapsed().is_ok_and(|age| age.as_secs() > 1_577_836_800));

    // Takes random numbers from the host.
    let words: HashMap<&str, usize> = input.split_whitespace().map(|word| (word, word.len())).collect();
    println!("words: {}", words.len());
    println!("file: {:?}", std::fs::read("/no/such/file").map_err(|error| error.kind()));
    eprintln!("done");
}
