//! The top of the command line: global options, the list of commands, and the help that belongs to all of them.

use clap::{Parser, Subcommand};

use crate::cli::bench::args::BenchArgs;
use crate::cli::key::Key;
use crate::cli::options::Global;
use crate::cli::python::Python;
use crate::cli::redact::RedactArgs;
use crate::cli::run::args::RunArgs;
use crate::cli::secrets::Secrets;
use crate::cli::workspaces::Workspaces;

const AFTER_HELP: &str = "\
Exit status:
    0  done
    1  refused by what the store holds: no such secret or workspace, name taken, stale version
    2  wrong usage, or a value that cannot be stored
  125  the host, the store or the key failed
  129  stopped by SIGHUP: the terminal is gone
  130  interrupted: Ctrl-C, SIGINT
  141  whoever reads stdout has closed it
  143  stopped by SIGTERM
`um-host run` has more: see `um-host run --help`.

Terminals:
  A table is as wide as the terminal. Colour is for a terminal that has it, unless NO_COLOR is set to something. What \
takes longer than a second is told on stderr with its time, in one line that goes when it is over. Pipes and files get none \
of it.

Files:
  $XDG_DATA_HOME/um-host               the store, by default ~/.local/share/um-host
  $XDG_CONFIG_HOME/um-host/keys/       key files made by `um-host init`, by default in ~/.config
  $XDG_CACHE_HOME/um-host              compiled actions and the Python runner, by default ~/.cache/um-host

Start here:
  um-host init
  um-host secrets set HUBSPOT_API_KEY --description 'CRM, read only'
  um-host run contacts.wasm --allow-host api.hubapi.com";

/// Run small automation programs as WebAssembly, with a workspace's secrets at hand, masked in everything a run puts out
#[derive(Debug, Parser)]
#[command(name = "um-host", version, after_help = AFTER_HELP, max_term_width = 120)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = false)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a store and the key that opens it
    #[command(after_help = crate::cli::init::AFTER_HELP)]
    Init,
    /// Make a key, or check the key and the store
    #[command(subcommand)]
    Key(Key),
    /// Create, list and show workspaces, and say which hosts their runs may call
    #[command(subcommand)]
    Workspaces(Workspaces),
    /// Store, describe, list and delete the secrets of a workspace
    #[command(subcommand)]
    Secrets(Secrets),
    /// Run an action
    #[command(after_help = crate::cli::run::args::after_help())]
    Run(Box<RunArgs>),
    /// Measure what a run of an action costs on this machine, beside the engine alone
    #[command(after_help = crate::cli::bench::args::AFTER_HELP)]
    Bench(Box<BenchArgs>),
    /// Mask all values of the workspace in a text: stdin to stdout
    #[command(after_help = crate::cli::redact::AFTER_HELP)]
    Redact(RedactArgs),
    /// Install the Python runner
    #[command(subcommand)]
    Python(Python),
}
