//! From an origin to an open connection: resolve, check, dial what was checked, shake hands.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use crate::error::egress::{EgressError, Phase};
use crate::error::response::ProtocolFault;
use crate::error::wire::ProxyFault;
use crate::wire::http1;
use crate::wire::http2;
use crate::wire::proxy::Proxy;
use crate::wire::resolve;
use crate::wire::resolve::Resolve;
use crate::wire::stream::Stream;
use crate::wire::tls;
use um_base::Work;
use um_base::rule::{HostName, Origin, Scheme};

/// How many addresses of one name are tried.
const ADDRESSES: usize = 8;

/// Opens connections.
pub(crate) struct Dialler {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) tls: TlsConnector,
    /// For a proxy that is spoken to over TLS, and for servers that want nothing newer.
    pub(crate) http1_tls: TlsConnector,
    pub(crate) proxy: Option<Proxy>,
}

/// Which protocols a server may choose from.
#[derive(Clone, Copy)]
pub(crate) enum Offer {
    Newest,
    Http1,
}

/// A fresh connection, in the protocol that the server chose.
pub(crate) enum Dialled {
    Alone(http1::Connection),
    Shared(Arc<http2::Connection>),
}

/// How long connecting may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    limit: Duration,
    deadline: Instant,
}

impl Patience {
    /// From now on.
    pub(crate) fn of(limit: Duration) -> Self {
        Self { limit, deadline: Instant::now() + limit }
    }

    pub(crate) async fn wait<T>(self, host: &HostName, step: impl Future<Output = T>) -> Result<T, EgressError> {
        let late = |_| EgressError::Timeout { host: host.clone(), phase: Phase::Connect, after: self.limit };
        timeout_at(self.deadline, step).await.map_err(late)
    }
}

impl Dialler {
    /// A fresh connection to an address of `origin`.
    pub(crate) async fn dial(
        &self,
        origin: &Origin,
        lifted: bool,
        offer: Offer,
        patience: Patience,
        work: &Work,
    ) -> Result<Dialled, EgressError> {
        let host = &origin.host;
        let addresses = patience.wait(host, resolve::checked(self.resolver.as_ref(), host, lifted, work)).await??;
        let stream = match &self.proxy {
            None => patience.wait(host, direct(origin, &addresses, patience.deadline)).await??,
            // The proxy's lateness is told as such.
            Some(proxy) => {
                timeout_at(patience.deadline, self.tunnel(proxy, &addresses, origin.port, patience.deadline, work))
                    .await
                    .unwrap_or(Err(ProxyFault::Timeout))
                    .map_err(|fault| EgressError::Proxy { host: host.clone(), fault })?
            }
        };
        patience.wait(host, self.shake_hands(origin, offer, stream)).await?
    }

    /// Asks the proxy for the addresses in turn, as long as it says that it did not reach one.
    async fn tunnel(
        &self,
        proxy: &Proxy,
        addresses: &[IpAddr],
        port: u16,
        deadline: Instant,
        work: &Work,
    ) -> Result<Box<dyn Stream>, ProxyFault> {
        let at = match (proxy.host.name(), proxy.host.address()) {
            (Some(name), _) => self.resolver.resolve(name, work).await.map_err(|_| ProxyFault::Unresolved)?,
            (None, address) => address.into_iter().collect(),
        };
        let mut last = ProxyFault::Unresolved;
        for address in addresses.iter().take(ADDRESSES) {
            let tcp = first_open(&at, proxy.port, deadline).await.map_err(|error| ProxyFault::unreachable(&error))?;
            match proxy.tunnel(tcp, &self.http1_tls, SocketAddr::new(*address, port)).await {
                Err(fault) if fault.is_of_the_address() => last = fault,
                ended => return ended,
            }
        }
        Err(last)
    }

    async fn shake_hands(
        &self,
        origin: &Origin,
        offer: Offer,
        stream: Box<dyn Stream>,
    ) -> Result<Dialled, EgressError> {
        let host = &origin.host;
        let dialled = match origin.scheme {
            Scheme::Http => http1::Connection::over(stream).await.map(Dialled::Alone),
            Scheme::Https => {
                let connector = match offer {
                    Offer::Newest => &self.tls,
                    Offer::Http1 => &self.http1_tls,
                };
                let secured = tls::secure(connector, host, stream).await;
                let secured = secured.map_err(|fault| EgressError::Tls { host: host.clone(), fault })?;
                match tls::is_http2(&secured) {
                    true => http2::Connection::over(Box::new(secured)).await.map(Dialled::Shared),
                    false => http1::Connection::over(Box::new(secured)).await.map(Dialled::Alone),
                }
            }
        };
        dialled.map_err(|_| EgressError::Protocol { host: host.clone(), fault: ProtocolFault::Closed })
    }
}

async fn direct(origin: &Origin, addresses: &[IpAddr], deadline: Instant) -> Result<Box<dyn Stream>, EgressError> {
    match first_open(addresses, origin.port, deadline).await {
        Ok(tcp) => Ok(Box::new(tcp)),
        Err(source) => Err(EgressError::Connect { host: origin.host.clone(), port: origin.port, source }),
    }
}

/// Tries the addresses in order; each gets its share of the time that is left, so that a silent one cannot use it up.
async fn first_open(addresses: &[IpAddr], port: u16, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    let mut untried = u32::try_from(addresses.len().min(ADDRESSES)).unwrap_or(1);
    for address in addresses.iter().take(ADDRESSES) {
        let share = deadline.saturating_duration_since(Instant::now()) / untried;
        untried -= 1;
        match timeout(share, TcpStream::connect(SocketAddr::new(*address, port))).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}
