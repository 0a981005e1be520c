//! READ: a look at the store as it is at one moment, between two changes.
//!
//! Nothing is believed that the keyring does not vouch for: META must be of its generation, each index of its epoch.

use jiff::Timestamp;

use super::database::{ReadFailure, Rows, read_only, read_repaired};
use super::error::StoreError;
use super::id::Id;
use super::index::Index;
use super::keyring::{Keyring, Keys, Member, Side, open_key};
use super::lock::{Deadline, Lock};
use super::meta::Meta;
use super::seal::{self, Key, Kind, Place};
use super::session::Session;
use super::vault::Vault;
use super::wire::{Malformed, Reader, Writer};
use crate::secret::WorkspaceName;

/// How often to settle what crashes left before giving up.
const ATTEMPTS: u32 = 3;

/// The store at one moment.
pub(super) struct View<'a> {
    pub vault: &'a Vault,
    pub keyring: &'a Keyring,
    pub keys: &'a Keys,
    pub rows: &'a Rows<'a>,
}

/// Looks at the store. What a crash left is settled first. Where the disk does not let that happen, since it is full or
/// fails, the look is at what would be settled: old and new keys are both there, and META tells which count.
pub(super) fn read<T>(
    vault: &Vault,
    deadline: Deadline,
    look: impl Fn(&View) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 0..ATTEMPTS {
        let lock = Lock::shared(&vault.data, deadline)?;
        let (keyring, keys) = vault.load_keyring()?;
        if keyring.pending.is_none() {
            match look_at(vault, &keyring, &keys, &look) {
                Ok(seen) => return Ok(seen),
                Err(ReadFailure::Store(error)) => return Err(error),
                Err(ReadFailure::NeedsRepair) => {}
            }
        }
        // A shared flock does not become an exclusive one.
        drop(lock);
        match recover(vault, deadline) {
            Err(error) if error.is_of_the_disk() => return look_unsettled(vault, deadline, look, error),
            recovered => recovered?,
        }
    }
    Err(vault.damaged("it needs a repair again after each repair"))
}

fn look_at<T>(
    vault: &Vault,
    keyring: &Keyring,
    keys: &Keys,
    look: impl Fn(&View) -> Result<T, StoreError>,
) -> Result<T, ReadFailure> {
    read_only(&vault.disk, &vault.database(), |rows| {
        let view = View { vault, keyring, keys, rows };
        view.check_meta()?;
        look(&view)
    })
}

/// Looks at what a crash left without changing anything. `error` says why it could not be settled, and counts where it
/// cannot be looked at either.
///
/// What is seen may be lost yet if a write of it failed: whoever made that change was told so. No generation is noted,
/// since no key is gone.
fn look_unsettled<T>(
    vault: &Vault,
    deadline: Deadline,
    look: impl Fn(&View) -> Result<T, StoreError>,
    error: StoreError,
) -> Result<T, StoreError> {
    let _lock = Lock::shared(&vault.data, deadline)?;
    let (keyring, keys) = vault.load_keyring()?;
    let look = |rows: &Rows| {
        let meta = Meta::decode(&rows.meta()?, &keys.store);
        let meta = meta.map_err(|_| vault.damaged("the row META was altered"))?;
        let mut keyring = keyring.clone();
        keyring.settle(meta.side(&keyring, &vault.data)?);
        look(&View { vault, keyring: &keyring, keys: &keys, rows })
    };
    match read_only(&vault.disk, &vault.database(), look) {
        Err(ReadFailure::NeedsRepair) => {}
        Err(ReadFailure::Store(failure)) => return Err(failure),
        Ok(seen) => return Ok(seen),
    }
    read_repaired(&vault.database(), look).map_err(|failure| if failure.is_of_the_disk() { error } else { failure })
}

/// Steps 1 and 2 of WRITE, and nothing else.
fn recover(vault: &Vault, deadline: Deadline) -> Result<(), StoreError> {
    let settled = Session::begin(vault, "recovery", deadline).and_then(Session::end);
    settled.map_err(|error| match error {
        StoreError::ReadOnly { path, .. } => StoreError::ReadOnly { path, what: "a crash left it in need of a repair" },
        error => error,
    })
}

impl View<'_> {
    fn check_meta(&self) -> Result<(), StoreError> {
        let meta = Meta::decode(&self.rows.meta()?, &self.keys.store)
            .map_err(|_| self.vault.damaged("the row META was altered"))?;
        match meta.side(self.keyring, &self.vault.data)? {
            Side::Old => Ok(()),
            Side::New => Err(self.vault.damaged("the keyring has no valid form")),
        }
    }

    /// The workspace of this name and when it was created.
    pub fn find(&self, workspace: &WorkspaceName) -> Result<(Member, Timestamp), StoreError> {
        find(self.vault, self.keyring, self.keys, workspace)
    }

    pub fn index(&self, member: &Member) -> Result<Index, StoreError> {
        open_index(self.vault, self.keys, self.rows, member)
    }
}

/// Looks for a workspace by name: names are sealed, so all are tried.
pub(super) fn find(
    vault: &Vault,
    keyring: &Keyring,
    keys: &Keys,
    workspace: &WorkspaceName,
) -> Result<(Member, Timestamp), StoreError> {
    for member in keyring.workspaces.values() {
        let (name, created) = open_label(vault, keys, member)?;
        if name == *workspace {
            return Ok((member.clone(), created));
        }
    }
    Err(StoreError::NoWorkspace { workspace: workspace.clone() })
}

/// Seals what a workspace is called and when it was created.
pub(super) fn seal_label(keys: &Keys, place: Place, name: &WorkspaceName, created: Timestamp) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.text(name.as_str()).time(created);
    seal::seal(&keys.store, &place, &writer.finish())
}

pub(super) fn open_label(
    vault: &Vault,
    keys: &Keys,
    member: &Member,
) -> Result<(WorkspaceName, Timestamp), StoreError> {
    let place = workspace_place(vault, Kind::WorkspaceLabel, member.id, 0);
    let opened = seal::open(&keys.store, &place, &member.label).map_err(|_| Malformed).and_then(|plain| {
        let mut reader = Reader::new(&plain);
        let name = WorkspaceName::parse(reader.text()?).map_err(|_| Malformed)?;
        let created = reader.time()?;
        reader.finish().map(|()| (name, created))
    });
    opened.map_err(|_| vault.damaged("the name of a workspace does not open"))
}

/// Opens a workspace's index, which must be of the epoch that the keyring names.
pub(super) fn open_index(vault: &Vault, keys: &Keys, rows: &Rows, member: &Member) -> Result<Index, StoreError> {
    const ALTERED: &str = "the index of a workspace was altered";
    check_epoch(vault, member, rows.index_epoch(&member.id)?)?;
    let row = rows.index(&member.id)?.unwrap_or_default();
    let sealed = row.get(8..).unwrap_or_default();
    let key = open_workspace_key(vault, keys, member)?;
    let place = workspace_place(vault, Kind::Index, member.id, member.epoch);
    let plain = seal::open(&key, &place, sealed).map_err(|_| vault.damaged(ALTERED))?;
    Index::decode(&plain).map_err(|_| vault.damaged(ALTERED))
}

/// An INDEX row begins with its epoch, which must be the one that the keyring names.
pub(super) fn check_epoch(vault: &Vault, member: &Member, found: Option<u64>) -> Result<(), StoreError> {
    match found {
        Some(epoch) if epoch == member.epoch => Ok(()),
        Some(_) => Err(vault.damaged("the index of a workspace is of another time")),
        None => Err(vault.damaged("the index of a workspace is missing")),
    }
}

pub(super) fn open_workspace_key(vault: &Vault, keys: &Keys, member: &Member) -> Result<Key, StoreError> {
    let place = workspace_place(vault, Kind::WorkspaceKey, member.id, member.epoch);
    open_key(&keys.store, &place, &member.key).map_err(|_| vault.damaged("a key in the keyring does not open"))
}

pub(super) fn workspace_place(vault: &Vault, kind: Kind, workspace: Id, epoch: u64) -> Place {
    Place { workspace, epoch, ..Place::new(vault.store, kind) }
}
