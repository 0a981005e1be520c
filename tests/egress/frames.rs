//! HTTP/2 frame by frame (RFC 9113, 4): servers that say what no library would let them say.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::authority::{Authority, names, params};
use super::peer::{Peer, Run};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// Of SETTINGS.
pub const ACK: u8 = 1;
/// Of HEADERS and DATA.
pub const END_STREAM: u8 = 1;
/// Of HEADERS and CONTINUATION.
pub const END_HEADERS: u8 = 4;

pub const NO_ERROR: u32 = 0;
pub const INTERNAL_ERROR: u32 = 2;
pub const REFUSED_STREAM: u32 = 7;
pub const HTTP_1_1_REQUIRED: u32 = 13;
pub const CANCEL: u32 = 8;

/// `:status: 200` (RFC 7541, appendix A).
pub const STATUS_200: &[u8] = &[0x88];

pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A server's end of a connection.
pub struct Wire {
    stream: TlsStream<TcpStream>,
    /// 0 for the first connection.
    pub number: usize,
}

impl Wire {
    /// Takes a connection and says `settings`, in pairs of number and value.
    pub async fn open(
        acceptor: &TlsAcceptor,
        tcp: TcpStream,
        number: usize,
        settings: &[(u16, u32)],
    ) -> io::Result<Self> {
        Self::over(acceptor.accept(tcp).await?, number, settings).await
    }

    /// The same behind a handshake that chose HTTP/2.
    pub async fn over(stream: TlsStream<TcpStream>, number: usize, settings: &[(u16, u32)]) -> io::Result<Self> {
        let mut wire = Self { stream, number };
        let mut preface = [0; 24];
        wire.stream.read_exact(&mut preface).await?;
        assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        let pairs = settings.iter().flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat());
        wire.send(SETTINGS, 0, 0, &pairs.collect::<Vec<_>>()).await?;
        Ok(wire)
    }

    pub async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        self.write(&frame(kind, flags, stream, payload)).await
    }

    /// Frames as they are.
    pub async fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        self.stream.write_all(frames).await?;
        self.stream.flush().await
    }

    pub async fn receive(&mut self) -> io::Result<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap()];
        self.stream.read_exact(&mut payload).await?;
        Ok(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }

    /// The next frame of a kind; settings are acknowledged meanwhile.
    pub async fn next(&mut self, kind: u8) -> io::Result<Frame> {
        loop {
            let frame = self.receive().await?;
            if frame.kind == SETTINGS && frame.flags & ACK == 0 {
                self.send(SETTINGS, ACK, 0, &[]).await?;
            }
            if frame.kind == kind {
                return Ok(frame);
            }
        }
    }

    /// The stream of the next request.
    pub async fn request(&mut self) -> io::Result<u32> {
        Ok(self.next(HEADERS).await?.stream)
    }

    /// An answer of status 200.
    pub async fn answer(&mut self, stream: u32, body: &str) -> io::Result<()> {
        self.send(HEADERS, END_HEADERS, stream, STATUS_200).await?;
        self.send(DATA, END_STREAM, stream, body.as_bytes()).await
    }

    pub async fn answer_all(&mut self, body: &str) -> io::Result<()> {
        loop {
            let stream = self.request().await?;
            self.answer(stream, body).await?;
        }
    }

    pub async fn reset(&mut self, stream: u32, code: u32) -> io::Result<()> {
        self.send(RST_STREAM, 0, stream, &code.to_be_bytes()).await
    }

    pub async fn go_away(&mut self, last: u32, code: u32) -> io::Result<()> {
        self.send(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat()).await
    }

    /// Waits until the other side has closed the connection.
    pub async fn closed(&mut self) {
        while self.receive().await.is_ok() {}
    }
}

/// A server whose connections are `serve`d frame by frame, and a run that may reach it.
pub async fn speaking<F, W>(settings: &'static [(u16, u32)], serve: F) -> (Peer, Run, String)
where
    F: Fn(Wire) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = io::Result<()>> + Send + 'static,
{
    let authority = Authority::new("ours");
    let acceptor = authority.acceptor(params("api.test"), &["h2"]);
    let peer = Peer::start(move |visit| {
        let (acceptor, serve) = (acceptor.clone(), serve.clone());
        async move { serve(Wire::open(&acceptor, visit.stream, visit.number, settings).await?).await }
    })
    .await;
    let url = format!("https://api.test:{}/", peer.port);
    let run = Run::reaching(&[&url]).client(authority.client(&names()));
    (peer, run, url)
}

/// A header line that is neither compressed nor remembered (RFC 7541, 6.2.2); name and value below 127 bytes, or the value
/// of any length below 2^21.
pub fn line(name: &str, value: &[u8]) -> Vec<u8> {
    let mut line = vec![0, u8::try_from(name.len()).unwrap()];
    line.extend(name.bytes());
    line.extend(integer(value.len()));
    line.extend(value);
    line
}

/// With a prefix of 7 bits (RFC 7541, 5.1).
fn integer(number: usize) -> Vec<u8> {
    if number < 127 {
        return vec![u8::try_from(number).unwrap()];
    }
    let mut rest = number - 127;
    let mut bytes = vec![127];
    while rest >= 128 {
        bytes.push(u8::try_from(rest % 128).unwrap() | 128);
        rest /= 128;
    }
    bytes.push(u8::try_from(rest).unwrap());
    bytes
}
