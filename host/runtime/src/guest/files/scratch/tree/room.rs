//! What a tree may take: bytes of its own limit, and all it takes out of the memory that the host has for the run.

use rustix::io::Errno;
use um_base::{Held, Work};

/// Files and directories that a tree may have at once, other than its root.
pub const NODES: u64 = 10_000;
/// Bytes of files are taken in pages of so many.
pub const PAGE_BYTES: usize = 4096;

/// What the map of a file's pages takes for one of them.
const PAGE_EXTRA: u64 = 64;
/// What a node takes at most: its name, itself, and their places in two maps.
const NODE_BYTES: u64 = 1024;

/// What is left for a tree. Where it is not enough, nothing is over: whoever asked is told.
pub struct Room {
    held: Held,
    most: u64,
    pages: u64,
    nodes: u64,
}

impl Room {
    /// Room for so many bytes of files, as far as the run's memory goes.
    pub fn new(most: u64, work: &Work) -> Self {
        let held = work.try_hold(0).expect("nothing always fits");
        Self { held, most, pages: 0, nodes: 0 }
    }

    /// The bytes of all files together, so also the largest size of one.
    pub fn most(&self) -> u64 {
        self.most
    }

    /// # Errors
    /// [`Errno::NOSPC`].
    pub fn take_page(&mut self) -> Result<(), Errno> {
        let pages = self.pages + 1;
        let fits = pages.checked_mul(PAGE_BYTES as u64).is_some_and(|bytes| bytes <= self.most);
        if !fits || !self.held.try_grow(PAGE_BYTES as u64 + PAGE_EXTRA) {
            return Err(Errno::NOSPC);
        }
        self.pages = pages;
        Ok(())
    }

    pub fn give_pages(&mut self, pages: u64) {
        self.pages -= pages;
        self.held.shrink(pages * (PAGE_BYTES as u64 + PAGE_EXTRA));
    }

    /// # Errors
    /// [`Errno::NOSPC`].
    pub fn take_node(&mut self) -> Result<(), Errno> {
        if self.nodes == NODES || !self.held.try_grow(NODE_BYTES) {
            return Err(Errno::NOSPC);
        }
        self.nodes += 1;
        Ok(())
    }

    pub fn give_node(&mut self) {
        self.nodes -= 1;
        self.held.shrink(NODE_BYTES);
    }
}
