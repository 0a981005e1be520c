//! The store through its public face, without engine or program: other processes are this binary, started again.

#![expect(clippy::print_stdout, clippy::print_stderr, clippy::exit, reason = "children of tests speak and exit")]

mod child;
mod conformance;
mod crash;
mod format;
mod init;
mod keys;
mod parts;
mod sharing;
mod steps;
mod vault;
mod verbs;
mod world;

#[path = "../it/support"]
mod support {
    pub mod bound;
    pub mod who;
}
