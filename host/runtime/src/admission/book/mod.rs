//! The bookkeeping of who runs and who waits. It is told what happens and when, and says what becomes of runs by that.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::admission::capacity::Capacity;
use crate::admission::error::AdmissionError;
use crate::admission::moves::{Moves, Ticket};
use crate::admission::place::{Occupancy, Place, Standing};
use crate::admission::quota::{Overflow, Quota};
use crate::admission::rates::Rates;
use crate::admission::share::{Held, dominant};
use um_secret::WorkspaceName;

/// So many workspaces are remembered at least before those that have nothing are forgotten.
const REMEMBERED: usize = 4_096;

/// What workspaces may use.
#[derive(Default)]
pub(crate) struct Quotas {
    pub usual: Arc<Quota>,
    pub own: HashMap<WorkspaceName, Arc<Quota>>,
}

impl Quotas {
    fn of(&self, workspace: &WorkspaceName) -> &Arc<Quota> {
        self.own.get(workspace).unwrap_or(&self.usual)
    }
}

/// Who runs and who waits.
pub(in crate::admission) struct Book {
    capacity: Capacity,
    quotas: Quotas,
    origin: Instant,
    accounts: HashMap<WorkspaceName, Account>,
    /// Those of workspaces of which any run waits.
    queues: HashMap<WorkspaceName, Queue>,
    runs: HashMap<Ticket, Entry>,
    taken: Occupancy,
    /// What the workspace had held that had the last turn.
    clock: u128,
    turns: u64,
    closed: bool,
    /// How many accounts there may be before some are forgotten.
    forget_at: usize,
}

/// A workspace.
struct Account {
    held: Held,
    running: u64,
    quota: Arc<Quota>,
    rates: Option<Arc<Rates>>,
}

/// What of a workspace waits, in the order of arrival.
#[derive(Default)]
struct Queue {
    waiting: BTreeSet<Ticket>,
    /// Who was told to ask again, and when.
    alarm: Option<(Ticket, Duration)>,
}

/// A run that waits or runs.
struct Entry {
    workspace: WorkspaceName,
    memory: u64,
    share: u128,
    running: bool,
}

impl Book {
    /// All times are counted from `origin`.
    pub fn new(capacity: Capacity, quotas: Quotas, origin: Instant) -> Self {
        Self {
            capacity,
            quotas,
            origin,
            accounts: HashMap::new(),
            queues: HashMap::new(),
            runs: HashMap::new(),
            taken: Occupancy::default(),
            clock: 0,
            turns: 0,
            closed: false,
            forget_at: REMEMBERED,
        }
    }

    /// A run wants to start. It starts, it is refused, or it waits.
    pub fn arrive(&mut self, ticket: Ticket, workspace: &WorkspaceName, memory: u64, now: Duration) -> Moves {
        if let Err(error) = self.check(workspace, memory, now) {
            return Moves { refused: vec![(ticket, error)], ..Moves::default() };
        }
        let share = dominant((self.capacity.runs, self.capacity.memory), memory);
        self.runs.insert(ticket, Entry { workspace: workspace.clone(), memory, share, running: false });
        self.queues.entry(workspace.clone()).or_default().waiting.insert(ticket);
        self.taken.waiting += 1;
        let mut moves = Moves::default();
        self.advance(now, &mut moves);
        if self.taken.waiting > self.capacity.queue {
            let last = self.last_of_most(workspace);
            self.remove_waiting(last);
            moves.refused.push((last, AdmissionError::QueueFull { waiting: self.taken.waiting }));
            self.advance(now, &mut moves);
        }
        moves
    }

    /// A run has ended, or waits no more. One that has left is no matter.
    pub fn leave(&mut self, ticket: Ticket, now: Duration) -> Moves {
        let mut moves = Moves::default();
        match self.runs.get(&ticket).map(|entry| entry.running) {
            Some(true) => self.remove_running(ticket, now),
            Some(false) => self.remove_waiting(ticket),
            None => return moves,
        }
        self.advance(now, &mut moves);
        moves
    }

    /// Lets those start whose turn has come by the time.
    pub fn tick(&mut self, now: Duration) -> Moves {
        let mut moves = Moves::default();
        self.advance(now, &mut moves);
        moves
    }

    /// Nobody starts any more.
    pub fn close(&mut self) -> Moves {
        self.closed = true;
        let mut waiting: Vec<_> = self.queues.drain().flat_map(|(_, queue)| queue.waiting).collect();
        waiting.sort_unstable();
        self.taken.waiting = 0;
        for ticket in &waiting {
            self.runs.remove(ticket);
        }
        let refused = waiting.into_iter().map(|ticket| (ticket, AdmissionError::Draining));
        Moves { refused: refused.collect(), ..Moves::default() }
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn taken(&self) -> Occupancy {
        self.taken
    }

    pub fn standing(&self, ticket: Ticket) -> Standing {
        let Some(entry) = self.runs.get(&ticket) else { return Standing::Gone };
        match self.queues.get(&entry.workspace).filter(|_| !entry.running) {
            None => Standing::Running,
            Some(queue) => {
                let ahead = queue.waiting.range(..ticket).count() as u64;
                Standing::Waiting(Place { ahead, waiting: self.taken.waiting })
            }
        }
    }

    /// What runs of the workspace are held to while they run.
    pub fn rates(&self, workspace: &WorkspaceName) -> Option<Arc<Rates>> {
        self.accounts.get(workspace)?.rates.clone()
    }

    /// What no waiting would help against, and what the workspace is not to wait for.
    fn check(&mut self, workspace: &WorkspaceName, memory: u64, now: Duration) -> Result<(), AdmissionError> {
        if self.closed {
            return Err(AdmissionError::Draining);
        }
        if memory > self.capacity.memory {
            return Err(AdmissionError::TooLarge { needed: memory, most: self.capacity.memory });
        }
        let waiting = self.queues.get(workspace).map_or(0, |queue| queue.waiting.len() as u64);
        let (clock, origin) = (self.clock, self.origin);
        if !self.accounts.contains_key(workspace) {
            self.forget(now);
            let quota = Arc::clone(self.quotas.of(workspace));
            let account = Account { held: Held::default(), running: 0, rates: Rates::of(&quota, origin), quota };
            self.accounts.insert(workspace.clone(), account);
        }
        let Some(account) = self.accounts.get_mut(workspace) else { return Ok(()) };
        if account.running + waiting == 0 {
            account.held.join(clock, now);
        }
        if let Some(bound) = account.quota.runs.filter(|bound| bound.overflow == Overflow::Refuse)
            && account.running + waiting >= bound.most
        {
            return Err(AdmissionError::Runs { most: bound.most });
        }
        match account.rates.as_ref().map_or(Ok(()), |rates| rates.check(now)) {
            Err(exhausted) if exhausted.overflow == Overflow::Refuse => Err(exhausted.error),
            _ => Ok(()),
        }
    }

    /// Starts whoever has a turn, until one does not fit or nobody may. Who does not fit is waited for.
    fn advance(&mut self, now: Duration, moves: &mut Moves) {
        while let Some(ticket) = self.next(now, moves) {
            let Some(entry) = self.runs.get_mut(&ticket) else { return };
            let fits = entry.memory <= self.capacity.memory.saturating_sub(self.taken.memory);
            if !fits || self.taken.running >= self.capacity.runs {
                return;
            }
            entry.running = true;
            let (memory, share, workspace) = (entry.memory, entry.share, entry.workspace.clone());
            self.unqueue(&workspace, ticket);
            self.turns += 1;
            if let Some(account) = self.accounts.get_mut(&workspace) {
                self.clock = self.clock.max(account.held.order(now).0);
                account.held.start(share, self.turns, now);
                account.running += 1;
            }
            self.taken.running += 1;
            self.taken.memory += memory;
            moves.started.push(ticket);
        }
    }

    /// The first of the workspace that has the turn, among those that may go on.
    fn next(&mut self, now: Duration, moves: &mut Moves) -> Option<Ticket> {
        let mut next = None;
        for (workspace, queue) in &mut self.queues {
            let (Some(&first), Some(account)) = (queue.waiting.first(), self.accounts.get(workspace)) else { continue };
            if account.quota.runs.is_some_and(|bound| account.running >= bound.most) {
                continue;
            }
            if let Some(Err(exhausted)) = account.rates.as_ref().map(|rates| rates.check(now)) {
                let at = exhausted.wait.map(|wait| now.saturating_add(wait));
                let is_told = queue.alarm.is_some_and(|(told, at)| told == first && at > now);
                if let Some(at) = at.filter(|_| !is_told) {
                    queue.alarm = Some((first, at));
                    moves.alarms.push((first, at));
                }
                continue;
            }
            let turn = (account.held.order(now), first);
            if next.is_none_or(|least| turn < least) {
                next = Some(turn);
            }
        }
        next.map(|(_, ticket)| ticket)
    }

    /// The latest of the workspace of which most wait; of this one, if others have no more.
    fn last_of_most(&self, arriving: &WorkspaceName) -> Ticket {
        let rank = |(workspace, queue): &(&WorkspaceName, &Queue)| {
            (queue.waiting.len(), *workspace == arriving, queue.waiting.last().copied())
        };
        let most = self.queues.iter().max_by_key(rank);
        most.and_then(|(_, queue)| queue.waiting.last().copied()).unwrap_or(Ticket(u64::MAX))
    }

    fn remove_waiting(&mut self, ticket: Ticket) {
        if let Some(entry) = self.runs.remove(&ticket) {
            self.unqueue(&entry.workspace, ticket);
        }
    }

    fn remove_running(&mut self, ticket: Ticket, now: Duration) {
        let Some(entry) = self.runs.remove(&ticket) else { return };
        self.taken.running -= 1;
        self.taken.memory -= entry.memory;
        if let Some(account) = self.accounts.get_mut(&entry.workspace) {
            account.running -= 1;
            account.held.end(entry.share, now);
        }
    }

    fn unqueue(&mut self, workspace: &WorkspaceName, ticket: Ticket) {
        let Some(queue) = self.queues.get_mut(workspace) else { return };
        if queue.waiting.remove(&ticket) {
            self.taken.waiting -= 1;
        }
        if queue.waiting.is_empty() {
            self.queues.remove(workspace);
        }
    }

    /// Forgets workspaces of which nothing runs or waits and which have used up nothing, where there are too many.
    fn forget(&mut self, now: Duration) {
        if self.accounts.len() < self.forget_at {
            return;
        }
        let queues = &self.queues;
        self.accounts.retain(|workspace, account| {
            let is_rested = account.rates.as_ref().is_none_or(|rates| rates.is_full(now));
            account.running > 0 || queues.contains_key(workspace) || !is_rested
        });
        self.forget_at = REMEMBERED.max(self.accounts.len() * 2);
    }
}

#[cfg(test)]
mod tests;
