//! What one workspace of a vault in memory holds. Values are shared with the snapshots of it, and wiped by the last owner.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::secret::MapSecret;
use crate::binding::Binding;
use crate::description::check_apart;
use crate::exposure::Exposure;
use crate::name::{SecretName, WorkspaceName, check_description, closest};
use crate::parts::{Parts, UnknownPart, Word};
use crate::run_id::RunId;
use crate::source::Entry;
use crate::value::{Masking, SecretValue, masking};
use crate::vault::change::{Change, Done, SetOptions, Settled, Stored, Unfit};
use crate::vault::error::VaultError;
use crate::vault::look::{SecretSummary, WorkspaceDetails};
use crate::vault::{MAX_ALLOWED, MAX_SECRETS, MAX_WORKSPACE_BYTES};
use um_base::rule::Rule;

/// How many names and entries an error suggests.
const SUGGESTED: usize = 3;

pub(super) struct Contents {
    pub name: WorkspaceName,
    created: Timestamp,
    pub secrets: BTreeMap<SecretName, Kept>,
    pub allowed: Vec<Rule>,
    /// What snapshots tell of the secrets, made once for all of them.
    pub entries: Vec<Entry>,
}

/// One secret.
#[derive(Clone)]
pub(super) struct Kept {
    /// New whenever a secret of this name is created: what was read of a deleted namesake is not read of it.
    pub id: SecretId,
    pub name: SecretName,
    description: String,
    pub version: u64,
    created: Timestamp,
    updated: Timestamp,
    exposure: Exposure,
    bindings: Vec<Binding>,
    masking: Masking,
    parts: Arc<Parts>,
    pub value: Arc<SecretValue>,
}

/// As random as the id of a run.
pub(super) type SecretId = [u8; 16];

/// What the audit log says of one change.
pub(super) struct Note {
    pub verb: &'static str,
    pub secret: Option<(SecretName, u64)>,
    pub details: String,
}

impl Note {
    pub fn of(verb: &'static str) -> Self {
        Self { verb, secret: None, details: String::new() }
    }
}

impl Kept {
    pub fn summary(&self) -> SecretSummary {
        SecretSummary {
            name: self.name.clone(),
            description: self.description.clone(),
            version: self.version,
            created: self.created,
            updated: self.updated,
            exposure: self.exposure,
            bindings: self.bindings.clone(),
            expires: None,
            masking: self.masking,
            parts: Arc::clone(&self.parts),
        }
    }

    fn entry(&self) -> Entry {
        Entry {
            name: self.name.clone(),
            version: self.version,
            description: self.description.clone(),
            exposure: self.exposure,
            bindings: self.bindings.clone(),
            expires: None,
            parts: Arc::clone(&self.parts),
        }
    }

    fn bytes(&self) -> u64 {
        (self.name.as_str().len() + self.description.len() + self.value.expose().len() + self.parts.bytes()) as u64
    }
}

impl Contents {
    pub fn new(name: WorkspaceName) -> Self {
        Self { name, created: Timestamp::now(), secrets: BTreeMap::new(), allowed: Vec::new(), entries: Vec::new() }
    }

    /// To be changed, while snapshots keep this.
    pub fn copy(&self) -> Self {
        let Self { name, created, secrets, allowed, .. } = self;
        let (secrets, allowed) = (secrets.clone(), allowed.clone());
        Self { name: name.clone(), created: *created, secrets, allowed, entries: Vec::new() }
    }

    /// To be looked at by runs.
    pub fn publish(mut self) -> Arc<Self> {
        self.entries = self.secrets.values().map(Kept::entry).collect();
        Arc::new(self)
    }

    /// Whatever its value is: who builds a vault answers for what is in it.
    pub fn add(&mut self, secret: MapSecret) {
        let MapSecret { name, description, exposure, bindings, value, parts } = secret;
        let (masking, parts) = (masking(value.expose()), Arc::new(parts));
        let settled = Settled { masking, exposure, bindings, parts, words_gone: Vec::new() };
        self.put(&name, value, Some(description), settled);
    }

    pub fn find(&self, name: &SecretName) -> Result<Kept, VaultError> {
        self.secrets.get(name).cloned().ok_or_else(|| self.missing(name))
    }

    pub fn details(&self) -> WorkspaceDetails {
        let (name, allowed) = (self.name.clone(), self.allowed.iter().map(Rule::to_string).collect());
        WorkspaceDetails { name, created: self.created, allowed, secrets: self.secrets.len() }
    }

    pub fn summaries(&self) -> impl Iterator<Item = SecretSummary> {
        self.secrets.values().map(Kept::summary)
    }

    /// Makes one change, and notes it if there is anything to note.
    pub fn apply(&mut self, change: Change, notes: &mut Vec<Note>) -> Result<Done, VaultError> {
        let mut note = Note::of(change.verb());
        let done = match change {
            Change::CreateWorkspace => return Err(VaultError::WorkspaceExists { workspace: self.name.clone() }),
            Change::Set { name, value, options } => {
                let stored = self.set(&name, value, options, &mut note.details)?;
                note.secret = Some((name, stored.version));
                Done::Set(stored)
            }
            Change::Describe { name, text } => {
                note.secret = Some((name.clone(), self.describe(&name, text)?));
                Done::Described
            }
            Change::Parts { name, words } => {
                let (version, parts) = self.say_of_parts(&name, &words, &mut note.details)?;
                note.secret = (!note.details.is_empty()).then_some((name, version));
                Done::Parts { parts }
            }
            Change::Delete { name } => {
                let kept = self.secrets.remove(&name).ok_or_else(|| self.missing(&name))?;
                note.secret = Some((name, kept.version));
                Done::Deleted { version: kept.version }
            }
            Change::Allow { rules } => Done::Allowed { added: self.allow(rules, &mut note.details)? },
            Change::Disallow { entries } => {
                self.disallow(&entries)?;
                note.details = entries.join("; ");
                Done::Disallowed
            }
        };
        // What changes nothing is not written down.
        if note.secret.is_some() || !note.details.is_empty() {
            notes.push(note);
        }
        Ok(done)
    }

    fn set(
        &mut self,
        name: &SecretName,
        value: SecretValue,
        options: SetOptions,
        details: &mut String,
    ) -> Result<Stored, VaultError> {
        let former = self.secrets.get(name).map(|kept| (kept.exposure, kept.bindings.as_slice(), &*kept.parts));
        let settled = options.settle(&value, former).map_err(|unfit| match unfit {
            Unfit::Unmaskable(reason) => VaultError::Unmaskable { name: name.clone(), reason },
            Unfit::Exposure(reason) => VaultError::Exposure { name: name.clone(), reason },
            Unfit::Description(reason) => VaultError::Description(reason),
        })?;
        for kept in self.secrets.values().filter(|kept| kept.name != *name || options.description.is_none()) {
            check_apart(&kept.name, &kept.description, name, value.expose())?;
        }
        if let Some(text) = &options.description {
            check_apart(name, text, name, value.expose())?;
            self.check_values(name, text)?;
        }
        *details = options.told(&settled).unwrap_or_default();
        Ok(self.put(name, value, options.description, settled))
    }

    fn put(&mut self, name: &SecretName, value: SecretValue, description: Option<String>, settled: Settled) -> Stored {
        let (now, former) = (Timestamp::now(), self.secrets.remove(name));
        let Settled { masking, exposure, bindings, parts, words_gone } = settled;
        let version = former.as_ref().map_or(0, |former| former.version) + 1;
        let kept = Kept {
            id: former.as_ref().map_or_else(|| *RunId::new().as_bytes(), |former| former.id),
            name: name.clone(),
            created: former.as_ref().map_or(now, |former| former.created),
            description: description.or(former.map(|former| former.description)).unwrap_or_default(),
            version,
            updated: now,
            exposure,
            bindings: bindings.clone(),
            masking,
            parts: Arc::clone(&parts),
            value: Arc::new(value),
        };
        self.secrets.insert(name.clone(), kept);
        Stored { version, created: version == 1, masking, exposure, bindings, parts, words_gone }
    }

    /// Holds a text against all values, but for one that is to be replaced.
    fn check_values(&self, described: &SecretName, text: &str) -> Result<(), VaultError> {
        let others = self.secrets.values().filter(|kept| kept.name != *described);
        for kept in others {
            check_apart(described, text, &kept.name, kept.value.expose())?;
        }
        Ok(())
    }

    fn describe(&mut self, name: &SecretName, text: String) -> Result<u64, VaultError> {
        check_description(&text)?;
        check_apart(name, &text, name, self.find(name)?.value.expose())?;
        self.check_values(name, &text)?;
        let missing = self.missing(name);
        let kept = self.secrets.get_mut(name).ok_or(missing)?;
        (kept.description, kept.updated) = (text, Timestamp::now());
        Ok(kept.version)
    }

    /// Gives the version that it was said of.
    fn say_of_parts(
        &mut self,
        name: &SecretName,
        words: &[(String, Option<Word>)],
        details: &mut String,
    ) -> Result<(u64, Arc<Parts>), VaultError> {
        let missing = self.missing(name);
        let kept = self.secrets.get_mut(name).ok_or(missing)?;
        let no_part = |UnknownPart { number, closest }| VaultError::NoPart { name: name.clone(), number, closest };
        *details = Arc::make_mut(&mut kept.parts).say(words).map_err(no_part)?;
        Ok((kept.version, Arc::clone(&kept.parts)))
    }

    fn allow(&mut self, rules: Vec<Rule>, details: &mut String) -> Result<Vec<String>, VaultError> {
        let before = self.allowed.len();
        for rule in rules {
            if !self.allowed.contains(&rule) {
                self.allowed.push(rule);
            }
        }
        let (workspace, count) = (self.name.clone(), self.allowed.len());
        if count > MAX_ALLOWED {
            return Err(VaultError::TooManyAllowed { workspace, count, limit: MAX_ALLOWED });
        }
        let added: Vec<_> = self.allowed[before..].iter().map(Rule::to_string).collect();
        *details = added.join("; ");
        Ok(added)
    }

    fn disallow(&mut self, entries: &[String]) -> Result<(), VaultError> {
        let allowed: Vec<_> = self.allowed.iter().map(Rule::to_string).collect();
        if let Some(missing) = entries.iter().find(|entry| !allowed.contains(entry)) {
            let closest = closest(missing, allowed.iter().map(String::as_str), SUGGESTED);
            return Err(VaultError::NotAllowed { workspace: self.name.clone(), entry: missing.clone(), closest });
        }
        self.allowed.retain(|kept| !entries.contains(&kept.to_string()));
        Ok(())
    }

    pub fn check_bounds(&self) -> Result<(), VaultError> {
        let workspace = self.name.clone();
        if self.secrets.len() > MAX_SECRETS {
            return Err(VaultError::TooManySecrets { workspace, limit: MAX_SECRETS });
        }
        match self.secrets.values().map(Kept::bytes).sum() {
            bytes if bytes > MAX_WORKSPACE_BYTES => {
                Err(VaultError::WorkspaceFull { workspace, bytes, limit: MAX_WORKSPACE_BYTES })
            }
            _ => Ok(()),
        }
    }

    fn missing(&self, name: &SecretName) -> VaultError {
        let closest = closest(name.as_str(), self.secrets.keys().map(SecretName::as_str), SUGGESTED);
        VaultError::NoSecret { workspace: self.name.clone(), name: name.clone(), closest }
    }
}
