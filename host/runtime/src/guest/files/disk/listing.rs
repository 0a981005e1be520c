//! What lies in a directory, some hundred names at a time.
//!
//! A name that is not UTF-8 cannot be said to a guest, nor could it be opened by it: it is left out, and the others are
//! there. What is in it while it is listed is at no time all in memory, and what is counts as the run's.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, openat, statat};

use crate::guest::files::bindings::filesystem::types::{DescriptorType, DirectoryEntry};
use crate::guest::files::failure::Failure;
use um_base::{Held, Work, blocking};

/// Room for what the kernel tells in one call: no name needs more than 280 bytes.
const BUFFER_BYTES: usize = 16 * 1024;
/// So many names are asked for in one go. A smaller directory is listed in one.
const BATCH: usize = 500;

/// Whether a name is listed. It may take a thread's time.
pub type Keep = dyn Fn(&str, DescriptorType) -> bool + Send + Sync;

/// A directory that is being listed.
pub struct Listing {
    directory: Arc<OwnedFd>,
    /// All are, where it is not asked.
    keep: Option<Arc<Keep>>,
    batch: Batch,
    /// The bytes of the batch.
    _held: Held,
}

#[derive(Default)]
struct Batch {
    entries: VecDeque<DirectoryEntry>,
    is_last: bool,
}

impl Listing {
    /// Takes a thread's time.
    pub(super) fn begin(dir: &Dir, keep: Option<Arc<Keep>>, work: &Work) -> Result<Self, Failure> {
        // With a place in the list of its own.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = Arc::new(openat(dir, ".", flags, Mode::empty())?);
        let batch = Batch::read(&directory, keep.as_deref())?;
        let held = work.hold(batch.bytes())?;
        Ok(Self { directory, keep, batch, _held: held })
    }

    /// The next of them, in no order.
    pub async fn next(&mut self, work: &Work) -> Result<Option<DirectoryEntry>, Failure> {
        while self.batch.entries.is_empty() && !self.batch.is_last {
            let (directory, keep) = (Arc::clone(&self.directory), self.keep.clone());
            let batch = blocking(work, move || Batch::read(&directory, keep.as_deref())).await??;
            let (directory, keep) = (Arc::clone(&self.directory), self.keep.clone());
            *self = Self { _held: work.hold(batch.bytes())?, batch, directory, keep };
        }
        Ok(self.batch.entries.pop_front())
    }
}

impl Batch {
    fn read(directory: &OwnedFd, keep: Option<&Keep>) -> io::Result<Self> {
        let mut buffer = Vec::with_capacity(BUFFER_BYTES);
        let mut found = RawDir::new(directory, buffer.spare_capacity_mut());
        let mut batch = Self::default();
        while batch.entries.len() < BATCH || !found.is_buffer_empty() {
            let Some(entry) = found.next() else {
                batch.is_last = true;
                break;
            };
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if !matches!(name, "." | "..") {
                let type_ = kind(directory, name, entry.file_type());
                if keep.is_none_or(|keep| keep(name, type_)) {
                    batch.entries.push_back(DirectoryEntry { type_, name: name.to_owned() });
                }
            }
        }
        Ok(batch)
    }

    fn bytes(&self) -> u64 {
        let bytes = |entry: &DirectoryEntry| (size_of::<DirectoryEntry>() + entry.name.len()) as u64;
        self.entries.iter().map(bytes).sum()
    }
}

/// Not every file system says it in the list.
fn kind(directory: &OwnedFd, name: &str, listed: FileType) -> DescriptorType {
    let found = match listed {
        FileType::Unknown => statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_or(FileType::Unknown, |found| FileType::from_raw_mode(found.st_mode)),
        listed => listed,
    };
    match found {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::Fifo => DescriptorType::Fifo,
        FileType::Socket => DescriptorType::Socket,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::Unknown => DescriptorType::Unknown,
    }
}
