//! What a vault tells about what it keeps, page by page. Never a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::actor::ActorRecord;
use crate::binding::Binding;
use crate::exposure::Exposure;
use crate::name::{SecretName, WorkspaceName};
use crate::parts::Parts;
use crate::run_id::RunId;
use crate::value::Masking;

/// Most items of one page.
pub const MAX_PAGE: usize = 1_000;

/// A question to a vault.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Query {
    /// Workspaces by name.
    Workspaces {
        /// Those after this one; all without it.
        after: Option<WorkspaceName>,
        /// At most so many, and no more than [`MAX_PAGE`].
        limit: usize,
    },
    /// One workspace.
    Workspace {
        /// Which one.
        workspace: WorkspaceName,
    },
    /// Secrets of a workspace by name.
    Secrets {
        /// Of which workspace.
        workspace: WorkspaceName,
        /// Those after this one; all without it.
        after: Option<SecretName>,
        /// At most so many, and no more than [`MAX_PAGE`].
        limit: usize,
    },
    /// One secret.
    Secret {
        /// Of which workspace.
        workspace: WorkspaceName,
        /// Which one.
        name: SecretName,
    },
}

/// The answer: to each question its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// To [`Query::Workspaces`].
    Workspaces {
        /// In the order of their names.
        workspaces: Vec<WorkspaceSummary>,
        /// What to go on after, if there is more.
        next: Option<WorkspaceName>,
    },
    /// To [`Query::Workspace`].
    Workspace(WorkspaceDetails),
    /// To [`Query::Secrets`].
    Secrets {
        /// In the order of their names.
        secrets: Vec<SecretSummary>,
        /// What to go on after, if there is more.
        next: Option<SecretName>,
    },
    /// To [`Query::Secret`].
    Secret(Box<SecretDetails>),
}

impl Page {
    /// A page of what `all` workspaces there are, which may come in any order.
    pub fn of_workspaces(all: Vec<WorkspaceSummary>, after: Option<&WorkspaceName>, limit: usize) -> Self {
        let (workspaces, next) = page(all, after, limit, |workspace| &workspace.name);
        Self::Workspaces { workspaces, next }
    }

    /// A page of what `all` secrets there are, which may come in any order.
    pub fn of_secrets(all: Vec<SecretSummary>, after: Option<&SecretName>, limit: usize) -> Self {
        let (secrets, next) = page(all, after, limit, |secret| &secret.name);
        Self::Secrets { secrets, next }
    }
}

fn page<T, N: Ord + Clone>(
    mut all: Vec<T>,
    after: Option<&N>,
    limit: usize,
    name: impl Fn(&T) -> &N,
) -> (Vec<T>, Option<N>) {
    all.sort_by(|one, other| name(one).cmp(name(other)));
    all.retain(|item| after.is_none_or(|after| name(item) > after));
    let limit = limit.clamp(1, MAX_PAGE);
    let is_cut = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| is_cut).map(|last| name(last).clone());
    (all, next)
}

/// A workspace in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceSummary {
    /// What it is called.
    pub name: WorkspaceName,
    /// When it was made.
    pub created: Timestamp,
    /// How many secrets it holds.
    pub secrets: usize,
}

/// What is known about one workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceDetails {
    /// What it is called.
    pub name: WorkspaceName,
    /// When it was made.
    pub created: Timestamp,
    /// What every run may call, as it is written, in the order in which it was allowed.
    pub allowed: Vec<String>,
    /// How many secrets it holds.
    pub secrets: usize,
}

/// A secret in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSummary {
    /// What it is called.
    pub name: SecretName,
    /// What it is for, in the owner's words.
    pub description: String,
    /// 1 for the first value, one more for each that replaced it.
    pub version: u64,
    /// When it was first set.
    pub created: Timestamp,
    /// When the value or the description last changed.
    pub updated: Timestamp,
    /// Whether runs get the value or a placeholder.
    pub exposure: Exposure,
    /// Where the value may go; anywhere that a run may reach, if there are none.
    pub bindings: Vec<Binding>,
    /// From when on it is not handed out.
    pub expires: Option<Timestamp>,
    /// How much of the value the leak filter can guard, as found when it was set.
    pub masking: Masking,
    /// What is known of the parts of the value, and what the owner says of them.
    pub parts: Arc<Parts>,
}

/// What is known about one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretDetails {
    /// As in a list.
    pub summary: SecretSummary,
    /// `None` if no run has read it.
    pub last_use: Option<LastUse>,
    /// Records of reads are missing or cannot be trusted, so `last_use` may tell too little.
    pub reads_damaged: bool,
}

/// The reads of one secret by runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// When it was read last.
    pub at: Timestamp,
    /// The run that read it last.
    pub run: RunId,
    /// Who started it, if that was written down.
    pub by: Option<ActorRecord>,
    /// How often it was read since it was created, as far as records reach back.
    pub reads: u64,
    /// How many requests were refused since the value stood in them and is bound to other hosts.
    pub refused: u64,
    /// In how many runs the value was put into requests to each host, for a placeholder.
    pub sealed: BTreeMap<String, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspaces(count: usize) -> Vec<WorkspaceSummary> {
        let name = |number| WorkspaceName::parse(&format!("w-{number:05}")).unwrap();
        let summary = |number| WorkspaceSummary { name: name(number), created: Timestamp::UNIX_EPOCH, secrets: number };
        (0..count).rev().map(summary).collect()
    }

    #[test]
    fn pages_follow_each_other_to_the_end_and_each_is_bounded() {
        for (count, limit, pages) in [(0, 5, 1), (5, 5, 1), (6, 5, 2), (3, 0, 3), (1_001, 5_000, 2)] {
            let (mut seen, mut after, mut number) = (Vec::new(), None, 0);
            loop {
                let page = Page::of_workspaces(workspaces(count), after.as_ref(), limit);
                let Page::Workspaces { workspaces, next } = page else { panic!("another page") };
                assert!(workspaces.len() <= limit.clamp(1, MAX_PAGE));
                seen.extend(workspaces.iter().map(|workspace| workspace.secrets));
                number += 1;
                match next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            assert_eq!((seen, number), ((0..count).collect(), pages), "{count} by {limit}");
        }
    }
}
