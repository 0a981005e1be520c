//! What a guest finds around it: arguments, environment, standard streams, directories. By default, nothing.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::io::AsyncRead;
use wasmtime_wasi::cli::{IsTerminal, StdinStream};
use wasmtime_wasi::p2::InputStream;
use wasmtime_wasi::p2::pipe::{ClosedInputStream, MemoryInputPipe};
use wasmtime_wasi::{HostWallClock, WasiCtx};

use super::files::Files;
use super::pipe::Pipe;
use super::procfs::shows_processes;
use super::script::Declared;
use super::stream_end::Stdio;
use crate::action::kind::Kind;
use crate::error::RunError;
use um_base::{Shortage, Work};

/// Most random bytes that a guest may ask for in one call.
const MAX_RANDOM_BYTES: u64 = 1024 * 1024;

/// Where a guest finds a directory that it may write, empty at first and gone at its end.
pub(crate) const SCRATCH: &str = "/tmp";

/// Variables that a guest finds unless it is given others. There is nothing at home, and no home.
const VARIABLES: [(&str, &str); 2] = [("TMPDIR", SCRATCH), ("HOME", "/home/action")];

/// Where a command reads its standard input from.
#[derive(Default)]
#[non_exhaustive]
pub enum Stdin {
    /// At its end from the start.
    #[default]
    Closed,
    /// The standard input of this process.
    Inherit,
    /// These, and then its end.
    Bytes(Vec<u8>),
}

/// The time of day as WASI tells it, which knows none before 1970: a machine whose clock stands there runs actions too,
/// and they find it at the beginning of 1970.
struct SinceEpoch;

impl SinceEpoch {
    fn of(time: SystemTime) -> Duration {
        time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

impl HostWallClock for SinceEpoch {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        Self::of(SystemTime::now())
    }
}

/// Standard input, which a typed action finds at its end.
struct CommandsOnly<S> {
    stdin: S,
    declared: Declared,
}

impl<S: IsTerminal> IsTerminal for CommandsOnly<S> {
    fn is_terminal(&self) -> bool {
        self.stdin.is_terminal()
    }
}

impl<S: StdinStream> StdinStream for CommandsOnly<S> {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        match self.declared.kind() {
            Kind::Typed => Box::new(tokio::io::empty()),
            _ => self.stdin.async_stream(),
        }
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        match self.declared.kind() {
            Kind::Typed => Box::new(ClosedInputStream),
            _ => self.stdin.p2_stream(),
        }
    }
}

/// The surroundings of one guest.
#[derive(Default)]
pub(crate) struct World {
    pub program: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub stdin: Stdin,
    /// Directories of the host and what the guest calls them.
    pub dirs: Vec<(PathBuf, String)>,
}

impl World {
    /// The directories as the guest sees them, read-only, and one of its own for files of so many bytes. What is to
    /// stay are its documents.
    ///
    /// # Errors
    /// [`RunError::Directory`] if a directory cannot be opened, or must not be.
    pub fn files(&mut self, work: &Work, scratch: u64) -> Result<Files, RunError> {
        let mut files = Files::new(work.clone(), SCRATCH.to_owned(), scratch);
        for (host, guest) in std::mem::take(&mut self.dirs) {
            if shows_processes(&host) {
                let reason = "it shows this machine's processes, this one's memory and environment among them";
                return Err(RunError::Directory { path: host, reason: reason.to_owned() });
            }
            let mounted = files.mount(&host, guest);
            mounted.map_err(|error| match Shortage::of(&error) {
                Some(shortage) => RunError::Shortage(shortage),
                None => RunError::Directory { path: host, reason: error.to_string() },
            })?;
        }
        Ok(files)
    }

    /// The context that the engine's WASI asks. It has no files; sockets refuse every address, and names are not
    /// resolved.
    pub fn context(self, stdout: Pipe, stderr: Pipe, declared: Declared) -> WasiCtx {
        let mut builder = WasiCtx::builder();
        builder
            .arg(&self.program)
            .args(&self.args)
            .envs(&self.variables())
            .stdout(Stdio { pipe: stdout })
            .stderr(Stdio { pipe: stderr })
            .wall_clock(SinceEpoch)
            .max_random_size(MAX_RANDOM_BYTES)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        match self.stdin {
            Stdin::Closed => {}
            Stdin::Inherit => _ = builder.stdin(CommandsOnly { stdin: wasmtime_wasi::cli::stdin(), declared }),
            Stdin::Bytes(bytes) => {
                let stdin = MemoryInputPipe::new(bytes);
                builder.stdin(CommandsOnly { stdin, declared });
            }
        }
        builder.build()
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        let given = self.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let is_given = |name: &str| self.env.iter().any(|(given, _)| given == name);
        VARIABLES.into_iter().filter(|(name, _)| !is_given(name)).chain(given).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_has_a_place_for_files_and_no_home_unless_it_is_told_others() {
        let world = |env: &[(&str, &str)]| World {
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..World::default()
        };
        assert_eq!(world(&[]).variables(), [("TMPDIR", "/tmp"), ("HOME", "/home/action")]);
        let given = world(&[("A", "b"), ("HOME", "/data")]);
        assert_eq!(given.variables(), [("TMPDIR", "/tmp"), ("A", "b"), ("HOME", "/data")]);
    }

    #[test]
    fn a_guest_finds_a_clock_before_1970_at_its_beginning() {
        let beginning = SystemTime::UNIX_EPOCH;
        assert_eq!(SinceEpoch::of(beginning - Duration::from_secs(86_400)), Duration::ZERO);
        assert_eq!(SinceEpoch::of(beginning - Duration::from_nanos(1)), Duration::ZERO);
        assert_eq!(SinceEpoch::of(beginning + Duration::from_nanos(1_500)), Duration::from_nanos(1_500));
    }
}
