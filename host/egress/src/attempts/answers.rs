//! Answers that would take a sealed value to the guest.

use super::world::{World, is_spilled, request};
use crate::error::egress::EgressError;
use crate::error::response::ResponseFault;

/// How the server says the value back.
const WAYS: [&str; 31] = [
    "raw",
    "base64",
    "base64-twice",
    "lines",
    "basic",
    "hex",
    "percent",
    "upper",
    "lower",
    "reversed",
    "json",
    "twice",
    "trickled",
    "pieces",
    "gzip",
    "x-gzip",
    "deflate",
    "br",
    "zstd",
    "gzip-trickled",
    "packed-twice",
    "packed-oddly",
    "utf-16le",
    "utf-16be",
    "header",
    "header-base64",
    "header-name",
    "cookie",
    "location",
    "link",
    "trailers",
];

#[tokio::test]
async fn no_answer_takes_a_sealed_value_to_the_guest() {
    let world = World::new().await;
    for way in WAYS {
        let guest = world.guest().await;
        match guest.send(guest.bearer(&guest.url(&format!("/{way}")))).await {
            Ok(seen) => {
                let all = format!("{}{}", seen.head, seen.body);
                assert!(!seen.holds_token() && !all.contains("ghp_"), "{way}: {seen:?}");
                assert!(all.contains(&guest.token), "{way}: {seen:?}");
            }
            Err(EgressError::Reflected { fault: ResponseFault::Encoding, .. }) if way.starts_with("packed-") => {}
            Err(error) => panic!("{way}: {error}"),
        }
        let unguarded = world.unguarded();
        let seen = unguarded.send(unguarded.bearer(&unguarded.url(&format!("/{way}")))).await.unwrap();
        assert!(seen.holds_token(), "{way}, to a run that knows of nothing sealed: {seen:?}");
    }
}

#[tokio::test]
async fn no_answer_comes_in_a_charset_that_is_not_looked_through() {
    let world = World::new().await;
    for charset in ["utf-32", "utf-7"] {
        let guest = world.guest().await;
        match guest.send(guest.bearer(&guest.url(&format!("/{charset}")))).await {
            Err(EgressError::Reflected { fault: ResponseFault::Charset(name), .. }) => {
                assert_eq!(name.to_string(), charset);
            }
            seen => panic!("{charset}: {seen:?}"),
        }
    }
}

#[tokio::test]
async fn an_answer_to_head_tells_no_more() {
    let world = World::new().await;
    for (guest, shown) in [(world.guest().await, false), (world.unguarded(), true)] {
        let fields = [("authorization", format!("Bearer {}", guest.token))];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let seen = guest.send(request("HEAD", &guest.url("/header"), &fields, "")).await.unwrap();
        assert_eq!((seen.holds_token(), seen.head.contains("content-length")), (shown, shown), "{seen:?}");
    }
}

/// Each part on its own holds too little of the value to be known by.
#[tokio::test]
async fn a_value_does_not_come_in_parts() {
    let world = World::new().await;
    for (guest, shown) in [(world.guest().await, false), (world.unguarded(), true)] {
        let mut joined = String::new();
        for from in (0..50).step_by(10) {
            let (bearer, range) = (format!("Bearer {}", guest.token), format!("bytes={from}-{}", from + 9));
            let fields = [("authorization", bearer.as_str()), ("range", &range)];
            let part = guest.send(request("GET", &guest.url("/part"), &fields, "")).await;
            joined += &part.map_or_else(|_| String::new(), |seen| seen.body);
        }
        assert_eq!(joined == super::world::TOKEN, shown, "{joined}");
        assert_eq!(joined.is_empty(), !shown, "{joined}");
    }
}

#[tokio::test]
async fn a_part_that_nobody_asked_for_is_refused() {
    let world = World::new().await;
    let guest = world.guest().await;
    let part = guest.send(guest.bearer(&guest.url("/part"))).await;
    assert!(matches!(part, Err(EgressError::Reflected { fault: ResponseFault::Partial, .. })), "{part:?}");
}

/// The guest follows where the server sends it, as a library in it would, with what it was given.
#[tokio::test]
async fn a_redirect_takes_the_value_nowhere() {
    let world = World::new().await;
    for (guest, shown) in [(world.guest().await, false), (world.unguarded(), true)] {
        let redirect = guest.send(guest.bearer(&guest.url("/location"))).await.unwrap();
        assert_eq!(redirect.status, 302);
        let location = redirect.head.split("location: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        world.take();
        let away = location.replace("evil.test", &format!("evil.test:{}", guest.away));
        let plain = format!("http://evil.test:{}/", guest.away);
        let followed = [guest.send(guest.bearer(&plain)).await, guest.send(request("GET", &away, &[], "")).await];
        let reached = world.take();
        assert_eq!(is_spilled(&reached), shown, "{followed:?}\n{reached}");
    }
}

#[tokio::test]
async fn a_run_that_has_read_nothing_does_not_get_what_the_server_kept() {
    let world = World::new().await;
    let first = world.guest().await;
    first.send(first.bearer(&first.url("/raw"))).await.unwrap();
    for (second, shown) in [(world.idle(), false), (world.unguarded(), true)] {
        let seen = second.send(request("GET", &second.url("/stored"), &[], "")).await.unwrap();
        assert_eq!(seen.body, if shown { super::world::TOKEN } else { "***" });
    }
}

#[tokio::test]
async fn a_bomb_does_not_reach_the_guest() {
    let world = World::new().await;
    let guest = world.guest().await;
    let refused = guest.send(guest.bearer(&guest.url("/bomb"))).await;
    assert!(matches!(refused, Err(EgressError::Reflected { fault: ResponseFault::TooLarge, .. })));
    assert!(guest.usage().bytes_in < 2 << 20, "{:?}", guest.usage());
}
