//! Pipes where files are named: what is text is read from one, as from `<(…)` of a shell; what is an action is not, and
//! nobody who waits for a writer is deaf to signals.

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::process::{Child, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::run;
use crate::files::make_pipe;
use crate::support::command::{Home, status};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Its end, or the test's.
fn ended(mut child: Child) -> ExitStatus {
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
    ended.expect("it does not hang").0
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
        assert_eq!(status(ended(child)), 126, "{named}");
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
        assert_eq!(status(ended(child)), 143);
        drop(writer);
    }
}
