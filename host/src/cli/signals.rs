//! The signals that ask to stop: the first one asks a run to end, the next one does not wait for it.
//!
//! A signal that whoever started us had ignored (`nohup`, a shell's `trap ''`) stays ignored.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::watch;

use crate::cli::exit::Signal;

/// Those that ask to stop.
const ASKING: [(SignalKind, Signal); 3] = [
    (SignalKind::hangup(), Signal::HangUp),
    (SignalKind::interrupt(), Signal::Interrupt),
    (SignalKind::terminate(), Signal::Terminate),
];
/// The others that end a program which does not take them (signal(7)).
const OTHERS: [process::Signal; 15] = [
    process::Signal::QUIT,
    process::Signal::TRAP,
    process::Signal::ABORT,
    process::Signal::BUS,
    process::Signal::USR1,
    process::Signal::USR2,
    process::Signal::ALARM,
    process::Signal::STKFLT,
    process::Signal::XCPU,
    process::Signal::XFSZ,
    process::Signal::VTALARM,
    process::Signal::PROF,
    process::Signal::IO,
    process::Signal::POWER,
    process::Signal::SYS,
];
/// Those below are the C library's own.
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

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
    /// Takes over, from now on, the signals that ask to stop.
    pub fn listen() -> io::Result<Self> {
        Self::to(&ASKING)
    }

    /// Takes over all that would end us, for while something has to be put right before the end. Those that only a
    /// fault of our own raises, and that nobody can take, are left.
    pub fn listen_to_all() -> io::Result<Self> {
        let others = OTHERS.map(process::Signal::as_raw).into_iter().chain(REAL_TIME).map(|number| {
            (SignalKind::from_raw(number), Signal::Other(u8::try_from(number).expect("signals have small numbers")))
        });
        let all: Vec<_> = ASKING.into_iter().chain(others).collect();
        Self::to(&all)
    }

    fn to(signals: &[(SignalKind, Signal)]) -> io::Result<Self> {
        let ignored = ignored();
        // A file that is too large is then an error of whoever writes it, and no end in the middle.
        let _ = unix::signal(SignalKind::from_raw(process::Signal::XFSZ.as_raw()))?;
        let (sender, came) = watch::channel(Came::default());
        let sender = Arc::new(sender);
        for (kind, signal) in signals.iter().copied() {
            let mut arrivals = Arrivals::of(kind, ignored)?;
            let sender = Arc::clone(&sender);
            tokio::spawn(async move {
                loop {
                    arrivals.next().await;
                    sender.send_modify(|came| {
                        came.first.get_or_insert(signal);
                        came.count += 1;
                    });
                }
            });
        }
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

/// One signal, as often as it comes; never, if we were started to ignore it.
pub struct Arrivals(Option<unix::Signal>);

impl Arrivals {
    /// Takes over a signal.
    pub fn take(kind: SignalKind) -> io::Result<Self> {
        Self::of(kind, ignored())
    }

    fn of(kind: SignalKind, ignored: u64) -> io::Result<Self> {
        let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
        let arrivals = if is_ignored { None } else { Some(unix::signal(kind)?) };
        Ok(Self(arrivals))
    }

    pub async fn next(&mut self) {
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
