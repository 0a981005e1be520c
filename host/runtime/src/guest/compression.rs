//! `um:runner/compression`: undoes what CPython for WASI has no decompressor for. Linked for the Python runner alone.
//!
//! Of one run there is one body at a time here, since its guest waits. It is bounded, and counts as the run's memory. gzip and deflate are the guest's
//! own to undo.

use wasmtime::component::{HasSelf, Linker};

use super::bindings::runner::um::runner::compression as wit;
use super::script::Declaration;
use crate::tripwire::RunOver;
use um_base::blocking;
use um_egress::{Compression, ResponseFault, decompressed, may_become};

/// Most bytes that a guest is given of one body.
const MOST: u64 = 64 << 20;

impl wit::Host for Declaration {
    async fn decompress(
        &mut self,
        bytes: Vec<u8>,
        coding: wit::Coding,
        at_most: u64,
    ) -> wasmtime::Result<Result<Vec<u8>, wit::Fault>> {
        let compression = match coding {
            wit::Coding::Br => Compression::Brotli,
            wit::Coding::Zstd => Compression::Zstd,
        };
        let work = self.tripwire().work();
        let at_most = at_most.min(MOST).min(may_become(bytes.len()));
        let _held = work.hold(bytes.len() as u64 + at_most).map_err(|_| RunOver)?;
        let done = blocking(work, move || decompressed(&bytes, compression, at_most)).await.map_err(|_| RunOver)?;
        Ok(done.map_err(|fault| match fault {
            ResponseFault::TooLarge => wit::Fault::TooLarge,
            ResponseFault::Truncated => wit::Fault::Truncated,
            _ => wit::Fault::Corrupt,
        }))
    }
}

/// Links `um:runner/compression`.
pub(crate) fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    declaration: fn(&mut T) -> &mut Declaration,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasSelf<Declaration>>(linker, declaration)
}
