//! Copies its input to its output and to its standard error, byte for byte.

use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().lock().read_to_end(&mut input)?;
    std::io::stdout().write_all(&input)?;
    std::io::stderr().write_all(&input)
}
