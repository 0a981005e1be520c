//! Sends requests that have passed every check, and nothing else.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

use crate::error::egress::EgressError;
use crate::meter::Meter;
use crate::policy::Policy;
use crate::response::body::Body;
use crate::stages::{Metered, Routed};
use crate::timeouts::{Timeouts, Waits};
use crate::wire::connect::Dialler;
use crate::wire::connections::Connections;
use crate::wire::proxy::Proxy;
use crate::wire::resolve::{Resolve, SystemResolver};
use crate::wire::roots::{self, BuildError, PemError, Roots};
use crate::wire::tls;
use um_secret::WorkspaceName;

/// An HTTP client for the runs of many workspaces. Cheap to clone.
///
/// Over TLS it speaks HTTP/2 with servers that choose it, else HTTP/1.1.
///
/// It needs tokio's timers and network in the runtime where requests are sent.
#[derive(Clone)]
pub struct Client {
    connections: Connections,
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

impl Client {
    /// A client with the default settings.
    pub fn new() -> Self {
        Self::builder().build().expect("the default settings have no certificate that could be wrong")
    }

    /// The settings of a client, which are the defaults as long as none is set.
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
    /// All of it happens in the future, by the policy as it is now. Dropping the future, or the response's body
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
        let (connections, timeouts) = (self.connections.clone(), asked.or(self.timeouts));
        let (workspace, policy, meter) = (workspace.clone(), policy.clone(), Arc::clone(meter));
        async move {
            let metered = admit(request, &policy, &meter).await?;
            metered.ready(connections, workspace, timeouts).await?.send().await?.response()
        }
    }

    /// Closes all idle connections; what is in use closes after the requests that are under way.
    pub fn close_idle(&self) {
        self.connections.close_idle();
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
        Ok(Client { connections: Connections::new(dialler), timeouts: self.timeouts })
    }
}

/// Everything that can be decided without the network.
async fn admit<B>(request: Request<B>, policy: &Policy, meter: &Arc<Meter>) -> Result<Metered, EgressError>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    Routed::of(request)?.permit(policy)?.plan()?.screen(meter.work()).await?.meter(meter)
}
