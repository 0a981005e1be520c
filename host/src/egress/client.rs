//! Sends requests that have passed every check, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::body::Body;
use super::connect::Dialler;
use super::exchange::{Exchange, Failure};
use super::pool::{Pool, PoolKey};
use super::upload::Upload;
use super::{EgressError, Meter, Policy, Resolve, SystemResolver, Timeouts, request, tls};
use crate::secret::WorkspaceName;

/// No wait is longer than this, whatever an embedder sets.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// An HTTP/1.1 client for the runs of many workspaces. Cheap to clone.
///
/// It needs tokio's timers and network in the runtime where requests are sent.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    dialler: Dialler,
    pool: Arc<Pool>,
    timeouts: Timeouts,
}

/// Settings of a [`Client`]: the system's resolver, the web's certificate authorities, the default [`Timeouts`], unless
/// set otherwise.
pub struct ClientBuilder {
    resolver: Arc<dyn Resolve>,
    roots: Vec<Vec<u8>>,
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
}

/// A request that is permitted, and where it goes.
struct Admitted {
    key: PoolKey,
    request: Request<Upload>,
    exchange: Exchange,
}

impl Client {
    /// A client with the default settings.
    pub fn new() -> Self {
        Self::builder().build().expect("the default settings have no certificate that could be wrong")
    }

    pub fn builder() -> ClientBuilder {
        ClientBuilder { resolver: Arc::new(SystemResolver), roots: Vec::new(), timeouts: Timeouts::default() }
    }

    /// Sends `request`, whose URI must be absolute, if `policy` permits it and `meter` has room for it.
    ///
    /// The policy is asked at once, everything else happens in the future. Dropping the future, or the response's body
    /// before its end, closes the connection. `asked` can only shorten the client's own time-outs.
    ///
    /// # Errors
    /// [`EgressError`], also from the body while it is read.
    pub fn send<B>(
        &self,
        workspace: &WorkspaceName,
        policy: &Policy,
        meter: &Arc<Meter>,
        request: Request<B>,
        asked: Timeouts,
    ) -> impl Future<Output = Result<Response<Body>, EgressError>> + Send + 'static + use<B>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
    {
        let timeouts = self.0.timeouts.shortened_to(asked);
        let admitted = admit(workspace, policy, meter, request, timeouts);
        let shared = self.0.clone();
        async move { shared.deliver(admitted?).await }
    }

    /// Closes all idle connections.
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

    /// Trusts one more certificate authority, besides the web's.
    #[must_use]
    pub fn root_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.roots.push(der.into());
        self
    }

    /// The longest waits of every request; at most a day each.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        let day = Timeouts { connect: LONGEST_WAIT, first_byte: LONGEST_WAIT, between_bytes: LONGEST_WAIT };
        self.timeouts = timeouts.shortened_to(day);
        self
    }

    /// # Errors
    /// [`BuildError`] if a root certificate is none.
    pub fn build(self) -> Result<Client, BuildError> {
        let tls =
            tls::connector(self.roots).map_err(|position| BuildError::RootCertificate { number: position + 1 })?;
        let dialler = Dialler { resolver: self.resolver, tls };
        Ok(Client(Arc::new(Shared { dialler, pool: Arc::default(), timeouts: self.timeouts })))
    }
}

/// Everything that can be decided without the network.
fn admit<B>(
    workspace: &WorkspaceName,
    policy: &Policy,
    meter: &Arc<Meter>,
    request: Request<B>,
    timeouts: Timeouts,
) -> Result<Admitted, EgressError>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    let (origin, target) = request::route(&request)?;
    request::permit(policy, request.method(), &origin, &target)?;
    let request = policy.values().screen(request, &origin)?;
    let lifted = policy.lifts(&origin.host);
    let request = request::rebuild(request, &origin, target, meter)?;
    meter.call(&origin.host)?;
    let exchange = Exchange { host: origin.host.clone(), meter: meter.clone(), timeouts };
    Ok(Admitted { key: PoolKey { workspace: workspace.clone(), origin, lifted }, request, exchange })
}

impl Shared {
    /// Sends on an idle connection if there is one. If that turns out to be closed before any of the request was
    /// written, a fresh one is dialled; a request of which anything was written is never sent twice.
    async fn deliver(&self, admitted: Admitted) -> Result<Response<Body>, EgressError> {
        let Admitted { key, mut request, exchange } = admitted;
        if let Some(lease) = self.pool.take(&key).await {
            match exchange.run(lease, request).await {
                Ok(response) => return Ok(response),
                Err(Failure::Untouched(untouched, _)) => request = *untouched,
                Err(Failure::Final(error)) => return Err(error),
            }
        }
        let connection = self.dialler.dial(&key.origin, key.lifted, exchange.timeouts.connect).await?;
        Ok(exchange.run(self.pool.lease(&key, connection), request).await?)
    }
}
