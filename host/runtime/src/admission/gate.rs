//! The gate: where runs wait for their turn, and where those that are under way are known.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use super::book::{Book, Quotas};
use super::capacity::Capacity;
use super::drain::Drained;
use super::error::AdmissionError;
use super::meters::{Ending, Meters};
use super::moves::{Moves, Ticket};
use super::place::{Occupancy, Place, Standing};
use super::rates::Rates;
use crate::tripwire::{Stop, Tripwire};
use um_secret::WorkspaceName;

/// How long runs that were cancelled may take to settle: longer than the records of their reads may.
const SETTLE: Duration = Duration::from_secs(20);

/// One for each host.
pub(crate) struct Gate {
    state: Mutex<State>,
    origin: Instant,
    patience: Duration,
    pub meters: Meters,
    /// Told each time that a run ends.
    ended: Notify,
}

struct State {
    book: Book,
    next: u64,
    waiters: HashMap<Ticket, watch::Sender<Word>>,
    /// What ends each run that waits or is under way.
    wires: HashMap<Ticket, Tripwire>,
    drained: Drained,
    /// Those that the end of the host has cancelled.
    cancelled: HashSet<Ticket>,
}

/// What a run that waits is told.
#[derive(Clone)]
enum Word {
    Wait,
    /// Its workspace may go on at that time: it asks then.
    Ask(Duration),
    Start,
    Refused(AdmissionError),
}

/// Who wants to start.
pub(crate) struct Applicant<'a> {
    pub workspace: &'a WorkspaceName,
    /// What it counts as, in bytes.
    pub memory: u64,
    pub tripwire: &'a Tripwire,
    /// Is told the place of a run that has to wait.
    pub on_wait: Option<OnWait>,
}

/// Who wants to know where in the queue a run begins.
pub(crate) type OnWait = Box<dyn FnOnce(Place) + Send>;

/// Why a run does not start.
pub(crate) enum Unadmitted {
    /// It was ended before.
    Over,
    Refused(AdmissionError),
}

/// A place at the gate, before or behind it, which is given up when this goes.
struct Spot {
    gate: Arc<Gate>,
    ticket: Ticket,
}

impl Drop for Spot {
    fn drop(&mut self) {
        self.gate.change(|book, now| book.leave(self.ticket, now), Some(self.ticket));
    }
}

/// Lets one run be under way for as long as this lives.
#[must_use]
pub(crate) struct Permit {
    spot: Spot,
    pub rates: Option<Arc<Rates>>,
    pub waited: Duration,
    began: Instant,
    end: Ending,
}

impl Permit {
    /// How the run has ended, by the code of that.
    pub fn ends(&mut self, code: &str) {
        self.end = Ending::of(code);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.spot.gate.meters.ended(self.end, self.began.elapsed());
    }
}

impl Gate {
    pub fn new(capacity: Capacity, quotas: Quotas) -> Self {
        let (origin, patience, meters) = (Instant::now(), capacity.patience, Meters::new());
        let state = State {
            book: Book::new(capacity, quotas, origin),
            next: 0,
            waiters: HashMap::new(),
            wires: HashMap::new(),
            drained: Drained::default(),
            cancelled: HashSet::new(),
        };
        Self { state: Mutex::new(state), origin, patience, meters, ended: Notify::new() }
    }

    /// A number for a run that is going to ask.
    pub fn ticket(&self) -> Ticket {
        let mut state = self.lock();
        state.next += 1;
        Ticket(state.next)
    }

    /// Waits for the turn of a run.
    ///
    /// # Errors
    /// [`Unadmitted`].
    pub async fn admit(self: &Arc<Self>, ticket: Ticket, applicant: Applicant<'_>) -> Result<Permit, Unadmitted> {
        let Applicant { workspace, memory, tripwire, on_wait } = applicant;
        if tripwire.reason().is_some() {
            return Err(Unadmitted::Over);
        }
        let arrived = Instant::now();
        let spot = Spot { gate: Arc::clone(self), ticket };
        let mut waited = Duration::ZERO;
        if let Some((told, place)) = self.arrive(ticket, workspace, memory, tripwire) {
            if let Some(place) = place {
                tracing::debug!(ahead = place.ahead, waiting = place.waiting, "waits for its turn");
                on_wait.into_iter().for_each(|listener| listener(place));
            }
            self.wait(ticket, told, tripwire).await?;
            waited = arrived.elapsed();
        }
        let rates = self.lock().book.rates(workspace);
        self.meters.started(waited);
        Ok(Permit { spot, rates, waited, began: Instant::now(), end: Ending::default() })
    }

    /// A run asks. Where it does not start at once: by what it is told more, and its place if it waits.
    fn arrive(
        &self,
        ticket: Ticket,
        workspace: &WorkspaceName,
        memory: u64,
        tripwire: &Tripwire,
    ) -> Option<(watch::Receiver<Word>, Option<Place>)> {
        let mut state = self.lock();
        state.wires.insert(ticket, tripwire.clone());
        let moves = state.book.arrive(ticket, workspace, memory, self.origin.elapsed());
        let told = (!moves.started.contains(&ticket)).then(|| {
            let (word, told) = watch::channel(Word::Wait);
            state.waiters.insert(ticket, word);
            told
        });
        self.apply(&mut state, moves);
        let place = match state.book.standing(ticket) {
            Standing::Waiting(place) => Some(place),
            _ => None,
        };
        Some((told?, place))
    }

    /// Until it is told to start.
    async fn wait(
        &self,
        ticket: Ticket,
        mut told: watch::Receiver<Word>,
        tripwire: &Tripwire,
    ) -> Result<(), Unadmitted> {
        let patience = self.origin.elapsed().saturating_add(self.patience);
        loop {
            let word = told.borrow_and_update().clone();
            let ask = match word {
                Word::Start => return Ok(()),
                Word::Refused(error) => return Err(Unadmitted::Refused(error)),
                Word::Ask(at) => at,
                Word::Wait => Duration::MAX,
            };
            tokio::select! {
                biased;
                _ = tripwire.tripped() => return Err(Unadmitted::Over),
                _ = told.changed() => {}
                () = self.until(ask.min(patience)) => match self.origin.elapsed() >= patience {
                    true => return self.give_up(ticket),
                    false => self.change(Book::tick, None),
                },
            }
        }
    }

    /// A run has waited for as long as it may. Its turn may have come in this moment.
    fn give_up(&self, ticket: Ticket) -> Result<(), Unadmitted> {
        match self.lock().book.standing(ticket) {
            Standing::Running => Ok(()),
            Standing::Waiting(place) => {
                let error = AdmissionError::QueueTimeout { waited: self.patience, place };
                self.meters.refused(&error);
                Err(Unadmitted::Refused(error))
            }
            Standing::Gone => Err(Unadmitted::Over),
        }
    }

    async fn until(&self, time: Duration) {
        match self.origin.checked_add(time) {
            Some(at) => tokio::time::sleep_until(at.into()).await,
            None => std::future::pending().await,
        }
    }

    /// Nobody starts any more; who waits is refused. Those under way may go on for so long, and are cancelled then.
    pub async fn drain(&self, time: Duration) -> Drained {
        {
            let mut state = self.lock();
            let moves = state.book.close();
            state.drained.refused += moves.refused.len() as u64;
            self.apply(&mut state, moves);
        }
        if tokio::time::timeout(time, self.idle()).await.is_err() {
            self.cancel();
            // What then still goes on has been cancelled, and is told as left.
            let _ = tokio::time::timeout(SETTLE, self.idle()).await;
        }
        let state = self.lock();
        Drained { left: state.book.taken().running, ..state.drained }
    }

    fn cancel(&self) {
        let mut state = self.lock();
        let State { book, wires, cancelled, .. } = &mut *state;
        for (ticket, wire) in wires.iter().filter(|(ticket, _)| book.standing(**ticket) == Standing::Running) {
            cancelled.insert(*ticket);
            wire.trip(Stop::Interrupted);
        }
    }

    async fn idle(&self) {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if self.lock().book.taken().running == 0 {
                return;
            }
            ended.await;
        }
    }

    pub fn taken(&self) -> Occupancy {
        self.lock().book.taken()
    }

    pub(super) fn standing(&self, ticket: Ticket) -> Standing {
        self.lock().book.standing(ticket)
    }

    /// Something happens, by which one of them may be gone.
    fn change(&self, change: impl FnOnce(&mut Book, Duration) -> Moves, gone: Option<Ticket>) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let was_running = gone.is_some_and(|ticket| state.book.standing(ticket) == Standing::Running);
        let moves = change(&mut state.book, self.origin.elapsed());
        if let Some(ticket) = gone {
            state.waiters.remove(&ticket);
            state.wires.remove(&ticket);
            let was_cancelled = state.cancelled.remove(&ticket);
            match (was_running && state.book.is_closed(), was_cancelled) {
                (true, true) => state.drained.cancelled += 1,
                (true, false) => state.drained.finished += 1,
                _ => {}
            }
        }
        self.apply(state, moves);
        drop(guard);
        if was_running {
            self.ended.notify_waiters();
        }
    }

    /// Tells each what has become of it.
    fn apply(&self, state: &mut State, moves: Moves) {
        self.meters.taken(state.book.taken());
        let Moves { started, refused, alarms } = moves;
        let mut tell = |ticket: Ticket, word: Word, last: bool| {
            if let Some(waiter) = state.waiters.get(&ticket) {
                waiter.send_replace(word);
            }
            if last {
                state.waiters.remove(&ticket);
            }
        };
        for (ticket, at) in alarms {
            tell(ticket, Word::Ask(at), false);
        }
        for ticket in started {
            tell(ticket, Word::Start, true);
        }
        for (ticket, error) in refused {
            self.meters.refused(&error);
            tell(ticket, Word::Refused(error), true);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
