//! The second stage: how the run ended, the records of its reads, and which of its documents may leave.

use std::time::Duration;

use super::course::Course;
use super::ending::{Ending, Return, stopped};
use super::publish::Settled;
use crate::action::kind::Kind;
use crate::documents::check::{Checked, Cleared};
use crate::documents::error::CheckError;
use crate::error::RunError;
use crate::guest::documents::Documents;
use crate::guest::http::Http;
use crate::guest::secrets::{RunSecrets, Unkept};
use crate::outcome::{End, Usage};
use crate::tripwire::Stop;
use um_base::Shortage;
use um_egress::BindingGuard;
use um_leak::{Filter, Stream};
use um_secret::{Misdirected, Reader, SettleError, Snapshot};

/// How long the records of its reads may take to become durable.
const SETTLE_PATIENCE: Duration = Duration::from_secs(10);

/// A run whose guest is over. Its streams are ended, and the engine holds nothing of it any more.
pub(super) struct Called {
    pub course: Box<Course>,
    pub returned: Return,
    /// Whether somebody wanted the run to end while the guest was called.
    pub was_interrupted: bool,
    pub secrets: RunSecrets,
    pub documents: Documents,
    pub http: Http,
    /// Linear memory of the guest at its largest, in bytes.
    pub memory: u64,
}

impl Called {
    /// Reads how the run ended, makes its records durable whatever happened, and looks through its documents.
    ///
    /// # Errors
    /// [`RunError::ArgsForTyped`]: then the action was not begun, and there is no outcome.
    pub async fn settle(self) -> Result<Settled, RunError> {
        let Self { course, returned, was_interrupted, mut secrets, mut documents, http, memory } = self;
        let shortage = returned.shortage();
        let mut ending = returned.ending(&course.filter, course.limits(), &course.tripwire).await;
        // Before the next wait: the run may go on in another thread.
        course.wipe_stack(&secrets);
        if course.declared.kind() == Kind::Typed && ending.end == End::Completed && ending.result.is_none() {
            ending.end = End::Failed { message: "the action ended by itself, without a result or an error".to_owned() };
        }
        let misdirected = misdirected(&course.guard, &course.filter).await;
        let recorded = record(course.snapshot.as_deref(), &misdirected, &course.reader).await;
        let mut failure = failure(course.tripwire.reason(), shortage, recorded)?;
        failure = failure.or(no_store(&mut secrets, &course.filter).await);
        if matches!(ending.end, End::Completed | End::Failed { .. } | End::Exited { .. } | End::Trapped { .. }) {
            // The guest may well have failed for that alone.
            failure = failure.or_else(|| documents.failure().map(RunError::from));
        }
        let mut cleared = Cleared::default();
        if ending.end == End::Completed && failure.is_none() {
            match look_through(documents, &course).await {
                Ok(Ok(documents)) => cleared = documents,
                Ok(Err(end)) => ending = Ending { end, result: None },
                Err(error) => failure = Some(error),
            }
        } else {
            documents.abort().await;
        }
        let usage = Usage {
            wall: course.began.elapsed(),
            cpu: course.cpu.used(),
            memory,
            host_memory: course.tripwire.work().peak(),
            http: Vec::new(),
        };
        Ok(Settled { course, ending, failure, was_interrupted, cleared, misdirected, usage, secrets, http })
    }
}

/// What the host itself has failed so far.
///
/// # Errors
/// [`RunError::ArgsForTyped`].
fn failure(
    stop: Option<Stop>,
    shortage: Option<Shortage>,
    recorded: Result<(), RunError>,
) -> Result<Option<RunError>, RunError> {
    match (stop, shortage) {
        (Some(Stop::ArgsForTyped), _) => Err(RunError::ArgsForTyped),
        (Some(Stop::Shortage(shortage)), _) | (None, Some(shortage)) => Ok(Some(RunError::Shortage(shortage))),
        _ => Ok(recorded.err()),
    }
}

/// What a run has failed of that asked for a secret where nothing keeps any. The name is the guest's own text.
async fn no_store(secrets: &mut RunSecrets, filter: &Filter) -> Option<RunError> {
    let Unkept { name, closest, absent: cause } = secrets.unkept()?;
    let secret = filter.ready_anyway().await.text(Stream::Error, name.as_str());
    Some(RunError::NoStore { secret, closest, cause })
}

/// The documents, if they may leave; how the run ended otherwise.
async fn look_through(documents: Documents, course: &Course) -> Result<Result<Cleared, End>, RunError> {
    match documents.check(course.tripwire.work()).await {
        Ok(Checked::Cleared(documents)) => Ok(Ok(documents)),
        Ok(Checked::Withheld { document, reason }) => Ok(Err(End::Withheld { document, reason })),
        Err(CheckError::Over(_)) => Ok(Err(stopped(course.tripwire.reason(), course.limits()))),
        Err(CheckError::Documents(error)) => Err(error.into()),
    }
}

/// Makes the records of the run's reads, and of what was refused for what it read, durable, within bounds.
async fn record(snapshot: Option<&dyn Snapshot>, misdirected: &[Misdirected], by: &Reader) -> Result<(), RunError> {
    let Some(snapshot) = snapshot else { return Ok(()) };
    let settled = async {
        if !misdirected.is_empty() {
            snapshot.record_refusals(misdirected, by).await?;
        }
        snapshot.settle(by).await
    };
    let late = |_| SettleError("not within 10 seconds".into());
    tokio::time::timeout(SETTLE_PATIENCE, settled).await.map_err(late)??;
    Ok(())
}

/// What was refused. A host's name is the guest's own text.
async fn misdirected(guard: &BindingGuard, filter: &Filter) -> Vec<Misdirected> {
    let mut misdirected = guard.misdirected();
    if misdirected.is_empty() {
        return misdirected;
    }
    let ready = filter.ready_anyway().await;
    for refused in &mut misdirected {
        refused.host = ready.text(Stream::Error, &refused.host);
    }
    misdirected
}
