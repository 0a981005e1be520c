//! Every verb, cut off anywhere: the store is as before or as after, and what was acknowledged stays.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use rustix::io::Errno;

use super::super::bench::{Bench, Contents, name, put, scratch, workspace};
use super::super::me;
use super::image::{Chance, Everything, Fate, Image, Nothing};
use super::recorder::{Fault, Op, Recorder};
use super::witness::{Witness, restore};
use crate::change::init::{Plan, init};
use crate::disk::files::LocalDisk;
use crate::disk::names::FRESH_DATABASE;
use crate::error::{InitError, StoreError};
use crate::keys::source::KeySource;
use crate::store::Store;
use um_secret::{Change, Precondition, SecretValue, SetOptions, Word};

type Verb = fn(&Store) -> Result<(), StoreError>;

const VERBS: [(&str, Verb); 7] = [
    ("set a new secret", |store| put(store, "default", "FRESH", "a value that is new")),
    ("set over a secret", |store| put(store, "default", "TOKEN", "the second value")),
    ("describe", |store| store.describe(&me(), &workspace("default"), &name("TOKEN"), "described anew")),
    ("say of a part that it is a secret", |store| {
        let words = [("a.part".to_owned(), Some(Word::Guard))];
        store.say_of_parts(&me(), &workspace("default"), &name("TOKEN"), &words, &Precondition::any()).map(drop)
    }),
    ("delete", |store| store.delete(&me(), &workspace("default"), &name("TOKEN")).map(drop)),
    ("create a workspace", |store| store.create_workspace(&me(), &workspace("third"))),
    ("change several things at once", |store| {
        let put = |secret, text: &str| Change::Set {
            name: name(secret),
            value: SecretValue::new(text.to_owned()).ok().unwrap(),
            options: SetOptions::default(),
        };
        let changes = vec![put("TOKEN", "the second value"), put("FRESH", "a value that is new")];
        let changes = changes.into_iter().chain([Change::Delete { name: name("KEPT") }]).collect();
        store.commit_all(&me(), &workspace("default"), changes, &Precondition::any()).map(drop)
    }),
];

/// The fates of an image that is cut off at operation `at`.
fn fates(at: usize) -> Vec<(String, Box<dyn Fate>)> {
    let mut fates: Vec<(String, Box<dyn Fate>)> =
        vec![("nothing".to_owned(), Box::new(Nothing)), ("everything".to_owned(), Box::new(Everything))];
    for seed in 0..8 {
        let seed = (at as u64) << 8 | seed;
        fates.push((format!("chance {seed}"), Box::new(Chance(seed))));
    }
    fates
}

/// All different images of a log cut off at `from` and later.
fn images(log: &[Op], from: usize, mut visit: impl FnMut(usize, &str, &Image)) -> usize {
    let mut seen = HashSet::new();
    for at in from..=log.len() {
        for (fate, mut decide) in fates(at) {
            let image = Image::after(&log[..at], &mut *decide);
            // The last is always looked at: it is the one with the acknowledgement.
            if seen.insert(image.clone()) || at == log.len() {
                visit(at, &fate, &image);
            }
        }
    }
    seen.len()
}

#[test]
fn a_power_loss_anywhere_leaves_the_store_before_or_after_the_change() {
    let bench = Bench::new();
    for (verb, run) in VERBS {
        let root = bench.furnish();
        let before = bench.contents(root.path()).unwrap();
        let witness = Witness::of(&bench, root.path());
        let recorder = Arc::new(Recorder::adopt(root.path()));
        let start = recorder.log().len();
        run(&bench.open(Arc::clone(&recorder) as _, root.path()).unwrap()).unwrap();
        let log = recorder.log();
        let after = bench.contents(root.path()).unwrap();
        assert_ne!(before, after);
        let mut outcomes = [0, 0];
        let looked = images(&log, start, |at, fate, image| {
            let story = format!("{verb}, cut off at {at} of {}, {fate} happened", log.len());
            let restored = restore(image);
            let found = bench.contents(restored.path()).unwrap_or_else(|error| panic!("{story}: {error}"));
            assert!(found == before || found == after, "{story}: {found:?}");
            outcomes[usize::from(found == after)] += 1;
            if at == log.len() {
                assert_eq!(found, after, "{story}: acknowledged and lost");
                if verb != "create a workspace" {
                    witness.assert_dead(&bench, image, &story);
                }
            }
        });
        assert!(looked > 60 && outcomes.iter().all(|&count| count > 10), "{verb}: {looked} images, {outcomes:?}");
    }
}

#[test]
fn a_power_loss_during_recovery_loses_nothing_either() {
    let bench = Bench::new();
    for (verb, run) in [VERBS[1], VERBS[3]] {
        let root = bench.furnish();
        let before = bench.contents(root.path()).unwrap();
        let recorder = Arc::new(Recorder::adopt(root.path()));
        let start = recorder.log().len();
        run(&bench.open(Arc::clone(&recorder) as _, root.path()).unwrap()).unwrap();
        let log = recorder.log();
        let after = bench.contents(root.path()).unwrap();
        for at in (start..log.len()).step_by(9) {
            let first = restore(&Image::after(&log[..at], &mut Chance(at as u64)));
            let recovery = Arc::new(Recorder::adopt(first.path()));
            let begun = recovery.log().len();
            bench.open(Arc::clone(&recovery) as _, first.path()).unwrap().check().unwrap();
            let expected = bench.contents(first.path()).unwrap();
            assert!(expected == before || expected == after);
            let second_log = recovery.log();
            for second in (begun..=second_log.len()).step_by(5).chain([second_log.len()]) {
                let story = format!("{verb}, cut off at {at}, its recovery at {second} of {}", second_log.len());
                let again = restore(&Image::after(&second_log[..second], &mut Chance(second as u64)));
                let found = bench.contents(again.path()).unwrap_or_else(|error| panic!("{story}: {error}"));
                assert_eq!(found, expected, "{story}");
            }
        }
    }
}

#[test]
fn a_power_loss_during_recovery_after_a_kill_loses_nothing_either() {
    let bench = Bench::new();
    let (verb, run) = VERBS[1];
    let root = bench.furnish();
    let before = bench.contents(root.path()).unwrap();
    let base = Image::after(&Recorder::adopt(root.path()).log(), &mut Nothing);
    let mut outcomes = [0, 0];
    let mut at = 0;
    loop {
        let disk = restore(&base);
        let recorder = Arc::new(Recorder::adopt(disk.path()));
        let store = bench.open(Arc::clone(&recorder) as _, disk.path()).unwrap();
        recorder.fail(Some(Fault { at, errno: Errno::IO, for_good: true, kill: true }));
        if run(&store).is_ok() {
            break;
        }
        recorder.fail(None);
        // What another process finds is what the dead one had done, on the disk or not.
        let killed = recorder.log().len();
        bench.open(Arc::clone(&recorder) as _, disk.path()).unwrap().check().unwrap();
        let log = recorder.log();
        let settled = bench.contents(disk.path()).unwrap();
        for cut in killed..=log.len() {
            for (fate, mut decide) in fates(cut).into_iter().step_by(5) {
                let story =
                    format!("{verb}, killed at {at}, its recovery cut off at {cut} of {}, {fate} happened", log.len());
                let again = restore(&Image::after(&log[..cut], &mut *decide));
                let found = bench.contents(again.path()).unwrap_or_else(|error| panic!("{story}: {error}"));
                // Without a loss of power nothing is lost, and what is settled stays.
                let after = found != before;
                assert!(found == settled || (cut < log.len() && !after), "{story}: {found:?}");
                outcomes[usize::from(after)] += 1;
            }
        }
        at += 1;
    }
    assert!(at > 20 && outcomes.iter().all(|&count| count > 20), "{at} operations, {outcomes:?}");
}

#[test]
fn a_power_loss_during_init_leaves_a_whole_store_or_none() {
    let bench = Bench::new();
    let root = scratch();
    let recorder = Arc::new(Recorder::new(root.path()));
    // Two directories above it are new as well.
    let below = |root: &Path| root.join("some/where");
    bench.init(Arc::clone(&recorder) as _, &below(root.path()));
    let log = recorder.log();
    let mut outcomes = [0, 0];
    images(&log, 0, |at, fate, image| {
        let story = format!("init, cut off at {at} of {}, {fate} happened", log.len());
        let restored = restore(image);
        let data = below(restored.path()).join("data");
        let whole = data.exists();
        outcomes[usize::from(whole)] += 1;
        if !whole {
            assert_ne!(at, log.len(), "{story}: acknowledged and lost");
            bench.init(Arc::new(LocalDisk), &below(restored.path()));
        }
        let found = bench.contents(&below(restored.path())).unwrap_or_else(|error| panic!("{story}: {error}"));
        assert_eq!(found, Contents::from([("default".to_owned(), BTreeMap::new())]), "{story}");
    });
    assert!(outcomes.iter().all(|&count| count > 1), "{outcomes:?}");
}

#[test]
fn an_init_that_fails_leaves_a_store_with_its_key_or_neither() {
    let mut outcomes = [0; 3];
    let mut linkless = 0;
    for errno in [Errno::IO, Errno::PERM, Errno::NOSPC] {
        for at in 0.. {
            let (root, config) = (scratch(), scratch());
            let recorder = Arc::new(Recorder::new(root.path()));
            recorder.fail(Some(Fault { at, errno, for_good: false, kill: false }));
            let (data, keys) = (root.path().join("some/data"), config.path().join("um-host/keys"));
            let (by, config) = (me(), Some(config.path().to_owned()));
            let plan = Plan { data: &data, key: None, config, disk: recorder, by: &by };
            let made = init(&plan);
            let story = format!("{errno:?} at {at}: {made:?}");
            linkless += usize::from(matches!(made, Err(InitError::Store(StoreError::NoHardLinks { .. }))));
            let kept: Vec<_> = std::fs::read_dir(&keys).into_iter().flatten().map(|key| key.unwrap().path()).collect();
            let siblings = std::fs::read_dir(root.path().join("some")).into_iter().flatten().count();
            match &made {
                Ok(_) => outcomes[0] += 1,
                Err(InitError::Unsynced { key_file, .. }) => {
                    assert_eq!(key_file.as_deref(), Some(&*kept[0]), "{story}");
                    outcomes[1] += 1;
                }
                Err(_) => {
                    assert!(kept.is_empty() && siblings == 0, "{story}");
                    outcomes[2] += 1;
                    continue;
                }
            }
            let store = Store::open(&data, Some(KeySource::File(kept[0].clone()))).unwrap();
            assert!(store.check().is_ok() && siblings == 1, "{story}");
            if made.is_ok() {
                break;
            }
        }
    }
    assert!(outcomes[0] == 3 && outcomes[1] == 3 && outcomes[2] > 40 && linkless > 0, "{outcomes:?}, {linkless}");
}

/// What came of a verb on a disk that failed.
fn judge(result: &Result<(), StoreError>, before: &Contents, after: &Contents, found: &Contents) -> bool {
    match result {
        Ok(()) => found == after,
        Err(StoreError::Unknown { .. }) => found == before || found == after,
        Err(_) => found == before,
    }
}

#[test]
fn a_failing_disk_never_makes_the_store_lie() {
    let bench = Bench::new();
    for (verb, run) in [VERBS[1], VERBS[3], VERBS[4]] {
        let root = bench.furnish();
        let before = bench.contents(root.path()).unwrap();
        let base = Image::after(&Recorder::adopt(root.path()).log(), &mut Nothing);
        let (operations, after) = {
            let healthy = restore(&base);
            let recorder = Arc::new(Recorder::adopt(healthy.path()));
            run(&bench.open(Arc::clone(&recorder) as _, healthy.path()).unwrap()).unwrap();
            (recorder.attempts(), bench.contents(healthy.path()).unwrap())
        };
        let mut outcomes = [0; 3];
        for at in 0..operations {
            for (errno, for_good, copy_fits) in [
                (Errno::IO, false, true),
                (Errno::IO, true, true),
                (Errno::NOSPC, false, true),
                (Errno::NOSPC, true, true),
                (Errno::IO, false, false),
            ] {
                let story = format!(
                    "{verb}, operation {at} of {operations} fails with {errno:?}, for good: {for_good}, space for a \
                     copy: {copy_fits}"
                );
                let disk = restore(&base);
                let recorder = Arc::new(Recorder::adopt(disk.path()));
                let store = bench.open(Arc::clone(&recorder) as _, disk.path()).unwrap();
                let start = recorder.log().len();
                recorder.fail(Some(Fault { at, errno, for_good, kill: false }));
                recorder.too_large((!copy_fits).then_some(FRESH_DATABASE));
                let result = run(&store);
                recorder.fail(None);
                recorder.too_large(None);
                outcomes[match &result {
                    Ok(()) => 0,
                    Err(StoreError::Unknown { .. }) => 1,
                    Err(_) => 2,
                }] += 1;
                for (fate, mut decide) in fates(at).into_iter().step_by(3) {
                    let lost = restore(&Image::after(&recorder.log(), &mut *decide));
                    let found = bench.contents(lost.path());
                    let found = found.unwrap_or_else(|error| panic!("{story}, then a power loss ({fate}): {error}"));
                    assert!(
                        judge(&result, &before, &after, &found),
                        "{story}, power loss ({fate}): {result:?} {found:?}"
                    );
                }
                let log = recorder.log();
                for cut in (start + at % 7..log.len()).step_by(7) {
                    let lost = restore(&Image::after(&log[..cut], &mut Nothing));
                    let found = bench.contents(lost.path());
                    let found = found.unwrap_or_else(|error| panic!("{story}, cut off at {cut}: {error}"));
                    assert!(found == before || found == after, "{story}, cut off at {cut}: {found:?}");
                }
                // The disk is well again: the same process goes on.
                put(&store, "other", "LATER", "set when the disk was well again")
                    .unwrap_or_else(|error| panic!("{story}: {error}"));
                let log = recorder.log();
                let mut found = bench.contents(disk.path()).unwrap();
                assert!(found.get_mut("other").unwrap().remove("LATER").is_some());
                assert!(judge(&result, &before, &after, &found), "{story}: {result:?} {found:?}");
                let lost = restore(&Image::after(&log, &mut Nothing));
                let mut found =
                    bench.contents(lost.path()).unwrap_or_else(|error| panic!("{story}, later a power loss: {error}"));
                assert!(found.get_mut("other").unwrap().remove("LATER").is_some(), "{story}: acknowledged and lost");
                assert!(judge(&result, &before, &after, &found), "{story}: {result:?} {found:?}");
            }
        }
        assert!(outcomes.iter().all(|&count| count > 0), "{verb}: {outcomes:?}");
    }
}

#[test]
fn a_disk_that_stays_full_leaves_the_store_open_for_runs() {
    let bench = Bench::new();
    for (verb, run) in [VERBS[1], VERBS[3], VERBS[4]] {
        let root = bench.furnish();
        let before = bench.contents(root.path()).unwrap();
        let base = Image::after(&Recorder::adopt(root.path()).log(), &mut Nothing);
        let after = {
            let healthy = restore(&base);
            run(&bench.open(Arc::new(LocalDisk), healthy.path()).unwrap()).unwrap();
            bench.contents(healthy.path()).unwrap()
        };
        let mut outcomes = [0; 3];
        let mut at = 0;
        while outcomes[0] == 0 || at < 10 {
            let disk = restore(&base);
            let recorder = Arc::new(Recorder::adopt(disk.path()));
            let store = bench.open(Arc::clone(&recorder) as _, disk.path()).unwrap();
            let errno = if at % 2 == 0 { Errno::NOSPC } else { Errno::DQUOT };
            recorder.fail(Some(Fault { at, errno, for_good: true, kill: false }));
            let story = format!("{verb}, from operation {at} on there is no space");
            let result = run(&store);
            outcomes[match &result {
                Ok(()) => 0,
                Err(StoreError::Unknown { .. }) => 1,
                Err(_) => 2,
            }] += 1;
            // Still full, for the process that failed and for any other.
            let listed = store.list(&workspace("default")).unwrap_or_else(|error| panic!("{story}: {error}"));
            let found = bench.look_on(Arc::clone(&recorder) as _, disk.path());
            let found = found.unwrap_or_else(|error| panic!("{story}: {error}"));
            assert!(judge(&result, &before, &after, &found), "{story}: {result:?} {found:?}");
            assert!(
                listed.iter().map(|secret| secret.name.as_str()).eq(found["default"].keys()),
                "{story}: {listed:?}"
            );
            // What a run has read is settled so when there is space again.
            recorder.fail(None);
            assert_eq!(bench.look_on(Arc::clone(&recorder) as _, disk.path()).unwrap(), found, "{story}");
            let settled = bench.contents(disk.path()).unwrap_or_else(|error| panic!("{story}: {error}"));
            assert_eq!(settled, found, "{story}");
            at += 1;
        }
        assert!(at > 10 && outcomes.iter().all(|&count| count > 0), "{verb}: {outcomes:?}");
    }
}
