//! Whether a part of a value is a secret.

use super::telling::tells;
use um_secret::Verdict;

/// By the names that it stands under, from the outside in, and by what it says.
pub(super) fn judge(names: &[&str], text: &str) -> Verdict {
    if tells(names.last().unwrap_or(&""), text) { Verdict::Certain } else { Verdict::Plain }
}
