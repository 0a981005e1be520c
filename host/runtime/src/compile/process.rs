//! The side of the host: starts a process, gives it an action, takes what it says within bounds, and tells what its end
//! means. It is gone when this returns, however that comes about.

use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Resource, Signal, getrlimit};

use super::error::CompilerError;
use super::limits::{CompileLimit, CompileLimits};
use super::wire::{Answer, Facts, MARK, MAX_ANSWER, Order, VERB};
use crate::action::error::LoadError;
use um_base::{Shortage, Work};

/// How often to look whether anybody still waits.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a process may take to be gone that has closed what it says things by.
const GOING: Duration = Duration::from_secs(5);
/// Threads that a process may compile by: each takes some of its memory.
const MAX_THREADS: usize = 8;

/// What the standard library says, and nobody else, where there is no memory and where a stack is too small.
const NO_MEMORY: &[u8] = b"memory allocation of ";
const NO_STACK: &[u8] = b"has overflowed its stack";

/// Compiles an action by a program.
pub(super) fn compile(
    program: &Path,
    limits: &CompileLimits,
    counts_fuel: bool,
    action: &[u8],
    work: &Work,
) -> Result<(Facts, Vec<u8>), LoadError> {
    let order = Order::new(limits, action.len(), counts_fuel);
    let mut process = Process::start(program, &order)?;
    let said = process.talk(action, limits, work)?;
    match said.is_whole() {
        true => said.settle(limits),
        // Of that much nothing is an answer: it need not be waited for.
        false if said.room() == 0 => Err(failed(CompilerError::Failed)),
        false => Err(process.end(&said.bytes, limits)?),
    }
}

fn refused(answer: Answer, limits: &CompileLimits) -> LoadError {
    match answer {
        Answer::Compiled(_) => failed(CompilerError::Failed),
        Answer::NotWasm => LoadError::NotWasm,
        Answer::Malformed { reason } => LoadError::Malformed { reason },
        Answer::Imports { names } => LoadError::Imports { names },
        Answer::Wasi03 => LoadError::Wasi03,
        Answer::NoEntry(entryless) => LoadError::NoEntry(entryless),
        Answer::Uncompilable { reason } => LoadError::Compile { reason },
        Answer::TooMuchCode => met(CompileLimit::Code, limits),
        Answer::NoMemory => no_memory(limits),
    }
}

fn met(limit: CompileLimit, limits: &CompileLimits) -> LoadError {
    LoadError::CompileLimit { limit, allowed: limits.show(limit) }
}

/// The process had no more memory: by our limit, or by one that this process was started with.
fn no_memory(limits: &CompileLimits) -> LoadError {
    let lower = |resource| getrlimit(resource).current.is_some_and(|current| current < limits.memory);
    match [Resource::Data, Resource::As].into_iter().any(lower) {
        true => LoadError::Shortage(Shortage::Memory),
        false => met(CompileLimit::Memory, limits),
    }
}

fn failed(error: CompilerError) -> LoadError {
    LoadError::Compiler(error)
}

fn talk_failed(error: impl Into<io::Error>) -> LoadError {
    failed(CompilerError::Talk(error.into()))
}

fn not_started(error: io::Error) -> LoadError {
    match Shortage::of(&error) {
        Some(shortage) => LoadError::Shortage(shortage),
        None => failed(CompilerError::Start(error)),
    }
}

/// A process that is not left behind.
struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    output: PipeReader,
}

/// What a process has said so far: an answer with its code, or complaints.
#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    /// Once it is there, and where the code begins.
    answer: Option<(Answer, usize)>,
}

impl Process {
    /// It has nothing of this process but the two pipes: no variable, no directory, no terminal's signals.
    fn start(program: &Path, order: &Order) -> Result<Self, LoadError> {
        let (output, input) = io::pipe().map_err(not_started)?;
        let complaints = input.try_clone().map_err(not_started)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let mut command = Command::new(program);
        command.arg0("um-host").arg(VERB).args(order.numbers());
        command.env_clear().env("RAYON_NUM_THREADS", threads.to_string());
        command.current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(input).stderr(complaints);
        let mut child = command.spawn().map_err(not_started)?;
        // With it our ends of what the process writes to are closed: otherwise nothing would tell its end.
        drop(command);
        let stdin = child.stdin.take();
        let process = Self { child, stdin, output };
        let ends = process.stdin.as_ref().map(AsFd::as_fd).into_iter().chain([process.output.as_fd()]);
        for end in ends {
            fcntl_getfl(end).and_then(|flags| fcntl_setfl(end, flags | OFlags::NONBLOCK)).map_err(talk_failed)?;
        }
        Ok(process)
    }

    /// Gives it the action, and takes what it says until that is all, or it says no more.
    fn talk(&mut self, mut action: &[u8], limits: &CompileLimits, work: &Work) -> Result<Said, LoadError> {
        // A time that is too far off to be told is none.
        let deadline = Instant::now().checked_add(limits.wall);
        let mut said = Said::default();
        loop {
            work.step().map_err(|_| LoadError::GivenUp)?;
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(met(CompileLimit::Wall, limits));
            }
            let (readable, writable) = self.ready().map_err(talk_failed)?;
            if writable {
                self.feed(&mut action).map_err(talk_failed)?;
            }
            let ended = readable && said.hear(&self.output).map_err(talk_failed)?;
            said.understand(limits)?;
            // What is no answer by then is none.
            if ended || said.room() == 0 {
                return Ok(said);
            }
        }
    }

    /// Whether there is something to read, and room to write, after a moment.
    fn ready(&self) -> io::Result<(bool, bool)> {
        let mut ends = vec![PollFd::new(&self.output, PollFlags::IN)];
        ends.extend(self.stdin.as_ref().map(|stdin| PollFd::new(stdin, PollFlags::OUT)));
        let pause = Timespec::try_from(PAUSE).map_err(io::Error::other)?;
        match poll(&mut ends, Some(&pause)) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok((false, false)),
            Err(error) => return Err(error.into()),
        }
        let ready = |end: Option<&PollFd<'_>>| end.is_some_and(|end| !end.revents().is_empty());
        Ok((ready(ends.first()), ready(ends.get(1))))
    }

    /// Gives on what there is room for. A process that takes no more has its reasons, which its end tells.
    fn feed(&mut self, action: &mut &[u8]) -> io::Result<()> {
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        match stdin.write(action) {
            Ok(count) => *action = &action[count..],
            Err(error) if is_for_later(&error) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => *action = &[],
            Err(error) => return Err(error),
        }
        if action.is_empty() {
            self.stdin = None;
        }
        Ok(())
    }

    /// What it means that it has ended without an answer.
    fn end(&mut self, said: &[u8], limits: &CompileLimits) -> Result<LoadError, LoadError> {
        let status = self.wait().map_err(talk_failed)?;
        let says = |words: &[u8]| said.windows(words.len()).any(|said| said == words);
        Ok(match status.and_then(|status| status.signal()) {
            Some(signal) if signal == Signal::XCPU.as_raw() => met(CompileLimit::Cpu, limits),
            Some(_) if says(NO_MEMORY) => no_memory(limits),
            Some(_) if says(NO_STACK) => {
                LoadError::Compile { reason: "it is nested too deeply for the compiler".to_owned() }
            }
            Some(signal) => failed(CompilerError::Killed { signal }),
            None => failed(CompilerError::Failed),
        })
    }

    /// Its status, if it is gone soon.
    fn wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + GOING;
        loop {
            match self.child.try_wait()? {
                None if Instant::now() < deadline => std::thread::sleep(PAUSE),
                status => return Ok(status),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where it is gone already there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Said {
    /// Takes what there is, no more than there may be, and tells whether it has come to an end.
    fn hear(&mut self, output: impl Read) -> io::Result<bool> {
        let room = self.room();
        match output.take(room).read_to_end(&mut self.bytes) {
            Ok(count) => Ok((count as u64) < room),
            // What came before is kept.
            Err(error) if is_for_later(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// How many more bytes may come.
    fn room(&self) -> u64 {
        let most = match &self.answer {
            Some((Answer::Compiled(facts), start)) => facts.bytes.saturating_add(*start as u64),
            Some((_, start)) => *start as u64,
            None => (MARK.len() + 4 + MAX_ANSWER) as u64,
        };
        most.saturating_sub(self.bytes.len() as u64)
    }

    fn is_whole(&self) -> bool {
        self.answer.is_some() && self.room() == 0
    }

    /// Reads the answer as soon as it is there.
    fn understand(&mut self, limits: &CompileLimits) -> Result<(), LoadError> {
        if self.answer.is_none() {
            let Some((text, start)) = answer_text(&self.bytes) else { return Ok(()) };
            let answer = serde_json::from_slice(text).map_err(|_| failed(CompilerError::Foreign))?;
            if matches!(&answer, Answer::Compiled(facts) if facts.bytes > limits.code) {
                return Err(met(CompileLimit::Code, limits));
            }
            self.answer = Some((answer, start));
            let room = usize::try_from(self.room()).unwrap_or(usize::MAX);
            self.bytes.try_reserve_exact(room).map_err(|_| LoadError::Shortage(Shortage::Memory))?;
        }
        Ok(())
    }

    fn settle(mut self, limits: &CompileLimits) -> Result<(Facts, Vec<u8>), LoadError> {
        match self.answer {
            Some((Answer::Compiled(facts), start)) => {
                self.bytes.drain(..start);
                Ok((facts, self.bytes))
            }
            Some((answer, _)) => Err(refused(answer, limits)),
            None => Err(failed(CompilerError::Failed)),
        }
    }
}

/// The text of an answer and where what follows it begins, if it is there.
fn answer_text(said: &[u8]) -> Option<(&[u8], usize)> {
    let rest = said.strip_prefix(MARK)?;
    let (length, rest) = rest.split_first_chunk()?;
    let text = rest.get(..u32::from_le_bytes(*length) as usize)?;
    Some((text, MARK.len() + length.len() + text.len()))
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::kind::Kind;
    use crate::engine::machine::Form;

    fn answer(bytes: u64) -> Vec<u8> {
        let facts = Facts { form: Form::Module, kind: Kind::Command, uses_secrets: false, bytes };
        let text = serde_json::to_vec(&Answer::Compiled(facts)).unwrap();
        [MARK, &u32::try_from(text.len()).unwrap().to_le_bytes(), &text].concat()
    }

    #[test]
    fn an_answer_is_understood_as_soon_as_it_is_whole_and_no_more_is_taken_than_it_says() {
        let (limits, whole) = (CompileLimits::default(), [&answer(4)[..], b"code"].concat());
        for end in 0..=whole.len() {
            let mut said = Said { bytes: whole[..end].to_vec(), answer: None };
            said.understand(&limits).unwrap();
            assert_eq!(said.answer.is_some(), end >= whole.len() - 4, "{end}");
            assert_eq!(said.is_whole(), end == whole.len(), "{end}");
            if said.answer.is_some() {
                assert_eq!(said.room(), (whole.len() - end) as u64);
            }
        }
        let said = Said { bytes: whole.clone(), answer: None };
        assert!(said.room() <= (MARK.len() + 4 + MAX_ANSWER) as u64);
    }

    /// Code that came faster than it was read, right behind the answer, was taken for the end of what was said.
    #[test]
    fn an_answer_is_heard_to_its_end_however_much_comes_at_once() {
        let (limits, code) = (CompileLimits::default(), vec![b'c'; 3 * MAX_ANSWER]);
        let whole = [&answer(code.len() as u64)[..], &code].concat();
        let (mut said, mut output) = (Said::default(), &whole[..]);
        while said.room() > 0 {
            assert!(!said.hear(&mut output).unwrap(), "it has not ended");
            said.understand(&limits).unwrap();
        }
        assert!(said.is_whole());
        assert_eq!(said.settle(&limits).unwrap().1, code);
        let mut cut = Said::default();
        assert!(cut.hear(&whole[..10]).unwrap(), "it has ended");
    }

    #[test]
    fn what_is_no_answer_is_never_more_than_the_longest_answer_and_too_much_code_is_not_waited_for() {
        let limits = CompileLimits::default();
        let mut noise = Said { bytes: vec![b'x'; MARK.len() + 4 + MAX_ANSWER], answer: None };
        noise.understand(&limits).unwrap();
        assert!(noise.answer.is_none() && noise.room() == 0 && !noise.is_whole());
        let mut endless = Said { bytes: answer(limits.code + 1), answer: None };
        assert!(matches!(endless.understand(&limits), Err(LoadError::CompileLimit { limit: CompileLimit::Code, .. })));
        let garbled = [MARK, &3_u32.to_le_bytes(), b"{x}"].concat();
        let mut garbled = Said { bytes: garbled, answer: None };
        assert!(matches!(garbled.understand(&limits), Err(LoadError::Compiler(CompilerError::Foreign))));
    }
}
