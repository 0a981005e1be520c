//! What there is to do about an error of the library, in the words of the command line.
//!
//! The library tells facts, and names no option, command or variable of this program. What a request was refused for has
//! its words in `run::advice`.

pub mod action;
pub mod keeping;

use std::error::Error;
use std::io;
use std::path::Path;

use um_base::Shortage;
use um_runtime::action::LoadError;
use um_runtime::action::python::InstallError;
use um_runtime::{CacheError, DocumentsError, HostError, RunError, SpecError};
use um_secret::{ExposureError, SnapshotError, VaultError};
use um_store::{InitError, KeyError, KeySourceError, StoreError};

use crate::cli::discreet;

/// The next step after an error, or after what caused it.
pub fn of(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(advice) = of_one(cause) {
            return Some(advice);
        }
        next = cause.source();
    }
    None
}

/// Without its causes, but for those that stand in the place of an error.
fn of_one(error: &(dyn Error + 'static)) -> Option<String> {
    macro_rules! first {
        ($($family:ty => $advice:expr,)*) => {
            $(if let Some(error) = error.downcast_ref::<$family>() {
                return $advice(error);
            })*
        };
    }
    first! {
        StoreError => keeping::of_store,
        InitError => keeping::of_init,
        KeyError => keeping::of_key,
        KeySourceError => keeping::of_key_source,
        ExposureError => keeping::of_exposure,
        SnapshotError => keeping::of_snapshot,
        VaultError => keeping::of_vault,
        LoadError => action::of_load,
        InstallError => action::of_install,
        HostError => action::of_host,
        CacheError => action::of_cache,
        RunError => action::of_run,
        DocumentsError => action::of_documents,
        SpecError => action::of_spec,
    }
    None
}

fn some(advice: impl Into<String>) -> Option<String> {
    Some(advice.into())
}

/// A path as a shell takes it for one word; a word for it, where it looks like a value.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if discreet::said(&text) != text {
        return "FILE".to_owned();
    }
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// Whether a disk, or what a user may have of it, is full.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether that is the machine's matter and not that of what was typed.
pub fn lacks_room(error: &io::Error) -> bool {
    is_full(error) || Shortage::of(error).is_some()
}

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// ``did you mean `A`? ``, for whatever follows.
pub fn did_you_mean(closest: &[String]) -> String {
    match closest {
        [] => String::new(),
        names => format!("did you mean `{}`? ", names.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        for (path, word) in
            [("/etc/um-host/key", "/etc/um-host/key"), ("my key", "'my key'"), ("it's", "'it'\\''s'"), ("", "''")]
        {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
