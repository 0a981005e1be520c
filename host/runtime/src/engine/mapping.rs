//! Makes compiled code of bytes: the place where the compiler of this program can check nothing.

use std::fs::File;
use std::os::fd::AsRawFd;

use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use super::machine::{Form, Machine};

/// Maps an artifact that is known to be of this host's own making.
///
/// # Safety
/// `deserialize_file` demands that the bytes came from `serialize` of this engine and that the file does not
/// change while it is mapped. The caller has checked that the open file is the one, by inode, size, times and mode 0400,
/// or by hash, that a row names, and rows are written for nothing but our own `serialize`. Files of the
/// cache are replaced by rename and never written in place; who else could write them is the user, who owns the process.
#[expect(unsafe_code, reason = "mapping compiled code cannot be checked by the compiler; see above")]
pub(crate) fn file(engine: &Engine, form: Form, file: &File) -> wasmtime::Result<Machine> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    match form {
        // SAFETY: the caller has checked where the file comes from, as the documentation of this function says.
        Form::Component => unsafe { Component::deserialize_file(engine, path) }.map(Machine::Component),
        // SAFETY: as above.
        Form::Module => unsafe { Module::deserialize_file(engine, path) }.map(Machine::Module),
    }
}

/// Takes over what a process of ours has just compiled.
///
/// # Safety
/// `deserialize` demands that the bytes came from `serialize` of this engine. They came through a pipe from a program that
/// whoever runs this host has named as its compiler; which version and settings it has stands in them, and is checked.
#[expect(unsafe_code, reason = "compiled code cannot be checked by the compiler; see above")]
pub(crate) fn code(engine: &Engine, form: Form, bytes: &[u8]) -> wasmtime::Result<Machine> {
    match form {
        // SAFETY: the bytes come from our own compiler, as the documentation of this function says.
        Form::Component => unsafe { Component::deserialize(engine, bytes) }.map(Machine::Component),
        // SAFETY: as above.
        Form::Module => unsafe { Module::deserialize(engine, bytes) }.map(Machine::Module),
    }
}
