//! Which parts tell something, as the readers ask for it that know one name.

use super::verdict::judge;
use um_secret::Verdict;

/// Whether what has this name, or none, tells something.
pub(super) fn tells(name: &str, text: &str) -> bool {
    judge(&[name], text) > Verdict::Plain
}
