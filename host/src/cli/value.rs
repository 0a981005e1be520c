//! Where a secret's value is read from, if nobody types it: file or stdin.
//!
//! Guarantees: never more than a value may have is kept, and what was read is wiped.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use um_secret::{MAX_VALUE_BYTES, SecretValue};

use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};

/// The end of a line that was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newline {
    Unix,
    Windows,
}

impl fmt::Display for Newline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unix => "newline",
            Self::Windows => "carriage return and newline",
        })
    }
}

/// Reads a file, byte for byte.
pub fn from_file(path: &Path) -> Result<SecretValue, Failure> {
    let unreadable = |error: io::Error| match path.symlink_metadata() {
        Ok(_) => {
            Failure::new(Exit::Usage, anyhow::Error::new(error).context(format!("`{}` cannot be read", path.display())))
        }
        Err(_) => no_file(error),
    };
    let file = File::open(path).map_err(unreadable)?;
    let bytes = bounded(file, MAX_VALUE_BYTES).map_err(unreadable)?;
    let value = value(bytes)?;
    Ok(value)
}

/// What stands in the place of a path may be the value itself.
fn no_file(error: io::Error) -> Failure {
    let what = "what --from-file names cannot be read (it is not repeated here: it could be the secret)";
    Failure::new(Exit::Usage, anyhow::Error::new(error).context(what)).hint(
        "--from-file takes the path of a file. If that was the secret, change it where it was issued: it is in your \
         shell's history now",
    )
}

/// Reads stdin to its end and drops one newline there.
pub fn from_stdin() -> Result<(SecretValue, Option<Newline>), Failure> {
    let read = bounded(io::stdin().lock(), MAX_VALUE_BYTES + 2);
    let mut bytes =
        read.map_err(|error| Failure::new(Exit::Host, anyhow::Error::new(error).context("stdin could not be read")))?;
    let newline = drop_newline(&mut bytes);
    let value = value(bytes)?;
    Ok((value, newline))
}

/// At most so many bytes of a source and one more, which tells that there are. The allocator of this binary wipes what is freed, so a buffer that grows leaves nothing behind.
pub fn bounded(source: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(most + 1);
    source.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn value(bytes: Vec<u8>) -> Result<SecretValue, Failure> {
    if bytes.len() > MAX_VALUE_BYTES {
        return Err(too_long());
    }
    SecretValue::from_bytes(bytes).or_fail(Exit::Usage)
}

/// Refuses a value of more bytes than one may have.
pub fn too_long() -> Failure {
    Failure::usage(format!("the value has more than {MAX_VALUE_BYTES} bytes; nothing was stored"))
        .hint("keep large content elsewhere, and here the key that opens it")
}

/// Takes one end of a line away.
pub fn drop_newline(bytes: &mut Vec<u8>) -> Option<Newline> {
    let newline = match bytes.as_slice() {
        [.., b'\r', b'\n'] => Newline::Windows,
        [.., b'\n'] => Newline::Unix,
        _ => return None,
    };
    bytes.truncate(bytes.len() - if newline == Newline::Windows { 2 } else { 1 });
    Some(newline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_at_the_end_is_dropped_and_no_more() {
        let dropped = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let newline = drop_newline(&mut bytes);
            (String::from_utf8(bytes).unwrap(), newline)
        };
        assert_eq!(dropped("value"), ("value".to_owned(), None));
        assert_eq!(dropped("value\n"), ("value".to_owned(), Some(Newline::Unix)));
        assert_eq!(dropped("value\r\n"), ("value".to_owned(), Some(Newline::Windows)));
        assert_eq!(dropped("value\n\n"), ("value\n".to_owned(), Some(Newline::Unix)));
        assert_eq!(dropped("a\nb "), ("a\nb ".to_owned(), None));
        assert_eq!(dropped("\n"), (String::new(), Some(Newline::Unix)));
    }

    #[test]
    fn no_more_is_read_than_tells_a_value_from_one_too_long() {
        assert_eq!(bounded(io::repeat(b'x'), 10).unwrap().len(), 11);
    }
}
