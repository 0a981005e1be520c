//! Runs actions (small automation programs) as WebAssembly components, with a workspace's secrets at hand and no way
//! for them to leak.

pub mod secret;

pub use secret::{SecretName, SecretValue};
