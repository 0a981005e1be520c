//! From a host to the addresses that may be dialled.
//!
//! Deliberately absent: a cache of answers (connections are kept instead), and zones of link-local addresses.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::error::egress::EgressError;
use crate::wire::address;
use um_base::rule::HostName;
use um_base::{Over, Work, blocking};

/// Names that [`SystemResolver`] looks for at the same time for all runs of a process. A lookup goes on when its run has
/// ended, for as long as the system likes; with some threads left for everything else, no number of runs can stop a host
/// by names that nobody answers for.
const LOOKUPS: usize = 128;

/// Finds the addresses of names. Never asked about an IP literal, nor about a name that is not allowed.
#[async_trait]
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `name`, in the order in which they should be tried. What takes a thread for it goes through
    /// [`blocking`], by the budget of the run that asks: whoever asks may give up long before there is an answer, and
    /// ask again.
    ///
    /// # Errors
    /// Whatever kept it from an answer.
    async fn resolve(&self, name: &str, work: &Work) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver, with its hosts file.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str, work: &Work) -> io::Result<Vec<IpAddr>> {
        static PLACES: Semaphore = Semaphore::const_new(LOOKUPS);
        let name = name.to_owned();
        let place = work.within(PLACES.acquire()).await.map_err(ended)?;
        let lookup = move || {
            // Until there is an answer, whoever has stopped waiting for it.
            let _place = place;
            (name.as_str(), 0).to_socket_addrs()
        };
        let answers = blocking(work, lookup).await.map_err(ended)??;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for answer in answers {
            if !addresses.contains(&answer.ip()) {
                addresses.push(answer.ip());
            }
        }
        Ok(addresses)
    }
}

fn ended(over: Over) -> io::Error {
    let kind = if over == Over::Deadline { io::ErrorKind::TimedOut } else { io::ErrorKind::Interrupted };
    io::Error::new(kind, over)
}

/// The addresses of `host`, all of them outside unless `lifted`.
///
/// One private address condemns a name: dialling only its others would let the next answer decide.
pub(crate) async fn checked(
    resolver: &dyn Resolve,
    host: &HostName,
    lifted: bool,
    work: &Work,
) -> Result<Vec<IpAddr>, EgressError> {
    let unresolved = |source| EgressError::Unresolved { host: host.clone(), source };
    let addresses = match (host.name(), host.address()) {
        (Some(name), _) => resolver.resolve(name, work).await.map_err(unresolved)?,
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::time::Duration;

    use super::*;

    /// Lookups took a thread of the shared pool each, for as long as the system liked.
    #[tokio::test]
    async fn a_name_is_looked_up_with_a_permit_of_the_run() {
        let (work, gate) = (Work::unlimited(), Arc::new(Barrier::new(5)));
        let held: Vec<_> = (0..4)
            .map(|_| {
                let (work, gate) = (work.clone(), Arc::clone(&gate));
                tokio::spawn(async move { blocking(&work, move || _ = gate.wait()).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let waiting = SystemResolver.resolve("localhost", &work);
        assert!(tokio::time::timeout(Duration::from_millis(50), waiting).await.is_err(), "all permits are taken");
        let other = SystemResolver.resolve("localhost", &Work::unlimited()).await.unwrap();
        assert!(other.iter().all(IpAddr::is_loopback) && !other.is_empty(), "another run has its own");
        um_base::detached(move || gate.wait()).await;
        for held in held {
            held.await.unwrap().unwrap();
        }
        assert_eq!(SystemResolver.resolve("localhost", &work).await.unwrap(), other);
        work.end_after(Duration::ZERO);
        let late = SystemResolver.resolve("localhost", &work).await.unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }
}
