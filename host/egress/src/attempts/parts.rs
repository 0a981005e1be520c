//! What the client keeps from the parts of this module before they see it: each part holds on its own, too.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;

use super::world::{Pieces, TOKEN, request};
use crate::error::sealed::{ResponseFault, SealedFault};
use crate::guards::{Guard, Guards};
use crate::request::placeholder::Placeholder;
use crate::request::placeholder_scan::Watched;
use crate::request::plan::{BodyPlan, Plan};
use crate::request::sealed::{Sealed, SealedSet};
use crate::response::filtered::filter_head;
use crate::response::sealed_search::matcher::{Reflection, Reflections};
use um_base::rule::{Placement, Rule};
use um_secret::{Binding, SecretName, SecretValue};

const API: &str = "https://api.example.com/v1/contacts";

/// A run with these secrets, by placement, and their placeholders.
fn run<const N: usize>(guards: Guards, placements: [Placement; N]) -> (SealedSet, [String; N]) {
    let secrets = placements.map(|placement| {
        let binding = Binding::new(Rule::parse("api.example.com").unwrap(), placement).unwrap();
        let value = SecretValue::new(TOKEN.to_owned()).ok().unwrap();
        let name = SecretName::parse("TOKEN").unwrap();
        Arc::new(Sealed { name, placeholder: Placeholder::new(), value, bindings: vec![binding] })
    });
    let texts = secrets.each_ref().map(|sealed| sealed.placeholder.to_string());
    (SealedSet::new(secrets).with_guards(guards), texts)
}

fn header(name: &str) -> Placement {
    Placement::Header(name.to_owned())
}

fn place(set: &SealedSet, request: Request<Pieces>) -> Result<(Plan, Request<Pieces>), SealedFault> {
    let rule = Rule::parse("api.example.com").unwrap();
    let (parts, body) = request.into_parts();
    let plan = set.place(rule.origin().unwrap(), &parts, true)?;
    Ok((plan, Request::from_parts(parts, body)))
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn what_the_client_refuses_by_itself_is_refused_here_too_but_without_its_guard() {
    type Ask = fn(&str) -> Request<Pieces>;
    let asks: [(&str, Guard, Placement, Ask); 5] = [
        ("TRACE", Guard::Method, header("X-A"), |text| request("TRACE", API, &[("x-a", text)], "")),
        ("CONNECT", Guard::Method, header("X-A"), |text| request("connect", API, &[("x-a", text)], "")),
        ("the host", Guard::Site, header("X-A"), |text| {
            request("GET", &format!("https://{text}.example.com/"), &[], "")
        }),
        ("the user in the url", Guard::Site, header("X-A"), |text| {
            request("GET", &format!("https://{text}@api.example.com/"), &[], "")
        }),
        // As an older store may have it.
        ("a denied field", Guard::Field, header("Cookie"), |text| request("GET", API, &[("cookie", text)], "")),
    ];
    for (what, guard, placement, ask) in asks {
        let (guarded, [text]) = run(Guards::default(), [placement.clone()]);
        assert!(place(&guarded, ask(&text)).is_err(), "{what}");
        let (open, [text]) = run(Guards::without(guard), [placement]);
        assert!(place(&open, ask(&text)).is_ok(), "{what}, without {guard:?}");
    }
}

#[test]
fn trailers_of_a_body_are_looked_through_but_without_their_guard() {
    for (guards, passes) in [(Guards::default(), false), (Guards::without(Guard::Site), true)] {
        let (set, [text]) = run(guards, [header("X-A")]);
        let trailers: HeaderMap = [("x-note".parse().unwrap(), text.parse().unwrap())].into_iter().collect();
        let body = Pieces { trailers: Some(trailers), ..Pieces::of("data", 4) };
        assert_eq!(block_on(Watched::new(body, &set).collect()).is_ok(), passes);
    }
}

#[test]
fn a_held_body_has_a_limit() {
    let (set, _) = run(Guards::default(), [Placement::Body("token".to_owned())]);
    let (mut plan, _) = place(&set, request("POST", API, &[("content-type", "application/json")], "")).unwrap();
    let BodyPlan::Hold { at_most } = plan.body() else { panic!("a field of the body is bound") };
    assert!(plan.fill_body(&Bytes::from(vec![b' '; at_most])).is_ok());
    assert_eq!(plan.fill_body(&Bytes::from(vec![b' '; at_most + 1])), Err(SealedFault::BodyTooLong));
}

#[test]
fn a_url_leaves_room_for_any_value_whatever_its_length() {
    let (set, [text]) = run(Guards::default(), [Placement::Query("key".to_owned())]);
    let long = |length| request("GET", &format!("{API}?key={text}&x={}", "x".repeat(length)), &[], "");
    assert!(place(&set, long(50_000)).is_ok());
    assert!(matches!(place(&set, long(60_000)), Err(SealedFault::TargetTooLong)));
}

#[test]
fn a_value_goes_in_once_however_often_it_is_put_in() {
    let (set, [text, key]) = run(Guards::default(), [header("X-A"), Placement::Query("key".to_owned())]);
    let (plan, request) = place(&set, request("GET", &format!("{API}?key={key}"), &[("x-a", &text)], "")).unwrap();
    let (parts, _) = request.into_parts();
    let (mut headers, mut uri) = (parts.headers, parts.uri.path_and_query().unwrap().clone().into());
    for _ in 0..3 {
        plan.fill(&mut headers, &mut uri);
        assert_eq!((headers["x-a"].as_bytes(), uri.query()), (TOKEN.as_bytes(), Some(&*format!("key={TOKEN}"))));
    }
}

fn reflections() -> Reflections {
    Reflections::new([Reflection { value: TOKEN, replacement: "***".to_owned() }])
}

#[test]
fn an_answer_loses_what_measures_its_body() {
    const KEPT: [&str; 2] = ["content-type", "last-modified"];
    let measures =
        ["content-length", "content-encoding", "content-md5", "content-digest", "repr-digest", "digest", "etag"];
    let more = ["content-range", "x-goog-hash", "x-amz-checksum-sha256", "x-ms-content-crc64"];
    let named = KEPT.iter().chain(&measures).chain(&more);
    let answer = named.fold(Response::builder(), |answer, name| {
        answer.header(*name, if *name == "content-encoding" { "identity" } else { "41" })
    });
    let (parts, body) = answer.body(Pieces::of(TOKEN, 5)).unwrap().into_parts();
    let (parts, body) = filter_head(parts, body.map_err(|_| ResponseFault::Corrupt), &reflections()).unwrap();
    assert_eq!(parts.headers.keys().map(http::HeaderName::as_str).collect::<Vec<_>>(), KEPT);
    assert_eq!(block_on(body.collect()).unwrap().to_bytes(), "***");
}

#[test]
fn a_body_that_breaks_off_does_not_let_out_what_was_held_back() {
    struct Broken(Pieces);

    impl Body for Broken {
        type Data = Bytes;
        type Error = ResponseFault;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, ResponseFault>>> {
            match Pin::new(&mut self.0).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(frame))),
                _ => Poll::Ready(Some(Err(ResponseFault::Truncated))),
            }
        }
    }

    let (parts, body) = Response::new(Broken(Pieces::of(&TOKEN[..40], 40))).into_parts();
    let (_, mut body) = filter_head(parts, body, &reflections()).unwrap();
    assert!(block_on(body.frame()).unwrap().is_err());
    assert!(block_on(body.frame()).is_none());
}
