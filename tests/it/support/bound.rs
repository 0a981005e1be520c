//! Children of tests, each with a bound: whoever waits for one, or for what it says, never waits for ever.
//!
//! One that is still there after [`BOUND`] is killed. Then its pipes end, its status is 137, and the test that waited
//! fails with what it had printed.
//!
//! They begin as programs do that somebody starts at a prompt: signals that this process was started to ignore (in the
//! background of a shell that is SIGINT, under `nohup` SIGHUP) are not ignored by them.

use std::fs;
use std::io;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Once;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::signal::unix::{SignalKind, signal};

/// Longer than any child takes on a machine that has much else to do: one installs the Python runner.
const BOUND: Timespec = Timespec { tv_sec: 900, tv_nsec: 0 };

/// Ways to start a process. Tests use no other, as `tidy` sees to.
pub trait Bounded {
    /// As `spawn`.
    fn start(&mut self) -> io::Result<Child>;

    /// As `output`, with stdout and stderr kept and nothing on stdin, whatever was arranged.
    fn finish(&mut self) -> io::Result<Output>;

    /// As `status`.
    fn end(&mut self) -> io::Result<ExitStatus>;
}

impl Bounded for Command {
    fn start(&mut self) -> io::Result<Child> {
        take_signals();
        let child = self.spawn()?;
        watch(&child, BOUND)?;
        Ok(child)
    }

    fn finish(&mut self) -> io::Result<Output> {
        self.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).start()?.wait_with_output()
    }

    fn end(&mut self) -> io::Result<ExitStatus> {
        self.start()?.wait()
    }
}

/// Kills a child that has not ended in time. By a descriptor: its number may belong to another process by then.
pub fn watch(child: &Child, bound: Timespec) -> io::Result<()> {
    let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let id = child.id();
    thread::spawn(move || {
        let ended = loop {
            match poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&bound)) {
                Err(rustix::io::Errno::INTR) => {}
                ready => break ready.is_ok_and(|ready| ready > 0),
            }
        };
        if !ended {
            eprintln!("process {id} was killed: it had not ended after {} s", bound.tv_sec);
            let _ = pidfd_send_signal(&process, Signal::KILL);
        }
    });
    Ok(())
}

/// A signal that is ignored stays so in children; one that is taken does not. So those that are ignored are taken, and
/// forgotten: they ended nothing before either.
fn take_signals() {
    static TAKEN: Once = Once::new();
    // On a thread of its own: a runtime cannot be dropped inside another one, where a test may be.
    let take = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _within = runtime.enter();
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
        // SIGPIPE is ignored by every program in Rust, and given back to children by the standard library.
        let pipe = SignalKind::pipe().as_raw_value();
        for number in (1..32).filter(|number| ignored >> (number - 1) & 1 == 1 && *number != pipe) {
            let _ = signal(SignalKind::from_raw(number));
        }
    };
    TAKEN.call_once(|| thread::spawn(take).join().unwrap());
}
