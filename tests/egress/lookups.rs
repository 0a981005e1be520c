//! Names that nobody answers for: a lookup goes on for as long as the system likes, whoever has given up by then.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use um_base::{Work, blocking};
use um_egress::{Budget, Client, Resolve, Timeouts};

use super::peer::{HELLO, Peer, Run};

/// What one run may occupy, whatever it asks for.
const PERMITS: usize = 4;
const REQUESTS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);

/// Knows `api.test` at once, and of any other name nothing until the test ends.
#[derive(Default)]
struct Silent {
    asked: AtomicUsize,
    looking: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    began: Arc<Notify>,
    over: Arc<(Mutex<bool>, Condvar)>,
}

impl Silent {
    fn end(&self) {
        *self.over.0.lock().unwrap() = true;
        self.over.1.notify_all();
    }
}

#[async_trait]
impl Resolve for Silent {
    async fn resolve(&self, name: &str, work: &Work) -> io::Result<Vec<IpAddr>> {
        let is_silent = name != "api.test";
        self.asked.fetch_add(usize::from(is_silent), Ordering::SeqCst);
        let (looking, most, began, over) =
            (self.looking.clone(), self.most.clone(), self.began.clone(), self.over.clone());
        let lookup = move || {
            if is_silent {
                most.fetch_max(looking.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                began.notify_one();
                drop(over.1.wait_while(over.0.lock().unwrap(), |over| !*over).unwrap());
                looking.fetch_sub(1, Ordering::SeqCst);
            }
            vec![IpAddr::from([127, 0, 0, 1])]
        };
        blocking(work, lookup).await.map_err(io::Error::other)
    }
}

/// A guest asks for a name, gives up and asks again: each time a thread of the pool that all runs share stayed with the
/// system's resolver, until none was left and every run of every workspace waited.
#[test]
fn a_run_that_asks_for_silent_names_takes_no_threads_from_others() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(PERMITS + 1)
        .enable_all()
        .build()
        .unwrap();
    let resolver = Arc::new(Silent::default());
    runtime.block_on(async {
        let peer = Peer::answering(HELLO).await;
        let named = format!("http://api.test:{}/", peer.port);
        let client = Client::builder().resolver(resolver.clone()).build().unwrap();
        let soon = Timeouts { connect: Duration::from_millis(20), ..Timeouts::default() };
        let budget = Budget { calls: REQUESTS as u64, ..Budget::default() };
        let hostile = Run::outside(&["http://*.silent.test"]).client(client.clone()).timeouts(soon).budget(budget);
        let hostile = Arc::new(hostile);
        let mut requests = JoinSet::new();
        for number in 0..REQUESTS {
            let hostile = hostile.clone();
            requests.spawn(async move { hostile.fetch(&format!("http://n{number}.silent.test/")).await.map(drop) });
        }
        tokio::time::timeout(PATIENCE, resolver.began.notified()).await.expect("some are looked up");
        let honest = Run::reaching(&[&named]).client(client);
        let beside = tokio::time::timeout(PATIENCE, honest.read(&named)).await.expect("a thread is left for it");
        assert_eq!(beside.unwrap(), (200, "hello".to_owned()));
        while let Some(request) = tokio::time::timeout(PATIENCE, requests.join_next()).await.expect("all give up") {
            assert!(request.unwrap().is_err());
        }
        let again = tokio::time::timeout(PATIENCE, honest.read(&named)).await.expect("nobody waits for the others");
        assert_eq!(again.unwrap().0, 200);
        assert!(resolver.asked.load(Ordering::SeqCst) > PERMITS, "more were asked for than there are permits");
        assert!(resolver.most.load(Ordering::SeqCst) <= PERMITS);
    });
    resolver.end();
    runtime.shutdown_background();
}
