//! One workspace being changed: what a verb does to its index, its values and the audit log.

use jiff::Timestamp;

use super::database::{Batch, Row};
use super::error::StoreError;
use super::id::{Id, random};
use super::index::{Held, Index, Listed, MAX_BYTES, MAX_SECRETS};
use super::keyring::Member;
use super::seal::{self, Key};
use super::session::{Change, Session, Touch};
use super::verbs::{missing, value_place};
use super::wire::now;
use crate::secret::{Binding, Exposure, Masking, SecretName, SecretValue, WorkspaceName, check_exposure};

/// One workspace being changed.
pub(super) struct Edit<'a> {
    pub session: Session<'a>,
    workspace: WorkspaceName,
    member: Member,
    pub index: Index,
    rows: Batch,
    /// Name, id and version of the secret, for the audit row.
    about: Option<(String, Id, u64)>,
    /// What else the audit row says.
    pub details: String,
}

impl<'a> Edit<'a> {
    pub fn new(session: Session<'a>, workspace: &WorkspaceName, member: Member, index: Index) -> Self {
        let (rows, details) = (Batch::default(), String::new());
        Self { session, workspace: workspace.clone(), member, index, rows, about: None, details }
    }

    pub fn missing(&self, name: &SecretName) -> StoreError {
        missing(&self.workspace, &self.index, name)
    }

    pub fn check_version(&self, name: &SecretName, expected: Option<u64>) -> Result<(), StoreError> {
        let found = self.index.secrets.get(name).map(|listed| listed.current.version);
        match expected {
            Some(expected) if expected != found.unwrap_or(0) => {
                Err(StoreError::VersionConflict { name: name.clone(), expected, found })
            }
            _ => Ok(()),
        }
    }

    /// Lists a new value under a name and seals it; gives its version and whether the name is new.
    pub fn put(
        &mut self,
        name: &SecretName,
        value: &SecretValue,
        masking: Masking,
        description: Option<String>,
    ) -> (u64, bool) {
        let former = self.index.secrets.remove(name);
        if let Some(former) = &former {
            self.remove_rows(former);
        }
        let created = former.is_none();
        let version = former.as_ref().map_or(0, |former| former.current.version) + 1;
        let length = u32::try_from(value.expose().len()).expect("a value has at most 64 KiB");
        let held = Held { version, length, key: Key::random() };
        let listed = match former {
            Some(former) => Listed { current: held, previous: None, updated: now(), masking, ..former },
            None => new_listed(held, masking),
        };
        let listed = Listed { description: description.unwrap_or(listed.description), ..listed };
        let row = Row { workspace: self.member.id, secret: listed.id, version };
        let place = value_place(self.session.vault, &row);
        self.rows.put.push((row, seal::seal(&listed.current.key, &place, value.expose().as_bytes())));
        self.index.secrets.insert(name.clone(), listed);
        self.about(name);
        (version, created)
    }

    /// Says how the value may be used and where it may go, if that is told anew; gives both as they are then.
    pub fn expose(
        &mut self,
        name: &SecretName,
        value: &SecretValue,
        exposure: Option<Exposure>,
        bindings: Option<Vec<Binding>>,
    ) -> Result<(Exposure, Vec<Binding>), StoreError> {
        let listed = self.index.secrets.get_mut(name).expect("it has just been put there");
        let told = exposure.is_some() || bindings.is_some();
        // Who says where a value belongs wants it to go nowhere else.
        let sealed = bindings.as_ref().is_some_and(|bindings| !bindings.is_empty()).then_some(Exposure::Sealed);
        listed.exposure = exposure.or(sealed).unwrap_or(listed.exposure);
        listed.bindings = bindings.unwrap_or_else(|| std::mem::take(&mut listed.bindings));
        check_exposure(listed.exposure, &listed.bindings, value)
            .map_err(|reason| StoreError::Exposure { name: name.clone(), reason })?;
        let exposed = (listed.exposure, listed.bindings.clone());
        if told {
            let places: Vec<String> =
                exposed.1.iter().map(|binding| format!("{binding} ({})", binding.placement())).collect();
            self.details = format!("{}; bound to: {}", exposed.0, places.join(", "));
        }
        Ok(exposed)
    }

    /// Notes which secret the audit row is about.
    pub fn about(&mut self, name: &SecretName) {
        let about = |listed: &Listed| (name.to_string(), listed.id, listed.current.version);
        self.about = self.index.secrets.get(name).map(about);
    }

    pub fn remove_rows(&mut self, listed: &Listed) {
        let row = |held: &Held| Row { workspace: self.member.id, secret: listed.id, version: held.version };
        self.rows.remove.extend(listed.held().map(row));
    }

    pub fn check_bounds(&self) -> Result<(), StoreError> {
        let workspace = self.workspace.clone();
        if self.index.secrets.len() > MAX_SECRETS {
            return Err(StoreError::TooManySecrets { workspace, limit: MAX_SECRETS });
        }
        match self.index.bytes() {
            bytes if bytes > MAX_BYTES => Err(StoreError::WorkspaceFull { workspace, bytes, limit: MAX_BYTES }),
            _ => Ok(()),
        }
    }

    pub fn commit(self) -> Result<(), StoreError> {
        let workspace = Some((self.workspace.to_string(), self.member.id));
        let touched = vec![Touch { id: self.member.id, label: self.member.label, index: self.index }];
        let Self { rows, about: secret, details, .. } = self;
        self.session.commit(Change { touched, rows, workspace, secret, details })
    }
}

fn new_listed(current: Held, masking: Masking) -> Listed {
    let at: Timestamp = now();
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
    }
}
