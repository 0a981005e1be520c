//! What a script's folder is on the disk.
//!
//! One that also holds places which no run may see, a home directory for instance, is shown in parts: what lies directly
//! in it is judged by where it really lies each time it is asked for, open already, so that what is judged is what is
//! seen. Links, and names that begin with a dot, are not there; a path leads through one of its directories and stays in it.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};

use super::super::disk::{self, Directory, Node};
use super::super::stat::Stat;
use crate::action::code::take::Judge;
use crate::guest::files::bindings::filesystem::types::ErrorCode;
use crate::guest::files::disk::listing::Keep;
use crate::guest::files::failure::Failure;
use um_base::{Work, blocking};

/// A directory on the disk. Clones are handles to the same.
#[derive(Clone)]
pub enum Live {
    Whole(Directory),
    Parts(Parts),
}

/// A directory of which not all may be seen.
#[derive(Clone)]
pub struct Parts {
    directory: Directory,
    shown: Arc<Judge>,
}

/// What was opened.
pub enum Opened {
    Directory(Live),
    File(disk::File),
}

/// A path through a directory that is shown in parts.
enum Step<'a> {
    Itself,
    Below(&'a str, &'a str),
}

impl Live {
    /// A directory, all of which may be seen if nobody judges.
    ///
    /// # Errors
    /// Those of opening it.
    pub fn open_at(path: &Path, shown: Option<Arc<Judge>>) -> io::Result<Self> {
        let Node::Directory(directory) = Node::mounted(path)? else { return Err(io::ErrorKind::NotADirectory.into()) };
        Ok(match shown {
            Some(shown) => Self::Parts(Parts { directory, shown }),
            None => Self::Whole(directory),
        })
    }

    pub async fn stat(&self, work: &Work) -> Result<Stat, Failure> {
        let (Self::Whole(directory) | Self::Parts(Parts { directory, .. })) = self;
        Node::Directory(directory.clone()).stat(work).await
    }

    pub async fn open(&self, work: &Work, path: String, follow: bool) -> Result<Opened, Failure> {
        match self {
            Self::Whole(directory) => directory.open(work, path, follow).await.map(Opened::from),
            Self::Parts(parts) => match Step::of(&path)? {
                Step::Itself => Ok(Opened::Directory(self.clone())),
                Step::Below(first, "") => parts.open(work, first).await.map(Opened::from),
                Step::Below(first, rest) => {
                    let below = parts.open(work, first).await?;
                    below.directory()?.open(work, rest.to_owned(), follow).await.map(Opened::from)
                }
            },
        }
    }

    pub async fn stat_at(&self, work: &Work, path: String, follow: bool) -> Result<Stat, Failure> {
        match self {
            Self::Whole(directory) => directory.stat_at(work, path, follow).await,
            Self::Parts(parts) => match Step::of(&path)? {
                Step::Itself => self.stat(work).await,
                Step::Below(first, "") => parts.stat(work, first).await,
                Step::Below(first, rest) => {
                    let below = parts.open(work, first).await?;
                    below.directory()?.stat_at(work, rest.to_owned(), follow).await
                }
            },
        }
    }

    pub async fn read_link(&self, work: &Work, path: String) -> Result<String, Failure> {
        match self {
            Self::Whole(directory) => directory.read_link(work, path).await,
            Self::Parts(parts) => match Step::of(&path)? {
                Step::Below(first, rest) if !rest.is_empty() => {
                    let below = parts.open(work, first).await?;
                    below.directory()?.read_link(work, rest.to_owned()).await
                }
                Step::Itself => Err(ErrorCode::Invalid.into()),
                // Links are not there.
                Step::Below(first, _) => parts.stat(work, first).await.and(Err(ErrorCode::Invalid.into())),
            },
        }
    }

    /// Begins to list what `keep` lets through.
    pub async fn list(&self, work: &Work, keep: Arc<Keep>) -> Result<disk::Listing, Failure> {
        match self {
            Self::Whole(directory) => directory.list(work, Some(keep)).await,
            Self::Parts(parts) => {
                let own = parts.clone();
                let keep = move |name: &str, kind| keep(name, kind) && own.find(name).is_ok();
                parts.directory.list(work, Some(Arc::new(keep))).await
            }
        }
    }
}

impl Parts {
    async fn open(&self, work: &Work, name: &str) -> Result<Node, Failure> {
        let (parts, name) = (self.clone(), name.to_owned());
        blocking(work, move || Node::found(&parts.find(&name)?)).await?
    }

    async fn stat(&self, work: &Work, name: &str) -> Result<Stat, Failure> {
        let (parts, name) = (self.clone(), name.to_owned());
        blocking(work, move || Ok(Stat::of_open(&parts.find(&name)?)?)).await?
    }

    /// Finds what may be seen, without opening it to be read. Takes a thread's time.
    fn find(&self, name: &str) -> Result<File, Failure> {
        if name.starts_with('.') {
            return Err(ErrorCode::NoEntry.into());
        }
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = File::from(openat(self.directory.handle().as_fd(), name, flags, Mode::empty())?);
        let is_link = FileType::from_raw_mode(fstat(&found)?.st_mode) == FileType::Symlink;
        let path = fs::read_link(format!("/proc/self/fd/{}", found.as_raw_fd()))?;
        match !is_link && (self.shown)(&path) {
            true => Ok(found),
            false => Err(ErrorCode::NoEntry.into()),
        }
    }
}

impl From<Node> for Opened {
    fn from(node: Node) -> Self {
        match node {
            Node::Directory(directory) => Self::Directory(Live::Whole(directory)),
            Node::File(file) => Self::File(file),
        }
    }
}

impl<'a> Step<'a> {
    fn of(path: &'a str) -> Result<Self, Failure> {
        if path.is_empty() {
            return Err(ErrorCode::NoEntry.into());
        }
        if path.starts_with('/') {
            return Err(ErrorCode::NotPermitted.into());
        }
        let mut rest = path;
        loop {
            let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
            match first {
                "" if after.is_empty() => return Ok(Self::Itself),
                "." if after.is_empty() => return Ok(Self::Itself),
                "" | "." => rest = after,
                ".." => return Err(ErrorCode::NotPermitted.into()),
                // With the slash behind it, it is a directory that is meant.
                name if after.is_empty() && rest.ends_with('/') => return Ok(Self::Below(name, ".")),
                name => return Ok(Self::Below(name, after)),
            }
        }
    }
}
