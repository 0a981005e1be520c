//! Open connections that wait for the next request of the same workspace to the same origin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connect::Connection;
use super::request::Origin;
use crate::secret::WorkspaceName;

/// Most idle connections of one workspace to one origin.
const PER_ORIGIN: usize = 8;
/// Most idle connections of all.
const IN_ALL: usize = 256;

/// Who may use a connection: never another workspace, nor a run without the same lift of the address check.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PoolKey {
    pub(super) workspace: WorkspaceName,
    pub(super) origin: Origin,
    pub(super) lifted: bool,
}

#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<HashMap<PoolKey, Vec<Connection>>>,
}

/// A connection in use. Dropping it closes the connection; only [`Lease::give_back`] keeps it.
pub(super) struct Lease {
    pub(super) connection: Connection,
    key: PoolKey,
    pool: Arc<Pool>,
}

impl Pool {
    /// The connection that was given back last and still works.
    pub(super) async fn take(self: &Arc<Self>, key: &PoolKey) -> Option<Lease> {
        loop {
            let mut connection = self.pop(key)?;
            connection.set_idle(false);
            if connection.is_usable().await {
                return Some(self.lease(key, connection));
            }
        }
    }

    pub(super) fn lease(self: &Arc<Self>, key: &PoolKey, connection: Connection) -> Lease {
        Lease { connection, key: key.clone(), pool: self.clone() }
    }

    /// Closes all idle connections.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn pop(&self, key: &PoolKey) -> Option<Connection> {
        let mut idle = self.lock();
        let connections = idle.get_mut(key)?;
        let connection = connections.pop();
        if connections.is_empty() {
            idle.remove(key);
        }
        connection
    }

    fn put(&self, key: PoolKey, connection: Connection) {
        let mut idle = self.lock();
        idle.retain(|_, connections| {
            connections.retain(|connection| !connection.is_closed());
            !connections.is_empty()
        });
        let in_all: usize = idle.values().map(Vec::len).sum();
        let of_origin = idle.get(&key).map_or(0, Vec::len);
        if in_all < IN_ALL && of_origin < PER_ORIGIN {
            connection.set_idle(true);
            idle.entry(key).or_default().push(connection);
        }
    }

    /// The map is whole after every statement, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<PoolKey, Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Keeps the connection for the next request, if there is room.
    pub(super) fn give_back(self) {
        self.pool.put(self.key, self.connection);
    }
}
