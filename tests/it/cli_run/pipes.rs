//! Pipes where files are named: what is text is read from one, as from `<(…)` of a shell; what is an action is not, and
//! nobody who waits for a writer is deaf to signals.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};

use super::run;
use crate::budget::eventually;
use crate::files::make_pipe;
use crate::support::bound::Bounded;
use crate::support::command::{Home, display, status};
use crate::support::guests::guest;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Its end, or the test's.
fn ended(mut child: Child) -> (ExitStatus, String) {
    let (pid, (sender, ended)) = (Pid::from_child(&child), mpsc::channel());
    let waiting = thread::spawn(move || {
        let status = child.wait().unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        sender.send((status, said)).unwrap();
    });
    let ended = ended.recv_timeout(PATIENCE);
    if ended.is_err() {
        let _ = kill_process(pid, Signal::KILL);
    }
    waiting.join().unwrap();
    ended.expect("it does not hang")
}

#[test]
fn an_action_in_a_pipe_or_a_device_is_refused_at_once() {
    let home = Home::with_store();
    fs::create_dir(home.path("folder")).unwrap();
    for pipe in ["pipe", "pipe.wasm", "pipe.py", "folder/main.py"] {
        make_pipe(&home.path(pipe));
    }
    for named in ["pipe", "pipe.wasm", "pipe.py", "folder", "/dev/null"] {
        let child = home.um_host(["run", named]).start();
        assert_eq!(status(ended(child).0), 126, "{named}");
    }
}

#[test]
fn text_is_read_from_a_pipe() {
    let home = Home::with_store();
    let written = |name: &str, text: &'static str| {
        let pipe = home.path(name);
        make_pipe(&pipe);
        thread::spawn(move || fs::write(pipe, text).unwrap())
    };
    let writer = written("input", "[1, 2]");
    assert_eq!(run(&home, "echoes").arg("--input").arg("@input").answer().stdout, "[1,2]\n");
    writer.join().unwrap();
    let writer = written("policy", "hosts = []\n");
    let answer = run(&home, "echoes").arg("--policy").arg("policy").answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (0, "{}\n"), "{answer:?}");
    writer.join().unwrap();
    let writer = written("value", "a value from a pipe");
    let answer = home.um_host(["secrets", "set", "TOKEN", "--from-file", "value"]).answer();
    assert_eq!(answer.status, 0, "{answer:?}");
    writer.join().unwrap();
}

#[test]
fn whoever_waits_for_a_writer_hears_a_signal() {
    let home = Home::with_store();
    let pipe = home.path("pipe");
    make_pipe(&pipe);
    let run = || run(&home, "echoes");
    let waiting = [
        run().args(["--input", "@pipe"]),
        run().args(["--policy", "pipe"]),
        run().args(["--ca", "pipe"]),
        run().args(["--proxy", "@pipe"]),
        run().args(["--secret", "TOKEN=file:pipe"]),
        home.um_host(["secrets", "set", "TOKEN", "--from-file", "pipe"]),
    ];
    for command in waiting {
        let child = command.start();
        // A pipe opens for writing when somebody reads from it. Then it stays open, or the wait would end by itself.
        let (sender, opened) = mpsc::channel();
        let pipe = pipe.clone();
        thread::spawn(move || sender.send(OpenOptions::new().write(true).open(pipe).unwrap()));
        let writer = opened.recv_timeout(PATIENCE).expect("somebody reads");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(status(ended(child).0), 143);
        drop(writer);
    }
}

/// A program whose descriptor 3 is a pipe that a byte stands in and nobody writes to.
fn with_descriptor(home: &Home, arguments: &[&str]) -> (Child, File) {
    let path = home.path("descriptor");
    if !path.exists() {
        make_pipe(&path);
    }
    // Open for both, it has a writer as long as this is kept.
    let pipe = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    (&pipe).write_all(b"u").unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" 3<> descriptor"]).arg(env!("CARGO_BIN_EXE_um-host")).args(arguments);
    shell
        .current_dir(home.path(""))
        .env("HOME", home.path(""))
        .env_remove("UM_HOST_KEY")
        .env_remove("UM_HOST_DATA_DIR");
    let child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).start().unwrap();
    (child, pipe)
}

#[test]
fn whoever_waits_for_the_rest_of_a_descriptor_hears_a_signal() {
    let home = Home::with_store();
    let echoes = display(&guest("echoes"));
    let asks = display(&guest("asks_for_secrets"));
    for arguments in [
        &["run", &echoes, "--secret", "TOKEN=fd:3"][..],
        &["run", &asks, "--key", "fd:3", "--", "TOKEN"],
        &["secrets", "list", "--key", "fd:3"],
        &["key", "check", "--key", "fd:3"],
        &["redact", "--key", "fd:3"],
        &["--data-dir", "other", "--key", "fd:3", "init"],
    ] {
        let (child, pipe) = with_descriptor(&home, arguments);
        eventually("the byte is read", || ioctl_fionread(&pipe).unwrap() == 0);
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(status(ended(child).0), 143, "{arguments:?}");
    }
}

/// It waited for a minute, or for ever, whatever `--timeout` said.
#[test]
fn what_nobody_writes_is_waited_for_as_long_as_the_run_has_time() {
    let home = Home::with_store();
    let pipe = home.path("pipe");
    make_pipe(&pipe);
    // Somebody who may write still: without one a reader would be told that it is at its end.
    let _writer = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let late = |options: &[&str]| {
        let child = run(&home, "echoes").args(["--timeout", "100ms"]).args(options).start();
        let (ended, said) = ended(child);
        assert_eq!(status(ended), 124, "{options:?}: {said}");
        said
    };
    let raise = "was not to be had within the limit `wall` of 100 ms\n  \
                 hint: nobody has written all of it; if the run may wait longer for it, raise it: --timeout DURATION\n";
    for (options, what) in [
        (["--secret", "TOKEN=file:pipe"], "the value of --secret TOKEN"),
        (["--policy", "pipe"], "the policy `pipe`"),
        (["--ca", "pipe"], "a file of --ca or --proxy"),
        (["--proxy", "@pipe"], "a file of --ca or --proxy"),
    ] {
        assert_eq!(late(&options), format!("um-host: error: {what} {raise}"));
    }
    assert!(late(&["--input", "@pipe"]).contains("stopped at its limit `wall` of 100 ms"));
    // A policy has no say in how long it is waited for.
    home.write("policy.toml", "limits = { wall = '50ms' }\n");
    let policy = run(&home, "echoes").args(["--policy", "policy.toml", "--secret", "TOKEN=file:pipe"]).start();
    let (_, said) = ended(policy);
    assert!(said.contains("--secret TOKEN was not to be had within the limit `wall` of 50 ms"), "{said}");

    let echoes = display(&guest("echoes"));
    let (child, _pipe) = with_descriptor(&home, &["run", &echoes, "--timeout", "100ms", "--secret", "TOKEN=fd:3"]);
    let (ended_with, said) = ended(child);
    assert_eq!((status(ended_with), said), (124, format!("um-host: error: the value of --secret TOKEN {raise}")));
    let asks = display(&guest("asks_for_secrets"));
    let (child, _pipe) = with_descriptor(&home, &["run", &asks, "--timeout", "100ms", "--key", "fd:3", "--", "TOKEN"]);
    assert_eq!(status(ended(child).0), 124);
}
