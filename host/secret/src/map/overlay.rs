//! Secrets that are given to one run, above those of its workspace.

use std::sync::Arc;

use async_trait::async_trait;

use super::contents::Contents;
use super::secret::MapSecret;
use super::snapshot::MapSnapshot;
use crate::name::{SecretName, WorkspaceName};
use crate::source::{Entry, Misdirected, OpenError, ReadLog, Reader, SealedUse, SettleError, Snapshot};
use crate::value::SecretValue;
use um_base::coded;
use um_base::rule::Rule;

/// A workspace as one run sees it, with secrets above it that this run alone is given.
///
/// These are kept nowhere and are of no vault: what is done with them is recorded in none. Their version is 1.
pub struct Overlay {
    given: MapSnapshot,
    below: Option<Arc<dyn Snapshot>>,
    /// Of both, ordered by name.
    entries: Vec<Entry>,
}

/// Why a run is not given a secret: nobody could tell which of two is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum GivenError {
    #[error("the secret `{name}` is given to the run twice")]
    Twice { name: SecretName },
    #[error("the secret `{name}` is given to the run, and the workspace `{workspace}` has one of this name, too")]
    Kept { name: SecretName, workspace: WorkspaceName },
}

coded! { GivenError:
    Self::Twice { .. } => Conflict "secret-given-twice",
    Self::Kept { .. } => Conflict "secret-given-and-kept",
}

impl Overlay {
    /// The secrets in `given`, and what the workspace has, if anything keeps it.
    ///
    /// # Errors
    /// [`GivenError`] for a name that two secrets have.
    pub fn new(
        workspace: &WorkspaceName,
        given: Vec<MapSecret>,
        below: Option<Arc<dyn Snapshot>>,
    ) -> Result<Self, GivenError> {
        let mut contents = Contents::new(workspace.clone());
        for secret in given {
            if contents.secrets.contains_key(&secret.name) {
                return Err(GivenError::Twice { name: secret.name });
            }
            contents.add(secret);
        }
        let kept = below.as_ref().map_or(&[][..], |below| below.entries());
        if let Some(entry) = kept.iter().find(|entry| contents.secrets.contains_key(&entry.name)) {
            return Err(GivenError::Kept { name: entry.name.clone(), workspace: workspace.clone() });
        }
        let contents = contents.publish();
        let mut entries = [contents.entries.as_slice(), kept].concat();
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { given: MapSnapshot::new(contents, Arc::default()), below, entries })
    }

    /// What the run is given itself, ordered by name. To tell it is no read.
    pub fn given(&self) -> impl Iterator<Item = (&Entry, &SecretValue)> {
        self.given.all()
    }

    fn is_given(&self, name: &SecretName) -> bool {
        self.given.entries().iter().any(|entry| entry.name == *name)
    }

    /// Where a secret is kept that is not given.
    fn kept(&self, name: &SecretName) -> Option<&dyn Snapshot> {
        self.below.as_deref().filter(|_| !self.is_given(name))
    }
}

#[async_trait]
impl Snapshot for Overlay {
    fn workspace(&self) -> &WorkspaceName {
        self.given.workspace()
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn allow_list(&self) -> &[Rule] {
        self.below.as_ref().map_or(&[], |below| below.allow_list())
    }

    async fn peek(&self, name: &SecretName) -> Result<SecretValue, OpenError> {
        match self.kept(name) {
            Some(below) => below.peek(name).await,
            None => self.given.peek(name).await,
        }
    }

    async fn open(&self, name: &SecretName, by: &Reader) -> Result<SecretValue, OpenError> {
        match self.kept(name) {
            Some(below) => below.open(name, by).await,
            None => self.given.peek(name).await,
        }
    }
}

#[async_trait]
impl ReadLog for Overlay {
    async fn record_read(&self, name: &SecretName, by: &Reader) -> Result<(), SettleError> {
        match self.kept(name) {
            Some(below) => below.record_read(name, by).await,
            None => Ok(()),
        }
    }

    async fn record_refusals(&self, refused: &[Misdirected], by: &Reader) -> Result<(), SettleError> {
        let kept = refused.iter().filter(|refused| !self.is_given(&refused.secret));
        let kept: Vec<_> = kept.cloned().collect();
        match &self.below {
            Some(below) if !kept.is_empty() => below.record_refusals(&kept, by).await,
            _ => Ok(()),
        }
    }

    async fn record_sealed(&self, used: &SealedUse, by: &Reader) -> Result<(), SettleError> {
        match self.kept(&used.secret) {
            Some(below) => below.record_sealed(used, by).await,
            None => Ok(()),
        }
    }

    async fn settle(&self, by: &Reader) -> Result<(), SettleError> {
        match &self.below {
            Some(below) => below.settle(by).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Actor, Door, MapVault, RunId, Secrets};

    fn secret(name: &str, value: &str) -> MapSecret {
        MapSecret::new(SecretName::parse(name).unwrap(), SecretValue::new(value.to_owned()).unwrap())
    }

    fn workspace() -> WorkspaceName {
        WorkspaceName::parse("sales").unwrap()
    }

    /// A vault that keeps `KEPT`.
    fn vault() -> MapVault {
        let rules = [Rule::parse("api.example.com").unwrap()];
        MapVault::new().workspace(workspace(), [secret("KEPT", "a-value-that-is-kept")]).allow(&workspace(), rules)
    }

    async fn below(vault: &MapVault) -> Option<Arc<dyn Snapshot>> {
        Some(vault.snapshot(&workspace(), Duration::ZERO).await.unwrap())
    }

    fn reader() -> Reader {
        Reader::new(RunId::new(), Actor::local(Door::Library))
    }

    fn names(overlay: &Overlay) -> Vec<&str> {
        overlay.entries().iter().map(|entry| entry.name.as_str()).collect()
    }

    #[tokio::test]
    async fn what_is_given_stands_beside_what_is_kept() {
        let vault = vault();
        let given = vec![secret("TOKEN", "a-value-that-is-given"), secret("A", "another-one")];
        let overlay = Overlay::new(&workspace(), given, below(&vault).await).unwrap();
        assert_eq!(names(&overlay), ["A", "KEPT", "TOKEN"]);
        assert_eq!((overlay.workspace().as_str(), overlay.allow_list().len()), ("sales", 1));
        let given: Vec<_> = overlay.given().map(|(entry, value)| (entry.name.as_str(), value.expose())).collect();
        assert_eq!(given, [("A", "another-one"), ("TOKEN", "a-value-that-is-given")]);
        for (name, value) in [("TOKEN", "a-value-that-is-given"), ("KEPT", "a-value-that-is-kept")] {
            let name = SecretName::parse(name).unwrap();
            assert_eq!(overlay.peek(&name).await.ok().unwrap().expose(), value);
            assert_eq!(overlay.open(&name, &reader()).await.ok().unwrap().expose(), value);
        }
        let unknown = SecretName::parse("token").unwrap();
        assert!(matches!(overlay.open(&unknown, &reader()).await, Err(OpenError::NotFound)));
    }

    #[tokio::test]
    async fn what_is_done_with_what_is_given_is_recorded_nowhere() {
        let vault = vault();
        let overlay = Overlay::new(&workspace(), vec![secret("TOKEN", "given-value")], below(&vault).await).unwrap();
        let by = reader();
        for name in ["TOKEN", "KEPT"] {
            let secret = SecretName::parse(name).unwrap();
            overlay.open(&secret, &by).await.ok().unwrap();
            overlay.record_read(&secret, &by).await.unwrap();
            let host = "api.example.com".to_owned();
            let used = SealedUse { secret: secret.clone(), host: host.clone(), count: 1 };
            overlay.record_sealed(&used, &by).await.unwrap();
            overlay.record_refusals(&[Misdirected { secret, host, count: 1 }], &by).await.unwrap();
        }
        overlay.settle(&by).await.unwrap();
        let of: Vec<_> = vault.reads().into_iter().map(|entry| entry.secret.to_string()).collect();
        assert_eq!(of, ["KEPT"; 4]);
    }

    #[tokio::test]
    async fn without_anything_below_there_is_what_is_given() {
        let overlay = Overlay::new(&workspace(), vec![secret("TOKEN", "given-value")], None).unwrap();
        assert_eq!((names(&overlay), overlay.allow_list()), (vec!["TOKEN"], &[][..]));
        let kept = SecretName::parse("KEPT").unwrap();
        assert!(matches!(overlay.open(&kept, &reader()).await, Err(OpenError::NotFound)));
        overlay.record_read(&kept, &reader()).await.unwrap();
        overlay.settle(&reader()).await.unwrap();
    }

    #[tokio::test]
    async fn no_name_means_two_secrets() {
        let vault = vault();
        let name = |text: &str| SecretName::parse(text).unwrap();
        let kept = Overlay::new(&workspace(), vec![secret("KEPT", "given-value")], below(&vault).await).err();
        assert_eq!(kept, Some(GivenError::Kept { name: name("KEPT"), workspace: workspace() }));
        let twice = vec![secret("TOKEN", "given-value"), secret("TOKEN", "another-value")];
        assert_eq!(Overlay::new(&workspace(), twice, None).err(), Some(GivenError::Twice { name: name("TOKEN") }));
        // Case tells them apart.
        assert!(Overlay::new(&workspace(), vec![secret("kept", "given-value")], below(&vault).await).is_ok());
    }
}
