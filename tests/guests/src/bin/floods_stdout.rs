//! Writes numbered lines to stdout without end, or as many bytes as its argument says; ends when stdout is closed.

use std::io::Write;

fn main() {
    let bytes: usize = std::env::args().nth(1).map_or(usize::MAX, |bytes| bytes.parse().expect("a number of bytes"));
    let mut out = std::io::stdout().lock();
    let mut written = 0;
    for line in 0_u64.. {
        let line = format!("line {line:010} of a program that never stops talking\n");
        let piece = &line.as_bytes()[..line.len().min(bytes - written)];
        if piece.is_empty() || out.write_all(piece).is_err() {
            break;
        }
        written += piece.len();
    }
}
