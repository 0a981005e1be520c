//! The places of a host's pool: a run finds one as if nobody had been there before, and what does not fit into one runs all
//! the same.

use tokio::task::JoinSet;
use um_host::{MapSecret, SecretName, SecretValue};
use um_runtime::{Action, End, Host};

use crate::calls::resident;
use crate::support::guests::guest;
use crate::support::run::run_of;

/// What a process that goes on for long may take more, in KiB: what its allocator has not put together yet.
const GROWTH: u64 = 4 * 1024;

/// A program that ends with 7 if anything stands in its memory or its table, and otherwise writes over all of both: 4 MiB
/// that it has from the start, of which the first page has data, 4 MiB that it grows to, 10,000 elements of a table, and a
/// global variable.
const WRITES_EVERYWHERE: &str = r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 64 128)
    (table $table 10000 10000 funcref)
    (elem declare func $start)
    (global $before (mut i32) (i32.const 0))
    (data (i32.const 0) "what a program begins with")
    (func $start (export "_start")
        (local $at i32)
        (if (global.get $before) (then (call $exit (i32.const 7))))
        (if (i32.ne (i32.load8_u (i32.const 0)) (i32.const 119)) (then (call $exit (i32.const 7))))
        (drop (memory.grow (i32.const 64)))
        (local.set $at (i32.const 65536))
        (loop $bytes
            (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (call $exit (i32.const 7))))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (br_if $bytes (i32.lt_u (local.get $at) (i32.const 8388608))))
        (local.set $at (i32.const 0))
        (loop $elements
            (if (i32.eqz (ref.is_null (table.get $table (local.get $at)))) (then (call $exit (i32.const 7))))
            (table.set $table (local.get $at) (ref.func $start))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $elements (i32.lt_u (local.get $at) (i32.const 10000))))
        (memory.fill (i32.const 0) (i32.const 171) (i32.const 8388608))
        (global.set $before (i32.const 1))))"#;

/// A component with two memories, each of which holds what is put there.
const TWO_MEMORIES: &str = r#"(component
    (core module $keeps
        (memory 1)
        (func (export "keep") (param i32) (i32.store (i32.const 8) (local.get 0)))
        (func (export "kept") (result i32) (i32.load (i32.const 8))))
    (core instance $one (instantiate $keeps))
    (core instance $other (instantiate $keeps))
    (core module $main
        (import "one" "keep" (func $one (param i32)))
        (import "one" "kept" (func $from_one (result i32)))
        (import "other" "keep" (func $other (param i32)))
        (func (export "run") (result i32)
            (call $one (i32.const 41))
            (call $other (i32.const 1))
            (i32.ne (call $from_one) (i32.const 41))))
    (core instance $run (instantiate $main (with "one" (instance $one)) (with "other" (instance $other))))
    (func $run (result (result)) (canon lift (core func $run "run")))
    (instance $exported (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $exported)))"#;

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned()).unwrap_or_else(|_| panic!("it is fit for a secret"))
}

async fn load(host: &Host, text: &str) -> Action {
    host.load_bytes(wat::parse_str(text).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_run_finds_nothing_of_those_before_it_in_memory_tables_and_variables() {
    let host = Host::builder().build().unwrap();
    let action = load(&host, WRITES_EVERYWHERE).await;
    for _ in 0..50 {
        assert_eq!(run_of(&host, &action).start().await.unwrap().end, End::Completed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_runs_that_go_on_at_the_same_time() {
    let host = Host::builder().build().unwrap();
    let action = load(&host, WRITES_EVERYWHERE).await;
    let mut runs = JoinSet::new();
    for _ in 0..200 {
        let (host, action) = (host.clone(), action.clone());
        runs.spawn(async move { run_of(&host, &action).start().await.unwrap().end.clone() });
    }
    while let Some(end) = runs.join_next().await {
        assert_eq!(end.unwrap(), End::Completed);
    }
}

#[tokio::test]
async fn what_fits_into_no_place_runs_all_the_same() {
    for host in [Host::builder().build().unwrap(), Host::builder().one_shot().build().unwrap()] {
        let many_tables = (0..100).map(|_| "(table 10 funcref)").collect::<String>();
        let many_tables = format!(r#"(module (memory (export "memory") 1) {many_tables} (func (export "_start")))"#);
        let large_table = r#"(module (memory (export "memory") 1) (table 1 funcref) (func (export "_start")
            (drop (table.grow (ref.null func) (i32.const 900000)))))"#;
        for (name, program) in [("memories", TWO_MEMORIES), ("tables", &many_tables), ("table", large_table)] {
            let action = load(&host, program).await;
            assert_eq!(run_of(&host, &action).start().await.unwrap().end, End::Completed, "{name}");
        }
    }
}

#[tokio::test]
async fn it_is_compiled_once_and_found_in_the_cache_by_either_kind_of_host() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join("cache");
    let builders = [Host::builder(), Host::builder().one_shot(), Host::builder()];
    for (at, builder) in builders.into_iter().enumerate() {
        let host = builder.cache_dir(&cache).build().unwrap();
        for program in [WRITES_EVERYWHERE, TWO_MEMORIES] {
            let action = load(&host, program).await;
            assert_eq!(run_of(&host, &action).start().await.unwrap().end, End::Completed);
        }
        assert_eq!(host.compilations(), if at == 0 { 2 } else { 0 });
    }
}

/// What three kinds of action, one of which reads a secret, leave behind in memory: nothing that grows with the number of
/// runs. How many there are, and whether this process is there for them alone, as in `./tests/deep`, says a variable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_any_number_of_runs_nothing_is_left() {
    let count = std::env::var("UM_HOST_RUNS").ok();
    let alone = count.is_some();
    let count: u64 = count.map_or(1_500, |count| count.parse().unwrap());
    // Of a vault's secret it would keep a record for each read.
    let host = Host::builder().build().unwrap();
    let secret = || MapSecret::new(SecretName::parse("HUBSPOT_API_KEY").unwrap(), value("ghp_16C7e42F292c6912E77"));
    let mut actions = Vec::new();
    for name in ["hello", "echoes", "prints_a_secret"] {
        actions.push(host.load(guest(name)).await.unwrap());
    }
    let mut early = 0;
    for (number, action) in (0..count).zip(actions.iter().cycle()) {
        assert_eq!(run_of(&host, action).secret(secret()).start().await.unwrap().end, End::Completed);
        if number == count / 10 {
            early = resident();
        }
    }
    let words = format!("{early} KiB after {} runs, {} KiB after {count}", count / 10, resident());
    println!("{words}");
    assert!(!alone || resident() <= early + GROWTH, "{words}");
}
