//! kill -9 of the real program, in each gap between two steps of the store and at random times.
//!
//! After each kill the store is as before the verb or as after it, with every value that was ever acknowledged; the next
//! reader recovers by itself; a further write works; and then nothing is left on the disk of what was replaced.
//!
//! `UM_HOST_CRASH_ROUNDS=N` kills N times as often. Power loss is another matter: the store's own tests replay it, and
//! show key by key that what was replaced opens no more.

mod histogram;
pub mod puppet;
mod scenes;
#[path = "../../store/steps.rs"]
mod steps;
mod world;

use std::panic::resume_unwind;
use std::thread;
use std::time::{Duration, Instant};

use histogram::Histogram;
use puppet::{Ending, Puppet};
use scenes::{Change, Init, Recovery, Scene, Side, Verb};
use steps::{INIT_STEPS, WRITE_STEPS};

use crate::support::bound::Bounded;

/// Kills in each gap, at least.
const KILLS_PER_GAP: usize = 10;
/// Kills at random times of each of the five verbs.
const RANDOM_KILLS: usize = 40;

const VERBS: [Verb; 5] = [Verb::SetNew, Verb::Replace, Verb::Delete, Verb::CreateWorkspace, Verb::Allow];

fn rounds() -> usize {
    std::env::var("UM_HOST_CRASH_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number of rounds"))
}

fn verbs() -> Vec<Box<dyn Scene>> {
    let changes = VERBS.map(|verb| Box::new(Change::new(verb)) as Box<dyn Scene>);
    changes.into_iter().chain([Box::new(Init::default()) as Box<dyn Scene>]).collect()
}

/// Plays each scene in a thread of its own.
fn each(scenes: Vec<Box<dyn Scene>>, play: impl Fn(&mut dyn Scene, &mut Chance) -> Histogram + Sync) -> Vec<Histogram> {
    thread::scope(|scope| {
        let start = |(seed, mut scene): (usize, Box<dyn Scene>)| {
            let play = &play;
            scope.spawn(move || play(&mut *scene, &mut Chance(seed as u64)))
        };
        let threads: Vec<_> = scenes.into_iter().enumerate().map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

// The seam is in builds with debug assertions only.
#[cfg(debug_assertions)]
#[test]
fn a_kill_in_any_gap_leaves_the_store_before_or_after_the_verb() {
    let quota = KILLS_PER_GAP * rounds();
    let histograms = each(verbs(), |scene, chance| {
        let expected: &[&str] = if scene.name() == "init" { &INIT_STEPS } else { &WRITE_STEPS };
        let (ending, times) = rehearse(scene);
        assert_eq!(ending.passed, expected, "{} does not pass the steps that there are", scene.name());
        assert!(ending.said.is_empty(), "not in the list of steps: {:?}", ending.said);
        kill_in_each_gap(scene, &ending.passed, &times, quota, chance)
    });
    histogram::print("kill -9 in each gap between two steps", &histograms);
    let missed: Vec<_> = histograms.iter().flat_map(|histogram| histogram.missed(quota)).collect();
    assert!(missed.is_empty(), "hit too seldom: {missed:?}");
}

#[cfg(debug_assertions)]
#[test]
fn a_kill_in_any_gap_of_a_recovery_loses_nothing_either() {
    let quota = KILLS_PER_GAP / 2 * rounds();
    let scenes: Vec<Box<dyn Scene>> = vec![
        Box::new(Recovery::after("pending-unlinked", Side::Before)),
        Box::new(Recovery::after("committed", Side::After)),
        Box::new(Recovery::after("final-linked", Side::After)),
    ];
    let histograms = each(scenes, |scene, chance| {
        let (Ending { passed, .. }, times) = rehearse(scene);
        // As every change, but for the change itself.
        let expected = WRITE_STEPS[..3].iter().chain(&WRITE_STEPS[10..15]).chain(&WRITE_STEPS[3..4]);
        assert!(passed.iter().eq(expected), "{passed:?}");
        kill_in_each_gap(scene, &passed, &times, quota, chance)
    });
    histogram::print("kill -9 of a reader that recovers", &histograms);
    let missed: Vec<_> = histograms.iter().flat_map(|histogram| histogram.missed(quota)).collect();
    assert!(missed.is_empty(), "hit too seldom: {missed:?}");
}

#[test]
fn a_kill_at_any_time_leaves_the_store_before_or_after_the_verb() {
    let histograms = each(verbs(), |scene, chance| {
        let mut window = time(scene);
        let mut histogram = Histogram::new(scene.name(), &[]);
        while histogram.total() < RANDOM_KILLS * rounds() {
            let delay = chance.below(window);
            let mut child = scene.begin().start().unwrap();
            thread::sleep(delay);
            child.kill().unwrap();
            let ending = Ending::of(&mut child, Vec::new(), Vec::new());
            let side = scene.settle(&ending);
            // One that was faster than its death counts as a verb that ended well. How long a verb takes changes with
            // what else the machine does, so the window follows.
            if ending.killed() {
                histogram.count(0, side);
                window += window / 16;
            } else {
                window -= (window - delay) / 2;
            }
        }
        histogram
    });
    histogram::print("kill -9 at random times", &histograms);
}

/// How long a verb takes that is let alone.
fn time(scene: &mut dyn Scene) -> Duration {
    let mut command = scene.begin();
    let began = Instant::now();
    let mut child = command.start().unwrap();
    let ending = Ending::of(&mut child, Vec::new(), Vec::new());
    let took = began.elapsed();
    assert_eq!(scene.settle(&ending), Side::After);
    took
}

/// Lets a scene go to its end; with the time from each step to the next.
fn rehearse(scene: &mut dyn Scene) -> (Ending, Vec<Duration>) {
    let (ending, times) = Puppet::start(scene.begin()).watch();
    assert!(!ending.killed() && !ending.passed.is_empty(), "the program has no seam: {ending:?}");
    scene.settle(&ending);
    (ending, times)
}

/// Kills in each gap: half of the time on the spot after its first step, else somewhere on the way to the next, which
/// the seam does not let it go beyond.
fn kill_in_each_gap(
    scene: &mut dyn Scene,
    steps: &[String],
    times: &[Duration],
    quota: usize,
    chance: &mut Chance,
) -> Histogram {
    let mut histogram = Histogram::new(scene.name(), steps);
    for (gap, longest) in times.iter().enumerate() {
        for attempt in 0..quota * 20 {
            if histogram.kills(gap) >= quota {
                break;
            }
            // Before the first step there is no spot. Shorter each time, should the rehearsal have been slower than life.
            let moving = gap == 0 || attempt % 2 == 1;
            let delay = moving.then(|| chance.below(*longest) * 8 / (8 + attempt as u32));
            let ending = kill(scene, gap, delay);
            assert!(steps.starts_with(&ending.passed), "{ending:?}");
            let side = scene.settle(&ending);
            if ending.killed() {
                histogram.count(ending.passed.len(), side);
            }
        }
    }
    histogram
}

/// Kills after so many steps: at once, or when it has gone on for a while.
fn kill(scene: &mut dyn Scene, steps: usize, delay: Option<Duration>) -> Ending {
    let mut puppet = Puppet::start(scene.begin());
    puppet.advance(steps);
    if let Some(delay) = delay {
        if steps > 0 {
            puppet.go_on();
        }
        thread::sleep(delay);
    }
    puppet.kill()
}

/// Times by a generator of its own (splitmix64): kills differ, as the machine does, but not from choice.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        most.mul_f64(((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64)
    }
}
