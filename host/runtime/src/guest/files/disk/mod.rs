//! Files and directories of this machine, read-only. Paths are kept inside their directory by cap-std.
//!
//! Each question is asked twice, if need be: first of what the kernel has in memory ([`memory`]), then, with a permit of
//! the run, on a thread that may wait. Of file systems that are not known to keep their files on this machine only the
//! second is asked: there even what is in memory can be far away.

pub(crate) mod file;
pub(crate) mod listing;
mod memory;
mod stream;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions, OpenOptionsExt};
use rustix::fs::{OFlags, fstatfs};

use super::bindings::filesystem::types::{DescriptorType, ErrorCode};
use super::failure::Failure;
use super::stat::Stat;
use um_base::{Work, blocking};

pub use file::File;
pub use listing::{Keep, Listing};

/// How a file is opened: nobody is waited for, not even for whoever has a lease on it, and nothing becomes our terminal.
const OPENING: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY);

/// File systems that keep their files on this machine, by the numbers of statfs(2).
const LOCAL: [u64; 11] = [
    0xef53,      // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x9123_683e, // btrfs
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    0x794c_7630, // overlayfs
    0x2fc1_2fc1, // zfs
    0xf2f5_2010, // f2fs
    0xca45_1a4e, // bcachefs
    0x7371_7368, // squashfs
    0xe0f5_e1e2, // erofs
];

/// Something open. Clones are handles to the same.
#[derive(Clone)]
pub enum Node {
    Directory(Directory),
    File(File),
}

#[derive(Clone)]
pub struct Directory {
    dir: Arc<Dir>,
    is_local: bool,
}

impl Node {
    /// A directory that a run is shown.
    pub fn mounted(path: &Path) -> io::Result<Self> {
        Ok(Self::of_directory(Dir::open_ambient_dir(path, ambient_authority())?))
    }

    pub fn directory(&self) -> Result<&Directory, Failure> {
        match self {
            Self::Directory(directory) => Ok(directory),
            Self::File(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    pub fn file(&self) -> Result<&File, Failure> {
        match self {
            Self::File(file) => Ok(file),
            Self::Directory(_) => Err(ErrorCode::BadDescriptor.into()),
        }
    }

    pub async fn stat(&self, work: &Work) -> Result<Stat, Failure> {
        match self.is_local() {
            true => self.stat_it(),
            false => {
                let node = self.clone();
                blocking(work, move || node.stat_it()).await?
            }
        }
    }

    fn stat_it(&self) -> Result<Stat, Failure> {
        Ok(match self {
            Self::Directory(directory) => Stat::of(&directory.dir.dir_metadata()?),
            Self::File(file) => Stat::of_open(&file.file)?,
        })
    }

    fn is_local(&self) -> bool {
        match self {
            Self::Directory(directory) => directory.is_local,
            Self::File(file) => file.is_local,
        }
    }

    fn of_directory(dir: Dir) -> Self {
        Self::Directory(Directory { is_local: is_local(&dir), dir: Arc::new(dir) })
    }

    /// Opens what has been found and not opened yet, be it a file or a directory. Takes a thread's time.
    pub fn found(found: &fs::File) -> Result<Self, Failure> {
        openable(Stat::of_open(found)?.kind)?;
        let path = format!("/proc/self/fd/{}", found.as_raw_fd());
        let file = fs::OpenOptions::new().read(true).custom_flags(OPENING.bits().cast_signed()).open(path)?;
        let is_local = is_local(&file);
        Self::of_file(file, is_local)
    }

    /// What is open is looked at once more: it may have been put in the place of what was.
    fn of_file(file: fs::File, is_local: bool) -> Result<Self, Failure> {
        openable(Stat::of_open(&file)?.kind)?;
        match file.metadata()?.is_dir() {
            true => Ok(Self::of_directory(Dir::from_std_file(file))),
            false => Ok(Self::File(File { file: Arc::new(file), is_local })),
        }
    }
}

impl Directory {
    /// Opens what lies below it.
    pub async fn open(&self, work: &Work, path: String, follow: bool) -> Result<Node, Failure> {
        if let Some(node) = self.open_from_memory(&path, follow)? {
            return Ok(node);
        }
        let directory = self.clone();
        blocking(work, move || directory.open_it(&path, follow)).await?
    }

    /// What `path` names, without opening it.
    pub async fn stat_at(&self, work: &Work, path: String, follow: bool) -> Result<Stat, Failure> {
        if let Some(found) = self.find(&path, follow)? {
            return Ok(Stat::of_open(&found)?);
        }
        let directory = self.clone();
        blocking(work, move || Ok(Stat::of(&directory.metadata(&path, follow)?))).await?
    }

    /// Where a link leads to, if that is no place of the whole machine's.
    pub async fn read_link(&self, work: &Work, path: String) -> Result<String, Failure> {
        let target = match self.find(&path, false)? {
            Some(found) => memory::read_link(&found)?,
            None => {
                let directory = self.clone();
                blocking(work, move || directory.dir.read_link_contents(path)).await??
            }
        };
        if target.has_root() {
            return Err(ErrorCode::NotPermitted.into());
        }
        target.into_os_string().into_string().map_err(|_| ErrorCode::IllegalByteSequence.into())
    }

    /// Begins to list what of it is to be kept.
    pub async fn list(&self, work: &Work, keep: Option<Arc<Keep>>) -> Result<Listing, Failure> {
        let (dir, budget) = (Arc::clone(&self.dir), work.clone());
        blocking(work, move || Listing::begin(&dir, keep, &budget)).await?
    }

    /// The directory itself, for who has more to ask of it.
    pub fn handle(&self) -> &Arc<Dir> {
        &self.dir
    }

    /// Nothing, if somebody would have to wait.
    fn open_from_memory(&self, path: &str, follow: bool) -> Result<Option<Node>, Failure> {
        let Some(found) = self.find(path, follow)? else { return Ok(None) };
        match openable(Stat::of_open(&found)?.kind)? {
            DescriptorType::Directory => {
                let dir = Arc::new(Dir::from_std_file(found));
                Ok(Some(Node::Directory(Self { dir, is_local: true })))
            }
            _ => match memory::open(&self.dir, path, OPENING | nofollow(follow))? {
                Some(file) => Node::of_file(file, true).map(Some),
                None => Ok(None),
            },
        }
    }

    /// The thing itself, found but not opened.
    fn find(&self, path: &str, follow: bool) -> Result<Option<fs::File>, Failure> {
        match self.is_local {
            true => memory::open(&self.dir, path, OFlags::PATH | nofollow(follow)),
            false => Ok(None),
        }
    }

    fn open_it(&self, path: &str, follow: bool) -> Result<Node, Failure> {
        // Opening can do something to a device, and wakes who waits at a pipe.
        let found = Stat::of(&self.metadata(path, follow)?);
        if openable(found.kind)? == DescriptorType::Directory {
            return Ok(Node::of_directory(self.dir.open_dir(path)?));
        }
        let mut options = OpenOptions::new();
        let file = self.dir.open_with(path, options.read(true).custom_flags(OPENING.bits().cast_signed()))?.into_std();
        let is_local = is_local(&file);
        Node::of_file(file, is_local)
    }

    fn metadata(&self, path: &str, follow: bool) -> io::Result<Metadata> {
        // With a directory's ending it is no link that is meant, which cap-std overlooks.
        match follow || path.ends_with('/') || path.ends_with("/.") {
            true => self.dir.metadata(path),
            false => self.dir.symlink_metadata(path),
        }
    }
}

/// Refuses what is neither a regular file nor a directory.
fn openable(kind: DescriptorType) -> Result<DescriptorType, Failure> {
    match kind {
        DescriptorType::RegularFile | DescriptorType::Directory => Ok(kind),
        // It was not to be followed.
        DescriptorType::SymbolicLink => Err(ErrorCode::Loop.into()),
        _ => Err(ErrorCode::Unsupported.into()),
    }
}

fn nofollow(follow: bool) -> OFlags {
    if follow { OFlags::empty() } else { OFlags::NOFOLLOW }
}

fn is_local(file: impl AsFd) -> bool {
    // Some platforms sign-extend a 32-bit number.
    fstatfs(file).is_ok_and(|found| LOCAL.contains(&(found.f_type as u64 & 0xffff_ffff)))
}
