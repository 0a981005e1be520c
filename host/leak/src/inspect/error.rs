//! Why a document may not leave.

use std::{fmt, io};

use super::bounds::{MOST_AT_ONCE, MOST_DEEP, MOST_PARTS};
use um_base::{Over, coded};

/// Why a document is not let out. Names secrets and paths of their parts, and holds nothing else of what stands in the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum Withheld {
    /// Each with the path of its part, if that alone was found: `GOOGLE_JSON (private_key)`.
    #[error("it holds {}, and a binary document cannot be masked without damage", secrets.join(", "))]
    Leak { secrets: Vec<String> },
    #[error(
        "it inflates to more than is looked through: 64 MiB and 100 times its size, or 1 GiB for all documents of a run"
    )]
    TooLarge,
    #[error("it has more compressed parts than are looked through: {MOST_PARTS} in all, {MOST_AT_ONCE} side by side")]
    TooManyParts,
    #[error("compressed parts lie in each other more than {MOST_DEEP} deep, which is not looked through")]
    TooDeep,
    #[error("a part is compressed by a method that cannot be looked through (ZIP method {method}); use deflate")]
    UnknownMethod { method: u16 },
    #[error(
        "it breaks off in the middle of a compressed part ({packing}), of which the rest cannot be looked through; \
         finish the file, and close what writes it, before the run ends"
    )]
    Cut { packing: Packing },
    #[error(
        "a compressed part of it ({packing}) is damaged, and what follows the damage cannot be looked through; write it \
         anew, or publish what is in it uncompressed"
    )]
    Damaged { packing: Packing },
    #[error(
        "a compressed part of it ({packing}) needs a preset dictionary, and cannot be looked through without; compress \
         it without one"
    )]
    Dictionary { packing: Packing },
}

/// How a part of a document is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packing {
    /// A deflated member of a zip file.
    Zip,
    /// A member of a gzip file.
    Gzip,
    /// A stream of zlib, such as PDF's `FlateDecode` and chunks of PNG.
    Zlib,
    /// Of PDF, with or without zlib in it.
    Ascii85,
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "zip",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Ascii85 => "ASCII85",
        })
    }
}

/// Why a document could not be inspected, or may not be published.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// It may not be published.
    #[error(transparent)]
    Withheld(#[from] Withheld),
    /// Its bytes could not be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It was not looked through to its end.
    #[error(transparent)]
    Over(#[from] Over),
}

coded! { InspectError:
    Self::Withheld(_) => Denied "document-withheld",
    Self::Read(_) => Unavailable "document-unreadable",
    Self::Over(over) => in over,
}
