//! What a guest has open, by its number.

use std::collections::BTreeMap;

use wasmtime::Memory;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

use super::errno::Errno;
use super::fault::Answer;
use super::reading::Reading;
use crate::guest::files::node::{Directory, File, Node};

/// What a guest has open. Empty until a module of WASI 0.1 is called.
#[derive(Default)]
pub(crate) struct Descriptors {
    open: BTreeMap<u32, Descriptor>,
    most: usize,
    /// The guest's, once it has made a call.
    pub(super) memory: Option<Memory>,
}

pub(super) enum Descriptor {
    Input { stream: DynInputStream, is_terminal: bool },
    Output(DynOutputStream),
    File(OpenFile),
    Directory(OpenDirectory),
}

pub(super) struct OpenFile {
    pub node: Node,
    /// Of the next byte that is read or written, from the beginning.
    pub position: u64,
    /// How it was opened: that all that is written goes to its end is obeyed, the others are said again. What is written
    /// is there at once, and nobody waits for a file.
    pub flags: u32,
}

pub(super) struct OpenDirectory {
    pub node: Node,
    /// What the guest finds it by, of one that it was given.
    pub preopened: Option<String>,
    pub reading: Option<Reading>,
}

impl Descriptors {
    /// These, by the numbers from 0 on; at most so many at once.
    pub(super) fn of(open: impl Iterator<Item = Descriptor>, most: usize) -> Self {
        Self { open: (0..).zip(open).collect(), most, memory: None }
    }

    pub(super) fn get(&mut self, fd: u32) -> Answer<&mut Descriptor> {
        Ok(self.open.get_mut(&fd).ok_or(Errno::BadDescriptor)?)
    }

    pub(super) fn all(&mut self) -> impl Iterator<Item = (u32, &mut Descriptor)> {
        self.open.iter_mut().map(|(&fd, descriptor)| (fd, descriptor))
    }

    pub(super) fn file(&mut self, fd: u32) -> Answer<&mut OpenFile> {
        match self.get(fd)? {
            Descriptor::File(file) => Ok(file),
            _ => Err(Errno::BadDescriptor.into()),
        }
    }

    pub(super) fn opened(&mut self, fd: u32) -> Answer<&mut OpenDirectory> {
        match self.get(fd)? {
            Descriptor::Directory(directory) => Ok(directory),
            Descriptor::File(_) => Err(Errno::NotDirectory.into()),
            Descriptor::Input { .. } | Descriptor::Output(_) => Err(Errno::BadDescriptor.into()),
        }
    }

    pub(super) fn directory(&mut self, fd: u32) -> Answer<Directory> {
        Ok(self.opened(fd)?.node.clone().directory()?)
    }

    /// Gives it the lowest number that is free.
    pub(super) fn add(&mut self, descriptor: Descriptor) -> Answer<u32> {
        self.check_room()?;
        let free = (0..).find(|fd| !self.open.contains_key(fd)).expect("there are more numbers than descriptors");
        self.open.insert(free, descriptor);
        Ok(free)
    }

    /// A directory that is being read has two of the host's descriptors, and counts twice.
    pub(super) fn check_room(&self) -> Answer {
        let is_read =
            |open: &&Descriptor| matches!(open, Descriptor::Directory(OpenDirectory { reading: Some(_), .. }));
        match self.open.len() + self.open.values().filter(is_read).count() >= self.most {
            true => Err(Errno::TooManyOpen.into()),
            false => Ok(()),
        }
    }

    pub(super) fn close(&mut self, fd: u32) -> Answer {
        self.open.remove(&fd).map(drop).ok_or(Errno::BadDescriptor.into())
    }

    /// Puts one in the place of another, which is closed.
    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Answer {
        if !self.open.contains_key(&to) {
            return Err(Errno::BadDescriptor.into());
        }
        let moved = self.open.remove(&from).ok_or(Errno::BadDescriptor)?;
        self.open.insert(to, moved);
        Ok(())
    }
}

impl OpenFile {
    pub fn file(&self) -> Answer<File> {
        Ok(self.node.clone().file()?)
    }
}
