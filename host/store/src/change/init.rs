//! Makes a store: the key first, then everything else in a directory beside the place, put there in one step.
//!
//! Of two at once one wins; the other takes away what it made. Nothing that was there before is touched.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use um_base::step;
use um_envelope::{AuditRow, Index, Key, Keyring, Keys, Meta, Note, Side, StoreId, random};
use um_secret::{Actor, WorkspaceName};

use crate::answers::Initialised;
use crate::clock::now;
use crate::database::rows::Batch;
use crate::database::writing::Database;
use crate::disk::files::Disk;
use crate::disk::names::{DATABASE, GATE, KEYRING, LOCK, READS};
use crate::disk::{filesystem, keyring_file};
use crate::error::{InitError, StoreError};
use crate::keys::file::{NewKeyFile, default_key_file};
use crate::keys::source::KeySource;

/// The workspace that every store begins with.
const FIRST_WORKSPACE: &str = "default";

/// What store to make.
pub(crate) struct Plan<'a> {
    pub data: &'a Path,
    /// Where a key is; `None` makes one.
    pub key: Option<KeySource>,
    /// Where new keys are kept, if there is such a place.
    pub config: Option<PathBuf>,
    pub disk: Arc<dyn Disk>,
    /// Who makes it.
    pub by: &'a Actor,
}

pub(crate) fn init(plan: &Plan) -> Result<Initialised, InitError> {
    let data = place(plan.data)?;
    let beside = data.parent().unwrap_or(&data).to_owned();
    make_parents(&*plan.disk, &beside)?;
    check_vacant(&data)?;
    filesystem::check(&beside)?;
    let store = StoreId::random();
    let (master, kind, key_file) = match &plan.key {
        Some(source) => (source.read()?, source.kind(), None),
        None => {
            let master = Key::random();
            let key_file = keep_key(plan, &data, store, &master)?;
            (master, "file", Some(key_file))
        }
    };
    let draft = Draft::create(&plan.disk, &data)?;
    write_store(&plan.disk, &draft.path, store, &Slots { master: &master, kind }, plan.by)?;
    draft.put_in_place(&data)?;
    // The store is there: its key stays, whatever comes.
    let key_file = key_file.map(NewKeyFile::keep);
    if let Err(error) = plan.disk.sync_directory(&beside) {
        let cause = Box::new(StoreError::io("make", &data, error));
        return Err(InitError::Unsynced { path: data, key_file, cause });
    }
    step("parent-synced");
    Ok(Initialised { store_id: store, key_id: master.id(), key_file })
}

/// Makes a directory and those above it, durably, for this user alone.
fn make_parents(disk: &dyn Disk, directory: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> = directory.ancestors().take_while(|above| !above.exists()).collect();
    for made in missing.into_iter().rev() {
        let failed = |error| StoreError::io("make", made, error);
        match disk.create_directory(made) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => disk.sync_directory(made.parent().unwrap_or(made)).map_err(failed)?,
        }
    }
    Ok(())
}

/// Where the store is to be, without links: a link would be replaced, not what it names.
fn place(data: &Path) -> Result<PathBuf, InitError> {
    let failed = |error| StoreError::io("find", data, error);
    let mut data = std::path::absolute(data).map_err(failed)?;
    if data.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        data = data.canonicalize().map_err(failed)?;
    }
    // Without `.` and trailing slashes, so that a sibling can be named after it.
    Ok(data.components().collect())
}

fn check_vacant(data: &Path) -> Result<(), InitError> {
    let path = data.to_owned();
    let metadata = match data.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::io("look at", data, error).into()),
        Ok(metadata) => metadata,
    };
    if !metadata.is_dir() {
        return Err(InitError::NotADirectory { path });
    }
    if [KEYRING, DATABASE].iter().any(|name| data.join(name).symlink_metadata().is_ok()) {
        return Err(InitError::Exists { path });
    }
    let mut entries = std::fs::read_dir(data).map_err(|error| StoreError::io("list", data, error))?;
    if entries.next().is_some() {
        return Err(InitError::NotEmpty { path });
    }
    if is_mount_point(data, &metadata) {
        return Err(InitError::MountPoint { path });
    }
    Ok(())
}

fn is_mount_point(data: &Path, metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let above = data.parent().and_then(|above| above.metadata().ok());
    above.is_none_or(|above| above.dev() != metadata.dev())
}

fn keep_key(plan: &Plan, data: &Path, store: StoreId, master: &Key) -> Result<NewKeyFile, InitError> {
    let config = plan.config.as_ref().ok_or(InitError::NoHome)?;
    let path = default_key_file(config, store);
    if path.starts_with(data) || canonical(config).starts_with(canonical(data)) {
        return Err(InitError::KeyInside { path });
    }
    Ok(NewKeyFile::create(&path, master, step)?)
}

/// The path with the links resolved of what exists of it.
fn canonical(path: &Path) -> PathBuf {
    let existing = path.ancestors().find_map(|above| above.canonicalize().ok().map(|found| (above, found)));
    match existing {
        Some((above, found)) => found.join(path.strip_prefix(above).unwrap_or(Path::new(""))),
        None => path.to_owned(),
    }
}

/// The store while it is not in its place yet. It goes again unless it gets there.
struct Draft<'a> {
    disk: &'a Arc<dyn Disk>,
    path: PathBuf,
    placed: bool,
}

impl<'a> Draft<'a> {
    fn create(disk: &'a Arc<dyn Disk>, data: &Path) -> Result<Self, StoreError> {
        let mut name = data.file_name().unwrap_or_default().to_owned();
        let suffix: String = random::<4>().iter().map(|byte| format!("{byte:02x}")).collect();
        name.push(format!(".init-{suffix}"));
        let path = data.with_file_name(name);
        disk.create_directory(&path).map_err(|error| StoreError::io("make", &path, error))?;
        step("directory-made");
        Ok(Self { disk, path, placed: false })
    }

    /// Takes the place of an absent or empty directory.
    fn put_in_place(mut self, data: &Path) -> Result<(), InitError> {
        // One that cannot be synced is found out while the store can still go again.
        let beside = data.parent().unwrap_or(data);
        self.disk.sync_directory(beside).map_err(|error| StoreError::io("make", data, error))?;
        if let Err(error) = self.disk.rename(&self.path, data) {
            // Somebody was faster, or it is a place that cannot be taken.
            check_vacant(data)?;
            return Err(match error.kind() {
                io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => {
                    InitError::MountPoint { path: data.to_owned() }
                }
                _ => StoreError::io("make", data, error).into(),
            });
        }
        self.placed = true;
        step("directory-placed");
        Ok(())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.placed {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// The key that the new store is locked with.
struct Slots<'a> {
    master: &'a Key,
    kind: &'a str,
}

fn write_store(
    disk: &Arc<dyn Disk>,
    directory: &Path,
    store: StoreId,
    slots: &Slots,
    by: &Actor,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::io("make", directory, error);
    for name in [GATE, LOCK] {
        let file = disk.create(&directory.join(name)).map_err(failed)?;
        disk.sync(&file).map_err(failed)?;
    }
    check_links(&**disk, directory)?;
    let reads = directory.join(READS);
    disk.create_directory(&reads).map_err(failed)?;
    disk.sync_directory(&reads).map_err(failed)?;
    let (keyring, keys, batch) = contents(store, slots, by);
    let database = Database::create(disk, &directory.join(DATABASE))?;
    database.commit(&batch)?;
    database.close()?;
    step("database-made");
    keyring_file::create(&**disk, directory, &keyring.encode(&keys))?;
    step("keyring-made");
    disk.sync_directory(directory).map_err(failed)?;
    step("directory-synced");
    Ok(())
}

/// Each change of the store makes a hard link: where there are none, none would succeed.
fn check_links(disk: &dyn Disk, directory: &Path) -> Result<(), StoreError> {
    let (from, to) = (directory.join(GATE), directory.join("link"));
    let linked = disk.link(&from, &to).and_then(|()| disk.unlink(&to));
    linked.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported => {
            StoreError::NoHardLinks { path: directory.parent().unwrap_or(directory).to_owned() }
        }
        _ => StoreError::io("make", directory, error),
    })
}

/// The first keyring and the first rows: generation 1, one empty workspace.
fn contents(store: StoreId, slots: &Slots, by: &Actor) -> (Keyring, Keys, Batch) {
    let (at, id) = (now(), random());
    let name = WorkspaceName::parse(FIRST_WORKSPACE).expect("it is a name");
    let (mut keyring, keys) = Keyring::new(store, slots.master, slots.kind);
    let label = keys.seal_label(&id, &name, at);
    let (entry, row) = keys.seal_workspace(id, label, 1, &Index::default());
    let (verb, workspace) = ("init".to_owned(), Some((name.to_string(), id)));
    let note = Note { verb, workspace, secret: None, details: String::new() };
    let (sealed, audit) = AuditRow::new(at, by, note, Vec::new()).seal(&keys.audit, &keyring.audit);
    keyring.begin(audit, vec![entry]);
    keyring.settle(Side::New);
    let batch = Batch {
        meta: Meta::before(&keyring).encode(&keys),
        index: vec![(id, Some(row))],
        audit: vec![(0, sealed)],
        ..Batch::default()
    };
    (keyring, keys, batch)
}
