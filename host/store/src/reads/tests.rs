//! The log of reads: what a dead process leaves, what somebody alters, and what is still believed then.

use std::path::{Path, PathBuf};

use um_envelope::{AuditKey, Id, Key, ReadRecord, SEGMENT_HEADER, SegmentHead, StoreId, Use, random};
use um_secret::{Actor, ActorRecord, Door};

use super::journal::{Journal, MAX_SEGMENT};
use super::usage::{heads, last_use, vouched_for};
use crate::clock::now;
use crate::tests::bench::scratch;

const SECRET: Id = [8; 16];

/// Later runs read later.
fn record(run: u8) -> ReadRecord {
    ReadRecord {
        what: Use::Read,
        at: now() + jiff::SignedDuration::from_secs(run.into()),
        run: [run; 16],
        // Records of the time before this was written down lie between the others.
        by: run.is_multiple_of(2).then(|| ActorRecord::from(&Actor::local(Door::Library))),
        workspace: ("default".to_owned(), [6; 16]),
        secret: ("TOKEN".to_owned(), SECRET, 1),
    }
}

struct Log {
    directory: tempfile::TempDir,
    key: AuditKey,
}

fn random_key() -> AuditKey {
    AuditKey { store: StoreId::from_bytes([5; 16]), key: Key::random() }
}

impl Log {
    fn new() -> Self {
        Self { directory: scratch(), key: random_key() }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn journal(&self) -> Journal {
        Journal::new(self.path().to_owned())
    }

    fn with_records(count: u8) -> Self {
        let log = Self::new();
        let journal = log.journal();
        for run in 1..=count {
            journal.append(&log.key, &record(run)).unwrap();
            journal.settle(&[run; 16]).unwrap();
        }
        log
    }

    fn segments(&self) -> Vec<PathBuf> {
        let mut paths: Vec<_> = std::fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    /// How often the secret was read, by which run last, and whether all can be believed that is not vouched for.
    fn used(&self) -> (u64, Option<u8>, bool) {
        self.used_if(&[])
    }

    fn used_if(&self, vouched: &[SegmentHead]) -> (u64, Option<u8>, bool) {
        let (last, damaged) = last_use(self.path(), &self.key, &SECRET, vouched);
        (last.as_ref().map_or(0, |last| last.reads), last.map(|last| last.run.as_bytes()[0]), !damaged)
    }

    fn heads(&self) -> Vec<SegmentHead> {
        self.heads_after(&[])
    }

    fn heads_after(&self, vouched: &[SegmentHead]) -> Vec<SegmentHead> {
        heads(self.path(), &self.key, vouched)
    }

    fn holds(&self, vouched: &[SegmentHead]) -> bool {
        vouched_for(self.path(), &self.key, vouched)
    }
}

#[test]
fn what_was_appended_is_found_again() {
    let log = Log::with_records(3);
    assert_eq!(log.used(), (3, Some(3), true));
    let (other, _) = last_use(log.path(), &log.key, &[9; 16], &[]);
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
        assert!(!log.holds(&vouched), "bit {bit}");
    }
}

#[test]
fn records_altered_in_the_middle_moved_or_of_another_key_are_tampering() {
    let log = Log::with_records(5);
    let (path, bytes) = (log.segments().remove(0), std::fs::read(&log.segments()[0]).unwrap());
    let lengths: Vec<usize> = (0..=2).map(|count| Log::with_records(count.max(1)).heads()[0].length as usize).collect();
    let (first, second) = (lengths[1], lengths[2]);
    let (size, vouched) = (second - first, log.heads());
    let mut altered = bytes.clone();
    altered[first + 40] ^= 1;
    let mut swapped = bytes.clone();
    swapped[first..second].copy_from_slice(&bytes[second..second + size]);
    swapped[second..second + size].copy_from_slice(&bytes[first..second]);
    let removed = [&bytes[..first], &bytes[second..]].concat();
    for (story, content) in [("altered", altered), ("swapped", swapped), ("removed", removed)] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(log.used_if(&vouched), (1, Some(1), false), "{story}");
        assert!(log.journal().append(&log.key, &record(9)).is_ok(), "{story}: reads go on elsewhere");
        let added = log.segments().into_iter().filter(|segment| *segment != path);
        added.for_each(|segment| std::fs::remove_file(segment).unwrap());
    }
    std::fs::write(&path, &bytes).unwrap();
    let (last, damaged) = last_use(log.path(), &random_key(), &SECRET, &vouched);
    assert!(last.is_none() && damaged);
}

#[test]
fn records_that_were_vouched_for_cannot_be_cut_off_unseen() {
    let log = Log::with_records(3);
    let (path, bytes, vouched) = (log.segments().remove(0), std::fs::read(&log.segments()[0]).unwrap(), log.heads());
    assert!(log.holds(&vouched));
    log.journal().append(&log.key, &record(4)).unwrap();
    assert!(log.holds(&vouched), "more is no harm");
    std::fs::write(&path, &bytes[..Log::with_records(2).heads()[0].length as usize]).unwrap();
    assert_eq!(log.used(), (2, Some(2), true), "the segment alone looks well");
    assert!(!log.holds(&vouched));
    std::fs::remove_file(&path).unwrap();
    assert!(!log.holds(&vouched));
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
    journal.settle(&long.run).unwrap();
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
                    journal.settle(&[run; 16]).unwrap();
                }
            });
        }
    });
    let (reads, _, whole) = log.used();
    assert_eq!((reads, whole, log.segments().len()), (400, true, 1));
}

#[test]
fn what_was_cut_off_stays_missing_after_the_next_change() {
    // Written: three records, vouched for; the file cut back; another change. The change used to vouch for what was
    // left, and from then on nothing was missing.
    let log = Log::with_records(3);
    let (path, bytes, vouched) = (log.segments().remove(0), std::fs::read(&log.segments()[0]).unwrap(), log.heads());
    let two = Log::with_records(2).heads()[0].length as usize;
    for cut in [two, two + 9, 40, 0] {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let next = log.heads_after(&vouched);
        assert!(!log.holds(&next) && !log.used_if(&next).2, "cut to {cut} bytes");
        log.journal().append(&log.key, &record(7)).unwrap();
        let later = log.heads_after(&next);
        assert!(!log.holds(&later) && !log.used_if(&later).2, "cut to {cut} bytes, and grown again");
        log.segments()
            .into_iter()
            .filter(|segment| *segment != path)
            .for_each(|added| std::fs::remove_file(added).unwrap());
    }
    std::fs::remove_file(&path).unwrap();
    assert!(!log.holds(&log.heads_after(&vouched)), "gone altogether");
    std::fs::write(&path, &bytes).unwrap();
    assert!(log.holds(&log.heads_after(&vouched)), "and there again");
}

#[test]
fn two_different_records_vouched_for_in_one_place_are_damage() {
    let log = Log::with_records(2);
    let mut vouched = log.heads();
    vouched.extend(vouched.clone());
    assert!(log.holds(&vouched), "said twice");
    vouched[1].mac[0] ^= 1;
    assert!(!log.holds(&vouched));
    vouched.reverse();
    assert!(!log.holds(&vouched));
}

#[test]
fn blocks_that_a_power_loss_kept_from_the_disk_are_no_tampering() {
    // Written: many records without an fsync between. Then the power went, a block in the middle was never written and
    // later ones were. That was taken for tampering, and the use of no secret could be told any more.
    let log = Log::with_records(1);
    let vouched = log.heads();
    let journal = log.journal();
    (2..=60).for_each(|run| journal.append(&log.key, &record(run)).unwrap());
    drop(journal);
    let (path, bytes) = (log.segments().remove(0), std::fs::read(&log.segments()[0]).unwrap());
    assert!(bytes.len() > 3 * 4096);
    let mut hole = bytes.clone();
    hole[4096..8192].fill(0);
    std::fs::write(&path, &hole).unwrap();
    let (reads, last, whole) = log.used_if(&vouched);
    assert!(whole && (10..40).contains(&reads) && last == Some(reads as u8), "{reads}");
    let next = log.heads_after(&vouched);
    assert_eq!(next[0].records, reads, "only what can be found again is vouched for");
    log.journal().append(&log.key, &record(99)).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), hole, "nothing is appended behind a hole");
    assert_eq!(log.used_if(&log.heads_after(&next)), (reads + 1, Some(99), true));
    for part in [0..SEGMENT_HEADER, 0..hole.len()] {
        let log = Log::with_records(1);
        let mut unwritten = std::fs::read(&log.segments()[0]).unwrap();
        let end = part.end.min(unwritten.len());
        unwritten[part.start..end].fill(0);
        std::fs::write(&log.segments()[0], unwritten).unwrap();
        assert_eq!(log.used(), (0, None, true), "a new segment whose header was never written");
    }
}

#[test]
fn a_segment_that_has_not_grown_is_not_opened_again() {
    use std::os::unix::fs::PermissionsExt;
    let log = Log::with_records(3);
    let (path, vouched) = (log.segments().remove(0), log.heads());
    // Altered without a change of its length: whoever looks inside says so, and a change does not look.
    std::fs::write(&path, vec![0; path.metadata().unwrap().len() as usize]).unwrap();
    assert_eq!(log.heads_after(&vouched), vouched);
    assert!(!log.holds(&vouched));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    assert_eq!(log.heads_after(&vouched), vouched);
}

#[test]
fn one_odd_segment_stops_nobody_and_is_told() {
    let log = Log::with_records(2);
    let vouched = log.heads();
    std::os::unix::fs::symlink("/nowhere", log.path().join("link")).unwrap();
    std::fs::create_dir(log.path().join("directory")).unwrap();
    assert!(log.holds(&vouched));
    let segment = log.segments().into_iter().find(|path| path.extension().is_none() && path.is_file()).unwrap();
    std::fs::remove_file(&segment).unwrap();
    std::fs::create_dir(&segment).unwrap();
    let next = log.heads_after(&vouched);
    assert_eq!(next, vouched);
    assert!(!log.holds(&next) && !log.used_if(&next).2);
    let gone = Log::new();
    std::fs::remove_dir(gone.path()).unwrap();
    assert_eq!(gone.heads_after(&vouched), vouched, "without any directory");
    assert_eq!(gone.used(), (0, None, false));
    std::fs::create_dir(gone.path()).unwrap();
}

#[test]
fn reads_in_a_segment_that_lost_its_name_are_told_as_lost_to_each_run() {
    // Written: two runs, one of them settled; the segment removed under the live host; a third run. Each later settle
    // used to succeed, and the records were gone.
    let log = Log::new();
    let journal = log.journal();
    journal.append(&log.key, &record(1)).unwrap();
    journal.settle(&[1; 16]).unwrap();
    journal.append(&log.key, &record(2)).unwrap();
    journal.append(&log.key, &record(3)).unwrap();
    std::fs::remove_file(&log.segments()[0]).unwrap();
    assert!(journal.settle(&[2; 16]).unwrap_err().to_string().contains("removed or replaced"));
    for run in [2, 3, 3] {
        assert!(journal.settle(&[run; 16]).is_err(), "run {run}");
    }
    journal.settle(&[1; 16]).expect("what was settled before was on the disk");
    journal.append(&log.key, &record(4)).unwrap();
    journal.settle(&[4; 16]).unwrap();
    assert_eq!(log.used(), (1, Some(4), true));
    journal.append(&log.key, &record(3)).unwrap();
    assert!(journal.settle(&[3; 16]).is_err(), "its earlier record is still lost");
}

#[test]
fn what_was_done_with_a_value_is_told_by_kind() {
    let log = Log::with_records(2);
    let journal = log.journal();
    let host = |host: &str| host.to_owned();
    let uses = [
        Use::Refused { host: host("evil.example"), count: 3 },
        Use::Refused { host: host("worse.example"), count: 1 },
        Use::Sealed { host: host("api.example.com") },
        Use::Sealed { host: host("api.example.com") },
        Use::Sealed { host: host("b.example") },
    ];
    for (run, what) in (3..).zip(uses) {
        journal.append(&log.key, &ReadRecord { what, ..record(run) }).unwrap();
    }
    let (last, damaged) = last_use(log.path(), &log.key, &SECRET, &[]);
    let last = last.unwrap();
    assert_eq!((last.reads, last.run.as_bytes(), last.refused, damaged), (2, &[2; 16], 4, false));
    assert_eq!(last.sealed.into_iter().collect::<Vec<_>>(), [(host("api.example.com"), 2), (host("b.example"), 1)]);
}

#[test]
fn a_full_segment_that_fails_at_the_roll_over_is_told_to_its_runs() {
    let log = Log::new();
    let journal = log.journal();
    let long = |run| ReadRecord { workspace: ("w".repeat(3500), random()), ..record(run) };
    journal.append(&log.key, &long(1)).unwrap();
    let path = log.segments().remove(0);
    while path.metadata().unwrap().len() < MAX_SEGMENT {
        journal.append(&log.key, &long(2)).unwrap();
    }
    std::fs::remove_file(&path).unwrap();
    assert!(journal.append(&log.key, &record(3)).is_err(), "not handed out");
    journal.append(&log.key, &record(3)).unwrap();
    for run in [1, 2] {
        assert!(journal.settle(&[run; 16]).is_err(), "run {run}");
    }
    journal.settle(&[3; 16]).unwrap();
    assert_eq!(log.used(), (1, Some(3), true));
}
