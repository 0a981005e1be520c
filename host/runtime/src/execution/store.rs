//! What the engine keeps for one run, with the limits that the engine itself holds.

use wasmtime::{Engine, Store, UpdateDeadline};

use crate::guest::state::State;
use crate::limits::table::Limits;

/// Most bytes that one call of a guest may have the host copy; a result may be that much larger than its limit.
const HOSTCALL_BYTES: usize = 16 * 1024 * 1024;

/// The engine's store for one run.
pub(super) fn store(engine: &Engine, state: State, limits: &Limits, counts_fuel: bool) -> Store<State> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    let result = usize::try_from(limits.result).unwrap_or(usize::MAX);
    store.set_hostcall_fuel(HOSTCALL_BYTES.max(result.saturating_add(HOSTCALL_BYTES)));
    store.set_max_component_handles(usize::try_from(limits.handles).unwrap_or(usize::MAX));
    if counts_fuel {
        store.set_fuel(limits.fuel.unwrap_or(u64::MAX)).expect("the engine counts");
    }
    // Before instantiation: start functions are guest code too. Yields, so that clocks and other runs get their turn.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now()))));
    store
}
