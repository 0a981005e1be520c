//! Actions that no cache has are compiled in a process of its own: what that process has, what bounds it, and that it goes.
//! The actions that are too much for it are made here: valid, and nothing but work for a compiler.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use um_host::errors::Coded;
use um_host::{CompileLimit, CompileLimits, Compiler, CompilerError, Host, LoadError};

use crate::support::bound::Bounded;
use crate::support::command::Home;
use crate::support::guests::{core_module, guest};
use crate::support::run::run_of;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program, as a compiler within limits.
fn compiler(limits: &[(CompileLimit, &str)]) -> Compiler {
    let mut own = CompileLimits::default();
    for (limit, value) in limits {
        own.set(*limit, value).unwrap();
    }
    Compiler::program(env!("CARGO_BIN_EXE_um-host")).limits(own)
}

fn host(compiler: Compiler) -> Host {
    Host::builder().compiler(compiler).build().unwrap()
}

/// A command of so many functions, each of so many steps of arithmetic that nothing can be left out of.
fn module(functions: u32, steps: u32) -> Vec<u8> {
    let section = |id: u8, content: &[u8]| [&[id][..], &number(content.len()), content].concat();
    let types = section(1, &[2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0]);
    let declared = [number(functions as usize + 1), vec![0; functions as usize], vec![1]].concat();
    let start = [&[1, 6][..], b"_start", &[0], &number(functions as usize)].concat();
    // The result is the parameter, squared and shifted again and again.
    let step = [0x20, 0, 0x20, 0, 0x6c, 0x41, 3, 0x74, 0x20, 0, 0x73, 0x21, 0];
    let body = |content: &[u8]| [number(content.len()), content.to_vec()].concat();
    let work = body(&[&[0][..], &step.repeat(steps as usize), &[0x20, 0, 0x0b]].concat());
    let mut code = number(functions as usize + 1);
    (0..functions).for_each(|_| code.extend(&work));
    code.extend(body(&[0, 0x0b]));
    let (functions, exports) = (section(3, &declared), section(7, &start));
    [b"\0asm\x01\0\0\0", &types[..], &functions, &exports, &section(10, &code)].concat()
}

/// As LEB128.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return bytes;
        }
    }
}

/// Takes a compiler many seconds and some hundred MiB.
fn bomb() -> Vec<u8> {
    module(8, 60_000)
}

async fn status(host: &Host, action: impl Into<Vec<u8>>) -> u8 {
    let action = host.load_bytes(action).await.unwrap();
    run_of(host, &action).start().await.unwrap().status()
}

fn assert_met(ended: Result<um_host::Action, LoadError>, wanted: CompileLimit, amount: &str) {
    let error = ended.err().expect("it is too much");
    let LoadError::CompileLimit { limit, allowed } = &error else { panic!("{wanted}: {error}") };
    assert_eq!((*limit, allowed.as_str(), error.code()), (wanted, amount, "compile-limit"));
}

#[tokio::test]
async fn what_a_process_compiles_is_what_this_one_would_compile() {
    let caches = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let compilers = [Compiler::in_process(), compiler(&[])];
    let mut compiled = Vec::new();
    for (cache, compiler) in caches.iter().zip(compilers) {
        let host = Host::builder().cache_dir(cache.path().join("cache")).compiler(compiler).build().unwrap();
        for action in [guest("exits_42"), core_module("plain")] {
            host.load(action).await.unwrap();
        }
        assert_eq!(host.compilations(), 2);
        compiled.push(artifacts(&cache.path().join("cache")));
    }
    assert_eq!(compiled[0].len(), 2);
    assert!(compiled[0] == compiled[1], "the same names and the same bytes");
}

/// The compiled files of a cache, by name.
fn artifacts(cache: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"))
        .map(|path| (path.file_name().unwrap().into(), fs::read(&path).unwrap()))
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn an_action_is_compiled_within_limits_and_the_next_one_is_after_one_that_is_not() {
    for (limit, value, amount) in [
        (CompileLimit::Memory, "64MiB", "64 MiB"),
        (CompileLimit::Cpu, "1s", "1 s"),
        (CompileLimit::Wall, "300ms", "300 ms"),
    ] {
        let host = host(compiler(&[(limit, value)]));
        assert_met(host.load_bytes(bomb()).await, limit, amount);
        // As it was: the same host compiles what keeps to the same limit.
        assert_eq!(status(&host, module(4, 10)).await, 0, "{limit}");
    }
    let small = module(4, 10_000);
    let host = host(compiler(&[(CompileLimit::Code, "64KiB")]));
    assert_met(host.load_bytes(small.clone()).await, CompileLimit::Code, "64 KiB");
    assert_eq!(status(&host, module(4, 10)).await, 0);
    let patient = self::host(compiler(&[(CompileLimit::Code, "8MiB"), (CompileLimit::Wall, "10m")]));
    assert_eq!(status(&patient, small).await, 0);
}

#[tokio::test]
async fn what_is_wrong_with_an_action_is_told_as_in_this_process() {
    let hosts = [host(Compiler::in_process()), host(compiler(&[]))];
    let strange = wat::parse_str(r#"(module (import "env" "f" (func)) (func (export "_start")))"#).unwrap();
    let library = wat::parse_str("(module)").unwrap();
    let mistyped = wat::parse_str(r#"(module (func (export "_start") i32.add drop))"#).unwrap();
    let server =
        wat::parse_str(r#"(component (instance $i) (export "wasi:http/incoming-handler@0.2.0" (instance $i)))"#);
    let later = wat::parse_str(r#"(component (import "wasi:cli/run@0.3.0" (instance)))"#).unwrap();
    let cut = module(1, 10)[..40].to_vec();
    for action in [b"text".to_vec(), Vec::new(), strange, library, mistyped, server.unwrap(), later, cut] {
        let mut told = Vec::new();
        for host in &hosts {
            let error = host.load_bytes(action.clone()).await.err().expect("it is none");
            told.push((error.code(), error.to_string()));
        }
        assert_eq!(told[0], told[1]);
        assert!(told[0].0.starts_with("action-"), "{told:?}");
    }
}

/// A program that writes down what it was started with, and then is the compiler.
fn nosy(folder: &Path) -> PathBuf {
    let (script, notes) = (folder.join("nosy"), folder.display());
    let text = format!(
        "#!/bin/sh\ncat /proc/$$/environ > {notes}/environ\nreadlink /proc/$$/cwd > {notes}/place\n\
         echo noise >&2\nexec {} \"$@\"\n",
        env!("CARGO_BIN_EXE_um-host")
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    script
}

#[tokio::test]
async fn a_process_that_says_something_else_has_failed_and_what_it_says_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(Compiler::program(nosy(folder.path())));
    let error = host.load_bytes(module(1, 1)).await.err().expect("it says something else");
    assert!(matches!(error, LoadError::Compiler(CompilerError::Failed)), "{error}");
    assert!(!error.to_string().contains("noise"));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let environ = read("environ");
    assert!(environ.starts_with("RAYON_NUM_THREADS=") && environ.matches('\0').count() == 1, "{environ:?}");
    assert_eq!(read("place").trim(), "/");
}

/// Runs of the program that are compiling something for a long while.
struct Slow {
    /// Kept for as long as the run reads from it.
    _home: Home,
    started: Child,
}

impl Slow {
    fn start(environment: &[(&str, &str)]) -> Self {
        let home = Home::new();
        home.write("bomb.wasm", bomb());
        let mut run = home.um_host(["run", "bomb.wasm", "--limit", "compile-cpu=10m"]);
        for (name, value) in environment {
            run = run.env(name, *value);
        }
        let started = run.start();
        drop(run);
        Self { _home: home, started }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.started)
    }

    /// The process that compiles, once it has read the action.
    fn compiling(&self) -> Pid {
        let own = self.pid().as_raw_nonzero();
        soon(|| {
            let child = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).ok();
            let of_threads = || {
                let threads = fs::read_dir(format!("/proc/{own}/task")).ok()?;
                threads.flatten().find_map(|thread| first(&fs::read_to_string(thread.path().join("children")).ok()?))
            };
            child.as_deref().and_then(first).or_else(of_threads)
        })
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        let _ = self.started.kill();
        let _ = self.started.wait();
    }
}

fn first(pids: &str) -> Option<Pid> {
    Pid::from_raw(pids.split_whitespace().next()?.parse().ok()?)
}

/// What is there before long.
fn soon<T>(look: impl Fn() -> Option<T>) -> T {
    let patience = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < patience, "it does not come");
        std::thread::yield_now();
    }
}

/// One that only nobody has asked about yet is gone.
fn is_gone(pid: Pid) -> Option<()> {
    let status = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
    matches!(state, None | Some('Z' | 'X')).then_some(())
}

#[test]
fn a_process_of_the_program_has_no_variables_descriptors_or_directory_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "not for everyone").unwrap();
    let home = Home::new();
    home.write("bomb.wasm", bomb());
    let text = format!("exec 3<{} 9</dev/null; exec {} run bomb.wasm", key.display(), env!("CARGO_BIN_EXE_um-host"));
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", &text]).env_clear().current_dir(home.directory());
    command.env("HOME", home.directory()).env("UM_HOST_KEY", "env:THE_KEY").env("THE_KEY", "a-key-to-be-hidden");
    let slow = Slow { started: command.start().unwrap(), _home: home };
    let pid = slow.compiling().as_raw_nonzero();
    // Its limits hold before it reads: then there is room in the pipe that it reads from.
    let limits = soon(|| {
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
        limits.lines().any(|line| line.starts_with("Max file size") && line.contains(" 0 ")).then_some(limits)
    });
    for (name, bytes) in [("Max data size", "2147483648"), ("Max cpu time", "300"), ("Max core file size", "0")] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line[name.len()..].split_whitespace().next() == Some(bytes), "{line}");
    }
    // Only the super-user may look: to others the process is closed, as it should be.
    let environ = match fs::read(format!("/proc/{pid}/environ")) {
        Err(error) => return assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
        Ok(environ) => String::from_utf8(environ).unwrap(),
    };
    assert!(environ.starts_with("RAYON_NUM_THREADS=") && environ.matches('\0').count() == 1, "{environ:?}");
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).unwrap(), Path::new("/"));
    let opened = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let opened: Vec<_> = opened.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
    assert!(opened.iter().all(|target| target.to_string_lossy().starts_with("pipe:")), "{opened:?}");
    assert!(opened.len() <= 3, "{opened:?}");
}

#[test]
fn a_process_goes_with_the_program_that_has_started_it() {
    for signal in [Signal::TERM, Signal::INT, Signal::KILL] {
        let slow = Slow::start(&[]);
        let compiling = slow.compiling();
        kill_process(slow.pid(), signal).unwrap();
        soon(|| is_gone(compiling));
    }
}

#[tokio::test]
async fn who_waits_no_more_leaves_no_process_behind() {
    let host = host(compiler(&[]));
    let own = std::process::id();
    let loading = tokio::spawn({
        let host = host.clone();
        async move { host.load_bytes(bomb()).await.map(drop) }
    });
    // Children of other tests of this process are others.
    let ours = move || {
        let stat = |pid: Pid| fs::read_to_string(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
        let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
        let children = threads.flat_map(|thread| {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            children.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect::<Vec<_>>()
        });
        let asked = format!("\0compile-action\0{own}\0{}\0", bomb().len());
        children.into_iter().find(|pid| stat(*pid).contains(&asked))
    };
    let compiling = tokio::task::spawn_blocking(move || soon(ours)).await.unwrap();
    loading.abort();
    tokio::task::spawn_blocking(move || soon(|| is_gone(compiling))).await.unwrap();
    assert_eq!(status(&host, module(1, 1)).await, 0);
}

#[test]
fn the_program_says_which_limit_was_met_and_whose_matter_that_is() {
    let home = Home::new();
    home.write("bomb.wasm", bomb());
    home.write("small.wasm", module(2, 10));
    for (option, amount, status) in
        [("compile-memory=64MiB", "64 MiB", 137), ("compile-cpu=1s", "1 s", 124), ("compile-wall=300ms", "300 ms", 124)]
    {
        let name = option.split('=').next().unwrap();
        let answer = home.um_host(["--json", "run", "bomb.wasm", "--limit", option]).answer();
        assert_eq!(answer.status, status, "{answer:?}");
        let told: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
        let end = &told["end"];
        assert_eq!(
            (end["blame"].as_str(), end["limit"].as_str(), end["allowed"].as_str()),
            (Some("guest"), Some(name), Some(amount))
        );
        assert!(answer.stderr.contains(&format!("its limit `{name}` of {amount}")), "{answer:?}");
        assert!(
            answer.stderr.contains(&format!("--limit {name}=VALUE")) && answer.stderr.lines().count() <= 4,
            "{answer:?}"
        );
        home.um_host(["run", "small.wasm", "--limit", option]).run();
    }
    for wrong in ["compile-memory=1MiB", "compile-cpu=0s", "compile-wall=soon", "compile-code=0"] {
        assert_eq!(home.um_host(["run", "small.wasm", "--limit", wrong]).answer().status, 2, "{wrong}");
    }
    let late = home.um_host(["run", "bomb.wasm", "--load-timeout", "300ms"]).answer();
    assert_eq!(late.status, 124, "{late:?}");
}

/// Somebody has installed another um-host, or none, since this one was started.
#[test]
fn a_program_that_was_removed_still_compiles() {
    let home = Home::new();
    home.write("small.wasm", module(2, 10));
    let program = home.path("um-host");
    fs::copy(env!("CARGO_BIN_EXE_um-host"), &program).unwrap();
    let fifo = home.path("input");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let mut command = std::process::Command::new(&program);
    command.args(["run", "small.wasm", "--secret", "A=file:input", "--timeout", "2m"]);
    command.env_clear().env("HOME", home.directory()).current_dir(home.directory());
    let mut started = command.start().unwrap();
    // It waits for its secret, which it does before it compiles.
    let mut secret = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
    fs::remove_file(&program).unwrap();
    std::io::Write::write_all(&mut secret, b"a-value-for-the-run").unwrap();
    drop(secret);
    assert!(started.wait().unwrap().success());
}
