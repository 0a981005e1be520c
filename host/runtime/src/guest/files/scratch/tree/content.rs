//! The bytes of one file, in pages. A page that was never written is not there, and reads as zeros.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rustix::io::Errno;
use zeroize::{Zeroize, Zeroizing};

use super::room::{PAGE_BYTES, Room};

const PAGE: u64 = PAGE_BYTES as u64;

/// Wiped when it goes: it may hold a secret.
type Page = Zeroizing<[u8; PAGE_BYTES]>;

#[derive(Default)]
pub struct Content {
    size: u64,
    pages: BTreeMap<u64, Box<Page>>,
}

impl Content {
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many pages it has taken.
    pub fn pages(&self) -> u64 {
        self.pages.len() as u64
    }

    /// Whether the page of that byte is there, so that writing it takes no room.
    pub fn holds(&self, offset: u64) -> bool {
        self.pages.contains_key(&(offset / PAGE))
    }

    /// Up to so many bytes, or fewer; none at its end.
    pub fn read(&self, length: usize, offset: u64) -> Vec<u8> {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length.min(left)];
        for (number, begin, end, within) in pieces(offset, bytes.len()) {
            if let Some(page) = self.pages.get(&number) {
                bytes[begin..end].copy_from_slice(&page[within..within + (end - begin)]);
            }
        }
        bytes
    }

    /// As many of them as there is room for, and how many that were.
    ///
    /// # Errors
    /// [`Errno::NOSPC`], if there is room for none.
    pub fn write(&mut self, bytes: &[u8], offset: u64, room: &mut Room) -> Result<usize, Errno> {
        let fits = usize::try_from(room.most().saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut written = 0;
        for (number, begin, end, within) in pieces(offset, bytes.len().min(fits)) {
            let page = match self.pages.entry(number) {
                Entry::Occupied(page) => page.into_mut(),
                Entry::Vacant(place) => match room.take_page() {
                    Ok(()) => place.insert(Box::new(Zeroizing::new([0; PAGE_BYTES]))),
                    Err(_) => break,
                },
            };
            page[within..within + (end - begin)].copy_from_slice(&bytes[begin..end]);
            written = end;
        }
        if written == 0 && !bytes.is_empty() {
            return Err(Errno::NOSPC);
        }
        if written > 0 {
            self.size = self.size.max(offset + written as u64);
        }
        Ok(written)
    }

    /// Cuts it, or makes it longer by zeros, which take no room.
    ///
    /// # Errors
    /// [`Errno::NOSPC`], if no file may be that large.
    pub fn set_size(&mut self, size: u64, room: &mut Room) -> Result<(), Errno> {
        if size > room.most().max(self.size) {
            return Err(Errno::NOSPC);
        }
        if size < self.size {
            let cut = self.pages.split_off(&size.div_ceil(PAGE));
            room.give_pages(cut.len() as u64);
            if let Some(page) = self.pages.get_mut(&(size / PAGE)) {
                page[within(size)..].zeroize();
            }
        }
        self.size = size;
        Ok(())
    }
}

/// So many bytes from there on, as parts of pages: which page, from where to where of the bytes, and where in the page.
fn pieces(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let (begin, within) = (done, within(at));
        done += (PAGE_BYTES - within).min(length - done);
        (done > begin).then_some((at / PAGE, begin, done, within))
    })
}

fn within(offset: u64) -> usize {
    usize::try_from(offset % PAGE).expect("a page is small")
}
