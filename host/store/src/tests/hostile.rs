//! Somebody who can write the files and has no key: what they put there is refused, or harmless. Never a wrong value,
//! never a panic.

use std::path::Path;
use std::sync::Arc;

use super::bench::{Bench, Contents, name, put, workspace};
use super::me;
use crate::database::rows::Batch;
use crate::database::writing::Database;
use crate::disk::files::{Disk, LocalDisk};
use crate::disk::lock::Deadline;
use crate::disk::names::DATABASE;
use crate::error::StoreError;
use crate::look::read::read;
use crate::store::Store;
use um_envelope::{Id, ValueRow};

/// A furnished store and what it holds.
struct Victim {
    bench: Bench,
    root: tempfile::TempDir,
    contents: Contents,
}

/// The raw rows of one workspace.
struct Raw {
    id: Id,
    index: Vec<u8>,
    row: ValueRow,
    value: Vec<u8>,
    meta: Vec<u8>,
}

impl Victim {
    fn new() -> Self {
        let bench = Bench::new();
        let root = bench.furnish();
        let contents = bench.contents(root.path()).unwrap();
        Self { bench, root, contents }
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.root.path().join("data").join(name)
    }

    fn store(&self) -> Store {
        self.bench.open(Arc::new(LocalDisk), self.root.path()).unwrap()
    }

    fn look(&self) -> Result<Contents, Box<dyn std::error::Error + Send + Sync>> {
        self.bench.look(self.root.path())
    }

    fn open(&self, within: &str, secret: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(super::bench::open(&self.store(), &workspace(within), &name(secret)))
    }

    /// The rows of the secret TOKEN of a workspace as they are now.
    fn raw(&self, within: &str) -> Raw {
        let store = self.store();
        read(&store.opened, Deadline::after(std::time::Duration::from_secs(10)), |view| {
            let (entry, _) = view.find(&workspace(within))?;
            let index = view.index(&entry)?;
            let (row, value) = view.value(&entry, &index.secrets[&name("TOKEN")])?;
            let index = view.rows.index(&entry.id)?.unwrap();
            Ok(Raw { id: entry.id, index, row, value, meta: view.rows.meta()? })
        })
        .unwrap()
    }

    /// Changes rows behind the store's back, as somebody can who has redb and no key.
    fn splice(&self, batch: Batch) {
        let disk: Arc<dyn Disk> = Arc::new(LocalDisk);
        let database = Database::open(&disk, &self.file(DATABASE)).unwrap();
        let meta = if batch.meta.is_empty() { database.read(|rows| rows.meta()).unwrap() } else { batch.meta.clone() };
        database.commit(&Batch { meta, ..batch }).unwrap();
        database.close().unwrap();
    }

    /// The refusal of whoever looks, and of whoever wants to change something: the same.
    fn refusal(&self) -> StoreError {
        let looked = self.look().expect_err("it was taken");
        let written = self.store().check().expect_err("it was taken by a writer");
        let looked = looked.downcast::<StoreError>().expect("an error of the store");
        assert_eq!(std::mem::discriminant(&*looked), std::mem::discriminant(&written), "{looked} / {written}");
        written
    }
}

fn assert_damaged(error: &StoreError, about: &str) {
    assert!(matches!(error, StoreError::Damaged { what, .. } if what.contains(about)), "{error}");
}

#[test]
fn an_index_put_back_from_before_a_change_is_refused() {
    let victim = Victim::new();
    let old = victim.raw("default");
    put(&victim.store(), "default", "TOKEN", "the value that replaced it").unwrap();
    victim.splice(Batch { index: vec![(old.id, Some(old.index.clone()))], ..Batch::default() });
    assert_damaged(&victim.refusal(), "of another time");
}

#[test]
fn an_old_index_with_the_epoch_of_today_is_refused() {
    let victim = Victim::new();
    let old = victim.raw("default");
    put(&victim.store(), "default", "TOKEN", "the value that replaced it").unwrap();
    let forged = [&victim.raw("default").index[..8], &old.index[8..]].concat();
    victim.splice(Batch { index: vec![(old.id, Some(forged))], ..Batch::default() });
    assert_damaged(&victim.refusal(), "altered");
}

#[test]
fn indexes_swapped_between_workspaces_are_refused() {
    let victim = Victim::new();
    let (one, other) = (victim.raw("default"), victim.raw("other"));
    let swapped = |epoch: &Raw, index: &Raw| [&epoch.index[..8], &index.index[8..]].concat();
    let index = vec![(one.id, Some(swapped(&one, &other))), (other.id, Some(swapped(&other, &one)))];
    victim.splice(Batch { index, ..Batch::default() });
    assert_damaged(&victim.refusal(), "altered");
}

#[test]
fn a_missing_index_is_damage_and_not_an_empty_workspace() {
    let victim = Victim::new();
    let raw = victim.raw("default");
    victim.splice(Batch { index: vec![(raw.id, None)], ..Batch::default() });
    assert_damaged(&victim.refusal(), "missing");
}

#[test]
fn values_swapped_between_workspaces_are_refused_one_by_one() {
    let victim = Victim::new();
    let (one, other) = (victim.raw("default"), victim.raw("other"));
    victim.splice(Batch { put: [(one.row, other.value), (other.row, one.value)].into(), ..Batch::default() });
    for within in ["default", "other"] {
        let error = victim.open(within, "TOKEN").unwrap_err();
        assert!(error.to_string().contains("altered"), "{error}");
    }
    assert_eq!(victim.open("default", "KEPT").unwrap(), "a value that stays", "what was not touched still opens");
}

#[test]
fn a_replaced_value_put_back_under_the_new_version_is_refused() {
    let victim = Victim::new();
    let old = victim.raw("default");
    put(&victim.store(), "default", "TOKEN", "the value that replaced it").unwrap();
    victim.splice(Batch { put: [(victim.raw("default").row, old.value)].into(), ..Batch::default() });
    let error = victim.open("default", "TOKEN").unwrap_err();
    assert!(error.to_string().contains("altered"), "{error}");
}

#[test]
fn a_deleted_row_put_back_stays_deleted() {
    let victim = Victim::new();
    let old = victim.raw("default");
    victim.store().delete(&me(), &workspace("default"), &name("TOKEN")).unwrap();
    let contents = victim.look().unwrap();
    victim.splice(Batch { put: [(old.row, old.value)].into(), ..Batch::default() });
    assert_eq!(victim.look().unwrap(), contents);
    put(&victim.store(), "default", "TOKEN", "a namesake").unwrap();
    assert_eq!(victim.look().unwrap()["default"]["TOKEN"].1, "a namesake");
}

#[test]
fn a_missing_value_is_damage() {
    let victim = Victim::new();
    victim.splice(Batch { remove: vec![victim.raw("default").row], ..Batch::default() });
    let error = victim.look().unwrap_err();
    assert!(error.to_string().contains("a value is missing"), "{error}");
}

#[test]
fn an_altered_meta_is_damage_and_an_old_one_a_roll_back() {
    let victim = Victim::new();
    let old = victim.raw("default").meta;
    put(&victim.store(), "default", "TOKEN", "the value that replaced it").unwrap();
    victim.splice(Batch { meta: old.clone(), ..Batch::default() });
    assert!(matches!(victim.refusal(), StoreError::RolledBack { keyring: 6, database: 5, .. }));
    for bit in 0..old.len() * 8 {
        let mut altered = old.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        victim.splice(Batch { meta: altered, ..Batch::default() });
        assert_damaged(&victim.store().check().unwrap_err(), "META");
    }
}

#[test]
fn audit_rows_cut_off_altered_or_swapped_are_noticed() {
    for tamper in ["altered", "swapped", "added"] {
        let victim = Victim::new();
        let mut rows = Vec::new();
        let disk: Arc<dyn Disk> = Arc::new(LocalDisk);
        let database = Database::open(&disk, &victim.file(DATABASE)).unwrap();
        database.read(|view| view.audit(|sequence, row| rows.push((sequence, row.to_vec())))).unwrap();
        database.close().unwrap();
        assert_eq!(rows.len(), 5);
        match tamper {
            "altered" => rows[2].1[90] ^= 1,
            "swapped" => (rows[1].0, rows[2].0) = (rows[2].0, rows[1].0),
            _ => rows.push((5, rows[4].1.clone())),
        }
        victim.splice(Batch { audit: rows, ..Batch::default() });
        assert_damaged(&victim.store().check().unwrap_err(), "audit");
        assert_eq!(victim.look().unwrap(), victim.contents, "{tamper}: runs go on");
    }
}

#[test]
fn yesterdays_database_or_keyring_is_refused_and_told_apart() {
    let victim = Victim::new();
    let (database, keyring) =
        (std::fs::read(victim.file(DATABASE)).unwrap(), std::fs::read(victim.file("keyring")).unwrap());
    put(&victim.store(), "default", "TOKEN", "the value of today").unwrap();
    let today = std::fs::read(victim.file(DATABASE)).unwrap();
    std::fs::write(victim.file(DATABASE), &database).unwrap();
    let refusal = victim.refusal();
    assert!(
        matches!(refusal, StoreError::RolledBack { what: "secrets.redb is older than the keyring", .. }),
        "{refusal}"
    );
    std::fs::write(victim.file(DATABASE), &today).unwrap();
    std::fs::write(victim.file("keyring"), &keyring).unwrap();
    let refusal = victim.refusal();
    assert!(
        matches!(refusal, StoreError::RolledBack { what: "the keyring is older than secrets.redb", .. }),
        "{refusal}"
    );
    // Not promised: the whole directory of yesterday is yesterday's store.
    std::fs::write(victim.file(DATABASE), &database).unwrap();
    assert_eq!(victim.look().unwrap(), victim.contents);
}

#[test]
fn files_of_another_store_with_the_same_key_are_refused() {
    let victim = Victim::new();
    let other = victim.bench.furnish();
    let foreign = |name: &str| std::fs::read(other.path().join("data").join(name)).unwrap();
    let (database, keyring) =
        (std::fs::read(victim.file(DATABASE)).unwrap(), std::fs::read(victim.file("keyring")).unwrap());
    let held = victim.store();
    std::fs::write(victim.file(DATABASE), foreign(DATABASE)).unwrap();
    assert_damaged(&victim.refusal(), "META");
    std::fs::write(victim.file(DATABASE), &database).unwrap();
    std::fs::write(victim.file("keyring"), foreign("keyring")).unwrap();
    assert_damaged(&held.check().unwrap_err(), "another store");
    assert_damaged(&victim.refusal(), "META");
    std::fs::write(victim.file("keyring"), &keyring).unwrap();
    assert_eq!(victim.look().unwrap(), victim.contents);
}

#[test]
fn a_database_replaced_in_the_middle_of_a_change_loses_the_change_and_nothing_else() {
    let victim = Victim::new();
    let store = victim.store();
    let edit = store.edit("secrets set", &workspace("default")).unwrap();
    // Whole copies only: a restore that somebody runs at the wrong moment.
    let backup = victim.file("backup");
    std::fs::copy(victim.file(DATABASE), &backup).unwrap();
    std::fs::rename(&backup, victim.file(DATABASE)).unwrap();
    let mut edit = edit;
    let value = um_secret::SecretValue::new("a value that goes nowhere".to_owned()).ok().unwrap();
    edit.set(&name("TOKEN"), &value, &um_secret::SetOptions::default()).unwrap();
    assert_damaged(&edit.commit(&me()).unwrap_err(), "replaced while it was open");
    assert_eq!(victim.look().unwrap(), victim.contents);
}

/// A small generator of its own, so that a failure can be repeated.
fn random(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize % below
}

/// Whoever looks sees what is right, or is told what is wrong; so does whoever writes.
fn assert_right_or_refused(victim: &Victim, bytes: &[u8], story: &str, refused: &mut [usize; 2]) {
    let path = victim.file(DATABASE);
    std::fs::write(&path, bytes).unwrap();
    match victim.look() {
        Ok(contents) => assert_eq!(contents, victim.contents, "{story}"),
        Err(_) => refused[0] += 1,
    }
    // The look may have repaired it: as it was altered, once more.
    std::fs::write(&path, bytes).unwrap();
    match victim.store().check() {
        Ok(_) => assert_eq!(victim.look().unwrap(), victim.contents, "{story}"),
        Err(_) => refused[1] += 1,
    }
}

#[test]
fn flipped_bits_of_the_database_never_give_a_wrong_value() {
    let victim = Victim::new();
    let clean = std::fs::read(victim.file(DATABASE)).unwrap();
    let (mut seed, mut refused) = (7, [0; 2]);
    // All of the header, and a sample of the rest.
    let bits = (0..320 * 8).step_by(7).chain((0..300).map(|_| 0)).enumerate();
    for (number, bit) in bits {
        let bit = if bit == 0 && number > 0 { random(&mut seed, clean.len() * 8) } else { bit };
        let mut altered = clean.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_right_or_refused(&victim, &altered, &format!("bit {bit}"), &mut refused);
    }
    assert!(refused.iter().all(|&count| count > 50), "{refused:?}");
}

#[test]
fn a_database_cut_off_never_gives_a_wrong_value() {
    let victim = Victim::new();
    let clean = std::fs::read(victim.file(DATABASE)).unwrap();
    let (mut seed, mut refused) = (11, [0; 2]);
    let lengths = [0, 1, 319, 320, 512, 4095, 4096, clean.len() - 1, clean.len() - 4096];
    for length in lengths.into_iter().chain((0..60).map(|_| random(&mut seed, clean.len()))) {
        assert_right_or_refused(&victim, &clean[..length], &format!("{length} bytes"), &mut refused);
    }
    assert!(refused.iter().all(|&count| count > 50), "{refused:?}");
}

#[test]
fn pages_zeroed_scrambled_or_swapped_never_give_a_wrong_value() {
    const PAGE: usize = 4096;
    let victim = Victim::new();
    let clean = std::fs::read(victim.file(DATABASE)).unwrap();
    let (mut seed, mut refused, pages) = (13, [0; 2], clean.len() / PAGE);
    for page in 0..pages {
        let here = page * PAGE..(page + 1) * PAGE;
        let mut zeroed = clean.clone();
        zeroed[here.clone()].fill(0);
        assert_right_or_refused(&victim, &zeroed, &format!("page {page} zeroed"), &mut refused);
        let mut scrambled = clean.clone();
        scrambled[here.clone()].iter_mut().for_each(|byte| *byte = random(&mut seed, 256) as u8);
        assert_right_or_refused(&victim, &scrambled, &format!("page {page} scrambled"), &mut refused);
        let other = random(&mut seed, pages);
        let mut swapped = clean.clone();
        swapped.copy_within(other * PAGE..(other + 1) * PAGE, page * PAGE);
        swapped[other * PAGE..(other + 1) * PAGE].copy_from_slice(&clean[here]);
        assert_right_or_refused(&victim, &swapped, &format!("pages {page} and {other} swapped"), &mut refused);
    }
    assert!(refused.iter().all(|&count| count > 3), "{refused:?}");
}

/// Spoils the file of this path.
type Break = fn(&Path);

#[test]
fn a_file_that_is_missing_or_no_file_is_told_as_damage() {
    let broken: [(&str, Break, &str); 9] = [
        (DATABASE, |path| std::fs::remove_file(path).unwrap(), "secrets.redb is missing"),
        (DATABASE, |path| std::fs::write(path, "").unwrap(), "secrets.redb is empty"),
        (DATABASE, |path| std::fs::write(path, "no database at all").unwrap(), "secrets.redb is no database"),
        (DATABASE, link_to_itself_elsewhere, "secrets.redb is a symbolic link, where the store has a regular file"),
        ("keyring", |path| std::fs::remove_file(path).unwrap(), "the keyring is missing"),
        ("keyring", |path| std::fs::write(path, "").unwrap(), "the keyring has no valid length"),
        ("keyring", |path| std::fs::write(path, vec![b'x'; 2 << 20]).unwrap(), "the keyring has no valid length"),
        ("keyring", link_to_itself_elsewhere, "keyring is a symbolic link, where the store has a regular file"),
        ("gate", |path| std::fs::remove_file(path).unwrap(), "the file `gate` is missing"),
    ];
    for (file, break_it, what) in broken {
        let victim = Victim::new();
        break_it(&victim.file(file));
        let error = victim.look().unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
}

fn link_to_itself_elsewhere(path: &Path) {
    let elsewhere = path.with_extension("elsewhere");
    std::fs::rename(path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, path).unwrap();
}
