//! The file of `--policy`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use um_runtime::{LimitError, MAX_POLICY_BYTES, PolicyError, PolicyFault, PolicyFile};
use um_secret::NameError;

use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

use super::limits::no_limit;

/// Reads a policy; no more of the file than a policy can have. Somebody may still be writing it.
pub fn read(path: &Path) -> Result<PolicyFile, Failure> {
    let failed = |error: anyhow::Error| {
        Failure::new(Exit::Usage, error.context(format!("the policy `{}` cannot be used", path.display())))
    };
    let bytes = bounded(path).map_err(|error| failed(error.into()))?;
    if bytes.len() > MAX_POLICY_BYTES {
        return Err(failed(PolicyError::TooLong.into()));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed(anyhow::anyhow!("it is not UTF-8 text")))?;
    PolicyFile::parse(&text).map_err(|error| failed(anyhow::anyhow!(told(&error))))
}

/// No more of a file than a policy can have, and one byte.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_POLICY_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What is wrong, and where.
fn told(error: &PolicyError) -> String {
    let PolicyError::At { line, column, fault } = error else { return error.to_string() };
    let (text, otherwise) = match fault {
        PolicyFault::Host(error) => (&error.entry, error.fault.to_string()),
        PolicyFault::UnknownKey { key, .. } if key == "secret" => {
            return format!(
                "line {line}, column {column}: a policy names no sources of values: give them with --secret"
            );
        }
        PolicyFault::UnknownKey { key, known, .. } => {
            (key, format!("there is no such key here; the keys are {}", known.join(", ")))
        }
        PolicyFault::Secret(NameError::Invalid { name, .. } | NameError::Keyword { name, .. }) => {
            (name, "this is not the name of a secret".to_owned())
        }
        PolicyFault::Limit(
            limit @ (LimitError::Duration { text } | LimitError::Size { text } | LimitError::Count { text }),
        ) => (text, no_limit(limit).to_owned()),
        _ => return error.to_string(),
    };
    discreet::message(text, error, format!("line {line}, column {column}: {otherwise}"))
}
