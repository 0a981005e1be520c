//! The program on strings: through the seam for tests it stops after each step, until it is told to go on.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use um_runtime::PUBLISH_STEPS;

use super::steps::{INIT_STEPS, WRITE_STEPS};
use crate::support::bound::Bounded;

pub struct Puppet {
    child: Child,
    leave: ChildStdin,
    report: BufReader<ChildStdout>,
    passed: Vec<String>,
    said: Vec<String>,
}

/// How a process came to its end.
#[derive(Debug)]
pub struct Ending {
    /// The steps that it had done by then.
    pub passed: Vec<String>,
    /// Lines on stdout that are no steps.
    pub said: Vec<String>,
    pub stderr: String,
    status: ExitStatus,
}

impl Ending {
    pub fn of(child: &mut Child, passed: Vec<String>, said: Vec<String>) -> Self {
        let status = child.wait().expect("the program can be waited for");
        let mut stderr = String::new();
        child.stderr.take().expect("stderr is piped").read_to_string(&mut stderr).expect("stderr is text");
        Self { passed, said, stderr, status }
    }

    pub fn killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    /// Whether it said, before its end, that it had done its work.
    pub fn acknowledged(&self) -> bool {
        assert!(self.killed() || self.status.success(), "{self:?}");
        assert!(!self.stderr.contains("error"), "{self:?}");
        !self.killed() || !self.stderr.is_empty()
    }
}

impl Puppet {
    /// The two pipes are stdin and stdout: to hand down others would need `unsafe`.
    pub fn start(mut command: Command) -> Self {
        command.env("UM_HOST_STEPS", "0,1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.start().expect("the program can be started");
        let leave = child.stdin.take().expect("stdin is piped");
        let report = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, leave, report, passed: Vec::new(), said: Vec::new() }
    }

    /// Waits until it has done its next step; false if it has come to its end instead.
    pub fn step(&mut self) -> bool {
        loop {
            let mut line = String::new();
            if self.report.read_line(&mut line).expect("stdout is text") == 0 {
                return false;
            }
            let line = line.trim_end();
            if WRITE_STEPS.contains(&line) || INIT_STEPS.contains(&line) || PUBLISH_STEPS.contains(&line) {
                self.passed.push(line.to_owned());
                return true;
            }
            self.said.push(line.to_owned());
        }
    }

    /// Lets it do so many steps and no more.
    pub fn advance(&mut self, steps: usize) {
        while self.passed.len() < steps {
            if !self.passed.is_empty() {
                self.go_on();
            }
            assert!(self.step(), "it ended after {:?}", self.passed);
        }
    }

    pub fn go_on(&mut self) {
        // Whether it is still there to hear that, its end will tell.
        let _ = self.leave.write_all(b".");
    }

    /// Lets it go to its end; with the time from each step to the next, the first from the start.
    pub fn watch(mut self) -> (Ending, Vec<Duration>) {
        let mut times = Vec::new();
        loop {
            let began = Instant::now();
            let more = self.step();
            times.push(began.elapsed());
            if !more {
                return (Ending::of(&mut self.child, self.passed, self.said), times);
            }
            self.go_on();
        }
    }

    /// kill -9.
    pub fn kill(mut self) -> Ending {
        self.child.kill().expect("a child that was not waited for can be killed");
        // What it had reported by then is still in the pipe.
        while self.step() {}
        Ending::of(&mut self.child, self.passed, self.said)
    }
}
