//! Servers that tests start, a resolver that answers what a test says, and a run's side of a request.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, Full};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};
use um_base::Work;
use um_base::rule::{HostName, Rule};
use um_egress::{Body, Budget, Client, EgressError, Meter, Phase, Policy, Resolve, Timeouts, Waits};
use um_secret::WorkspaceName;

pub const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A server on 127.0.0.1 that counts its connections and keeps what it was sent.
pub struct Peer {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// One connection of a [`Peer`].
pub struct Visit<S = TcpStream> {
    /// 0 for the first connection.
    pub number: usize,
    pub stream: S,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// Every connection is served by `serve`.
    pub async fn start<F, W>(serve: F) -> Self
    where
        F: Fn(Visit) -> W + Send + 'static,
        W: Future<Output = io::Result<()>> + Send + 'static,
    {
        Self::listening(TcpListener::bind("127.0.0.1:0").await.unwrap(), serve)
    }

    fn listening<F, W>(listener: TcpListener, serve: F) -> Self
    where
        F: Fn(Visit) -> W + Send + 'static,
        W: Future<Output = io::Result<()>> + Send + 'static,
    {
        let port = listener.local_addr().unwrap().port();
        let peer = Self { port, connections: Arc::default(), requests: Arc::default() };
        let (connections, requests) = (peer.connections.clone(), peer.requests.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(Visit { number, stream, requests: requests.clone() }));
            }
        });
        peer
    }

    /// Answers every request with the same bytes, for as long as the connection lasts.
    pub async fn answering(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::start(move |visit| visit.answer_all(answer.clone())).await
    }

    /// One more at another address of this machine, on the port of `other`.
    ///
    /// # Errors
    /// If the machine has no such address.
    pub async fn beside(other: &Self, address: &str, answer: impl Into<String>) -> io::Result<Self> {
        let answer = answer.into();
        let listener = TcpListener::bind((address, other.port)).await?;
        Ok(Self::listening(listener, move |visit| visit.answer_all(answer.clone())))
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Head and body of each request, as they came over the wire.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Visit<S> {
    pub async fn answer_all(mut self, answer: String) -> io::Result<()> {
        while self.read_request().await.is_ok() {
            self.stream.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }

    /// Reads one request and then writes `answer`.
    pub async fn answer(&mut self, answer: impl AsRef<[u8]>) -> io::Result<()> {
        self.read_request().await?;
        self.stream.write_all(answer.as_ref()).await
    }

    pub async fn read_request(&mut self) -> io::Result<()> {
        let (mut text, mut body_begun) = (String::new(), false);
        // A long head is not looked through at each of its bytes.
        while !(body_begun && is_whole(&text)) {
            match self.stream.read_u8().await {
                Ok(byte) => {
                    text.push(char::from(byte));
                    body_begun |= text.ends_with("\r\n\r\n");
                }
                Err(error) => {
                    let note = if text.is_empty() { vec![] } else { vec![text + "<cut>"] };
                    self.requests.lock().unwrap().extend(note);
                    return Err(error);
                }
            }
        }
        self.requests.lock().unwrap().push(text);
        Ok(())
    }

    /// The request that was read last, on any connection.
    pub fn last_request(&self) -> String {
        self.requests.lock().unwrap().last().cloned().unwrap_or_default()
    }

    /// Waits until the other side has closed the connection.
    pub async fn closed(&mut self) {
        let mut rest = [0; 1024];
        while !matches!(self.stream.read(&mut rest).await, Ok(0) | Err(_)) {}
    }
}

impl Visit {
    /// The same connection behind a handshake.
    pub async fn secured<T>(self, shake: impl AsyncFnOnce(TcpStream) -> io::Result<T>) -> io::Result<Visit<T>> {
        let Self { number, stream, requests } = self;
        Ok(Visit { number, stream: shake(stream).await?, requests })
    }
}

/// A request's body in pieces, whose length it does not know beforehand.
pub struct Pieces {
    pieces: VecDeque<io::Result<&'static str>>,
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Pieces {
    pub fn new(pieces: impl IntoIterator<Item = &'static str>) -> Self {
        Self { pieces: pieces.into_iter().map(Ok).collect(), pause: Duration::ZERO, waiting: None }
    }

    /// Waits before each piece and before the end.
    pub fn pausing(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Breaks off instead of ending.
    pub fn breaking_off(mut self) -> Self {
        self.pieces.push_back(Err(io::ErrorKind::BrokenPipe.into()));
        self
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let pause = self.pause;
        ready!(self.waiting.get_or_insert_with(|| Box::pin(sleep(pause))).as_mut().poll(cx));
        self.waiting = None;
        let piece = self.pieces.pop_front();
        Poll::Ready(piece.map(|piece| piece.map(|text| Frame::data(Bytes::from_static(text.as_bytes())))))
    }
}

/// Whether the text is a request with all of its body.
fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    if head.contains("\r\ntransfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n");
    }
    let length = head.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// Gives each name its answers in turn, the last one for ever, and keeps what it was asked.
#[derive(Default)]
pub struct Names {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub fn new<const N: usize>(answers: [(&str, &[&[&str]]); N]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        let answers = answers.iter().map(|(name, list)| ((*name).to_owned(), list.iter().map(parse).collect()));
        Arc::new(Self { answers: Mutex::new(answers.collect()), asked: Mutex::default() })
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str, _: &Work) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(name.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let list = answers.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(if list.len() > 1 { list.remove(0) } else { list[0].clone() })
    }
}

/// A run's side: what it may reach, and what it has used.
pub struct Run {
    pub client: Client,
    pub workspace: WorkspaceName,
    pub policy: Policy,
    pub meter: Arc<Meter>,
    pub waits: Waits,
}

impl Run {
    /// May reach what `entries` permit, also where their hosts are inside.
    pub fn reaching(entries: &[&str]) -> Self {
        let lifted = entries.iter().map(|entry| host_of(entry));
        let run = Self::outside(entries);
        Self { policy: lifted.fold(run.policy.clone(), Policy::allow_private), ..run }
    }

    /// May reach what `entries` permit, but nothing inside.
    pub fn outside(entries: &[&str]) -> Self {
        let entries = entries.iter().map(|entry| Rule::parse(entry).unwrap_or_else(|error| panic!("{error}")));
        Self {
            client: Client::new(),
            workspace: WorkspaceName::parse("default").unwrap(),
            policy: Policy::new(entries.collect()),
            meter: Arc::new(Meter::new(Budget::default())),
            waits: Waits::default(),
        }
    }

    pub fn to(peer: &Peer) -> Self {
        Self::reaching(&[&peer.url("")])
    }

    pub fn client(self, client: Client) -> Self {
        Self { client, ..self }
    }

    pub fn resolver(self, names: &Arc<Names>) -> Self {
        let client = Client::builder().resolver(names.clone()).build().unwrap();
        Self { client, ..self }
    }

    pub fn budget(self, budget: Budget) -> Self {
        Self { meter: Arc::new(Meter::new(budget)), ..self }
    }

    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { waits: timeouts.into(), ..self }
    }

    pub fn workspace(self, name: &str) -> Self {
        Self { workspace: WorkspaceName::parse(name).unwrap(), ..self }
    }

    pub async fn send<B>(&self, request: Request<B>) -> Result<Response<Body>, EgressError>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
    {
        self.client.send(&self.workspace, &self.policy, &self.meter, request, self.waits).await
    }

    pub async fn fetch(&self, url: &str) -> Result<Response<Body>, EgressError> {
        self.send(request(url)).await
    }

    /// Status and body of an answer that is read to its end.
    pub async fn read(&self, url: &str) -> Result<(u16, String), EgressError> {
        read(self.fetch(url).await?).await
    }
}

pub async fn read(response: Response<Body>) -> Result<(u16, String), EgressError> {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

pub fn request(url: &str) -> Request<Empty<Bytes>> {
    Request::get(url).body(Empty::new()).unwrap_or_else(|error| panic!("{url}: {error}"))
}

pub fn post(url: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post(url).body(Full::new(body.into())).unwrap()
}

/// Time-outs of which only that of `phase` can pass in a test.
pub fn a_moment_for(phase: Phase) -> Timeouts {
    let moment = Duration::from_millis(150);
    match phase {
        Phase::Connect => Timeouts { connect: moment, ..Timeouts::default() },
        Phase::FirstByte => Timeouts { first_byte: moment, ..Timeouts::default() },
        Phase::BetweenBytes => Timeouts { between_bytes: moment, ..Timeouts::default() },
    }
}

fn host_of(entry: &str) -> HostName {
    let rest = entry.rsplit("://").next().unwrap_or(entry).trim_start_matches("*.");
    let authority = rest.split('/').next().unwrap_or(rest);
    let end = authority.rfind(':').filter(|_| !authority.ends_with(']')).unwrap_or(authority.len());
    HostName::parse(&authority[..end]).unwrap()
}
