//! Bodies of requests that may hold a placeholder: watched while they stream, or held until a value is in.

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_LENGTH;
use http_body::Body;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::time::timeout;

use crate::error::egress::{EgressError, Phase, RequestFault};
use crate::error::sealed::SealedFault;
use crate::exchange::Exchange;
use crate::request::body::Upload;
use crate::request::placeholder_scan::{Watched, WatchedError};
use crate::request::plan::{BodyPlan, Plan};
use crate::request::sealed::SealedSet;
use um_base::rule::HostName;
use um_secret::apart;

/// A body that streams is watched; one that is held is looked at when all of it is there. Not for workspaces without
/// sealed secrets: nothing there makes placeholders.
pub(crate) fn watch<B>(body: B, plan: &Plan, run: &SealedSet, host: &HostName) -> UnsyncBoxBody<Bytes, EgressError>
where
    B: Body<Data = Bytes, Error = EgressError> + Send + Unpin + 'static,
{
    if plan.body() != BodyPlan::Watch {
        return body.boxed_unsync();
    }
    let host = host.clone();
    let explain = move |error| match error {
        WatchedError::Sealed(fault) => EgressError::Sealed { host: host.clone(), fault },
        WatchedError::Body(error) => error,
    };
    Watched::new(body, run).map_err(explain).boxed_unsync()
}

/// What is kept of a body while it is held: itself, as it grows, and with the values in it.
const COPIES: usize = 3;

/// Reads a body to its end and puts the values into it, if that is the plan. What it comes to is not counted: the guest
/// could tell the length of a value from it.
pub(crate) async fn hold(request: Request<Upload>, exchange: &mut Exchange) -> Result<Request<Upload>, EgressError> {
    let BodyPlan::Hold { at_most } = exchange.plan.body() else { return Ok(request) };
    let host = exchange.host.clone();
    let refused = |fault| EgressError::Sealed { host: host.clone(), fault };
    let (mut parts, mut upload) = request.into_parts();
    let mut body = Vec::new();
    // Where there is no room the run is over, and nobody reads why.
    let over = |_| refused(SealedFault::BodyTooLong);
    let mut held = exchange.meter.work().hold(0).map_err(over)?;
    while let Some(piece) = next(&mut upload, exchange).await? {
        if body.len() + piece.len() > at_most {
            return Err(refused(SealedFault::BodyTooLong));
        }
        held.grow((COPIES * piece.len()) as u64).map_err(over)?;
        body.extend_from_slice(&piece);
    }
    exchange.held = Some(held);
    if body.is_empty() {
        return Ok(Request::from_parts(parts, upload.empty()));
    }
    let filled = apart(|| exchange.plan.fill_body(&body.into())).map_err(refused)?;
    parts.headers.insert(CONTENT_LENGTH, filled.len().into());
    Ok(Request::from_parts(parts, upload.filled(filled)))
}

/// Waits for the guest as long as for an answer.
async fn next(upload: &mut Upload, exchange: &Exchange) -> Result<Option<Bytes>, EgressError> {
    let after = exchange.timeouts.first_byte;
    let late = |_| EgressError::Timeout { host: exchange.host.clone(), phase: Phase::FirstByte, after };
    let frame = timeout(after, upload.frame()).await.map_err(late)?;
    let reason = || upload.progress().take_failure().unwrap_or(RequestFault::BodyAborted.into());
    frame
        .map(|frame| frame.map_err(|_| reason()))
        .transpose()
        .map(|frame| frame.and_then(|frame| frame.into_data().ok()))
}
