//! `um-host run`: one run of an action, with its streams on ours and its outcome as our status.
//!
//! Guarantees: the store is opened, and the key read, only for an action that asks for secrets or calls hosts, and then before any of its
//! code runs; where none was ever made the action runs until it asks for a secret that it is not given; a signal ends the run with everything settled and nothing published.

mod advice;
pub mod args;
pub(in crate::cli) mod given;
pub(in crate::cli) mod input;
pub(in crate::cli) mod lazy;
pub mod limits;
mod network;
mod off_limits;
mod passage;
mod policy;
mod report;
mod source;
pub(in crate::cli) mod spent;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use um_base::detached;
use um_egress::Client;
use um_runtime::action::python::Step;
use um_runtime::action::{Kind, Source};
use um_runtime::{
    Action, CacheError, Capacity, Compiler, Host, HostBuilder, HostError, OffLimits, Outcome, Output, PolicyFile,
    Receipt, Run, RunError, Stdin,
};
use um_secret::{Entry, SecretName, WorkspaceName, closest};

use crate::cli::advice::action::of_unloaded;
use crate::cli::discreet;
use crate::cli::exit::{Exit, Signal};
use crate::cli::failure::{Failure, OrFail};
use crate::cli::progress::{self, Progress};
use crate::cli::settings::{Settings, value_as_workspace};
use crate::cli::signals::Signals;
use crate::cli::ui::{self, Ui};

use args::{Order, RunArgs};
use given::Given;
use input::Input;
use lazy::LazyStore;
use passage::{InsideLine, IsCommand, Passage, Stdout};
use report::Report;
use spent::{Spent, UNWRITTEN};

/// This program as it was started, whatever stands in its place by now.
const OURSELVES: &str = "/proc/self/exe";
/// The guest's own code and the host's work for it; more threads would have nothing to do.
const THREADS: usize = 2;
/// How long the store is waited for while others use it, if the run has that much time.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what there is to say may take once a signal has come: what a reader that reads takes at once.
const GRACE: Duration = Duration::from_millis(500);

pub fn run(args: RunArgs, settings: Settings, ui: Ui) -> Result<Exit, Failure> {
    let ended = settled(args, settings, ui);
    if let (Err(failure), true) = (&ended, ui.json) {
        report::tell_unstarted(failure, ui)?;
    }
    ended
}

fn settled(args: RunArgs, settings: Settings, ui: Ui) -> Result<Exit, Failure> {
    // Before threads and signals, which have descriptors.
    let given = args.given()?;
    let threads = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build().or_fail(Exit::Host)?;
    let signals = threads.block_on(async { Signals::listen() }).or_fail(Exit::Host)?;
    let exit = threads.block_on(stoppable(args, given, settings, ui, signals));
    abandon(threads);
    Ok(exit)
}

/// A thread may wait for stdin for ever; the process ends without it.
fn abandon(threads: Runtime) {
    threads.shutdown_background();
}

/// The first signal asks the run to end; a second one, or one before the run has started, ends us at once. What there is
/// to say is said here, too: whoever reads it may be slow, and signals are heard meanwhile.
async fn stoppable(args: RunArgs, given: Vec<Given>, settings: Settings, ui: Ui, signals: Signals) -> Exit {
    let inside_line = InsideLine::default();
    let ended = tokio::select! {
        ended = perform(args, given, settings, ui, signals.clone(), inside_line.clone()) => ended,
        signal = signals.clone().urgent() => Err(Failure::silent(Exit::Stopped(signal))),
    };
    signals.let_go();
    let came = signals.came();
    let telling = detached(move || {
        inside_line.end();
        tell(ended, came, ui)
    });
    let hurried = async {
        match came {
            Some(signal) => {
                tokio::time::sleep(GRACE).await;
                signal
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        exit = telling => exit,
        signal = signals.urgent() => Exit::Stopped(signal),
        signal = hurried => Exit::Stopped(signal),
    }
}

/// A run that is over.
struct Over {
    outcome: Outcome,
    /// The action as it was named.
    action: String,
    /// Why the host failed it, if it did.
    failure: Option<Failure>,
    /// Where its documents are, if it has published any.
    receipt: Receipt,
    /// The secrets that it was given itself.
    given: Vec<SecretName>,
    quiet: bool,
    verbose: bool,
}

/// Says how it ended, once.
fn tell(ended: Result<Over, Failure>, came: Option<Signal>, ui: Ui) -> Exit {
    let told = match &ended {
        Ok(Over { outcome, action, failure, receipt, given, quiet, verbose }) => {
            let (failure, quiet, verbose) = (failure.as_ref(), *quiet, *verbose);
            Report { outcome, action, failure, receipt, given, quiet, verbose, ui }.tell(came)
        }
        Err(failure) if ui.json => report::tell_unstarted(failure, ui).map(|()| failure.exit),
        Err(failure) => Ok(failure.exit),
    };
    match (told, ended) {
        (Err(failure), _) => {
            ui::report(&failure);
            failure.exit
        }
        (Ok(exit), Err(failure)) => {
            ui::report(&failure);
            exit
        }
        (Ok(exit), Ok(_)) => exit,
    }
}

async fn perform(
    args: RunArgs,
    given: Vec<Given>,
    settings: Settings,
    ui: Ui,
    signals: Signals,
    inside_line: InsideLine,
) -> Result<Over, Failure> {
    let (mut order, mut spent) = ordered(args, given, &settings).await?;
    let off_limits = off_limits(&order, &settings)?;
    let cache = settings.cache();
    let store = Arc::new(LazyStore::new(settings));
    let client = spent.in_time("a file of --ca or --proxy", UNWRITTEN, order.network.client()).await?;
    // Nothing is made for an action that is not there, nor the Python runner for a script that could not start.
    let source = Source::open(&order.action)?;
    // What looks like a value is repeated only as the name of a workspace that is there.
    let is_odd = discreet::holds_token(order.spec.workspace.as_str());
    if source.is_script() || is_odd {
        let patience = spent.left().min(LOCK_TIMEOUT);
        let why = "others are using it, or nobody has written its key";
        if !spent.in_time("the store", why, store.look(patience)).await? && is_odd {
            return Err(value_as_workspace());
        }
    }
    let given: Vec<SecretName> = order.given.iter().map(|given| given.name.clone()).collect();
    // A file there could be read by the action as well, and nothing would be masked.
    let takes_stdin = order.given.iter().any(Given::is_stdin);
    if !order.quiet {
        tell_left_out(&given, &order.narrowed, ui);
    }
    let secrets = given::read(std::mem::take(&mut order.given), &mut spent, order.quiet, ui).await?;
    let loading = async {
        let builder = || {
            let builder = builder(&order, client.clone()).one_shot();
            builder.secrets(store.clone()).off_limits(off_limits.clone())
        };
        let host = build(cache, builder, source.is_script(), ui)?;
        let action = load(&host, source, &order).await?;
        Ok::<_, Failure>((host, action))
    };
    let loaded = tokio::time::timeout(order.load_timeout, loading).await;
    let (host, action) = loaded.map_err(|_| loaded_too_slowly(&order))??;
    order.check(action.kind())?;
    let takes_stdin = takes_stdin || matches!(order.input, Some(Input::Stdin));
    if let Some(input) = order.input.take() {
        order.spec.ask.input = spent.unless_over(input.read()).await?;
    }
    let (quiet, verbose, named) = (order.quiet, order.verbose, order.spec.ask.action.clone());
    let stdin = if takes_stdin { Stdin::Closed } else { Stdin::Inherit };
    // Keys that somebody presses for the action are shown where the progress would be.
    let is_typed_to = !takes_stdin && ui.stdin_is_terminal();
    let run = prepare(&host, &action, order, &inside_line, is_typed_to, ui);
    let run = secrets.into_iter().fold(run, Run::secret).stdin(stdin).spent(spent.time());
    let running = Progress::begin(format!("running `{}`", short(Path::new(&named))));
    let ended = run.interrupt(signals.first()).start().await;
    drop(running);
    let mut failure = None;
    let ended = match ended {
        Err(RunError::Interrupted) => {
            return Err(Failure::silent(Exit::Stopped(signals.came().unwrap_or(Signal::Interrupt))));
        }
        Err(error @ RunError::ArgsForTyped) if action.kind() == Kind::Script => {
            return Err(Failure::from(error).hint(
                "pass JSON with `--input`; a script is typed that defines `run` at its top level, or a `main` that it never \
                 calls: if it is a program, give `run` another name, or call `main`",
            ));
        }
        Err(RunError::AfterCall { cause, ended }) => {
            failure = Some(Failure::from(*cause));
            *ended
        }
        ended => ended?,
    };
    Ok(Over { outcome: ended.outcome, action: named, failure, receipt: ended.receipt, given, quiet, verbose })
}

/// What is to be done, with the policy that it may need, and what that has cost of the run's time.
pub(in crate::cli) async fn ordered(
    args: RunArgs,
    given: Vec<Given>,
    settings: &Settings,
) -> Result<(Order, Spent), Failure> {
    let mut spent = Spent::new(args.limits()?);
    let policy = match args.policy().map(Path::to_owned) {
        Some(path) => {
            let what = format!("the policy `{}`", path.display());
            spent.in_time(what, UNWRITTEN, detached(move || policy::read(&path))).await?
        }
        None => PolicyFile::default(),
    };
    let order = args::settle(args, &policy, given, settings.workspace().clone())?;
    let spent = spent.held_against(order.spec.grant.limits());
    Ok((order, spent))
}

/// What no run may be shown, held against what this one is to be shown.
pub(in crate::cli) fn off_limits(order: &Order, settings: &Settings) -> Result<OffLimits, Failure> {
    let own_places = off_limits::own_places(settings);
    let off_limits = order.given.iter().fold(own_places, |own, given| given.hidden(own));
    for directory in order.directories.iter().map(|(directory, _)| directory).chain(&order.documents) {
        off_limits.check(directory).map_err(RunError::OffLimits)?;
    }
    Ok(off_limits)
}

pub(in crate::cli) fn loaded_too_slowly(order: &Order) -> Failure {
    let (action, seconds) = (order.action.display(), order.load_timeout.as_secs_f64());
    Failure::message(Exit::Run(124), format!("`{action}` was not loaded within {seconds} s"))
        .hint("if this machine needs longer to compile it, raise it: --load-timeout DURATION")
}

/// A host for what was ordered, but for its secrets and what is off limits.
pub(super) fn builder(order: &Order, client: Option<Client>) -> HostBuilder {
    let limits = order.spec.grant.limits();
    // How much a run may use is for whoever starts it to say.
    let builder = Host::builder().capacity(Capacity::default().memory(u64::MAX)).stack(limits.stack);
    let builder = builder.compiler(Compiler::program(OURSELVES).limits(order.compile.clone()));
    let builder = if limits.fuel.is_some() { builder.fuel() } else { builder };
    client.into_iter().fold(builder, HostBuilder::client)
}

/// A home that cannot be written, as in many containers, costs the time to compile and nothing else. A cache that is not
/// safe to use is another matter, and so is one that Python needs.
pub(in crate::cli) fn build(
    cache: Option<PathBuf>,
    builder: impl Fn() -> HostBuilder,
    is_script: bool,
    ui: Ui,
) -> Result<Host, Failure> {
    let Some(cache) = cache else { return builder().build().or_fail(Exit::Host) };
    match builder().cache_dir(cache).progress(move |step: Step| ui.step(step)).build() {
        Err(HostError::Cache(error @ CacheError::Create { .. })) if !is_script => {
            ui.say(format!("{error}; the action is compiled for this run only (XDG_CACHE_HOME names another place)"));
            builder().build().or_fail(Exit::Host)
        }
        Err(error @ HostError::Cache(CacheError::Create { .. })) => {
            Err(Failure::new(Exit::Host, error).hint("Python needs it; XDG_CACHE_HOME names another place"))
        }
        built => built.or_fail(Exit::Host),
    }
}

/// Says which of the secrets that a run is narrowed to are not there.
fn tell_unknown(there: &[Entry], workspace: &WorkspaceName, by: &str, only: &[SecretName], ui: Ui) {
    for name in only.iter().filter(|name| there.iter().all(|secret| secret.name != **name)) {
        let similar = closest(name.as_str(), there.iter().map(|secret| secret.name.as_str()), 1);
        let meant = similar.first().map(|similar| format!("; did you mean {similar}?")).unwrap_or_default();
        ui.say(format!("{by}: there is no secret {name} in workspace `{workspace}`{meant}"));
    }
}

/// Says which of the secrets that it is given a run is narrowed to leave out: those are not masked either.
fn tell_left_out(given: &[SecretName], narrowed: &[(&str, Option<Vec<SecretName>>)], ui: Ui) {
    for name in given {
        let leaves_out = |only: &Option<Vec<SecretName>>| only.as_ref().is_some_and(|only| !only.contains(name));
        if let Some((by, _)) = narrowed.iter().find(|(_, only)| leaves_out(only)) {
            ui.say(format!("--secret {name}: {by} leaves it out, so the action does not get it, and nothing masks it"));
        }
    }
}

pub(in crate::cli) async fn load(host: &Host, source: Source, order: &Order) -> Result<Action, Failure> {
    let action = short(&order.action);
    // What a script waits for is told step by step.
    let _loading = Progress::begin(match source.is_script() {
        true => format!("loading `{action}`"),
        false => format!("compiling `{action}`, which is kept for the next time"),
    });
    host.load_source(source).await.map_err(|error| {
        let hint = of_unloaded(&error, &order.action);
        hint.into_iter().fold(Failure::from(error), Failure::hint)
    })
}

/// How an action is called in a line that has little room.
fn short(action: &Path) -> std::path::Display<'_> {
    action.file_name().map_or(action, Path::new).display()
}

/// A command talks on our streams. What a typed action prints is talk beside its result, and so is everything beside the
/// one object of `--json`.
fn prepare(host: &Host, action: &Action, order: Order, inside_line: &InsideLine, is_typed_to: bool, ui: Ui) -> Run {
    let is_command = IsCommand::default();
    let stdout = Stdout::new(&is_command, inside_line);
    let (workspace, narrowed) = (order.spec.workspace.clone(), order.narrowed);
    let tell_narrowed = move |entries: &[Entry]| {
        for (by, named) in &narrowed {
            tell_unknown(entries, &workspace, by, named.as_deref().unwrap_or_default(), ui);
        }
    };
    let mut run = host
        .run(action, order.spec)
        .patient()
        .on_entries(tell_narrowed)
        .on_kind(move |kind| {
            if kind == Kind::Command && is_typed_to {
                progress::silence();
            }
            is_command.set(if ui.json { Kind::Typed } else { kind });
        })
        .stdout(Output::Writer(Box::new(stdout)))
        .stderr(Output::Writer(Box::new(Passage::stderr(inside_line))));
    for (host, guest) in order.directories {
        run = run.dir(host, guest);
    }
    match order.documents {
        Some(directory) => run.documents(directory),
        None => run,
    }
}
