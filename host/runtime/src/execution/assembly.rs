//! Puts a run together: the guest's surroundings, its ways out, what it may reach, and what counts against its limits.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use wasmtime::Store;

use super::course::Course;
use super::delivery::Patience;
use super::given::{Began, Given, Linger, Order, Setting};
use super::store::store;
use crate::admission::rates::Pacer;
use crate::engine::cpu::CpuTime;
use crate::engine::loaded::Entry;
use crate::error::RunError;
use crate::guest::documents::Documents;
use crate::guest::files::Files;
use crate::guest::files::folder::Folder;
use crate::guest::http::Http;
use crate::guest::pipe::{Allowance, Output, Pipe};
use crate::guest::queue::Writers;
use crate::guest::script::{Declaration, Declared, FOLDER};
use crate::guest::secrets::RunSecrets;
use crate::guest::state::State;
use crate::guest::wasi::{SCRATCH, World};
use crate::host::Host;
use crate::limits::table::{Limit, Limits};
use crate::outcome::ended::Ended;
use crate::spec::grant::Grant;
use crate::tripwire::Tripwire;
use um_base::{Shortage, Work};
use um_egress::{BindingGuard, Policy, Seals};
use um_leak::{Filter, Stream};
use um_secret::Reader;

/// The input of a typed action that is given none.
const DEFAULT_INPUT: &str = "{}";

/// A run with everything at hand that it needs.
pub(crate) struct Execution {
    host: Host,
    pub(super) entry: Entry,
    pub(super) input: String,
    /// Made here, as what it holds is large and moves no more then.
    pub(super) store: Store<State>,
    pub(super) course: Box<Course>,
    pub(super) linger: Option<Linger>,
}

impl Execution {
    /// # Errors
    /// [`RunError`] if the guest cannot be given a directory, or the machine has no thread for its output.
    pub fn new(
        order: Order,
        setting: Setting,
        given: Given,
        began: Began,
        tripwire: Tripwire,
    ) -> Result<Self, RunError> {
        let outcome = order.outcome(began);
        let Order { host, action, spec, rates } = order;
        let Given { input, kept, folder, sink } = given;
        let (grant, limits, filter) = (&spec.grant, spec.grant.limits(), Filter::new());
        let [stdout, stderr] = pipes([setting.stdout, setting.stderr], limits, &filter, &tripwire)?;
        let declared = Declared::default();
        let (args, env, has_args) = (spec.ask.args.clone(), spec.ask.env.clone(), !spec.ask.args.is_empty());
        let mut world = World { program: action.program().to_owned(), args, env, ..setting.world };
        let files = files(&host, &mut world, folder, (limits, tripwire.work()))?;
        let reader = Reader::new(spec.run.clone(), spec.actor.clone());
        let guard = BindingGuard::strict(grant.strict_egress());
        let snapshot = kept.snapshot.clone();
        let seals = snapshot.clone().map(|snapshot| Seals::new(snapshot, reader.clone())).unwrap_or_default();
        let policy = policy(grant, &guard, &seals);
        let secrets =
            RunSecrets::new(kept, grant, reader.clone(), filter.clone(), guard.clone(), seals, tripwire.clone());
        let secrets = secrets.counted(rates.clone(), host.0.gate.meters.reads());
        let state = State::new(
            world.context(stdout.clone(), stderr.clone(), declared.clone()),
            files,
            Http::new(host.0.client.clone(), &spec.workspace, policy, limits, filter.clone(), tripwire.clone()),
            secrets,
            Documents::new(sink, limits, filter.clone(), tripwire.clone()),
            Declaration::new(declared.clone(), setting.listener, has_args, tripwire.clone()),
            (limits, tripwire.clone()),
        );
        let course = Box::new(Course {
            began,
            outcome,
            reader,
            snapshot,
            filter,
            guard,
            cpu: Arc::new(CpuTime::new(limits.cpu, Pacer::of(rates.as_ref()), tripwire.clone())),
            tripwire,
            stdout,
            stderr,
            patience: Patience { limit: limits.deliver, for_ever: setting.patient },
            declared,
        });
        let store = store(action.entry.engine(), state, course.limits(), host.counts_fuel());
        let input = input.unwrap_or_else(|| DEFAULT_INPUT.to_owned());
        Ok(Self { host, entry: action.entry, input, store, course, linger: setting.linger })
    }

    /// Runs the guest to its end, and brings out what it left: the result and the documents in the time and memory of the
    /// run, the records of its reads whatever happened, and its output as long as somebody takes it.
    ///
    /// # Errors
    /// [`RunError`]: the host failed.
    pub async fn run(self) -> Result<Ended, RunError> {
        let _ticking = self.host.0.clock.tick();
        self.call().await.settle().await?.publish().await
    }
}

/// Standard output and standard error, with the thread that writes them.
fn pipes(
    [stdout, stderr]: [Output; 2],
    limits: &Limits,
    filter: &Filter,
    tripwire: &Tripwire,
) -> Result<[Pipe; 2], RunError> {
    let mut writers = Writers::new();
    let mut pipe = |stream, output, limit, bytes| {
        let allowance = Allowance::new(limit, bytes);
        Pipe::new((filter, stream), output, allowance, tripwire.clone(), &mut writers)
    };
    let stdout = pipe(Stream::Stdout, stdout, Limit::Stdout, limits.stdout);
    let stderr = pipe(Stream::Stderr, stderr, Limit::Stderr, limits.stderr);
    writers.start(tripwire.clone()).map_err(|source| match Shortage::of(&source) {
        Some(shortage) => RunError::Shortage(shortage),
        None => RunError::Output { stream: Stream::Stdout, source },
    })?;
    Ok([stdout, stderr])
}

/// The directories that the guest is shown, none of them one that no run may be given.
fn files(
    host: &Host,
    world: &mut World,
    folder: Option<Folder>,
    (limits, work): (&Limits, &Work),
) -> Result<Files, RunError> {
    for (directory, guest) in &world.dirs {
        let taken = [
            (true, SCRATCH, "an action finds its temporary files"),
            (folder.is_some(), FOLDER, "a Python action finds its own folder"),
        ];
        for (_, place, who) in taken.into_iter().filter(|(is_taken, ..)| *is_taken) {
            check_free(directory, guest, place, who)?;
        }
    }
    host.check_directories(world.dirs.iter().map(|(directory, _)| directory.as_path()))?;
    let mut files = world.files(work, limits.tmp_bytes)?;
    if let Some(folder) = folder {
        files.show(folder, FOLDER.to_owned());
    }
    Ok(files)
}

/// Where requests may go.
fn policy(grant: &Grant, guard: &BindingGuard, seals: &Seals) -> Policy {
    let allow = grant.hosts().iter().map(|host| host.entry.clone()).collect();
    let policy = Policy::new(allow).bound(guard.clone()).sealed(seals.clone());
    grant.private_hosts().iter().fold(policy, |policy, host| policy.allow_private(host.entry.clone()))
}

/// Where a guest finds what is its own, no other directory may stand.
fn check_free(directory: &Path, guest: &str, place: &str, who: &str) -> Result<(), RunError> {
    let plain: PathBuf = Path::new("/").join(guest).components().filter(|part| *part != Component::CurDir).collect();
    let reason = if plain.components().any(|part| part == Component::ParentDir) {
        "the name that an action finds it by leads out of another with `..`; write where it is to be".to_owned()
    } else if plain.starts_with(place) {
        format!("{who} at {place}; give this one another name")
    } else {
        return Ok(());
    };
    Err(RunError::Directory { path: directory.to_owned(), reason })
}
