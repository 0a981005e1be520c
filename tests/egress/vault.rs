//! A workspace whose secrets are sealed, and runs of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use um_base::rule::{Placement, Rule};
use um_egress::Seals;
use um_secret::{
    Actor, Binding, Door, Entry, Exposure, Misdirected, OpenError, ReadLog, Reader, RunId, SealedUse, SecretName,
    SecretValue, SettleError, Snapshot, WorkspaceName,
};

use super::peer::Run;

pub const TOKEN: &str = "pat-na1-7Hq2Lx9vTz/4f8c9e7d";
pub const KEY: &str = "key-16C7e42F292c&6912=7710c8";
pub const FIELD: &str = "field-16C7e42F292c+6912+7710c8";

/// A workspace whose secrets are sealed and bound to one place; what is recorded of them.
pub struct Vault {
    workspace: WorkspaceName,
    entries: Vec<Entry>,
    values: Vec<String>,
    /// Whether values that answers are held against can be opened.
    pub opens: AtomicBool,
    /// Whether uses can be recorded.
    pub records: AtomicBool,
    pub recorded: Mutex<Vec<SealedUse>>,
}

impl Vault {
    pub fn new<const N: usize>(place: &str, secrets: [(&str, &str, &str); N]) -> Arc<Self> {
        let entry = |(name, _, placement): &(&str, &str, &str)| Entry {
            version: 1,
            name: SecretName::parse(name).unwrap(),
            description: String::new(),
            exposure: Exposure::Sealed,
            bindings: vec![Binding::new(Rule::parse(place).unwrap(), placement.parse::<Placement>().unwrap()).unwrap()],
            expires: None,
            parts: Arc::default(),
        };
        Arc::new(Self {
            workspace: WorkspaceName::parse("default").unwrap(),
            entries: secrets.iter().map(entry).collect(),
            values: secrets.iter().map(|(_, value, _)| (*value).to_owned()).collect(),
            opens: AtomicBool::new(true),
            records: AtomicBool::new(true),
            recorded: Mutex::default(),
        })
    }

    pub fn usual(place: &str) -> Arc<Self> {
        let secrets =
            [("TOKEN", TOKEN, "header:Authorization"), ("KEY", KEY, "query:key"), ("FIELD", FIELD, "body:token")];
        Self::new(place, secrets)
    }

    /// A run of the workspace, and its placeholders for all secrets.
    pub async fn run(self: &Arc<Self>, run: Run) -> (Run, Vec<String>) {
        let reader = reader();
        let seals = Seals::new(self.clone(), reader.clone());
        let mut texts = Vec::new();
        for entry in &self.entries {
            texts.push(seals.seal(entry, self.open(&entry.name, &reader).await.unwrap()).unwrap().to_string());
        }
        (Run { policy: run.policy.clone().sealed(seals), ..run }, texts)
    }

    /// A run that reads nothing.
    pub fn idle(self: &Arc<Self>, run: Run) -> Run {
        Run { policy: run.policy.clone().sealed(Seals::new(self.clone(), reader())), ..run }
    }
}

#[async_trait]
impl Snapshot for Vault {
    fn workspace(&self) -> &WorkspaceName {
        &self.workspace
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    async fn open(&self, name: &SecretName, _by: &Reader) -> Result<SecretValue, OpenError> {
        let number = self.entries.iter().position(|entry| entry.name == *name).ok_or(OpenError::NotFound)?;
        Ok(SecretValue::new(self.values[number].clone()).ok().unwrap())
    }

    async fn peek(&self, name: &SecretName) -> Result<SecretValue, OpenError> {
        match self.opens.load(Ordering::Relaxed) {
            true => self.open(name, &reader()).await,
            false => Err(OpenError::Unavailable("a value was altered".into())),
        }
    }
}

#[async_trait]
impl ReadLog for Vault {
    async fn record_read(&self, _name: &SecretName, _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }

    async fn record_refusals(&self, _refused: &[Misdirected], _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }

    async fn record_sealed(&self, used: &SealedUse, _by: &Reader) -> Result<(), SettleError> {
        if !self.records.load(Ordering::Relaxed) {
            return Err(SettleError("the disk is full".into()));
        }
        self.recorded.lock().unwrap().push(used.clone());
        Ok(())
    }

    async fn settle(&self, _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }
}

fn reader() -> Reader {
    Reader::new(RunId::new(), Actor::local(Door::Library))
}

/// All three secrets where they belong.
pub fn full(url: &str, texts: &[String]) -> Request<Full<Bytes>> {
    let [token, key, field] = [&texts[0], &texts[1], &texts[2]];
    Request::post(format!("{url}?key={key}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Full::from(format!("{{\"token\": \"{field}\"}}")))
        .unwrap()
}
