//! A server by hyper over TLS, in whichever protocol the handshake chose.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::rt::ReadBufCursor;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::authority::{Authority, names, params};
use super::peer::Run;

/// A server on 127.0.0.1, and the authority that vouches for it as `api.test`.
pub struct Server {
    pub authority: Authority,
    pub port: u16,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// 0 for the first connection.
    pub connection: usize,
    pub version: Version,
    pub authority: Option<String>,
    pub path: String,
    /// In order.
    pub fields: Vec<(String, String)>,
    pub body: String,
}

impl Server {
    /// Speaks `protocols`. Each request is answered by `serve` once all of it is there.
    pub async fn start<F, W>(protocols: &[&str], streams: u32, serve: F) -> Self
    where
        F: Fn(Seen) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = String> + Send + 'static,
    {
        let authority = Authority::new("ours");
        let acceptor = authority.acceptor(params("api.test"), protocols);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { authority, port, connections: Arc::default(), seen: Arc::default() };
        let (connections, seen) = (server.connections.clone(), server.seen.clone());
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let number = connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, serve, seen) = (acceptor.clone(), serve.clone(), seen.clone());
                tokio::spawn(async move { connection(acceptor, tcp, number, streams, serve, seen).await });
            }
        });
        server
    }

    pub async fn hello(protocols: &[&str]) -> Self {
        Self::start(protocols, 100, async |_| "hello".to_owned()).await
    }

    pub fn url(&self) -> String {
        format!("https://api.test:{}/", self.port)
    }

    pub fn run(&self) -> Run {
        Run::reaching(&[&self.url()]).client(self.authority.client(&names()))
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn connection<F, W>(
    acceptor: TlsAcceptor,
    tcp: TcpStream,
    number: usize,
    streams: u32,
    serve: F,
    seen: Arc<Mutex<Vec<Seen>>>,
) where
    F: Fn(Seen) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = String> + Send + 'static,
{
    let Ok(stream) = acceptor.accept(tcp).await else { return };
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let answer = service_fn(move |request: Request<Incoming>| {
        let (serve, seen) = (serve.clone(), seen.clone());
        async move {
            let request = read(number, request).await;
            seen.lock().unwrap().push(request.clone());
            let body = serve(request).await;
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(body))))
        }
    });
    let _ = match http2 {
        true => {
            let mut builder = hyper::server::conn::http2::Builder::new(Spawner);
            builder.max_concurrent_streams(streams).serve_connection(Io(stream), answer).await
        }
        false => hyper::server::conn::http1::Builder::new().serve_connection(Io(stream), answer).await,
    };
}

async fn read(connection: usize, request: Request<Incoming>) -> Seen {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_or_else(|error| format!("<{error}>").into(), |body| body.to_bytes());
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Seen {
        connection,
        version: parts.version,
        authority: parts.uri.authority().map(ToString::to_string),
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        fields: parts.headers.iter().map(text).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

#[derive(Clone)]
struct Spawner;

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Spawner {
    fn execute(&self, task: F) {
        tokio::spawn(task);
    }
}

struct Io(TlsStream<TcpStream>);

impl hyper::rt::Read for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; 4096];
        let room = into.remaining().min(bytes.len());
        let mut read = ReadBuf::new(&mut bytes[..room]);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut read))?;
        into.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
