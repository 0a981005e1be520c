//! What may stand in a description. Everyone who may use the secret is shown it, and so is every action: no value of the
//! workspace, and nothing that looks like one.

use std::time::Duration;

use tokio::runtime::Builder;
use um_secret::{SecretName, Secrets as _, WorkspaceName};
use um_store::Store;

use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};

/// A value of fewer bytes stands in any text.
const TELLING: usize = 4;
/// How long the store is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Refuses a description that looks as if it held a token, or holds a value of the workspace. To look at them is no read:
/// nobody is told one.
pub fn check(text: &str, store: &Store, workspace: &WorkspaceName) -> Result<(), Failure> {
    if text.len() < TELLING {
        return Ok(());
    }
    if discreet::holds_token(text) {
        return Err(Failure::usage("the description holds what looks like a token; nothing was stored")
            .hint("leave it out there: a description is shown to everyone"));
    }
    let threads = Builder::new_current_thread().enable_time().build().or_fail(Exit::Host)?;
    threads.block_on(async {
        let Ok(snapshot) = store.snapshot(workspace, PATIENCE).await else {
            // What is wrong with the store is told by what comes next.
            return Ok(());
        };
        for entry in snapshot.entries() {
            let value = snapshot.peek(&entry.name).await.or_fail(Exit::Host)?;
            if holds(text, value.expose()) {
                return Err(told(&format!("the description holds the value of {}", entry.name)));
            }
        }
        Ok(())
    })
}

/// Refuses a value that stands in the description that its secret has or gets.
pub fn check_apart(description: Option<&str>, kept: &str, name: &SecretName, value: &str) -> Result<(), Failure> {
    match description {
        Some(text) if holds(text, value) => Err(told("the description holds the value itself")),
        None if holds(kept, value) => Err(told(&format!("the description that {name} has holds the value itself"))),
        _ => Ok(()),
    }
}

fn holds(text: &str, value: &str) -> bool {
    let value = value.trim();
    value.len() >= TELLING && text.contains(value)
}

fn told(what: &str) -> Failure {
    Failure::usage(format!("{what}; nothing was stored")).hint(
        "leave it out there: a description is shown to everyone. It is in your shell's history now, so change it where it \
         was issued",
    )
}
