//! A process that is killed between two steps, by the handshake that the store's seam offers.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use um_store::Store;

use super::child;
use super::steps::{INIT_STEPS, WRITE_STEPS};
use super::world::{World, read, secret, set, workspace};
use crate::support::who::me;

use crate::support::bound::Bounded;

/// Lets a child go from step to step, and kills it when it has reached `last`. Gives the steps that it reached, and
/// whether it came to its end.
fn steps(world: &World, part: &str, last: Option<&str>) -> (Vec<String>, bool) {
    let mut command = child::command(world, part);
    // Leave by its stdin, reports by its stderr.
    command.env("UM_HOST_STEPS", "0,2").env("XDG_CONFIG_HOME", world.directory.path().join("config"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).start().unwrap();
    let (mut leave, report) = (child.stdin.take().unwrap(), BufReader::new(child.stderr.take().unwrap()));
    let mut reached = Vec::new();
    for line in report.lines() {
        let step = line.unwrap();
        assert!(WRITE_STEPS.contains(&step.as_str()) || INIT_STEPS.contains(&step.as_str()), "{step}");
        let stop = last == Some(step.as_str());
        reached.push(step);
        if stop {
            child.kill().unwrap();
            break;
        }
        leave.write_all(b".").unwrap();
    }
    (reached, child.wait().unwrap().success())
}

#[test]
fn a_change_goes_through_all_its_steps_in_order() {
    let world = World::new();
    set(&world.open(), "TOKEN", "the first value");
    assert_eq!(steps(&world, "set", None), (WRITE_STEPS.map(str::to_owned).to_vec(), true));
}

#[test]
fn init_goes_through_all_its_steps_in_order() {
    let world = World::empty();
    assert_eq!(steps(&world, "init", None), (INIT_STEPS.map(str::to_owned).to_vec(), true));
    let other = World::empty();
    let without_key = INIT_STEPS.iter().filter(|step| !step.starts_with("key-")).map(|step| step.to_string());
    assert_eq!(steps(&other, "init-with-key", None), (without_key.collect(), true));
}

#[tokio::test]
async fn a_process_killed_at_any_step_leaves_the_store_before_or_after() {
    let committed = WRITE_STEPS.iter().position(|step| *step == "committed").unwrap();
    for (number, step) in WRITE_STEPS.iter().enumerate() {
        let world = World::new();
        set(&world.open(), "TOKEN", "the first value");
        set(&world.open(), "KEPT", "a value that stays");
        let (reached, ended) = steps(&world, "set", Some(step));
        assert_eq!((reached.len(), ended), (number + 1, false), "{step}");
        let expected = if number < committed { "the first value" } else { "set by a child" };
        // The first to look recovers what was left.
        let store = world.open();
        assert_eq!(read(&store, "default", "TOKEN").await, expected, "killed at {step}");
        assert_eq!(read(&store, "default", "KEPT").await, "a value that stays", "killed at {step}");
        let checked = store.check().unwrap();
        assert!(!checked.settled && !checked.reads_damaged, "killed at {step}: the reader settled it: {checked:?}");
        let left: Vec<_> = world.files().iter().map(|file| file.file_name().unwrap().to_owned()).collect();
        assert!(!left.iter().any(|name| name == "keyring.old" || name == "keyring.tmp"), "killed at {step}: {left:?}");
        set(&store, "TOKEN", "the value after");
        store.delete(&me(), &workspace("default"), &secret("KEPT")).unwrap();
    }
}

#[test]
fn an_init_killed_at_any_step_leaves_a_whole_store_or_none() {
    for step in INIT_STEPS.iter().filter(|step| !step.starts_with("key-")) {
        let world = World::empty();
        let (_, ended) = steps(&world, "init-with-key", Some(step));
        assert!(!ended);
        if world.data().exists() {
            assert!(["directory-placed", "parent-synced"].contains(step), "{step}");
        } else {
            Store::init(&me(), &world.data(), Some(world.key())).unwrap();
        }
        assert_eq!(world.open().check().unwrap().workspaces, 1, "killed at {step}");
    }
}
