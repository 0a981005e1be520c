//! Writes a secret one byte per write, with a flush after each, between other words, to stdout and stderr.

use std::io::{Result, Write};

fn main() -> Result<()> {
    let value = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    let text = format!("begin {value} end\n");
    dribble(std::io::stdout(), &text)?;
    dribble(std::io::stderr(), &text)
}

fn dribble(mut out: impl Write, text: &str) -> Result<()> {
    text.as_bytes().chunks(1).try_for_each(|byte| {
        out.write_all(byte)?;
        out.flush()
    })
}
