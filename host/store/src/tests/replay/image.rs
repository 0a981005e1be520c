//! The states in which a disk may be found after a power loss.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::recorder::{Node, Op};

const SECTOR: usize = 512;

/// Decides what of the uncertain has happened.
pub trait Fate {
    fn happened(&mut self) -> bool;
}

/// Nothing that was not synced has happened.
pub struct Nothing;
/// Everything has.
pub struct Everything;
/// Any subset has, by a generator of its own (splitmix64), so that a failure can be repeated.
pub struct Chance(pub u64);

impl Fate for Nothing {
    fn happened(&mut self) -> bool {
        false
    }
}

impl Fate for Everything {
    fn happened(&mut self) -> bool {
        true
    }
}

impl Fate for Chance {
    fn happened(&mut self) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) & 1 == 1
    }
}

/// Files and directories as they are on the disk.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Image {
    files: BTreeMap<Node, Vec<u8>>,
    directories: BTreeMap<Node, BTreeMap<OsString, Node>>,
}

impl Image {
    /// What the disk holds after these operations and a power loss.
    pub fn after(log: &[Op], fate: &mut dyn Fate) -> Self {
        let mut image = Self::default();
        image.directories.insert(0, BTreeMap::new());
        let mut uncertain: Vec<&Op> = Vec::new();
        for op in log {
            match op {
                Op::Sync { node } => image.settle(&mut uncertain, |op| op.of_file(*node)),
                Op::SyncDirectory { node } => image.settle(&mut uncertain, |op| op.of_directory(*node)),
                // Lost for good, but for what the kernel had written by itself. Lengths stand in the file system's own
                // journal: it keeps them, or it takes no further change.
                Op::FailedSync { node } => {
                    let written = |op: &Op| matches!(op, Op::Write { node: file, .. } if file == node);
                    let lost: Vec<&Op> = uncertain.iter().copied().filter(|op| written(op)).collect();
                    uncertain.retain(|op| !written(op));
                    lost.into_iter().for_each(|op| image.perhaps(op, fate));
                }
                _ => uncertain.push(op),
            }
            // That a file or directory exists is not lost with its name.
            match op {
                Op::Create { node, .. } => drop(image.files.entry(*node).or_default()),
                Op::CreateDirectory { node, .. } => drop(image.directories.entry(*node).or_default()),
                _ => {}
            }
        }
        uncertain.into_iter().for_each(|op| image.perhaps(op, fate));
        image
    }

    fn settle(&mut self, uncertain: &mut Vec<&Op>, certain: impl Fn(&Op) -> bool) {
        for op in uncertain.iter().filter(|op| certain(op)) {
            self.apply(op);
        }
        uncertain.retain(|op| !certain(op));
    }

    fn perhaps(&mut self, op: &Op, fate: &mut dyn Fate) {
        let Op::Write { node, offset, bytes } = op else {
            if fate.happened() {
                self.apply(op);
            }
            return;
        };
        for (number, sector) in bytes.chunks(SECTOR).enumerate() {
            if fate.happened() {
                self.write(*node, *offset as usize + number * SECTOR, sector);
            }
        }
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Write { node, offset, bytes } => self.write(*node, *offset as usize, bytes),
            Op::SetLen { node, length } => self.files.get_mut(node).unwrap().resize(*length as usize, 0),
            Op::Create { name, node } | Op::CreateDirectory { name, node } | Op::Link { name, node } => {
                self.directories.entry(name.0).or_default().insert(name.1.clone(), *node);
            }
            Op::Rename { from, to, node } => {
                let names = self.directories.entry(from.0).or_default();
                if names.get(&from.1) == Some(node) {
                    names.remove(&from.1);
                }
                self.directories.entry(to.0).or_default().insert(to.1.clone(), *node);
            }
            Op::Unlink { name } => drop(self.directories.entry(name.0).or_default().remove(&name.1)),
            Op::Sync { .. } | Op::FailedSync { .. } | Op::SyncDirectory { .. } => {}
        }
    }

    fn write(&mut self, node: Node, offset: usize, bytes: &[u8]) {
        let file = self.files.get_mut(&node).unwrap();
        if file.len() < offset + bytes.len() {
            file.resize(offset + bytes.len(), 0);
        }
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    /// Puts it all into an empty directory.
    pub fn write_to(&self, directory: &Path) {
        self.write_directory(0, directory);
    }

    fn write_directory(&self, node: Node, directory: &Path) {
        // Two names of one file are two names of one file.
        let mut written: BTreeMap<Node, std::path::PathBuf> = BTreeMap::new();
        for (name, child) in &self.directories[&node] {
            let path = directory.join(name);
            if self.directories.contains_key(child) {
                std::fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
                self.write_directory(*child, &path);
            } else if let Some(first) = written.get(child) {
                std::fs::hard_link(first, &path).unwrap();
            } else {
                let mut options = std::fs::OpenOptions::new();
                let mut file = options.write(true).create_new(true).mode(0o600).open(&path).unwrap();
                std::io::Write::write_all(&mut file, &self.files[child]).unwrap();
                written.insert(*child, path);
            }
        }
    }

    /// Whether these bytes stand anywhere, also in files that have no name any more.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.files.values().any(|file| file.windows(bytes.len()).any(|found| found == bytes))
    }
}

impl Op {
    fn of_file(&self, file: Node) -> bool {
        matches!(self, Self::Write { node, .. } | Self::SetLen { node, .. } if *node == file)
    }

    fn of_directory(&self, directory: Node) -> bool {
        match self {
            Self::Create { name, .. }
            | Self::CreateDirectory { name, .. }
            | Self::Link { name, .. }
            | Self::Unlink { name } => name.0 == directory,
            Self::Rename { to, .. } => to.0 == directory,
            _ => false,
        }
    }
}
