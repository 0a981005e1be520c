//! What the client keeps from a plan before it is made: a plan holds on its own, too.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;

use super::world::{Pieces, TOKEN, request};
use crate::error::request::SealedFault;
use crate::request::placeholder::Placeholder;
use crate::request::plan::{BodyPlan, Plan};
use crate::request::sealed::{Sealed, SealedSet};
use um_base::Coded;
use um_base::rule::{Placement, Rule};
use um_secret::{Binding, SecretName, SecretValue};

const API: &str = "https://api.example.com/v1/contacts";

/// A run with these secrets, by placement, and their placeholders.
fn run<const N: usize>(placements: [Placement; N]) -> (SealedSet, [String; N]) {
    let secrets = placements.map(|placement| {
        let binding = Binding::new(Rule::parse("api.example.com").unwrap(), placement).unwrap();
        let value = SecretValue::new(TOKEN.to_owned()).ok().unwrap();
        let name = SecretName::parse("TOKEN").unwrap();
        Arc::new(Sealed { name, placeholder: Placeholder::new(), value, bindings: vec![binding] })
    });
    let texts = secrets.each_ref().map(|sealed| sealed.placeholder.to_string());
    (SealedSet::new(secrets), texts)
}

fn header(name: &str) -> Placement {
    Placement::Header(name.to_owned())
}

fn place(set: &SealedSet, request: Request<Pieces>) -> Result<(Plan, Request<Pieces>), SealedFault> {
    let rule = Rule::parse("api.example.com").unwrap();
    let (parts, body) = request.into_parts();
    let plan = set.plan(rule.origin().unwrap(), &parts, true)?;
    Ok((plan, Request::from_parts(parts, body)))
}

#[test]
fn what_the_client_refuses_by_itself_is_refused_here_too() {
    type Ask = fn(&str) -> Request<Pieces>;
    let asks: [(&str, &str, Placement, Ask); 5] = [
        ("TRACE", "sealed-method", header("X-A"), |text| request("TRACE", API, &[("x-a", text)], "")),
        ("CONNECT", "sealed-method", header("X-A"), |text| request("connect", API, &[("x-a", text)], "")),
        ("the host", "placeholder-misplaced", header("X-A"), |text| {
            request("GET", &format!("https://{text}.example.com/"), &[], "")
        }),
        ("the user in the url", "placeholder-misplaced", header("X-A"), |text| {
            request("GET", &format!("https://{text}@api.example.com/"), &[], "")
        }),
        // As an older store may have it.
        ("a denied field", "sealed-denied-field", header("Cookie"), |text| {
            request("GET", API, &[("cookie", text)], "")
        }),
    ];
    for (what, code, placement, ask) in asks {
        let (set, [text]) = run([placement]);
        let refused = place(&set, ask(&text)).map(drop).unwrap_err();
        assert_eq!(refused.code(), code, "{what}: {refused}");
    }
}

#[test]
fn a_held_body_has_a_limit() {
    let (set, _) = run([Placement::Body("token".to_owned())]);
    let (mut plan, _) = place(&set, request("POST", API, &[("content-type", "application/json")], "")).unwrap();
    let BodyPlan::Hold { at_most } = plan.body() else { panic!("a field of the body is bound") };
    assert!(plan.fill_body(&Bytes::from(vec![b' '; at_most])).is_ok());
    assert_eq!(plan.fill_body(&Bytes::from(vec![b' '; at_most + 1])), Err(SealedFault::BodyTooLong));
}

#[test]
fn a_url_leaves_room_for_any_value_whatever_its_length() {
    let (set, [text]) = run([Placement::Query("key".to_owned())]);
    let long = |length| request("GET", &format!("{API}?key={text}&x={}", "x".repeat(length)), &[], "");
    assert!(place(&set, long(50_000)).is_ok());
    assert!(matches!(place(&set, long(60_000)), Err(SealedFault::TargetTooLong)));
}

#[test]
fn a_value_goes_in_once_however_often_it_is_put_in() {
    let (set, [text, key]) = run([header("X-A"), Placement::Query("key".to_owned())]);
    let (plan, request) = place(&set, request("GET", &format!("{API}?key={key}"), &[("x-a", &text)], "")).unwrap();
    let (parts, _) = request.into_parts();
    let (mut headers, mut uri) = (parts.headers, parts.uri.path_and_query().unwrap().clone().into());
    for _ in 0..3 {
        plan.fill(&mut headers, &mut uri);
        assert_eq!((headers["x-a"].as_bytes(), uri.query()), (TOKEN.as_bytes(), Some(&*format!("key={TOKEN}"))));
    }
}
