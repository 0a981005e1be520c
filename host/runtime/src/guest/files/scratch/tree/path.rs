//! Paths of guests, as steps through a tree.

use rustix::io::Errno;

/// As of Linux, in bytes.
const NAME_BYTES: usize = 255;
const PATH_BYTES: usize = 4095;

/// One step. There are no links, so each leads where it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    Itself,
    Above,
    Name(&'a str),
}

/// A path that names something below a directory.
pub struct Path<'a> {
    /// Those before the last.
    pub way: Vec<Step<'a>>,
    pub last: Step<'a>,
    /// Whether it says by its end that a directory is meant.
    pub is_directory: bool,
}

impl<'a> Path<'a> {
    /// # Errors
    /// [`Errno::PERM`] if it begins at the root: no guest has one.
    pub fn of(text: &'a str) -> Result<Self, Errno> {
        if text.is_empty() {
            return Err(Errno::NOENT);
        }
        if text.contains('\0') {
            return Err(Errno::INVAL);
        }
        if text.starts_with('/') {
            return Err(Errno::PERM);
        }
        if text.len() > PATH_BYTES {
            return Err(Errno::NAMETOOLONG);
        }
        let mut way: Vec<_> = text.split('/').filter(|part| !part.is_empty()).map(Step::of).collect();
        let last = way.pop().ok_or(Errno::NOENT)?;
        Ok(Self { way, last, is_directory: text.ends_with('/') })
    }
}

impl<'a> Step<'a> {
    fn of(part: &'a str) -> Self {
        match part {
            "." => Self::Itself,
            ".." => Self::Above,
            name => Self::Name(name),
        }
    }
}

/// # Errors
/// [`Errno::NAMETOOLONG`].
pub fn check_name(name: &str) -> Result<(), Errno> {
    if name.len() > NAME_BYTES { Err(Errno::NAMETOOLONG) } else { Ok(()) }
}
