//! Bodies of requests that a sealed value may go into: held until it is in.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::body::Upload;
use super::plan::{BodyPlan, Plan};
use crate::error::egress::{EgressError, Phase};
use crate::error::request::{RequestFault, SealedFault};
use um_base::rule::HostName;
use um_base::{Held, Work};
use um_secret::apart;

/// What is kept of a body while it is held: itself, as it grows, and with the values in it.
const COPIES: usize = 3;

/// Reads a body to its end and puts the values into it, if that is the plan, with what the run's budget gives for it. What
/// it comes to is not counted: the guest could tell the length of a value from it. The guest is waited for as long as
/// `patience`, for each piece.
pub(crate) async fn hold(
    request: Request<Upload>,
    plan: &mut Plan,
    host: &HostName,
    work: &Work,
    patience: Duration,
) -> Result<(Request<Upload>, Option<Held>), EgressError> {
    let BodyPlan::Hold { at_most } = plan.body() else { return Ok((request, None)) };
    let refused = |fault| EgressError::Sealed { host: host.clone(), fault };
    let (mut parts, mut upload) = request.into_parts();
    let mut body = Vec::new();
    // Where there is no room the run is over, and nobody reads why.
    let over = |_| refused(SealedFault::BodyTooLong);
    let mut held = work.hold(0).map_err(over)?;
    while let Some(piece) = next(&mut upload, host, patience).await? {
        if body.len() + piece.len() > at_most {
            return Err(refused(SealedFault::BodyTooLong));
        }
        held.grow((COPIES * piece.len()) as u64).map_err(over)?;
        body.extend_from_slice(&piece);
    }
    if body.is_empty() {
        return Ok((Request::from_parts(parts, upload.empty()), Some(held)));
    }
    let filled = apart(|| plan.fill_body(&body.into())).map_err(refused)?;
    parts.headers.insert(CONTENT_LENGTH, filled.len().into());
    Ok((Request::from_parts(parts, upload.filled(filled)), Some(held)))
}

async fn next(upload: &mut Upload, host: &HostName, after: Duration) -> Result<Option<Bytes>, EgressError> {
    let late = |_| EgressError::Timeout { host: host.clone(), phase: Phase::FirstByte, after };
    let frame = timeout(after, upload.frame()).await.map_err(late)?;
    let reason = || upload.progress().take_failure().unwrap_or(RequestFault::BodyAborted.into());
    frame
        .map(|frame| frame.map_err(|_| reason()))
        .transpose()
        .map(|frame| frame.and_then(|frame| frame.into_data().ok()))
}
