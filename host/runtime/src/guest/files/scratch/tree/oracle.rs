//! Random operations on a tree and on a directory of this machine: both must answer alike, and be alike at the end.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, ftruncate, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::{Errno, pread, pwrite};
use um_base::Work;

use super::handle::{Handle, Opening, Stat};
use super::room::Room;

const STORIES: u64 = 100;
const STEPS: usize = 300;
const NAMES: [&str; 4] = ["a", "b", "c", "a b"];

/// What Linux can have against it.
const ERRORS: [Errno; 8] = [
    Errno::BUSY,
    Errno::EXIST,
    Errno::INVAL,
    Errno::ISDIR,
    Errno::NAMETOOLONG,
    Errno::NOENT,
    Errno::NOTDIR,
    Errno::NOTEMPTY,
];

/// The same, open in both.
struct Pair {
    ours: Handle,
    real: File,
    writes: bool,
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 32) % most as u64).unwrap()
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// A path that leads nowhere else, whatever is there.
    fn path(&mut self) -> String {
        let (mut path, mut depth) = (String::new(), 0);
        for _ in 0..=self.below(3) {
            let name = match self.below(12) {
                0 => ".".to_owned(),
                1 if depth > 0 => "..".to_owned(),
                2 => "n".repeat(254 + self.below(3)),
                other => NAMES[other % NAMES.len()].to_owned(),
            };
            match name.as_str() {
                "." => {}
                ".." => depth -= 1,
                _ => depth += 1,
            }
            path += &name;
            path += if self.one_in(8) { "//" } else { "/" };
        }
        let is_directory = self.one_in(6);
        if is_directory { path } else { path.trim_end_matches('/').to_owned() }
    }
}

#[test]
fn a_tree_answers_as_a_directory_of_this_machine_does() {
    let mut errors = BTreeSet::new();
    for seed in 1..=STORIES {
        let home = tempfile::tempdir().unwrap();
        let root = Handle::root(Room::new(u64::MAX, &Work::unlimited()));
        let mut pairs = vec![Pair { ours: root, real: File::open(home.path()).unwrap(), writes: false }];
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for step in 0..STEPS {
            let (told, ours, real) = turn(&mut dice, &mut pairs);
            assert_eq!(ours, real, "story {seed}, step {step}: {told}");
            errors.extend(real.err().map(Errno::raw_os_error));
        }
        assert_alike(&pairs[0].ours, home.path());
    }
    assert_eq!(errors, ERRORS.map(Errno::raw_os_error).into(), "not all that there is was tried");
}

/// What was done, and what came of it in the tree and on the disk.
type Turn = (String, Result<Vec<u8>, Errno>, Result<Vec<u8>, Errno>);

fn turn(dice: &mut Dice, pairs: &mut Vec<Pair>) -> Turn {
    let (path, other) = (dice.path(), dice.path());
    // Most begin at the root.
    let at = if dice.one_in(2) { 0 } else { dice.below(pairs.len()) };
    let into = if dice.one_in(2) { 0 } else { dice.below(pairs.len()) };
    let Pair { ours, real, writes } = &pairs[at];
    let nothing = |_| Vec::new();
    match dice.below(9) {
        0 | 1 => {
            let [write, create, exclusive, truncate, directory] = [2, 2, 4, 4, 8].map(|many| dice.one_in(many));
            // That together is refused before a tree is asked.
            let opening = Opening { write, create, exclusive, truncate, directory: directory && !create };
            let told = format!("{at}: open {path} {write} {create} {exclusive} {truncate} {directory}");
            let (ours, real) = (ours.open(&path, opening), openat(real, &path, flags(opening), Mode::from(0o700)));
            let answers =
                (ours.as_ref().map(nothing_of).map_err(|e| *e), real.as_ref().map(nothing_of).map_err(|e| *e));
            if let (Ok(ours), Ok(real)) = (ours, real) {
                pairs.push(Pair { ours, real: real.into(), writes: write });
            }
            (told, answers.0, answers.1)
        }
        2 => {
            let real = mkdirat(real, &path, Mode::from(0o700));
            (format!("{at}: mkdir {path}"), ours.make_directory(&path).map(nothing), real.map(nothing))
        }
        3 => {
            let real = unlinkat(real, &path, AtFlags::REMOVEDIR);
            (format!("{at}: rmdir {path}"), ours.remove_directory(&path).map(nothing), real.map(nothing))
        }
        4 => {
            let real = unlinkat(real, &path, AtFlags::empty());
            (format!("{at}: unlink {path}"), ours.unlink(&path).map(nothing), real.map(nothing))
        }
        5 | 6 => {
            let to = &pairs[into];
            let told = format!("{at}: rename {path} to {into}: {other}");
            let real = renameat(real, &path, &to.real, &other);
            (told, ours.rename(&path, &to.ours, &other).map(nothing), real.map(nothing))
        }
        7 => {
            let real = statat(real, &path, AtFlags::SYMLINK_NOFOLLOW);
            (format!("{at}: stat {path}"), ours.stat_at(&path).map(|stat| told(&stat)), real.map(|stat| seen(&stat)))
        }
        _ if at > 0 && dice.one_in(3) => {
            pairs.swap_remove(at);
            (format!("{at}: close"), Ok(Vec::new()), Ok(Vec::new()))
        }
        _ if ours.is_directory() => {
            let stat = fstat(real).map(|stat| seen(&stat));
            (format!("{at}: stat"), Ok(told(&ours.stat())), stat)
        }
        _ => on_a_file(dice, ours, real, *writes),
    }
}

fn on_a_file(dice: &mut Dice, ours: &Handle, real: &File, writes: bool) -> Turn {
    let offset = dice.below(3) * 4096 + dice.below(20);
    let length = dice.below(2) * 5000 + dice.below(30);
    match dice.below(4) {
        0 if writes => {
            let size = offset as u64;
            (format!("cut to {size}"), ours.set_size(size).map(nothing_of), ftruncate(real, size).map(nothing_of))
        }
        1 if writes => {
            let bytes = vec![u8::try_from(dice.below(255)).unwrap() + 1; length];
            let written = |bytes: usize| bytes.to_le_bytes().to_vec();
            let real = pwrite(real, &bytes, offset as u64).map(written);
            (format!("write {length} at {offset}"), ours.write(&bytes, offset as u64).map(written), real)
        }
        _ => {
            let mut bytes = vec![0; length];
            let read = pread(real, bytes.as_mut_slice(), offset as u64);
            let real = read.map(|read| bytes[..read].to_vec());
            (format!("read {length} at {offset}"), ours.read(length as u64, offset as u64), real)
        }
    }
}

fn nothing_of<T>(_: T) -> Vec<u8> {
    Vec::new()
}

fn flags(opening: Opening) -> OFlags {
    let asked = [
        (opening.create, OFlags::CREATE),
        (opening.exclusive, OFlags::EXCL),
        (opening.truncate, OFlags::TRUNC),
        (opening.directory, OFlags::DIRECTORY),
        (opening.write, OFlags::RDWR),
    ];
    let asked = asked.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, flag)| flag);
    asked.collect::<OFlags>() | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

/// What both can be asked for; the size of a directory is its own affair.
fn told(stat: &Stat) -> Vec<u8> {
    format!("{} {} {}", stat.is_directory, stat.size, stat.is_removed).into_bytes()
}

fn seen(stat: &rustix::fs::Stat) -> Vec<u8> {
    let is_directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    let size = if is_directory { 0 } else { stat.st_size };
    format!("{is_directory} {size} {}", stat.st_nlink == 0).into_bytes()
}

fn assert_alike(ours: &Handle, real: &Path) {
    let mut names: Vec<_> =
        std::fs::read_dir(real).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let (mut listed, mut after) = (Vec::new(), None);
    while let Some((name, _)) = ours.next(after.as_deref()).unwrap() {
        listed.push(name.clone());
        after = Some(name);
    }
    assert_eq!(listed, names);
    for name in names {
        let (found, path) = (ours.open(&name, Opening::default()).unwrap(), real.join(&name));
        match found.is_directory() {
            true => assert_alike(&found, &path),
            false => assert_eq!(found.read(1 << 20, 0).unwrap(), std::fs::read(&path).unwrap(), "{name}"),
        }
    }
}
