//! What an installation is at.

use std::fmt::{self, Display, Formatter};

/// One step of making the Python runner, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Somebody else installs; their runner will do for us as well.
    Waiting,
    /// The runner that is part of this program is written to the disk.
    Unpacking,
    /// A virtual environment is made.
    Environment,
    /// pip downloads and installs what packages the runner.
    Packages,
    /// componentize-py makes the component.
    Packaging,
    /// The engine compiles it; told by the runtime.
    Compiling,
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting for another um-host that installs the Python runner",
            Self::Unpacking => "unpacking the Python runner",
            Self::Environment => "making a virtual environment for the Python runner",
            Self::Packages => "downloading what packages the Python runner (17 MB, by pip)",
            Self::Packaging => "packaging the Python runner",
            Self::Compiling => "compiling the Python runner",
        })
    }
}
