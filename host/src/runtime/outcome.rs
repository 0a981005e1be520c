//! What a run came to.

use std::time::Duration;

use serde::Serialize;

use super::documents::Document;
use super::limits::Limit;
use crate::action::Kind;
use crate::base::json::Json;
use crate::egress::HostUsage;
use crate::leak::Leak;
use crate::secret::{Misdirected, RunId, SealedUse, SecretName, WorkspaceName};

/// What one run came to. Nothing in it has bypassed the leak filter.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    pub run: RunId,
    pub workspace: WorkspaceName,
    /// Command or typed; [`Kind::Script`] of a script that never came to tell, for one that is not Python.
    pub kind: Kind,
    pub end: End,
    /// What a typed action returned.
    pub result: Option<Json>,
    /// What the guest wrote, where [`Output::Collect`](super::Output::Collect) was asked for.
    pub stdout: Vec<u8>,
    /// As `stdout`.
    pub stderr: Vec<u8>,
    /// Whether everything that the guest wrote has been taken by the writers that it was for. One that is gone counts as
    /// one that has taken it.
    pub delivered: bool,
    /// Values that were masked on their way out.
    pub leaks: Vec<Leak>,
    /// Secrets that the run got and that no filter can guard: too short, or too common.
    pub unguarded: Vec<String>,
    /// Secrets that the run got, each once, in the order of the first time.
    pub secrets: Vec<SecretName>,
    /// The secret that was asked for when `host-memory` had no room left to know its value by: that ended the run.
    pub unfit: Option<SecretName>,
    /// Why requests were refused or failed, in words for the action's author; at most 20, each once.
    pub refused: Vec<String>,
    /// Requests that were refused since a secret stood in them that is bound to other hosts, by secret and host; at most
    /// 100 pairs of these.
    pub misdirected: Vec<Misdirected>,
    /// How many requests each sealed value went out in, by secret and host.
    pub sealed: Vec<SealedUse>,
    /// What was published, in the order of creation.
    pub documents: Vec<Document>,
    pub usage: Usage,
    /// Whether the host failed the guest while it ran: a secret that the store could not open, for instance.
    pub(super) host_failed: bool,
    /// Whether the guest was called at all.
    pub(super) called: bool,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
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
    /// The guest broke off: a panic, an out-of-bounds access, a stack overflow.
    Trapped { reason: String },
    /// The guest used more than it may.
    Limit { limit: Limit, allowed: String },
    /// Whoever started the run stopped it.
    Interrupted,
    /// Whoever read the output went away.
    OutputClosed,
}

/// Who must act on a run that did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    Guest,
    Host,
}

/// What the run used.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Usage {
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
    /// The outcome of a run that came to its end before its guest was called.
    pub(super) fn uncalled(run: RunId, workspace: WorkspaceName, kind: Kind, end: End, usage: Usage) -> Self {
        Self {
            run,
            workspace,
            kind,
            end,
            result: None,
            stdout: Vec::new(),
            stderr: Vec::new(),
            delivered: true,
            leaks: Vec::new(),
            unguarded: Vec::new(),
            secrets: Vec::new(),
            unfit: None,
            refused: Vec::new(),
            misdirected: Vec::new(),
            sealed: Vec::new(),
            documents: Vec::new(),
            usage,
            host_failed: false,
            called: false,
        }
    }

    pub fn completed(&self) -> bool {
        self.end == End::Completed
    }

    /// Who must act; nobody, if the run completed or was stopped from outside.
    pub fn blame(&self) -> Option<Blame> {
        match self.end {
            End::Completed | End::Interrupted | End::OutputClosed => None,
            _ if self.host_failed => Some(Blame::Host),
            // What it waited for was nobody's fault that can be told.
            _ if !self.called => None,
            _ => Some(Blame::Guest),
        }
    }

    /// The status of a process that stands for this run: the guest's own, 1 for an error that it returned or a document
    /// that must not leave, 123 for a limit, 124 for time, 130 for an interruption, 134 for a trap, 137 for memory, 141
    /// for a closed output.
    pub fn status(&self) -> u8 {
        match self.end {
            End::Completed => 0,
            // A failure of the action like any other: not the host's, and no limit that could be raised.
            End::Failed { .. } | End::Withheld { .. } => 1,
            End::Exited { code } => code,
            End::Limit { limit: Limit::Wall | Limit::Cpu, .. } => 124,
            End::Limit { limit: Limit::Memory, .. } => 137,
            End::Limit { .. } => 123,
            End::Interrupted => 130,
            End::Trapped { .. } => 134,
            End::OutputClosed => 141,
        }
    }
}
