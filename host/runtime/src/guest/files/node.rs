//! What a guest's descriptor stands for, of whatever kind it is.

use wasmtime_wasi::p2::DynInputStream;

use super::bindings::filesystem::types::{DescriptorFlags, DirectoryEntry, ErrorCode, OpenFlags};
use super::failure::Failure;
use super::folder::{self, Folder};
use super::scratch::node as scratch;
use super::stat::Stat;
use super::{disk, memory};
use um_base::Work;

/// Something open. Clones are handles to the same.
#[derive(Clone)]
pub enum Node {
    /// On a disk of this machine.
    Disk(disk::Node),
    /// Taken when the action was loaded.
    Memory(memory::File),
    /// A directory of a script's folder: code from memory, anything else from the disk.
    Folder(Folder),
    /// The run's own.
    Scratch(scratch::Node),
}

pub enum Directory {
    Disk(disk::Directory),
    Folder(Folder),
    Scratch(scratch::Directory),
}

pub enum File {
    Disk(disk::File),
    Memory(memory::File),
    Scratch(scratch::File),
}

/// A directory that is being listed.
pub enum Listing {
    Disk(disk::Listing),
    Folder(folder::Listing),
    Scratch(scratch::Listing),
}

/// How something is opened.
pub struct Opening {
    pub follow: bool,
    pub flags: OpenFlags,
    pub access: DescriptorFlags,
}

impl Node {
    pub fn is_directory(&self) -> bool {
        matches!(
            self,
            Self::Folder(_) | Self::Disk(disk::Node::Directory(_)) | Self::Scratch(scratch::Node::Directory(_))
        )
    }

    pub fn directory(self) -> Result<Directory, Failure> {
        match self {
            Self::Disk(node) => node.directory().cloned().map(Directory::Disk),
            Self::Folder(folder) => Ok(Directory::Folder(folder)),
            Self::Scratch(node) => node.directory().cloned().map(Directory::Scratch),
            Self::Memory(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    pub fn file(self) -> Result<File, Failure> {
        match self {
            Self::Disk(node) => node.file().cloned().map(File::Disk),
            Self::Memory(file) => Ok(File::Memory(file)),
            Self::Scratch(node) => node.file().cloned().map(File::Scratch),
            Self::Folder(_) => Err(ErrorCode::BadDescriptor.into()),
        }
    }

    /// The run's own, since all others are read-only.
    pub fn changeable(&self) -> Result<&scratch::Node, Failure> {
        match self {
            Self::Scratch(node) => Ok(node),
            _ => Err(ErrorCode::NotPermitted.into()),
        }
    }

    pub fn flags(&self) -> DescriptorFlags {
        match self {
            Self::Scratch(node) => node.flags(),
            _ => DescriptorFlags::READ,
        }
    }

    pub async fn stat(&self, work: &Work) -> Result<Stat, Failure> {
        match self {
            Self::Disk(node) => node.stat(work).await,
            Self::Memory(file) => Ok(file.stat()),
            Self::Folder(folder) => folder.stat(work).await,
            Self::Scratch(node) => Ok(node.stat()),
        }
    }
}

impl Directory {
    /// Opens what lies below it.
    pub async fn open(&self, work: &Work, path: String, opening: Opening) -> Result<Node, Failure> {
        let opened = match self {
            Self::Disk(directory) => {
                opening.check_read_only()?;
                Node::Disk(directory.open(work, path, opening.follow).await?)
            }
            Self::Folder(folder) => {
                opening.check_read_only()?;
                folder.open(work, path, opening.follow).await?
            }
            Self::Scratch(directory) => Node::Scratch(directory.open(&path, opening.flags, opening.access)?),
        };
        match opening.flags.contains(OpenFlags::DIRECTORY) && !opened.is_directory() {
            true => Err(ErrorCode::NotDirectory.into()),
            false => Ok(opened),
        }
    }

    /// The run's own, since all others are read-only.
    pub fn changeable(self) -> Result<scratch::Directory, Failure> {
        match self {
            Self::Scratch(directory) => Ok(directory),
            _ => Err(ErrorCode::NotPermitted.into()),
        }
    }

    /// Gives what lies below it another name, below a directory of the same kind.
    pub fn rename(self, from: &str, into: Self, to: &str) -> Result<(), Failure> {
        match (self, into) {
            (Self::Scratch(directory), Self::Scratch(into)) => directory.rename(from, &into, to),
            (Self::Scratch(_), _) | (_, Self::Scratch(_)) => Err(ErrorCode::CrossDevice.into()),
            _ => Err(ErrorCode::NotPermitted.into()),
        }
    }

    /// What `path` names, without opening it.
    pub async fn stat_at(&self, work: &Work, path: String, follow: bool) -> Result<Stat, Failure> {
        match self {
            Self::Disk(directory) => directory.stat_at(work, path, follow).await,
            Self::Folder(folder) => folder.stat_at(work, path, follow).await,
            Self::Scratch(directory) => directory.stat_at(&path),
        }
    }

    /// Where a link leads to, if that is no place of the whole machine's.
    pub async fn read_link(&self, work: &Work, path: String) -> Result<String, Failure> {
        match self {
            Self::Disk(directory) => directory.read_link(work, path).await,
            Self::Folder(folder) => folder.read_link(work, path).await,
            Self::Scratch(directory) => directory.read_link(&path),
        }
    }

    /// Begins to list it.
    pub async fn list(&self, work: &Work) -> Result<Listing, Failure> {
        match self {
            Self::Disk(directory) => directory.list(work, None).await.map(Listing::Disk),
            Self::Folder(folder) => folder.list(work).await.map(Listing::Folder),
            Self::Scratch(directory) => Ok(Listing::Scratch(directory.list())),
        }
    }
}

impl File {
    /// Up to so many bytes, or fewer; none at its end.
    pub async fn read(&self, work: &Work, length: u64, offset: u64) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Disk(file) => file.read(work, length, offset).await,
            Self::Memory(file) => file.read(length, offset),
            Self::Scratch(file) => file.read(length, offset),
        }
    }

    /// Its bytes from there on.
    pub fn stream(self, work: Work, offset: u64) -> Result<DynInputStream, Failure> {
        match self {
            Self::Disk(file) => Ok(Box::new(file.stream(work, offset))),
            Self::Memory(file) => Ok(Box::new(file.stream(offset))),
            Self::Scratch(file) => file.stream(offset),
        }
    }

    /// The run's own, since all others are read-only.
    pub fn changeable(self) -> Result<scratch::File, Failure> {
        match self {
            Self::Scratch(file) => Ok(file),
            _ => Err(ErrorCode::NotPermitted.into()),
        }
    }
}

impl Listing {
    /// The next of what is in it, in no order.
    pub async fn next(&mut self, work: &Work) -> Result<Option<DirectoryEntry>, Failure> {
        match self {
            Self::Disk(listing) => listing.next(work).await,
            Self::Folder(listing) => listing.next(work).await,
            Self::Scratch(listing) => listing.next(),
        }
    }
}

impl Opening {
    /// Refuses a descriptor by which something could be changed, and what makes no sense.
    fn check_read_only(&self) -> Result<(), ErrorCode> {
        use {DescriptorFlags as Access, OpenFlags as Flags};
        let makes = self.flags.intersects(Flags::CREATE | Flags::TRUNCATE);
        if self
            .access
            .intersects(Access::FILE_INTEGRITY_SYNC | Access::DATA_INTEGRITY_SYNC | Access::REQUESTED_WRITE_SYNC)
        {
            return Err(ErrorCode::Unsupported);
        }
        if self.flags.contains(Flags::DIRECTORY) && (makes || self.flags.contains(Flags::EXCLUSIVE)) {
            return Err(ErrorCode::Invalid);
        }
        match makes || self.access.intersects(Access::WRITE | Access::MUTATE_DIRECTORY) {
            true => Err(ErrorCode::NotPermitted),
            false => Ok(()),
        }
    }
}
