//! The store through its public face.

mod child;
mod crash;
mod format;
mod init;
mod keys;
mod sharing;
mod vault;
mod verbs;
pub mod world;
