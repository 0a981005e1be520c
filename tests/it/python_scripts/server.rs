//! The service that a script calls: real HTTP on loopback, answered by a closure of the test.
//!
//! The closure asserts what it is sent. An assertion that fails is a complaint; the script gets a 500, and the test fails
//! when it comes to [`Server::satisfied`].

use std::any::Any;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

#[path = "../../../examples/crm/src/io.rs"]
mod io;

/// What a script has sent, with its whole body.
pub type Call = Request<Bytes>;
pub type Answer = Response<Bytes>;

/// Serves for as long as the test process lives.
pub struct Server {
    pub url: String,
    journal: Arc<Journal>,
}

#[derive(Default)]
struct Journal {
    calls: AtomicUsize,
    complaints: Mutex<Vec<String>>,
}

impl Server {
    /// Has `serve` answer every call, those of several connections at once.
    pub fn start(serve: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a socket can be told not to block");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let journal = Arc::<Journal>::default();
        let (serve, journal_of_calls) = (Arc::new(serve), Arc::clone(&journal));
        std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
            runtime.block_on(accept(listener, serve, journal_of_calls));
        });
        Self { url, journal }
    }

    /// Fails unless all calls were as the closure wants them.
    #[track_caller]
    pub fn untroubled(&self) {
        let complaints = self.journal.complaints.lock().unwrap();
        assert!(complaints.is_empty(), "the service was sent something else: {complaints:#?}");
    }

    /// Fails unless there were so many calls, all of them as the closure wants them.
    #[track_caller]
    pub fn satisfied(&self, calls: usize) {
        self.untroubled();
        assert_eq!(self.journal.calls.load(Ordering::SeqCst), calls, "calls that the service got");
    }
}

async fn accept<S>(listener: std::net::TcpListener, serve: Arc<S>, journal: Arc<Journal>)
where
    S: Fn(&Call) -> Answer + Send + Sync + 'static,
{
    let listener = TcpListener::from_std(listener).expect("the socket does not block");
    while let Ok((stream, _)) = listener.accept().await {
        let (serve, journal) = (Arc::clone(&serve), Arc::clone(&journal));
        let respond = service_fn(move |request: Request<hyper::body::Incoming>| {
            let (serve, journal) = (Arc::clone(&serve), Arc::clone(&journal));
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                let answer = answer(serve, &journal, Request::from_parts(head, body)).await;
                Ok::<_, Infallible>(answer.map(Full::new))
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(io::Stream(stream), respond));
    }
}

/// On a thread of its own: a closure may wait for other calls.
async fn answer<S>(serve: Arc<S>, journal: &Journal, call: Call) -> Answer
where
    S: Fn(&Call) -> Answer + Send + Sync + 'static,
{
    journal.calls.fetch_add(1, Ordering::SeqCst);
    let line = format!("{} {}", call.method(), call.uri());
    let answer = tokio::task::spawn_blocking(move || serve(&call)).await;
    answer.unwrap_or_else(|panic| {
        let complaint = format!("{line}: {}", words(&*panic.into_panic()));
        journal.complaints.lock().unwrap().push(complaint);
        status(500)
    })
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}

/// An answer with an empty body.
pub fn status(code: u16) -> Answer {
    Response::builder().status(code).body(Bytes::new()).expect("a status that is valid")
}

pub fn json(value: &Value) -> Answer {
    let answer = Response::builder().header("content-type", "application/json");
    answer.body(value.to_string().into()).expect("a head that is valid")
}

/// The one header of this name, empty if it is not there.
#[track_caller]
pub fn header<'a>(call: &'a Call, name: &str) -> &'a str {
    let mut values = call.headers().get_all(name).into_iter();
    let value = values.next().map_or("", |value| value.to_str().expect("headers are text"));
    assert!(values.next().is_none(), "`{name}` was sent more than once");
    value
}

/// The fields of the query, or of a body that is a form.
pub fn fields(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(n, v)| (decode(n), decode(v))).collect()
}

pub fn query(call: &Call) -> Vec<(String, String)> {
    fields(call.uri().query().unwrap_or_default())
}

/// Fails unless these are the fields, in this order.
#[track_caller]
pub fn assert_fields(got: &[(String, String)], expected: &[(&str, &str)]) {
    let got: Vec<_> = got.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(got, expected);
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (byte, length) = match (first, escaped) {
            (b'%', Some(byte)) => (byte, 3),
            (b'+', _) => (b' ', 1),
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8(bytes).expect("fields are UTF-8")
}
