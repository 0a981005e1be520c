//! What of a run's own files a guest has open, and how it may use it.

use um_base::Work;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

use super::stream::{Place, Reading, Writing};
use super::tree::handle::{self, Handle, NewTime, Opening};
use super::tree::room::Room;
use crate::guest::files::bindings::filesystem::types::{
    DescriptorFlags, DescriptorType, DirectoryEntry, ErrorCode, NewTimestamp, OpenFlags,
};
use crate::guest::files::failure::Failure;
use crate::guest::files::stat::{Stat, Times, since_1970};

/// Something open. Clones are handles to the same.
#[derive(Clone)]
pub enum Node {
    Directory(Directory),
    File(File),
}

#[derive(Clone)]
pub struct Directory(Handle);

#[derive(Clone)]
pub struct File {
    handle: Handle,
    /// As it was asked for.
    access: DescriptorFlags,
}

/// A directory that is being listed, in the order of its names.
pub struct Listing {
    directory: Handle,
    last: Option<String>,
}

impl Node {
    /// A directory with nothing in it, for files of so many bytes.
    pub fn empty(bytes: u64, work: &Work) -> Self {
        Self::Directory(Directory(Handle::root(Room::new(bytes, work))))
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

    pub fn stat(&self) -> Stat {
        told(&self.handle().stat())
    }

    pub fn flags(&self) -> DescriptorFlags {
        match self {
            Self::Directory(_) => DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY,
            Self::File(file) => file.access,
        }
    }

    pub fn set_times(&self, accessed: NewTimestamp, modified: NewTimestamp) -> Result<(), Failure> {
        self.handle().set_times(new_time(accessed)?, new_time(modified)?);
        Ok(())
    }

    fn handle(&self) -> &Handle {
        let (Self::Directory(Directory(handle)) | Self::File(File { handle, .. })) = self;
        handle
    }
}

impl Directory {
    /// Opens what lies below it, or makes it.
    pub fn open(&self, path: &str, opening: OpenFlags, access: DescriptorFlags) -> Result<Node, Failure> {
        let directory = opening.contains(OpenFlags::DIRECTORY);
        if directory && opening.intersects(OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE) {
            return Err(ErrorCode::Invalid.into());
        }
        let opening = Opening {
            write: access.contains(DescriptorFlags::WRITE),
            create: opening.contains(OpenFlags::CREATE),
            exclusive: opening.contains(OpenFlags::EXCLUSIVE),
            truncate: opening.contains(OpenFlags::TRUNCATE),
            directory,
        };
        let handle = self.0.open(path, opening)?;
        Ok(match handle.is_directory() {
            true => Node::Directory(Self(handle)),
            // What is to be durable at once is so: there is no disk.
            false => Node::File(File { handle, access: access & !DescriptorFlags::MUTATE_DIRECTORY }),
        })
    }

    pub fn stat_at(&self, path: &str) -> Result<Stat, Failure> {
        Ok(told(&self.0.stat_at(path)?))
    }

    /// There are no links.
    pub fn read_link(&self, path: &str) -> Result<String, Failure> {
        self.0.stat_at(path)?;
        Err(ErrorCode::Invalid.into())
    }

    pub fn list(&self) -> Listing {
        Listing { directory: self.0.clone(), last: None }
    }

    pub fn set_times_at(&self, path: &str, accessed: NewTimestamp, modified: NewTimestamp) -> Result<(), Failure> {
        Ok(self.0.set_times_at(path, new_time(accessed)?, new_time(modified)?)?)
    }

    pub fn make_directory(&self, path: &str) -> Result<(), Failure> {
        Ok(self.0.make_directory(path)?)
    }

    pub fn remove_directory(&self, path: &str) -> Result<(), Failure> {
        Ok(self.0.remove_directory(path)?)
    }

    pub fn unlink(&self, path: &str) -> Result<(), Failure> {
        Ok(self.0.unlink(path)?)
    }

    pub fn rename(&self, from: &str, into: &Self, to: &str) -> Result<(), Failure> {
        Ok(self.0.rename(from, &into.0, to)?)
    }
}

impl File {
    pub fn read(&self, length: u64, offset: u64) -> Result<Vec<u8>, Failure> {
        self.check(DescriptorFlags::READ, ErrorCode::BadDescriptor)?;
        Ok(self.handle.read(length, offset)?)
    }

    /// How many of the bytes were written.
    pub fn write(&self, bytes: &[u8], offset: u64) -> Result<usize, Failure> {
        self.check(DescriptorFlags::WRITE, ErrorCode::BadDescriptor)?;
        Ok(self.handle.write(bytes, offset)?)
    }

    pub fn set_size(&self, size: u64) -> Result<(), Failure> {
        // As Linux says it.
        self.check(DescriptorFlags::WRITE, ErrorCode::Invalid)?;
        Ok(self.handle.set_size(size)?)
    }

    /// Its bytes from there on.
    pub fn stream(self, offset: u64) -> Result<DynInputStream, Failure> {
        self.check(DescriptorFlags::READ, ErrorCode::BadDescriptor)?;
        Ok(Box::new(Reading::new(self.handle, offset)))
    }

    /// Takes bytes to be written from there on, or each time at its end. Where there is no room for the first of them that
    /// is told here: the C libraries of guests know what it means, and make an I/O error of all that a stream says.
    pub fn sink(self, offset: Option<u64>) -> Result<DynOutputStream, Failure> {
        self.check(DescriptorFlags::WRITE, ErrorCode::BadDescriptor)?;
        self.handle.check_room(offset)?;
        let place = offset.map_or(Place::End, Place::At);
        Ok(Box::new(Writing::new(self.handle, place)))
    }

    fn check(&self, access: DescriptorFlags, otherwise: ErrorCode) -> Result<(), ErrorCode> {
        if self.access.contains(access) { Ok(()) } else { Err(otherwise) }
    }
}

impl Listing {
    pub fn next(&mut self) -> Result<Option<DirectoryEntry>, Failure> {
        let Some((name, is_directory)) = self.directory.next(self.last.as_deref())? else { return Ok(None) };
        self.last = Some(name.clone());
        Ok(Some(DirectoryEntry { type_: kind(is_directory), name }))
    }
}

fn kind(is_directory: bool) -> DescriptorType {
    if is_directory { DescriptorType::Directory } else { DescriptorType::RegularFile }
}

fn told(found: &handle::Stat) -> Stat {
    let handle::Stat { number, is_directory, is_removed, size, times } = *found;
    let times = Times {
        accessed: since_1970(times.accessed),
        modified: since_1970(times.modified),
        changed: since_1970(times.changed),
    };
    Stat::scratch(kind(is_directory), u64::from(!is_removed), size, times, number)
}

fn new_time(time: NewTimestamp) -> Result<NewTime, ErrorCode> {
    Ok(match time {
        NewTimestamp::NoChange => NewTime::Kept,
        NewTimestamp::Now => NewTime::Now,
        NewTimestamp::Timestamp(at) if at.nanoseconds >= 1_000_000_000 => return Err(ErrorCode::Invalid),
        NewTimestamp::Timestamp(at) => NewTime::At(std::time::Duration::new(at.seconds, at.nanoseconds)),
    })
}
