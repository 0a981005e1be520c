//! The output of a run that is over, on its way to writers that may be slow, or never take it.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::RunError;
use crate::guest::pipe::{Pipe, Rest};
use crate::outcome::End;
use um_base::is_gone;
use um_leak::Stream;

/// How long output is still waited for once somebody wants the run to end: what a reader that reads takes at once.
pub(crate) const GRACE: Duration = Duration::from_millis(500);
/// How long it is waited for by a run that is not patient.
const DELIVER: Duration = Duration::from_secs(30);

/// How long a reader may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub limit: Option<Duration>,
    /// Whether it may take for ever where there is no limit.
    pub for_ever: bool,
}

/// What both streams came to. What has not been taken when this is dropped never is.
pub(crate) struct Delivery {
    /// What was collected of standard output and standard error.
    pub collected: [Vec<u8>; 2],
    /// Whether nothing at all was written.
    pub silent: bool,
    rests: Vec<(Stream, Rest)>,
    /// Whether the reader may be gone, as that is how the run ended.
    may_be_closed: bool,
    until: Option<Instant>,
}

impl Delivery {
    /// Of standard output and standard error, which are finished.
    ///
    /// # Errors
    /// [`RunError::Output`].
    pub fn of(pipes: [&Pipe; 2], end: &End, patience: Patience, interrupted: bool) -> Result<Self, RunError> {
        let allowed = match patience {
            _ if interrupted => Some(GRACE),
            Patience { limit: None, for_ever } => (!for_ever).then_some(DELIVER),
            Patience { limit, .. } => limit,
        };
        let until = allowed.and_then(|allowed| Instant::now().checked_add(allowed));
        let may_be_closed = *end == End::OutputClosed;
        let (collected, rests) = Default::default();
        let mut delivery = Self { collected, silent: true, rests, may_be_closed, until };
        for (at, (pipe, stream)) in pipes.into_iter().zip([Stream::Stdout, Stream::Stderr]).enumerate() {
            let finished = pipe.finished().map_err(|source| RunError::Output { stream: stream.clone(), source })?;
            delivery.collected[at] = finished.collected;
            delivery.silent &= finished.bytes == 0;
            delivery.rests.extend(finished.rest.map(|rest| (stream, rest)));
        }
        Ok(delivery)
    }

    /// Waits until everything is taken, the time for it is over, or `enough` is ready.
    ///
    /// # Errors
    /// [`RunError::Output`]: a writer failed, and not since its reader has gone away.
    pub async fn wait<T>(&mut self, enough: impl Future<Output = T>) -> Result<(), RunError> {
        let until = self.until;
        let late = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            written = self.written() => written,
            _ = enough => Ok(()),
            () = late => Ok(()),
        }
    }

    pub fn is_complete(&self) -> bool {
        self.rests.is_empty()
    }

    /// May be given up and asked for again.
    async fn written(&mut self) -> Result<(), RunError> {
        while let Some((_, rest)) = self.rests.last_mut() {
            let written = rest.written().await;
            // All of them report when the last byte of either is written: nothing is cut short by this.
            let stream = self.rests.pop().map_or(Stream::Stdout, |(stream, _)| stream);
            match written {
                Err(error) if is_gone(&error) || self.may_be_closed => {}
                Err(source) => return Err(RunError::Output { stream, source }),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}
