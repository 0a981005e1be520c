//! The signals that ask to stop: the first one asks a run to end, the next one does not wait for it.
//!
//! A signal that whoever started us had ignored (`nohup`, a shell's `trap ''`) stays ignored.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::signal::unix::{self, SignalKind};
use tokio::sync::watch;

use crate::cli::exit::Signal;

/// What has come so far. Clones see the same.
#[derive(Clone)]
pub struct Signals {
    came: watch::Receiver<Came>,
    /// How many of them somebody answers for, or has: by ending in order.
    answered: Arc<AtomicU32>,
}

#[derive(Default)]
struct Came {
    first: Option<Signal>,
    count: u32,
}

impl Signals {
    /// Takes the signals over from now on.
    pub fn listen() -> io::Result<Self> {
        let ignored = ignored();
        let mut hang_up = Arrivals::of(SignalKind::hangup(), ignored)?;
        let mut interrupt = Arrivals::of(SignalKind::interrupt(), ignored)?;
        let mut terminate = Arrivals::of(SignalKind::terminate(), ignored)?;
        let (sender, came) = watch::channel(Came::default());
        tokio::spawn(async move {
            loop {
                let signal = tokio::select! {
                    () = hang_up.next() => Signal::HangUp,
                    () = interrupt.next() => Signal::Interrupt,
                    () = terminate.next() => Signal::Terminate,
                };
                sender.send_modify(|came| {
                    came.first.get_or_insert(signal);
                    came.count += 1;
                });
            }
        });
        Ok(Self { came, answered: Arc::default() })
    }

    /// The first signal that came, if one did.
    pub fn came(&self) -> Option<Signal> {
        self.came.borrow().first
    }

    /// Is ready when a signal has come. From this call on the caller answers for what one signal asks for.
    pub fn first(&self) -> impl Future<Output = ()> + Send + use<> {
        self.answered.store(1, Ordering::Relaxed);
        let mut came = self.came.clone();
        async move {
            wait(&mut came, |count| count > 0).await;
        }
    }

    /// Nobody answers any more for a signal that has not come yet.
    pub fn let_go(&self) {
        self.answered.store(self.came.borrow().count, Ordering::Relaxed);
    }

    /// Is ready when a signal has come that nobody answers for.
    pub async fn urgent(mut self) -> Signal {
        let answered = self.answered;
        wait(&mut self.came, |count| count > answered.load(Ordering::Relaxed)).await
    }
}

async fn wait(came: &mut watch::Receiver<Came>, enough: impl Fn(u32) -> bool) -> Signal {
    match came.wait_for(|came| enough(came.count)).await.map(|came| came.first) {
        Ok(Some(signal)) => signal,
        // The listening task ends with the process only.
        Ok(None) | Err(_) => std::future::pending().await,
    }
}

/// One signal, as often as it comes.
struct Arrivals(Option<unix::Signal>);

impl Arrivals {
    fn of(kind: SignalKind, ignored: u64) -> io::Result<Self> {
        let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
        let arrivals = if is_ignored { None } else { Some(unix::signal(kind)?) };
        Ok(Self(arrivals))
    }

    async fn next(&mut self) {
        match &mut self.0 {
            Some(arrivals) => _ = arrivals.recv().await,
            None => std::future::pending().await,
        }
    }
}

/// The signals that this process was started to ignore: bit n - 1 stands for signal n (proc_pid_status(5)).
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
