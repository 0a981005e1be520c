//! What a guest's descriptor stands for, of whatever kind it is.

use wasmtime_wasi::p2::DynInputStream;

use super::bindings::filesystem::types::{DirectoryEntry, ErrorCode};
use super::failure::Failure;
use super::folder::{self, Folder};
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
}

pub enum Directory {
    Disk(disk::Directory),
    Folder(Folder),
}

pub enum File {
    Disk(disk::File),
    Memory(memory::File),
}

/// A directory that is being listed.
pub enum Listing {
    Disk(disk::Listing),
    Folder(folder::Listing),
}

impl Node {
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Folder(_) | Self::Disk(disk::Node::Directory(_)))
    }

    pub fn directory(self) -> Result<Directory, Failure> {
        match self {
            Self::Disk(node) => node.directory().cloned().map(Directory::Disk),
            Self::Folder(folder) => Ok(Directory::Folder(folder)),
            Self::Memory(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    pub fn file(self) -> Result<File, Failure> {
        match self {
            Self::Disk(node) => node.file().cloned().map(File::Disk),
            Self::Memory(file) => Ok(File::Memory(file)),
            Self::Folder(_) => Err(ErrorCode::BadDescriptor.into()),
        }
    }

    pub async fn stat(&self, work: &Work) -> Result<Stat, Failure> {
        match self {
            Self::Disk(node) => node.stat(work).await,
            Self::Memory(file) => Ok(file.stat()),
            Self::Folder(folder) => folder.stat(work).await,
        }
    }
}

impl Directory {
    /// Opens what lies below it.
    pub async fn open(&self, work: &Work, path: String, follow: bool) -> Result<Node, Failure> {
        match self {
            Self::Disk(directory) => directory.open(work, path, follow).await.map(Node::Disk),
            Self::Folder(folder) => folder.open(work, path, follow).await,
        }
    }

    /// What `path` names, without opening it.
    pub async fn stat_at(&self, work: &Work, path: String, follow: bool) -> Result<Stat, Failure> {
        match self {
            Self::Disk(directory) => directory.stat_at(work, path, follow).await,
            Self::Folder(folder) => folder.stat_at(work, path, follow).await,
        }
    }

    /// Where a link leads to, if that is no place of the whole machine's.
    pub async fn read_link(&self, work: &Work, path: String) -> Result<String, Failure> {
        match self {
            Self::Disk(directory) => directory.read_link(work, path).await,
            Self::Folder(folder) => folder.read_link(work, path).await,
        }
    }

    /// Begins to list it.
    pub async fn list(&self, work: &Work) -> Result<Listing, Failure> {
        match self {
            Self::Disk(directory) => directory.list(work, None).await.map(Listing::Disk),
            Self::Folder(folder) => folder.list(work).await.map(Listing::Folder),
        }
    }
}

impl File {
    /// Up to so many bytes, or fewer; none at its end.
    pub async fn read(&self, work: &Work, length: u64, offset: u64) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Disk(file) => file.read(work, length, offset).await,
            Self::Memory(file) => file.read(length, offset),
        }
    }

    /// Its bytes from there on.
    pub fn stream(self, work: Work, offset: u64) -> DynInputStream {
        match self {
            Self::Disk(file) => Box::new(file.stream(work, offset)),
            Self::Memory(file) => Box::new(file.stream(offset)),
        }
    }
}

impl Listing {
    /// The next of what is in it, in no order.
    pub async fn next(&mut self, work: &Work) -> Result<Option<DirectoryEntry>, Failure> {
        match self {
            Self::Disk(listing) => listing.next(work).await,
            Self::Folder(listing) => listing.next(work).await,
        }
    }
}
