//! The input of a typed action: JSON from the option itself, a file or stdin.
//!
//! Guarantees: never more than [`MAX_INPUT_BYTES`] are read, and a refusal repeats nothing of it.

use std::fs::File;
use std::io::{self, Read};

use um_base::json::{JsonError, MAX_DEPTH, MAX_TOKENS, tokens};
use um_base::{Work, detached};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// The help of `--input` names this number too.
const MAX_INPUT_BYTES: u64 = 64 << 20;
/// What some editors and shells put before a text, and JSON does not allow.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Where the input comes from.
pub enum Input {
    /// Found to be JSON.
    Inline(String),
    File(String),
    Stdin,
}

impl Input {
    /// Reads the option; what stands in it is judged at once.
    pub fn new(text: String) -> Result<Self, Failure> {
        match text.strip_prefix('@') {
            Some("") => Err(Failure::usage("`--input @` needs the path of a file").hint("as in --input @input.json")),
            Some(path) => Ok(Self::File(path.to_owned())),
            None if text == "-" => Ok(Self::Stdin),
            None => inline(text).map(Self::Inline),
        }
    }

    /// Reads the input. Somebody may be typing it, so this has a thread of its own.
    pub async fn read(self) -> Result<String, Failure> {
        match self {
            Self::Inline(text) => Ok(text),
            Self::File(path) => detached(move || from(&format!("`{path}`"), || File::open(&path))).await,
            Self::Stdin => detached(|| from("stdin", || Ok(io::stdin().lock()))).await,
        }
    }
}

fn inline(text: String) -> Result<String, Failure> {
    json(text.into_bytes(), "`--input`").map_err(|refused| {
        refused.hint("a text needs quotes of its own: --input '\"text\"'; a file is named with @: --input @FILE")
    })
}

fn from<R: Read>(name: &str, open: impl FnOnce() -> io::Result<R>) -> Result<String, Failure> {
    let read = open().and_then(|source| bounded(source, MAX_INPUT_BYTES));
    let bytes = read.map_err(|error| {
        Failure::new(Exit::Usage, anyhow::Error::new(error).context(format!("the input cannot be read from {name}")))
    })?;
    match bytes {
        Some(bytes) if bytes.is_empty() => {
            Err(Failure::usage(format!("{name} is empty, and an input is JSON"))
                .hint("no input at all is `null` or `{}`"))
        }
        Some(bytes) => json(bytes, name),
        None => {
            Err(Failure::usage(format!("{name} has more than {} MiB, which no input may have", MAX_INPUT_BYTES >> 20))
                .hint("large content comes in by a directory: --dir HOST::GUEST"))
        }
    }
}

/// Nothing, if there are more than `most` bytes: a device such as /dev/zero never ends.
fn bounded(source: impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

fn json(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        return Err(Failure::usage(format!("{name} begins with a byte order mark, which JSON does not allow"))
            .hint("save it as UTF-8 without one"));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{name} is not UTF-8 text")).hint("JSON is UTF-8: convert it first"))?;
    match tokens(&text, &Work::unlimited()).find_map(Result::err) {
        None => Ok(text),
        Some(fault) => Err(Failure::usage(told(name, fault))),
    }
}

/// Where the JSON breaks off or goes wrong, without a word of it.
fn told(name: &str, fault: JsonError) -> String {
    match fault {
        JsonError::Unfinished(_) => format!("{name} is not JSON: it ends too early"),
        JsonError::Depth(_) => {
            format!("{name} is nested too deeply; an input may have {MAX_DEPTH} levels of lists and objects")
        }
        JsonError::Tokens(_) => {
            format!("{name} has too many parts; an input may have {MAX_TOKENS} keys, values and brackets")
        }
        fault => format!("{name} is not JSON: {fault}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_that_is_no_json_is_refused_without_a_word_of_it() {
        assert_eq!(inline("{\"a\": [1, 2]}".to_owned()).unwrap(), "{\"a\": [1, 2]}");
        for text in ["hunter22", "{\"a\": hunter22", "[1,", ""] {
            let refusal = inline(text.to_owned()).unwrap_err().error.unwrap().to_string();
            assert!(refusal.starts_with("`--input` is not JSON: "), "{refusal}");
            assert!(!refusal.contains("hunter22"), "{refusal}");
        }
    }

    #[test]
    fn what_never_ends_is_not_read_to_its_end() {
        assert_eq!(bounded(io::repeat(b'x'), 10).unwrap(), None);
        assert_eq!(bounded(&b"0123456789"[..], 10).unwrap().unwrap().len(), 10);
    }
}
