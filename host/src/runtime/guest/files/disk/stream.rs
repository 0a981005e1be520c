//! The bytes of a file as a stream.

use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use bytes::Bytes;
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

use super::{File, READ_BYTES};
use crate::base::{Over, Work, blocking};
use crate::runtime::guest::files::Failure;
use crate::runtime::tripwire::RunOver;

type Read = Result<io::Result<Vec<u8>>, Over>;

/// A file that is being read.
pub struct Reading {
    file: File,
    work: Work,
    /// Of the next byte that the guest gets.
    offset: u64,
    state: State,
}

enum State {
    Idle,
    Waiting(Pin<Box<dyn Future<Output = Read> + Send>>),
    Here(Bytes),
    Failed(StreamError),
    Ended,
}

impl Reading {
    pub fn new(file: File, work: Work, offset: u64) -> Self {
        Self { file, work, offset, state: State::Idle }
    }

    /// Asks for bytes, if nothing else is to be done first.
    fn begin(&mut self, length: usize) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        let (length, offset) = (length.min(READ_BYTES), self.offset);
        self.state = match self.file.read_from_memory(length, offset) {
            Ok(Some(bytes)) => State::of(Ok(Ok(bytes))),
            Ok(None) => {
                let (file, work) = (self.file.clone(), self.work.clone());
                State::Waiting(Box::pin(async move { blocking(&work, move || file.read_it(length, offset)).await }))
            }
            Err(Failure::Trap(error)) => State::Failed(StreamError::Trap(error)),
            Err(Failure::Code(_)) => State::of(Ok(Err(io::ErrorKind::InvalidInput.into()))),
        };
    }
}

impl State {
    fn of(read: Read) -> Self {
        match read {
            Ok(Ok(bytes)) if bytes.is_empty() => Self::Ended,
            Ok(Ok(bytes)) => Self::Here(bytes.into()),
            Ok(Err(error)) => Self::Failed(StreamError::LastOperationFailed(error.into())),
            Err(_) => Self::Failed(StreamError::Trap(RunOver.into())),
        }
    }
}

#[async_trait]
impl InputStream for Reading {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size > 0 {
            self.begin(size);
        }
        if let State::Waiting(read) = &mut self.state
            && let Poll::Ready(read) = read.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            self.state = State::of(read);
        }
        match mem::replace(&mut self.state, State::Ended) {
            State::Here(mut bytes) => {
                let chunk = bytes.split_to(size.min(bytes.len()));
                self.offset += chunk.len() as u64;
                self.state = if bytes.is_empty() { State::Idle } else { State::Here(bytes) };
                Ok(chunk)
            }
            State::Failed(error) => Err(error),
            State::Ended => Err(StreamError::Closed),
            unfinished => {
                self.state = unfinished;
                Ok(Bytes::new())
            }
        }
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size > 0 {
            self.begin(size);
            self.ready().await;
        }
        self.read(size)
    }
}

#[async_trait]
impl Pollable for Reading {
    async fn ready(&mut self) {
        self.begin(READ_BYTES);
        if let State::Waiting(read) = &mut self.state {
            self.state = State::of(read.await);
        }
    }
}
