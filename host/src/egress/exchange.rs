//! One request and the head of its response, on an open connection.

use std::pin::pin;
use std::sync::Arc;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::body::{Body, Sent};
use super::pool::Lease;
use super::request::strip_connection_fields;
use super::upload::{Progress, Upload};
use super::{EgressError, HostName, Meter, Phase, ProtocolFault, Timeouts, error};

/// What an exchange needs to know of its request.
pub(super) struct Exchange {
    pub(super) host: HostName,
    pub(super) meter: Arc<Meter>,
    pub(super) timeouts: Timeouts,
}

/// Why there is no response.
pub(super) enum Failure {
    /// The connection was closed before anything was written: the request can go out on another.
    Untouched(Box<Request<Upload>>, EgressError),
    Final(EgressError),
}

impl From<Failure> for EgressError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Untouched(_, error) | Failure::Final(error) => error,
        }
    }
}

impl Exchange {
    /// Sends `request` and waits for the head of its response. The connection closes if the future is dropped.
    pub(super) async fn run(&self, mut lease: Lease, request: Request<Upload>) -> Result<Response<Body>, Failure> {
        let progress = request.body().progress();
        progress.restart();
        let answer = pin!(lease.connection.sender.try_send_request(request));
        let response = match self.first_byte(answer, &progress).await.map_err(Failure::Final)? {
            Ok(response) => response,
            Err(mut refused) => return Err(self.explain(&progress, refused.take_message(), refused.error())),
        };
        self.receive(response, lease, progress).map_err(Failure::Final)
    }

    /// Waits as long as pieces of the body keep going out, and then for the answer.
    async fn first_byte<A: Future>(
        &self,
        mut answer: std::pin::Pin<&mut A>,
        progress: &Progress,
    ) -> Result<A::Output, EgressError> {
        let after = self.timeouts.first_byte;
        loop {
            let deadline = progress.last() + after;
            if let Ok(output) = timeout_at(deadline, answer.as_mut()).await {
                return Ok(output);
            }
            if progress.last() + after <= Instant::now() {
                return Err(EgressError::Timeout { host: self.host.clone(), phase: Phase::FirstByte, after });
            }
        }
    }

    /// A body that broke the request off knows the reason better than hyper does.
    fn explain(&self, progress: &Progress, untouched: Option<Request<Upload>>, error: &hyper::Error) -> Failure {
        let fault = error::head_fault(error);
        let seen = EgressError::Protocol { host: self.host.clone(), fault };
        match (progress.take_failure(), untouched) {
            (Some(reason), _) => Failure::Final(reason),
            (None, Some(request)) => Failure::Untouched(Box::new(request), seen),
            (None, None) => Failure::Final(seen),
        }
    }

    fn receive(
        &self,
        response: Response<Incoming>,
        lease: Lease,
        progress: Arc<Progress>,
    ) -> Result<Response<Body>, EgressError> {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(EgressError::Protocol { host: self.host.clone(), fault: ProtocolFault::Upgrade });
        }
        let (parts, incoming) = response.into_parts();
        let sent = Sent {
            lease,
            host: self.host.clone(),
            meter: self.meter.clone(),
            progress,
            between_bytes: self.timeouts.between_bytes,
        };
        let mut rebuilt = Response::new(Body::new(incoming, sent));
        *rebuilt.status_mut() = parts.status;
        *rebuilt.version_mut() = parts.version;
        *rebuilt.headers_mut() = parts.headers;
        strip_connection_fields(rebuilt.headers_mut());
        Ok(rebuilt)
    }
}
