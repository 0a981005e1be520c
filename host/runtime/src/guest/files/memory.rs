//! A file that was taken when the action was loaded. All answers are there at once.

use bytes::Bytes;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;

use super::bindings::filesystem::types::{DescriptorType, ErrorCode};
use super::failure::Failure;
use super::stat::Stat;
use crate::action::code;
use crate::action::code::Stamp;

/// Most bytes that one call reads, whatever the guest asks for.
const READ_BYTES: usize = 64 * 1024;

#[derive(Clone)]
pub struct File {
    bytes: Bytes,
    stamp: Stamp,
}

impl File {
    pub fn stat(&self) -> Stat {
        Stat::taken(DescriptorType::RegularFile, self.bytes.len() as u64, self.stamp)
    }

    /// Up to so many bytes, or fewer; none at its end.
    pub fn read(&self, length: u64, offset: u64) -> Result<Vec<u8>, Failure> {
        // As of a file on a disk.
        if i64::try_from(offset).is_err() {
            return Err(ErrorCode::Invalid.into());
        }
        let length = usize::try_from(length).unwrap_or(READ_BYTES).min(READ_BYTES);
        let rest = self.rest(offset);
        Ok(rest[..length.min(rest.len())].to_vec())
    }

    /// Its bytes from there on.
    pub fn stream(&self, offset: u64) -> MemoryInputPipe {
        MemoryInputPipe::new(self.rest(offset))
    }

    fn rest(&self, offset: u64) -> Bytes {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        self.bytes.slice(offset.min(self.bytes.len())..)
    }
}

impl From<&code::File> for File {
    fn from(file: &code::File) -> Self {
        Self { bytes: file.bytes.clone(), stamp: file.stamp }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn file(length: usize) -> File {
        let bytes = vec![b'x'; length].into();
        File { bytes, stamp: Stamp { modified: SystemTime::UNIX_EPOCH, identity: (0, 0) } }
    }

    #[test]
    fn it_is_read_in_pieces_up_to_its_end() {
        let read = |length, offset| file(100).read(length, offset).map(|bytes| bytes.len());
        for (length, offset, bytes) in
            [(10, 0, 10), (100, 0, 100), (101, 0, 100), (u64::MAX, 1, 99), (10, 99, 1), (10, 100, 0), (10, 1 << 40, 0)]
        {
            assert_eq!(read(length, offset).ok(), Some(bytes), "{length} {offset}");
        }
        assert!(read(1, i64::MAX.cast_unsigned()).is_ok());
        assert!(matches!(read(1, i64::MAX.cast_unsigned() + 1), Err(Failure::Code(ErrorCode::Invalid))));
    }

    #[test]
    fn no_call_reads_more_than_so_much() {
        assert_eq!(file(READ_BYTES + 1).read(u64::MAX, 0).map(|bytes| bytes.len()).ok(), Some(READ_BYTES));
    }
}
