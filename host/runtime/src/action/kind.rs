//! How an action is started.

use serde::{Deserialize, Serialize};

/// How an action is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A program with a `main`: arguments, standard streams, an exit status.
    Command,
    /// A function: JSON in; JSON or an error message out.
    Typed,
    /// A Python script, which is either: it is told when the script runs, before any of its code does.
    Script,
}
