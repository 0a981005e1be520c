//! Makes calls of each kind that there is, `URL[,URL…] COUNT [KIND…]`, and says the kind after every 500 of them. What
//! comes out otherwise than that kind should ends the program. Kinds take turns with the URLs.

use std::io::Read;
use std::time::Duration;

use um_action::bindings::wasi::http::outgoing_handler::handle;
use um_action::bindings::wasi::http::types::{
    Fields, FutureIncomingResponse, IncomingBody, OutgoingRequest, RequestOptions, Scheme,
};
use um_action::http::{self, Error, ErrorKind, Request};

/// Makes a call to a server at a URL.
type Call = fn(&str);

/// Each kind of call, and what makes one.
const KINDS: [(&str, Call); 12] = [
    ("plain", |url| whole(http::get(&at(url, "/hello")))),
    ("with time-outs", |url| whole(http::get(&at(url, "/hello")).timeout(Duration::from_secs(30)))),
    ("redirected", |url| whole(limited(http::get(&at(url, "/moved"))))),
    ("to a refused host", |_| {
        fails(limited(http::get("http://refused.test/")), |kind| *kind == ErrorKind::NotAllowed(None))
    }),
    ("refused by method", |url| {
        fails(limited(http::delete(&at(url, "/hello"))), |kind| matches!(kind, ErrorKind::NotAllowed(Some(_))));
    }),
    ("left unread", |url| drop(limited(http::get(&at(url, "/large"))).send().expect("an answer"))),
    ("read in half", |url| {
        let mut answer = limited(http::get(&at(url, "/large"))).send().expect("an answer");
        answer.read_exact(&mut [0; 100]).expect("a part of it");
    }),
    ("with a body", |url| whole(limited(http::post(&at(url, "/hello"))).body("four"))),
    ("broken off", |url| fails(limited(http::get(&at(url, "/broken"))), |kind| matches!(kind, ErrorKind::BrokeOff(_)))),
    ("late", |url| {
        let late = http::get(&at(url, "/never")).timeout(Duration::from_millis(5));
        fails(late, |kind| matches!(kind, ErrorKind::Timeout(Some(_))));
    }),
    ("with trailers", |url| trailers(&raw(url, "/trailers"))),
    ("cancelled", |url| drop(raw(url, "/never"))),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [urls, count, wanted @ ..] = &arguments[..] else { panic!("URL[,URL…] COUNT [KIND…]") };
    let count: usize = count.parse().expect("a number");
    let is_wanted = |kind: &str| wanted.is_empty() || wanted.iter().any(|each| each == kind);
    for ((kind, call), url) in KINDS.iter().zip(urls.split(',').cycle()).filter(|((kind, _), _)| is_wanted(kind)) {
        for number in 1..=count {
            call(url);
            if number % 500 == 0 {
                println!("{kind}: {number}");
            }
        }
    }
}

fn at(url: &str, path: &str) -> String {
    format!("{}{path}", url.trim_end_matches('/'))
}

fn limited(request: Request) -> Request {
    request.timeout(Duration::from_secs(60))
}

fn whole(request: Request) {
    let body = request.send().and_then(http::Response::bytes);
    assert_eq!(body.expect("an answer"), b"hello");
}

fn fails(request: Request, expected: impl Fn(&ErrorKind) -> bool) {
    let error: Error = request.send().and_then(http::Response::bytes).expect_err("an error");
    assert!(expected(error.kind()), "{error}");
}

/// A call with all time-outs, as a program makes it that knows nothing of the SDK.
fn raw(url: &str, path: &str) -> FutureIncomingResponse {
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    request.set_authority(Some(url.trim_start_matches("http://").trim_end_matches('/'))).expect("an authority");
    request.set_path_with_query(Some(path)).expect("a path");
    let (options, minute) = (RequestOptions::new(), Some(60_000_000_000));
    options.set_connect_timeout(minute).expect("a time-out");
    options.set_first_byte_timeout(minute).expect("a time-out");
    options.set_between_bytes_timeout(minute).expect("a time-out");
    handle(request, Some(options)).expect("a call")
}

fn trailers(arriving: &FutureIncomingResponse) {
    arriving.subscribe().block();
    let answer = arriving.get().expect("it is there").expect("it is taken once").expect("an answer");
    let body = answer.consume().expect("a body");
    let stream = body.stream().expect("a stream");
    while stream.blocking_read(1000).is_ok() {}
    drop(stream);
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    let trailers = trailers.get().expect("they are there").expect("they are taken once").expect("no error");
    assert_eq!(trailers.expect("trailers").get("x-sum"), [b"5"]);
}
