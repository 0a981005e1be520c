//! One request and the head of its response, on an open connection.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::error::egress::{EgressError, Phase};
use crate::error::response::ProtocolFault;
use crate::fields::fits;
use crate::meter::{ConnectionPermit, Meter};
use crate::request::body::{Progress, Upload};
use crate::request::plan::Plan;
use crate::response::body::Body;
use crate::response::head::{check_transfer, strip_connection_fields};
use crate::response::sealed_search::matcher::Reflections;
use crate::timeouts::Timeouts;
use crate::wire::lease::{Answer, Lease, Sending};
use crate::wire::received::{Received, Reception};
use crate::wire::traffic::Toll;
use crate::wire::{fault, http2};
use um_base::Held;
use um_base::rule::HostName;

/// What an exchange needs to know of its request.
pub(crate) struct Exchange {
    pub(crate) host: HostName,
    pub(crate) meter: Arc<Meter>,
    pub(crate) timeouts: Timeouts,
    /// Where sealed values go in the request.
    pub(crate) plan: Plan,
    /// The sealed values that the answer is held against.
    pub(crate) reflections: Option<Reflections>,
    /// The share of the run's connections that it has.
    pub(crate) permit: Arc<ConnectionPermit>,
    /// What the run's budget has given for a body that was held.
    pub(crate) _held: Option<Held>,
}

/// A response whose head has come.
pub(crate) struct Answered {
    response: Response<Incoming>,
    lease: Lease,
    progress: Arc<Progress>,
}

/// Why there is no response.
pub(crate) enum Failure {
    /// Nothing was written, or the other side says that it has not looked at it, or will over HTTP/1.1 only: the request
    /// can go out on another connection.
    Untouched(Box<Request<Upload>>, EgressError),
    Final(EgressError),
}

impl Failure {
    /// Whether the other side wants HTTP/1.1 for it.
    pub(crate) fn is_for_http1(&self) -> bool {
        let (Self::Untouched(_, error) | Self::Final(error)) = self;
        matches!(error, EgressError::Protocol { fault: ProtocolFault::Http1Required, .. })
    }
}

impl From<Failure> for EgressError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Untouched(_, error) | Failure::Final(error) => error,
        }
    }
}

impl Exchange {
    /// Sends `request` and waits for the head of its response. If the future is dropped, a connection of HTTP/1.1 closes
    /// and a stream of HTTP/2 is reset.
    pub(crate) async fn run(&self, mut lease: Lease, request: Request<Upload>) -> Result<Answered, Failure> {
        let progress = request.body().progress();
        progress.restart();
        lease.begin(Toll { host: self.host.clone(), meter: self.meter.clone(), filtered: self.reflections.is_some() });
        let spare = lease.is_shared().then(|| spare(&request)).flatten();
        let response =
            match self.first_byte(lease.send(request, &self.plan), &progress).await.map_err(Failure::Final)? {
                Ok(response) => response,
                Err(mut refused) => {
                    if let Some(over) = lease.failure() {
                        return Err(Failure::Final(over));
                    }
                    let unseen = http2::is_unprocessed(refused.error());
                    if !unseen {
                        lease.answered();
                    }
                    let open = unseen || http2::is_for_http1(refused.error());
                    let again = refused.take_message().or(spare.filter(|_| open));
                    return Err(self.explain(&progress, again, refused.error()));
                }
            };
        lease.answered();
        Ok(Answered { response, lease, progress })
    }

    /// Waits as long as pieces of the body keep going out, and then for the answer.
    async fn first_byte(&self, mut answer: Sending, progress: &Progress) -> Result<Answer, EgressError> {
        let after = self.timeouts.first_byte;
        loop {
            let deadline = progress.last() + after;
            if let Ok(output) = timeout_at(deadline, answer.as_mut()).await {
                return Ok(output);
            }
            if progress.last() + after <= Instant::now() {
                return Err(self.late(after));
            }
        }
    }

    /// A body that broke the request off knows the reason better than hyper does.
    fn explain(&self, progress: &Progress, untouched: Option<Request<Upload>>, error: &hyper::Error) -> Failure {
        let seen = match error.is_timeout() {
            true => self.late(http2::SILENCE),
            false => self.broken(fault::head_fault(error)),
        };
        match (progress.take_failure(), untouched) {
            (Some(reason), _) => Failure::Final(reason),
            (None, Some(request)) => Failure::Untouched(Box::new(request), seen),
            (None, None) => Failure::Final(seen),
        }
    }

    /// What the guest gets of it: held to the rules of HTTP, and without the values that it is held against.
    pub(crate) fn receive(&self, answered: Answered) -> Result<Response<Body>, EgressError> {
        let Answered { response, lease, progress } = answered;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(self.broken(ProtocolFault::Upgrade));
        }
        if !fits(response.headers()) {
            return Err(self.broken(ProtocolFault::HeadTooLarge));
        }
        if self.reflections.is_some() {
            let reflected = |fault| EgressError::Reflected { host: self.host.clone(), fault };
            check_transfer(response.headers()).map_err(reflected)?;
        }
        let (parts, incoming) = response.into_parts();
        let reception = Reception {
            lease,
            host: self.host.clone(),
            meter: self.meter.clone(),
            progress,
            between_bytes: self.timeouts.between_bytes,
            filtered: self.reflections.is_some(),
            permit: self.permit.clone(),
        };
        let mut rebuilt = Response::new(Received::new(incoming, reception));
        *rebuilt.status_mut() = parts.status;
        *rebuilt.version_mut() = parts.version;
        *rebuilt.headers_mut() = parts.headers;
        strip_connection_fields(rebuilt.headers_mut());
        Body::of(rebuilt, &self.host, self.reflections.as_ref(), &self.meter)
    }

    fn late(&self, after: Duration) -> EgressError {
        EgressError::Timeout { host: self.host.clone(), phase: Phase::FirstByte, after }
    }

    fn broken(&self, fault: ProtocolFault) -> EgressError {
        EgressError::Protocol { host: self.host.clone(), fault }
    }
}

/// The same request once more, if it has no body: one that has is gone once it was sent.
fn spare(request: &Request<Upload>) -> Option<Request<Upload>> {
    let body = request.body().is_end_stream().then(|| request.body().empty())?;
    let mut spare = Request::new(body);
    *spare.method_mut() = request.method().clone();
    *spare.uri_mut() = request.uri().clone();
    *spare.headers_mut() = request.headers().clone();
    Some(spare)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http_body_util::{BodyExt, Empty};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use crate::budget::Budget;
    use crate::client::Client;
    use crate::policy::Policy;
    use crate::seals::Seals;
    use crate::timeouts::Waits;
    use um_base::rule::{HostName, Placement, Rule};
    use um_secret::{
        Actor, Binding, Door, MapSecret, MapVault, Reader, RunId, SecretName, SecretValue, Secrets, WorkspaceName,
    };

    use super::*;

    const VALUE: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";

    /// What a run gets of a server that is bound to a sealed secret, sends these fields and then the value in one chunk.
    async fn received(fields: &str) -> Result<Bytes, EgressError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let answer = format!("HTTP/1.1 200 OK\r\n{fields}connection: close\r\n\r\n29\r\n{VALUE}\r\n0\r\n\r\n");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let entry: Rule = origin.parse().unwrap();
        let secret = MapSecret::new(SecretName::parse("TOKEN").unwrap(), SecretValue::new(VALUE.to_owned()).unwrap());
        let secret = secret.sealed([Binding::new(entry.clone(), Placement::default()).unwrap()]).unwrap();
        let workspace = WorkspaceName::parse("default").unwrap();
        let secrets = MapVault::new().workspace(workspace.clone(), [secret]);
        let snapshot = secrets.snapshot(&workspace, Duration::from_secs(1)).await.unwrap();
        let policy = Policy::new([entry].into_iter().collect())
            .allow_private(HostName::parse("127.0.0.1").unwrap())
            .sealed(Seals::new(snapshot, Reader::new(RunId::new(), Actor::local(Door::Library))));
        let request = Request::get(format!("{origin}/")).body(Empty::<Bytes>::new()).unwrap();
        let meter = Arc::new(Meter::new(Budget::default()));
        let response = Client::new().send(&workspace, &policy, &meter, request, Waits::default()).await?;
        response.into_body().collect().await.map(|body| body.to_bytes())
    }

    #[tokio::test]
    async fn an_answer_whose_transfer_is_compressed_is_refused_where_a_sealed_secret_is_bound() {
        let seen = received("Transfer-Encoding: chunked\r\n").await.unwrap();
        assert_eq!(seen, "***");
        for coding in ["gzip, chunked", "GZIP,chunked", "deflate", "x-rot13, chunked"] {
            let refused = received(&format!("Transfer-Encoding: {coding}\r\n")).await;
            let seen = refused.expect_err(coding);
            assert!(matches!(seen, EgressError::Reflected { .. } | EgressError::Protocol { .. }), "{coding}: {seen}");
        }
        assert!(received("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n").await.is_err());
    }
}
