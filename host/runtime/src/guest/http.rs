//! `wasi:http`: takes a guest's request to the egress client, under the run's policy, and its answer back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::refusals::Refusals;
use crate::limits::table::Limits;
use crate::outcome::refusal::Refusal;
use crate::tripwire::Tripwire;
use um_egress::{Body, Budget, Client, HostUsage, Meter, Policy, Waits};
use um_leak::{Filter, Ready, Stream, holds_key};
use um_secret::{MASK, WorkspaceName};

/// Most bytes of a request's body that a guest hands over at once.
const BODY_CHUNK_BYTES: usize = 64 * 1024;

/// A request on its way, as the engine wants it.
type Sending = Box<dyn Future<Output = Result<(http::Response<WasiBody>, Settling), Error>> + Send>;
type Settling = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// The network as one run has it.
pub(crate) struct Http {
    client: Client,
    workspace: WorkspaceName,
    policy: Policy,
    meter: Arc<Meter>,
    /// The longest that a guest may have the host wait for an answer.
    longest: Duration,
    refusals: Refusals,
}

impl Http {
    pub fn new(
        client: Client,
        workspace: &WorkspaceName,
        policy: Policy,
        limits: &Limits,
        filter: Filter,
        tripwire: Tripwire,
    ) -> Self {
        let budget = Budget {
            calls: limits.http_calls,
            bytes_out: limits.http_bytes_out,
            bytes_in: limits.http_bytes_in,
            connections: limits.http_connections,
        };
        let longest = limits.http_first_byte;
        let meter = Arc::new(Meter::new(budget).within(tripwire.work().clone()));
        let refusals = Refusals::new(filter, tripwire, longest);
        Self { client, workspace: workspace.clone(), policy, meter, longest, refusals }
    }

    /// Counts the run's requests, also after its state is gone.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// What was used of each host, and why requests were refused or failed.
    pub async fn summary(self) -> (Vec<HostUsage>, Vec<Refusal>) {
        let mut hosts = self.meter.usage().hosts;
        if !hosts.is_empty() {
            let ready = self.refusals.ready().await;
            // A host's name is the guest's own text.
            hosts.iter_mut().for_each(|usage| usage.host = ready.text(Stream::Error, &usage.host));
        }
        (hosts, self.refusals.all())
    }
}

/// What somebody who follows the host is told of a request: where it goes, and by which method.
struct Followed {
    span: Span,
    method: String,
    host: String,
}

impl Followed {
    /// `None` if nobody does.
    fn new(request: &http::Request<WasiBody>) -> Option<Self> {
        let span = tracing::info_span!("request", method = Empty, host = Empty);
        let own = |text: &str| text.to_owned();
        (!span.is_disabled()).then(|| Self {
            method: own(request.method().as_str()),
            host: own(request.uri().host().unwrap_or_default()),
            span,
        })
    }

    /// A host's name is the guest's own text, and so is a method; of the path nothing is told. Nothing is counted as
    /// masked that is shown to nobody else.
    fn told(self, ready: Ready<'_>) -> Span {
        for (field, own) in [("method", &self.method), ("host", &self.host)] {
            self.span.record(
                field,
                if ready.finds_in(own.as_bytes()) || holds_key(own.as_bytes()) { MASK } else { &own[..] },
            );
        }
        self.span
    }
}

impl WasiHttpHooks for Http {
    /// What a guest writes before it sends the request is buffered, and counts against no limit.
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK_BYTES
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Sending {
        let followed = Followed::new(&request);
        let sending =
            self.client.send(&self.workspace, &self.policy, &self.meter, request, waits(options, self.longest));
        let refusals = self.refusals.clone();
        Box::new(async move {
            let span = match followed {
                Some(followed) => followed.told(refusals.ready().await),
                None => Span::none(),
            };
            match sending.instrument(span).await {
                Ok(response) => {
                    let response = response.map(|body| Answer { body, refusals, refusing: None }.boxed_unsync());
                    let settling: Settling = Box::new(std::future::ready(Ok(())));
                    Ok((response, settling))
                }
                Err(error) => Err(refusals.refuse(&error).await),
            }
        })
    }
}

/// The guest's waits, as long as it says; what it leaves open is the client's default. None for an answer is longer than
/// the run's limit.
fn waits(options: Option<RequestOptions>, longest: Duration) -> Waits {
    let bound = Waits { at_most: Some(longest), ..Waits::default() };
    options.map_or(bound, |options| Waits {
        connect: options.connect_timeout,
        first_byte: options.first_byte_timeout,
        between_bytes: options.between_bytes_timeout,
        ..bound
    })
}

/// A response's body as the engine wants it.
struct Answer {
    body: Body,
    refusals: Refusals,
    /// What the guest is told of an error that came, on its way.
    refusing: Option<Pin<Box<dyn Future<Output = Error> + Send>>>,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.refusing.is_none() {
            let error = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                None => return Poll::Ready(None),
                Some(Err(error)) => error,
            };
            let refusals = self.refusals.clone();
            self.refusing = Some(Box::pin(async move { refusals.refuse(&error).await }));
        }
        let Some(refusing) = &mut self.refusing else { return Poll::Ready(None) };
        let refused = ready!(refusing.as_mut().poll(context));
        self.refusing = None;
        Poll::Ready(Some(Err(refused)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
