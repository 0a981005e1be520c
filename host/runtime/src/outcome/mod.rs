//! What a run came to, as data that can be kept, sent and read again by a later version.

pub(crate) mod ended;
mod record;
pub(crate) mod refusal;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use refusal::Refusal;

use super::action::kind::Kind;
use super::documents::document::Document;
use super::limits::table::{Limit, Limits};
use um_base::json::Json;
use um_egress::HostUsage;
use um_leak::Leak;
use um_secret::{ActorRecord, Binding, Misdirected, RunId, SealedUse, SecretName, WorkspaceName};

/// Which shape an [`Outcome`] has as data; it rises when something changes its meaning, not when something is added.
pub const OUTCOME_SCHEMA: u32 = 1;

/// What one run came to. Nothing in it has bypassed the leak filter.
///
/// As JSON it is what `um-host run --json` prints: the fields below by their names, `end` as an object with `code`,
/// `status`, `blame`, `message` and what else belongs to that end.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// Of the shape that this has as data.
    pub schema: u32,
    /// The run that it is of.
    pub run: RunId,
    /// Whose secrets it was given.
    pub workspace: WorkspaceName,
    /// Who started it.
    pub actor: ActorRecord,
    /// What its action is called.
    pub action: String,
    /// SHA-256 of what was loaded, in hexadecimal: of a component's bytes, or of the names and hashes of a script's code.
    pub digest: String,
    /// Command or typed; [`Kind::Script`] of a script that never came to tell, for one that is not Python.
    pub kind: Kind,
    /// When it began, by the clock on the wall.
    pub started: Timestamp,
    /// How it ended.
    pub end: End,
    /// Who must act; nobody, if the run completed or was stopped from outside.
    pub blame: Option<Blame>,
    /// What a typed action returned.
    pub result: Option<Json>,
    /// Whether it was a Python script that completed, and was most likely meant to be started in another way: it defines no
    /// `run` and uses no `main` of its own, wrote nothing, called no host and published nothing.
    pub idle: bool,
    /// Whether everything that the guest wrote has been taken by the writers that it was for. One that is gone counts as
    /// one that has taken it.
    pub delivered: bool,
    /// Values that were masked on their way out.
    pub leaks: Vec<Leak>,
    /// Parts of values that were let through in the result, documents and requests, since nobody can tell whether they are
    /// secrets. Whoever owns the secret can.
    pub doubtful: Vec<Leak>,
    /// Secrets that the run got and that no filter can guard: too short, or too common.
    pub unguarded: Vec<String>,
    /// Secrets that the run got, each once, in the order of the first time.
    pub secrets: Vec<SecretRead>,
    /// The secret that was asked for when `host-memory` had no room left to know its value by: that ended the run.
    pub unfit: Option<SecretName>,
    /// Why requests were refused or failed, sockets refused, and secrets not had by interfaces of other hosts; at most 20,
    /// each once.
    pub refused: Vec<Refusal>,
    /// Requests that were refused since a secret stood in them that is bound to other hosts, by secret and host; at most
    /// 100 pairs of these.
    pub misdirected: Vec<Misdirected>,
    /// How many requests each sealed value went out in, by secret and host.
    pub sealed: Vec<SealedUse>,
    /// Sealed secrets that the run read, and of which no request took the placeholder along: it was not sent, or something
    /// was made of it that is no placeholder any more.
    pub unsent: Vec<Unsent>,
    /// What was published, in the order of creation.
    pub documents: Vec<Document>,
    /// What it used.
    pub usage: Usage,
    /// The limits that were in force.
    pub limits: Limits,
}

/// What is said of a run that the host failed, where nothing else is.
const HOST_FAILED: &str = "the host failed the action: a secret could not be opened, or its read not recorded";

/// A secret that a run got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRead {
    /// Which one.
    pub name: SecretName,
    /// Of its value, as the workspace had it when the run started.
    pub version: u64,
}

/// A sealed secret that a run got the placeholder of in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// Which one.
    pub secret: SecretName,
    /// Where its placeholder would have been of use.
    pub bindings: Vec<Binding>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what the parts of each are is said with it")]
pub enum End {
    /// A command that ended with status 0; a typed action that returned a result.
    Completed,
    /// A typed action that returned an error, or a result that is not JSON or more of it than may be.
    Failed { message: String },
    /// A command that ended with another status than 0.
    Exited { code: u8 },
    /// The action came to its end, but wrote a document that must not leave: a secret stands in a file that cannot be
    /// masked, or could, unseen. None of its documents was published, and a result is dropped.
    Withheld { document: String, reason: String },
    /// The guest broke off: a panic, an out-of-bounds access.
    Trapped { reason: String },
    /// The guest used more than it may.
    Limit { limit: Limit, allowed: String },
    /// Whoever started the run stopped it.
    Interrupted,
    /// Whoever read the output went away.
    OutputClosed,
    /// The host failed the action, or what was to come after it; `reason` is the code of that error.
    HostFailed { reason: String, message: String },
    /// What only a later version than this one knows; runs of this one never end so.
    Other { code: String, status: u8, message: Option<String> },
}

/// Who must act on a run that did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    /// Its author: the action failed.
    Guest,
    /// Whoever runs the host: the action could not do what it may.
    Host,
}

/// What the run used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Time from start to end, waiting included.
    pub wall: Duration,
    /// Processor time of the guest, and of the host's work for it.
    pub cpu: Duration,
    /// Linear memory at its largest, in bytes.
    pub memory: u64,
    /// Memory that the host used for the run at its largest, in bytes, of what counts as `host-memory`.
    pub host_memory: u64,
    /// Calls and bytes per host, ordered by host.
    pub http: Vec<HostUsage>,
}

impl Outcome {
    /// Whether it came to its end as it should.
    pub fn completed(&self) -> bool {
        self.end == End::Completed
    }

    /// The status of a process that stands for this run: the guest's own, 1 for an error that it returned or a document
    /// that must not leave, 123 for a limit, 124 for time, 125 where the host is to blame, 130 for an interruption, 134 for
    /// a trap, 137 for memory, 141 for a closed output.
    pub fn status(&self) -> u8 {
        match self.blame {
            // The action may well have failed for that alone.
            Some(Blame::Host) => 125,
            _ => self.end.status(),
        }
    }

    /// What there is to say about its end that neither its streams nor its result tell: a fact, without advice. Nothing
    /// where it completed, or ended by a status of its own.
    pub fn message(&self) -> Option<String> {
        let unfit = match (&self.end, &self.unfit) {
            (End::Limit { .. }, Some(name)) => format!(": there is no room to know the value of {name} by"),
            _ => String::new(),
        };
        let message = self.end.message().map(|message| message + &unfit);
        match self.blame {
            // The action may well have failed for that alone, and does not know it.
            Some(Blame::Host) => message.or_else(|| Some(HOST_FAILED.to_owned())),
            _ => message,
        }
    }
}
impl End {
    /// A name that stays, for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::Completed => "completed",
            Self::Failed { .. } => "failed",
            Self::Exited { .. } => "exited",
            Self::Withheld { .. } => "withheld",
            Self::Trapped { .. } => "trapped",
            Self::Limit { .. } => "limit",
            Self::Interrupted => "interrupted",
            Self::OutputClosed => "output-closed",
            Self::HostFailed { .. } => "host-failed",
            Self::Other { code, .. } => code,
        }
    }

    fn status(&self) -> u8 {
        match self {
            Self::Completed => 0,
            // A failure of the action like any other: not the host's, and no limit that could be raised.
            Self::Failed { .. } | Self::Withheld { .. } => 1,
            Self::Exited { code } => *code,
            Self::Limit { limit: Limit::Wall | Limit::Cpu | Limit::Fuel, .. } => 124,
            Self::Limit { limit: Limit::Memory, .. } => 137,
            Self::Limit { .. } => 123,
            Self::Interrupted => 130,
            Self::Trapped { .. } => 134,
            Self::OutputClosed => 141,
            Self::HostFailed { .. } => 125,
            Self::Other { status, .. } => *status,
        }
    }

    fn message(&self) -> Option<String> {
        match self {
            Self::Failed { message } | Self::HostFailed { message, .. } => Some(message.clone()),
            Self::Trapped { reason } => Some(format!("the action trapped: {reason}")),
            Self::Limit { limit, allowed } => {
                Some(format!("the action was stopped at its limit `{limit}` of {allowed}"))
            }
            Self::Withheld { document, reason } => {
                Some(format!("the document `{document}` may not leave: {reason}; nothing was published"))
            }
            Self::Interrupted => Some("the run was interrupted; nothing was published".to_owned()),
            Self::Other { message, .. } => message.clone(),
            Self::Completed | Self::Exited { .. } | Self::OutputClosed => None,
        }
    }
}

/// Who must act on a run that ended so. `called` tells whether its guest was called at all, `host_failed` whether the host
/// failed the guest while it ran: a secret that the store could not open, for instance.
pub(super) fn blame(end: &End, called: bool, host_failed: bool) -> Option<Blame> {
    match end {
        End::Completed | End::Interrupted | End::OutputClosed => None,
        End::HostFailed { .. } => Some(Blame::Host),
        _ if host_failed => Some(Blame::Host),
        // What it waited for was nobody's fault that can be told.
        _ if !called => None,
        _ => Some(Blame::Guest),
    }
}
