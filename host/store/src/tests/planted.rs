//! Files that somebody put into the directory of a store to have others destroyed: whatever is asked of the store, what
//! they lead to stays as it is, nothing waits for ever, and what is refused is refused with the next step.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::bench::{Bench, name, open, put, workspace};
use super::me;
use crate::disk::files::LocalDisk;
use crate::disk::names::FRESH_DATABASE;
use crate::disk::opening::{Unopened, open_to_read};
use crate::error::StoreError;
use crate::store::Store;

/// No verb takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(60);
/// As long as a keyring, and no key.
const TREASURE: &str = "um-host-key-what-must-never-be-lost\n";

type Asked = Result<(), Box<dyn std::error::Error + Send + Sync>>;
type Verb = fn(&Store) -> Asked;

const VERBS: [(&str, Verb); 5] = [
    ("list", |store| Ok(store.list(&workspace("default")).map(drop)?)),
    ("run", |store| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(open(store, &workspace("default"), &name("KEPT"))).map(drop)
    }),
    ("set", |store| Ok(put(store, "default", "TOKEN", "the value of today")?)),
    ("delete", |store| Ok(store.delete(&me(), &workspace("default"), &name("TOKEN")).map(drop)?)),
    ("check", |store| Ok(store.check().map(drop)?)),
];

type Plant = fn(&Path, &Path);

/// What is put in the place of a file, given that place and the victim.
const PLANTS: [(&str, Plant); 4] = [
    ("a symbolic link", |place, victim| std::os::unix::fs::symlink(victim, place).unwrap()),
    ("a hard link", |place, victim| fs::hard_link(victim, place).unwrap()),
    ("a FIFO", |place, _| {
        rustix::fs::mkfifoat(rustix::fs::CWD, place, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap()
    }),
    ("a directory", |place, _| fs::create_dir(place).unwrap()),
];

/// The files that are there, and those that a crash may leave.
fn places(data: &Path) -> Vec<PathBuf> {
    let segment = fs::read_dir(data.join("reads")).unwrap().next().unwrap().unwrap().path();
    let names = ["keyring", "keyring.tmp", "keyring.old", "secrets.redb", "secrets.redb.new", "gate", "lock", "reads"];
    let new = data.join("reads").join("0123456789abcdef0123456789abcdef");
    names.iter().map(|name| data.join(name)).chain([segment, new]).collect()
}

/// A furnished store in which a run has read something.
fn furnish(bench: &Bench) -> tempfile::TempDir {
    let root = bench.furnish();
    bench.look(root.path()).unwrap();
    root
}

fn clear(place: &Path) {
    match fs::symlink_metadata(place) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(place).unwrap(),
        Ok(_) => fs::remove_file(place).unwrap(),
        Err(_) => {}
    }
}

/// What a verb comes to; fails the test if it does not end.
fn ask(bench: &Bench, root: &Path, verb: Verb, story: &str) -> Asked {
    let (sender, ended) = mpsc::channel();
    let opened = bench.opener(root);
    std::thread::spawn(move || {
        let asked = opened().map_err(Into::into).and_then(|store| verb(&store));
        let _ = sender.send(asked);
    });
    ended.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{story}: it waits for ever"))
}

#[test]
fn what_is_planted_in_the_place_of_a_file_never_harms_what_it_leads_to() {
    let bench = Bench::new();
    let (mut refused, mut done) = (0, 0);
    let furnished = furnish(&bench);
    let count = places(&furnished.path().join("data")).len();
    for number in 0..count {
        for (what, plant) in PLANTS {
            for (verb, asked) in VERBS {
                let root = super::bench::scratch();
                copy(&furnished.path().join("data"), &root.path().join("data"), |from, to| {
                    fs::copy(from, to).map(drop)
                });
                let place = places(&root.path().join("data")).swap_remove(number);
                let story = format!("{what} at {}, then {verb}", place.display());
                let victim = root.path().join("victim");
                fs::write(&victim, TREASURE).unwrap();
                fs::set_permissions(&victim, fs::Permissions::from_mode(0o600)).unwrap();
                clear(&place);
                plant(&place, &victim);
                let answer = ask(&bench, root.path(), asked, &story);
                assert_eq!(fs::read_to_string(&victim).unwrap(), TREASURE, "{story}: {answer:?}");
                match answer {
                    Ok(()) => done += 1,
                    Err(error) => {
                        refused += 1;
                        let said =
                            std::iter::successors(Some(&*error as &dyn std::error::Error), |error| error.source());
                        let said: Vec<_> = said.map(ToString::to_string).collect();
                        assert!(
                            said.iter().any(|said| said.contains("; ") || said.contains(": ")),
                            "{story}: {said:?}"
                        );
                    }
                }
            }
        }
    }
    assert!(refused > 20 && done > 20, "{refused} refused, {done} done");
}

#[test]
fn a_directory_of_reads_that_is_a_link_is_not_written_to() {
    let bench = Bench::new();
    let root = furnish(&bench);
    let (reads, elsewhere) = (root.path().join("data/reads"), root.path().join("elsewhere"));
    fs::rename(&reads, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &reads).unwrap();
    let before = snapshot(&elsewhere);
    let error = ask(&bench, root.path(), VERBS[1].1, "run").unwrap_err();
    assert!(error.to_string().contains("record reads in"), "{error}");
    assert_eq!(snapshot(&elsewhere), before);
    assert!(bench.open(Arc::new(LocalDisk), root.path()).unwrap().check().unwrap().reads_damaged);
}

/// Everything in a directory, with inodes.
fn snapshot(directory: &Path) -> BTreeMap<PathBuf, (u64, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(snapshot(&path)),
            false => drop(found.insert(path.clone(), (fs::metadata(&path).unwrap().ino(), fs::read(&path).unwrap()))),
        }
    }
    found
}

fn copy_by_links(from: &Path, to: &Path) {
    copy(from, to, |from, to| fs::hard_link(from, to));
}

fn copy(from: &Path, to: &Path, file: fn(&Path, &Path) -> std::io::Result<()>) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, there) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() { copy(&path, &there, file) } else { file(&path, &there).unwrap() }
    }
}

#[test]
fn a_backup_made_of_hard_links_keeps_the_state_that_it_was_made_of() {
    let bench = Bench::new();
    for (verb, asked) in VERBS {
        let (root, backup) = (furnish(&bench), super::bench::scratch());
        let before = bench.look(root.path()).unwrap();
        // A process that has a segment of read records open goes on after the backup was made.
        let held = bench.open(Arc::new(LocalDisk), root.path()).unwrap();
        VERBS[1].1(&held).unwrap();
        copy_by_links(&root.path().join("data"), &backup.path().join("data"));
        let made = snapshot(backup.path());
        for turn in 0..2 {
            let again = if turn == 0 { asked } else { VERBS[2].1 };
            ask(&bench, root.path(), again, verb).unwrap_or_else(|error| panic!("{verb}: {error}"));
            VERBS[1].1(&held).unwrap();
            assert!(snapshot(backup.path()) == made, "{verb}, turn {turn}");
        }
        assert!(!bench.open(Arc::new(LocalDisk), root.path()).unwrap().check().unwrap().reads_damaged, "{verb}");
        assert_eq!(bench.contents(root.path()).unwrap()["default"]["TOKEN"].1, "the value of today");
        assert_eq!(bench.contents(backup.path()).unwrap(), before, "{verb}: the backup opens as it was");
    }
}

#[test]
fn a_backup_made_of_hard_links_on_a_full_disk_is_not_changed_either() {
    let bench = Bench::new();
    let (root, backup) = (furnish(&bench), super::bench::scratch());
    let before = bench.look(root.path()).unwrap();
    copy_by_links(&root.path().join("data"), &backup.path().join("data"));
    let made = snapshot(backup.path());
    let full = Arc::new(super::replay::recorder::Recorder::adopt(root.path()));
    full.too_large(Some(FRESH_DATABASE));
    let store = bench.open(Arc::clone(&full) as _, root.path()).unwrap();
    let error = put(&store, "default", "TOKEN", "the value of today").unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    assert_eq!(bench.look(root.path()).unwrap(), before);
    assert!(snapshot(backup.path()) == made);
}

#[test]
fn a_file_of_another_user_is_refused_by_its_owner() {
    let bench = Bench::new();
    let root = furnish(&bench);
    let (place, stranger) = (root.path().join("data/gate"), root.path().join("stranger"));
    fs::write(&stranger, "").unwrap();
    // Only root can give a file away; for everybody else there is one of root's.
    let (theirs, owner) = match std::os::unix::fs::chown(&stranger, Some(12_345), None) {
        Ok(()) => (stranger, 12_345),
        Err(_) => ("/etc/passwd".into(), 0),
    };
    let opened = open_to_read(&theirs);
    let Err(Unopened::Stranger(what)) = opened else { panic!("it was opened") };
    assert_eq!(what, crate::disk::opening::Stranger::Foreign(owner));
    let said = StoreError::Stranger { path: place, what }.to_string();
    assert!(said.contains(&owner.to_string()) && said.contains("not touched"), "{said}");
}
