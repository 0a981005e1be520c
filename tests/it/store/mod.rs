//! The store through its public face.

mod verbs;
mod world;
