//! `wasi:http`: takes a guest's request to the egress client, under the run's policy, and its answer back.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::limits::{Limit, Limits};
use super::tripwire::{Stop, Tripwire};
use crate::egress::sealed::SealedFault;
use crate::egress::{
    Body, Budget, Client, EgressError, HostUsage, Meter, Phase, Policy, ProtocolFault, ProxyFault, RequestFault,
    TlsFault, Waits,
};
use crate::leak::{Filter, Stream};
use crate::secret::{MASK, WorkspaceName};

/// Most reasons that an outcome keeps.
const MAX_REASONS: usize = 20;

/// What the words begin with that tell of a wait which the run's limit ended, and what they end with.
pub(super) const TIMED_OUT: &str = "timed-out";
const AT_LIMIT: &str = " (the limit http-first-byte; raise it with --limit http-first-byte=VALUE)";

/// Most bytes of a request's body that a guest hands over at once.
const BODY_CHUNK_BYTES: usize = 64 * 1024;

/// A request on its way, as the engine wants it.
type Sending = Box<dyn Future<Output = Result<(http::Response<WasiBody>, Settling), Error>> + Send>;
type Settling = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// The network as one run has it.
pub(super) struct Http {
    client: Client,
    workspace: WorkspaceName,
    policy: Policy,
    meter: Arc<Meter>,
    /// The longest that a guest may have the host wait for an answer.
    longest: Duration,
    refusals: Refusals,
}

/// What went wrong, in words for the author; it also ends the run where a limit was hit.
#[derive(Clone)]
struct Refusals {
    reasons: Arc<Mutex<BTreeSet<String>>>,
    filter: Filter,
    tripwire: Tripwire,
    longest: Duration,
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
        let refusals = Refusals { reasons: Arc::default(), filter, tripwire, longest };
        let meter = Arc::new(Meter::new(budget).within(refusals.tripwire.work().clone()));
        Self { client, workspace: workspace.clone(), policy, meter, longest, refusals }
    }

    /// Counts the run's requests, also after its state is gone.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// Notes why something of the guest's was refused before there was a request. `reason` has nothing of its own text.
    pub fn refused(&self, reason: &str) {
        self.refusals.note(reason.to_owned());
    }

    /// What was used of each host, and why requests were refused or failed.
    pub fn summary(self) -> (Vec<HostUsage>, Vec<String>) {
        let reasons = std::mem::take(&mut *self.refusals.reasons.lock().unwrap_or_else(PoisonError::into_inner));
        // A host's name is the guest's own text.
        let filtered =
            |usage: HostUsage| HostUsage { host: self.refusals.filter.text(Stream::Error, &usage.host), ..usage };
        (self.meter.usage().hosts.into_iter().map(filtered).collect(), reasons.into_iter().collect())
    }
}

impl Http {
    /// A host's name is the guest's own text, and so is a method; of the path nothing is told.
    fn span(&self, request: &http::Request<WasiBody>) -> Span {
        let span = tracing::info_span!("request", method = Empty, host = Empty);
        if !span.is_disabled() {
            // Nothing is counted as masked that is shown to nobody but whoever follows the host.
            let shown = |text: &'static str, own: &str| match self.refusals.filter.finds_in(own.as_bytes()) {
                true => span.record(text, MASK),
                false => span.record(text, own),
            };
            shown("method", request.method().as_str());
            shown("host", request.uri().host().unwrap_or_default());
        }
        span
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
        let span = self.span(&request);
        let sending =
            self.client.send(&self.workspace, &self.policy, &self.meter, request, waits(options, self.longest));
        let refusals = self.refusals.clone();
        Box::new(async move {
            match sending.instrument(span).await {
                Ok(response) => {
                    let response = response.map(|body| Answer { body, refusals }.boxed_unsync());
                    let settling: Settling = Box::new(std::future::ready(Ok(())));
                    Ok((response, settling))
                }
                Err(error) => Err(refusals.refuse(&error)),
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

impl Refusals {
    fn refuse(&self, error: &EgressError) -> Error {
        if let EgressError::Limit { limit, .. } = error {
            self.tripwire.trip(Stop::Limit(Limit::from(*limit)));
        }
        let advice = if self.is_at_limit(error) { AT_LIMIT } else { "" };
        // A host's name is the guest's own text.
        let reason = self.filter.text(Stream::Error, &format!("{error}{advice}"));
        let code = match advice {
            "" => error_code(error, &reason),
            _ => in_words(TIMED_OUT, &reason),
        };
        self.note(reason);
        code
    }

    /// Whether it waited as long as the run's limit lets it, and no option of the guest's would make it longer.
    fn is_at_limit(&self, error: &EgressError) -> bool {
        let EgressError::Timeout { phase: Phase::FirstByte | Phase::BetweenBytes, after, .. } = error else {
            return false;
        };
        *after == self.longest
    }

    fn note(&self, reason: String) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        if reasons.len() < MAX_REASONS {
            reasons.insert(reason);
        }
    }
}

impl From<crate::egress::Limit> for Limit {
    fn from(limit: crate::egress::Limit) -> Self {
        match limit {
            crate::egress::Limit::HttpCalls => Self::HttpCalls,
            crate::egress::Limit::HttpBytesOut => Self::HttpBytesOut,
            crate::egress::Limit::HttpBytesIn => Self::HttpBytesIn,
        }
    }
}

/// What no code of WASI's says. The SDKs make typed errors of what stands before the colon.
fn in_words(kind: &str, reason: &str) -> Error {
    Error::InternalError(Some(format!("{kind}: {reason}")))
}

/// What the guest's code can read of an error, which `reason` says in words.
fn error_code(error: &EgressError, reason: &str) -> Error {
    let in_words = |kind: &str| in_words(kind, reason);
    match error {
        // The author can do nothing without the words.
        EgressError::PathNotAllowed { .. } | EgressError::MethodNotAllowed { .. } | EgressError::Strict { .. } => {
            in_words("not-allowed")
        }
        EgressError::Misdirected { .. } => in_words("misdirected"),
        EgressError::Sealed { fault, .. } => in_words(sealed_kind(fault)),
        EgressError::NotAllowed { .. } => Error::HttpRequestDenied,
        EgressError::Reflected { .. }
        | EgressError::Unopened { .. }
        | EgressError::Unrecorded { .. }
        | EgressError::Busy { .. } => Error::InternalError(Some(reason.to_owned())),
        EgressError::Inside { .. } => Error::DestinationIpProhibited,
        EgressError::Request(fault) => request_code(*fault).unwrap_or_else(|| in_words("invalid")),
        EgressError::Unresolved { .. } => Error::DnsError { rcode: None, info_code: None },
        EgressError::Connect { .. } => Error::ConnectionRefused,
        EgressError::Proxy { fault: ProxyFault::Timeout, .. } => Error::ConnectionTimeout,
        EgressError::Proxy { .. } => Error::DestinationUnavailable,
        EgressError::Tls { fault, .. } => match fault {
            TlsFault::Refused | TlsFault::Incompatible | TlsFault::NotTls | TlsFault::Broken => Error::TlsProtocolError,
            _ => Error::TlsCertificateError,
        },
        EgressError::Timeout { phase: Phase::Connect, .. } => Error::ConnectionTimeout,
        EgressError::Timeout { phase: Phase::FirstByte, .. } => Error::HttpResponseTimeout,
        EgressError::Timeout { phase: Phase::BetweenBytes, .. } => Error::ConnectionReadTimeout,
        EgressError::Protocol { fault: ProtocolFault::HeadTooLarge, .. } => Error::HttpResponseHeaderSectionSize(None),
        EgressError::Protocol { fault: ProtocolFault::Closed | ProtocolFault::Reset, .. } => {
            Error::HttpResponseIncomplete
        }
        EgressError::Protocol { .. } => Error::HttpProtocolError,
        EgressError::Limit { limit: crate::egress::Limit::HttpBytesOut, .. } => Error::HttpRequestBodySize(None),
        EgressError::Limit { limit: crate::egress::Limit::HttpBytesIn, .. } => Error::HttpResponseBodySize(None),
        EgressError::Limit { .. } => Error::ConnectionLimitReached,
    }
}

fn sealed_kind(fault: &SealedFault) -> &'static str {
    use SealedFault as Fault;
    match fault {
        fault if fault.misdirected().is_some() => "misdirected",
        Fault::Method | Fault::Range | Fault::TargetTooLong | Fault::BodyTooLong => "invalid",
        _ => "misplaced",
    }
}

fn request_code(fault: RequestFault) -> Option<Error> {
    match fault {
        RequestFault::HeadTooLarge(_) => Some(Error::HttpRequestHeaderSectionSize(None)),
        RequestFault::ContentLength | RequestFault::BodyLength | RequestFault::BodyAborted => {
            Some(Error::HttpRequestBodySize(None))
        }
        _ => None,
    }
}

/// A response's body as the engine wants it.
struct Answer {
    body: Body,
    refusals: Refusals,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map_err(|error| self.refusals.refuse(&error))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
