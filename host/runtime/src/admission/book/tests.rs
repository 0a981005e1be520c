//! Whatever happens in whatever order: no cap is passed, no place is lost, nobody is passed over.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use um_base::Coded;

use super::*;
use crate::admission::quota::Overflow::{Queue, Refuse};

const SECOND: Duration = Duration::from_secs(1);

fn name(workspace: usize) -> WorkspaceName {
    WorkspaceName::parse(&format!("w{workspace}")).unwrap()
}

/// A host of which some workspaces have quotas of their own.
fn book(capacity: Capacity, own: impl IntoIterator<Item = (usize, Quota)>) -> Book {
    let own = own.into_iter().map(|(workspace, quota)| (name(workspace), Arc::new(quota))).collect();
    Book::new(capacity, Quotas { usual: Arc::default(), own }, Instant::now())
}

fn capacity(runs: u64, memory: u64, queue: u64) -> Capacity {
    Capacity::default().runs(runs).memory(memory).queue(queue)
}

/// Each run arrives at the beginning of time and takes one byte.
fn arrive(book: &mut Book, ticket: u64, workspace: usize) -> Moves {
    book.arrive(Ticket(ticket), &name(workspace), 1, Duration::ZERO)
}

fn codes(moves: &Moves) -> Vec<(u64, &'static str)> {
    moves.refused.iter().map(|(ticket, error)| (ticket.0, error.code())).collect()
}

fn started(moves: &Moves) -> Vec<u64> {
    moves.started.iter().map(|ticket| ticket.0).collect()
}

#[test]
fn as_many_runs_start_as_fit_by_number_and_by_memory() {
    let mut book = book(capacity(3, 10, 9), []);
    let mut arrive = |ticket, memory| book.arrive(Ticket(ticket), &name(0), memory, Duration::ZERO);
    assert_eq!(started(&arrive(1, 6)), [1]);
    assert_eq!(started(&arrive(2, 4)), [2], "exactly as much as there is");
    assert_eq!(started(&arrive(3, 0)), [3]);
    assert_eq!(started(&arrive(4, 0)), [0; 0], "there is memory and no place");
    assert_eq!(codes(&arrive(5, 11)), [(5, "run-too-large")], "it would wait for ever");
    assert_eq!(started(&book.leave(Ticket(2), SECOND)), [4]);
    assert_eq!(book.taken(), Occupancy { running: 3, waiting: 0, memory: 6 });
}

#[test]
fn a_run_that_has_its_turn_and_does_not_fit_is_waited_for() {
    let mut book = book(capacity(9, 10, 9), []);
    let mut arrive =
        |ticket, workspace, memory| started(&book.arrive(Ticket(ticket), &name(workspace), memory, Duration::ZERO));
    assert_eq!(arrive(1, 0, 6), [1]);
    assert_eq!(arrive(2, 1, 10), [0; 0]);
    assert_eq!(arrive(3, 0, 1), [0; 0], "small ones would take the room again and again");
    assert_eq!(started(&book.leave(Ticket(1), SECOND)), [2]);
    assert_eq!(started(&book.leave(Ticket(2), SECOND)), [3]);
}

#[test]
fn a_workspace_that_floods_the_queue_gives_every_other_one_its_turn() {
    let mut book = book(capacity(1, 100, 5_000), []);
    for ticket in 1..=1_001 {
        let _ = arrive(&mut book, ticket, 0);
    }
    for ticket in 2_001..=2_010 {
        assert_eq!(started(&arrive(&mut book, ticket, 1)), [0; 0]);
    }
    let (mut running, mut order) = (1, Vec::new());
    // No time passes: only turns are counted.
    for _ in 0..30 {
        let moves = book.leave(Ticket(running), Duration::ZERO);
        running = started(&moves)[0];
        order.push(running);
    }
    assert_eq!(order[0], 2_001, "who has had nothing is the next");
    let last = order.iter().position(|ticket| *ticket == 2_010).unwrap();
    assert!(last <= 20, "one of two in turns: {order:?}");
}

#[test]
fn turns_go_by_what_was_held_for_how_long() {
    // Runs of 0 take a second each, runs of 1 a tenth of one: in the end both have had the machine for as long.
    let mut book = book(capacity(1, 100, 5_000), []);
    let (mut now, mut had) = (Duration::ZERO, [Duration::ZERO; 2]);
    let mut running = None;
    for ticket in 0..600 {
        let moves = book.arrive(Ticket(ticket), &name(usize::from(ticket % 6 != 0)), 1, now);
        running = running.or(moves.started.first().copied());
    }
    for _ in 0..120 {
        let ticket = running.unwrap();
        let (workspace, time) = if ticket.0 % 6 == 0 { (0, SECOND) } else { (1, SECOND / 10) };
        now += time;
        had[workspace] += time;
        running = book.leave(ticket, now).started.first().copied();
    }
    assert!(had[0].abs_diff(had[1]) <= SECOND, "{had:?}");
}

#[test]
fn what_a_workspace_did_not_use_is_not_saved_up() {
    let mut book = book(capacity(1, 100, 5_000), []);
    let mut ticket = 0;
    let mut next = |book: &mut Book, workspace, now| {
        ticket += 1;
        book.arrive(Ticket(ticket), &name(workspace), 1, now)
    };
    // 1 begins when 0 has had the host for an hour, and both then ask for more than there is.
    let _ = next(&mut book, 1, Duration::ZERO);
    let _ = book.leave(Ticket(1), Duration::ZERO);
    let mut now = Duration::ZERO;
    for second in 2..3_602 {
        assert_eq!(started(&next(&mut book, 0, now)), [second]);
        now += SECOND;
        let _ = book.leave(Ticket(second), now);
    }
    for _ in 0..20 {
        let _ = next(&mut book, 0, now);
        let _ = next(&mut book, 1, now);
    }
    let mut of_one = 0;
    for running in 3_602..3_612 {
        now += SECOND;
        let of: Vec<_> = book.runs.iter().filter(|(_, entry)| entry.running).map(|(ticket, _)| *ticket).collect();
        of_one += usize::from(book.runs[&of[0]].workspace == name(1));
        let _ = book.leave(of[0], now);
        assert!(running > 0);
    }
    assert!((4..=7).contains(&of_one), "{of_one} of 10");
}

#[test]
fn a_quota_of_runs_is_waited_for_or_refused_and_holds_up_nobody_else() {
    let own = [(0, Quota::default().runs(1, Queue)), (1, Quota::default().runs(1, Refuse))];
    let mut book = book(capacity(9, 100, 9), own);
    assert_eq!(started(&arrive(&mut book, 1, 0)), [1]);
    assert_eq!(started(&arrive(&mut book, 2, 0)), [0; 0]);
    assert_eq!(started(&arrive(&mut book, 3, 1)), [3]);
    assert_eq!(codes(&arrive(&mut book, 4, 1)), [(4, "quota-runs")]);
    assert_eq!(started(&arrive(&mut book, 5, 2)), [5]);
    assert_eq!(book.standing(Ticket(2)), Standing::Waiting(Place { ahead: 0, waiting: 1 }));
    assert_eq!(started(&book.leave(Ticket(1), SECOND)), [2]);
    let _ = book.leave(Ticket(3), SECOND);
    assert_eq!(started(&arrive(&mut book, 6, 1)), [6]);
}

#[test]
fn a_rate_that_is_used_up_is_waited_for_until_it_is_told_or_refused() {
    let quota = |overflow| Quota::default().secret_reads(60, overflow);
    let mut book = book(capacity(9, 100, 9), [(0, quota(Queue)), (1, quota(Refuse))]);
    for workspace in 0..2 {
        assert_eq!(arrive(&mut book, workspace, workspace as usize).started.len(), 1);
        let rates = book.rates(&name(workspace as usize)).unwrap();
        assert!(rates.use_reads(60, Duration::ZERO));
    }
    let moves = arrive(&mut book, 2, 0);
    assert_eq!((started(&moves), &moves.alarms[..]), (vec![], &[(Ticket(2), SECOND)][..]));
    assert_eq!(arrive(&mut book, 3, 0).alarms, [], "only the first has to ask");
    let refused = arrive(&mut book, 4, 1).refused;
    assert_eq!(refused, [(Ticket(4), AdmissionError::SecretReads { after: Some(SECOND) })]);
    assert_eq!(book.tick(SECOND - Duration::from_nanos(1)).started, []);
    assert_eq!(started(&book.tick(SECOND)), [2, 3]);
}

#[test]
fn where_the_queue_is_full_the_workspace_that_fills_most_of_it_loses_its_latest() {
    let mut book = book(capacity(1, 100, 4), []);
    for ticket in 1..=5 {
        assert_eq!(codes(&arrive(&mut book, ticket, 0)), [], "{ticket}");
    }
    assert_eq!(codes(&arrive(&mut book, 6, 0)), [(6, "queue-full")]);
    assert_eq!(codes(&arrive(&mut book, 7, 1)), [(5, "queue-full")]);
    assert_eq!(codes(&arrive(&mut book, 8, 1)), [(4, "queue-full")]);
    assert_eq!(
        codes(&arrive(&mut book, 9, 1)),
        [(9, "queue-full")],
        "of two that have as much it is the one that asks"
    );
    assert_eq!(book.taken().waiting, 4);
    let mut none = self::book(capacity(1, 100, 0), []);
    assert_eq!(started(&arrive(&mut none, 1, 0)), [1]);
    assert_eq!(codes(&arrive(&mut none, 2, 0)), [(2, "queue-full")]);
}

#[test]
fn a_place_tells_who_is_before_and_who_waits_at_all() {
    let mut book = book(capacity(1, 100, 9), []);
    for (ticket, workspace) in [(1, 0), (2, 0), (3, 1), (4, 0)] {
        let _ = arrive(&mut book, ticket, workspace);
    }
    assert_eq!(book.standing(Ticket(1)), Standing::Running);
    assert_eq!(book.standing(Ticket(3)), Standing::Waiting(Place { ahead: 0, waiting: 3 }));
    assert_eq!(book.standing(Ticket(4)), Standing::Waiting(Place { ahead: 1, waiting: 3 }));
    let _ = book.leave(Ticket(2), SECOND);
    assert_eq!(book.standing(Ticket(4)), Standing::Waiting(Place { ahead: 0, waiting: 2 }));
    assert_eq!(book.standing(Ticket(2)), Standing::Gone);
}

#[test]
fn a_host_that_is_closed_refuses_who_waits_and_who_comes() {
    let mut book = book(capacity(1, 100, 9), []);
    for ticket in 1..=3 {
        let _ = arrive(&mut book, ticket, 0);
    }
    assert_eq!(codes(&book.close()), [(2, "host-draining"), (3, "host-draining")]);
    assert_eq!(codes(&arrive(&mut book, 4, 0)), [(4, "host-draining")]);
    let moves = book.leave(Ticket(1), SECOND);
    assert!(moves.started.is_empty());
    assert_eq!(book.taken(), Occupancy::default());
}

#[test]
fn workspaces_that_have_nothing_are_forgotten() {
    let mut book = book(capacity(1, 100, 9), [(0, Quota::default().secret_reads(1, Queue))]);
    let _ = arrive(&mut book, 0, 0);
    assert!(book.rates(&name(0)).unwrap().use_reads(1, Duration::ZERO));
    let _ = book.leave(Ticket(0), Duration::ZERO);
    for workspace in 1..50_000 {
        assert_eq!(arrive(&mut book, workspace, workspace as usize).started.len(), 1);
        let _ = book.leave(Ticket(workspace), Duration::ZERO);
    }
    assert!(book.accounts.len() <= REMEMBERED, "{}", book.accounts.len());
    assert!(book.accounts.contains_key(&name(0)), "what it has used up counts on");
}

/// What may happen.
#[derive(Clone, Debug)]
enum Event {
    Arrive {
        workspace: usize,
        memory: u64,
    },
    /// The run that stands there among all that there are.
    Leave(usize),
    Wait(u64),
    Read(usize),
    Close,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (0..4_usize, 0..7_u64).prop_map(|(workspace, memory)| Event::Arrive { workspace, memory }),
        5 => (0..1_000_usize).prop_map(Event::Leave),
        2 => (0..40_000_u64).prop_map(Event::Wait),
        1 => (0..4_usize).prop_map(Event::Read),
        1 => (0..60_u8).prop_map(|number| if number == 0 { Event::Close } else { Event::Wait(0) }),
    ];
    prop::collection::vec(event, 0..120)
}

/// What is known without the book: who waits, in the order of arrival, and who runs with how much.
#[derive(Default)]
struct World {
    waiting: BTreeMap<usize, VecDeque<Ticket>>,
    running: BTreeMap<Ticket, (usize, u64)>,
    memory: BTreeMap<Ticket, (usize, u64)>,
    now: Duration,
    closed: bool,
}

const RUNS: u64 = 3;
const MEMORY: u64 = 10;
const QUEUE: u64 = 5;
/// Most runs at once of each workspace; the first is refused what it has too much of.
const MOST: [u64; 4] = [2, 1, 3, u64::MAX];

impl World {
    /// What the book says is possible, and all that is: nobody is told twice, and nobody is forgotten.
    fn follow(&mut self, book: &Book, moves: Moves) {
        for ticket in moves.started {
            let (workspace, memory) = self.memory[&ticket];
            let queue = self.waiting.get_mut(&workspace).unwrap();
            assert_eq!(queue.pop_front(), Some(ticket), "first come first served within a workspace");
            assert!(self.running.insert(ticket, (workspace, memory)).is_none());
            assert!(!self.closed);
        }
        for (ticket, error) in moves.refused {
            let (workspace, _) = self.memory[&ticket];
            let lengths = |waiting: &BTreeMap<usize, VecDeque<Ticket>>| waiting.values().map(VecDeque::len).max();
            if error.code() == "queue-full" {
                assert_eq!(lengths(&self.waiting), Some(self.waiting[&workspace].len()), "none has more that wait");
                assert_eq!(self.waiting[&workspace].back(), Some(&ticket));
            }
            self.waiting.get_mut(&workspace).unwrap().retain(|waiting| *waiting != ticket);
        }
        self.check(book);
    }

    fn check(&self, book: &Book) {
        let memory: u64 = self.running.values().map(|(_, memory)| memory).sum();
        let (running, waiting) = (self.running.len() as u64, self.waiting.values().map(VecDeque::len).sum::<usize>());
        assert_eq!(book.taken(), Occupancy { running, waiting: waiting as u64, memory });
        assert!(running <= RUNS && memory <= MEMORY && waiting as u64 <= QUEUE);
        for (workspace, most) in MOST.into_iter().enumerate() {
            assert!(self.of(workspace) <= most, "workspace {workspace}");
        }
        for (workspace, queue) in &self.waiting {
            for (ahead, ticket) in queue.iter().enumerate() {
                let place = Place { ahead: ahead as u64, waiting: waiting as u64 };
                assert_eq!(book.standing(*ticket), Standing::Waiting(place), "{workspace}");
            }
        }
        self.running.keys().for_each(|ticket| assert_eq!(book.standing(*ticket), Standing::Running));
        self.check_idle(book);
    }

    /// Nobody waits without a reason: of those who may go on, the one that has held the least does not fit.
    fn check_idle(&self, book: &Book) {
        let may = |workspace: &usize| {
            let rates = book.rates(&name(*workspace));
            self.of(*workspace) < MOST[*workspace] && rates.is_none_or(|rates| rates.check(self.now).is_ok())
        };
        let waiting = self.waiting.iter().filter_map(|(workspace, queue)| Some((*workspace, *queue.front()?)));
        let turns = waiting.filter(|(workspace, _)| may(workspace));
        let next =
            turns.min_by_key(|(workspace, first)| (book.accounts[&name(*workspace)].held.order(self.now), *first));
        if let Some((_, first)) = next {
            let memory: u64 = self.running.values().map(|(_, memory)| memory).sum();
            let fits = self.running.len() as u64 != RUNS && memory + self.memory[&first].1 <= MEMORY;
            assert!(!fits, "{first:?} could start");
        }
    }

    fn of(&self, workspace: usize) -> u64 {
        self.running.values().filter(|(of, _)| *of == workspace).count() as u64
    }
}

proptest! {
    #[test]
    fn any_sequence_keeps_the_caps_and_loses_no_place(events in events()) {
        let own = [
            (0, Quota::default().runs(MOST[0], Refuse)),
            (1, Quota::default().runs(MOST[1], Queue)),
            (2, Quota::default().runs(MOST[2], Queue).secret_reads(4, Queue)),
        ];
        let mut book = book(capacity(RUNS, MEMORY, QUEUE), own);
        let mut world = World::default();
        let mut next = 0;
        for event in events {
            let moves = match event {
                Event::Arrive { workspace, memory } => {
                    next += 1;
                    world.memory.insert(Ticket(next), (workspace, memory));
                    world.waiting.entry(workspace).or_default().push_back(Ticket(next));
                    book.arrive(Ticket(next), &name(workspace), memory, world.now)
                }
                Event::Leave(at) => {
                    let all: Vec<_> = world.memory.keys().copied().collect();
                    let Some(ticket) = all.get(at % all.len().max(1)) else { continue };
                    world.running.remove(ticket);
                    world.waiting.values_mut().for_each(|queue| queue.retain(|waiting| waiting != ticket));
                    book.leave(*ticket, world.now)
                }
                Event::Wait(milliseconds) => {
                    world.now += Duration::from_millis(milliseconds);
                    book.tick(world.now)
                }
                Event::Read(workspace) => {
                    if let Some(rates) = book.rates(&name(workspace)) {
                        rates.use_reads(1, world.now);
                    }
                    Moves::default()
                }
                Event::Close => {
                    world.closed = true;
                    book.close()
                }
            };
            world.follow(&book, moves);
        }
        // Whoever is still there comes to an end, and the book is as it was.
        loop {
            let moves = match world.running.pop_first() {
                Some((ticket, _)) => book.leave(ticket, world.now),
                None if world.waiting.values().all(VecDeque::is_empty) => break,
                None => {
                    world.now += SECOND * 60;
                    let moves = book.tick(world.now);
                    prop_assert!(!moves.started.is_empty(), "who waits is let in");
                    moves
                }
            };
            world.follow(&book, moves);
        }
        prop_assert_eq!(book.taken(), Occupancy::default());
        prop_assert!(book.runs.is_empty() && book.queues.is_empty());
        prop_assert!(book.accounts.values().all(|account| account.running == 0));
    }
}
