//! A disk that does what it is told, remembers it, and fails when it is told to.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use crate::disk::files::{Disk, LocalDisk};

/// Files and directories are numbered as they are made: inode numbers are used again.
pub type Node = usize;
/// A name in a directory.
pub type Name = (Node, OsString);

#[derive(Clone, Debug)]
pub enum Op {
    Create {
        name: Name,
        node: Node,
    },
    CreateDirectory {
        name: Name,
        node: Node,
    },
    Write {
        node: Node,
        offset: u64,
        bytes: Vec<u8>,
    },
    SetLen {
        node: Node,
        length: u64,
    },
    Sync {
        node: Node,
    },
    /// What was written before and not synced is lost.
    FailedSync {
        node: Node,
    },
    Link {
        name: Name,
        node: Node,
    },
    Rename {
        from: Name,
        to: Name,
        node: Node,
    },
    Unlink {
        name: Name,
    },
    SyncDirectory {
        node: Node,
    },
}

/// Fails the operation of this number, and perhaps all after it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub at: usize,
    pub errno: rustix::io::Errno,
    pub for_good: bool,
    /// The process was killed there: what it had done stands in memory, and is lost only with the power.
    pub kill: bool,
}

#[derive(Debug)]
pub struct Recorder {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    log: Vec<Op>,
    /// The directory that everything happens in is node 0.
    root: PathBuf,
    directories: HashMap<PathBuf, Node>,
    files: HashMap<u64, Node>,
    next: Node,
    fault: Option<Fault>,
    /// There is no space for a file of this name.
    too_large: Option<&'static str>,
    attempts: usize,
}

impl Recorder {
    pub fn new(root: &Path) -> Self {
        let directories = HashMap::from([(root.to_owned(), 0)]);
        let (log, files, root) = (Vec::new(), HashMap::new(), root.to_owned());
        let (fault, too_large, attempts) = (None, None, 0);
        Self { state: Mutex::new(State { log, root, directories, files, next: 1, fault, too_large, attempts }) }
    }

    /// Takes what is there for certain.
    pub fn adopt(root: &Path) -> Self {
        let recorder = Self::new(root);
        recorder.state().adopt(root);
        recorder
    }

    pub fn log(&self) -> Vec<Op> {
        self.state().log.clone()
    }

    pub fn fail(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.fault = fault;
        state.attempts = 0;
    }

    /// From now on there is too little space for a file of this name, though enough for others.
    pub fn too_large(&self, name: Option<&'static str>) {
        self.state().too_large = name;
    }

    /// How many operations were tried since the last call of `fail`.
    pub fn attempts(&self) -> usize {
        self.state().attempts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn adopt(&mut self, directory: &Path) {
        let mut entries: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = self.name(&path);
            if path.is_dir() {
                let node = self.fresh();
                self.directories.insert(path.clone(), node);
                self.log.push(Op::CreateDirectory { name, node });
                self.adopt(&path);
            } else {
                let file = File::open(&path).unwrap();
                let node = self.file(&file);
                self.log.push(Op::Create { name, node });
                self.log.push(Op::Write { node, offset: 0, bytes: std::fs::read(&path).unwrap() });
                self.log.push(Op::Sync { node });
            }
        }
        let node = self.directories[directory];
        self.log.push(Op::SyncDirectory { node });
    }

    fn fresh(&mut self) -> Node {
        self.next += 1;
        self.next - 1
    }

    /// A file that was just made.
    fn file(&mut self, file: &File) -> Node {
        let node = self.fresh();
        self.files.insert(file.metadata().unwrap().ino(), node);
        node
    }

    fn node(&self, file: &File) -> Node {
        self.files[&file.metadata().unwrap().ino()]
    }

    fn name(&self, path: &Path) -> Name {
        (self.directories[path.parent().unwrap()], path.file_name().unwrap().to_owned())
    }

    /// Counts an operation and says whether it is to fail.
    fn attempt(&mut self) -> io::Result<()> {
        let number = self.attempts;
        self.attempts += 1;
        match self.fault {
            Some(fault) if number == fault.at || (fault.for_good && number > fault.at) => Err(fault.errno.into()),
            _ => Ok(()),
        }
    }

    fn killed(&self) -> bool {
        self.fault.is_some_and(|fault| fault.kill)
    }

    /// A directory was renamed: so were all below it.
    fn moved(&mut self, from: &Path, to: &Path) {
        let moved = |path: PathBuf| match path.strip_prefix(from) {
            Ok(rest) if rest.as_os_str().is_empty() => to.to_owned(),
            Ok(rest) => to.join(rest),
            Err(_) => path,
        };
        // An empty directory that is replaced goes.
        self.directories.remove(to);
        let all = std::mem::take(&mut self.directories);
        self.directories = all.into_iter().map(|(path, node)| (moved(path), node)).collect();
    }
}

impl Disk for Recorder {
    fn create(&self, path: &Path) -> io::Result<File> {
        let mut state = self.state();
        state.attempt()?;
        if state.too_large.is_some_and(|name| path.ends_with(name)) {
            return Err(rustix::io::Errno::NOSPC.into());
        }
        let file = LocalDisk.create(path)?;
        let (name, node) = (state.name(path), state.file(&file));
        state.log.push(Op::Create { name, node });
        Ok(file)
    }

    fn write_at(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let node = state.node(file);
        if let Err(error) = state.attempt() {
            if state.killed() {
                return Err(error);
            }
            // Half of it may be there all the same.
            let half = &bytes[..bytes.len() / 2];
            LocalDisk.write_at(file, offset, half)?;
            state.log.push(Op::Write { node, offset, bytes: half.to_vec() });
            return Err(error);
        }
        LocalDisk.write_at(file, offset, bytes)?;
        state.log.push(Op::Write { node, offset, bytes: bytes.to_vec() });
        Ok(())
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        let mut state = self.state();
        state.attempt()?;
        LocalDisk.set_len(file, length)?;
        let node = state.node(file);
        state.log.push(Op::SetLen { node, length });
        Ok(())
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        let mut state = self.state();
        let node = state.node(file);
        if let Err(error) = state.attempt() {
            if !state.killed() {
                state.log.push(Op::FailedSync { node });
            }
            return Err(error);
        }
        state.log.push(Op::Sync { node });
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.attempt()?;
        LocalDisk.link(from, to)?;
        let node = state.node(&File::open(to)?);
        let op = Op::Link { name: state.name(to), node };
        state.log.push(op);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.attempt()?;
        let (directory, file) = (state.directories.get(from).copied(), File::open(from)?);
        LocalDisk.rename(from, to)?;
        let node = directory.unwrap_or_else(|| state.node(&file));
        let op = Op::Rename { from: state.name(from), to: state.name(to), node };
        state.log.push(op);
        if directory.is_some() {
            state.moved(from, to);
        }
        Ok(())
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.attempt()?;
        LocalDisk.unlink(path)?;
        let name = state.name(path);
        state.log.push(Op::Unlink { name });
        Ok(())
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.attempt()?;
        LocalDisk.create_directory(path)?;
        let (name, node) = (state.name(path), state.fresh());
        state.directories.insert(path.to_owned(), node);
        state.log.push(Op::CreateDirectory { name, node });
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.attempt()?;
        // Directories above the root were there before.
        if path.starts_with(&state.root) {
            let node = state.directories[path];
            state.log.push(Op::SyncDirectory { node });
        }
        Ok(())
    }
}
