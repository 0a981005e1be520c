//! What um-host says of a request that it refused, worded for the author: the fact is the host's, the advice ours.

use super::error::ErrorKind;
use crate::bindings::um::action::refusals::{Kind, Refusal};

/// What stands behind the text of an `internal-error`.
pub(super) fn kind(words: String) -> ErrorKind {
    let refusal = explain(&words);
    let within = refusal.as_ref().map(|_| workspace_option()).unwrap_or_default();
    worded(words, refusal, &within)
}

#[cfg(target_family = "wasm")]
fn explain(words: &str) -> Option<Refusal> {
    crate::bindings::um::action::refusals::explain(words)
}

/// Outside of um-host nobody refuses anything.
#[cfg(not(target_family = "wasm"))]
fn explain(_words: &str) -> Option<Refusal> {
    None
}

/// What a command that acts on the run's workspace needs in order to: nothing for `default`.
///
/// It is asked of `refusals`: an action that only calls hosts must not import `secrets`, which a store is required for.
#[cfg(target_family = "wasm")]
pub(super) fn workspace_option() -> String {
    option_for(&crate::bindings::um::action::refusals::workspace())
}

/// Outside of um-host there is no workspace.
#[cfg(not(target_family = "wasm"))]
pub(super) fn workspace_option() -> String {
    option_for("")
}

fn option_for(workspace: &str) -> String {
    match workspace {
        "" | "default" => String::new(),
        workspace => format!(" --workspace {workspace}"),
    }
}

fn worded(words: String, refusal: Option<Refusal>, within: &str) -> ErrorKind {
    let Some(refusal) = refusal else { return ErrorKind::Failed(words) };
    let words = match advice(&refusal, within) {
        Some(advice) => format!("{words}; {advice}"),
        None => words,
    };
    match refusal.kind {
        Kind::NotAllowed => ErrorKind::NotAllowed(Some(words)),
        Kind::Misdirected => ErrorKind::Misdirected(words),
        Kind::Misplaced => ErrorKind::Misplaced(words),
        Kind::Invalid => ErrorKind::Invalid(words),
        Kind::TimedOut => ErrorKind::GaveUp(words),
        Kind::Unavailable => ErrorKind::Failed(words),
    }
}

/// What to do, by the code: see `host/docs/errors.md`. `within` stands behind commands that act on a workspace.
fn advice(refusal: &Refusal, within: &str) -> Option<String> {
    let entry = refusal.entry.as_deref().unwrap_or("HOST");
    let secret = refusal.secret.as_deref().unwrap_or("NAME");
    let limit = refusal.limit.as_deref().unwrap_or("NAME");
    Some(match &*refusal.code {
        "path-not-allowed" => format!("allow it with `um-host run --allow-host {entry}` and the path that is meant"),
        "method-not-allowed" => format!("allow it with `um-host run --allow-host '{entry}'`"),
        "strict-egress" => format!("bind one to {entry}, or leave `--strict-egress` out"),
        "secret-misdirected" => {
            format!(
                "`um-host secrets info {secret}{within}` says where it may go; `um-host secrets set {secret}{within} \
                 --revealed` with `--bind` for each of its hosts changes that"
            )
        }
        "key-in-request" => "leave it out: no action has any use for one".to_owned(),
        "sealed-other-host" | "sealed-other-method" | "sealed-other-path" => {
            format!("`um-host secrets info {secret}{within}` says where it may go")
        }
        "placeholder-misplaced" | "placeholder-not-whole" | "sealed-other-field" | "sealed-denied-field" => {
            format!("`um-host secrets info {secret}{within}` says where it goes")
        }
        "placeholder-unknown" => "read the secret in this run and send it unchanged".to_owned(),
        "placeholder-twice" => "send it once".to_owned(),
        "sealed-method" | "request-method" => "use another".to_owned(),
        "sealed-range" => "leave them out".to_owned(),
        "sealed-url-too-long" => "shorten it".to_owned(),
        "sealed-body-too-long" | "response-inflates" => "send or ask for less at once".to_owned(),
        "sealed-unopened" | "sealed-unrecorded" => "try again".to_owned(),
        "response-charset" => "ask the service for UTF-8".to_owned(),
        "response-packed" => "ask for what is in the file".to_owned(),
        "response-partial" => "ask for the whole".to_owned(),
        "response-encoding" | "response-corrupt" => "ask for an uncompressed one".to_owned(),
        "connections-busy" => {
            format!("close or read the responses that are open, or raise it with `um-host run --limit {limit}=VALUE`")
        }
        "http-timeout" => format!("raise it with `um-host run --limit {limit}=VALUE`"),
        "url-scheme" => "start it with https://".to_owned(),
        "url-user" => "send them in an authorization header".to_owned(),
        "url-host" | "url-port" | "url-path" => "check how the address is written".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: Kind, code: &str) -> Refusal {
        let some = |text: &str| Some(text.to_owned());
        Refusal { kind, code: code.to_owned(), entry: some("PUT h"), secret: some("A"), limit: some("http-first-byte") }
    }

    #[test]
    fn what_um_host_refuses_is_told_apart_by_its_kind() {
        let of = |kind, code: &str| worded("the fact".to_owned(), Some(refusal(kind, code)), "");
        let words = |advice: &str| format!("the fact; {advice}");
        assert_eq!(
            of(Kind::NotAllowed, "method-not-allowed"),
            ErrorKind::NotAllowed(Some(words("allow it with `um-host run --allow-host 'PUT h'`")))
        );
        assert_eq!(
            of(Kind::Misdirected, "sealed-other-host"),
            ErrorKind::Misdirected(words("`um-host secrets info A` says where it may go"))
        );
        assert_eq!(
            of(Kind::Misplaced, "sealed-other-field"),
            ErrorKind::Misplaced(words("`um-host secrets info A` says where it goes"))
        );
        assert_eq!(of(Kind::Invalid, "sealed-range"), ErrorKind::Invalid(words("leave them out")));
        assert_eq!(
            of(Kind::TimedOut, "http-timeout"),
            ErrorKind::GaveUp(words("raise it with `um-host run --limit http-first-byte=VALUE`"))
        );
        assert_eq!(of(Kind::Unavailable, "sealed-unopened"), ErrorKind::Failed(words("try again")));
        assert_eq!(of(Kind::Unavailable, "of a later version"), ErrorKind::Failed("the fact".to_owned()));
        assert_eq!(worded("anything: else".to_owned(), None, ""), ErrorKind::Failed("anything: else".to_owned()));
    }
    /// Advice named no workspace, so that who followed it changed `default`.
    #[test]
    fn advice_names_a_workspace_that_is_not_the_default() {
        assert_eq!([option_for(""), option_for("default"), option_for("mk")], ["", "", " --workspace mk"]);
        let words =
            |kind, code| format!("{:?}", worded("the fact".to_owned(), Some(refusal(kind, code)), &option_for("mk")));
        let misdirected = words(Kind::Misdirected, "secret-misdirected");
        assert!(
            misdirected.contains(
                "the fact; `um-host secrets info A --workspace mk` says where it may go; `um-host secrets set A \
                 --workspace mk --revealed` with `--bind` for each of its hosts changes that"
            ),
            "{misdirected}"
        );
        let misplaced = words(Kind::Misplaced, "sealed-other-field");
        assert!(misplaced.contains("; `um-host secrets info A --workspace mk` says where it goes"), "{misplaced}");
    }
}
