//! The last stage: what may leave is published, the rest of the output delivered, and the outcome told.

use std::time::Duration;

use super::course::Course;
use super::delivery::{Delivery, GRACE};
use super::ending::Ending;
use crate::documents::check::Cleared;
use crate::documents::document::Document;
use crate::documents::sink::Receipt;
use crate::error::RunError;
use crate::guest::http::Http;
use crate::guest::secrets::RunSecrets;
use crate::outcome::ended::Ended;
use crate::outcome::{End, Outcome, Usage, blame};
use crate::tripwire::Tripwire;
use um_leak::{Filter, Leak, Stream};
use um_secret::Misdirected;

/// A run of which nothing is left to decide but whether somebody ends it before its documents are published.
pub(super) struct Settled {
    pub course: Box<Course>,
    pub ending: Ending,
    /// What the host has failed.
    pub failure: Option<RunError>,
    /// Whether somebody wanted the run to end while the guest was called.
    pub was_interrupted: bool,
    pub cleared: Cleared,
    pub misdirected: Vec<Misdirected>,
    pub usage: Usage,
    pub secrets: RunSecrets,
    pub http: Http,
}

impl Settled {
    /// Publishes the documents, waits for whoever takes the output, and tells what the run came to.
    ///
    /// # Errors
    /// [`RunError`]: [`AfterCall`](RunError::AfterCall), or [`Output`](RunError::Output) of a stream that cannot be ended.
    pub async fn publish(self) -> Result<Ended, RunError> {
        let Self { course, mut ending, mut failure, was_interrupted, cleared, misdirected, usage, secrets, http } =
            self;
        let (pipes, tripwire) = ([&course.stdout, &course.stderr], &course.tripwire);
        let mut delivery = Delivery::of(pipes, &ending.end, course.patience, was_interrupted)?;
        let (mut published, mut receipt) = Default::default();
        match publish(cleared, &mut delivery, tripwire).await {
            Ok(Some(done)) => (published, receipt) = done,
            Ok(None) => ending = Ending { end: End::Interrupted, result: None },
            Err(error) => failure = Some(error),
        }
        let late = delivery.wait(tripwire.interrupted_for(GRACE, was_interrupted)).await;
        let delivered = late.is_ok() && delivery.is_complete();
        // What is published is published, whatever a writer says afterwards.
        if published.is_empty() {
            failure = failure.or(late.err());
        }
        let (http, refused) = http.summary().await;
        let leaks = shown(course.filter.report(), &course.filter).await;
        let mut doubtful = [course.filter.doubtful(), secrets.doubtful()].concat();
        doubtful.retain(|passed| has_left(&passed.stream, &ending, &published));
        let doubtful = shown(doubtful, &course.filter).await;
        let [stdout, stderr] = std::mem::take(&mut delivery.collected);
        course.wipe_stack(&secrets);
        let unseen = delivery.silent && published.is_empty() && http.is_empty();
        let outcome = Outcome {
            kind: course.declared.kind(),
            idle: ending.end == End::Completed && course.declared.is_bare() && unseen,
            blame: blame(&ending.end, true, secrets.host_failed()),
            end: ending.end,
            result: ending.result,
            delivered,
            leaks,
            doubtful,
            unguarded: course.filter.unguarded(),
            secrets: secrets.read(),
            unfit: secrets.unfit(),
            refused,
            misdirected,
            sealed: secrets.sealed(),
            unsent: secrets.unsent(),
            documents: published,
            usage: Usage { http, ..usage },
            ..course.outcome
        };
        let ended = Ended { outcome, stdout, stderr, receipt, queued: Duration::ZERO };
        match failure {
            Some(cause) => Err(cause.after(ended)),
            None => Ok(ended),
        }
    }
}

/// Publishes documents that may leave; none at all, if somebody wants the run to end before that.
///
/// That is the last thing, so that nothing is published that is then told as failed. But a reader that does not read
/// holds up its own output alone: at the deadline it is not waited for any more.
async fn publish(
    cleared: Cleared,
    delivery: &mut Delivery,
    tripwire: &Tripwire,
) -> Result<Option<(Vec<Document>, Receipt)>, RunError> {
    if cleared.is_empty() {
        return Ok(Some(Default::default()));
    }
    delivery.wait(tripwire.tripped()).await?;
    match tripwire.is_interrupted() {
        true => {
            cleared.abort().await;
            Ok(None)
        }
        false => Ok(Some(cleared.publish().await?)),
    }
}

/// Whether what passed there has left the run: its documents and its result may be dropped in the end.
fn has_left(stream: &Stream, ending: &Ending, published: &[Document]) -> bool {
    match stream {
        Stream::Document(name) => published.iter().any(|document| document.name == *name),
        Stream::Result => ending.result.is_some(),
        _ => true,
    }
}

/// What was masked, or let through. A document's name may hold a value that was guarded after it was given, and a host's is
/// the guest's own text.
async fn shown(mut leaks: Vec<Leak>, filter: &Filter) -> Vec<Leak> {
    if leaks.is_empty() {
        return leaks;
    }
    let ready = filter.ready_anyway().await;
    for leak in &mut leaks {
        if let Stream::Document(name) | Stream::Request(name) = &mut leak.stream {
            *name = ready.text(Stream::Error, name);
        }
    }
    leaks.sort_by(|one, other| one.order().cmp(&other.order()));
    leaks
}
