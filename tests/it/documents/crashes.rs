//! kill -9 of the real program between any two steps of publishing.

use std::path::Path;

use um_runtime::PUBLISH_STEPS;

use super::{NEW, OLD, beside, expected, files, publish};
use crate::crash::puppet::Puppet;
use crate::support::command::Home;

/// The hidden directories of runs that were killed.
fn left(directory: &Path) -> usize {
    beside(directory).iter().filter(|name| name.starts_with(".out.um-host-")).count()
}

/// Without what was there before, a step fewer: nothing old is removed.
fn steps(before: &[(&str, &str)]) -> Vec<&'static str> {
    PUBLISH_STEPS.into_iter().filter(|step| !before.is_empty() || *step != "old-removed").collect()
}

#[test]
fn a_kill_between_any_two_steps_leaves_the_old_documents_or_the_new_ones() {
    let home = Home::new();
    publish(&home, "warm", &OLD).answer();
    for before in [&[][..], &OLD] {
        let steps = steps(before);
        for passed in 1..=steps.len() {
            let _ = std::fs::remove_dir_all(home.path("out"));
            if !before.is_empty() {
                assert_eq!(publish(&home, "out", before).answer().status, 0);
            }
            let mut puppet = Puppet::start(publish(&home, "out", &NEW).command());
            puppet.advance(passed);
            let ending = puppet.kill();
            assert!(ending.killed(), "{ending:?}");
            assert_eq!(ending.passed, steps[..passed], "the steps that there are");
            let placed = steps[..passed].contains(&"documents-placed");
            let there = if placed { &NEW[..] } else { before };
            assert_eq!(files(&home.path("out")), expected(there), "after {:?}", ending.passed);
            let removed = passed == steps.len();
            assert_eq!(left(&home.path("")), usize::from(!removed), "after {:?}", ending.passed);

            // Whatever runs next beside it removes what is left, and the next at the same place publishes.
            assert_eq!(publish(&home, "other", &OLD).answer().status, 0);
            assert_eq!(left(&home.path("")), 0, "after {:?}", ending.passed);
            assert_eq!(files(&home.path("out")), expected(there), "after {:?}", ending.passed);
            assert_eq!(publish(&home, "out", &OLD).answer().status, 0);
            assert_eq!(files(&home.path("out")), expected(&OLD));
        }
    }
}

#[test]
fn what_a_run_that_still_publishes_has_there_is_left_alone() {
    let home = Home::new();
    let mut puppet = Puppet::start(publish(&home, "out", &NEW).command());
    puppet.advance(2);
    assert_eq!(publish(&home, "other", &OLD).answer().status, 0);
    assert_eq!(left(&home.path("")), 1);
    puppet.go_on();
    let (ending, _) = puppet.watch();
    assert!(!ending.killed() && ending.stderr.is_empty(), "{ending:?}");
    assert_eq!(files(&home.path("out")), expected(&NEW));
    assert_eq!(left(&home.path("")), 0);
}
