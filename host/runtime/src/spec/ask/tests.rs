use super::*;
use crate::limits::table::Limit;

fn refusal(text: &str) -> AskError {
    Ask::from_json(text).unwrap_err()
}

#[test]
fn an_ask_says_all_that_it_can_and_comes_back_as_it_was() {
    let text = r#"{
        "action": "contacts", "input": {"page": [1, "\u0041"]}, "args": ["--month", "2026-10"], "env": {"LANG": "C"},
        "hosts": ["GET api.hubapi.com/crm/v3", "http://localhost:8080"], "private-hosts": ["localhost"],
        "secrets": ["HUBSPOT_API_KEY"], "strict-egress": true, "limits": {"wall": "2m", "http-calls": 20, "memory": "64MiB"}
    }"#;
    let ask = Ask::from_json(text).unwrap();
    assert_eq!((ask.action.as_str(), ask.input.as_deref()), ("contacts", Some(r#"{"page": [1, "\u0041"]}"#)));
    assert_eq!(
        (&*ask.args, &*ask.env),
        (&["--month", "2026-10"].map(str::to_owned)[..], &[("LANG".to_owned(), "C".to_owned())][..])
    );
    assert_eq!(
        ask.hosts.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["GET api.hubapi.com/crm/v3", "http://localhost:8080"]
    );
    assert_eq!((ask.private_hosts.len(), ask.secrets.as_ref().map(Vec::len), ask.strict_egress), (1, Some(1), true));
    let limits = [Limit::Wall, Limit::HttpCalls, Limit::Memory, Limit::Cpu].map(|limit| ask.limits.amount(limit));
    assert_eq!(limits, [Some(120_000), Some(20), Some(64 << 20), None]);
    let written = serde_json::to_string(&ask).unwrap();
    assert_eq!(serde_json::from_str::<Ask>(&written).unwrap(), ask);
}

/// One that names neither came back as another, or not at all.
#[test]
fn an_ask_without_input_and_secrets_comes_back_as_it_was() {
    for text in ["{}", r#"{"input": null}"#, r#"{"secrets": []}"#] {
        let ask = Ask::from_json(text).unwrap();
        let written = serde_json::to_string(&ask).unwrap();
        assert_eq!(serde_json::from_str::<Ask>(&written).unwrap(), ask, "{written}");
    }
    assert!(matches!(refusal(r#"{"secrets": null}"#), AskError::At { fault: PolicyFault::Type { .. }, .. }));
}

#[test]
fn an_empty_ask_asks_for_nothing() {
    assert_eq!(Ask::from_json(" {} ").unwrap(), Ask::default());
    assert_eq!(Ask::from_json(r#"{"secrets": []}"#).unwrap().secrets, Some(Vec::new()));
    assert_eq!(Ask::from_json(r#"{"input": null}"#).unwrap().input.as_deref(), Some("null"));
}

#[test]
fn what_does_not_fit_is_told_with_its_place_and_without_its_text() {
    for (text, line, column) in [
        ("[]", 1, 1),
        ("7", 1, 1),
        (r#"{"host": []}"#, 1, 2),
        ("{\n \"args\": {}}", 2, 10),
        (r#"{"args": ["a", 1]}"#, 1, 16),
        (r#"{"args": [["hunter22"]]}"#, 1, 11),
        (r#"{"env": "hunter22"}"#, 1, 9),
        (r#"{"env": {"A": 1}}"#, 1, 15),
        (r#"{"env": {"A": "1", "A": "2"}}"#, 1, 20),
        (r#"{"args": [], "args": []}"#, 1, 14),
        (r#"{"hosts": ["ftp://hunter22"]}"#, 1, 12),
        (r#"{"secrets": ["A KEY"]}"#, 1, 14),
        (r#"{"strict-egress": "yes"}"#, 1, 19),
        (r#"{"limits": {"ram": 1}}"#, 1, 13),
        (r#"{"limits": {"wall": 30}}"#, 1, 21),
        (r#"{"limits": {"memory": -1}}"#, 1, 23),
        (r#"{"limits": {"http-connections": 0}}"#, 1, 33),
    ] {
        match refusal(text) {
            AskError::At { line: found, column: at, fault } => {
                assert_eq!((found, at), (line, column), "{text}: {fault}");
                let own = matches!(fault, PolicyFault::Host(_));
                assert!(own || !fault.to_string().contains("hunter22"), "{fault}");
            }
            other => panic!("{text}: {other}"),
        }
    }
    for text in ["", "{", "{} {}", "hunter22", r#"{"input": hunter22}"#] {
        let refusal = refusal(text);
        assert!(matches!(refusal, AskError::Json(_)) && !refusal.to_string().contains("hunter22"), "{refusal}");
    }
}

#[test]
fn keys_that_mean_something_to_a_parser_mean_nothing_here() {
    let hostile = r#"{"$serde_json::private::RawValue": "{}"}"#;
    assert!(matches!(refusal(hostile), AskError::At { fault: PolicyFault::UnknownKey { .. }, .. }));
    let inside = format!(r#"{{"input": {hostile}}}"#);
    assert_eq!(Ask::from_json(&inside).unwrap().input.as_deref(), Some(hostile));
    let deep = format!(r#"{{"input": {}{}}}"#, "[".repeat(600), "]".repeat(600));
    assert!(matches!(refusal(&deep), AskError::Json(JsonError::Depth(_))));
}

#[test]
fn an_ask_is_bounded() {
    let texts = |count: usize| vec!["\"a\""; count].join(",");
    assert!(Ask::from_json(&format!(r#"{{"args": [{}]}}"#, texts(MAX_ITEMS))).is_ok());
    let many = refusal(&format!(r#"{{"args": [{}]}}"#, texts(MAX_ITEMS + 1)));
    assert!(matches!(many, AskError::At { fault: PolicyFault::Many { most: MAX_ITEMS }, .. }), "{many}");
    let made = Ask { args: vec![String::new(); MAX_ITEMS + 1], ..Ask::default() };
    assert_eq!(made.check(), Err(AskError::TooMany { what: "arguments", most: MAX_ITEMS }));
    let large = |bytes: usize| Ask { args: vec!["x".repeat(bytes)], ..Ask::default() }.check();
    assert_eq!(
        (large(MAX_ITEM_BYTES), large(MAX_ITEM_BYTES + 1)),
        (Ok(()), Err(AskError::TooLarge { what: "arguments" }))
    );
    for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0")] {
        let ask = Ask { env: vec![(name.to_owned(), value.to_owned())], ..Ask::default() };
        assert_eq!(ask.check(), Err(AskError::Variable { number: 1 }));
    }
    let twice = Ask { env: vec![("A".to_owned(), "1".to_owned()), ("A".to_owned(), "2".to_owned())], ..Ask::default() };
    assert_eq!(twice.check(), Err(AskError::Twice { number: 2 }));
    assert_eq!(refusal(&" ".repeat(MAX_ASK_BYTES + 1)), AskError::TooLong);
}
