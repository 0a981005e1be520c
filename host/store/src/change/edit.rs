//! One workspace being changed: what a verb does to its index, its values and the audit log.
//!
//! Any number of changes can be made before all of them are committed in one transaction, or none: who drops an edit
//! has changed nothing.

use std::borrow::Cow;
use std::sync::Arc;

use um_base::rule::Rule;
use um_envelope::{Fields, Held, Id, Index, Key, Listed, Note, ValueRow, random};
use um_secret::{
    Actor, Change, Done, Exposure, MAX_ALLOWED, MAX_ALLOWED_BYTES, MAX_SECRETS, MAX_WORKSPACE_BYTES, Masking, Parts,
    Precondition, SecretName, SecretValue, SetOptions, Settled, Stored, Word, WorkspaceName, check_apart,
    check_description, closest,
};

use super::session::{Delta, Session, Touch};
use crate::clock::now;
use crate::database::rows::Batch;
use crate::error::StoreError;
use crate::view::missing;

/// How many entries a message suggests.
const SUGGESTED: usize = 3;

/// One workspace being changed.
pub(crate) struct Edit<'a> {
    pub session: Session<'a>,
    workspace: WorkspaceName,
    id: Id,
    label: Vec<u8>,
    pub index: Index,
    rows: Batch,
    notes: Vec<Note>,
}

impl<'a> Edit<'a> {
    /// Of a workspace that is there.
    pub fn open(session: Session<'a>, workspace: &WorkspaceName) -> Result<Self, StoreError> {
        let (entry, index) = session.look(|view| {
            let (entry, _) = view.find(workspace)?;
            let index = view.index(&entry)?;
            Ok((entry, index))
        })?;
        Ok(Self::new(session, workspace, entry.id, entry.label, index))
    }

    /// Of a workspace that is made with it, and must not be there.
    pub fn create(session: Session<'a>, workspace: &WorkspaceName) -> Result<Self, StoreError> {
        match session.look(|view| view.find(workspace)) {
            Ok(_) => return Err(StoreError::WorkspaceExists { workspace: workspace.clone() }),
            Err(StoreError::NoWorkspace { .. }) => {}
            Err(error) => return Err(error),
        }
        let id = random();
        let label = session.keys.seal_label(&id, workspace, now());
        let mut edit = Self::new(session, workspace, id, label, Index::default());
        edit.note("workspaces create", None, String::new());
        Ok(edit)
    }

    fn new(session: Session<'a>, workspace: &WorkspaceName, id: Id, label: Vec<u8>, index: Index) -> Self {
        let (workspace, rows, notes) = (workspace.clone(), Batch::default(), Vec::new());
        Self { session, workspace, id, label, index, rows, notes }
    }

    pub fn check(&self, only: &Precondition) -> Result<(), StoreError> {
        only.check(|name| self.index.secrets.get(name).map(|listed| listed.current.version))?;
        Ok(())
    }

    /// Makes one change of several.
    pub fn apply(&mut self, change: Change) -> Result<Done, StoreError> {
        match change {
            Change::CreateWorkspace => Err(StoreError::WorkspaceExists { workspace: self.workspace.clone() }),
            Change::Set { name, value, options } => Ok(Done::Set(self.set(&name, &value, &options)?)),
            Change::Describe { name, text } => self.describe(&name, &text).map(|()| Done::Described),
            Change::Parts { name, words } => Ok(Done::Parts { parts: self.say_of_parts(&name, &words)? }),
            Change::Delete { name } => Ok(Done::Deleted { version: self.delete(&name)?.current.version }),
            Change::Allow { rules } => {
                let entries: Vec<_> = rules.iter().map(Rule::to_string).collect();
                Ok(Done::Allowed { added: self.allow(&entries)? })
            }
            Change::Disallow { entries } => self.disallow(&entries).map(|()| Done::Disallowed),
            other => Err(StoreError::Unsupported { what: other.verb() }),
        }
    }

    /// Lists a new value under a name and seals it.
    pub fn set(&mut self, name: &SecretName, value: &SecretValue, options: &SetOptions) -> Result<Stored, StoreError> {
        let former = self.index.secrets.get(name);
        let used = former.map(|former| (former.exposure, former.bindings.as_slice(), &*former.parts));
        let settled = options.settle(value, used).map_err(|unfit| StoreError::unfit(name, unfit))?;
        for (other, listed) in &self.index.secrets {
            if other != name || options.description.is_none() {
                check_apart(other, &listed.description, name, value.expose())?;
            }
        }
        if let Some(text) = &options.description {
            check_apart(name, text, name, value.expose())?;
            self.check_values(name, text, |other| other != name)?;
        }
        let (version, created) = self.put(name, value, options.description.clone(), settled.clone());
        self.note("secrets set", Some(name), options.told(&settled).unwrap_or_default());
        let Settled { masking, exposure, bindings, parts, words_gone, .. } = settled;
        Ok(Stored { version, created, masking, exposure, bindings, parts, words_gone })
    }

    fn put(
        &mut self,
        name: &SecretName,
        value: &SecretValue,
        description: Option<String>,
        settled: Settled,
    ) -> (u64, bool) {
        let former = self.index.secrets.remove(name);
        if let Some(former) = &former {
            self.remove_rows(former);
        }
        let created = former.is_none();
        let version = former.as_ref().map_or(0, |former| former.current.version) + 1;
        let length = u32::try_from(value.expose().len()).expect("a value has at most 64 KiB");
        let current = Held { version, length, key: Key::random() };
        let Settled { masking, exposure, bindings, parts, .. } = settled;
        let listed = match former {
            Some(former) => Listed { current, previous: None, updated: now(), ..former },
            None => new_listed(current, masking),
        };
        let description = description.unwrap_or_else(|| listed.description.clone());
        let listed = Listed { description, masking, exposure, bindings, parts, ..listed };
        let row = ValueRow { workspace: self.id, secret: listed.id, version };
        self.rows.put.insert(row, row.seal(self.session.opened.store, &listed.current.key, value));
        self.index.secrets.insert(name.clone(), listed);
        (version, created)
    }

    pub fn describe(&mut self, name: &SecretName, text: &str) -> Result<(), StoreError> {
        check_description(text)?;
        if !self.index.secrets.contains_key(name) {
            return Err(self.missing(name));
        }
        self.check_values(name, text, |_| true)?;
        let Some(listed) = self.index.secrets.get_mut(name) else { return Err(self.missing(name)) };
        listed.description = text.to_owned();
        listed.updated = now();
        self.note("secrets describe", Some(name), String::new());
        Ok(())
    }

    /// Holds a text against the values of those secrets. That is no read: nobody is told one.
    fn check_values(
        &self,
        described: &SecretName,
        text: &str,
        of: impl Fn(&SecretName) -> bool,
    ) -> Result<(), StoreError> {
        if text.is_empty() {
            return Ok(());
        }
        let secrets = self.index.secrets.iter().filter(|(name, _)| of(name));
        self.session.look(|view| {
            for (name, listed) in secrets {
                let row = ValueRow { workspace: self.id, secret: listed.id, version: listed.current.version };
                let sealed = match self.rows.put.get(&row) {
                    Some(sealed) => Cow::Borrowed(sealed.as_slice()),
                    None => Cow::Owned(view.value_of(&row)?),
                };
                let value = row.open(self.session.opened.store, &listed.current.key, &sealed);
                let value = value.map_err(|_| self.session.opened.damaged("a value was altered"))?;
                check_apart(described, text, name, value.expose())?;
            }
            Ok(())
        })
    }

    /// Gives the parts as they are then.
    pub fn say_of_parts(
        &mut self,
        name: &SecretName,
        words: &[(String, Option<Word>)],
    ) -> Result<Arc<Parts>, StoreError> {
        let Some(listed) = self.index.secrets.get_mut(name) else { return Err(self.missing(name)) };
        let details = Arc::make_mut(&mut listed.parts).say(words);
        let details = details.map_err(|unknown| StoreError::no_part(name, unknown))?;
        let parts = Arc::clone(&listed.parts);
        if !details.is_empty() {
            self.note("secrets parts", Some(name), details);
        }
        Ok(parts)
    }

    pub fn delete(&mut self, name: &SecretName) -> Result<Listed, StoreError> {
        if !self.index.secrets.contains_key(name) {
            return Err(self.missing(name));
        }
        self.note("secrets delete", Some(name), String::new());
        let listed = self.index.secrets.remove(name).expect("it has just been there");
        self.remove_rows(&listed);
        Ok(listed)
    }

    /// Gives those that were not allowed before.
    pub fn allow(&mut self, entries: &[String]) -> Result<Vec<String>, StoreError> {
        if let Some(long) = entries.iter().find(|entry| entry.len() > MAX_ALLOWED_BYTES) {
            return Err(StoreError::EntryTooLong { length: long.len(), limit: MAX_ALLOWED_BYTES });
        }
        let before = self.index.allowed.len();
        for entry in entries {
            if !self.index.allowed.contains(entry) {
                self.index.allowed.push(entry.clone());
            }
        }
        let added = self.index.allowed[before..].to_vec();
        let count = before + added.len();
        if count > MAX_ALLOWED {
            return Err(StoreError::TooManyAllowed { workspace: self.workspace.clone(), count, limit: MAX_ALLOWED });
        }
        if !added.is_empty() {
            self.note("workspaces allow", None, added.join("; "));
        }
        Ok(added)
    }

    pub fn disallow(&mut self, entries: &[String]) -> Result<(), StoreError> {
        if let Some(missing) = entries.iter().find(|entry| !self.index.allowed.contains(entry)) {
            let closest = closest(missing, self.index.allowed.iter().map(String::as_str), SUGGESTED);
            return Err(StoreError::NotAllowed { workspace: self.workspace.clone(), entry: missing.clone(), closest });
        }
        self.index.allowed.retain(|kept| !entries.contains(kept));
        if !entries.is_empty() {
            self.note("workspaces disallow", None, entries.join("; "));
        }
        Ok(())
    }

    /// One row of the audit log. A secret is told as it is now.
    fn note(&mut self, verb: &str, secret: Option<&SecretName>, details: String) {
        let about = |name: &SecretName| {
            let listed = self.index.secrets.get(name)?;
            Some((name.to_string(), listed.id, listed.current.version))
        };
        let workspace = Some((self.workspace.to_string(), self.id));
        self.notes.push(Note { verb: verb.to_owned(), workspace, secret: secret.and_then(about), details });
    }

    fn missing(&self, name: &SecretName) -> StoreError {
        missing(&self.workspace, &self.index, name)
    }

    /// A value that was stored in this very edit has never been a row.
    fn remove_rows(&mut self, listed: &Listed) {
        for held in listed.held() {
            let row = ValueRow { workspace: self.id, secret: listed.id, version: held.version };
            if self.rows.put.remove(&row).is_none() {
                self.rows.remove.push(row);
            }
        }
    }

    fn check_bounds(&self) -> Result<(), StoreError> {
        let workspace = self.workspace.clone();
        if self.index.secrets.len() > MAX_SECRETS {
            return Err(StoreError::TooManySecrets { workspace, limit: MAX_SECRETS });
        }
        match self.index.bytes() {
            bytes if bytes > MAX_WORKSPACE_BYTES => {
                Err(StoreError::WorkspaceFull { workspace, bytes, limit: MAX_WORKSPACE_BYTES })
            }
            _ => Ok(()),
        }
    }

    /// Makes all of it. If nothing was changed, nothing is written.
    pub fn commit(self, by: &Actor) -> Result<(), StoreError> {
        if self.notes.is_empty() {
            return self.session.end();
        }
        self.check_bounds()?;
        let touched = vec![Touch { id: self.id, label: self.label, index: self.index }];
        self.session.commit(by, Delta { touched, rows: self.rows, notes: self.notes })
    }
}

fn new_listed(current: Held, masking: Masking) -> Listed {
    let at = now();
    Listed {
        description: String::new(),
        id: random(),
        created: at,
        updated: at,
        exposure: Exposure::Revealed,
        bindings: Vec::new(),
        expires: None,
        masking,
        current,
        previous: None,
        parts: Arc::default(),
        fields: Fields::default(),
    }
}
