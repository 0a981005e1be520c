//! What is said about a run when it is over.
//!
//! Everything here comes from the outcome, so it has passed the leak filter.

use serde::Serialize;
use serde_json::{Value, json};
use um_host::action::Kind;
use um_host::base::json::Json;
use um_host::leak::Leak;
use um_host::runtime::{Blame, Document, End, Limit, Outcome, Receipt, Usage};
use um_host::secret::{Misdirected, SealedUse, SecretName, WorkspaceName};

use crate::cli::exit::{Exit, Signal};
use crate::cli::failure::Failure;
use crate::cli::masked;
use crate::cli::show;
use crate::cli::ui::{self, Ui};

/// A run that is over, and how to tell it.
pub struct Report<'a> {
    pub outcome: &'a Outcome,
    pub receipt: &'a Receipt,
    pub quiet: bool,
    pub verbose: bool,
    pub ui: Ui,
}

impl Report<'_> {
    /// Tells it and comes to the status; `signal` is what interrupted the run, if anything did.
    pub fn tell(&self, signal: Option<Signal>) -> Result<Exit, Failure> {
        let exit = self.exit(signal);
        if self.ui.json {
            self.ui.object(&self.object(exit))?;
        } else if let (Kind::Typed, Some(result)) = (self.outcome.kind, &self.outcome.result) {
            self.ui.object(result)?;
        }
        self.tell_end();
        self.tell_masked();
        if self.verbose {
            self.tell_usage();
        }
        Ok(exit)
    }

    fn exit(&self, signal: Option<Signal>) -> Exit {
        match (&self.outcome.end, signal) {
            (End::Interrupted, Some(signal)) => Exit::Stopped(signal),
            // The action may well have failed for that alone.
            _ if self.outcome.blame() == Some(Blame::Host) => Exit::Host,
            _ => Exit::Run(self.outcome.status()),
        }
    }

    fn tell_end(&self) {
        match &self.outcome.end {
            End::Failed { message } => ui::report_failed(message),
            end => {
                if let Some((error, hint)) = explain(end, self.outcome.unfit.as_ref()) {
                    let failure = Failure::usage(error);
                    ui::report(&hint.into_iter().fold(failure, Failure::hint));
                }
            }
        }
        if self.outcome.blame() == Some(Blame::Host) {
            ui::report(
                &Failure::host("the host failed the action: a secret could not be opened, or its read not recorded")
                    .hint("`um-host key check` tells what is wrong with the store"),
            );
        }
        if !self.outcome.delivered {
            self.note("not all of its output was taken by whoever reads it");
        }
        // One of them may be why the action failed; the action saw no more than a code.
        for reason in &self.outcome.refused {
            self.note(reason);
        }
    }

    fn tell_masked(&self) {
        for line in masked::lines(&self.outcome.leaks) {
            self.note(&line);
        }
        for name in &self.outcome.unguarded {
            self.note(&format!("{name} was not masked: its value is too short or too common to be"));
        }
    }

    fn tell_usage(&self) {
        let Outcome { run, workspace, usage, .. } = self.outcome;
        self.ui.say(format!("run {run} in workspace `{workspace}`"));
        let (wall, cpu) = (usage.wall.as_millis(), usage.cpu.as_millis());
        self.ui.say(format!("used {wall} ms, {cpu} ms of them in its own code, and {}", mebibytes(usage.memory)));
        if !self.outcome.secrets.is_empty() {
            let names: Vec<&str> = self.outcome.secrets.iter().map(|name| name.as_str()).collect();
            self.ui.say(format!("got the secrets {}", names.join(", ")));
        }
        for host in &usage.http {
            let calls = show::counted(host.calls, "time");
            self.ui
                .say(format!("called {} {calls}: {} bytes out, {} bytes in", host.host, host.bytes_out, host.bytes_in));
        }
        for (document, published) in self.outcome.documents.iter().zip(&self.receipt.documents) {
            let place = published.path.as_deref().unwrap_or(published.name.as_ref());
            self.ui.say(format!("published `{}` ({} bytes)", place.display(), document.bytes));
        }
    }

    fn note(&self, line: &str) {
        if !self.quiet {
            self.ui.say(line);
        }
    }

    fn object(&self, exit: Exit) -> Object<'_> {
        let outcome = self.outcome;
        let (limit, error) = match &outcome.end {
            End::Failed { message } => (None, Some(message.clone())),
            End::Limit { limit, .. } => {
                (Some(limit.name()), explain(&outcome.end, outcome.unfit.as_ref()).map(|(error, _)| error))
            }
            end => (None, explain(end, None).map(|(error, _)| error)),
        };
        Object {
            status: exit.status(),
            end: end_name(&outcome.end),
            blame: outcome.blame(),
            limit,
            result: outcome.result.as_ref(),
            error,
            run: Some(outcome.run.to_string()),
            workspace: Some(&outcome.workspace),
            delivered: Some(outcome.delivered),
            leaks: &outcome.leaks,
            unguarded: &outcome.unguarded,
            secrets: &outcome.secrets,
            refused: &outcome.refused,
            misdirected: &outcome.misdirected,
            sealed: &outcome.sealed,
            documents: &outcome.documents,
            usage: Some(usage(&outcome.usage)),
        }
    }
}

/// The run for programs. Every field is always there. The result is written as it is: no tree is made of it.
#[derive(Default, Serialize)]
struct Object<'a> {
    status: u8,
    end: Value,
    blame: Option<Blame>,
    limit: Option<&'static str>,
    result: Option<&'a Json>,
    error: Option<String>,
    run: Option<String>,
    workspace: Option<&'a WorkspaceName>,
    delivered: Option<bool>,
    leaks: &'a [Leak],
    unguarded: &'a [String],
    secrets: &'a [SecretName],
    refused: &'a [String],
    misdirected: &'a [Misdirected],
    sealed: &'a [SealedUse],
    documents: &'a [Document],
    usage: Option<Value>,
}

/// The object of a run that did not start, with the fields of every other.
pub fn tell_unstarted(failure: &Failure, ui: Ui) -> Result<(), Failure> {
    ui.object(&Object { status: failure.exit.status(), error: failure.text(), ..Object::default() })
}

/// What um-host has to say about an end that the action's own streams do not tell, and what to do.
fn explain(end: &End, unfit: Option<&SecretName>) -> Option<(String, Option<String>)> {
    match end {
        End::Trapped { reason } => Some((format!("the action trapped: {reason}"), None)),
        End::Limit { limit, allowed } => {
            let why =
                unfit.map(|name| format!(": there is no room to know the value of {name} by")).unwrap_or_default();
            Some((format!("the action was stopped at its limit `{limit}` of {allowed}{why}"), Some(raise(*limit))))
        }
        End::Withheld { document, reason } => Some((
            format!("the document `{document}` may not leave: {reason}; nothing was published"),
            Some("text is masked and published; leave the value out of files of other kinds".to_owned()),
        )),
        End::Interrupted => Some(("the run was interrupted; nothing was published".to_owned(), None)),
        _ => None,
    }
}

fn raise(limit: Limit) -> String {
    match limit {
        Limit::Wall => "if it needs longer, raise it: --timeout DURATION".to_owned(),
        Limit::Memory => "if it needs more, raise it: --memory SIZE".to_owned(),
        limit => format!("if it needs more, raise it: --limit {limit}=VALUE"),
    }
}

fn end_name(end: &End) -> Value {
    serde_json::to_value(end).map(|mut end| end["kind"].take()).unwrap_or_default()
}

fn usage(usage: &Usage) -> Value {
    json!({
        "wall_ms": u64::try_from(usage.wall.as_millis()).unwrap_or(u64::MAX),
        "cpu_ms": u64::try_from(usage.cpu.as_millis()).unwrap_or(u64::MAX),
        "memory_bytes": usage.memory,
        "host_memory_bytes": usage.host_memory,
        "http": usage.http,
    })
}

fn mebibytes(bytes: u64) -> String {
    // Pages of 64 KiB: one digit tells them apart well enough.
    format!("{:.1} MiB of memory", bytes as f64 / f64::from(1 << 20))
}
