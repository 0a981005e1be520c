//! `um-host bench`: what a run of an action costs on this machine, beside the engine alone.
//!
//! Guarantees: the action gets what `um-host run` would give it, and nothing of what it puts out is shown or kept; one run
//! has to complete before anything is measured; each figure is measured for a time or a number that is bounded, so that the
//! whole ends whatever the action does.
//!
//! Deliberately absent: a process for each run, which `time um-host run` measures, and comparisons with other machines.

pub mod args;
mod measure;
mod memory;
mod report;
mod subject;

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::Builder;
use um_runtime::action::Source;
use um_runtime::{Action, Host};
use um_secret::{MapVault, Secrets};

use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::progress::Progress;
use crate::cli::run::args::Order;
use crate::cli::run::given::{self, Given};
use crate::cli::run::lazy::LazyStore;
use crate::cli::run::spent::{Spent, UNWRITTEN};
use crate::cli::run::{build, builder, load, loaded_too_slowly, off_limits, ordered};
use crate::cli::settings::Settings;
use crate::cli::signals::Signals;
use crate::cli::ui::Ui;

use args::{BenchArgs, Bounds};
use measure::{Speed, speed};
use report::{Figures, Report};
use subject::{Alone, Whole, completed, longest};

/// Most that are at once where all cores are busy.
const MOST_CORES: usize = 64;

pub fn run(args: BenchArgs, settings: Settings, ui: Ui) -> Result<Exit, Failure> {
    let bounds = args.bounds()?;
    // Before threads and signals, which have descriptors.
    let given = args.run.given()?;
    let cores = available_parallelism().map_or(1, NonZero::get).min(MOST_CORES);
    let threads = Builder::new_multi_thread().worker_threads(cores).enable_all().build().or_fail(Exit::Host)?;
    let ended = threads.block_on(async {
        let signals = Signals::listen().or_fail(Exit::Host)?;
        tokio::select! {
            ended = perform(args, bounds, given, settings, cores, ui) => ended,
            signal = signals.urgent() => Err(Failure::silent(Exit::Stopped(signal))),
        }
    });
    // What is still at work ends with the process.
    threads.shutdown_background();
    ended
}

async fn perform(
    args: BenchArgs,
    bounds: Bounds,
    given: Vec<Given>,
    settings: Settings,
    cores: usize,
    ui: Ui,
) -> Result<Exit, Failure> {
    let (mut order, mut spent) = ordered(args.run, given, &settings).await?;
    if order.documents.is_some() {
        return Err(Failure::usage(
            "--documents cannot be benched: each run would replace what the one before has published",
        )
        .hint("leave it out; an action that cannot do without fails then, and has no figures"));
    }
    if order.verbose {
        return Err(Failure::usage("--verbose says what one run used; the figures of a bench are of many"));
    }
    let (host, action) = loaded(&mut order, settings, &mut spent, ui).await?;
    order.check(action.kind())?;
    if let Some(input) = order.input.take() {
        order.spec.ask.input = Some(spent.in_time("the input", UNWRITTEN, input.read()).await?);
    }
    let whole = Whole::new(host.clone(), action.clone(), order.spec.clone(), order.directories.clone());
    let named = order.spec.ask.action.clone();
    let longest = longest(order.spec.grant.limits());
    let benching = Progress::begin(format!("running `{named}`"));
    completed(&whole.trial().await?)?;
    let alone = Alone::new(&host, &action, &order.spec).await;
    let (own, beside) = figures(&whole, alone.as_ref().ok(), bounds, cores, longest).await?;
    drop(benching);
    let missing = alone.err().map(|error| error.to_string());
    Report { named: &named, action: &action, cores, bounds, own, beside, missing }.tell(ui)
}

/// Loads the action into a host of its own. With secrets that are given it has these and no others.
async fn loaded(order: &mut Order, settings: Settings, spent: &mut Spent, ui: Ui) -> Result<(Host, Action), Failure> {
    let (off_limits, cache) = (off_limits(order, &settings)?, settings.cache());
    let client = spent.in_time("a file of --ca or --proxy", UNWRITTEN, order.network.client()).await?;
    let source = Source::open(&order.action)?;
    let secrets: Arc<dyn Secrets> = match order.given.is_empty() {
        true => Arc::new(LazyStore::new(settings)),
        false => {
            let given = given::read(std::mem::take(&mut order.given), spent, order.quiet, ui).await?;
            Arc::new(MapVault::new().workspace(order.spec.workspace.clone(), given))
        }
    };
    let loading = async {
        let secrets_too =
            || builder(order, client.clone()).secrets(Arc::clone(&secrets)).off_limits(off_limits.clone());
        let host = build(cache, secrets_too, source.is_script(), ui)?;
        let action = load(&host, source, order).await?;
        Ok::<_, Failure>((host, action))
    };
    tokio::time::timeout(order.load_timeout, loading).await.map_err(|_| loaded_too_slowly(order))?
}

/// Measures the runs and, beside each figure of theirs, the engine alone.
async fn figures(
    whole: &Whole,
    alone: Option<&Alone>,
    bounds: Bounds,
    cores: usize,
    longest: Duration,
) -> Result<(Figures, Option<Figures>), Failure> {
    // First of all, while nothing is left of other runs that could be taken again; nor may one be left for the other.
    let (memory, held) = memory::of(whole, longest).await?;
    let memory_alone = match alone {
        Some(alone) => Some(memory::of(alone, longest).await?.0),
        None => None,
    };
    drop(held);
    let (one, one_alone) = both(whole, alone, bounds, 1, longest).await?;
    let (many, many_alone) = both(whole, alone, bounds, cores, longest).await?;
    let figures = |one_at_a_time, at_once, memory| Figures { one_at_a_time, at_once, memory };
    let beside = one_alone.zip(many_alone).zip(memory_alone);
    Ok((figures(one, many, memory), beside.map(|((one, many), memory)| figures(one, many, memory))))
}

async fn both(
    whole: &Whole,
    alone: Option<&Alone>,
    bounds: Bounds,
    tasks: usize,
    longest: Duration,
) -> Result<(Speed, Option<Speed>), Failure> {
    let own = speed(whole, bounds, tasks, longest).await?;
    let beside = match alone {
        Some(alone) => Some(speed(alone, bounds, tasks, longest).await?),
        None => None,
    };
    Ok((own, beside))
}
