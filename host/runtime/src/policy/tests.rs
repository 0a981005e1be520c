use super::*;

fn refusal(text: &str) -> (usize, usize, PolicyFault) {
    match PolicyFile::parse(text).unwrap_err() {
        PolicyError::At { line, column, fault } => (line, column, fault),
        other => panic!("{other}"),
    }
}

#[test]
fn a_policy_says_all_that_the_options_can() {
    let policy = PolicyFile::parse(
        r#"
        hosts = ["api.hubapi.com/crm/v3", "GET *.example.com", { host = "http://localhost:8080", methods = ["HEAD", "GET"] }]
        private-hosts = ["localhost", "[::1]"]
        secrets = ["HUBSPOT_API_KEY"]
        strict-egress = true
        [limits]
        wall = "2m"
        memory = "512MiB"
        http-calls = 1_000
        stdout = 4096
        "#,
    )
    .unwrap();
    let hosts: Vec<String> = policy.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["api.hubapi.com/crm/v3", "GET *.example.com", "GET,HEAD http://localhost:8080"]);
    let private: Vec<String> = policy.private_hosts.iter().map(ToString::to_string).collect();
    assert_eq!(private, ["localhost", "[::1]"]);
    assert_eq!(policy.secrets, Some(vec![SecretName::parse("HUBSPOT_API_KEY").unwrap()]));
    assert!(policy.strict_egress);
    let limits = [Limit::Wall, Limit::Memory, Limit::HttpCalls, Limit::Stdout, Limit::Cpu];
    let amounts = limits.map(|limit| policy.limits.amount(limit));
    assert_eq!(amounts, [Some(120_000), Some(512 << 20), Some(1000), Some(4096), None]);
}

#[test]
fn an_empty_policy_allows_nothing_and_narrows_nothing() {
    let policy = PolicyFile::parse("# nothing\n").unwrap();
    assert!(policy.hosts.is_empty() && policy.private_hosts.is_empty() && !policy.strict_egress);
    assert_eq!((policy.secrets, policy.limits), (None, LimitWishes::default()));
    assert_eq!(PolicyFile::parse("secrets = []").unwrap().secrets, Some(Vec::new()));
}

#[test]
fn an_unknown_key_is_told_with_its_place_and_the_closest_name() {
    for (text, line, column, closest) in [
        ("host = ['a.example']", 1, 1, Some("hosts")),
        ("hosts = []\n\n  private-host = []", 3, 3, Some("private-hosts")),
        ("Strict-Egress = true", 1, 1, Some("strict-egress")),
        ("[limit]\nwall = '1s'", 1, 2, Some("limits")),
        ("[limits]\nhttp-call = 1", 2, 1, Some("http-calls")),
        ("limits.ram = 1", 1, 8, None),
        ("x = 1", 1, 1, None),
        ("hosts = [{host = 'a.example', method = ['GET']}]", 1, 31, Some("methods")),
        // The first of two is told, though it comes later in the alphabet.
        ("zzz = 1\naaa = 1", 1, 1, None),
    ] {
        let (found_line, found_column, fault) = refusal(text);
        assert_eq!((found_line, found_column), (line, column), "{text}");
        assert!(matches!(fault, PolicyFault::UnknownKey { closest: found, .. } if found == closest), "{text}: {fault}");
    }
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    use PolicyFault as Fault;
    type Fits = fn(&Fault) -> bool;
    let cases: [(&str, usize, usize, Fits); 20] = [
        ("hosts = 'a.example'", 1, 9, |fault| matches!(fault, Fault::Type { .. })),
        ("hosts = [1]", 1, 10, |fault| matches!(fault, Fault::Type { .. })),
        ("hosts = ['a.example',\n 'ftp://b.example']", 2, 2, |fault| matches!(fault, Fault::Host(_))),
        ("hosts = [{methods = ['GET']}]", 1, 10, |fault| matches!(fault, Fault::Type { .. })),
        ("hosts = [{host = 'a', methods = ['get']}]", 1, 34, |fault| matches!(fault, Fault::Type { .. })),
        ("hosts = [{host = 'http://a', methods = []}]", 1, 40, |fault| matches!(fault, Fault::Type { .. })),
        ("hosts = [{host = 'a', methods = ['TRACE']}]", 1, 18, |fault| matches!(fault, Fault::Host(_))),
        ("hosts = ['GET 10.0.0.0/8']", 1, 10, |fault| matches!(fault, Fault::Host(_))),
        ("private-hosts = ['127.1']", 1, 18, |fault| matches!(fault, Fault::PrivateHost(_))),
        ("private-hosts = ['http://a']", 1, 18, |fault| matches!(fault, Fault::Type { .. })),
        ("private-hosts = ['localhost:80']", 1, 18, |fault| matches!(fault, Fault::Type { .. })),
        ("secrets = ['A KEY']", 1, 12, |fault| matches!(fault, Fault::Secret(_))),
        ("strict-egress = 'yes'", 1, 17, |fault| matches!(fault, Fault::Type { .. })),
        ("limits = 1", 1, 10, |fault| matches!(fault, Fault::Type { .. })),
        ("limits.wall = 30", 1, 15, |fault| matches!(fault, Fault::Limit(LimitError::Duration { .. }))),
        ("limits.memory = true", 1, 17, |fault| matches!(fault, Fault::Type { .. })),
        ("limits.memory = 0xffffff", 1, 17, |fault| matches!(fault, Fault::Type { .. })),
        ("limits.memory = '12'", 1, 17, |fault| matches!(fault, Fault::Limit(LimitError::Memory))),
        ("hosts = [", 1, 10, |fault| matches!(fault, Fault::Syntax { .. })),
        ("strict-egress = true\nstrict-egress = true", 2, 1, |fault| matches!(fault, Fault::Syntax { .. })),
    ];
    for (text, line, column, fits) in cases {
        let (found_line, found_column, fault) = refusal(text);
        assert!(fits(&fault), "{text}: {fault}");
        assert_eq!((found_line, found_column), (line, column), "{text}: {fault}");
    }
}

#[test]
fn a_policy_has_64_kib_at_most() {
    let padded = |length: usize| format!("#{}", "x".repeat(length - 1));
    assert!(PolicyFile::parse(&padded(MAX_POLICY_BYTES)).is_ok());
    assert_eq!(PolicyFile::parse(&padded(MAX_POLICY_BYTES + 1)).unwrap_err(), PolicyError::TooLong);
}

#[test]
fn a_deeply_nested_text_is_refused_and_does_not_exhaust_the_stack() {
    let nested = format!("hosts = {}", "[".repeat(60_000));
    assert!(PolicyFile::parse(&nested).is_err());
}

/// Tables in each other by their keys, in tables in each other: each is bounded, and was not both together.
#[test]
fn dotted_keys_in_nested_tables_do_not_exhaust_the_stack_either() {
    let opened = format!("{}x = {{", "x.".repeat(78)).repeat(78);
    for text in [format!("{opened}{}", "}".repeat(78)), opened.clone(), format!("{opened}x = ]")] {
        assert!(text.len() < MAX_POLICY_BYTES);
        let small = std::thread::Builder::new().stack_size(1 << 20);
        let parsed = small.spawn(move || PolicyFile::parse(&text).is_err()).unwrap();
        assert!(parsed.join().unwrap());
    }
}

/// A policy took no `_` in methods that every other place took.
#[test]
fn a_method_is_one_in_a_policy_where_it_is_one_in_front_of_a_host() {
    let longest = "M".repeat(32);
    for (method, is_one) in [
        ("GET", true),
        ("X_Y", true),
        ("M-SEARCH", true),
        (&longest, true),
        (&format!("{longest}M"), false),
        ("get", false),
        ("G3T", false),
        ("GET POST", false),
        ("TRACE", false),
        ("CONNECT", false),
        ("", false),
    ] {
        let list = PolicyFile::parse(&format!("hosts = [{{host = 'a.example', methods = ['{method}']}}]"));
        assert_eq!(list.is_ok(), is_one, "{method}");
        assert_eq!(Rule::parse(&format!("{method} a.example")).is_ok(), is_one, "{method}");
        if let Ok(policy) = list {
            assert_eq!(policy.hosts, [Rule::parse(&format!("{method} a.example")).unwrap()]);
        }
    }
}

/// An empty list of methods allowed every method: the least that can be written was the most.
#[test]
fn an_empty_list_of_methods_is_refused_and_none_at_all_is_every_method() {
    let (_, _, fault) = refusal("hosts = [{ methods = [], host = 'a.example' }]");
    assert!(fault.to_string().starts_with("expected at least one method"), "{fault}");
    let every = PolicyFile::parse("hosts = [{ host = 'a.example' }]").unwrap();
    assert_eq!(every.hosts, [Rule::parse("a.example").unwrap()]);
    let one = PolicyFile::parse("hosts = [{ host = 'a.example', methods = ['GET'] }]").unwrap();
    assert_eq!(one.hosts, [Rule::parse("GET a.example").unwrap()]);
}

#[test]
fn a_private_address_of_ipv6_needs_no_brackets() {
    let hosts = |text: &str| PolicyFile::parse(text).map(|policy| policy.private_hosts);
    let bracketed = hosts("private-hosts = ['[::1]', '[fd00::7]']").unwrap();
    assert_eq!(hosts("private-hosts = ['::1', 'fd00::7']").unwrap(), bracketed);
    for text in ["private-hosts = ['::g']", "private-hosts = ['[::1]:80']", "private-hosts = ['::1%eth0']"] {
        assert!(hosts(text).is_err(), "{text}");
    }
}
