//! What one instance takes: how much the process grows by while some are kept.

use std::fs;
use std::time::{Duration, Instant};

use rustix::param::page_size;
use serde::Serialize;
use tokio::time::timeout;

use super::subject::{Held, Subject};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Most instances that are kept at once, and what they may take together, in bytes, before no more are.
const MOST: usize = 32;
const MOST_BYTES: u64 = 512 << 20;
/// How much longer than the first a further one is waited for, beside four times as long.
const PATIENCE: Duration = Duration::from_secs(2);

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
    timeout(longest, measured(subject, PATIENCE)).await.map_err(late)?
}

async fn measured(subject: &impl Subject, patience: Duration) -> Result<(Memory, Vec<Held>), Failure> {
    let (before, began) = (private()?, Instant::now());
    let mut held = vec![subject.held().await?];
    // Where no more may be at once than there are, the next one comes when none of these is left.
    let patience = began.elapsed().saturating_mul(4).saturating_add(patience);
    let mut grown = private()?.saturating_sub(before);
    while held.len() < MOST && grown < MOST_BYTES {
        let Ok(next) = timeout(patience, subject.held()).await else { break };
        held.push(next?);
        grown = private()?.saturating_sub(before);
    }
    Ok((Memory { instances: held.len(), bytes_each: grown / held.len() as u64 }, held))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Keeps a mebibyte each; there may be so many at once.
    #[derive(Clone)]
    struct Kept(Arc<AtomicUsize>, usize);

    impl Subject for Kept {
        async fn run(&self) -> Result<(), Failure> {
            Ok(())
        }

        async fn held(&self) -> Result<Held, Failure> {
            if self.0.fetch_add(1, Ordering::Relaxed) == self.1 {
                std::future::pending::<()>().await;
            }
            Ok(Box::new(vec![1_u8; 1 << 20]))
        }
    }

    #[tokio::test]
    async fn what_is_kept_is_measured_up_to_as_many_as_there_may_be() {
        let hour = Duration::from_secs(3600);
        let (memory, held) = measured(&Kept(Arc::default(), usize::MAX), hour).await.ok().unwrap();
        assert_eq!((memory.instances, held.len()), (MOST, MOST));
        // Other tests of this process have some, too.
        assert!((1 << 19..1 << 21).contains(&memory.bytes_each), "{} bytes", memory.bytes_each);
        let (memory, _held) = measured(&Kept(Arc::default(), 3), Duration::ZERO).await.ok().unwrap();
        assert_eq!(memory.instances, 3);
        let late = of(&Kept(Arc::default(), 0), Duration::from_millis(1)).await.err().unwrap();
        assert_eq!(late.exit.status(), 124);
    }
}
