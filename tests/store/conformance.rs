//! Every vault of this crate keeps what all vaults promise, and a vault that breaks a promise is found out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use um_secret::{
    Actor, AuditPage, AuditRange, Change, Done, MapVault, Page, Precondition, Query, Receipt, Secrets, Snapshot,
    SnapshotError, Vault, VaultError, WorkspaceName, conformance,
};

use super::world::World;
use crate::support::who::me;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_keeps_what_every_vault_promises() {
    let world = World::new();
    let failures = conformance::check(&world.open()).await;
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(!world.open().check().unwrap().reads_damaged);
}

#[tokio::test]
async fn the_vault_in_memory_keeps_what_every_vault_promises() {
    let vault = MapVault::new();
    for _ in 0..2 {
        let failures = conformance::check(&vault).await;
        assert!(failures.is_empty(), "{failures:#?}");
    }
    assert!(!vault.reads().is_empty(), "whoever has the vault sees what was read");
}

#[tokio::test]
async fn a_vault_that_refuses_what_it_lacks_keeps_its_promises() {
    let failures = conformance::check(&Strange::new(Fault::Lacks)).await;
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test]
async fn a_vault_that_breaks_a_promise_is_found_out() {
    for (fault, check) in [
        (Fault::LeavesOut, "a_change_does_what_it_says_or_is_refused_as_unsupported"),
        (Fault::LeavesOutBeside, "a_change_does_what_it_says_or_is_refused_as_unsupported"),
        (Fault::LeavesOutBeside, "the_owners_words_stay_with_the_paths_that_are_there"),
        (Fault::ForgetsParts, "what_was_judged_of_parts_stands_with_the_value"),
        (Fault::DescribesAnything, "no_description_holds_a_value"),
        (Fault::IgnoresConditions, "words_are_said_of_what_is_there_and_are_on_record"),
        (Fault::IgnoresConditions, "a_precondition_that_does_not_hold_changes_nothing"),
        (Fault::IgnoresConditions, "of_two_writers_with_one_precondition_one_wins"),
        (Fault::CommitsPiecemeal, "a_commit_is_made_whole_or_not_at_all"),
        (Fault::IsSomebodyElse, "an_audit_row_names_actor_door_and_run"),
        (Fault::IsStale, "a_run_sees_its_workspace_as_it_was_when_it_began"),
        (Fault::HasLongPages, "pages_follow_each_other_to_the_end"),
        (Fault::HasLongRows, "rows_of_the_audit_follow_each_other_to_the_end"),
    ] {
        let failures = conformance::check(&Strange::new(fault)).await;
        assert!(failures.iter().any(|failure| failure.check == check), "{fault:?}: {failures:#?}");
    }
}

/// What is wrong with a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Nothing: it refuses what it cannot do.
    Lacks,
    /// It says that all went well with what it cannot do.
    LeavesOut,
    /// It refuses what it cannot do, and does the rest.
    LeavesOutBeside,
    /// It stores values without what was judged of their parts.
    ForgetsParts,
    /// It has no rules for descriptions.
    DescribesAnything,
    IgnoresConditions,
    CommitsPiecemeal,
    IsSomebodyElse,
    /// Runs see the first snapshot for ever.
    IsStale,
    HasLongPages,
    HasLongRows,
}

/// A vault with a fault.
struct Strange {
    inner: MapVault,
    fault: Fault,
    first: Mutex<HashMap<WorkspaceName, Arc<dyn Snapshot>>>,
}

impl Strange {
    fn new(fault: Fault) -> Self {
        Self { inner: MapVault::new(), fault, first: Mutex::default() }
    }

    fn is_lacking(change: &Change) -> bool {
        matches!(change, Change::Describe { .. } | Change::Disallow { .. } | Change::Parts { .. })
    }
}

#[async_trait]
impl Secrets for Strange {
    async fn snapshot(
        &self,
        workspace: &WorkspaceName,
        patience: Duration,
    ) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        let fresh = self.inner.snapshot(workspace, patience).await?;
        match self.fault {
            Fault::IsStale => Ok(Arc::clone(self.first.lock().unwrap().entry(workspace.clone()).or_insert(fresh))),
            _ => Ok(fresh),
        }
    }
}

#[async_trait]
impl Vault for Strange {
    async fn commit(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        mut changes: Vec<Change>,
        only: Precondition,
    ) -> Result<Receipt, VaultError> {
        let lacking = changes.iter().any(Self::is_lacking);
        let refused = Err(VaultError::Unsupported { what: "this" });
        match self.fault {
            Fault::Lacks if lacking => return refused,
            Fault::LeavesOut | Fault::LeavesOutBeside if lacking => {
                let count = changes.len();
                changes.retain(|change| !Self::is_lacking(change));
                let mut receipt = self.inner.commit(by, workspace, changes, only).await?;
                receipt.done.resize(count, Done::Described);
                return if self.fault == Fault::LeavesOut { Ok(receipt) } else { refused };
            }
            Fault::ForgetsParts => {
                for change in &mut changes {
                    if let Change::Set { options, .. } = change {
                        options.parts = None;
                    }
                }
            }
            Fault::IgnoresConditions => return self.inner.commit(by, workspace, changes, Precondition::any()).await,
            Fault::CommitsPiecemeal => {
                let mut done = Vec::new();
                for change in changes {
                    done.extend(self.inner.commit(by, workspace, vec![change], only.clone()).await?.done);
                }
                return Ok(Receipt::new(done));
            }
            Fault::DescribesAnything => {
                return match self.inner.commit(by, workspace, changes, only).await {
                    Err(VaultError::Description(_)) => Ok(Receipt::new(Vec::new())),
                    made => made,
                };
            }
            Fault::IsSomebodyElse => return self.inner.commit(&me(), workspace, changes, only).await,
            _ => {}
        }
        self.inner.commit(by, workspace, changes, only).await
    }

    async fn look(&self, by: &Actor, query: Query) -> Result<Page, VaultError> {
        let query = match query {
            Query::Secrets { workspace, after, .. } if self.fault == Fault::HasLongPages => {
                Query::Secrets { workspace, after, limit: 1_000 }
            }
            query => query,
        };
        self.inner.look(by, query).await
    }

    async fn audit(&self, by: &Actor, range: AuditRange) -> Result<AuditPage, VaultError> {
        let range = if self.fault == Fault::HasLongRows { range.limit(1_000) } else { range };
        self.inner.audit(by, range).await
    }
}
