//! The bytes of a file as streams. Nothing waits: what is asked for is done in the call.

use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use rustix::io::Errno;
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

use super::tree::handle::Handle;

/// Most bytes of one write.
const WRITE_BYTES: usize = 64 * 1024;

/// A file that is being read.
pub struct Reading {
    file: Handle,
    /// Of the next byte.
    offset: u64,
}

/// A file that is being written.
pub struct Writing {
    file: Handle,
    place: Place,
}

/// Where the next byte goes.
#[derive(Clone, Copy)]
pub enum Place {
    At(u64),
    End,
}

impl Reading {
    pub fn new(file: Handle, offset: u64) -> Self {
        Self { file, offset }
    }
}

impl Writing {
    pub fn new(file: Handle, place: Place) -> Self {
        Self { file, place }
    }
}

#[async_trait]
impl InputStream for Reading {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let bytes = self.file.read(size as u64, self.offset).map_err(failed)?;
        if bytes.is_empty() && size > 0 {
            return Err(StreamError::Closed);
        }
        self.offset += bytes.len() as u64;
        Ok(bytes.into())
    }
}

#[async_trait]
impl OutputStream for Writing {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let written = match &mut self.place {
                Place::End => self.file.append(rest).map_err(failed)?,
                Place::At(offset) => {
                    let written = self.file.write(rest, *offset).map_err(failed)?;
                    *offset += written as u64;
                    written
                }
            };
            rest = &rest[written..];
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

#[async_trait]
impl Pollable for Reading {
    async fn ready(&mut self) {}
}

#[async_trait]
impl Pollable for Writing {
    async fn ready(&mut self) {}
}

/// As the guest can ask what it was.
fn failed(errno: Errno) -> StreamError {
    StreamError::LastOperationFailed(io::Error::from(errno).into())
}
