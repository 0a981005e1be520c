//! What is open of a tree, and all that can be done by it. Errors are those that Linux has for the same.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::io::Errno;

use super::content::Content;
use super::nodes::{Body, Nodes, Number, Place, ROOT, Times, now};
use super::path::{Path, Step};
use super::room::Room;

/// Most bytes that one call reads, whatever is asked for.
const READ_BYTES: usize = 64 * 1024;

/// A file or a directory of a tree that is open. What is open is there, whether or not it has a name.
pub struct Handle {
    /// Locked for the time of a call.
    nodes: Arc<Mutex<Nodes>>,
    number: Number,
    is_directory: bool,
}

/// How something is opened.
#[derive(Clone, Copy, Default)]
pub struct Opening {
    pub write: bool,
    pub create: bool,
    pub exclusive: bool,
    pub truncate: bool,
    pub directory: bool,
}

/// What can be told of a node.
pub struct Stat {
    pub number: Number,
    pub is_directory: bool,
    pub is_removed: bool,
    pub size: u64,
    pub times: Times,
}

/// What becomes of a time.
#[derive(Clone, Copy)]
pub enum NewTime {
    Kept,
    Now,
    /// Since 1970.
    At(Duration),
}

impl Handle {
    /// The root of a tree with nothing in it, which is there as long as anything of it is open.
    pub fn root(room: Room) -> Self {
        let mut nodes = Nodes::new(room);
        nodes.retain(ROOT);
        Self { nodes: Arc::new(Mutex::new(nodes)), number: ROOT, is_directory: true }
    }

    pub fn is_directory(&self) -> bool {
        self.is_directory
    }

    /// Opens what is below it, or makes it a file.
    pub fn open(&self, path: &str, opening: Opening) -> Result<Self, Errno> {
        let path = Path::of(path)?;
        let mut nodes = self.lock();
        let number = open(&mut nodes, self.number, &path, opening)?;
        nodes.retain(number);
        Ok(Self { nodes: Arc::clone(&self.nodes), number, is_directory: nodes.names(number).is_ok() })
    }

    pub fn stat(&self) -> Stat {
        stat(&self.lock(), self.number)
    }

    pub fn stat_at(&self, path: &str) -> Result<Stat, Errno> {
        let path = Path::of(path)?;
        let nodes = self.lock();
        Ok(stat(&nodes, nodes.find(self.number, &path)?))
    }

    /// Up to so many bytes, or fewer; none at its end.
    pub fn read(&self, length: u64, offset: u64) -> Result<Vec<u8>, Errno> {
        check_offset(offset)?;
        let length = usize::try_from(length).unwrap_or(READ_BYTES).min(READ_BYTES);
        match &self.lock().node(self.number).body {
            Body::File(content) => Ok(content.read(length, offset)),
            Body::Directory(_) => Err(Errno::ISDIR),
        }
    }

    /// Writes as many of the bytes as there is room for, and says how many that were.
    ///
    /// # Errors
    /// [`Errno::NOSPC`], if that is none.
    pub fn write(&self, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        check_offset(offset)?;
        self.change(|content, room| content.write(bytes, offset, room))
    }

    /// As [`write`](Self::write), at the end.
    pub fn append(&self, bytes: &[u8]) -> Result<usize, Errno> {
        self.change(|content, room| content.write(bytes, content.size(), room))
    }

    /// Whether a byte could be written there, or at the end.
    ///
    /// # Errors
    /// [`Errno::NOSPC`].
    pub fn check_room(&self, offset: Option<u64>) -> Result<(), Errno> {
        check_offset(offset.unwrap_or_default())?;
        self.lock().check_room(self.number, offset)
    }

    pub fn set_size(&self, size: u64) -> Result<(), Errno> {
        check_offset(size)?;
        self.change(|content, room| content.set_size(size, room))
    }

    pub fn set_times(&self, accessed: NewTime, modified: NewTime) {
        set_times(&mut self.lock(), self.number, accessed, modified);
    }

    pub fn set_times_at(&self, path: &str, accessed: NewTime, modified: NewTime) -> Result<(), Errno> {
        let path = Path::of(path)?;
        let mut nodes = self.lock();
        let number = nodes.find(self.number, &path)?;
        set_times(&mut nodes, number, accessed, modified);
        Ok(())
    }

    /// What comes after a name in the order of their bytes; the first, after none. What is made or removed meanwhile is
    /// seen or not.
    pub fn next(&self, after: Option<&str>) -> Result<Option<(String, bool)>, Errno> {
        let nodes = self.lock();
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let next = nodes.names(self.number)?.range::<str, _>((begin, Bound::Unbounded)).next();
        Ok(next.map(|(name, &number)| (name.clone(), nodes.names(number).is_ok())))
    }

    pub fn make_directory(&self, path: &str) -> Result<(), Errno> {
        let path = Path::of(path)?;
        let mut nodes = self.lock();
        let Place::Name(directory, name) = nodes.follow(self.number, &path)? else { return Err(Errno::EXIST) };
        match nodes.child(directory, name)? {
            Some(_) => Err(Errno::EXIST),
            None => nodes.make(directory, name, Body::Directory(BTreeMap::new())).map(drop),
        }
    }

    pub fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        let path = Path::of(path)?;
        let mut nodes = self.lock();
        let (directory, name) = match nodes.follow(self.number, &path)? {
            Place::Name(directory, name) => (directory, name),
            Place::Known(_, Step::Above) => return Err(Errno::NOTEMPTY),
            Place::Known(..) => return Err(Errno::INVAL),
        };
        let number = nodes.child(directory, name)?.ok_or(Errno::NOENT)?;
        if !nodes.names(number)?.is_empty() {
            return Err(Errno::NOTEMPTY);
        }
        nodes.unlink(directory, name);
        nodes.drop_unused(number);
        Ok(())
    }

    /// Takes a file its name. It is gone when nobody has it open any more.
    pub fn unlink(&self, path: &str) -> Result<(), Errno> {
        let path = Path::of(path)?;
        let mut nodes = self.lock();
        let Place::Name(directory, name) = nodes.follow(self.number, &path)? else { return Err(Errno::ISDIR) };
        let number = nodes.child(directory, name)?.ok_or(Errno::NOENT)?;
        if nodes.names(number).is_ok() {
            return Err(Errno::ISDIR);
        }
        if path.is_directory {
            return Err(Errno::NOTDIR);
        }
        nodes.unlink(directory, name);
        nodes.drop_unused(number);
        Ok(())
    }

    /// Gives it another name, in the place of what has that one.
    ///
    /// # Errors
    /// [`Errno::XDEV`] if it is another tree.
    pub fn rename(&self, from: &str, into: &Self, to: &str) -> Result<(), Errno> {
        let (from, to) = (Path::of(from)?, Path::of(to)?);
        if !Arc::ptr_eq(&self.nodes, &into.nodes) {
            return Err(Errno::XDEV);
        }
        rename(&mut self.lock(), (self.number, &from), (into.number, &to))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Content, &mut Room) -> Result<T, Errno>) -> Result<T, Errno> {
        self.lock().change(self.number, change)
    }

    fn lock(&self) -> MutexGuard<'_, Nodes> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        self.lock().retain(self.number);
        Self { nodes: Arc::clone(&self.nodes), number: self.number, is_directory: self.is_directory }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.lock().release(self.number);
    }
}

/// Beyond it, numbers mean something else to the kernel.
fn check_offset(offset: u64) -> Result<(), Errno> {
    i64::try_from(offset).map(drop).map_err(|_| Errno::INVAL)
}

fn open(nodes: &mut Nodes, from: Number, path: &Path<'_>, opening: Opening) -> Result<Number, Errno> {
    let found = match nodes.follow(from, path)? {
        Place::Known(number, _) => Some(number),
        Place::Name(..) if opening.create && path.is_directory => return Err(Errno::ISDIR),
        Place::Name(directory, name) => match nodes.child(directory, name)? {
            None if opening.create => return nodes.make(directory, name, Body::File(Content::default())),
            found => found,
        },
    };
    let number = found.ok_or(Errno::NOENT)?;
    let is_directory = nodes.names(number).is_ok();
    if opening.create && opening.exclusive {
        return Err(Errno::EXIST);
    }
    if is_directory && (opening.create || opening.write || opening.truncate) {
        return Err(Errno::ISDIR);
    }
    if !is_directory && (opening.directory || path.is_directory) {
        return Err(Errno::NOTDIR);
    }
    if opening.truncate {
        nodes.change(number, |content, room| content.set_size(0, room))?;
    }
    Ok(number)
}

fn rename(nodes: &mut Nodes, from: (Number, &Path<'_>), to: (Number, &Path<'_>)) -> Result<(), Errno> {
    let places = (nodes.follow(from.0, from.1)?, nodes.follow(to.0, to.1)?);
    let (Place::Name(old, old_name), Place::Name(new, new_name)) = places else { return Err(Errno::BUSY) };
    let moved = nodes.child(old, old_name)?.ok_or(Errno::NOENT)?;
    let replaced = nodes.child(new, new_name)?;
    let is_directory = nodes.names(moved).is_ok();
    if !is_directory && (from.1.is_directory || to.1.is_directory) {
        return Err(Errno::NOTDIR);
    }
    if nodes.lies_within(new, moved) {
        return Err(Errno::INVAL);
    }
    if let Some(replaced) = replaced {
        if old != new && nodes.lies_within(old, replaced) {
            return Err(Errno::NOTEMPTY);
        }
        if replaced == moved {
            return Ok(());
        }
        match (is_directory, nodes.names(replaced)) {
            (true, Err(_)) => return Err(Errno::NOTDIR),
            (false, Ok(_)) => return Err(Errno::ISDIR),
            (true, Ok(names)) if !names.is_empty() => return Err(Errno::NOTEMPTY),
            _ => {}
        }
        nodes.unlink(new, new_name);
        nodes.drop_unused(replaced);
    }
    nodes.unlink(old, old_name);
    nodes.link(new, new_name, moved);
    Ok(())
}

fn stat(nodes: &Nodes, number: Number) -> Stat {
    let node = nodes.node(number);
    let (is_directory, size) = match &node.body {
        Body::File(content) => (false, content.size()),
        Body::Directory(_) => (true, 0),
    };
    Stat { number, is_directory, is_removed: node.above.is_none(), size, times: node.times }
}

fn set_times(nodes: &mut Nodes, number: Number, accessed: NewTime, modified: NewTime) {
    let (now, node) = (now(), nodes.node_mut(number));
    let put = |time: &mut Duration, new| match new {
        NewTime::Kept => {}
        NewTime::Now => *time = now,
        NewTime::At(at) => *time = at,
    };
    put(&mut node.times.accessed, accessed);
    put(&mut node.times.modified, modified);
    node.times.changed = now;
}
