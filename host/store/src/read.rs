//! READ: a look at the store as it is at one moment, between two changes.
//!
//! Nothing is believed that the keyring does not vouch for: META must be of its generation, each index of its epoch.

use jiff::Timestamp;

use super::database::{ReadFailure, Rows, read_only, read_repaired};
use super::error::StoreError;
use super::fields::Unread;
use super::id::Id;
use super::index::{FORMAT as INDEX_FORMAT, Index};
use super::keyring::{Keyring, Keys, Member, Side, open_key};
use super::lock::{Deadline, Lock};
use super::meta::Meta;
use super::opened::Opened;
use super::seal::{self, Key, Kind, Place};
use super::session::Session;
use super::wire::{Malformed, Reader, Writer};
use um_secret::WorkspaceName;

/// How often to settle what crashes left before giving up.
const ATTEMPTS: u32 = 3;

/// The store at one moment.
pub(super) struct View<'a> {
    pub opened: &'a Opened,
    pub keyring: &'a Keyring,
    pub keys: &'a Keys,
    pub rows: &'a Rows<'a>,
}

/// Looks at the store. What a crash left is settled first. Where the disk does not let that happen, since it is full or
/// fails, the look is at what would be settled: old and new keys are both there, and META tells which count.
pub(super) fn read<T>(
    opened: &Opened,
    deadline: Deadline,
    look: impl Fn(&View) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 0..ATTEMPTS {
        let lock = Lock::shared(&opened.data, deadline)?;
        let (keyring, keys) = opened.load_keyring()?;
        if keyring.pending.is_none() {
            match look_at(opened, &keyring, &keys, &look) {
                Ok(seen) => return Ok(seen),
                Err(ReadFailure::Store(error)) => return Err(error),
                Err(ReadFailure::NeedsRepair) => {}
            }
        }
        // A shared flock does not become an exclusive one.
        drop(lock);
        match recover(opened, deadline) {
            Err(error) if error.is_of_the_disk() => return look_unsettled(opened, deadline, look, error),
            recovered => recovered?,
        }
    }
    Err(opened.damaged("it needs a repair again after each repair"))
}

fn look_at<T>(
    opened: &Opened,
    keyring: &Keyring,
    keys: &Keys,
    look: impl Fn(&View) -> Result<T, StoreError>,
) -> Result<T, ReadFailure> {
    read_only(&opened.disk, &opened.database(), |rows| {
        let view = View { opened, keyring, keys, rows };
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
    opened: &Opened,
    deadline: Deadline,
    look: impl Fn(&View) -> Result<T, StoreError>,
    error: StoreError,
) -> Result<T, StoreError> {
    let _lock = Lock::shared(&opened.data, deadline)?;
    let (keyring, keys) = opened.load_keyring()?;
    let look = |rows: &Rows| {
        let meta = Meta::decode(&rows.meta()?, &keys.store);
        let meta = meta.map_err(|_| opened.damaged("the row META was altered"))?;
        let mut keyring = keyring.clone();
        keyring.settle(meta.side(&keyring, &opened.data)?);
        look(&View { opened, keyring: &keyring, keys: &keys, rows })
    };
    match read_only(&opened.disk, &opened.database(), look) {
        Err(ReadFailure::NeedsRepair) => {}
        Err(ReadFailure::Store(failure)) => return Err(failure),
        Ok(seen) => return Ok(seen),
    }
    read_repaired(&opened.database(), look).map_err(|failure| if failure.is_of_the_disk() { error } else { failure })
}

/// Steps 1 and 2 of WRITE, and nothing else.
fn recover(opened: &Opened, deadline: Deadline) -> Result<(), StoreError> {
    let settled = Session::begin(opened, "recovery", deadline).and_then(Session::end);
    settled.map_err(|error| match error {
        StoreError::ReadOnly { path, .. } => StoreError::ReadOnly { path, what: "a crash left it in need of a repair" },
        error => error,
    })
}

impl View<'_> {
    fn check_meta(&self) -> Result<(), StoreError> {
        let meta = Meta::decode(&self.rows.meta()?, &self.keys.store)
            .map_err(|_| self.opened.damaged("the row META was altered"))?;
        match meta.side(self.keyring, &self.opened.data)? {
            Side::Old => Ok(()),
            Side::New => Err(self.opened.damaged("the keyring has no valid form")),
        }
    }

    /// The workspace of this name and when it was created.
    pub fn find(&self, workspace: &WorkspaceName) -> Result<(Member, Timestamp), StoreError> {
        find(self.opened, self.keyring, self.keys, workspace)
    }

    pub fn index(&self, member: &Member) -> Result<Index, StoreError> {
        open_index(self.opened, self.keys, self.rows, member)
    }
}

/// Looks for a workspace by name: names are sealed, so all are tried.
pub(super) fn find(
    opened: &Opened,
    keyring: &Keyring,
    keys: &Keys,
    workspace: &WorkspaceName,
) -> Result<(Member, Timestamp), StoreError> {
    for member in keyring.workspaces.values() {
        let (name, created) = open_label(opened, keys, member)?;
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
    opened: &Opened,
    keys: &Keys,
    member: &Member,
) -> Result<(WorkspaceName, Timestamp), StoreError> {
    let place = workspace_place(opened, Kind::WorkspaceLabel, member.id, 0);
    let label = seal::open(&keys.store, &place, &member.label).map_err(|_| Malformed).and_then(|plain| {
        let mut reader = Reader::new(&plain);
        let name = WorkspaceName::parse(reader.text()?).map_err(|_| Malformed)?;
        let created = reader.time()?;
        reader.finish().map(|()| (name, created))
    });
    label.map_err(|_| opened.damaged("the name of a workspace does not open"))
}

/// Opens a workspace's index, which must be of the epoch that the keyring names.
pub(super) fn open_index(opened: &Opened, keys: &Keys, rows: &Rows, member: &Member) -> Result<Index, StoreError> {
    const ALTERED: &str = "the index of a workspace was altered";
    check_epoch(opened, member, rows.index_epoch(&member.id)?)?;
    let row = rows.index(&member.id)?.unwrap_or_default();
    let sealed = row.get(8..).unwrap_or_default();
    let key = open_workspace_key(opened, keys, member)?;
    let place = workspace_place(opened, Kind::Index, member.id, member.epoch);
    let plain = seal::open(&key, &place, sealed).map_err(|_| opened.damaged(ALTERED))?;
    Index::decode(&plain).map_err(|unread| match unread {
        Unread::Malformed => opened.damaged(ALTERED),
        Unread::Critical(field) => StoreError::UnknownField { path: opened.data.clone(), field },
        Unread::Later(format) => StoreError::TooNew { found: format.into(), known: INDEX_FORMAT.into() },
    })
}

/// An INDEX row begins with its epoch, which must be the one that the keyring names.
pub(super) fn check_epoch(opened: &Opened, member: &Member, found: Option<u64>) -> Result<(), StoreError> {
    match found {
        Some(epoch) if epoch == member.epoch => Ok(()),
        Some(_) => Err(opened.damaged("the index of a workspace is of another time")),
        None => Err(opened.damaged("the index of a workspace is missing")),
    }
}

pub(super) fn open_workspace_key(opened: &Opened, keys: &Keys, member: &Member) -> Result<Key, StoreError> {
    let place = workspace_place(opened, Kind::WorkspaceKey, member.id, member.epoch);
    open_key(&keys.store, &place, &member.key).map_err(|_| opened.damaged("a key in the keyring does not open"))
}

pub(super) fn workspace_place(opened: &Opened, kind: Kind, workspace: Id, epoch: u64) -> Place {
    Place { workspace, epoch, ..Place::new(opened.store, kind) }
}
