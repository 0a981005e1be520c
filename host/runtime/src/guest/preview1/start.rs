//! What a module has open when it is called.

use wasmtime_wasi::cli::WasiCliView as _;
use wasmtime_wasi::p2::bindings::cli::{stderr, stdin, stdout, terminal_stdin};

use super::descriptors::{Descriptor, Descriptors, OpenDirectory};
use crate::guest::state::State;

/// Opens the standard streams, and the directories that a run is given, in this order.
pub(crate) fn open(state: &mut State) -> wasmtime::Result<()> {
    let stdin = stdin::Host::get_stdin(&mut state.cli())?;
    let stdout = stdout::Host::get_stdout(&mut state.cli())?;
    let stderr = stderr::Host::get_stderr(&mut state.cli())?;
    let terminal = terminal_stdin::Host::get_terminal_stdin(&mut state.cli())?;
    let is_terminal = terminal.is_some();
    if let Some(terminal) = terminal {
        state.table.delete(terminal)?;
    }
    let standard = [
        Descriptor::Input { stream: state.table.delete(stdin)?, is_terminal },
        Descriptor::Output(state.table.delete(stdout)?),
        Descriptor::Output(state.table.delete(stderr)?),
    ];
    let mounts = state.files.mounts().map(|(node, name)| {
        let (node, preopened) = (node.clone(), Some(name.to_owned()));
        Descriptor::Directory(OpenDirectory { node, preopened, reading: None })
    });
    state.descriptors = Descriptors::of(standard.into_iter().chain(mounts), state.resources);
    Ok(())
}
