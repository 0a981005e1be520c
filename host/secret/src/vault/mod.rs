//! What people do to workspaces: the border between those who manage secrets and whatever keeps them.
//!
//! A [`Vault`] is [`Secrets`] that can be changed and looked at, by somebody: the store of this crate, [`MapVault`] in
//! memory, or an embedder's own. What every one of them promises is in [`conformance`](super::conformance), which an
//! implementer can run.
//!
//! Deliberately absent: who may do what. A vault writes down who did it; whoever holds one decides whom it obeys.
//!
//! [`MapVault`]: super::MapVault

pub(crate) mod audit;
pub(crate) mod change;
pub(crate) mod error;
pub(crate) mod look;
pub(crate) mod verbs;

use async_trait::async_trait;

use super::actor::Actor;
use super::name::WorkspaceName;
use super::source::Secrets;

pub use audit::{AuditEntry, AuditPage, AuditRange};
pub use change::{Change, Conflict, Done, Expected, Precondition, Receipt, SetOptions, Settled, Stored, Unfit};
pub use error::VaultError;
pub use look::{LastUse, MAX_PAGE, Page, Query, SecretDetails, SecretSummary, WorkspaceDetails, WorkspaceSummary};
pub use verbs::VaultExt;

/// Most secrets of one workspace.
pub const MAX_SECRETS: usize = 10_000;
/// Most bytes of one workspace: values, names and descriptions.
pub const MAX_WORKSPACE_BYTES: u64 = 16 << 20;
/// Most hosts that one workspace allows.
pub const MAX_ALLOWED: usize = 1_000;
/// Most bytes of one of them, as it is written.
pub const MAX_ALLOWED_BYTES: usize = 2_048;
/// Most changes of one commit.
pub const MAX_CHANGES: usize = 10_000;

/// Secrets of workspaces that can be changed and looked at.
///
/// What a vault cannot do it refuses as [`VaultError::Unsupported`], whole: it never leaves a change, a query or a
/// precondition out and says that all went well.
#[async_trait]
pub trait Vault: Secrets {
    /// Makes all of the changes, in their order, or none: runs see the workspace before them or after them. Each that
    /// changed anything is a row of the audit log, in the same transaction, that names `by`.
    ///
    /// A workspace that is not there is made by [`Change::CreateWorkspace`] in the first place.
    ///
    /// # Errors
    /// [`VaultError`]; then nothing was changed, but for [`VaultError::Unknown`].
    async fn commit(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        changes: Vec<Change>,
        only: Precondition,
    ) -> Result<Receipt, VaultError>;

    /// Tells what is there: names and all that is known of them, never values.
    ///
    /// # Errors
    /// [`VaultError`].
    async fn look(&self, by: &Actor, query: Query) -> Result<Page, VaultError>;

    /// Reads rows of the audit log, oldest first.
    ///
    /// # Errors
    /// [`VaultError`].
    async fn audit(&self, by: &Actor, range: AuditRange) -> Result<AuditPage, VaultError>;
}
