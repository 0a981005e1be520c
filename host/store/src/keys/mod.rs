//! Where the master key comes from: `source` names it and says what was wrong, `read` has it, by `permission` if it is in a
//! file; `credential` is where systemd puts one; `file` and `new` write one down.

mod credential;
pub(crate) mod file;
pub(crate) mod new;
pub(crate) mod permission;
mod read;
pub(crate) mod source;
