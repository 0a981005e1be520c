//! `um-host secrets …`: what a workspace keeps.
//!
//! Guarantees: a value comes by prompt, file or stdin, never as an argument; one that was given as an argument is not
//! repeated; no command here shows a stored value.

mod delete;
mod describe;
mod description;
pub mod entry;
mod info;
mod list;
pub mod parts;
pub mod set;
pub mod token;

use clap::Subcommand;

use um_secret::SecretName;
use um_store::StoreError;

use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::progress::during;
use crate::cli::settings::Settings;
use crate::cli::ui::Ui;

#[derive(Debug, Subcommand)]
pub enum Secrets {
    /// Store a secret, or give it a new value
    #[command(after_help = set::AFTER_HELP)]
    Set(Box<set::SetArgs>),
    /// List the secrets of the workspace: names and descriptions, never values
    #[command(after_help = "Examples:\n  um-host secrets list\n  um-host secrets list --workspace marketing --json")]
    List,
    /// Show what is known about a secret, its last use included, but never its value
    #[command(after_help = "Example:\n  um-host secrets info HUBSPOT_API_KEY")]
    Info(Named),
    /// Change the description of a secret; its value and version stay
    #[command(after_help = describe::AFTER_HELP)]
    Describe(describe::DescribeArgs),
    /// Show what is known of the parts of a value, or say which of them are secrets; the value stays
    #[command(after_help = parts::AFTER_HELP)]
    Parts(parts::PartsArgs),
    /// Delete a secret for good
    #[command(after_help = delete::AFTER_HELP)]
    Delete(delete::DeleteArgs),
}

/// The one secret that is meant.
#[derive(clap::Args, Debug)]
pub struct Named {
    /// Name of the secret; case matters
    #[arg(value_name = "NAME")]
    name: String,
}

pub fn run(secrets: Secrets, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    match secrets {
        Secrets::Set(set) => set::run(*set, settings, ui),
        Secrets::List => list::run(settings, ui),
        Secrets::Info(named) => info::run(&stored_name(&named.name, settings)?, settings, ui),
        Secrets::Describe(describe) => describe::run(&describe, settings, ui),
        Secrets::Parts(parts) => parts::run(&parts, settings, ui),
        Secrets::Delete(delete) => delete::run(&delete, settings, ui),
    }
}

/// Refuses an argument that stands where only a value could be meant.
pub fn value_as_argument() -> Failure {
    Failure::usage("a value is never taken from the command line; nothing was stored").hint(
        "if that was the secret, change it where it was issued: it is in your shell's history now. Then leave it out and \
         type it at the prompt, or use --from-file FILE, or pipe it to stdin",
    )
}

/// Reads a name, and does not repeat what looks more like a value.
pub fn secret_name(text: &str) -> Result<SecretName, Failure> {
    match SecretName::parse(text) {
        Ok(_) if token::is_token(text) => Err(value_as_name()),
        Err(_) if token::is_token(text) || token::is_no_name(text) => Err(value_as_name()),
        named => named.or_fail(Exit::Usage),
    }
}

/// Reads the name of a secret that is there; one that looks like a value, too, since it can be no accident.
fn stored_name(text: &str, settings: &Settings) -> Result<SecretName, Failure> {
    match SecretName::parse(text) {
        Ok(name) if token::is_token(text) => {
            let store = settings.store()?;
            match during("looking up a secret", || store.summary(settings.workspace(), &name)) {
                Ok(_) => Ok(name),
                Err(StoreError::NoSecret { .. }) => Err(value_as_name()),
                Err(error) => Err(error.into()),
            }
        }
        _ => secret_name(text),
    }
}

fn value_as_name() -> Failure {
    Failure::usage("this is not the name of a secret, and it looks like a value; it is not repeated here").hint(
        "a name has letters, digits and underscores, for example HUBSPOT_API_KEY. If this was the secret, change it \
         where it was issued: it is in your shell's history now",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_value_is_not_repeated() {
        for value in ["API_KEY=x", "sk-live-51Hx9fakefake", "hunter22!", "-----BEGIN KEY-----\nMII", "ghp_16C7e42F292c"]
        {
            let refusal = secret_name(value).unwrap_err().error.unwrap().to_string();
            assert!(!refusal.contains(value) && refusal.contains("not repeated"), "{refusal}");
        }
    }

    #[test]
    fn what_was_meant_as_a_name_comes_with_the_name_to_use() {
        for (name, suggestion) in
            [("HubSpot API Key", "HUBSPOT_API_KEY"), ("hub-spot.2", "HUB_SPOT_2"), ("2captcha", "_2CAPTCHA")]
        {
            let refusal = secret_name(name).unwrap_err().error.unwrap().to_string();
            assert!(refusal.contains(suggestion), "{refusal}");
        }
    }
}
