//! Values that are guarded and of which nothing is made until somebody looks through a text.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use um_base::{Over, Work};
use um_leak::{End, Filter, Stream};
use um_secret::Parts;

use super::{AtOnce, VALUES, finished, written};

/// What happens in a run.
#[derive(Clone, Debug)]
enum Event {
    Guard(&'static str, &'static str),
    GuardAnyway(&'static str),
    /// Of this value, from here to there.
    Write(&'static str, Index, Index),
    /// Somebody asks whether all forms are made, which one filter is asked after every event.
    Ready,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (select(&["A", "B", "C"]), select(&VALUES)).prop_map(|(name, value)| Event::Guard(name, value)),
        1 => select(&VALUES).prop_map(Event::GuardAnyway),
        4 => (select(&VALUES), any::<Index>(), any::<Index>()).prop_map(|(value, from, to)| Event::Write(value, from, to)),
        1 => Just(Event::Ready),
    ]
}

/// What comes out of two streams of a filter, in turns.
fn played(filter: &Filter, events: &[Event], eager: bool) -> Vec<u8> {
    let mut streams = [filter.writer(Stream::Stdout), filter.writer(Stream::Stderr)];
    let (mut out, mut turn) = (Vec::new(), 0);
    for event in events {
        match event {
            Event::Guard(name, value) => filter.guard(name, value),
            Event::GuardAnyway(value) => filter.guard_anyway("guarded", value, Vec::new()),
            Event::Write(value, from, to) => {
                let (from, to) = (from.index(value.len()), to.index(value.len()) + 1);
                let piece = value.as_bytes().get(from..to).unwrap_or(value.as_bytes());
                out.extend(written(&mut streams[turn % 2], piece));
                turn += 1;
            }
            Event::Ready => _ = filter.at_once(),
        }
        if eager {
            filter.at_once();
        }
    }
    streams.iter_mut().for_each(|stream| out.extend(finished(stream, End::Chosen)));
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_makes_no_difference_when_forms_are_made(events in prop::collection::vec(event(), 1..24)) {
        let (eager, lazy) = (Filter::new(), Filter::new());
        prop_assert_eq!(played(&eager, &events, true), played(&lazy, &events, false));
        prop_assert_eq!(eager.report(), lazy.report());
        prop_assert_eq!(format!("{eager:?}"), format!("{lazy:?}"));
        prop_assert_eq!(eager.unguarded(), lazy.unguarded());
    }
}

#[test]
fn what_is_guarded_while_somebody_has_a_filter_that_is_ready_is_masked_all_the_same() {
    let filter = Filter::new();
    let ready = filter.at_once();
    let mut redactor = filter.stream(Stream::Stdout);
    let mut out = Vec::new();
    redactor.write(ready, b"before hunter22, hunt", &mut out);
    filter.guard("KEY", "hunter22");
    assert!(filter.if_ready().is_none());
    redactor.write(ready, b"er22 hunter22", &mut out);
    redactor.finish(ready, &mut out);
    assert_eq!(out, b"before hunter22, hunter22 ***", "what was out before it was guarded is out");
    assert!(filter.if_ready().is_some());
}

#[test]
fn what_waits_is_known_and_takes_no_more_than_is_held_for_it() {
    const MOST: u64 = 100 << 20;
    let (filter, work) = (Filter::new(), Work::new(MOST));
    let value = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let is_left = |bytes| work.try_hold(bytes).is_some();
    for name in ["ONE", "ONE", "OTHER"] {
        let held = work.hold(filter.most(value) as u64).unwrap();
        filter.guard_parts(name, value, &Parts::default(), vec![held]);
        assert!(filter.knows_value(value) && filter.guards(name));
    }
    let held = work.hold(filter.most(value) as u64).unwrap();
    filter.guard_anyway("guarded", value, vec![held]);
    let (first, most) = (Filter::new().most(value) as u64, filter.most(value) as u64);
    assert!(is_left(MOST - first - most) && !is_left(MOST - first - most + 1), "the same again needs nothing");
    filter.at_once();
    assert!(is_left(MOST - first) && !is_left(MOST - 1_400_000), "the rest is given back, and some is in use");
    drop(filter);
    assert!(is_left(MOST));
}

#[test]
fn forms_are_made_as_long_as_the_work_goes_on() {
    let (filter, stopped) = (Filter::new(), Work::unlimited());
    filter.guard("KEY", "hunter22");
    stopped.stop();
    assert_eq!(filter.ready_here(&stopped).err(), Some(Over::Stopped));
    assert!(filter.if_ready().is_none());
    assert_eq!(filter.text(Stream::Stdout, "hunter22"), "***");
}

#[tokio::test]
async fn a_run_that_waits_for_forms_has_them_made_on_another_thread_unless_they_are_few() {
    let (filter, work) = (Filter::new(), Work::unlimited());
    filter.guard("KEY", "hunter22");
    assert_eq!(filter.ready(&work).await.unwrap().text(Stream::Stdout, "a hunter22"), "a ***");
    assert_eq!(work.spent(), std::time::Duration::ZERO, "that little is made at once, by whoever waits");
    let long = "k7x!".repeat(100);
    filter.guard("LONG", &long);
    assert_eq!(filter.ready(&work).await.unwrap().text(Stream::Stdout, &format!("a {long}")), "a ***");
    assert!(work.spent() > std::time::Duration::ZERO, "it is counted");
    work.stop();
    assert!(filter.ready(&work).await.is_ok(), "nothing is to be made");
}

#[test]
fn values_for_whose_forms_there_is_no_room_are_refused_before_any_is_made() {
    let (filter, work) = (Filter::new(), Work::new(128 << 20));
    let value = |number: usize| format!("{number:04}-k7x!").repeat(64 * 1024 / 9);
    let fit = (0..160).take_while(|&number| {
        let value = value(number);
        let held = work.try_hold(filter.most(&value) as u64);
        held.map(|held| filter.guard_parts("LARGE", &value, &Parts::default(), vec![held])).is_some()
    });
    assert!((1..10).contains(&fit.count()));
}
