//! What can be told of a file without opening it.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::time::{Duration, UNIX_EPOCH};

use cap_std::fs::{FileType, FileTypeExt, Metadata, MetadataExt};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;

use super::bindings::filesystem::types::{DescriptorStat, DescriptorType, MetadataHashValue};
use crate::action::code::Stamp;

/// What was found, and which file it is of.
pub struct Stat {
    pub kind: DescriptorType,
    links: u64,
    size: u64,
    times: Times,
    /// Device and number: no two files of a machine have one of them.
    identity: (u64, u64),
}

/// Nothing, for one that cannot be told.
pub struct Times {
    pub accessed: Option<Datetime>,
    pub modified: Option<Datetime>,
    pub changed: Option<Datetime>,
}

/// The device of a run's own files, which no device of a machine has for a number.
const SCRATCH: u64 = u64::MAX;

impl Stat {
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            kind: kind(metadata.file_type()),
            links: metadata.nlink(),
            size: metadata.size(),
            times: Times {
                accessed: time(metadata.atime(), metadata.atime_nsec()),
                modified: time(metadata.mtime(), metadata.mtime_nsec()),
                changed: time(metadata.ctime(), metadata.ctime_nsec()),
            },
            identity: (metadata.dev(), metadata.ino()),
        }
    }

    pub fn of_open(file: &File) -> io::Result<Self> {
        Ok(Self::of(&Metadata::from_just_metadata(file.metadata()?)))
    }

    /// Of what was taken when the action was loaded.
    pub fn taken(kind: DescriptorType, size: u64, stamp: Stamp) -> Self {
        let time = stamp.modified.duration_since(UNIX_EPOCH).ok().and_then(since_1970);
        let times = Times { accessed: time, modified: time, changed: time };
        Self { kind, links: 1, size, times, identity: stamp.identity }
    }

    /// Of a run's own file, by its number.
    pub fn scratch(kind: DescriptorType, links: u64, size: u64, times: Times, number: u64) -> Self {
        Self { kind, links, size, times, identity: (SCRATCH, number) }
    }

    /// As the guest is told it.
    pub fn told(self) -> DescriptorStat {
        DescriptorStat {
            type_: self.kind,
            link_count: self.links,
            size: self.size,
            data_access_timestamp: self.times.accessed,
            data_modification_timestamp: self.times.modified,
            status_change_timestamp: self.times.changed,
        }
    }

    /// The same for the same file, whatever becomes of it. Guests take it for the number of the file.
    pub fn hash(&self) -> MetadataHashValue {
        let half = |which: u8| {
            let mut hasher = DefaultHasher::new();
            (self.identity, which).hash(&mut hasher);
            hasher.finish()
        };
        MetadataHashValue { lower: half(0), upper: half(1) }
    }

    pub fn is_of_the_same(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

fn kind(found: FileType) -> DescriptorType {
    match found {
        found if found.is_file() => DescriptorType::RegularFile,
        found if found.is_dir() => DescriptorType::Directory,
        found if found.is_symlink() => DescriptorType::SymbolicLink,
        found if found.is_block_device() => DescriptorType::BlockDevice,
        found if found.is_char_device() => DescriptorType::CharacterDevice,
        found if found.is_fifo() => DescriptorType::Fifo,
        found if found.is_socket() => DescriptorType::Socket,
        _ => DescriptorType::Unknown,
    }
}

/// Nothing, for a time that WASI cannot say: one before 1970.
fn time(seconds: i64, nanoseconds: i64) -> Option<Datetime> {
    Some(Datetime { seconds: seconds.try_into().ok()?, nanoseconds: nanoseconds.try_into().ok()? })
}

pub fn since_1970(time: Duration) -> Option<Datetime> {
    Some(Datetime { seconds: time.as_secs(), nanoseconds: time.subsec_nanos() })
}
