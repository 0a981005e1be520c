//! From a host to the addresses that may be dialled.
//!
//! Deliberately absent: a cache of answers (connections are kept instead), and zones of link-local addresses.

use std::io;
use std::net::IpAddr;

use async_trait::async_trait;

use super::{EgressError, HostName, address};

/// Finds the addresses of names. Never asked about an IP literal, nor about a name that is not allowed.
#[async_trait]
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `name`, in the order in which they should be tried.
    ///
    /// # Errors
    /// Whatever kept it from an answer.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver, with its hosts file.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let answers = tokio::net::lookup_host((name, 0)).await?;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for answer in answers {
            if !addresses.contains(&answer.ip()) {
                addresses.push(answer.ip());
            }
        }
        Ok(addresses)
    }
}

/// The addresses of `host`, all of them outside unless `lifted`.
///
/// One inside address condemns a name: dialling only its others would let the next answer decide.
pub(super) async fn checked(resolver: &dyn Resolve, host: &HostName, lifted: bool) -> Result<Vec<IpAddr>, EgressError> {
    let unresolved = |source| EgressError::Unresolved { host: host.clone(), source };
    let addresses = match (host.name(), host.address()) {
        (Some(name), _) => resolver.resolve(name).await.map_err(unresolved)?,
        (None, address) => address.into_iter().collect(),
    };
    if addresses.is_empty() {
        return Err(unresolved(io::Error::new(io::ErrorKind::NotFound, "the name has no addresses")));
    }
    match addresses.iter().find(|&&address| !lifted && address::inside(address).is_some()) {
        Some(&address) => Err(EgressError::Inside { host: host.clone(), address }),
        None => Ok(addresses),
    }
}
