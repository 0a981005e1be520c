//! The ticks by which guests are interrupted: one thread per host, asleep while no run is under way.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::Engine;

use super::engines::Engines;

/// How often a guest's code is interrupted to let others run and to count its time.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Ticks while there are runs.
pub(crate) struct Clock {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Default)]
struct Shared {
    runs: AtomicUsize,
    stopped: AtomicBool,
}

/// Keeps the clock ticking for as long as it lives.
pub(crate) struct Ticking(Arc<Shared>);

impl Clock {
    /// # Errors
    /// If the system has no room for one more thread.
    pub fn start(engines: &Engines) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let engines: Vec<_> = engines.all().map(Engine::weak).collect();
        let seen = Arc::clone(&shared);
        let ticking = thread::Builder::new().name("um-host clock".to_owned()).spawn(move || {
            while !seen.stopped.load(Ordering::Acquire) {
                if seen.runs.load(Ordering::Acquire) == 0 {
                    thread::park();
                    continue;
                }
                thread::sleep(TICK);
                for engine in &engines {
                    let Some(engine) = engine.upgrade() else { return };
                    engine.increment_epoch();
                }
            }
        });
        let thread = ticking?.thread().clone();
        Ok(Self { shared, thread })
    }

    pub fn tick(&self) -> Ticking {
        if self.shared.runs.fetch_add(1, Ordering::AcqRel) == 0 {
            self.thread.unpark();
        }
        Ticking(Arc::clone(&self.shared))
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.runs.fetch_sub(1, Ordering::AcqRel);
    }
}
