//! What is said about a run when it is over.
//!
//! Everything here comes from the outcome, so it has passed the leak filter.

use serde::Serialize;
use um_leak::Stream;
use um_runtime::action::Kind;
use um_runtime::{Blame, End, Limit, LoadError, OUTCOME_SCHEMA, Outcome, Receipt, Refusal};
use um_secret::SecretName;

use crate::cli::again;
use crate::cli::exit::{Exit, Signal};
use crate::cli::failure::{Failure, OrFail};
use crate::cli::masked;
use crate::cli::secrets::entry;
use crate::cli::show;
use crate::cli::ui::{self, Ui};

use super::advice;
use super::limits::limit_option;

/// A run that is over, and how to tell it.
pub struct Report<'a> {
    pub outcome: &'a Outcome,
    /// The action as it was named.
    pub action: &'a str,
    /// Why the host failed it, if it did.
    pub failure: Option<&'a Failure>,
    pub receipt: &'a Receipt,
    /// The secrets that it was given by options.
    pub given: &'a [SecretName],
    pub quiet: bool,
    pub verbose: bool,
    pub ui: Ui,
}

impl Report<'_> {
    /// Tells it and comes to the status; `signal` is what interrupted the run, if anything did.
    pub fn tell(&self, signal: Option<Signal>) -> Result<Exit, Failure> {
        let exit = self.exit(signal);
        if self.ui.json {
            self.tell_outcome(exit)?;
        } else if let (Kind::Typed, Some(result)) = (self.outcome.kind, &self.outcome.result) {
            self.ui.object(result)?;
        }
        self.tell_end();
        if self.outcome.idle {
            self.note(&format!("`{}` defines no `run(...)` and printed nothing", self.action));
        }
        self.tell_unsent();
        self.tell_masked();
        if self.verbose {
            self.tell_usage();
        }
        Ok(exit)
    }

    /// The outcome as it is; of a run that a signal stopped, with the status that we end with for it.
    fn tell_outcome(&self, exit: Exit) -> Result<(), Failure> {
        if exit.status() == self.outcome.status() {
            return self.ui.object(self.outcome);
        }
        let mut outcome = serde_json::to_value(self.outcome).or_fail(Exit::Host)?;
        outcome["end"]["status"] = exit.status().into();
        self.ui.object(&outcome)
    }

    fn exit(&self, signal: Option<Signal>) -> Exit {
        match (&self.outcome.end, signal) {
            (End::Interrupted, Some(signal)) => Exit::Stopped(signal),
            // The action may well have failed for that alone.
            _ if self.outcome.blame == Some(Blame::Host) => Exit::Host,
            _ => Exit::Run(self.outcome.status()),
        }
    }

    fn tell_end(&self) {
        match (&self.outcome.end, self.failure) {
            (_, Some(failure)) => ui::report(failure),
            (End::Failed { message }, _) => ui::report_failed(message),
            (end, None) => {
                if let Some(message) = self.outcome.message() {
                    let failure = Failure::usage(message);
                    ui::report(&self.next_step(end).into_iter().fold(failure, Failure::hint));
                }
            }
        }
        if !self.outcome.delivered && self.failure.is_none() {
            self.note("not all of its output was taken by whoever reads it");
        }
        // One of them may be why the action failed; what it said of that itself is not said again.
        let said = self.outcome.message().unwrap_or_default();
        // An action that asks for what it can do without is none the worse for it.
        let matters = |refusal: &&Refusal| refusal.code != "key-not-found" || !self.outcome.completed();
        for refusal in self.outcome.refused.iter().filter(matters) {
            let told = match advice::is_said(refusal, &said) {
                false => Some(advice::told(refusal, &self.outcome.workspace, self.given)),
                true => advice::besides(refusal, self.given),
            };
            told.iter().for_each(|line| self.note(line));
        }
    }

    /// What may be why the action failed, if no request was refused for it that is told.
    fn tell_unsent(&self) {
        let Outcome { end, blame, unsent, refused, .. } = self.outcome;
        let has_failed = *blame == Some(Blame::Guest) && self.failure.is_none() && !matches!(end, End::Withheld { .. });
        let is_told = |name: &str| refused.iter().any(|refusal| refusal.secret.as_deref() == Some(name));
        for unsent in unsent.iter().filter(|unsent| has_failed && !is_told(unsent.secret.as_str())) {
            let (name, fields, places) =
                (&unsent.secret, entry::fields(&unsent.bindings), entry::places(&unsent.bindings));
            self.note(&format!(
                "{name} is sealed: the action got a placeholder, which only works unchanged in {fields} of requests to {places}"
            ));
        }
    }

    /// What to do about an end.
    fn next_step(&self, end: &End) -> Option<String> {
        match end {
            _ if self.outcome.blame == Some(Blame::Host) => {
                Some(format!("`um-host key check{store}` tells what is wrong with the store", store = again::store()))
            }
            End::Limit { limit: limit @ Limit::Resources, .. } => Some(format!(
                "let it let go of each answer, stream and file when it is through: read answers to their end or drop them; if \
                 it needs more, raise it: {}",
                limit_option(*limit)
            )),
            End::Limit { limit, .. } => {
                let wants = if *limit == Limit::Wall { "longer" } else { "more" };
                Some(format!("if it needs {wants}, raise it: {}", limit_option(*limit)))
            }
            End::Withheld { .. } => {
                Some("text is masked and published; leave the value out of files of other kinds".to_owned())
            }
            _ => None,
        }
    }

    fn tell_masked(&self) {
        for line in masked::lines(&self.outcome.leaks, |stream| self.left_by(stream)) {
            self.notice(&line);
        }
        for line in masked::doubtful_lines(&self.outcome.doubtful, &self.outcome.workspace, self.given) {
            self.notice(&line);
        }
        for name in &self.outcome.unguarded {
            self.notice(&format!("{name} was not masked: its value is too short or too common to be"));
        }
    }

    /// Where what the action wrote can be read: what it prints beside a result, or beside the object, is on our stderr. A
    /// result, an error or a document is named as what it is.
    fn left_by(&self, stream: &Stream) -> Stream {
        match stream {
            Stream::Stdout if self.ui.json || self.outcome.kind != Kind::Command => Stream::Stderr,
            stream => stream.clone(),
        }
    }

    fn tell_usage(&self) {
        let Outcome { run, workspace, usage, .. } = self.outcome;
        self.ui.say(format!("run {run} in workspace `{workspace}`"));
        let (wall, cpu) = (usage.wall.as_millis(), usage.cpu.as_millis());
        self.ui.say(format!("used {wall} ms, {cpu} ms of them in its own code, and {}", mebibytes(usage.memory)));
        if !self.outcome.secrets.is_empty() {
            let names: Vec<&str> = self.outcome.secrets.iter().map(|secret| secret.name.as_str()).collect();
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

    fn notice(&self, line: &str) {
        if !self.quiet {
            self.ui.notice(line);
        }
    }
}

/// A run that did not start, for programs: as an outcome, of which only the end is known.
#[derive(Serialize)]
struct Unstarted {
    schema: u32,
    end: UnstartedEnd,
}

#[derive(Serialize)]
struct UnstartedEnd {
    code: &'static str,
    status: u8,
    blame: Option<Blame>,
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<String>,
}

pub fn tell_unstarted(failure: &Failure, ui: Ui) -> Result<(), Failure> {
    let status = failure.exit.status();
    let met = failure.error.as_ref().and_then(|error| match error.downcast_ref() {
        Some(LoadError::CompileLimit { limit, allowed }) => Some((limit.name(), allowed.clone())),
        _ => None,
    });
    let blame = met.as_ref().map(|_| Blame::Guest);
    let (limit, allowed) = met.unzip();
    let end = UnstartedEnd { code: "not-started", status, blame, message: failure.text(), limit, allowed };
    ui.object(&Unstarted { schema: OUTCOME_SCHEMA, end })
}

fn mebibytes(bytes: u64) -> String {
    // Pages of 64 KiB: one digit tells them apart well enough.
    format!("{:.1} MiB of memory", bytes as f64 / f64::from(1 << 20))
}
