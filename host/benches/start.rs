//! Wall time of whole processes: what it costs to start a Python action, beside python3 itself.
//!
//! `cargo bench -p um-host --bench start`. All rows of one table are measured in turns, so that they share whatever else
//! the machine does. The first row is a fresh cache: the runner is downloaded, packaged and compiled.

#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use um_host::Host;

/// Turns of each row.
const TURNS: usize = 60;
const SOURCE: &str = "print(\"hello\")\n";

fn main() {
    let home = tempfile::tempdir().expect("a temporary directory can be made");
    let home = home.path();
    first(&home.join("cache/um-host"));
    um_host(home, &["init".as_ref()]);
    // Beside the cache it would be shown in parts, which takes longer.
    fs::create_dir(home.join("action")).expect("the home can be written");
    let script = home.join("action/hello.py");
    fs::write(&script, SOURCE).expect("the home can be written");
    let again = || um_host(home, &["run".as_ref(), &script]);
    again();
    let mut turn = 0;
    let mut rows: [(&str, Vec<Duration>); 5] =
        ["python3 hello.py", "python3 -I -S hello.py", "again", "a new script", "after an edit"]
            .map(|name| (name, Vec::new()));
    for _ in 0..TURNS {
        turn += 1;
        let new = home.join(format!("new-{turn}/hello.py"));
        fs::create_dir(new.parent().expect("it has a folder")).expect("the home can be written");
        fs::write(&new, SOURCE).expect("the home can be written");
        rows[0].1.push(time(|| python(home, &[&script])));
        rows[1].1.push(time(|| python(home, &["-I".as_ref(), "-S".as_ref(), &script])));
        rows[2].1.push(time(again));
        rows[3].1.push(time(|| um_host(home, &["run".as_ref(), &new])));
        fs::write(&script, format!("{SOURCE}print({turn})\n")).expect("the home can be written");
        rows[4].1.push(time(again));
        fs::write(&script, SOURCE).expect("the home can be written");
    }
    let python3 = median(&mut rows[0].1);
    println!("\n{:24} {:>8} {:>8} {:>8} {:>10}", "ms", "min", "median", "p90", "/ python3");
    for (name, times) in &mut rows {
        let median = median(times);
        let (min, p90) = (times[0], times[times.len() * 9 / 10]);
        let ratio = median.as_secs_f64() / python3.as_secs_f64();
        println!("{name:24} {:8.1} {:8.1} {:8.1} {ratio:10.2}", ms(min), ms(median), ms(p90));
    }
}

/// The first start of all, by its steps.
fn first(cache: &Path) {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&steps);
    let tell = move |step| told.lock().expect("nobody panics").push((format!("{step}"), Instant::now()));
    let host = Host::builder().cache_dir(cache).progress(tell).build().expect("the engine starts");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
    let begun = Instant::now();
    runtime.block_on(host.install_python()).unwrap_or_else(|error| panic!("{error}"));
    println!("first of all: {:.1} s", begun.elapsed().as_secs_f64());
    let steps = steps.lock().expect("nobody panics");
    let ends = steps.iter().skip(1).map(|(_, at)| *at).chain([Instant::now()]);
    for ((step, at), end) in steps.iter().zip(ends) {
        println!("  {:5.1} s {step}", (end - *at).as_secs_f64());
    }
}

fn um_host(home: &Path, arguments: &[&Path]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_um-host"));
    run(command.env_clear().env("HOME", home.join("home")).env("XDG_CACHE_HOME", home.join("cache")).args(arguments));
}

fn python(home: &Path, arguments: &[&Path]) {
    run(Command::new(interpreter()).current_dir(home).args(arguments));
}

/// The interpreter itself: what is called python3 may be a script that looks for it.
fn interpreter() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        let answer = String::from_utf8(asked.expect("python3 is in PATH").stdout).expect("its path is text");
        PathBuf::from(answer.trim())
    })
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts");
    assert!(status.success(), "{command:?} ended with {status}");
}

fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// Sorts the times.
fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
