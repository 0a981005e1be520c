//! Limits that the engine keeps, each obeyed and violated. The guests are written out: every instruction counts.

use std::time::Duration;

use um_runtime::{Blame, End, Host, HostError, Limit, Limits, RunError};
use um_secret::{MapSecret, SecretName, SecretValue};

use crate::runs::host;
use crate::support::guests::guest;
use crate::support::run::{Outcome, Run, run_of};

/// Runs what is written out, with limits by their names.
async fn run(host: &Host, text: &str, limits: &[(&str, u64)]) -> Outcome {
    let action = host.load_bytes(wat::parse_str(text).unwrap()).await.unwrap();
    given(run_of(host, &action), limits).start().await.unwrap()
}

fn given(run: Run, wanted: &[(&str, u64)]) -> Run {
    let mut limits = Limits::default();
    for (name, amount) in wanted {
        limits.set(name, &amount.to_string()).unwrap();
    }
    limits.wall = Duration::from_secs(60);
    run.limits(limits)
}

fn assert_met(outcome: &Outcome, name: &str, allowed: u64) {
    let End::Limit { limit, allowed: told } = &outcome.end else { panic!("{name}: {:?}", outcome.end) };
    assert_eq!((limit.name(), told.as_str(), outcome.blame), (name, allowed.to_string().as_str(), Some(Blame::Guest)));
}

/// A command that grows a table by so many elements.
fn grows_a_table(elements: u64) -> String {
    format!(
        r#"(module
            (table $one 1 funcref)
            (table $two 1 50 funcref)
            (func (export "_start")
                (if (i32.ne (table.grow $one (ref.null func) (i32.const {elements})) (i32.const 1)) (then unreachable))
                ;; More than the table itself allows is no matter of the run's.
                (if (i32.ne (table.grow $two (ref.null func) (i32.const 60)) (i32.const -1)) (then unreachable))))"#
    )
}

#[tokio::test]
async fn tables_have_as_many_elements_as_a_run_may_have() {
    let host = host();
    let limits = [("table-elements", 1_000)];
    let obeyed = run(&host, &grows_a_table(998), &limits).await;
    assert_eq!(obeyed.end, End::Completed);
    assert_met(&run(&host, &grows_a_table(999), &limits).await, "table-elements", 1_000);
    assert_met(&run(&host, &grows_a_table(1_000_000), &[]).await, "table-elements", 1_000_000);
}

/// A component that is made of so many core instances, of which one is its command.
fn has_instances(count: u64) -> String {
    let others: String = (1..count).map(|_| "(core instance (instantiate $m))").collect();
    format!(
        r#"(component
            (core module $m (func (export "run") (result i32) (i32.const 0)))
            (core instance $i (instantiate $m))
            {others}
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    )
}

#[tokio::test]
async fn a_component_is_made_of_as_many_instances_as_it_may_be() {
    let host = host();
    let limits = [("instances", 20)];
    let obeyed = run(&host, &has_instances(20), &limits).await;
    assert_eq!(obeyed.end, End::Completed);
    assert_met(&run(&host, &has_instances(21), &limits).await, "instances", 20);
}

/// A component that makes so many handles of a resource of its own.
fn makes_handles(count: u64) -> String {
    format!(
        r#"(component
            (type $r (resource (rep i32)))
            (core func $new (canon resource.new $r))
            (core module $m
                (import "" "new" (func $new (param i32) (result i32)))
                (func (export "run") (result i32) (local $left i32)
                    (local.set $left (i32.const {count}))
                    (loop $again
                        (drop (call $new (i32.const 7)))
                        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
                    (i32.const 0)))
            (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    )
}

#[tokio::test]
async fn a_guest_holds_as_many_handles_as_it_may() {
    let host = host();
    let limits = [("handles", 100)];
    let obeyed = run(&host, &makes_handles(100), &limits).await;
    assert_eq!(obeyed.end, End::Completed);
    assert_met(&run(&host, &makes_handles(101), &limits).await, "handles", 100);
    assert_met(&run(&host, &makes_handles(5_001), &[]).await, "handles", 5_000);
}

/// A command that turns round so often.
fn turns(count: u64) -> String {
    format!(
        r#"(module
            (func (export "_start") (local $left i32)
                (local.set $left (i32.const {count}))
                (loop $again
                    (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))"#
    )
}

/// A command that calls itself so often, and at each depth has the host write, read a clock and look for a file.
fn goes_deep(calls: u64) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_filestat_get"
                (func $look (param i32 i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\40\00\00\00\04\00\00\00")
            (data (i32.const 64) "tmp/")
            (func $deeper (param $left i32) (result i32)
                (drop (call $write (i32.const 9) (i32.const 0) (i32.const 1) (i32.const 32)))
                (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 40)))
                (drop (call $look (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 128)))
                (if (result i32) (local.get $left)
                    (then (i32.add (call $deeper (i32.sub (local.get $left) (i32.const 1))) (i32.const 1)))
                    (else (i32.const 0))))
            (func (export "_start")
                (if (i32.ne (call $deeper (i32.const {calls})) (i32.const {calls})) (then unreachable))))"#
    )
}

fn assert_too_deep(outcome: &Outcome, allowed: &str) {
    assert_eq!(outcome.end, End::Limit { limit: Limit::Stack, allowed: allowed.to_owned() });
    assert_eq!((outcome.blame, outcome.status()), (Some(Blame::Guest), 123));
}

/// At every depth the host has room for what it does there: were it otherwise, these tests would end with the process.
#[tokio::test]
async fn a_guest_calls_as_deep_as_the_stack_of_its_host_goes() {
    let host = host();
    assert_eq!(run(&host, &goes_deep(2_000), &[]).await.end, End::Completed);
    assert_too_deep(&run(&host, &goes_deep(1_000_000), &[]).await, "4 MiB");
    // Its own stack is one for each run: the next one has all of it.
    assert_eq!(run(&host, &goes_deep(2_000), &[]).await.end, End::Completed);
    let low = Host::builder().stack(64 * 1024).build().unwrap();
    assert_eq!(run(&low, &goes_deep(100), &[]).await.end, End::Completed);
    assert_too_deep(&run(&low, &goes_deep(2_000), &[]).await, "64 KiB");
    let high = Host::builder().stack(64 * 1024 * 1024).build().unwrap();
    let limits = [("stack", 64 * 1024 * 1024)];
    assert_eq!(run(&high, &goes_deep(100_000), &limits).await.end, End::Completed);
    assert_too_deep(&run(&high, &goes_deep(10_000_000), &limits).await, "64 MiB");
}

#[tokio::test]
async fn a_host_whose_stacks_are_larger_than_a_run_may_have_starts_none() {
    let host = host();
    let action = host.load_bytes(wat::parse_str(turns(1)).unwrap()).await.unwrap();
    let refused = given(run_of(&host, &action), &[("stack", 64 * 1024)]).start().await.unwrap_err();
    assert!(matches!(refused, RunError::Stack { .. }), "{refused}");
    let obeyed = given(run_of(&host, &action), &[("stack", 64 * 1024 * 1024)]).start().await.unwrap();
    assert_eq!((obeyed.end.clone(), obeyed.limits.stack), (End::Completed, 4 * 1024 * 1024), "what it had");
    for bytes in [0, 1024, 1 << 40] {
        assert!(matches!(Host::builder().stack(bytes).build(), Err(HostError::Stack { .. })), "{bytes}");
    }
}

#[tokio::test]
async fn a_host_that_counts_fuel_ends_a_run_at_the_same_instruction_each_time() {
    let host = Host::builder().fuel().build().unwrap();
    let limits = [("fuel", 100_000)];
    assert_eq!(run(&host, &turns(10_000), &limits).await.end, End::Completed);
    let ended = run(&host, &turns(100_000), &limits).await;
    assert_met(&ended, "fuel", 100_000);
    assert_eq!(ended.status(), 124);
    // Without the limit nothing ends it.
    assert_eq!(run(&host, &turns(1_000_000), &[]).await.end, End::Completed);
    // The least that is enough is enough every time.
    let (mut enough, mut short) = (100_000, 1);
    while enough - short > 1 {
        let middle = u64::midpoint(enough, short);
        match run(&host, &turns(1_000), &[("fuel", middle)]).await.end {
            End::Completed => enough = middle,
            _ => short = middle,
        }
    }
    for _ in 0..3 {
        assert_eq!(run(&host, &turns(1_000), &[("fuel", enough)]).await.end, End::Completed);
        assert_met(&run(&host, &turns(1_000), &[("fuel", enough - 1)]).await, "fuel", enough - 1);
    }
}

#[tokio::test]
async fn a_host_that_counts_no_fuel_starts_no_run_that_has_it_for_a_limit() {
    let host = host();
    let action = host.load_bytes(wat::parse_str(turns(1)).unwrap()).await.unwrap();
    let refused = given(run_of(&host, &action), &[("fuel", 1_000)]).start().await.unwrap_err();
    assert!(matches!(refused, RunError::Fuel), "{refused}");
}

#[tokio::test]
async fn a_run_asks_for_secrets_as_often_as_it_may() {
    let host = host();
    let action = host.load(guest("asks_for_secrets")).await.unwrap();
    let ask = async |times: usize| {
        let token = MapSecret::new(
            SecretName::parse("CRM_TOKEN").unwrap(),
            SecretValue::new("a-value-that-is-given".to_owned()).unwrap(),
        );
        // What is not there counts as what is.
        let names = (0..times).map(|index| if index % 2 == 0 { "CRM_TOKEN" } else { "ABSENT" });
        let run = run_of(&host, &action).secret(token).args(names);
        given(run, &[("secret-reads", 10)]).start().await.unwrap()
    };
    assert_eq!(ask(10).await.end, End::Completed);
    assert_met(&ask(11).await, "secret-reads", 10);
}
