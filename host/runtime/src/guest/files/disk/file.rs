//! A regular file that is open.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::memory;
use crate::guest::files::bindings::filesystem::types::ErrorCode;
use crate::guest::files::failure::Failure;
use um_base::{Work, blocking};

/// Most bytes that one call reads, whatever the guest asks for.
pub(super) const READ_BYTES: usize = 64 * 1024;

/// A regular file.
#[derive(Clone)]
pub struct File {
    pub(super) file: Arc<fs::File>,
    pub(super) is_local: bool,
}

impl File {
    /// Up to so many bytes, or fewer; none at its end.
    pub async fn read(&self, work: &Work, length: u64, offset: u64) -> Result<Vec<u8>, Failure> {
        let length = usize::try_from(length).unwrap_or(READ_BYTES).min(READ_BYTES);
        if let Some(bytes) = self.read_from_memory(length, offset)? {
            return Ok(bytes);
        }
        let file = self.clone();
        Ok(blocking(work, move || file.read_it(length, offset)).await??)
    }

    /// Nothing, if somebody would have to wait.
    pub(super) fn read_from_memory(&self, length: usize, offset: u64) -> Result<Option<Vec<u8>>, Failure> {
        // Beyond it, numbers mean something else to the kernel.
        if i64::try_from(offset).is_err() {
            return Err(ErrorCode::Invalid.into());
        }
        Ok(if self.is_local { memory::read(&self.file, length, offset) } else { None })
    }

    pub(super) fn read_it(&self, length: usize, offset: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        loop {
            match self.file.read_at(&mut bytes, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    bytes.truncate(read?);
                    return Ok(bytes);
                }
            }
        }
    }
}
