//! The nodes of a tree: files and directories, each by a number of its own.
//!
//! One that has a name, or that somebody has open, is there; when it has neither it goes, and what it took is given back.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use rustix::io::Errno;

use super::content::Content;
use super::path::{Path, Step, check_name};
use super::room::Room;

/// Which node; no two of a tree have one, whatever becomes of them.
pub type Number = u64;

pub const ROOT: Number = 0;

/// Since 1970.
#[derive(Clone, Copy)]
pub struct Times {
    pub accessed: Duration,
    pub modified: Duration,
    pub changed: Duration,
}

pub enum Body {
    File(Content),
    Directory(BTreeMap<String, Number>),
}

pub struct Node {
    pub body: Body,
    pub times: Times,
    /// The directory that it has its name in; nothing, if it has none any more.
    pub above: Option<Number>,
    /// How often it is open.
    handles: u64,
}

pub struct Nodes {
    pub room: Room,
    all: HashMap<Number, Node>,
    next: Number,
}

/// Where a path leads to, up to its last name.
pub enum Place<'a> {
    /// What is there already, and by which step.
    Known(Number, Step<'a>),
    /// A name in a directory.
    Name(Number, &'a str),
}

impl Nodes {
    /// An empty root, which is always there.
    pub fn new(room: Room) -> Self {
        let root = Node { above: Some(ROOT), ..Node::new(Body::Directory(BTreeMap::new())) };
        Self { room, all: HashMap::from([(ROOT, root)]), next: ROOT + 1 }
    }

    pub fn node(&self, number: Number) -> &Node {
        &self.all[&number]
    }

    pub fn node_mut(&mut self, number: Number) -> &mut Node {
        self.all.get_mut(&number).expect("what has a name or is open is there")
    }

    pub fn retain(&mut self, number: Number) {
        self.node_mut(number).handles += 1;
    }

    pub fn release(&mut self, number: Number) {
        self.node_mut(number).handles -= 1;
        self.drop_unused(number);
    }

    /// # Errors
    /// [`Errno::NOTDIR`].
    pub fn names(&self, number: Number) -> Result<&BTreeMap<String, Number>, Errno> {
        match &self.node(number).body {
            Body::Directory(names) => Ok(names),
            Body::File(_) => Err(Errno::NOTDIR),
        }
    }

    /// Follows a path to its last step, without leaving the directory that it begins at.
    ///
    /// # Errors
    /// [`Errno::PERM`] if it leads out of there.
    pub fn follow<'a>(&self, from: Number, path: &Path<'a>) -> Result<Place<'a>, Errno> {
        self.names(from)?;
        let (mut at, mut depth) = (from, 0_u32);
        for step in &path.way {
            match *step {
                Step::Itself => {}
                Step::Above => (at, depth) = (self.above(at, depth)?, depth - 1),
                Step::Name(name) => {
                    at = self.child(at, name)?.ok_or(Errno::NOENT)?;
                    self.names(at)?;
                    depth += 1;
                }
            }
        }
        Ok(match path.last {
            Step::Itself => Place::Known(at, Step::Itself),
            Step::Above => Place::Known(self.above(at, depth)?, Step::Above),
            Step::Name(name) => Place::Name(at, name),
        })
    }

    /// What a path names.
    pub fn find(&self, from: Number, path: &Path<'_>) -> Result<Number, Errno> {
        let found = match self.follow(from, path)? {
            Place::Known(number, _) => number,
            Place::Name(directory, name) => self.child(directory, name)?.ok_or(Errno::NOENT)?,
        };
        if path.is_directory {
            self.names(found)?;
        }
        Ok(found)
    }

    /// # Errors
    /// [`Errno::NOENT`] if the directory was removed: nothing is in it, and nothing can be made there.
    pub fn child(&self, directory: Number, name: &str) -> Result<Option<Number>, Errno> {
        let names = self.names(directory)?;
        self.node(directory).above.ok_or(Errno::NOENT)?;
        check_name(name)?;
        Ok(names.get(name).copied())
    }

    /// Makes what has not been there, under a name that is free in a directory.
    ///
    /// # Errors
    /// [`Errno::NOSPC`].
    pub fn make(&mut self, directory: Number, name: &str, body: Body) -> Result<Number, Errno> {
        self.room.take_node()?;
        let number = self.next;
        self.next += 1;
        self.all.insert(number, Node::new(body));
        self.link(directory, name, number);
        Ok(number)
    }

    /// Gives a node a name, which is free.
    pub fn link(&mut self, directory: Number, name: &str, number: Number) {
        self.names_mut(directory).insert(name.to_owned(), number);
        self.node_mut(number).above = Some(directory);
        self.touch(directory);
        self.node_mut(number).times.changed = now();
    }

    /// Changes the bytes of a file.
    ///
    /// # Errors
    /// [`Errno::ISDIR`], and those of the change.
    pub fn change<T>(
        &mut self,
        number: Number,
        change: impl FnOnce(&mut Content, &mut Room) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let node = self.all.get_mut(&number).expect("what has a name or is open is there");
        let Body::File(content) = &mut node.body else { return Err(Errno::ISDIR) };
        let changed = change(content, &mut self.room)?;
        self.touch(number);
        Ok(changed)
    }

    /// Whether a byte could be written to a file there, or at its end.
    ///
    /// # Errors
    /// [`Errno::NOSPC`].
    pub fn check_room(&mut self, number: Number, offset: Option<u64>) -> Result<(), Errno> {
        let Body::File(content) = &self.node(number).body else { return Err(Errno::ISDIR) };
        let offset = offset.unwrap_or(content.size());
        if offset >= self.room.most() {
            return Err(Errno::NOSPC);
        }
        if !content.holds(offset) {
            self.room.take_page()?;
            self.room.give_pages(1);
        }
        Ok(())
    }

    /// Takes a node its name, and leaves it without one.
    pub fn unlink(&mut self, directory: Number, name: &str) -> Option<Number> {
        let number = self.names_mut(directory).remove(name)?;
        let node = self.node_mut(number);
        node.above = None;
        node.times.changed = now();
        self.touch(directory);
        Some(number)
    }

    /// Lets go of what nobody can come at any more.
    pub fn drop_unused(&mut self, number: Number) {
        let node = self.node(number);
        if node.above.is_some() || node.handles > 0 {
            return;
        }
        if let Body::File(content) = &node.body {
            let pages = content.pages();
            self.room.give_pages(pages);
        }
        self.room.give_node();
        self.all.remove(&number);
    }

    /// Whether `inner` lies somewhere below `outer`, or is it.
    pub fn lies_within(&self, inner: Number, outer: Number) -> bool {
        let mut at = inner;
        while at != outer {
            match self.node(at).above {
                Some(above) if above != at => at = above,
                _ => return false,
            }
        }
        true
    }

    /// Says that it was modified now.
    pub fn touch(&mut self, number: Number) {
        let (now, node) = (now(), self.node_mut(number));
        (node.times.modified, node.times.changed) = (now, now);
    }

    fn names_mut(&mut self, directory: Number) -> &mut BTreeMap<String, Number> {
        match &mut self.node_mut(directory).body {
            Body::Directory(names) => names,
            Body::File(_) => unreachable!("names are in directories"),
        }
    }

    fn above(&self, at: Number, depth: u32) -> Result<Number, Errno> {
        if depth == 0 {
            return Err(Errno::PERM);
        }
        self.node(at).above.ok_or(Errno::NOENT)
    }
}

impl Node {
    fn new(body: Body) -> Self {
        let now = now();
        Self { body, times: Times { accessed: now, modified: now, changed: now }, above: None, handles: 0 }
    }
}

/// A clock that stands before 1970 stands at its beginning.
pub fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
