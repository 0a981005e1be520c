//! Child processes: bounded in time and in what is kept of their output, and gone when we are.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::environment::Environment;
use super::output::Output;

/// Runs a program in a process group that ends when the other end of stdin is closed: by us when the program has ended
/// or took too long, by the kernel when we are gone, however that came about. The program itself reads from nowhere.
const GUARDED: &str = r#"
exec 3<&0 </dev/null
{ read -r _ <&3; kill -9 -$$; } >/dev/null 2>&1 &
exec "$@" 2>&1 3<&-
"#;

/// How often to look whether a program has ended that says nothing any more.
const PAUSE: Duration = Duration::from_millis(2);

/// Why nothing is known of a child.
#[derive(Debug)]
pub(super) enum Unfinished {
    Start(io::Error),
    TimedOut,
}

/// How a child ended, and the last that it said.
#[derive(Debug)]
pub(super) struct Finished {
    pub success: bool,
    pub output: Output,
}

/// Runs a program to its end, or for as long as there is patience with it.
pub(super) fn run(
    program: &Path,
    arguments: &[&str],
    environment: &Environment,
    directory: &Path,
    patience: Duration,
) -> Result<Finished, Unfinished> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", GUARDED, "sh"]).arg(program).args(arguments);
    command.env_clear().envs(environment.variables()).current_dir(directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut child = Guarded(command.spawn().map_err(Unfinished::Start)?);
    let deadline = Instant::now() + patience;
    let mut stdout = child.0.stdout.take().expect("stdout is piped");
    let output = listen(&mut stdout, deadline)?;
    let status = child.wait(deadline)?;
    Ok(Finished { success: status.success(), output })
}

/// A process group that is not left behind.
struct Guarded(Child);

impl Guarded {
    fn wait(&mut self, deadline: Instant) -> Result<ExitStatus, Unfinished> {
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(PAUSE),
                Ok(None) => return Err(Unfinished::TimedOut),
                Err(error) => return Err(Unfinished::Start(error)),
            }
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // For the case that the guard is not there any more.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads to the end of what is said.
fn listen(stdout: &mut ChildStdout, deadline: Instant) -> Result<Output, Unfinished> {
    let mut output = Output::default();
    let mut buffer = [0; 8192];
    loop {
        if !readable(stdout, deadline).map_err(Unfinished::Start)? {
            return Err(Unfinished::TimedOut);
        }
        match stdout.read(&mut buffer) {
            Ok(0) => return Ok(output),
            Ok(count) => output.push(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Unfinished::Start(error)),
        }
    }
}

/// Waits until there is something to read, or the deadline has passed.
fn readable(stdout: &ChildStdout, deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(stdout, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, patience: Duration) -> Result<Finished, Unfinished> {
        let environment = Environment::of([("PATH".into(), "/usr/bin:/bin".into())].into_iter());
        run(Path::new("/bin/sh"), &["-c", script], &environment, Path::new("/"), patience)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn both_streams_are_kept_and_stdin_is_empty() {
        let ended = sh("cat; echo out; echo err >&2; exit 3", LONG).unwrap();
        assert!(!ended.success);
        assert_eq!(ended.output.last(9), "out; err");
    }

    #[test]
    fn a_child_that_hangs_is_stopped_with_all_that_it_started() {
        let marker = tempfile::NamedTempFile::new().unwrap();
        let script = format!("sleep 600 & echo $! > {}; wait", marker.path().display());
        assert!(matches!(sh(&script, Duration::from_millis(300)), Err(Unfinished::TimedOut)));
        let grandchild: i32 = std::fs::read_to_string(marker.path()).unwrap().trim().parse().unwrap();
        assert!(ends(grandchild), "{grandchild} is still there");
    }

    #[test]
    fn a_child_that_closes_its_streams_is_waited_for() {
        assert!(sh("exec >&- 2>&-; sleep 0.05; exit 0", LONG).unwrap().success);
        assert!(matches!(sh("exec >&- 2>&-; sleep 600", Duration::from_millis(100)), Err(Unfinished::TimedOut)));
    }

    #[test]
    fn what_a_child_leaves_running_ends_with_it() {
        let ended = sh("sleep 600 >/dev/null 2>&1 & echo $!", LONG).unwrap();
        assert!(ends(ended.output.last(1).parse().unwrap()));
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failure() {
        let environment = Environment::bare();
        let ended = run(Path::new("/nowhere/python3"), &[], &environment, Path::new("/"), LONG).unwrap();
        assert!(!ended.success);
    }

    /// Whether a process ends soon; one that only nobody has asked about yet has ended.
    fn ends(pid: i32) -> bool {
        let runs = || {
            let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            status.rsplit(") ").next().and_then(|rest| rest.chars().next()).is_some_and(|state| state != 'Z')
        };
        (0..1000).any(|_| {
            std::thread::sleep(PAUSE);
            !runs()
        })
    }
}
