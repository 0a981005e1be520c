//! Who may use a directory: what the one that is published in its place keeps.

use std::fmt;
use std::os::fd::AsFd;

use rustix::fs::{Gid, Mode, Stat, Uid, fchown, fstat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::tree::mode_of;

/// The mode, the owner and the group of a directory. Its ACL and other attributes are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Access {
    pub mode: Mode,
    owner: Uid,
    group: Gid,
}

impl Access {
    pub fn of(found: &Stat) -> Self {
        Self {
            mode: Mode::from_raw_mode(mode_of(found)),
            owner: Uid::from_raw(found.st_uid),
            group: Gid::from_raw(found.st_gid),
        }
    }

    /// Gives a directory the same group, and the same owner where that is ours to give: root alone may.
    ///
    /// # Errors
    /// [`Errno::PERM`], if this user is not in the group; otherwise as the file system says.
    pub fn give_ownership(&self, directory: impl AsFd) -> Result<(), Errno> {
        let found = Self::of(&fstat(&directory)?);
        let owner = Some(self.owner).filter(|owner| geteuid().is_root() && *owner != found.owner);
        let group = Some(self.group).filter(|group| *group != found.group);
        match (owner, group) {
            (None, None) => Ok(()),
            (owner, group) => fchown(&directory, owner, group),
        }
    }
}

/// As it is looked up with `chgrp` and `chown`.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match geteuid().is_root() {
            true => write!(f, "owner {} and group {}", self.owner.as_raw(), self.group.as_raw()),
            false => write!(f, "group {}", self.group.as_raw()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::CWD;

    use super::super::tree::open_directory;
    use super::*;

    #[test]
    fn a_group_that_is_not_ours_is_refused_and_what_is_the_same_needs_no_right() {
        let folder = tempfile::tempdir().unwrap();
        let directory = open_directory(CWD, folder.path()).unwrap();
        let as_it_is = Access::of(&fstat(&directory).unwrap());
        as_it_is.give_ownership(&directory).unwrap();
        let others = Access { group: Gid::from_raw(as_it_is.group.as_raw() ^ 0x00ab_cdef), ..as_it_is };
        let given = others.give_ownership(&directory);
        let found = Access::of(&fstat(&directory).unwrap());
        match geteuid().is_root() {
            true => assert_eq!((given, found.group), (Ok(()), others.group)),
            false => assert_eq!((given.is_err(), found), (true, as_it_is)),
        }
    }
}
