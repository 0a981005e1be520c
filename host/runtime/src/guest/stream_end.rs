//! A guest's handles to a [`Pipe`]: output streams of WASI 0.2 and byte streams of 0.3.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::pipe::{Pipe, WRITE_BYTES};

/// Standard output or standard error as the engine wants it.
pub(crate) struct Stdio {
    pub pipe: Pipe,
}

impl IsTerminal for Stdio {
    /// Never: what a guest writes goes through the filter first.
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stdio {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(AsyncEnd { pipe: self.pipe.clone(), waiting: Mutex::default() })
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(StreamEnd { pipe: self.pipe.clone(), permit: 0, finish_on_drop: false })
    }
}

/// A guest's handle to a pipe, as an output stream of WASI 0.2.
pub(crate) struct StreamEnd {
    pipe: Pipe,
    /// How much the guest may write before it asks again.
    permit: usize,
    /// Whether the pipe has no other handle, so that its end is the stream's end.
    finish_on_drop: bool,
}

impl StreamEnd {
    /// The one handle to a pipe: dropping it ends the stream.
    pub fn only(pipe: Pipe) -> Self {
        Self { pipe, permit: 0, finish_on_drop: true }
    }
}

impl OutputStream for StreamEnd {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > self.permit {
            return Err(StreamError::trap("the guest wrote more than it had leave to"));
        }
        self.permit -= bytes.len();
        self.pipe.write(&bytes).map_err(|over| StreamError::Trap(over.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        // A flush would tell the filter nothing: what it holds may be the beginning of a secret.
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.permit = self.pipe.room().map_err(|over| StreamError::Trap(over.into()))?;
        Ok(self.permit)
    }
}

#[async_trait::async_trait]
impl Pollable for StreamEnd {
    async fn ready(&mut self) {
        // Whoever asks for room next is told if the run is over.
        let _ = self.pipe.ready().await;
    }
}

impl Drop for StreamEnd {
    fn drop(&mut self) {
        if self.finish_on_drop {
            self.pipe.end();
        }
    }
}

/// For room.
type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A guest's handle to a pipe, as a byte stream of WASI 0.3.
struct AsyncEnd {
    pipe: Pipe,
    /// The engine wants it shared between threads; nobody else looks.
    waiting: Mutex<Option<Waiting>>,
}

impl tokio::io::AsyncWrite for AsyncEnd {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { pipe, waiting } = &mut *self;
        let waiting = waiting.get_mut().unwrap_or_else(PoisonError::into_inner);
        if pipe.room().map_err(io::Error::other)? == 0 && waiting.is_none() {
            let pipe = pipe.clone();
            *waiting = Some(Box::pin(async move { _ = pipe.ready().await }));
        }
        if let Some(future) = waiting {
            ready!(future.as_mut().poll(context));
            *waiting = None;
        }
        let bytes = &bytes[..bytes.len().min(WRITE_BYTES)];
        Poll::Ready(self.pipe.write(bytes).map(|()| bytes.len()).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
