//! Attempts to get a sealed value, or what stands for it, to where it does not belong: by a guest through the client,
//! with servers that say everything back. None succeeds; each does once the one guard that is there for it is switched
//! off, so each guard is needed and each attempt is real.

mod answers;
mod echo;
mod parts;
mod requests;
mod world;
