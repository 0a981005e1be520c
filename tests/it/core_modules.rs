//! Programs that are no components: core modules of WASI 0.1. They find what components find, under the same limits.

use std::fs;
use std::path::Path;
use std::time::Duration;

use um_runtime::action::{Entryless, Kind};
use um_runtime::{End, Host, Limit, Limits, LoadError, Output, Stdin};

use crate::runs::{host, text};
use crate::support::guests::{core_module, guest};
use crate::support::run::{Outcome, Run, run_of};

/// What the adapter of the Bytecode Alliance would do to a module is not done to these.
const IMPORTS: &str = r#"
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
"#;

/// Runs a module that is written out, with [`IMPORTS`].
async fn run_text(module: &str) -> Outcome {
    let host = host();
    let module = wat::parse_str(format!("(module {IMPORTS} {module})")).unwrap();
    let action = host.load_bytes(module).await.unwrap();
    run_of(&host, &action).start().await.unwrap()
}

/// The same program as a component and as a module.
async fn both(name: &str, given: impl Fn(Run) -> Run) -> [Outcome; 2] {
    let host = host();
    let mut outcomes = Vec::new();
    for program in [guest(name), core_module(name)] {
        let action = host.load(program).await.unwrap();
        outcomes.push(given(run_of(&host, &action)).start().await.unwrap());
    }
    outcomes.try_into().unwrap()
}

async fn assert_alike(name: &str, given: impl Fn(Run) -> Run) -> Outcome {
    let [component, module] = both(name, given).await;
    assert_eq!(component.end, module.end, "{name}");
    assert_eq!((text(&component.stdout), text(&component.stderr)), (text(&module.stdout), text(&module.stderr)));
    module
}

#[tokio::test]
async fn a_core_module_of_wasi_0_1_runs_as_its_component_does() {
    let host = host();
    let action = host.load(core_module("plain")).await.unwrap();
    assert_eq!((action.kind(), action.uses_secrets()), (Kind::Command, false));
    let run = run_of(&host, &action).args(["one", "two"]).env("GREETING", "hello");
    let outcome = run.stdin(Stdin::Bytes(b"three words here".to_vec())).start().await.unwrap();
    assert_eq!(outcome.end, End::Completed, "{}", text(&outcome.stderr));
    let expected = "arguments: one two\nGREETING: hello\ninput: 16 bytes\nslept: true\nafter 2020: true\nwords: 3\n";
    assert!(text(&outcome.stdout).starts_with(expected), "{}", text(&outcome.stdout));
}

#[tokio::test]
async fn a_core_module_gets_secrets_and_is_filtered() {
    let host = host();
    let action = host.load(core_module("prints_a_secret")).await.unwrap();
    assert!(action.uses_secrets());
    let outcome = run_of(&host, &action).start().await.unwrap();
    assert_eq!((text(&outcome.stdout), text(&outcome.stderr)), ("out [***] end\n", "err [***] end\n"));
}

#[tokio::test]
async fn a_module_finds_arguments_variables_input_and_files_as_its_component_does() {
    assert_alike("prints_args_and_env", |run| run.args(["one", "zwei", ""]).env("NAME", "värde")).await;
    let input: Vec<u8> = (0..300_000_u32).map(|number| b'a' + (number % 23) as u8).collect();
    let copied = assert_alike("copies_stdin_to_stdout", |run| run.stdin(Stdin::Bytes(input.clone()))).await;
    assert_eq!(copied.stdout, input);
    assert_alike("copies_stdin_to_stdout", |run| run).await;
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("sub")).unwrap();
    for name in 0..1_500 {
        fs::write(directory.path().join(format!("{name:04}.txt")), format!("text {name}")).unwrap();
    }
    for program in ["lists_a_directory", "reads_a_directory"] {
        let given = |run: Run| run.dir(directory.path(), "/data").args(["/data"]);
        let told = assert_alike(program, given).await;
        assert!(text(&told.stdout).contains("1499.txt"), "{program}");
    }
}

#[tokio::test]
async fn a_module_ends_with_its_own_exit_status() {
    let host = host();
    let action = host.load(core_module("exits_as_told")).await.unwrap();
    for (status, end) in [
        (0, End::Completed),
        (1, End::Exited { code: 1 }),
        (42, End::Exited { code: 42 }),
        (255, End::Exited { code: 255 }),
        // No status of ours is larger: it is told as a failure all the same.
        (256, End::Exited { code: 1 }),
        (-1, End::Exited { code: 1 }),
    ] {
        let outcome = run_of(&host, &action).args([status.to_string()]).start().await.unwrap();
        assert_eq!(outcome.end, end, "{status}");
    }
}

/// Each answer stands beside what the reference implementation says, where that does not trap.
#[tokio::test]
async fn calls_of_wasi_0_1_answer_as_they_should_and_never_touch_what_is_not_the_guests() {
    let host = host();
    let action = host.load(core_module("asks_wasi_0_1")).await.unwrap();
    let outcome = run_of(&host, &action).stdin(Stdin::Bytes(b"input".to_vec())).start().await.unwrap();
    assert_eq!(outcome.end, End::Completed, "{}", text(&outcome.stderr));
    let expected = include_str!("core_modules/asks_wasi_0_1.txt");
    assert_eq!(text(&outcome.stdout), expected);
}

/// The state of an adapter would have no room.
#[tokio::test]
async fn a_module_whose_memory_may_not_grow_runs() {
    let outcome = run_text(
        r#"
        (memory (export "memory") 1 1)
        (data (i32.const 16) "hello\n")
        (func (export "_start")
            (i32.store (i32.const 0) (i32.const 16))
            (i32.store (i32.const 4) (i32.const 6))
            (drop (call $args (i32.const 8) (i32.const 12)))
            (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
        "#,
    )
    .await;
    assert_eq!((&outcome.end, text(&outcome.stdout)), (&End::Completed, "hello\n"));
}

/// As older allocators do, at their first call: what is behind the program's own data is theirs, to the end of memory.
#[tokio::test]
async fn a_module_that_takes_all_of_its_memory_for_itself_loses_nothing() {
    let outcome = run_text(
        r#"
        (memory (export "memory") 2)
        (data (i32.const 16) "before\nafter\n")
        (func $say (param i32 i32)
            (i32.store (i32.const 0) (local.get 0))
            (i32.store (i32.const 4) (local.get 1))
            (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
        (func (export "_start")
            (call $say (i32.const 16) (i32.const 7))
            (drop (call $args (i32.const 8) (i32.const 12)))
            (memory.fill (i32.const 64) (i32.const 0xaa)
                (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 64)))
            (call $say (i32.const 23) (i32.const 6))
            (call $exit (i32.ne (memory.size) (i32.const 2))))
        "#,
    )
    .await;
    assert_eq!((&outcome.end, text(&outcome.stdout)), (&End::Completed, "before\nafter\n"));
}

/// Some toolchains make `main` the start function of the module.
#[tokio::test]
async fn a_module_may_write_before_it_is_started() {
    let outcome = run_text(
        r#"
        (memory (export "memory") 1)
        (data (i32.const 16) "first\n")
        (func $first
            (i32.store (i32.const 0) (i32.const 16))
            (i32.store (i32.const 4) (i32.const 6))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
        (func (export "_start") (call $exit (i32.const 7)))
        (start $first)
        "#,
    )
    .await;
    assert_eq!((&outcome.end, text(&outcome.stdout)), (&End::Exited { code: 7 }, "first\n"));
}

#[tokio::test]
async fn what_a_module_lacks_is_told() {
    let outcome = run_text(r#"(func (export "_start") (drop (call $args (i32.const 0) (i32.const 0))))"#).await;
    assert_eq!(outcome.end, End::Trapped { reason: "the module exports no memory".to_owned() });
    let host = host();
    let load = async |module: &str| host.load_bytes(wat::parse_str(module).unwrap()).await;
    let unknown = r#"(module (import "wasi_snapshot_preview1" "fd_dance" (func)) (func (export "_start")))"#;
    assert!(matches!(load(unknown).await, Err(LoadError::Compile { reason }) if reason.contains("fd_dance")));
    let wrong = r#"(module (import "wasi_snapshot_preview1" "fd_close" (func)) (func (export "_start")))"#;
    assert!(matches!(load(wrong).await, Err(LoadError::Compile { reason }) if reason.contains("fd_close")));
    let environment = r#"(module (import "env" "print" (func)) (func (export "_start")))"#;
    assert!(matches!(load(environment).await, Err(LoadError::Imports { names }) if names == ["env"]));
    assert!(matches!(load(r#"(module (func (export "main")))"#).await, Err(LoadError::NoEntry(Entryless::Library))));
    for start in [r#"(func (export "_start") (param i32))"#, r#"(global (export "_start") i32 (i32.const 1))"#] {
        let refused = load(&format!("(module {start})")).await;
        assert!(matches!(refused, Err(LoadError::NoEntry(Entryless::Library))), "{start}");
    }
}

#[tokio::test]
async fn a_module_keeps_the_limits_that_its_component_keeps() {
    let short = limits(|limits| limits.wall = Duration::from_millis(300));
    assert_limit("sleeps_for_ever", &short, Limit::Wall).await;
    let cpu = limits(|limits| limits.cpu = Some(Duration::from_millis(200)));
    assert_limit("loops_for_ever", &cpu, Limit::Cpu).await;
    let memory = limits(|limits| limits.memory = 16 << 20);
    assert_limit("eats_memory", &memory, Limit::Memory).await;
    let stdout = limits(|limits| limits.stdout = 100_000);
    assert_limit("floods_stdout", &stdout, Limit::Stdout).await;
    let stderr = limits(|limits| limits.stderr = 100_000);
    assert_limit("floods_stderr", &stderr, Limit::Stderr).await;
    let within = assert_alike("floods_stdout", |run| run.limits(stdout.clone()).args(["100000"])).await;
    assert_eq!((within.stdout.len(), &within.end), (100_000, &End::Completed));
}

fn limits(set: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    set(&mut limits);
    limits
}

async fn assert_limit(name: &str, limits: &Limits, expected: Limit) {
    for outcome in both(name, |run| run.limits(limits.clone()).stdout(Output::Collect)).await {
        assert!(matches!(outcome.end, End::Limit { limit, .. } if limit == expected), "{name}: {:?}", outcome.end);
    }
}

#[tokio::test]
async fn a_module_is_compiled_once() {
    let cache = tempfile::tempdir().unwrap();
    let module = cache.path().join("module.wasm");
    fs::copy(core_module("exits_as_told"), &module).unwrap();
    let start = async |expected: u64| {
        let host = Host::builder().cache_dir(cache.path().join("cache")).build().unwrap();
        let action = host.load(&module).await.unwrap();
        let outcome = run_of(&host, &action).args(["3"]).start().await.unwrap();
        assert_eq!((&outcome.end, host.compilations()), (&End::Exited { code: 3 }, expected));
    };
    start(1).await;
    start(0).await;
    // A component of the same name takes its place.
    replace(&module, &guest("exits_as_told"));
    let host = Host::builder().cache_dir(cache.path().join("cache")).build().unwrap();
    let action = host.load(&module).await.unwrap();
    let outcome = run_of(&host, &action).args(["3"]).start().await.unwrap();
    assert_eq!((&outcome.end, host.compilations()), (&End::Exited { code: 1 }, 1));
}

fn replace(old: &Path, new: &Path) {
    let beside = old.with_extension("new");
    fs::copy(new, &beside).unwrap();
    fs::rename(beside, old).unwrap();
}
