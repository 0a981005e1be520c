//! Open connections for the next request of the same workspace to the same origin.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::channel::Channel;
use super::{http1, http2};
use um_base::rule::Origin;
use um_secret::WorkspaceName;

/// Most idle connections of HTTP/1.1 of one workspace to one origin, and as many connections of HTTP/2.
const PER_ORIGIN: usize = 8;
/// Most connections of all that are kept.
const IN_ALL: usize = 256;
/// Most origins of which is remembered that they want HTTP/1.1. Above that all are forgotten, and tell again.
const HTTP1_ORIGINS: usize = 256;

/// Who may use a connection: never another workspace, nor a run without the same lift of the address check.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    pub(crate) workspace: WorkspaceName,
    pub(crate) origin: Origin,
    pub(crate) lifted: bool,
}

#[derive(Default)]
pub(crate) struct Pool {
    open: Mutex<HashMap<PoolKey, Open>>,
    turns: Mutex<HashMap<PoolKey, Weak<Turn>>>,
    /// Who wants HTTP/1.1, though its handshake chose HTTP/2.
    http1: Mutex<HashSet<PoolKey>>,
    /// How often all was closed: what is in use since an earlier time is not kept.
    cleared: AtomicU64,
}

#[derive(Default)]
struct Open {
    /// Those of HTTP/1.1, while nobody uses them.
    idle: Vec<http1::Connection>,
    /// Those of HTTP/2.
    shared: Vec<Arc<http2::Connection>>,
}

/// One dials, the others wait whether they can share what it opens.
#[derive(Default)]
pub(crate) struct Turn {
    first: tokio::sync::Mutex<()>,
    /// The server wants a connection for each request, so nobody waits any more.
    alone: AtomicBool,
}

impl Pool {
    /// A connection of HTTP/2 with room, else the one of HTTP/1.1 that was given back last and still works.
    pub(crate) async fn take(&self, key: &PoolKey) -> Option<Channel> {
        if let Some(channel) = self.join(key) {
            return Some(channel);
        }
        loop {
            let mut connection = self.pop(key)?;
            connection.set_idle(false);
            if connection.is_usable().await {
                return Some(Channel::Alone(connection));
            }
        }
    }

    /// A connection of HTTP/2 with room.
    pub(crate) fn join(&self, key: &PoolKey) -> Option<Channel> {
        if self.keeps_to_http1(key) {
            return None;
        }
        self.lock().get(key)?.shared.iter().find_map(http2::Connection::slot).map(Channel::Shared)
    }

    /// Lets others share a fresh connection, if there is room to keep it.
    pub(crate) fn share(&self, key: &PoolKey, connection: &Arc<http2::Connection>) {
        self.keep(key, |open| &mut open.shared, connection.clone());
    }

    pub(crate) fn put(&self, key: &PoolKey, connection: http1::Connection) {
        connection.set_idle(true);
        self.keep(key, |open| &mut open.idle, connection);
    }

    /// Closes all idle connections; those in use serve no other request.
    pub(crate) fn clear(&self) {
        self.cleared.fetch_add(1, Ordering::AcqRel);
        let open = std::mem::take(&mut *self.lock());
        drop(open);
    }

    pub(crate) fn cleared(&self) -> u64 {
        self.cleared.load(Ordering::Acquire)
    }

    /// Forgets what can take no more requests.
    pub(crate) fn prune(&self) {
        let mut over = Vec::new();
        self.lock().retain(|_, open| {
            open.idle.retain(|connection| !connection.is_closed());
            over.extend(open.shared.extract_if(.., |connection| connection.is_over()));
            !open.idle.is_empty() || !open.shared.is_empty()
        });
    }

    /// A server wants HTTP/1.1 (RFC 9113, 7): what it has of HTTP/2 serves no other request.
    pub(crate) fn keep_to_http1(&self, key: &PoolKey) {
        let mut http1 = self.http1.lock().unwrap_or_else(PoisonError::into_inner);
        if http1.len() >= HTTP1_ORIGINS {
            http1.clear();
        }
        http1.insert(key.clone());
        drop(http1);
        let shared = self.lock().get_mut(key).map(|open| std::mem::take(&mut open.shared));
        drop(shared);
    }

    pub(crate) fn keeps_to_http1(&self, key: &PoolKey) -> bool {
        self.http1.lock().unwrap_or_else(PoisonError::into_inner).contains(key)
    }

    /// Whose turn it is to dial for `key`.
    pub(crate) fn turn(&self, key: &PoolKey) -> Arc<Turn> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(key.clone(), Arc::downgrade(&turn));
        turn
    }

    fn pop(&self, key: &PoolKey) -> Option<http1::Connection> {
        let mut open = self.lock();
        let connections = open.get_mut(key)?;
        let connection = connections.idle.pop();
        if connections.idle.is_empty() && connections.shared.is_empty() {
            open.remove(key);
        }
        connection
    }

    fn keep<C>(&self, key: &PoolKey, list: impl Fn(&mut Open) -> &mut Vec<C>, connection: C) {
        self.prune();
        let mut open = self.lock();
        let in_all: usize = open.values().map(|open| open.idle.len() + open.shared.len()).sum();
        let of_origin = open.get_mut(key).map_or(0, |open| list(open).len());
        if in_all < IN_ALL && of_origin < PER_ORIGIN {
            list(open.entry(key.clone()).or_default()).push(connection);
        }
    }

    /// The map is whole after every statement, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<PoolKey, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Waits until nobody else is dialling, unless that would be for nothing.
    pub(crate) async fn wait(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let guard = self.first.lock().await;
        (!self.alone.load(Ordering::Acquire)).then_some(guard)
    }

    /// The server speaks HTTP/1.1.
    pub(crate) fn leave_alone(&self) {
        self.alone.store(true, Ordering::Release);
    }
}
