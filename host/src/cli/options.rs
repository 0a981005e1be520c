//! The global options, as they are given.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// Where things are, and how to answer.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Directory of the store [default: $XDG_DATA_HOME/um-host]
    #[arg(long, global = true, value_name = "DIR", env = "UM_HOST_DATA_DIR", hide_env_values = true)]
    pub data_dir: Option<PathBuf>,
    /// Workspace whose secrets are meant [default: default]
    #[arg(long, global = true, value_name = "NAME", env = "UM_HOST_WORKSPACE", hide_env_values = true)]
    pub workspace: Option<String>,
    /// Where the key is: file:PATH, env:VARIABLE, fd:NUMBER or credential:NAME (of systemd), never the key itself [default: the
    /// key file that init made]
    #[arg(long, global = true, value_name = "SOURCE", env = "UM_HOST_KEY", hide_env_values = true)]
    pub key: Option<OsString>,
    /// Print one JSON object on stdout; errors stay text on stderr
    #[arg(long, global = true)]
    pub json: bool,
}
