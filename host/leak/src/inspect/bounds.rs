//! How much of a document is looked through.

/// The run is asked whether it goes on every so many bytes that are read or inflated.
pub(super) const STEP: usize = 64 * 1024;
/// Compressed parts are looked into so many deep: a picture in a report in an archive in an archive.
pub(super) const MOST_DEEP: usize = 4;
/// Compressed parts of one document.
pub(super) const MOST_PARTS: u32 = 10_000;
/// Parts, real or not, that are inflated side by side.
pub(super) const MOST_AT_ONCE: u32 = 64;
/// Bytes inflated for one document, whatever its size, and times its size.
pub(super) const MOST_INFLATED: u64 = 64 << 20;
pub(super) const MOST_TIMES: u64 = 100;
/// What it costs to try a place where no part begins, in bytes inflated.
pub(super) const ACCIDENT: usize = 128;

/// What each of the parts that are inflated side by side takes: a window of 32 KiB and its tables, and what was read last.
pub(super) const PART_BYTES: u64 = 128 * 1024;
/// Memory that the search of one document takes at most, in bytes: 8 MiB.
pub(super) const MEMORY: u64 = MOST_AT_ONCE as u64 * PART_BYTES;

/// Bytes inflated for all documents of a run.
pub(super) const MOST_OF_RUN: u64 = 1 << 30;

/// What may still be inflated for the documents of one run: 1 GiB at first.
#[derive(Debug)]
pub struct Budget {
    pub(super) left: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MOST_OF_RUN }
    }
}
