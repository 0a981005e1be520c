//! The bytes of a file as a stream. What was read and the guest has not taken yet counts as the run's.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use async_trait::async_trait;
use bytes::Bytes;
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

use super::file::{File, READ_BYTES};
use crate::guest::files::failure::Failure;
use crate::tripwire::RunOver;
use um_base::{Held, Over, Work, blocking};

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
    Waiting(Pin<Box<dyn Future<Output = Read> + Send>>, Held),
    Here(Bytes, Held),
    Failed(StreamError),
    Ended,
}

impl File {
    /// Its bytes from there on.
    pub fn stream(self, work: Work, offset: u64) -> Reading {
        Reading::new(self, work, offset)
    }
}

impl Reading {
    fn new(file: File, work: Work, offset: u64) -> Self {
        Self { file, work, offset, state: State::Idle }
    }

    /// Asks for bytes, if nothing else is to be done first.
    fn begin(&mut self, length: usize) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        let (length, offset) = (length.min(READ_BYTES), self.offset);
        let Ok(held) = self.work.hold(length as u64) else {
            self.state = State::Failed(StreamError::Trap(RunOver.into()));
            return;
        };
        self.state = match self.file.read_from_memory(length, offset) {
            Ok(Some(bytes)) => State::of(Ok(Ok(bytes)), held),
            Ok(None) => {
                let (file, work) = (self.file.clone(), self.work.clone());
                let read = async move { blocking(&work, move || file.read_it(length, offset)).await };
                State::Waiting(Box::pin(read), held)
            }
            Err(Failure::Trap(error)) => State::Failed(StreamError::Trap(error)),
            Err(Failure::Code(_)) => State::of(Ok(Err(io::ErrorKind::InvalidInput.into())), held),
        };
    }

    /// Ready when nothing is waited for.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let State::Waiting(read, _) = &mut self.state {
            let read = ready!(read.as_mut().poll(context));
            if let State::Waiting(_, held) = mem::replace(&mut self.state, State::Ended) {
                self.state = State::of(read, held);
            }
        }
        Poll::Ready(())
    }

    /// Goes on with what is waited for, for guests that never ask whether it is there.
    fn look(&mut self) {
        let _ = self.poll(&mut Context::from_waker(Waker::noop()));
    }
}

impl State {
    fn of(read: Read, held: Held) -> Self {
        match read {
            Ok(Ok(bytes)) if bytes.is_empty() => Self::Ended,
            Ok(Ok(bytes)) => Self::Here(bytes.into(), held),
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
        self.look();
        match mem::replace(&mut self.state, State::Ended) {
            State::Here(mut bytes, held) => {
                let chunk = bytes.split_to(size.min(bytes.len()));
                self.offset += chunk.len() as u64;
                self.state = if bytes.is_empty() { State::Idle } else { State::Here(bytes, held) };
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
        std::future::poll_fn(|context| self.poll(context)).await;
    }
}
