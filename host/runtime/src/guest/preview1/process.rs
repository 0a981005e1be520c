//! Arguments, variables, clocks and random bytes.

use wasmtime_wasi::cli::WasiCliView as _;
use wasmtime_wasi::clocks::WasiClocksView as _;
use wasmtime_wasi::p2::bindings::cli::environment;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::bindings::random::random;

use super::call::Call;
use super::errno::Errno;
use super::fault::Answer;
use crate::guest::pipe::WRITE_BYTES;

/// Clocks, by their numbers.
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

pub(super) fn arguments(call: &mut Call<'_>, pointers: u32, texts: u32) -> Answer {
    let given = given_arguments(call)?;
    lay_out(call, &given, pointers, texts)
}

pub(super) fn arguments_sizes(call: &mut Call<'_>, count: u32, bytes: u32) -> Answer {
    let given = given_arguments(call)?;
    tell_sizes(call, &given, count, bytes)
}

pub(super) fn variables(call: &mut Call<'_>, pointers: u32, texts: u32) -> Answer {
    let given = given_variables(call)?;
    lay_out(call, &given, pointers, texts)
}

pub(super) fn variables_sizes(call: &mut Call<'_>, count: u32, bytes: u32) -> Answer {
    let given = given_variables(call)?;
    tell_sizes(call, &given, count, bytes)
}

fn given_arguments(call: &mut Call<'_>) -> Answer<Vec<String>> {
    Ok(environment::Host::get_arguments(&mut call.state().cli())?)
}

fn given_variables(call: &mut Call<'_>) -> Answer<Vec<String>> {
    let variables = environment::Host::get_environment(&mut call.state().cli())?;
    Ok(variables.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
}

/// Writes texts as C has them, and where each of them stands.
fn lay_out(call: &mut Call<'_>, given: &[String], pointers: u32, texts: u32) -> Answer {
    let (mut pointer, mut text) = (pointers, texts);
    for given in given {
        call.put_u32(pointer, text)?;
        call.put(text, given.as_bytes())?;
        let end = u32::try_from(given.len()).ok().and_then(|length| text.checked_add(length)).ok_or(Errno::Fault)?;
        call.put(end, &[0])?;
        text = end.checked_add(1).ok_or(Errno::Fault)?;
        pointer = pointer.checked_add(4).ok_or(Errno::Fault)?;
    }
    Ok(())
}

fn tell_sizes(call: &mut Call<'_>, given: &[String], count: u32, bytes: u32) -> Answer {
    let all = given.iter().map(|text| text.len() + 1).sum::<usize>();
    let number = |number: usize| u32::try_from(number).map_err(|_| Errno::Overflow);
    call.put_u32(count, number(given.len())?)?;
    call.put_u32(bytes, number(all)?)
}

pub(super) fn clock_resolution(call: &mut Call<'_>, clock: u32, out: u32) -> Answer {
    let resolution = match clock {
        REALTIME => nanoseconds(wall_clock::Host::resolution(&mut call.state().clocks())?)?,
        MONOTONIC => monotonic_clock::Host::resolution(&mut call.state().clocks())?,
        _ => return Err(Errno::Invalid.into()),
    };
    call.put_u64(out, resolution)
}

pub(super) fn clock_time(call: &mut Call<'_>, clock: u32, _precision: u64, out: u32) -> Answer {
    let now = now(call, clock)?;
    call.put_u64(out, now)
}

/// What a clock shows, in nanoseconds. Of processor time a guest is told nothing.
pub(super) fn now(call: &mut Call<'_>, clock: u32) -> Answer<u64> {
    match clock {
        REALTIME => nanoseconds(wall_clock::Host::now(&mut call.state().clocks())?),
        MONOTONIC => Ok(monotonic_clock::Host::now(&mut call.state().clocks())?),
        _ => Err(Errno::Invalid.into()),
    }
}

fn nanoseconds(time: Datetime) -> Answer<u64> {
    let all = time.seconds.checked_mul(1_000_000_000).and_then(|all| all.checked_add(time.nanoseconds.into()));
    Ok(all.ok_or(Errno::Overflow)?)
}

pub(super) async fn random(call: &mut Call<'_>, at: u32, length: u32) -> Answer {
    // All of it must be the guest's before any is made.
    call.bytes(at, length)?;
    let piece = u32::try_from(WRITE_BYTES).unwrap_or(u32::MAX);
    let (mut at, mut left, work) = (at, length, call.work());
    while left > 0 {
        // All of the guest's memory takes seconds: others get their turn, and the run's limits are looked at.
        work.step()?;
        tokio::task::yield_now().await;
        let now = left.min(piece);
        let bytes = random::Host::get_random_bytes(call.state().wasi.random(), now.into())?;
        call.put(at, &bytes)?;
        left -= now;
        at = at.wrapping_add(now);
    }
    Ok(())
}

/// There is nobody to send a signal to.
pub(super) fn raise(_: &mut Call<'_>, _: u32) -> Answer {
    Err(Errno::NotSupported.into())
}

/// Others get their turn whatever a guest does: the engine sees to it.
pub(super) fn yield_now(_: &mut Call<'_>) -> Answer {
    Ok(())
}
