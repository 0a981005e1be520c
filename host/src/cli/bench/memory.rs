//! What one instance takes: how much the process grows by while some are kept.

use std::fs;
use std::time::Duration;

use rustix::param::page_size;
use serde::Serialize;
use tokio::time::timeout;

use super::subject::{Held, Subject};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Most instances that are kept at once, and what they may take together, in bytes, before no more are.
const MOST: usize = 32;
const MOST_BYTES: u64 = 512 << 20;

/// The memory of an action.
#[derive(Serialize)]
pub struct Memory {
    pub instances: usize,
    /// Private bytes, of which no other process or instance has a part.
    pub bytes_each: u64,
}

/// With the instances, which are kept as long as they are. `longest` is how long all of them may take.
pub async fn of(subject: &impl Subject, longest: Duration) -> Result<(Memory, Vec<Held>), Failure> {
    let late = |_| Failure::message(Exit::Run(124), "the runs of the bench did not come to their end in time");
    timeout(longest, measured(subject)).await.map_err(late)?
}

async fn measured(subject: &impl Subject) -> Result<(Memory, Vec<Held>), Failure> {
    let before = private()?;
    let mut held = Vec::new();
    let mut grown = 0;
    while held.len() < MOST && grown < MOST_BYTES {
        held.push(subject.held().await?);
        grown = private()?.saturating_sub(before);
    }
    Ok((Memory { instances: held.len(), bytes_each: grown / held.len().max(1) as u64 }, held))
}

/// What of this process's memory is neither of a file nor shared, in bytes.
fn private() -> Result<u64, Failure> {
    let text = fs::read_to_string("/proc/self/statm");
    let pages = text.ok().and_then(|text| {
        let mut fields = text.split_ascii_whitespace().skip(1).map(str::parse::<u64>);
        let (resident, shared) = (fields.next()?.ok()?, fields.next()?.ok()?);
        Some(resident.saturating_sub(shared))
    });
    let pages = pages
        .ok_or_else(|| Failure::host("this machine does not tell what memory a process has (/proc/self/statm)"))?;
    Ok(pages * page_size() as u64)
}
