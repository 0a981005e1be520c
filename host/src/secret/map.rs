//! Secrets that live in memory only.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{
    Binding, Entry, Exposure, ExposureError, Misdirected, OpenError, ReadLog, Reader, SealedUse, SecretName,
    SecretValue, Secrets, SettleError, Snapshot, SnapshotError, WorkspaceName, check_exposure,
};

/// Secrets that live in memory only: for tests, and for embedders that bring values of their own.
///
/// ```
/// use um_host::secret::{Binding, MapSecret, MapSecrets, SecretName, SecretValue, WorkspaceName};
/// use um_host::egress::AllowEntry;
///
/// let binding = "api.hubapi.com".parse::<AllowEntry>()?.binding(Default::default()).unwrap();
/// let token = SecretValue::new("pat-na1-7Hq2Lx9vTz".to_owned())?;
/// let token = MapSecret::new(SecretName::parse("HUBSPOT_API_KEY")?, token).sealed([binding])?;
/// let secrets = MapSecrets::new()
///     .workspace(WorkspaceName::parse("default")?, [token])
///     .allow(&WorkspaceName::parse("default")?, ["api.hubapi.com"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct MapSecrets {
    workspaces: BTreeMap<WorkspaceName, Arc<MapSnapshot>>,
}

/// One secret of a [`MapSecrets`]: revealed and bound to nothing, unless told otherwise.
pub struct MapSecret {
    entry: Entry,
    value: SecretValue,
}

impl MapSecret {
    pub fn new(name: SecretName, value: SecretValue) -> Self {
        let entry = Entry {
            name,
            description: String::new(),
            exposure: Exposure::Revealed,
            bindings: Vec::new(),
            expires: None,
        };
        Self { entry, value }
    }

    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.entry.description = text.into();
        self
    }

    /// Hands the value out, and refuses requests with it to any other place than these.
    ///
    /// # Errors
    /// [`ExposureError`] if a binding is not valid.
    pub fn bound(self, bindings: impl IntoIterator<Item = Binding>) -> Result<Self, ExposureError> {
        self.used(Exposure::Revealed, bindings)
    }

    /// Hands out a placeholder, and puts the value into requests to these places.
    ///
    /// # Errors
    /// [`ExposureError`] if a binding is not valid, there are none, or the value cannot be sealed.
    pub fn sealed(self, bindings: impl IntoIterator<Item = Binding>) -> Result<Self, ExposureError> {
        self.used(Exposure::Sealed, bindings)
    }

    fn used(mut self, exposure: Exposure, bindings: impl IntoIterator<Item = Binding>) -> Result<Self, ExposureError> {
        self.entry.exposure = exposure;
        self.entry.bindings = bindings.into_iter().collect();
        check_exposure(exposure, &self.entry.bindings, &self.value).map(|()| self)
    }
}

/// A name, a description and a value.
impl From<(SecretName, &str, SecretValue)> for MapSecret {
    fn from((name, description, value): (SecretName, &str, SecretValue)) -> Self {
        Self::new(name, value).description(description)
    }
}

impl MapSecrets {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the workspace and its secrets. Of two with the same name the later one counts; a workspace that is there
    /// already is replaced.
    #[must_use]
    pub fn workspace<S: Into<MapSecret>>(
        mut self,
        workspace: WorkspaceName,
        secrets: impl IntoIterator<Item = S>,
    ) -> Self {
        let secrets = secrets.into_iter().map(Into::into).map(|secret: MapSecret| (secret.entry.name.clone(), secret));
        let secrets: BTreeMap<_, _> = secrets.collect();
        let entries = secrets.values().map(|secret| secret.entry.clone()).collect();
        let values = secrets.into_iter().map(|(name, secret)| (name, secret.value)).collect();
        let snapshot = MapSnapshot { workspace: workspace.clone(), entries, values, allowed: Vec::new() };
        self.workspaces.insert(workspace, Arc::new(snapshot));
        self
    }

    /// Lets every run of a workspace call these hosts. A workspace that is not there is added, without secrets.
    #[must_use]
    pub fn allow(mut self, workspace: &WorkspaceName, entries: impl IntoIterator<Item = impl Into<String>>) -> Self {
        if !self.workspaces.contains_key(workspace) {
            self = self.workspace(workspace.clone(), Vec::<MapSecret>::new());
        }
        let kept = self.workspaces.get_mut(workspace).and_then(Arc::get_mut);
        kept.expect("nobody has a snapshot yet").allowed.extend(entries.into_iter().map(Into::into));
        self
    }
}

#[async_trait]
impl Secrets for MapSecrets {
    async fn snapshot(
        &self,
        workspace: &WorkspaceName,
        _patience: Duration,
    ) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        match self.workspaces.get(workspace) {
            Some(snapshot) => Ok(Arc::clone(snapshot) as Arc<dyn Snapshot>),
            None => Err(SnapshotError::NoWorkspace { workspace: workspace.clone() }),
        }
    }
}

struct MapSnapshot {
    workspace: WorkspaceName,
    entries: Vec<Entry>,
    values: BTreeMap<SecretName, SecretValue>,
    allowed: Vec<String>,
}

#[async_trait]
impl Snapshot for MapSnapshot {
    fn workspace(&self) -> &WorkspaceName {
        &self.workspace
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn allow_list(&self) -> &[String] {
        &self.allowed
    }

    async fn peek(&self, name: &SecretName) -> Result<SecretValue, OpenError> {
        let value = self.values.get(name).ok_or(OpenError::NotFound)?;
        SecretValue::new(value.expose().to_owned()).map_err(|invalid| OpenError::Unavailable(invalid.into()))
    }
}

#[async_trait]
impl ReadLog for MapSnapshot {
    async fn record_read(&self, _name: &SecretName, _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }

    async fn record_refusals(&self, _refused: &[Misdirected], _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }

    async fn record_sealed(&self, _used: &SealedUse, _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }

    async fn settle(&self, _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }
}
