//! Interfaces of other hosts by which a guest asks for its secrets: `wasi:config`, Spin's variables, wasmCloud's secrets.
//!
//! Guarantees: each is another way to `um:action/secrets` and no more. The same records are asked for, each time is a read
//! that counts and is on record, the value is known to the filter before the guest has it, a sealed secret is a placeholder,
//! and what a run was narrowed to leave out it does not get. A key is a name as [`key`] says.
//!
//! What those interfaces cannot say is told at the end of the run, as a request that was refused is. All values at once are
//! for runs that were narrowed to some by name.
//!
//! They are linked by hand, as `um:action/secrets` is: bindings would hand `String`s to the engine, which drops them unwiped.
//! What is linked is held against the guest's own text of the interface when it is loaded. Their names stand in
//! [`ALIASES`](crate::action::check::ALIASES).

mod ask;
mod config;
mod key;
mod spin;
mod wasmcloud;

use wasmtime::component::Linker;

use ask::Of;
pub(crate) use ask::View;

/// Links all of them.
pub(crate) fn add_to_linker<T: Send + 'static>(linker: &mut Linker<T>, of: Of<T>) -> wasmtime::Result<()> {
    config::add_to_linker(linker, of)?;
    spin::add_to_linker(linker, of)?;
    wasmcloud::add_to_linker(linker, of)
}
