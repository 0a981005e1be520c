//! `wasi:filesystem`: the files that a run is shown.
//!
//! What a guest holds is a [`Node`], of one of the kinds that there are: the disk, memory (what was taken when the action
//! was loaded), and a script's folder, which is both. They are read-only. The fourth is the run's own files ([`scratch`]),
//! which can be written and are on no disk.
//!
//! Guarantees:
//! - Code of a script is what was taken, and no other: what the disk has under such names is not there.
//! - Nothing is opened but regular files and directories, and nothing waits for somebody to come: a pipe, a socket or a
//!   device is an error at once. What it is can be asked without opening it.
//! - No guest gets at anything outside of what was mounted, by whatever path or link.
//! - No thread of the runtime waits for a disk. What the kernel can answer from memory is answered in the guest's own
//!   call, which is most of what a program asks when it starts; the kernel itself says which that is. Anything else has a
//!   thread of its own, with one of the run's few permits.
//! - What a guest makes the host allocate is bounded, however much it asks for and however large a directory is.
//!
//! Deliberately absent: everything that would change a disk. It is refused as `not-permitted`, as the engine's own
//! read-only directories do it: Python makes a `PermissionError` of that, and advice of the error.

pub(crate) mod bindings;
mod disk;
pub(crate) mod failure;
pub(crate) mod folder;
mod host;
mod memory;
pub(crate) mod node;
pub(crate) mod scratch;
pub(crate) mod stat;

use std::io;
use std::path::Path;

use wasmtime::component::{HasData, Linker, ResourceTable};

use um_base::Work;

use bindings::filesystem;
use folder::Folder;
use node::Node;

/// The files of one run: what is mounted in it, and the budget of what it asks for.
pub struct Files {
    mounts: Vec<(Node, String)>,
    work: Work,
}

impl Files {
    /// None, for a run with this budget, but an empty directory under a name, of which all files may have so many bytes.
    pub fn new(work: Work, scratch: String, bytes: u64) -> Self {
        let own = Node::Scratch(scratch::node::Node::empty(bytes, &work));
        Self { mounts: vec![(own, scratch)], work }
    }

    /// Shows the guest a directory of this machine under a name.
    ///
    /// # Errors
    /// Those of opening it.
    pub fn mount(&mut self, directory: &Path, name: String) -> io::Result<()> {
        self.mounts.push((Node::Disk(disk::Node::mounted(directory)?), name));
        Ok(())
    }

    /// Shows the guest the folder of its script under a name.
    pub fn show(&mut self, folder: Folder, name: String) {
        self.mounts.push((Node::Folder(folder), name));
    }

    /// What a guest finds, and by which names.
    pub fn mounts(&self) -> impl Iterator<Item = (&Node, &str)> {
        self.mounts.iter().map(|(node, name)| (node, name.as_str()))
    }

    /// The budget of the run.
    pub fn work(&self) -> &Work {
        &self.work
    }
}

/// The files of a run and the table of what its guest holds, for the time of a call.
pub struct View<'a> {
    pub files: &'a mut Files,
    pub table: &'a mut ResourceTable,
}

/// Whose state can show its files.
pub trait WithFiles: Send {
    fn files(&mut self) -> View<'_>;
}

struct HasFiles;

impl HasData for HasFiles {
    type Data<'a> = View<'a>;
}

/// Links `wasi:filesystem`, all of it.
pub fn add_to_linker<T: WithFiles + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    filesystem::types::add_to_linker::<T, HasFiles>(linker, T::files)?;
    filesystem::preopens::add_to_linker::<T, HasFiles>(linker, T::files)
}
