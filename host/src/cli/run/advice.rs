//! What there is to do about a request that was refused, in the words of the command line.

use um_runtime::Refusal;
use um_secret::{SecretName, WorkspaceName};

use crate::cli::again;

/// The fact, and what to do about it in the workspace of the run, which was `given` secrets of its own, in a line.
pub fn told(refusal: &Refusal, workspace: &WorkspaceName, given: &[SecretName]) -> String {
    let given = refusal.secret.as_deref().filter(|secret| given.iter().any(|name| name.as_str() == *secret));
    let advice = given.and_then(|secret| of_given(&refusal.code, secret));
    match advice.or_else(|| advice_of(refusal, &again::within(workspace))) {
        Some(advice) => format!("{}; {advice}", refusal.message),
        None => refusal.message.clone(),
    }
}

/// What a message that is shown anyway cannot know: that a secret comes from an option, and from no store.
pub fn besides(refusal: &Refusal, given: &[SecretName]) -> Option<String> {
    let name = given.iter().find(|name| refusal.secret.as_deref() == Some(name.as_str()))?;
    let advice = of_given(&refusal.code, name.as_str())?;
    Some(format!("{name} is a secret of --secret, and of no store; {advice}"))
}

/// Whether a message that is shown anyway says the same: that of an action that failed for it.
pub fn is_said(refusal: &Refusal, message: &str) -> bool {
    let option = match (&*refusal.code, &refusal.entry, &refusal.host) {
        ("host-not-allowed", Some(entry), _) => Some(format!("--allow-host {entry}`")),
        ("private-address", _, Some(host)) => Some(format!("--allow-private {}`", bare(host))),
        ("http-limit", ..) => refusal.limit.as_ref().map(|limit| format!("`{limit}`")),
        _ => None,
    };
    message.contains(&refusal.message) || option.is_some_and(|option| message.contains(&option))
}

/// An address of IPv6 stands alone behind an option.
fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

/// A host without a dot is allowed with its scheme alone.
fn meant(entry: &str) -> String {
    let (methods, place) = entry.rsplit_once(' ').map_or((None, entry), |(methods, place)| (Some(methods), place));
    let host = place.split([':', '/']).next().unwrap_or(place);
    if place.contains("://") || host.contains(['.', '[']) || ["localhost", "HOST"].contains(&host) {
        return entry.to_owned();
    }
    methods.map_or_else(|| format!("https://{place}"), |methods| format!("{methods} https://{place}"))
}

/// What to do; every code that a request can be refused with has an arm. `within` stands behind commands that act on a
/// workspace.
fn advice_of(refusal: &Refusal, within: &str) -> Option<String> {
    let entry = refusal.entry.as_deref().unwrap_or("HOST");
    let host = bare(refusal.host.as_deref().unwrap_or("HOST"));
    let secret = refusal.secret.as_deref().unwrap_or("NAME");
    let advice = match &*refusal.code {
        "host-not-allowed" => format!("add --allow-host {}", meant(entry)),
        "path-not-allowed" => format!("add --allow-host {} with the path that is meant", meant(entry)),
        "method-not-allowed" => format!("add --allow-host '{}'", meant(entry)),
        "secret-misdirected" => rebound(secret, within, " --revealed"),
        "key-in-request" => "leave it out: no action has any use for one".to_owned(),
        "strict-egress" => format!("bind one to {entry}, or leave --strict-egress out"),
        "private-address" => format!("add --allow-private {host} if that is meant"),
        "placeholder-misplaced" => format!("send it where `um-host secrets info {secret}{within}` says"),
        "placeholder-not-whole" => return None,
        "placeholder-unknown" => "read the secret in this run and send it unchanged".to_owned(),
        "placeholder-twice" => "send it once".to_owned(),
        "sealed-other-host" => rebound(secret, within, ""),
        "sealed-other-method" | "sealed-other-path" => format!("`um-host secrets info {secret}{within}` says which"),
        "sealed-other-field" => "put its placeholder there".to_owned(),
        "sealed-denied-field" => "bind it again, with another --in".to_owned(),
        "sealed-method" | "request-method" => "use another".to_owned(),
        "sealed-range" => "leave them out".to_owned(),
        "sealed-url-too-long" => "shorten it".to_owned(),
        "sealed-body-too-long" | "response-inflates" => "send or ask for less at once".to_owned(),
        "sealed-unopened" | "sealed-unrecorded" => {
            format!("try again; `um-host key check{store}` looks at the store", store = again::store())
        }
        "response-charset" => "ask the service for UTF-8".to_owned(),
        "response-packed" => "ask for what is in the file".to_owned(),
        "response-partial" => "ask for the whole".to_owned(),
        "response-encoding" | "response-corrupt" => "ask for an uncompressed one".to_owned(),
        "host-unresolved" => "check its spelling and this machine's name server".to_owned(),
        "host-unreachable" => "check host, port and this machine's network".to_owned(),
        "http-timeout" | "http-limit" | "connections-busy" => return limit_advice(refusal),
        "tls-unknown-issuer" => "--ca FILE adds one".to_owned(),
        "tls-wrong-name" => "check how the host is written".to_owned(),
        "tls-not-spoken" => "check its port, and whether it takes https".to_owned(),
        "tls-revoked" | "tls-certificate" | "tls-handshake" => "ask whoever runs the host".to_owned(),
        "response-malformed" | "response-head-too-large" => "ask whoever runs the service".to_owned(),
        "tls-validity" | "tls-clock" => "check this machine's clock".to_owned(),
        "response-broken-off" | "http1-required" => "try again if the request may be repeated".to_owned(),
        "proxy-unreachable" | "proxy-timeout" | "proxy-malformed" => "check --proxy".to_owned(),
        "proxy-refused" => "the operator must let it through".to_owned(),
        "proxy-credentials" => "check its user and password in --proxy".to_owned(),
        "url-scheme" => "start it with https://".to_owned(),
        "url-user" => "send them in an authorization header".to_owned(),
        "url-host" | "url-port" | "url-path" => "check how the address is written".to_owned(),
        "request-body-aborted" => "send all of it".to_owned(),
        "request-content-length" => "leave it out".to_owned(),
        "key-not-found" => {
            format!(
                "`um-host secrets list{within}` tells what there is, `um-host secrets set {secret}{within}` adds it"
            )
        }
        "key-denied" => format!("name it in --only-secrets or `secrets` of the policy if that is meant: {secret}"),
        "all-keys-denied" => "name those that it needs: --only-secrets A,B".to_owned(),
        "socket-refused" => "of services, HTTP is called by wasi:http (um_action, wstd) and `--allow-host`".to_owned(),
        "request-head-too-large" | "fields-too-large" => "send fewer or shorter ones".to_owned(),
        _ => return None,
    };
    Some(advice)
}

/// What options give a run, options change.
fn of_given(code: &str, secret: &str) -> Option<String> {
    let advice = match code {
        "secret-misdirected" | "sealed-other-host" => format!("add --bind {secret}=HOST if that is meant"),
        "sealed-other-method" | "sealed-other-path" => format!("--bind {secret}=HOST of this run says which"),
        "placeholder-misplaced" => {
            format!("send it where --in {secret}=PLACE says, or in the header Authorization if that is not given")
        }
        "sealed-denied-field" => format!("choose another --in {secret}=PLACE"),
        _ => return None,
    };
    Some(advice)
}

/// A secret is set with all of its bindings at once, and sealed unless it is said otherwise.
fn rebound(secret: &str, within: &str, exposure: &str) -> String {
    format!(
        "`um-host secrets info {secret}{within}` says where it may go; `um-host secrets set {secret}{within}{exposure}` with \
         `--bind` for each of its hosts changes that"
    )
}

fn limit_advice(refusal: &Refusal) -> Option<String> {
    match &refusal.limit {
        Some(limit) if refusal.code == "connections-busy" => {
            Some(format!("close or read the responses that are open, or raise it with --limit {limit}=VALUE"))
        }
        Some(limit) => Some(format!("raise it with --limit {limit}=VALUE")),
        None => Some("try again, or ask for less at once".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A run at its limit of calls was told so twice.
    #[test]
    fn a_limit_that_the_end_of_the_run_names_is_not_told_again() {
        let refusal = |code: &str| {
            let refusal = json!({ "code": code, "message": "the fact", "limit": "http-calls" });
            serde_json::from_value::<Refusal>(refusal).unwrap()
        };
        let ended = "the action was stopped at its limit `http-calls` of 0";
        assert!(is_said(&refusal("http-limit"), ended));
        assert!(!is_said(&refusal("http-limit"), "the action was stopped at its limit `wall` of 1 s"));
        assert!(!is_said(&refusal("http-timeout"), ended));
    }

    #[test]
    fn a_host_without_a_dot_is_told_as_it_is_taken() {
        for (entry, told) in [
            ("crm", "https://crm"),
            ("crm:8443/v1", "https://crm:8443/v1"),
            ("GET,POST crm", "GET,POST https://crm"),
            ("http://crm", "http://crm"),
            ("api.example.com", "api.example.com"),
            ("POST localhost:80", "POST localhost:80"),
            ("[fd00::1]:80", "[fd00::1]:80"),
        ] {
            assert_eq!(meant(entry), told);
        }
    }

    #[test]
    fn what_is_given_to_the_run_is_changed_by_its_options() {
        let refusal = serde_json::from_value::<Refusal>(json!({
            "code": "sealed-other-host", "message": "the fact", "secret": "A",
        }))
        .unwrap();
        let name = |text: &str| SecretName::parse(text).unwrap();
        let told = |given: &[SecretName]| told(&refusal, &WorkspaceName::parse("default").unwrap(), given);
        assert_eq!(told(&[name("A")]), "the fact; add --bind A=HOST if that is meant");
        assert!(told(&[name("B")]).contains("um-host secrets set A"));
        assert_eq!(
            besides(&refusal, &[name("A")]).unwrap(),
            "A is a secret of --secret, and of no store; add --bind A=HOST if that is meant"
        );
        assert_eq!(besides(&refusal, &[name("B")]), None);
    }
}
