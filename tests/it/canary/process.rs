//! This test program, started again to be another process.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::support::bound::Bounded;

const ROLE: &str = "UM_HOST_CANARY";
/// How the line begins by which a process tells that it is ready.
const READY: &str = "ready ";

/// What this process was started to be; nothing for the tests themselves.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// The order that a process was started with.
pub fn order<T: DeserializeOwned>() -> T {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

/// Tells whoever started this process.
pub fn ready(word: &impl Serialize) {
    let word = serde_json::to_string(word).unwrap();
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "{READY}{word}").unwrap();
}

/// Waits until whoever started this process is done with it.
pub fn stay() {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// A process of ours; dropping it ends it.
pub struct Process {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Process {
    pub fn start(role: &str, order: &impl Serialize) -> Self {
        Self::start_with(role, order, &[])
    }

    /// In an environment with these variables as well.
    pub fn start_with(role: &str, order: &impl Serialize, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["canary::another_process_of_the_canary", "--exact", "--nocapture", "--test-threads", "1"])
            .env(ROLE, role)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .start()
            .unwrap();
        let order = serde_json::to_string(order).unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{order}").unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the word of the process.
    pub fn ready<T: DeserializeOwned>(&mut self) -> T {
        let mut said = String::new();
        for line in self.stderr.by_ref().lines() {
            let line = line.unwrap();
            if let Some(word) = line.strip_prefix(READY) {
                return serde_json::from_str(word).unwrap();
            }
            said += &line;
            said.push('\n');
        }
        panic!("the process never got ready:\n{said}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
