//! Sends requests that have passed every check, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use crate::error::egress::{EgressError, ProtocolFault};
use crate::exchange::{Exchange, Failure};
use crate::meter::Meter;
use crate::policy::Policy;
use crate::request::body::Upload;
use crate::request::buffered as held;
use crate::request::head;
use crate::response::body::Body;
use crate::response::filtered::prepare;
use crate::seals::Seals;
use crate::timeouts::{Timeouts, Waits};
use crate::wire::connect::{Dialled, Dialler, Offer, Patience};
use crate::wire::lease::{Channel, Lease};
use crate::wire::pool::{Pool, PoolKey};
use crate::wire::proxy::Proxy;
use crate::wire::resolve::{Resolve, SystemResolver};
use crate::wire::roots;
use crate::wire::roots::PemError;
use crate::wire::roots::Roots;
use crate::wire::tls;
use um_base::Work;
use um_base::coded;
use um_base::rule::Scheme;
use um_secret::WorkspaceName;

/// An HTTP client for the runs of many workspaces. Cheap to clone.
///
/// Over TLS it speaks HTTP/2 with servers that choose it, else HTTP/1.1.
///
/// It needs tokio's timers and network in the runtime where requests are sent.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    dialler: Dialler,
    pool: Arc<Pool>,
    timeouts: Timeouts,
}

/// Settings of a [`Client`]: the system's resolver, the web's certificate authorities, no proxy, the default
/// [`Timeouts`], unless set otherwise.
pub struct ClientBuilder {
    resolver: Arc<dyn Resolve>,
    roots: Roots,
    proxy: Option<Proxy>,
    timeouts: Timeouts,
}

/// Why a [`Client`] could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    #[error("root certificate {number} is not a DER-encoded X.509 certificate")]
    RootCertificate {
        /// Counted from 1.
        number: usize,
    },
    #[error("this machine has no certificate authorities that could be read; install them, or trust the web's")]
    NoPlatformRoots,
}

coded! { BuildError:
    Self::RootCertificate { .. } => Invalid "root-certificate",
    Self::NoPlatformRoots => Unavailable "no-platform-roots",
}

/// A request that is permitted, and where it goes.
struct Admitted {
    key: PoolKey,
    request: Request<Upload>,
    exchange: Exchange,
    seals: Seals,
}

impl Client {
    /// A client with the default settings.
    pub fn new() -> Self {
        Self::builder().build().expect("the default settings have no certificate that could be wrong")
    }

    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            resolver: Arc::new(SystemResolver),
            roots: Roots::default(),
            proxy: None,
            timeouts: Timeouts::default(),
        }
    }

    /// Sends `request`, whose URI must be absolute, if `policy` permits it and `meter` has room for it.
    ///
    /// The policy is asked at once, everything else happens in the future. Dropping the future, or the response's body
    /// before its end, closes the connection, or resets the request's stream if others share it. It waits as long as
    /// `asked` says; what that leaves open is as the client has it.
    ///
    /// # Errors
    /// [`EgressError`], also from the body while it is read.
    pub fn send<B>(
        &self,
        workspace: &WorkspaceName,
        policy: &Policy,
        meter: &Arc<Meter>,
        request: Request<B>,
        asked: Waits,
    ) -> impl Future<Output = Result<Response<Body>, EgressError>> + Send + 'static + use<B>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
    {
        let timeouts = asked.or(self.0.timeouts);
        let admitted = admit(workspace, policy, meter, request, timeouts);
        let shared = self.0.clone();
        async move { shared.deliver(admitted?).await }
    }

    /// Closes all idle connections; what is in use closes after the requests that are under way.
    pub fn close_idle(&self) {
        self.0.pool.clear();
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl ClientBuilder {
    /// Resolves names with `resolver` instead of the system's.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Trusts one more certificate authority, DER-encoded.
    #[must_use]
    pub fn root_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.roots.added.push(der.into().into());
        self
    }

    /// Trusts the certificate authorities of a PEM text as well: all of them, at most 1 MiB.
    ///
    /// # Errors
    /// [`PemError`] if there is none, one is broken, or a private key is among them.
    pub fn root_pem(mut self, pem: &[u8]) -> Result<Self, PemError> {
        self.roots.added.extend(roots::certificates(pem)?);
        Ok(self)
    }

    /// Trusts this machine's certificate authorities instead of the web's. `SSL_CERT_FILE` and `SSL_CERT_DIR` name
    /// others, as for most programs.
    #[must_use]
    pub fn platform_roots(mut self) -> Self {
        self.roots.platform = true;
        self
    }

    /// Asks `proxy` for every connection. Addresses are checked all the same, by names that are resolved here.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// The waits of requests that are sent without a word on them ([`Waits`]); at most a day each.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// # Errors
    /// [`BuildError`] if a root certificate is none, or this machine has none.
    pub fn build(self) -> Result<Client, BuildError> {
        let roots = self.roots.into_store()?;
        let dialler = Dialler {
            resolver: self.resolver,
            tls: tls::connector(&roots, &tls::HTTP),
            http1_tls: tls::connector(&roots, &tls::HTTP1),
            proxy: self.proxy,
        };
        Ok(Client(Arc::new(Shared { dialler, pool: Arc::default(), timeouts: self.timeouts })))
    }
}

/// Everything that can be decided without the network.
fn admit<B>(
    workspace: &WorkspaceName,
    policy: &Policy,
    meter: &Arc<Meter>,
    mut request: Request<B>,
    timeouts: Timeouts,
) -> Result<Admitted, EgressError>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    let (origin, target) = head::route(&request)?;
    head::settle(&mut request, &target);
    head::check_size(request.method(), request.headers(), &target)?;
    head::permit(policy, request.method(), request.headers(), &origin, &target)?;
    let (seals, host) = (policy.seals().clone(), origin.host.clone());
    let (run, is_watched) = (seals.set(), seals.watches(&origin));
    let (parts, body) = request.into_parts();
    let placed = run.place(&origin, &parts, is_watched);
    let plan = placed.map_err(|fault| {
        fault.misdirected().into_iter().for_each(|secret| policy.values().count(secret, &host));
        EgressError::Sealed { host: host.clone(), fault }
    })?;
    let request = policy.values().screen(Request::from_parts(parts, body), &origin)?;
    let lifted = policy.lifts(&host);
    let mut request = match seals.is_empty() {
        true => head::rebuild(request, &origin, target, meter)?,
        false => {
            let watched = request.map(|body| held::watch(body, &plan, &run, &host));
            head::rebuild(watched, &origin, target, meter)?
        }
    };
    if is_watched {
        prepare(request.headers_mut());
    }
    meter.call(&host)?;
    let exchange = Exchange { host, meter: meter.clone(), timeouts, plan, reflections: None, place: None, held: None };
    Ok(Admitted { key: PoolKey { workspace: workspace.clone(), origin, lifted }, request, exchange, seals })
}

impl Shared {
    /// Sends on an open connection if there is one. Where nothing of the request was written, or the server says that it
    /// has not looked at it or wants HTTP/1.1 for it, a fresh one is dialled, once; any other request of which something
    /// was written is never sent again.
    async fn deliver(&self, admitted: Admitted) -> Result<Response<Body>, EgressError> {
        let Admitted { key, request, mut exchange, seals } = admitted;
        let request = held::hold(request, &mut exchange).await?;
        exchange.reflections = seals.reflections(&key.origin, exchange.meter.work()).await?;
        let connect = exchange.timeouts.connect;
        exchange.place = Some(Arc::new(exchange.meter.place(&exchange.host, connect).await?));
        let lease = match self.pool.take(&key).await {
            Some(lease) => lease,
            None => self.join_or_dial(&key, connect, exchange.meter.work()).await?,
        };
        // The last thing before it goes out.
        seals.note(&exchange.plan, &exchange.host).await?;
        match self.attempt(&key, &exchange, lease, request).await {
            Err(Failure::Untouched(request, _)) => {
                let lease = self.dial(&key, Patience::of(connect), exchange.meter.work()).await?;
                Ok(self.attempt(&key, &exchange, lease, *request).await?)
            }
            ended => Ok(ended?),
        }
    }

    /// What a server says about its protocol holds for later requests too.
    async fn attempt(
        &self,
        key: &PoolKey,
        exchange: &Exchange,
        lease: Lease,
        request: Request<Upload>,
    ) -> Result<Response<Body>, Failure> {
        let ended = exchange.run(lease, request).await;
        if ended.as_ref().is_err_and(Failure::is_for_http1) {
            self.pool.keep_to_http1(key);
        }
        ended
    }

    /// Requests that come together share the connection that the first of them opens, if the server lets them.
    async fn join_or_dial(&self, key: &PoolKey, limit: Duration, work: &Work) -> Result<Lease, EgressError> {
        let patience = Patience::of(limit);
        if key.origin.scheme == Scheme::Http || self.pool.keeps_to_http1(key) {
            return self.dial(key, patience, work).await;
        }
        let turn = self.pool.turn(key);
        let waited = patience.wait(&key.origin.host, turn.wait()).await?;
        if let Some(lease) = self.pool.join(key) {
            return Ok(lease);
        }
        let lease = self.dial(key, patience, work).await?;
        if !lease.is_shared() {
            turn.leave_alone();
        }
        drop(waited);
        Ok(lease)
    }

    async fn dial(&self, key: &PoolKey, patience: Patience, work: &Work) -> Result<Lease, EgressError> {
        let offer = if self.pool.keeps_to_http1(key) { Offer::Http1 } else { Offer::Newest };
        let channel = match self.dialler.dial(&key.origin, key.lifted, offer, patience, work).await? {
            Dialled::Alone(connection) => Channel::Alone(connection),
            Dialled::Shared(connection) => {
                let slot = connection.slot();
                self.pool.share(key, &connection);
                let closed = || EgressError::Protocol { host: key.origin.host.clone(), fault: ProtocolFault::Closed };
                Channel::Shared(slot.ok_or_else(closed)?)
            }
        };
        Ok(Lease::new(channel, key, &self.pool))
    }
}
