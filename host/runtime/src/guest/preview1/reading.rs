//! A directory that is being read, name by name.

use super::fault::Answer;
use crate::guest::files::bindings::filesystem::types::{DescriptorType, DirectoryEntry};
use crate::guest::files::node::{Directory, Listing};
use um_base::Work;

/// The directory itself and the one above it, which come first.
const DOTS: [&str; 2] = [".", ".."];
/// Where a directory is read on.
pub(super) struct Reading {
    listing: Listing,
    /// The next name, if it was read already and had no room.
    ahead: Option<DirectoryEntry>,
    /// Of the next name.
    cookie: u64,
}

impl Reading {
    /// Goes on where the guest was, or finds its place anew.
    pub async fn at(cookie: u64, left: Option<Self>, directory: &Directory, work: &Work) -> Answer<Self> {
        // From the beginning the directory is read anew: the guest wants to know what there is now.
        if let Some(reading) = left.filter(|reading| cookie > 0 && reading.cookie == cookie) {
            return Ok(reading);
        }
        let mut reading = Self { listing: directory.list(work).await?, ahead: None, cookie };
        for _ in DOTS.len() as u64..cookie {
            work.step()?;
            if reading.listing.next(work).await?.is_none() {
                break;
            }
        }
        Ok(reading)
    }

    /// The name of this number.
    pub async fn entry(&mut self, cookie: u64, work: &Work) -> Answer<Option<DirectoryEntry>> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        match usize::try_from(cookie).ok().and_then(|index| DOTS.get(index)) {
            Some(dots) => Ok(Some(DirectoryEntry { type_: DescriptorType::Directory, name: (*dots).to_owned() })),
            None => Ok(self.listing.next(work).await?),
        }
    }

    /// There was no room for it.
    pub fn put_back(&mut self, entry: DirectoryEntry) {
        self.ahead = Some(entry);
    }

    /// The next name that is asked for has this number.
    pub fn goes_on(&mut self, cookie: u64) {
        self.cookie = cookie;
    }
}
