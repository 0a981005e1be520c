//! WASI 0.1 (`wasi_snapshot_preview1`) for core modules, on the same files, streams and clocks that components get.
//!
//! A program for WASI 0.1 runs as the module that it is. The adapter that makes components of such modules keeps its
//! state in a page of the guest's own memory: an allocator that takes all there is at its first call then writes over it
//! (AssemblyScript, Rust before 1.64), a memory that may not grow has no room for it, and it knows no exit status but
//! 0 and 1. So it is used only where a module has a world of its own beside WASI 0.1.
//!
//! Guarantees:
//! - A guest finds what `wasi:filesystem` shows, under the same rules, and no more: [`files`](super::files).
//! - Whatever a pointer says, nothing outside of the guest's memory is touched: the call answers `fault`.
//! - One call moves at most [`WRITE_BYTES`](super::pipe::WRITE_BYTES), and a guest has at most as much open as the limit
//!   `resources` says.
//!
//! Deliberately absent: sockets, signals, rights that are taken away from a descriptor, and `wasi_unstable`.

mod call;
pub(crate) mod descriptors;
mod errno;
mod fault;
mod files;
mod listing;
mod paths;
mod poll;
mod process;
mod reading;
pub(crate) mod start;
mod streams;

use wasmtime::{Caller, Engine, Linker};
use wasmtime_wasi::I32Exit;

use super::state::State;
use call::Call;
use fault::{Answer, Fault};

/// What modules import it by.
pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

/// Links functions that answer at once.
macro_rules! answer {
    ($linker:ident: $($name:ident = $function:path, ($($argument:ident: $type:ty),*);)*) => {$(
        $linker.func_wrap(MODULE, stringify!($name), |caller: Caller<'_, State>, $($argument: $type),*| {
            let mut call = Call::of(caller)?;
            told($function(&mut call, $($argument),*))
        })?;
    )*};
}

/// Links functions that may wait.
macro_rules! wait {
    ($linker:ident: $($name:ident = $function:path, ($($argument:ident: $type:ty),*);)*) => {$(
        $linker.func_wrap_async(MODULE, stringify!($name), |caller: Caller<'_, State>, ($($argument,)*): ($($type,)*)| {
            Box::new(async move {
                let mut call = Call::of(caller)?;
                told($function(&mut call, $($argument),*).await)
            })
        })?;
    )*};
}

/// All that a module of WASI 0.1 can import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    link_process(&mut linker)?;
    link_descriptors(&mut linker)?;
    link_paths(&mut linker)?;
    Ok(linker)
}

fn link_process(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    answer! { linker:
        args_get = process::arguments, (pointers: u32, texts: u32);
        args_sizes_get = process::arguments_sizes, (count: u32, bytes: u32);
        environ_get = process::variables, (pointers: u32, texts: u32);
        environ_sizes_get = process::variables_sizes, (count: u32, bytes: u32);
        clock_res_get = process::clock_resolution, (clock: u32, out: u32);
        clock_time_get = process::clock_time, (clock: u32, precision: u64, out: u32);
        proc_raise = process::raise, (signal: u32);
        sched_yield = process::yield_now, ();
    }
    wait! { linker:
        random_get = process::random, (at: u32, length: u32);
        poll_oneoff = poll::poll, (subscriptions: u32, events: u32, count: u32, out: u32);
    }
    linker.func_wrap(MODULE, "proc_exit", |_: Caller<'_, State>, status: u32| -> wasmtime::Result<()> {
        Err(I32Exit(status.cast_signed()).into())
    })?;
    Ok(())
}

fn link_descriptors(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    answer! { linker:
        fd_advise = files::advise, (fd: u32, offset: u64, length: u64, advice: u32);
        fd_allocate = files::allocate, (fd: u32, offset: u64, length: u64);
        fd_close = files::close, (fd: u32);
        fd_datasync = files::sync, (fd: u32);
        fd_fdstat_get = files::flags, (fd: u32, out: u32);
        fd_fdstat_set_flags = files::set_flags, (fd: u32, flags: u32);
        fd_fdstat_set_rights = files::set_rights, (fd: u32, base: u64, inheriting: u64);
        fd_filestat_set_size = files::set_size, (fd: u32, size: u64);
        fd_filestat_set_times = files::set_times, (fd: u32, accessed: u64, modified: u64, flags: u32);
        fd_prestat_get = files::preopened, (fd: u32, out: u32);
        fd_prestat_dir_name = files::preopened_name, (fd: u32, at: u32, length: u32);
        fd_renumber = files::renumber, (from: u32, to: u32);
        fd_sync = files::sync, (fd: u32);
        fd_tell = streams::tell, (fd: u32, out: u32);
        sock_accept = files::socket, (fd: u32, flags: u32, out: u32);
        sock_recv = files::receive, (fd: u32, buffers: u32, count: u32, flags: u32, out: u32, out_flags: u32);
        sock_send = files::send, (fd: u32, buffers: u32, count: u32, flags: u32, out: u32);
        sock_shutdown = files::shutdown, (fd: u32, how: u32);
    }
    wait! { linker:
        fd_filestat_get = files::stat, (fd: u32, out: u32);
        fd_pread = streams::read_at, (fd: u32, buffers: u32, count: u32, offset: u64, out: u32);
        fd_pwrite = streams::write_at, (fd: u32, buffers: u32, count: u32, offset: u64, out: u32);
        fd_read = streams::read, (fd: u32, buffers: u32, count: u32, out: u32);
        fd_readdir = listing::list, (fd: u32, at: u32, length: u32, cookie: u64, out: u32);
        fd_seek = streams::seek, (fd: u32, by: i64, whence: u32, out: u32);
        fd_write = streams::write, (fd: u32, buffers: u32, count: u32, out: u32);
    }
    Ok(())
}

fn link_paths(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    answer! { linker:
        path_create_directory = paths::make_directory, (fd: u32, at: u32, length: u32);
        path_filestat_set_times = paths::set_times,
            (fd: u32, lookup: u32, at: u32, length: u32, accessed: u64, modified: u64, flags: u32);
        path_link = paths::link, (fd: u32, lookup: u32, at: u32, length: u32, into: u32, to: u32, to_length: u32);
        path_remove_directory = paths::remove_directory, (fd: u32, at: u32, length: u32);
        path_rename = paths::rename, (fd: u32, at: u32, length: u32, into: u32, to: u32, to_length: u32);
        path_symlink = paths::symlink, (target: u32, target_length: u32, fd: u32, at: u32, length: u32);
        path_unlink_file = paths::unlink, (fd: u32, at: u32, length: u32);
    }
    wait! { linker:
        path_filestat_get = paths::stat, (fd: u32, lookup: u32, at: u32, length: u32, out: u32);
        path_open = paths::open,
            (fd: u32, lookup: u32, at: u32, length: u32, opening: u32, base: u64, inheriting: u64, flags: u32, out: u32);
        path_readlink = paths::read_link, (fd: u32, at: u32, length: u32, to: u32, room: u32, out: u32);
    }
    Ok(())
}

/// The answer as its number, 0 for success.
fn told(answer: Answer) -> wasmtime::Result<u32> {
    match answer {
        Ok(()) => Ok(0),
        Err(Fault::Errno(errno)) => Ok(errno.number()),
        Err(Fault::Trap(error)) => Err(error),
    }
}
