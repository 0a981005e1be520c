//! A workspace of a vault in memory as one run sees it.

use std::sync::Arc;

use async_trait::async_trait;

use super::contents::Contents;
use super::reads::{About, Reads};
use crate::name::{SecretName, WorkspaceName};
use crate::source::{Entry, Misdirected, OpenError, ReadLog, Reader, SealedUse, SettleError, Snapshot};
use crate::value::SecretValue;
use um_base::rule::Rule;

pub(super) struct MapSnapshot {
    contents: Arc<Contents>,
    reads: Arc<Reads>,
}

impl MapSnapshot {
    pub fn new(contents: Arc<Contents>, reads: Arc<Reads>) -> Self {
        Self { contents, reads }
    }

    /// Every secret with its value, ordered by name.
    pub fn all(&self) -> impl Iterator<Item = (&Entry, &SecretValue)> {
        let value = |entry: &Entry| self.contents.secrets.get(&entry.name).map(|kept| &*kept.value);
        self.contents.entries.iter().filter_map(move |entry| Some((entry, value(entry)?)))
    }

    /// A secret that is not there is not read either.
    fn record(&self, name: &SecretName, by: &Reader, host: Option<&str>, refused: u64) {
        if let Some(kept) = self.contents.secrets.get(name) {
            let workspace = &self.contents.name;
            let about = About { id: kept.id, workspace, secret: name, version: kept.version };
            self.reads.record(&about, by, host, refused);
        }
    }
}

#[async_trait]
impl Snapshot for MapSnapshot {
    fn workspace(&self) -> &WorkspaceName {
        &self.contents.name
    }

    fn entries(&self) -> &[Entry] {
        &self.contents.entries
    }

    fn allow_list(&self) -> &[Rule] {
        &self.contents.allowed
    }

    async fn peek(&self, name: &SecretName) -> Result<SecretValue, OpenError> {
        let kept = self.contents.secrets.get(name).ok_or(OpenError::NotFound)?;
        SecretValue::new(kept.value.expose().to_owned()).map_err(|invalid| OpenError::Unavailable(invalid.into()))
    }
}

#[async_trait]
impl ReadLog for MapSnapshot {
    async fn record_read(&self, name: &SecretName, by: &Reader) -> Result<(), SettleError> {
        self.record(name, by, None, 0);
        Ok(())
    }

    async fn record_refusals(&self, refused: &[Misdirected], by: &Reader) -> Result<(), SettleError> {
        for Misdirected { secret, host, count } in refused {
            self.record(secret, by, Some(host), *count);
        }
        Ok(())
    }

    async fn record_sealed(&self, used: &SealedUse, by: &Reader) -> Result<(), SettleError> {
        self.record(&used.secret, by, Some(&used.host), 0);
        Ok(())
    }

    /// What is in memory is as durable as the vault.
    async fn settle(&self, _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }
}
