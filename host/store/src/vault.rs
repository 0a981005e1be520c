//! The store as a [`Vault`]: several changes in one transaction, pages, and the audit log read back.
//!
//! Everything here waits for locks and disks, so it is done on a thread of its own.

use async_trait::async_trait;

use um_secret::{
    Actor, AuditPage, AuditRange, Change, Done, MAX_CHANGES, Page, Precondition, Query, Receipt, SecretDetails, Vault,
    VaultError, WorkspaceName, WorkspaceSummary,
};

use super::change::edit::Edit;
use super::error::StoreError;
use super::look::read::read;
use super::store::Store;
use super::thread;
use super::view::View;

/// How many rows of the audit log are looked at for one page, at most.
const MAX_SCANNED: u64 = 10_000;

#[async_trait]
impl Vault for Store {
    async fn commit(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        changes: Vec<Change>,
        only: Precondition,
    ) -> Result<Receipt, VaultError> {
        if changes.len() > MAX_CHANGES {
            return Err(VaultError::TooManyChanges { count: changes.len(), limit: MAX_CHANGES });
        }
        let (by, workspace) = (by.clone(), workspace.clone());
        self.work(move |store| store.commit_all(&by, &workspace, changes, &only)).await
    }

    async fn look(&self, _by: &Actor, query: Query) -> Result<Page, VaultError> {
        self.work(|store| store.page(query)).await
    }

    async fn audit(&self, _by: &Actor, range: AuditRange) -> Result<AuditPage, VaultError> {
        self.work(move |store| store.audit_page(&range)).await
    }
}

impl Store {
    async fn work<T: Send + 'static>(
        &self,
        task: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let store = self.clone();
        match thread::work(move || task(&store)).await {
            Ok(done) => Ok(done?),
            Err(stopped) => Err(VaultError::Unavailable(stopped.into())),
        }
    }

    pub(crate) fn commit_all(
        &self,
        by: &Actor,
        workspace: &WorkspaceName,
        changes: Vec<Change>,
        only: &Precondition,
    ) -> Result<Receipt, StoreError> {
        let verb = match changes.as_slice() {
            [change] => change.verb(),
            _ => "several changes",
        };
        let (mut changes, mut done) = (changes.into_iter().peekable(), Vec::new());
        let session = self.begin(verb)?;
        let mut edit = match changes.next_if(|first| matches!(first, Change::CreateWorkspace)) {
            Some(_) => {
                done.push(Done::WorkspaceCreated);
                Edit::create(session, workspace)?
            }
            None => Edit::open(session, workspace)?,
        };
        edit.check(only)?;
        for change in changes {
            done.push(edit.apply(change)?);
        }
        edit.commit(by)?;
        Ok(Receipt::new(done))
    }

    fn page(&self, query: Query) -> Result<Page, StoreError> {
        match query {
            Query::Workspaces { after, limit } => {
                read(&self.opened, self.deadline(), |view| workspaces(view, after.as_ref(), limit))
            }
            Query::Workspace { workspace } => Ok(Page::Workspace(self.workspace(&workspace)?)),
            Query::Secrets { workspace, after, limit } => {
                Ok(Page::of_secrets(self.list(&workspace)?, after.as_ref(), limit))
            }
            Query::Secret { workspace, name } => {
                let (summary, last_use, reads_damaged) = self.summary(&workspace, &name)?;
                Ok(Page::Secret(Box::new(SecretDetails { summary, last_use, reads_damaged })))
            }
            _ => Err(StoreError::Unsupported { what: "look" }),
        }
    }

    fn audit_page(&self, range: &AuditRange) -> Result<AuditPage, StoreError> {
        read(&self.opened, self.deadline(), |view| {
            let rows = view.keyring.audit.count;
            let end = rows.min(range.from.saturating_add(MAX_SCANNED));
            let (mut entries, mut number) = (Vec::new(), range.from);
            while number < end && entries.len() < range.page() {
                let entry = view.audit_row(number)?.entry(number);
                let about = range.workspace.as_ref().map(WorkspaceName::as_str);
                if about.is_none_or(|about| entry.workspace.as_deref() == Some(about)) {
                    entries.push(entry);
                }
                number += 1;
            }
            Ok(AuditPage::new(entries, (number < rows).then_some(number), rows))
        })
    }
}

/// Only the workspaces of the page are opened to count their secrets.
fn workspaces(view: &View, after: Option<&WorkspaceName>, limit: usize) -> Result<Page, StoreError> {
    let mut all = Vec::new();
    for entry in view.keyring.workspaces.values() {
        let (name, created) = view.label(entry)?;
        all.push(WorkspaceSummary { name, created, secrets: 0 });
    }
    let mut page = Page::of_workspaces(all, after, limit);
    if let Page::Workspaces { workspaces, .. } = &mut page {
        for workspace in workspaces {
            workspace.secrets = view.index(&view.find(&workspace.name)?.0)?.secrets.len();
        }
    }
    Ok(page)
}
