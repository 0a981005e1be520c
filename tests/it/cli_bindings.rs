//! `secrets set --bind …`, word for word: where a secret may go, who puts it there, and what is said about it.

use crate::support::command::{Home, Transcript};

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

fn set<'a>(home: &'a Home, options: &[&str]) -> Transcript<'a> {
    home.um_host(["secrets", "set", "CRM_TOKEN"]).args(options).stdin(VALUE)
}

fn bound(home: &Home) -> serde_json::Value {
    let info = home.um_host(["secrets", "info", "CRM_TOKEN", "--json"]).answer().json();
    serde_json::json!([info["exposure"], info["bindings"]])
}

#[test]
fn bind_seals_and_revealed_does_not() {
    let home = Home::with_store();
    set(&home, &["--bind", "https://API.hubapi.com:443/"])
        .stderr(
            "um-host: stored CRM_TOKEN in workspace `default` (version 1)\n\
             um-host: CRM_TOKEN is sealed: actions get a placeholder, and um-host puts the value into the header \
             Authorization of requests to api.hubapi.com\n",
        )
        .run();
    set(&home, &["--bind", "api.hubapi.com", "--revealed"])
        .stderr(
            "um-host: replaced CRM_TOKEN in workspace `default` (version 2)\n\
             um-host: CRM_TOKEN is revealed: actions get the value, and requests with it go to api.hubapi.com alone\n",
        )
        .run();
    set(&home, &["--bind", "GET,POST api.hubapi.com/crm", "--bind", "http://localhost:8080", "--in", "query:key"])
        .stderr(
            "um-host: replaced CRM_TOKEN in workspace `default` (version 3)\n\
             um-host: CRM_TOKEN is sealed: actions get a placeholder, and um-host puts the value into the parameter key \
             of requests to GET,POST api.hubapi.com/crm, http://localhost:8080\n",
        )
        .run();
}

#[test]
fn a_host_beyond_this_machine_that_has_no_tls_is_told() {
    let home = Home::with_store();
    let told = |host: &str| set(&home, &["--bind", "api.hubapi.com", "--bind", host]).answer().stderr;
    let warning = |host: &str| format!("{host} has no TLS: who is on the way there can read the value\n");
    for host in ["http://crm.example.com", "POST http://10.0.0.7:8080/crm"] {
        assert!(told(host).ends_with(&warning(host)), "{host}: {}", told(host));
    }
    for host in ["crm.example.com", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:80"] {
        assert!(!told(host).contains("TLS"), "{host}");
    }
}

#[test]
fn what_is_not_said_stays_and_bind_names_all_hosts_anew() {
    let home = Home::with_store();
    let binding = |host: &str| {
        serde_json::json!({
            "scheme": "https", "host": host, "port": 443, "methods": [], "path_prefix": null,
            "placement": {"header": "X-Api-Key"},
        })
    };
    set(&home, &["--bind", "a.example.com", "--in", "header:X-Api-Key"]).answer();
    let sealed = serde_json::json!(["sealed", [binding("a.example.com")]]);
    assert_eq!(bound(&home), sealed);
    for options in [&[][..], &["--sealed"], &["--description", "CRM"]] {
        assert_eq!(set(&home, options).answer().status, 0, "{options:?}");
        assert_eq!(bound(&home), sealed, "{options:?}");
    }
    set(&home, &["--revealed"]).answer();
    assert_eq!(bound(&home), serde_json::json!(["revealed", [binding("a.example.com")]]));
    set(&home, &[]).answer();
    assert_eq!(bound(&home)[0], "revealed");
    let both = ["--bind", "b.example.com", "--bind", "c.example.com", "--in", "header:X-Api-Key"];
    set(&home, &both).answer();
    assert_eq!(bound(&home), serde_json::json!(["sealed", [binding("b.example.com"), binding("c.example.com")]]));
}

#[test]
fn set_tells_programs_what_the_secret_is_bound_to() {
    let home = Home::with_store();
    set(&home, &["--json", "--bind", "api.hubapi.com", "--in", "body:client_secret"])
        .stdout(
            "{\"workspace\":\"default\",\"name\":\"CRM_TOKEN\",\"version\":1,\"created\":true,\
             \"masking\":\"every-form\",\"exposure\":\"sealed\",\"bindings\":[{\"scheme\":\"https\",\
             \"host\":\"api.hubapi.com\",\"port\":443,\"methods\":[],\"path_prefix\":null,\
             \"placement\":{\"body\":\"client_secret\"}}],\
             \"parts\":{\"guards\":0,\"doubtful\":0,\"leaves\":0,\"current\":true},\"words_gone\":[]}\n",
        )
        .stderr(
            "um-host: CRM_TOKEN is sealed: actions get a placeholder, and um-host puts the value into the field \
             client_secret of the body of requests to api.hubapi.com\n",
        )
        .run();
}

#[test]
fn info_and_list_tell_where_a_secret_goes() {
    let home = Home::with_store();
    set(&home, &["--bind", "api.hubapi.com/crm", "--bind", "GET api.example.com"]).answer();
    home.um_host(["secrets", "set", "KEY", "--bind", "http://localhost:8080", "--revealed"]).stdin(VALUE).answer();
    home.um_host(["secrets", "info", "CRM_TOKEN"])
        .stdout(
            "name         CRM_TOKEN\n\
             workspace    default\n\
             description\n\
             version      1\n\
             created      [TIME]\n\
             changed      [TIME]\n\
             exposure     sealed\n\
             bound to     api.hubapi.com/crm\n             GET api.example.com\n\
             use          actions get a placeholder, and um-host puts the value into the\n             \
             header Authorization of requests to api.hubapi.com/crm, GET\n             \
             api.example.com\n\
             masked       in no run: the leak filter never sees the value, since no action\n             \
             does\n\
             last used    never\n",
        )
        .run();
    assert_eq!(
        home.um_host(["secrets", "info", "CRM_TOKEN", "--json"]).answer().json()["forms"],
        serde_json::json!([])
    );
    home.um_host(["secrets", "list"])
        .stdout(
            "NAME       VERSION  CHANGED               EXPOSURE  BOUND TO                       MASKED  DESCRIPTION\n\
             CRM_TOKEN  1        [TIME]  sealed    api.hubapi.com/crm and 1 more  -\n\
             KEY        1        [TIME]  revealed  http://localhost:8080          yes\n",
        )
        .run();
}

#[test]
fn what_cannot_be_sealed_is_refused_and_nothing_is_stored() {
    let home = Home::with_store();
    for (options, value, reason, hint) in [
        (
            &["--bind", "api.hubapi.com"][..],
            "0123456789abcde",
            "a sealed value has at least 16 bytes, and this one has 15",
            "reveal it with --revealed, or use a longer one",
        ),
        (
            &["--bind", "api.hubapi.com"],
            "0123456789 abcdef",
            "a sealed value is visible ASCII, and this one has a space",
            "take that out, or reveal it with --revealed",
        ),
        (
            &["--bind", "api.hubapi.com"],
            "0123456789\nabcdef",
            "a sealed value is visible ASCII, and this one has a line break",
            "take that out, or reveal it with --revealed",
        ),
        (
            &["--sealed"],
            VALUE,
            "a sealed secret is put into requests to the hosts that it is bound to, and this one is bound to none",
            "name them with --bind HOST",
        ),
    ] {
        home.um_host(["secrets", "set", "CRM_TOKEN"])
            .args(options)
            .stdin(value)
            .status(2)
            .stderr(format!(
                "um-host: error: `CRM_TOKEN` cannot be stored so: {reason}; nothing was stored\n  hint: {hint}\n"
            ))
            .run();
    }
    home.um_host(["secrets", "list", "--json"]).stdout("{\"workspace\":\"default\",\"secrets\":[]}\n").run();
    // The same values can be bound and revealed.
    for value in ["0123456789abcde", "0123456789 abcdef"] {
        let bound = home.um_host(["secrets", "set", "CRM_TOKEN", "--bind", "api.hubapi.com", "--revealed"]);
        assert_eq!(bound.stdin(value).answer().status, 0);
    }
    // A sealed secret stays sealed, and takes no value that cannot be.
    set(&home, &["--bind", "api.hubapi.com"]).answer();
    assert_eq!(home.um_host(["secrets", "set", "CRM_TOKEN"]).stdin("short").answer().status, 2);
    assert_eq!(home.um_host(["secrets", "info", "CRM_TOKEN", "--json"]).answer().json()["version"], 3);
}

#[test]
fn a_host_or_a_place_that_cannot_be_one_is_told() {
    let home = Home::with_store();
    for (options, message) in [
        (
            &["--bind", "*.hubapi.com"][..],
            "--bind: a secret belongs to hosts that are known by name, not to all names below a domain\n  \
             hint: name each of them: --bind a.example.com --bind b.example.com",
        ),
        (
            &["--bind", "*.com"],
            "--bind: a secret belongs to hosts that are known by name, not to all names below a domain\n  \
             hint: name each of them: --bind a.example.com --bind b.example.com",
        ),
        (&["--bind", "10.0.0.0/8"], "--bind: it is a range of addresses; name each host or address that is meant"),
        (
            &["--bind", "hunter22"],
            "--bind: the host has no dot, and is not repeated here: it could be a secret\n  \
             hint: if it is the name of a host in your own network, give its scheme too, as in --bind https://NAME",
        ),
        (&["--bind", "ftp://a.example"], "--bind: only https:// and http:// can be allowed"),
        (
            &["--bind", "a.example/x/../y"],
            "--bind: its path could be read in more than one way; write it without `.`, `..`, `%2e`, `%2f`, `%3f`, `%23`, `%25` and without characters that are another one to some servers",
        ),
        (&["--bind", "TRACE a.example"], "--bind: CONNECT and TRACE are never sent; leave them out"),
        (
            &["--bind", "a.example", "--bind", "https://a.example"],
            "--bind names `a.example` twice\n  hint: give it once",
        ),
        (
            &["--bind", "a.example", "--in", "header:Cookie"],
            "--in: no value is put into the header `Cookie`: it is read, logged or passed on by others than the service \
             itself; most take header:Authorization or one of their own, as in header:X-Api-Key",
        ),
        (&["--bind", "a.example", "--in", "cookie"], "--in: a place is written header:NAME, query:NAME or body:FIELD"),
        (&["--in", "header:X-Api-Key"], "--bind <HOST> is missing\n  hint: see `um-host secrets set --help`"),
        (
            &["--bind", "a.example", "--in", "query:key", "--revealed"],
            "--in and --revealed cannot both be given\n  hint: see `um-host secrets set --help`",
        ),
        (
            &["--bind", "a.example", "--sealed", "--revealed"],
            "--sealed and --revealed cannot both be given\n  hint: see `um-host secrets set --help`",
        ),
    ] {
        set(&home, options).status(2).stderr(format!("um-host: error: {message}\n")).run();
    }
    let many: Vec<String> = (0..17).map(|number| format!("--bind=host-{number}.example.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    set(&home, &many)
        .status(2)
        .stderr(
            "um-host: error: `CRM_TOKEN` cannot be stored so: a secret can be bound to 16 hosts; this would be 17; \
             nothing was stored\n",
        )
        .run();
    assert_eq!(set(&home, &many[..16]).answer().status, 0);
}
