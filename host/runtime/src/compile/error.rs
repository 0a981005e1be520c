//! What keeps a process from compiling, other than the action.

use std::io;

use um_base::coded;

/// Why the process that compiles actions has compiled none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum CompilerError {
    #[error("the process that compiles actions does not start: {0}")]
    Start(#[source] io::Error),
    #[error("the process that compiles actions could not be talked to: {0}")]
    Talk(#[source] io::Error),
    /// By a signal that no limit of ours sends.
    #[error("the process that compiles actions was killed by signal {signal}")]
    Killed { signal: i32 },
    #[error("the process that compiles actions failed")]
    Failed,
    #[error("the program that compiles actions is not of this version of um-host")]
    Foreign,
}

coded! { CompilerError:
    Self::Start(_) => Unavailable "compiler-unstartable",
    Self::Talk(_) => Unavailable "compiler-silent",
    Self::Killed { .. } => Unavailable "compiler-killed",
    Self::Failed => Unavailable "compiler-failed",
    Self::Foreign => Unsupported "compiler-foreign",
}
