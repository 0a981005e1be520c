//! redb's file with all that is written to it kept in memory: the way to look at what a crash left where nothing can be
//! written, on a full disk above all. redb repairs it there as it would on the disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// What is kept at a time, in bytes: a page of redb's.
const PAGE: u64 = 4096;

#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    changed: Mutex<Changed>,
}

#[derive(Debug)]
struct Changed {
    length: u64,
    /// What of the file still counts: behind that there are zeros.
    kept: u64,
    /// Whole pages by number.
    pages: BTreeMap<u64, Box<[u8]>>,
}

impl Overlay {
    pub fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, changed: Mutex::new(Changed { length, kept: length, pages: BTreeMap::new() }) })
    }

    /// What this mutex guards is whole at every moment at which a thread can panic.
    fn changed(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.changed().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let changed = self.changed();
        changed.check(offset, out.len())?;
        changed.each_page(&self.file, offset, out.len(), |page, within, here| out[here].copy_from_slice(&page[within]))
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut changed = self.changed();
        changed.kept = changed.kept.min(length);
        changed.pages.retain(|number, _| number * PAGE < length);
        if let Some(last) = changed.pages.get_mut(&(length / PAGE)) {
            last[(length % PAGE) as usize..].fill(0);
        }
        changed.length = length;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut changed = self.changed();
        changed.check(offset, bytes.len())?;
        let mut pages = BTreeMap::new();
        let mut number = offset / PAGE;
        changed.each_page(&self.file, offset, bytes.len(), |page, within, here| {
            let mut page: Box<[u8]> = page.into();
            page[within].copy_from_slice(&bytes[here]);
            pages.insert(number, page);
            number += 1;
        })?;
        changed.pages.append(&mut pages);
        Ok(())
    }
}

impl Changed {
    fn check(&self, offset: u64, length: usize) -> io::Result<()> {
        match offset.checked_add(length as u64) {
            Some(end) if end <= self.length => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Visits the pages that hold so many bytes from `offset` on, as they are now: each with the part of it that counts
    /// and where among the bytes that is.
    fn each_page(
        &self,
        file: &File,
        offset: u64,
        length: usize,
        mut visit: impl FnMut(&[u8], std::ops::Range<usize>, std::ops::Range<usize>),
    ) -> io::Result<()> {
        let mut done = 0;
        while done < length {
            let at = offset + done as u64;
            let (number, start) = (at / PAGE, (at % PAGE) as usize);
            let count = (PAGE as usize - start).min(length - done);
            let (within, here) = (start..start + count, done..done + count);
            match self.pages.get(&number) {
                Some(page) => visit(page, within, here),
                None => visit(&self.read_page(file, number)?, within, here),
            }
            done += count;
        }
        Ok(())
    }

    fn read_page(&self, file: &File, number: u64) -> io::Result<[u8; PAGE as usize]> {
        let mut page = [0; PAGE as usize];
        let there = self.kept.saturating_sub(number * PAGE).min(PAGE) as usize;
        file.read_exact_at(&mut page[..there], number * PAGE)?;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells numbers apart without a pattern.
    fn next(seed: &mut u64, below: u64) -> u64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % below
    }

    #[test]
    fn it_reads_as_a_file_does_and_changes_nothing() {
        let original: Vec<u8> = (0..3 * PAGE as usize + 100).map(|at| (at % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, &original).unwrap();
        let overlay = Overlay::new(file.try_clone().unwrap()).unwrap();
        let (mut model, mut seed) = (original.clone(), 3);
        for turn in 0..4_000 {
            if next(&mut seed, 8) == 0 {
                let length = next(&mut seed, 6 * PAGE);
                overlay.set_len(length).unwrap();
                model.resize(length as usize, 0);
            }
            let offset = next(&mut seed, model.len() as u64 + 1);
            let count = next(&mut seed, 3 * PAGE).min(model.len() as u64 - offset) as usize;
            let bytes = vec![(turn % 256) as u8; count];
            overlay.write(offset, &bytes).unwrap();
            model[offset as usize..][..count].copy_from_slice(&bytes);
            let mut read = vec![0; model.len()];
            overlay.read(0, &mut read).unwrap();
            assert!(read == model && overlay.len().unwrap() == model.len() as u64, "turn {turn}");
        }
        assert!(overlay.read(model.len() as u64, &mut [0]).is_err());
        assert!(overlay.write(u64::MAX, &[0]).is_err());
        let mut found = vec![0; original.len()];
        file.read_exact_at(&mut found, 0).unwrap();
        assert_eq!(found, original);
        assert_eq!(file.metadata().unwrap().len(), original.len() as u64);
    }
}
