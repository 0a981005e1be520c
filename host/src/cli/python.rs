//! `um-host python …`: The Python runner.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Subcommand;
use serde_json::json;
use tokio::runtime::Builder;
use um_host::Host;
use um_runtime::action::LoadError;
use um_runtime::action::python::{Runner, Step};

use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;
use crate::cli::signals::Signals;
use crate::cli::ui::Ui;

const INSTALL_HELP: &str = "\
All scripts are run by one component, CPython 3.14 with the SDK of um-host. It is packaged once per machine and version of \
um-host; the first `um-host run SCRIPT` does the same as this command, which is for images and for machines that lose \
the network later.

A release has the runner in it, which takes nothing but some seconds. Otherwise it takes about a minute, a download of 17 MB by pip included. It needs, this once: Python 3.10 or newer as `python3` (or \
`python3.14` and so on) in PATH, with venv and pip (Debian, Ubuntu: apt install python3 python3-venv); an index of Python \
packages, for which pip's settings hold, such as PIP_INDEX_URL, PIP_CERT and HTTPS_PROXY; 150 MB below the cache while it \
works, 100 MB afterwards. What is downloaded is pinned by hash.

Files:
  $XDG_CACHE_HOME/um-host/python/      the component, by default in ~/.cache
What it is compiled to stands in the directory above. Removing any of it is safe: it is made again. What another version of um-host left is not removed by itself.

Examples:
  um-host python install
  um-host python install --json";

#[derive(Debug, Subcommand)]
pub enum Python {
    /// Install the Python runner, once per machine
    #[command(after_help = INSTALL_HELP)]
    Install,
}

pub fn run(python: Python, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    match python {
        Python::Install => install(settings, ui),
    }
}

fn install(settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let cache = settings.cache().ok_or(LoadError::NoPythonCache)?;
    let threads = Builder::new_multi_thread().worker_threads(1).enable_all().build().or_fail(Exit::Host)?;
    let ended = threads.block_on(stoppable(cache, ui));
    // What is still at work ends with the process, and so do its children.
    threads.shutdown_background();
    ended
}

async fn stoppable(cache: PathBuf, ui: Ui) -> Result<Exit, Failure> {
    let signals = Signals::listen().or_fail(Exit::Host)?;
    tokio::select! {
        ended = make(cache, ui) => ended,
        signal = signals.urgent() => Err(Failure::silent(Exit::Stopped(signal))),
    }
}

async fn make(cache: PathBuf, ui: Ui) -> Result<Exit, Failure> {
    let newly = Arc::new(AtomicBool::new(false));
    let packaged = newly.clone();
    let tell = move |step| {
        packaged.fetch_or(step == Step::Packaging, Ordering::Relaxed);
        ui.step(step);
    };
    let host = Host::builder().one_shot().cache_dir(&cache).progress(tell).build().or_fail(Exit::Host)?;
    let installing = Progress::begin("looking for the Python runner");
    host.install_python().await?;
    drop(installing);
    let gone =
        || Failure::host("the Python runner is gone again").hint("run this again, and let nobody clear the cache");
    let runner = Runner::find(&cache).ok_or_else(gone)?;
    let newly = newly.load(Ordering::Relaxed);
    let done = if newly { "installed the Python runner" } else { "the Python runner is installed already" };
    ui.confirm(format!("{done}: `{}`, {} MB", runner.path().display(), runner.bytes() / 1_000_000));
    if ui.json {
        ui.object(&json!({ "runner": runner.path(), "installed": newly, "bytes": runner.bytes() }))?;
    }
    Ok(Exit::Success)
}
