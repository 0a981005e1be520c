//! hyper alone: connections in a list, nothing checked, counted or timed.

use std::io;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, USER_AGENT};
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::rt::ReadBufCursor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A client of one server.
pub struct Bare {
    port: u16,
    host: HeaderValue,
    idle: Mutex<Vec<SendRequest<Empty<Bytes>>>>,
}

impl Bare {
    pub fn new(port: u16) -> Self {
        let host = HeaderValue::try_from(format!("127.0.0.1:{port}")).expect("it is visible ASCII");
        Self { port, host, idle: Mutex::default() }
    }

    pub async fn call(&self, path: &str, authorization: &str) {
        let idle = self.idle.lock().expect("nobody panics").pop();
        let mut sender = match idle {
            Some(sender) => sender,
            None => self.dial().await,
        };
        sender.ready().await.expect("the server keeps connections");
        let request = Request::get(path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, authorization)
            .header(USER_AGENT, "bare/0.1.0")
            .body(Empty::new())
            .expect("its parts are valid");
        let answer = sender.send_request(request).await.expect("the server answers");
        assert!(answer.status().is_success());
        let body = answer.into_body().collect().await.expect("the answer is whole");
        std::hint::black_box(body.to_bytes());
        self.idle.lock().expect("nobody panics").push(sender);
    }

    async fn dial(&self) -> SendRequest<Empty<Bytes>> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("the server listens");
        stream.set_nodelay(true).expect("TCP has it");
        let (sender, connection) = handshake(Io { stream, buffer: vec![0; 16 * 1024] }).await.expect("it begins");
        tokio::spawn(connection);
        sender
    }
}

/// Lets hyper read and write, without unsafe code.
struct Io {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl hyper::rt::Read for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let room = into.remaining().min(this.buffer.len());
        let mut read = ReadBuf::new(&mut this.buffer[..room]);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read))?;
        into.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
