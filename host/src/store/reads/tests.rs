//! The log of reads: what a dead process leaves, what somebody alters, and what is still believed then.

use std::path::{Path, PathBuf};

use super::super::id::{Id, StoreId, random};
use super::super::seal::Key;
use super::super::wire::now;
use super::journal::MAX_SEGMENT;
use super::{Journal, ReadRecord, heads, last_use, vouched_for};

const STORE: StoreId = StoreId([5; 16]);
const SECRET: Id = [8; 16];

/// Later runs read later.
fn record(run: u8) -> ReadRecord {
    ReadRecord {
        at: now() + jiff::SignedDuration::from_secs(run.into()),
        run: [run; 16],
        workspace: ("default".to_owned(), [6; 16]),
        secret: ("TOKEN".to_owned(), SECRET, 1),
    }
}

struct Log {
    directory: tempfile::TempDir,
    key: Key,
}

impl Log {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), key: Key::random() }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn journal(&self) -> Journal {
        Journal::new(self.path().to_owned(), STORE)
    }

    fn with_records(count: u8) -> Self {
        let log = Self::new();
        let journal = log.journal();
        (1..=count).for_each(|run| journal.append(&log.key, &record(run)).unwrap());
        journal.settle().unwrap();
        log
    }

    fn segments(&self) -> Vec<PathBuf> {
        let mut paths: Vec<_> = std::fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    /// How often the secret was read, by which run last, and whether all can be believed.
    fn used(&self) -> (u64, Option<u8>, bool) {
        let (last, damaged) = last_use(self.path(), STORE, &self.key, &SECRET).unwrap();
        (last.as_ref().map_or(0, |last| last.reads), last.map(|last| last.run.as_bytes()[0]), !damaged)
    }

    fn heads(&self) -> Vec<super::SegmentHead> {
        heads(self.path(), STORE, &self.key).unwrap()
    }
}

#[test]
fn what_was_appended_is_found_again() {
    let log = Log::with_records(3);
    assert_eq!(log.used(), (3, Some(3), true));
    let (other, _) = last_use(log.path(), STORE, &log.key, &[9; 16]).unwrap();
    assert_eq!(other, None);
    assert_eq!(log.heads().iter().map(|head| head.records).collect::<Vec<_>>(), [3]);
}

#[test]
fn each_process_has_a_segment_and_the_next_takes_over_a_free_one() {
    let log = Log::new();
    let (one, two) = (log.journal(), log.journal());
    one.append(&log.key, &record(1)).unwrap();
    two.append(&log.key, &record(2)).unwrap();
    assert_eq!(log.segments().len(), 2);
    drop(one);
    let three = log.journal();
    three.append(&log.key, &record(3)).unwrap();
    assert_eq!(log.segments().len(), 2, "taken over");
    drop((two, three));
    assert_eq!(log.used(), (3, Some(3), true));
}

#[test]
fn a_torn_last_record_is_no_tampering_and_stays_as_it_is() {
    let log = Log::with_records(3);
    let (path, bytes) = (log.segments().remove(0), std::fs::read(&log.segments()[0]).unwrap());
    let whole = Log::with_records(2).heads()[0].length as usize;
    for length in whole + 1..bytes.len() {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert_eq!(log.used(), (2, Some(2), true), "{length} bytes");
    }
    // What a power loss leaves of blocks that were never written.
    std::fs::write(&path, [&bytes[..whole], &[0; 4096]].concat()).unwrap();
    assert_eq!(log.used(), (2, Some(2), true));
    let torn = std::fs::read(&path).unwrap();
    assert_eq!(log.heads()[0].records, 2);
    log.journal().append(&log.key, &record(4)).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), torn, "evidence is not tidied away");
    assert_eq!(log.segments().len(), 2);
    assert_eq!(log.used(), (3, Some(4), true));
}

#[test]
fn a_header_that_was_never_finished_is_passed_over() {
    let log = Log::with_records(1);
    for (number, length) in [0, 1, 79].into_iter().enumerate() {
        std::fs::write(log.path().join(format!("torn-{number}")), vec![b'u'; length]).unwrap();
    }
    log.journal().append(&log.key, &record(2)).unwrap();
    assert_eq!(log.used(), (2, Some(2), true));
}

#[test]
fn every_flipped_bit_is_noticed_or_cuts_off_the_end() {
    let log = Log::with_records(4);
    let (path, bytes) = (log.segments().remove(0), std::fs::read(&log.segments()[0]).unwrap());
    let vouched = log.heads();
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &altered).unwrap();
        let (reads, ..) = log.used();
        assert!(reads < 4, "bit {bit}: an altered record was believed");
        assert!(!vouched_for(log.path(), STORE, &log.key, &vouched).unwrap(), "bit {bit}");
    }
}

#[test]
fn records_altered_in_the_middle_moved_or_of_another_key_are_tampering() {
    let log = Log::with_records(5);
    let (path, bytes) = (log.segments().remove(0), std::fs::read(&log.segments()[0]).unwrap());
    let lengths: Vec<usize> = (0..=2).map(|count| Log::with_records(count.max(1)).heads()[0].length as usize).collect();
    let (first, second) = (lengths[1], lengths[2]);
    let size = second - first;
    let mut altered = bytes.clone();
    altered[first + 40] ^= 1;
    let mut swapped = bytes.clone();
    swapped[first..second].copy_from_slice(&bytes[second..second + size]);
    swapped[second..second + size].copy_from_slice(&bytes[first..second]);
    let removed = [&bytes[..first], &bytes[second..]].concat();
    for (story, content) in [("altered", altered), ("swapped", swapped), ("removed", removed)] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(log.used(), (1, Some(1), false), "{story}");
        assert!(log.journal().append(&log.key, &record(9)).is_ok(), "{story}: reads go on elsewhere");
        let added = log.segments().into_iter().filter(|segment| *segment != path);
        added.for_each(|segment| std::fs::remove_file(segment).unwrap());
    }
    std::fs::write(&path, &bytes).unwrap();
    let (last, damaged) = last_use(log.path(), STORE, &Key::random(), &SECRET).unwrap();
    assert!(last.is_none() && damaged);
}

#[test]
fn records_that_were_vouched_for_cannot_be_cut_off_unseen() {
    let log = Log::with_records(3);
    let (path, bytes, vouched) = (log.segments().remove(0), std::fs::read(&log.segments()[0]).unwrap(), log.heads());
    let whole = |log: &Log| vouched_for(log.path(), STORE, &log.key, &vouched).unwrap();
    assert!(whole(&log));
    log.journal().append(&log.key, &record(4)).unwrap();
    assert!(whole(&log), "more is no harm");
    std::fs::write(&path, &bytes[..Log::with_records(2).heads()[0].length as usize]).unwrap();
    assert_eq!(log.used(), (2, Some(2), true), "the segment alone looks well");
    assert!(!whole(&log));
    std::fs::remove_file(&path).unwrap();
    assert!(!whole(&log));
}

#[test]
fn a_full_segment_is_left_for_a_new_one() {
    let log = Log::with_records(1);
    let journal = log.journal();
    let long = ReadRecord { workspace: ("w".repeat(3000), random()), ..record(2) };
    let mut count = 1;
    while log.segments().len() == 1 {
        journal.append(&log.key, &long).unwrap();
        count += 1;
    }
    journal.settle().unwrap();
    let lengths: Vec<u64> = log.segments().iter().map(|path| path.metadata().unwrap().len()).collect();
    assert!(lengths[0] >= MAX_SEGMENT && lengths[0] < MAX_SEGMENT + 4096 && lengths[1] < 8192, "{lengths:?}");
    assert_eq!(log.used(), (count, Some(2), true));
    drop(journal);
    log.journal().append(&log.key, &record(3)).unwrap();
    assert_eq!(log.segments().len(), 2, "the full one is not taken over");
}

#[test]
fn runs_on_many_threads_lose_no_record() {
    let log = Log::new();
    let journal = log.journal();
    std::thread::scope(|scope| {
        for run in 0..8 {
            let (journal, log) = (&journal, &log);
            scope.spawn(move || {
                for _ in 0..50 {
                    journal.append(&log.key, &record(run)).unwrap();
                    journal.settle().unwrap();
                }
            });
        }
    });
    let (reads, _, whole) = log.used();
    assert_eq!((reads, whole, log.segments().len()), (400, true, 1));
}
