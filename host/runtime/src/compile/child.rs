//! The side of the process that compiles: bounds itself before it reads anything, compiles, answers and ends.

use std::io::{self, Read};

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit};

use super::wire::{Answer, Facts, MARK, Order};
use crate::action::bounds::MAX_COMPONENT_BYTES;
use crate::action::error::LoadError;
use crate::action::load::{Code, Program};
use crate::engine::engines::engine;
use crate::engine::machine::{Form, refused};
use crate::limits::table::DEFAULT_STACK;

/// The standard streams, and what the system library opens for a moment.
const DESCRIPTORS: u64 = 16;

/// Compiles what stands on standard input, and answers on standard output. Nothing is read before the limits hold.
pub(super) fn compile(order: &Order) -> io::Result<()> {
    bound(order)?;
    let mut bytes = Vec::with_capacity(usize::try_from(order.size.min(MAX_COMPONENT_BYTES)).unwrap_or(0));
    io::stdin().lock().take(MAX_COMPONENT_BYTES + 1).read_to_end(&mut bytes)?;
    match compiled(bytes, order.counts_fuel) {
        Ok((facts, _)) if facts.bytes > order.code => answer(&Answer::TooMuchCode, &[]),
        Ok((facts, code)) => answer(&Answer::Compiled(facts), &code),
        Err(error) => answer(&Answer::of(&error), &[]),
    }
}

/// What may not be set, since somebody has set it lower, is as low as that.
fn bound(order: &Order) -> io::Result<()> {
    // To the thread of the host's that waits for this process.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid().is_none_or(|parent| parent.as_raw_nonzero().get().unsigned_abs() != order.parent) {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    // What is reserved and never written does not count towards it, as it would towards the size of the address space.
    lower(Resource::Data, order.memory)?;
    // The signal of the soft limit tells that it was time; the hard one is for a process that does not die of it.
    set(Resource::Cpu, order.cpu, order.cpu.saturating_add(1))?;
    lower(Resource::Fsize, 0)?;
    lower(Resource::Nofile, DESCRIPTORS)?;
    lower(Resource::Core, 0)
}

fn lower(resource: Resource, to: u64) -> io::Result<()> {
    set(resource, to, to)
}

fn set(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let hard = getrlimit(resource).maximum.map_or(hard, |maximum| maximum.min(hard));
    setrlimit(resource, Rlimit { current: Some(soft.min(hard)), maximum: Some(hard) })?;
    Ok(())
}

fn compiled(bytes: Vec<u8>, counts_fuel: bool) -> Result<(Facts, Vec<u8>), LoadError> {
    let Program { code, kind, uses_secrets } = Program::new(bytes)?;
    // How much stack a run will have is no matter of its code.
    let engine = engine(counts_fuel, DEFAULT_STACK).map_err(refused)?;
    let (form, machine) = match &code {
        Code::Component(bytes) => (Form::Component, engine.precompile_component(bytes)),
        Code::Module(bytes) => (Form::Module, engine.precompile_module(bytes)),
    };
    let machine = machine.map_err(refused)?;
    Ok((Facts { form, kind, uses_secrets, bytes: machine.len() as u64 }, machine))
}

fn answer(answer: &Answer, code: &[u8]) -> io::Result<()> {
    let answer = serde_json::to_vec(answer)?;
    let length = u32::try_from(answer.len()).map_err(io::Error::other)?;
    let stdout = rustix::stdio::stdout();
    for mut part in [MARK, &length.to_le_bytes(), &answer, code] {
        while !part.is_empty() {
            match rustix::io::write(stdout, part) {
                Ok(count) => part = &part[count..],
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}
