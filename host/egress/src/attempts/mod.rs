//! Attempts to get a sealed value, or what stands for it, to where it does not belong: by a guest through the client,
//! with servers that say everything back. None succeeds: each request is refused by the code of the rule that it breaks,
//! and each answer that is filtered reaches a run that knows of nothing sealed with the value in it, so each is real.

mod answers;
mod echo;
mod parts;
mod requests;
mod world;
