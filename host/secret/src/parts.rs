//! What of a structured value is a secret by itself: what was judged when the value was stored, and what its owner says.
//! Never what a part says, only where it stands.

use serde::{Deserialize, Serialize};

/// Most parts of one value that are told; those that are beyond are judged anew by each run.
pub const MAX_PARTS: usize = 1_000;
/// The longest path of a part, in bytes.
pub const MAX_PATH_BYTES: usize = 256;

/// Whether a part is a secret, as far as can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Stands in every log: it is masked nowhere.
    Plain,
    /// Nobody can tell: masked where people read, let through where programs do, and counted there.
    Doubtful,
    /// A secret: masked everywhere.
    Certain,
}

/// What the owner of a secret says of one part of it. It stands above every verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// It is a secret.
    Guard,
    /// It is none.
    Leave,
}

/// One part of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Where it stands, from the outside in, for example `db.password` or `hosts[0].url.password`. A segment that could
    /// be a secret itself is told by its number.
    pub path: String,
    /// What was judged when the value was stored.
    pub verdict: Verdict,
    /// What the owner says, if anything.
    pub word: Option<Word>,
}

impl Part {
    /// What holds: the owner's word, or else what was judged.
    pub fn stands(&self) -> Verdict {
        match self.word {
            Some(Word::Guard) => Verdict::Certain,
            Some(Word::Leave) => Verdict::Plain,
            None => self.verdict,
        }
    }
}

/// The parts of one value, each path once, in the order in which they stand in it. By default none: then each run judges
/// for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The number of the rules by which they were judged; they rise with what um-host learns.
    pub rules: u32,
    /// At most [`MAX_PARTS`].
    pub list: Vec<Part>,
}

impl Parts {
    /// What is known of the part that stands there.
    pub fn at(&self, path: &str) -> Option<&Part> {
        self.list.iter().find(|part| part.path == path)
    }
}
