//! What every [`Vault`] promises, as checks that an implementer can run on their own.
//!
//! ```
//! use um_secret::{MapVault, conformance};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let failures = conformance::check(&MapVault::new()).await;
//! assert!(failures.is_empty(), "{failures:#?}");
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//! Each check makes a workspace of its own (`conformance-…`) and leaves it behind: run them on a vault that is made for
//! it. What a vault refuses as unsupported is left out, if it is refused whole; the workspaces themselves it must make.
//!
//! Deliberately absent: what only the vault's own tests can see, as crashes, other processes and what lies on the disk.

mod commits;
mod logs;
mod pages;
mod parts;
mod snapshots;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::actor::{Actor, ActorKind, Door};
use super::name::{SecretName, WorkspaceName};
use super::run_id::RunId;
use super::source::{OpenError, Reader, Snapshot};
use super::value::SecretValue;
use super::vault::Vault;
use super::vault::audit::{AuditEntry, AuditRange};
use super::vault::change::{Change, Done, Precondition, SetOptions};
use super::vault::error::VaultError;
use um_base::Coded;
use um_base::ErrorKind;
use um_base::rule::Rule;

/// How long a snapshot may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The promise, as a sentence.
    pub check: &'static str,
    /// What was seen instead.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.what)
    }
}

/// How a check ends.
type Held = Result<(), String>;

/// Runs the checks one after the other, each in a workspace of its own.
macro_rules! hold {
    ($vault:expr, $($part:ident::$check:ident)*) => {{
        let mut failures = Vec::new();
        $(
            let held = match Bench::new($vault).await {
                Ok(bench) => $part::$check(&bench).await,
                Err(what) => Err(what),
            };
            failures.extend(held.err().map(|what| Failure { check: stringify!($check), what }));
        )*
        failures
    }};
}

/// Holds a vault against what every vault promises; gives what it breaks.
pub async fn check(vault: &dyn Vault) -> Vec<Failure> {
    hold!(vault,
        snapshots::a_run_sees_its_workspace_as_it_was_when_it_began
        snapshots::what_is_not_there_is_not_found
        snapshots::names_are_told_apart_by_case
        snapshots::workspaces_are_told_apart
        snapshots::a_snapshot_tells_how_secrets_are_used_in_the_order_of_their_names
        commits::a_commit_is_made_whole_or_not_at_all
        commits::changes_of_one_commit_are_made_in_their_order
        commits::a_workspace_is_made_together_with_what_is_in_it_or_not_at_all
        commits::a_precondition_that_does_not_hold_changes_nothing
        commits::of_two_writers_with_one_precondition_one_wins
        commits::a_change_does_what_it_says_or_is_refused_as_unsupported
        commits::what_is_against_a_rule_is_refused
        commits::no_description_holds_a_value
        commits::what_is_too_much_is_refused
        commits::a_namesake_of_a_deleted_secret_begins_anew
        parts::what_was_judged_of_parts_stands_with_the_value
        parts::the_owners_words_stay_with_the_paths_that_are_there
        parts::words_are_said_of_what_is_there_and_are_on_record
        logs::an_audit_row_names_actor_door_and_run
        logs::what_changes_nothing_leaves_no_row
        logs::a_read_is_on_record_when_the_value_is_handed_out
        logs::what_is_only_peeked_at_is_not_on_record
        pages::pages_follow_each_other_to_the_end
        pages::rows_of_the_audit_follow_each_other_to_the_end
    )
}

/// A vault, and an empty workspace of it.
struct Bench<'a> {
    vault: &'a dyn Vault,
    workspace: WorkspaceName,
    by: Actor,
}

impl<'a> Bench<'a> {
    async fn new(vault: &'a dyn Vault) -> Result<Self, String> {
        let by = Actor::new("conformance", ActorKind::Person, Door::Library).map_err(|error| error.to_string())?;
        let bench = Self { vault, workspace: workspace(), by };
        match bench.commit(vec![Change::CreateWorkspace], Precondition::any()).await {
            Ok(_) => Ok(bench),
            Err(error) => Err(format!("no workspace could be made: {error}")),
        }
    }

    async fn commit(&self, changes: Vec<Change>, only: Precondition) -> Result<Vec<Done>, VaultError> {
        Ok(self.vault.commit(&self.by, &self.workspace, changes, only).await?.done)
    }

    /// Changes that must be made.
    async fn make(&self, changes: Vec<Change>) -> Result<Vec<Done>, String> {
        let (count, only) = (changes.len(), Precondition::any());
        let done = self.commit(changes, only).await.map_err(|error| format!("a change was refused: {error}"))?;
        same("how many changes the receipt names", &done.len(), &count)?;
        Ok(done)
    }

    async fn snapshot(&self) -> Result<Arc<dyn Snapshot>, String> {
        let taken = self.vault.snapshot(&self.workspace, PATIENCE).await;
        taken.map_err(|error| format!("there is no snapshot: {error}"))
    }

    /// The value as a run gets it that begins now.
    async fn value(&self, name: &str) -> Result<Option<String>, String> {
        value(&*self.snapshot().await?, name).await
    }

    fn reader(&self) -> Reader {
        Reader::new(RunId::new(), self.by.clone())
    }

    /// The rows about this workspace.
    async fn rows(&self) -> Result<Vec<AuditEntry>, String> {
        let (mut rows, mut from) = (Vec::new(), Some(0));
        while let Some(start) = from {
            let range = AuditRange::from(start).of(self.workspace.clone());
            let page = self.vault.audit(&self.by, range).await.map_err(|error| format!("no audit: {error}"))?;
            rows.extend(page.entries);
            from = page.next;
        }
        Ok(rows)
    }
}

/// A name that no other check has.
fn workspace() -> WorkspaceName {
    let id = RunId::new().to_string();
    WorkspaceName::parse(&format!("conformance-{}", &id[..16])).expect("letters, digits and hyphens")
}

fn name(text: &str) -> SecretName {
    SecretName::parse(text).expect("the names of the checks are valid")
}

fn set(secret: &str, text: &str) -> Change {
    set_with(secret, text, SetOptions::default())
}

fn set_with(secret: &str, text: &str, options: SetOptions) -> Change {
    let value = SecretValue::new(text.to_owned()).expect("the values of the checks are valid");
    Change::Set { name: name(secret), value, options }
}

fn rule(text: &str) -> Rule {
    Rule::parse(text).expect("the rules of the checks are valid")
}

fn delete(secret: &str) -> Change {
    Change::Delete { name: name(secret) }
}

/// The value as a run gets it from this snapshot; `None` if there is none of this name.
async fn value(snapshot: &dyn Snapshot, secret: &str) -> Result<Option<String>, String> {
    let by = Reader::new(RunId::new(), Actor::local(Door::Library));
    match snapshot.open(&name(secret), &by).await {
        Ok(value) => {
            snapshot.settle(&by).await.map_err(|error| format!("the read was not settled: {error}"))?;
            Ok(Some(value.expose().to_owned()))
        }
        Err(OpenError::NotFound) => Ok(None),
        Err(error) => Err(format!("{secret} was not opened: {error}")),
    }
}

/// What is told of `what` must be the same.
fn same<T: PartialEq + fmt::Debug + ?Sized>(what: &str, found: &T, expected: &T) -> Held {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: {found:?}, where {expected:?} was to be expected")),
    }
}

/// `asked` must be refused in this way.
fn refused<T>(what: &str, asked: Result<T, VaultError>, kind: ErrorKind) -> Held {
    match asked {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(format!("{what} was refused as {:?} ({error}), and not as {kind:?}", error.kind())),
        Ok(_) => Err(format!("{what} was not refused")),
    }
}

/// As [`refused`], unless the vault cannot do such a thing at all.
fn refused_if_supported<T>(what: &str, asked: Result<T, VaultError>, kind: ErrorKind) -> Held {
    match asked {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(()),
        asked => refused(what, asked, kind),
    }
}
