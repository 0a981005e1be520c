//! `workspaces allow|disallow|show`, word for word, and what a run may call afterwards.

use crate::support::command::Home;
use crate::support::guests::guest;

#[test]
fn a_workspace_shows_what_it_allows_and_what_its_secrets_are_bound_to() {
    let home = Home::with_store();
    home.um_host(["workspaces", "show"])
        .stdout("name      default\ncreated   [TIME]\nsecrets   0\nallows    no hosts\nbound     no secrets\n")
        .run();
    home.um_host([
        "workspaces",
        "allow",
        "https://API.hubapi.com:443/",
        "GET,HEAD api.example.com/v1",
        "api.hubapi.com",
    ])
    .stderr(
        "um-host: runs in workspace `default` may call api.hubapi.com from now on\n\
             um-host: runs in workspace `default` may call GET,HEAD api.example.com/v1 from now on\n",
    )
    .run();
    home.um_host(["workspaces", "allow", "api.hubapi.com", "*.example.org"])
        .stderr(
            "um-host: workspace `default` allows api.hubapi.com already\n\
             um-host: runs in workspace `default` may call *.example.org from now on\n",
        )
        .run();
    home.set("FREE", "pat-na1-7Hq2Lx9vTz");
    home.um_host(["secrets", "set", "CRM_TOKEN", "--bind", "api.hubapi.com"]).stdin("pat-na1-7Hq2Lx9vTz").answer();
    home.um_host(["workspaces", "show"])
        .stdout(
            "name      default\ncreated   [TIME]\nsecrets   2\n\
             allows    api.hubapi.com\n          GET,HEAD api.example.com/v1\n          *.example.org\n\
             bound     CRM_TOKEN (sealed) to api.hubapi.com\n",
        )
        .run();
    home.um_host(["workspaces", "disallow", "GET,HEAD api.example.com/v1", "*.example.org"])
        .stderr(
            "um-host: workspace `default` does not allow GET,HEAD api.example.com/v1 any more\n\
             um-host: workspace `default` does not allow *.example.org any more\n",
        )
        .run();
    home.um_host(["workspaces", "show", "default", "--json"])
        .stdout(
            "{\"name\":\"default\",\"created\":\"[TIME]\",\"secrets\":2,\"allowed\":[\"api.hubapi.com\"],\"bound\":\
             [{\"secret\":\"CRM_TOKEN\",\"exposure\":\"sealed\",\"bindings\":[{\"scheme\":\"https\",\
             \"host\":\"api.hubapi.com\",\"port\":443,\"methods\":[],\"path_prefix\":null,\
             \"placement\":{\"header\":\"Authorization\"}}]}]}\n",
        )
        .run();
}

#[test]
fn each_workspace_has_a_list_of_its_own_and_programs_are_told() {
    let home = Home::with_store();
    home.um_host(["workspaces", "create", "sales"]).answer();
    home.um_host(["--json", "workspaces", "allow", "api.hubapi.com", "--workspace", "sales"])
        .stdout("{\"workspace\":\"sales\",\"added\":[\"api.hubapi.com\"]}\n")
        .run();
    home.um_host(["--json", "workspaces", "allow", "api.hubapi.com", "--workspace", "sales"])
        .stdout("{\"workspace\":\"sales\",\"added\":[]}\n")
        .run();
    assert_eq!(home.um_host(["workspaces", "show", "--json"]).answer().json()["allowed"], serde_json::json!([]));
    home.um_host(["--json", "workspaces", "disallow", "api.hubapi.com", "--workspace", "sales"])
        .stdout("{\"workspace\":\"sales\",\"removed\":[\"api.hubapi.com\"]}\n")
        .run();
    // init, create, allow, disallow: what changes nothing is no change.
    let checked = home.um_host(["key", "check", "--json"]).answer().json();
    assert_eq!((&checked["generation"], &checked["audit_rows"]), (&4.into(), &4.into()), "{checked}");
}

#[test]
fn what_cannot_be_allowed_or_taken_back_is_told_and_nothing_is_changed() {
    let home = Home::with_store();
    home.um_host(["workspaces", "allow", "api.hubapi.com", "*.com"])
        .status(2)
        .stderr(
            "um-host: error: ENTRY: `*.com` cannot be allowed: the names below `com` belong to different owners; name a \
             domain below it, as in *.example.com\n",
        )
        .run();
    home.um_host(["workspaces", "allow", "10.0.0.0/8"])
        .status(2)
        .stderr("um-host: error: ENTRY takes no ranges of addresses\n  hint: name each host or address that is meant\n")
        .run();
    home.um_host(["workspaces", "allow", "hunter22"])
        .status(2)
        .stderr(
            "um-host: error: ENTRY: the host has no dot, and is not repeated here: it could be a secret\n  \
             hint: if it is the name of a host in your own network, give its scheme too, as in https://NAME\n",
        )
        .run();
    home.um_host(["workspaces", "allow", "https://api:hunter22@api.hubapi.com"])
        .status(2)
        .stderr(
            "um-host: error: ENTRY: a user name or password cannot be part of an entry; leave out what stands before \
             the `@` (not repeated here: it could be a secret)\n",
        )
        .run();
    home.um_host(["workspaces", "show", "ghp_16C7e42F292c6912+E7710c8"])
        .status(2)
        .stderr(
            "um-host: error: this is no name of a workspace, which has letters, digits, `.`, `_` and `-` (not repeated \
             here: it could be a secret)\n",
        )
        .run();
    home.um_host(["workspaces", "allow"])
        .status(2)
        .stderr("um-host: error: <ENTRY>... is missing\n  hint: see `um-host workspaces allow --help`\n")
        .run();
    home.um_host(["workspaces", "allow", "api.hubapi.com"]).answer();
    home.um_host(["workspaces", "disallow", "api.hubapi.com", "api.hubapi.org"])
        .status(1)
        .stderr(
            "um-host: error: workspace `default` does not allow `api.hubapi.org`; nothing was changed\n  \
             hint: did you mean `api.hubapi.com`? `um-host workspaces show` lists what it allows\n",
        )
        .run();
    assert_eq!(
        home.um_host(["workspaces", "show", "--json"]).answer().json()["allowed"],
        serde_json::json!(["api.hubapi.com"])
    );
    for verb in [&["allow", "a.example"][..], &["disallow", "a.example"], &["show"]] {
        let answer = home.um_host(["workspaces"]).args(verb).args(["--workspace", "nowhere"]).answer();
        assert_eq!(answer.status, 1, "{answer:?}");
        assert!(answer.stderr.contains("there is no workspace `nowhere`"), "{answer:?}");
    }
    let long = format!("a.example/{}", "x".repeat(2_048));
    let answer = home.um_host(["workspaces", "allow", &long]).answer();
    assert_eq!(answer.status, 2, "{answer:?}");
    assert!(answer.stderr.contains("an entry has at most 2048 bytes"), "{answer:?}");
}

/// What an action that knows no secrets says about a call of a host that nobody answers for.
fn called(home: &Home, options: &[&str]) -> String {
    let mut call = home.um_host(["run"]).arg(guest("calls_http")).args(options);
    call = call.args(["--", "GET", "https://nobody.invalid/"]);
    let answer = call.answer();
    assert_eq!(answer.status, 0, "{answer:?}");
    answer.stdout
}

#[test]
fn what_a_workspace_allows_counts_for_actions_that_know_no_secrets_too() {
    let home = Home::with_store();
    assert!(called(&home, &[]).contains("this run may not call nobody.invalid"), "nothing is allowed");
    home.um_host(["workspaces", "allow", "nobody.invalid"]).answer();
    assert!(called(&home, &[]).contains("nobody.invalid has no address"), "it was resolved");
    home.um_host(["workspaces", "disallow", "nobody.invalid"]).answer();
    home.um_host(["workspaces", "allow", "POST nobody.invalid"]).answer();
    let other = called(&home, &[]);
    assert!(
        other.contains(
            "`nobody.invalid` is allowed for other methods only; allow it with `um-host run --allow-host 'GET "
        ),
        "{other}"
    );
}

#[test]
fn an_action_that_only_calls_hosts_needs_no_store_but_the_one_that_is_there() {
    let home = Home::new();
    assert!(called(&home, &["--allow-host", "nobody.invalid"]).contains("has no address"));
    let home = Home::with_store();
    std::fs::remove_file(home.key_file()).unwrap();
    let mut call = home.um_host(["run"]).arg(guest("calls_http"));
    call = call.args(["--allow-host", "nobody.invalid", "--", "GET", "https://nobody.invalid/"]);
    assert_eq!(call.answer().status, 125, "what the workspace says is not known");
    // One that calls nobody runs as ever.
    assert_eq!(home.um_host(["run"]).arg(guest("hello")).answer().status, 0);
}
