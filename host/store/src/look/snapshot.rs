//! A workspace as runs see it: the index opened, the values still sealed.
//!
//! A value is decrypted when a run asks for it, after the read has been recorded.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use um_base::rule::Rule;
use um_envelope::{AuditKey, Id, Key, ReadRecord, Use, ValueRow, WorkspaceEntry};
use um_secret::{
    ActorRecord, Entry, Misdirected, OpenError, ReadLog, Reader, SealedUse, SecretName, SecretValue, SettleError,
    Snapshot, WorkspaceName,
};

use crate::clock::now;
use crate::error::StoreError;
use crate::reads::journal::Journal;
use crate::thread;
use crate::view::View;

/// Shared by all runs of one workspace and epoch in a process.
pub(crate) struct StoredSnapshot {
    workspace: WorkspaceName,
    /// What the keyring says of it: no two states of a workspace have one entry.
    pub(crate) workspace_entry: WorkspaceEntry,
    entries: Vec<Entry>,
    allowed: Vec<Rule>,
    contents: Arc<Contents>,
}

/// What a thread needs to open a value.
struct Contents {
    workspace: (String, Id),
    secrets: BTreeMap<SecretName, SealedSecret>,
    ciphertext: Vec<u8>,
    audit: AuditKey,
    journal: Arc<Journal>,
    data: std::path::PathBuf,
}

struct SealedSecret {
    row: ValueRow,
    key: Key,
    expires: Option<Timestamp>,
    /// Where its value lies in the ciphertext.
    range: Range<usize>,
}

impl StoredSnapshot {
    /// Copies what the workspace's index lists.
    pub fn take(view: &View, workspace: &WorkspaceName) -> Result<Self, StoreError> {
        let (workspace_entry, _) = view.find(workspace)?;
        let index = view.index(&workspace_entry)?;
        let not_understood = |reason| StoreError::Allowed { workspace: workspace.clone(), reason };
        let allowed = index.allowed.iter().map(|rule| Rule::parse(rule));
        let allowed = allowed.collect::<Result<_, _>>().map_err(not_understood)?;
        let entries = index.secrets.iter().map(|(name, listed)| listed.entry(name)).collect();
        let (mut secrets, mut ciphertext) = (BTreeMap::new(), Vec::new());
        for (name, listed) in index.secrets {
            let (row, sealed) = view.value(&workspace_entry, &listed)?;
            let range = ciphertext.len()..ciphertext.len() + sealed.len();
            ciphertext.extend_from_slice(&sealed);
            secrets.insert(name, SealedSecret { row, key: listed.current.key, expires: listed.expires, range });
        }
        let contents = Contents {
            workspace: (workspace.to_string(), workspace_entry.id),
            secrets,
            ciphertext,
            audit: view.keys.audit.clone(),
            journal: Arc::clone(&view.opened.journal),
            data: view.opened.data.clone(),
        };
        let (workspace, contents) = (workspace.clone(), Arc::new(contents));
        Ok(Self { workspace, workspace_entry, entries, allowed, contents })
    }

    async fn record(
        &self,
        write: impl FnOnce(&Contents) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), SettleError> {
        let contents = Arc::clone(&self.contents);
        match thread::work(move || write(&contents)).await {
            Ok(recorded) => recorded.map_err(|error| SettleError(error.into())),
            Err(stopped) => Err(SettleError(stopped.into())),
        }
    }
}

#[async_trait]
impl Snapshot for StoredSnapshot {
    fn workspace(&self) -> &WorkspaceName {
        &self.workspace
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn allow_list(&self) -> &[Rule] {
        &self.allowed
    }

    /// Both in one go on one thread.
    async fn open(&self, name: &SecretName, by: &Reader) -> Result<SecretValue, OpenError> {
        let (contents, name, by) = (Arc::clone(&self.contents), name.clone(), by.clone());
        let opened = thread::work(move || contents.open(&name, &by)).await;
        opened.unwrap_or_else(|stopped| Err(OpenError::Unavailable(stopped.into())))
    }

    async fn peek(&self, name: &SecretName) -> Result<SecretValue, OpenError> {
        let (contents, name) = (Arc::clone(&self.contents), name.clone());
        let opened = thread::work(move || contents.peek(&name)).await;
        opened.unwrap_or_else(|stopped| Err(OpenError::Unavailable(stopped.into())))
    }
}

#[async_trait]
impl ReadLog for StoredSnapshot {
    async fn record_read(&self, name: &SecretName, by: &Reader) -> Result<(), SettleError> {
        let (name, by) = (name.clone(), by.clone());
        self.record(move |contents| contents.record_read(&name, &by)).await
    }

    async fn record_refusals(&self, refused: &[Misdirected], by: &Reader) -> Result<(), SettleError> {
        let (refused, by) = (refused.to_vec(), by.clone());
        self.record(move |contents| contents.record_refusals(&refused, &by)).await
    }

    async fn record_sealed(&self, used: &SealedUse, by: &Reader) -> Result<(), SettleError> {
        let (used, by) = (used.clone(), by.clone());
        self.record(move |contents| contents.record_sealed(used, &by)).await
    }

    async fn settle(&self, by: &Reader) -> Result<(), SettleError> {
        let run = *by.run.as_bytes();
        self.record(move |contents| contents.journal.settle(&run)).await
    }
}

impl Contents {
    fn open(&self, name: &SecretName, by: &Reader) -> Result<SecretValue, OpenError> {
        let secret = self.secrets.get(name).ok_or(OpenError::NotFound)?;
        if secret.expires.is_some_and(|expires| expires <= Timestamp::now()) {
            return Err(OpenError::Expired);
        }
        let value = self.decrypt(secret).map_err(|error| OpenError::Unavailable(error.into()))?;
        // Not handed out unless recorded.
        let recorded = self.record(name, secret, by, Use::Read);
        recorded.map_err(|error| OpenError::Unavailable(error.into()))?;
        Ok(value)
    }

    fn peek(&self, name: &SecretName) -> Result<SecretValue, OpenError> {
        let secret = self.secrets.get(name).ok_or(OpenError::NotFound)?;
        self.decrypt(secret).map_err(|error| OpenError::Unavailable(error.into()))
    }

    /// A secret that is not there is not read either.
    fn record_read(&self, name: &SecretName, by: &Reader) -> Result<(), StoreError> {
        self.secrets.get(name).map_or(Ok(()), |secret| self.record(name, secret, by, Use::Read))
    }

    fn record_refusals(&self, refused: &[Misdirected], by: &Reader) -> Result<(), StoreError> {
        for Misdirected { secret: name, host, count } in refused {
            if let Some(secret) = self.secrets.get(name) {
                self.record(name, secret, by, Use::Refused { host: host.clone(), count: *count })?;
            }
        }
        Ok(())
    }

    fn record_sealed(&self, used: SealedUse, by: &Reader) -> Result<(), StoreError> {
        let SealedUse { secret: name, host, .. } = used;
        self.secrets.get(&name).map_or(Ok(()), |secret| self.record(&name, secret, by, Use::Sealed { host }))
    }

    fn record(&self, name: &SecretName, secret: &SealedSecret, by: &Reader, what: Use) -> Result<(), StoreError> {
        let record = ReadRecord {
            at: now(),
            run: *by.run.as_bytes(),
            by: Some(ActorRecord::from(&by.actor)),
            workspace: self.workspace.clone(),
            secret: (name.to_string(), secret.row.secret, secret.row.version),
            what,
        };
        self.journal.append(&self.audit, &record)
    }

    fn decrypt(&self, secret: &SealedSecret) -> Result<SecretValue, StoreError> {
        let sealed = &self.ciphertext[secret.range.clone()];
        let value = secret.row.open(self.audit.store, &secret.key, sealed);
        value.map_err(|_| StoreError::Damaged { path: self.data.clone(), what: "a value was altered".to_owned() })
    }
}
