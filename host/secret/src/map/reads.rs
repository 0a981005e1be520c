//! The log of what runs have read of a vault in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::contents::SecretId;
use crate::actor::{Actor, ActorRecord};
use crate::name::{SecretName, WorkspaceName};
use crate::run_id::RunId;
use crate::source::Reader;
use crate::vault::look::LastUse;

/// Most rows of the audit log, and most records of reads, that are kept: the oldest go.
pub(super) const MAX_KEPT: usize = 100_000;

/// What a run did with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadEntry {
    /// When.
    pub at: Timestamp,
    /// The run that did it.
    pub run: RunId,
    /// Who started it.
    pub actor: Actor,
    /// Of which workspace the secret is.
    pub workspace: WorkspaceName,
    /// Whose value it is.
    pub secret: SecretName,
    /// The version of the secret that has it.
    pub version: u64,
    /// Where the value went or would have gone; `None` where it, or a placeholder for it, was handed out.
    pub host: Option<String>,
    /// How many requests to the host were refused for the value; 0 where they were not.
    pub refused: u64,
    id: SecretId,
}

/// The newest records, and how often each secret was read ever.
#[derive(Default)]
pub(super) struct Reads(Mutex<State>);

#[derive(Default)]
struct State {
    newest: VecDeque<ReadEntry>,
    uses: BTreeMap<SecretId, LastUse>,
}

/// Of what a record is.
pub(super) struct About<'a> {
    pub id: SecretId,
    pub workspace: &'a WorkspaceName,
    pub secret: &'a SecretName,
    pub version: u64,
}

impl Reads {
    pub fn record(&self, about: &About, by: &Reader, host: Option<&str>, refused: u64) {
        let entry = ReadEntry {
            at: Timestamp::now(),
            run: by.run.clone(),
            actor: by.actor.clone(),
            workspace: about.workspace.clone(),
            secret: about.secret.clone(),
            version: about.version,
            host: host.map(str::to_owned),
            refused,
            id: about.id,
        };
        let mut state = self.lock();
        state.count(&entry);
        if state.newest.len() == MAX_KEPT {
            state.newest.pop_front();
        }
        state.newest.push_back(entry);
    }

    pub fn all(&self) -> Vec<ReadEntry> {
        self.lock().newest.iter().cloned().collect()
    }

    pub fn last_use(&self, id: SecretId) -> Option<LastUse> {
        self.lock().uses.get(&id).filter(|used| used.reads > 0).cloned()
    }

    /// Every change is one step, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&mut self, entry: &ReadEntry) {
        let unread = || LastUse {
            at: entry.at,
            run: entry.run.clone(),
            by: None,
            reads: 0,
            refused: 0,
            sealed: BTreeMap::new(),
        };
        let used = self.uses.entry(entry.id).or_insert_with(unread);
        match &entry.host {
            Some(_) if entry.refused > 0 => used.refused = used.refused.saturating_add(entry.refused),
            Some(host) => *used.sealed.entry(host.clone()).or_default() += 1,
            None => {
                (used.at, used.run, used.reads) = (entry.at, entry.run.clone(), used.reads + 1);
                used.by = Some(ActorRecord::from(&entry.actor));
            }
        }
    }
}
