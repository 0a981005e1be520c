//! What was refused of a run's requests, or failed: kept for its outcome, and for a guest that asks why.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wasmtime::component::{HasData, Linker};
use wasmtime_wasi_http::Error;

use super::bindings::um::action::refusals as wit;
use super::secrets::RunSecrets;
use crate::limits::table::Limit;
use crate::outcome::refusal::{FieldsTooLarge, KeyRefused, Refusal, SocketRefused};
use crate::tripwire::{Stop, Tripwire};
use um_base::Coded;
use um_egress::{EgressError, Phase, ProtocolFault, ProxyFault, RequestFault, SealedFault, TlsFault};
use um_leak::{Filter, Ready, Stream};

/// Most refusals that an outcome keeps.
const MAX_KEPT: usize = 20;
/// Longest name that is told, in bytes: that of a host.
const MAX_NAME_BYTES: usize = 253;
/// Longest message about a key that is told, in bytes.
const MAX_KEY_MESSAGE_BYTES: usize = 512;
/// Most that a guest can ask about: the latest.
const MAX_EXPLAINED: usize = 200;

/// The refusals of one run; it also ends where a limit was hit.
#[derive(Clone)]
pub(crate) struct Refusals {
    seen: Arc<Mutex<Seen>>,
    filter: Filter,
    tripwire: Tripwire,
    /// The longest that a guest may have the host wait for an answer.
    longest: Duration,
}

#[derive(Default)]
struct Seen {
    kept: BTreeSet<Refusal>,
    /// What guests get as `internal-error`, with what is behind it.
    explained: Vec<(wit::Kind, Refusal)>,
}

impl Refusals {
    pub fn new(filter: Filter, tripwire: Tripwire, longest: Duration) -> Self {
        Self { seen: Arc::default(), filter, tripwire, longest }
    }

    /// The filter, whatever has become of the run.
    pub async fn ready(&self) -> Ready<'_> {
        match self.filter.ready(self.tripwire.work()).await {
            Ok(ready) => ready,
            Err(_) => self.filter.ready_anyway().await,
        }
    }

    /// Keeps what became of a request, and gives the code by which its guest learns of it.
    pub async fn refuse(&self, error: &EgressError) -> Error {
        if let EgressError::Limit { limit, .. } = error {
            self.tripwire.trip(Stop::Limit(Limit::from(*limit)));
        }
        let mut refusal = self.refusal(error, self.ready().await);
        if self.is_at_limit(error) {
            refusal.message += &format!(" (the limit {})", Limit::HttpFirstByte);
        }
        let meaning = match self.is_at_limit(error) {
            true => Meaning::InWords(wit::Kind::TimedOut),
            false => meaning(error),
        };
        let code = match meaning {
            Meaning::Code(code) => code,
            Meaning::InWords(kind) => {
                self.seen().explain(kind, &refusal);
                Error::InternalError(Some(refusal.message.clone()))
            }
        };
        self.keep(refusal);
        code
    }

    /// Keeps a refusal of something before there was a request. The message has nothing of the guest's own.
    pub fn keep_fact(&self, fact: &FieldsTooLarge) {
        self.keep(Refusal {
            code: fact.code().to_owned(),
            message: fact.to_string(),
            host: None,
            entry: None,
            secret: None,
            limit: None,
        });
    }

    /// Keeps that a socket was refused. A name is the guest's own text: it is told where it can be filtered at once.
    pub fn keep_socket(&self, refused: SocketRefused) {
        let shown = |name: String| Some(self.filter.if_ready()?.text(Stream::Error, &name));
        let refused = SocketRefused { name: refused.name.filter(|name| name.len() <= MAX_NAME_BYTES).and_then(shown) };
        self.keep(Refusal {
            code: refused.code().to_owned(),
            message: refused.to_string(),
            host: refused.name,
            entry: None,
            secret: None,
            limit: None,
        });
    }

    /// Keeps that a secret was asked for in vain. A key is the guest's own text, and its name is made of it: one with anything
    /// in it that is masked is not told at all.
    pub async fn keep_key(&self, refused: &KeyRefused) {
        let message = refused.to_string();
        let is_plain = message.len() <= MAX_KEY_MESSAGE_BYTES;
        if is_plain && self.ready().await.text(Stream::Error, &message) == message {
            self.keep(Refusal {
                code: refused.code().to_owned(),
                message,
                host: None,
                entry: None,
                secret: refused.name().map(ToString::to_string),
                limit: None,
            });
        }
    }

    /// Whether a text is what a guest got for a wait that ended.
    pub fn timed_out(&self, text: &str) -> bool {
        self.seen().find(text).is_some_and(|(kind, _)| *kind == wit::Kind::TimedOut)
    }

    /// Everything that is kept, each once.
    pub fn all(&self) -> Vec<Refusal> {
        std::mem::take(&mut self.seen().kept).into_iter().collect()
    }

    fn keep(&self, refusal: Refusal) {
        let kept = &mut self.seen().kept;
        if kept.len() < MAX_KEPT {
            kept.insert(refusal);
        }
    }

    /// A host's name is the guest's own text.
    fn refusal(&self, error: &EgressError, ready: Ready<'_>) -> Refusal {
        let shown = |text: &str| ready.text(Stream::Error, text);
        let about = About::of(error);
        Refusal {
            code: error.code().to_owned(),
            message: shown(&error.to_string()),
            host: about.host.map(|host| shown(&host)),
            entry: about.entry.map(|entry| shown(&entry)),
            secret: about.secret,
            limit: match self.is_at_limit(error) {
                true => Some(Limit::HttpFirstByte.name().to_owned()),
                false => about.limit.map(|limit| limit.name().to_owned()),
            },
        }
    }

    /// Whether it waited as long as the run's limit lets it, and no option of the guest's would make it longer.
    fn is_at_limit(&self, error: &EgressError) -> bool {
        let EgressError::Timeout { phase: Phase::FirstByte | Phase::BetweenBytes, after, .. } = error else {
            return false;
        };
        *after == self.longest
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn explain(&mut self, kind: wit::Kind, refusal: &Refusal) {
        if self.find(&refusal.message).is_some() {
            return;
        }
        if self.explained.len() == MAX_EXPLAINED {
            self.explained.remove(0);
        }
        self.explained.push((kind, refusal.clone()));
    }

    fn find(&self, text: &str) -> Option<&(wit::Kind, Refusal)> {
        self.explained.iter().find(|(_, refusal)| refusal.message == text)
    }
}

/// What an error is about, where that is something to act on.
#[derive(Default)]
struct About {
    host: Option<String>,
    entry: Option<String>,
    secret: Option<String>,
    limit: Option<Limit>,
}

impl About {
    fn of(error: &EgressError) -> Self {
        use EgressError as E;
        let host = match error {
            E::NotAllowed { host, .. }
            | E::PathNotAllowed { host, .. }
            | E::MethodNotAllowed { host, .. }
            | E::Misdirected { host, .. }
            | E::Key { host }
            | E::Sealed { host, .. }
            | E::Reflected { host, .. }
            | E::Unopened { host }
            | E::Unrecorded { host }
            | E::Strict { host, .. }
            | E::Inside { host, .. }
            | E::Unresolved { host, .. }
            | E::Connect { host, .. }
            | E::Proxy { host, .. }
            | E::Tls { host, .. }
            | E::Timeout { host, .. }
            | E::Protocol { host, .. }
            | E::Busy { host, .. } => Some(host.to_string()),
            E::Request(_) | E::Limit { .. } => None,
        };
        let about = Self { host, ..Self::default() };
        match error {
            E::NotAllowed { entry, .. } | E::PathNotAllowed { entry, .. } | E::MethodNotAllowed { entry, .. } => {
                Self { entry: Some(entry.clone()), ..about }
            }
            E::Misdirected { entry, secret, .. } | E::Strict { entry, secret, .. } => {
                Self { entry: Some(entry.clone()), secret: Some(secret.to_string()), ..about }
            }
            E::Sealed { fault, .. } => Self { secret: fault.secret().map(ToString::to_string), ..about },
            E::Busy { .. } => Self { limit: Some(Limit::HttpConnections), ..about },
            E::Limit { limit, .. } => Self { limit: Some(Limit::from(*limit)), ..about },
            _ => about,
        }
    }
}

/// How a guest learns of an error.
enum Meaning {
    /// WASI has a code for it.
    Code(Error),
    /// It has none: the guest gets the words, and asks what they mean.
    InWords(wit::Kind),
}

fn meaning(error: &EgressError) -> Meaning {
    use Meaning::{Code, InWords};
    match error {
        EgressError::PathNotAllowed { .. } | EgressError::MethodNotAllowed { .. } | EgressError::Strict { .. } => {
            InWords(wit::Kind::NotAllowed)
        }
        EgressError::Misdirected { .. } | EgressError::Key { .. } => InWords(wit::Kind::Misdirected),
        EgressError::Sealed { fault, .. } => InWords(sealed_kind(fault)),
        EgressError::NotAllowed { .. } => Code(Error::HttpRequestDenied),
        EgressError::Reflected { .. }
        | EgressError::Unopened { .. }
        | EgressError::Unrecorded { .. }
        | EgressError::Busy { .. } => InWords(wit::Kind::Unavailable),
        EgressError::Inside { .. } => Code(Error::DestinationIpProhibited),
        EgressError::Request(fault) => request_code(*fault).map_or(InWords(wit::Kind::Invalid), Code),
        EgressError::Unresolved { .. } => Code(Error::DnsError { rcode: None, info_code: None }),
        EgressError::Connect { .. } => Code(Error::ConnectionRefused),
        EgressError::Proxy { fault: ProxyFault::Timeout, .. } => Code(Error::ConnectionTimeout),
        EgressError::Proxy { .. } => Code(Error::DestinationUnavailable),
        EgressError::Tls { fault, .. } => Code(match fault {
            TlsFault::Refused | TlsFault::Incompatible | TlsFault::NotTls | TlsFault::Broken => Error::TlsProtocolError,
            _ => Error::TlsCertificateError,
        }),
        EgressError::Timeout { phase: Phase::Connect, .. } => Code(Error::ConnectionTimeout),
        EgressError::Timeout { phase: Phase::FirstByte, .. } => Code(Error::HttpResponseTimeout),
        EgressError::Timeout { phase: Phase::BetweenBytes, .. } => Code(Error::ConnectionReadTimeout),
        EgressError::Protocol { fault: ProtocolFault::HeadTooLarge, .. } => {
            Code(Error::HttpResponseHeaderSectionSize(None))
        }
        EgressError::Protocol { fault: ProtocolFault::Closed | ProtocolFault::Reset, .. } => {
            Code(Error::HttpResponseIncomplete)
        }
        EgressError::Protocol { .. } => Code(Error::HttpProtocolError),
        EgressError::Limit { limit: um_egress::Limit::HttpBytesOut, .. } => Code(Error::HttpRequestBodySize(None)),
        EgressError::Limit { limit: um_egress::Limit::HttpBytesIn, .. } => Code(Error::HttpResponseBodySize(None)),
        EgressError::Limit { .. } => Code(Error::ConnectionLimitReached),
    }
}

fn sealed_kind(fault: &SealedFault) -> wit::Kind {
    use SealedFault as Fault;
    match fault {
        fault if fault.misdirected().is_some() => wit::Kind::Misdirected,
        Fault::Method | Fault::Range | Fault::TargetTooLong | Fault::BodyTooLong => wit::Kind::Invalid,
        _ => wit::Kind::Misplaced,
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

impl From<um_egress::Limit> for Limit {
    fn from(limit: um_egress::Limit) -> Self {
        match limit {
            um_egress::Limit::HttpCalls => Self::HttpCalls,
            um_egress::Limit::HttpBytesOut => Self::HttpBytesOut,
            um_egress::Limit::HttpBytesIn => Self::HttpBytesIn,
        }
    }
}

/// What a guest can ask about its refusals, for the time of a call.
pub(crate) struct View<'a> {
    pub refusals: &'a Refusals,
    pub secrets: &'a RunSecrets,
}

struct HasRefusals;

impl HasData for HasRefusals {
    type Data<'a> = View<'a>;
}

/// Links `um:action/refusals`.
pub(crate) fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasRefusals>(linker, view)
}

impl wit::Host for View<'_> {
    async fn explain(&mut self, text: String) -> wasmtime::Result<Option<wit::Refusal>> {
        let seen = self.refusals.seen();
        // It says nothing that its guest was not told in words.
        Ok(seen.find(&text).map(|(kind, refusal)| wit::Refusal {
            kind: *kind,
            code: refusal.code.clone(),
            entry: refusal.entry.clone(),
            secret: refusal.secret.clone(),
            limit: refusal.limit.clone(),
        }))
    }

    async fn workspace(&mut self) -> wasmtime::Result<String> {
        Ok(self.secrets.workspace())
    }
}
