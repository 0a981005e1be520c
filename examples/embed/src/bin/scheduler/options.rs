//! What to run, how often, and what each run may do.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use um_host::WorkspaceName;
use um_host::parse_duration;
use um_host::rule::{HostName, Rule};
use um_store::KeySource;

/// Runs an action many times, many at once, and sums up how it went
#[derive(Clone, Parser)]
pub struct Options {
    /// File of the action
    pub action: PathBuf,
    /// How many runs there are to do
    #[arg(long, default_value_t = 100)]
    pub runs: usize,
    /// How many of them may be under way at once
    #[arg(long, default_value_t = 10)]
    pub at_once: usize,
    /// How often a run that failed is tried again
    #[arg(long, default_value_t = 2)]
    pub retries: u32,
    /// Longest time of one run
    #[arg(long, value_parser = parse_duration, default_value = "10s")]
    pub timeout: Duration,
    /// Directory of the store
    #[arg(long, env = "UM_HOST_DATA_DIR")]
    pub data_dir: PathBuf,
    /// Where the store's key is [default: the key file that `um-host init` made]
    #[arg(long, env = "UM_HOST_KEY", value_parser = KeySource::parse)]
    pub key: Option<KeySource>,
    /// Directory of compiled actions, closed to other users [default: none, so that each start compiles]
    #[arg(long)]
    pub cache: Option<PathBuf>,
    /// Whose secrets the runs get
    #[arg(long, value_parser = WorkspaceName::parse, default_value = "default")]
    pub workspace: WorkspaceName,
    /// JSON that every run is called with
    #[arg(long)]
    pub input: Option<String>,
    /// Lets the runs call a host
    #[arg(long, value_parser = Rule::parse)]
    pub allow_host: Vec<Rule>,
    /// Lets an allowed host have a private address
    #[arg(long, value_parser = HostName::parse)]
    pub allow_private: Vec<HostName>,
    /// Stay when all is done, with the secrets forgotten, until the input ends
    #[arg(long)]
    pub stay: bool,
}
