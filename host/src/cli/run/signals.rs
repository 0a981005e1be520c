//! The signals that ask to stop: the first one asks the run to end, the next one does not wait for it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::exit::Signal;

/// What has come so far. Clones see the same.
#[derive(Clone)]
pub struct Signals {
    came: watch::Receiver<Came>,
    /// Somebody ends in order when the first one comes.
    awaited: Arc<AtomicBool>,
}

#[derive(Default)]
struct Came {
    first: Option<Signal>,
    count: u32,
}

impl Signals {
    /// Takes the signals over from now on.
    pub fn listen() -> io::Result<Self> {
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (sender, came) = watch::channel(Came::default());
        tokio::spawn(async move {
            loop {
                let signal = tokio::select! {
                    _ = hang_up.recv() => Signal::HangUp,
                    _ = interrupt.recv() => Signal::Interrupt,
                    _ = terminate.recv() => Signal::Terminate,
                };
                sender.send_modify(|came| {
                    came.first.get_or_insert(signal);
                    came.count += 1;
                });
            }
        });
        Ok(Self { came, awaited: Arc::default() })
    }

    /// The first signal that came, if one did.
    pub fn came(&self) -> Option<Signal> {
        self.came.borrow().first
    }

    /// Is ready when a signal has come. From this call on the caller answers for what one signal asks for.
    pub fn first(&self) -> impl Future<Output = ()> + Send + use<> {
        self.awaited.store(true, Ordering::Relaxed);
        let mut came = self.came.clone();
        async move {
            wait(&mut came, |count| count > 0).await;
        }
    }

    /// Is ready when a signal has come that nobody answers for, or one more after that.
    pub async fn urgent(mut self) -> Signal {
        let awaited = self.awaited;
        wait(&mut self.came, |count| count > u32::from(awaited.load(Ordering::Relaxed))).await
    }
}

async fn wait(came: &mut watch::Receiver<Came>, enough: impl Fn(u32) -> bool) -> Signal {
    match came.wait_for(|came| enough(came.count)).await.map(|came| came.first) {
        Ok(Some(signal)) => signal,
        // The listening task ends with the process only.
        Ok(None) | Err(_) => std::future::pending().await,
    }
}
