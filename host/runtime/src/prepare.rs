//! What a run needs before its action can be called, found in the run's own time: its input, the secrets of its workspace,
//! the folder of a script, and where its documents go.

use std::sync::Arc;
use std::time::Duration;

use super::action::kind::Kind;
use super::documents::destination::Destination;
use super::documents::error::CheckError;
use super::engine::loaded::{Action, Entry};
use super::error::RunError;
use super::execution::given::{Given, Order};
use super::guest::files::folder::Folder;
use super::guest::folder::open;
use super::guest::secrets::Kept;
use super::host::Host;
use super::limits::table::Limit;
use um_base::json::{JsonError, tokens};
use um_base::{Over, Work, blocking};
use um_secret::{Entry as SecretEntry, MapSecret, Overlay, SnapshotError, WorkspaceName};

/// Longer input is read on a thread of its own.
const LARGE_INPUT: usize = 64 * 1024;
/// How long a run waits for its snapshot.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(10);
/// How much longer than a run whoever keeps the secrets may go on: it finds out by itself that nobody waits.
const SNAPSHOT_GRACE: Duration = Duration::from_millis(100);

/// Who wants to know which secrets there are.
pub(super) type OnEntries = Box<dyn FnOnce(&[SecretEntry]) + Send>;

/// Why a run did not come to call its action.
pub(super) enum Unprepared {
    Over,
    Failed(RunError),
}

impl From<Over> for Unprepared {
    fn from(_: Over) -> Self {
        Self::Over
    }
}

impl From<CheckError> for Unprepared {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Over(over) => over.into(),
            CheckError::Documents(error) => error.into(),
        }
    }
}

impl<E: Into<RunError>> From<E> for Unprepared {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Finds what the run needs.
pub(super) async fn prepare(
    order: &mut Order,
    documents: Option<Destination>,
    given: Vec<MapSecret>,
    on_entries: Option<OnEntries>,
    work: &Work,
) -> Result<Given, Unprepared> {
    work.step()?;
    let Order { host, action, spec, .. } = order;
    if let Some(expected) = spec.digest.take_if(|expected| *expected != action.digest()) {
        return Err(RunError::OtherAction { expected, found: action.digest().to_owned() }.into());
    }
    if spec.grant.limits().fuel.is_some() && !host.counts_fuel() {
        return Err(RunError::Fuel.into());
    }
    if spec.grant.limits().stack < host.stack() {
        let most = spec.grant.limits().show(Limit::Stack);
        return Err(RunError::Stack { most, host: Limit::Stack.show(host.stack()) }.into());
    }
    spec.grant.have_stack(host.stack());
    let input = input(action, spec.ask.input.take(), !spec.ask.args.is_empty(), work).await?;
    let mut kept = work.within(kept(host, action, &spec.workspace, work)).await??;
    if !given.is_empty() {
        let overlay = Arc::new(Overlay::new(&spec.workspace, given, kept.snapshot.take())?);
        kept.given = Some(Arc::clone(&overlay));
        kept.snapshot = Some(overlay);
    }
    if let Some(snapshot) = &kept.snapshot {
        if let Some(listener) = on_entries.filter(|_| asks(action)) {
            listener(snapshot.entries());
        }
        spec.grant.allow_all_of(snapshot.allow_list());
    }
    let folder = folder(host, action, work).await?;
    let sink = match documents {
        Some(destination) => Some(destination.open(&spec.run, host.cache(), work).await?),
        None => None,
    };
    Ok(Given { input, kept, folder, sink })
}

/// The input, if the action can be started with it.
async fn input(
    action: &Action,
    input: Option<String>,
    has_args: bool,
    work: &Work,
) -> Result<Option<String>, Unprepared> {
    let kind = action.kind();
    match input.as_ref().is_some_and(|input| input.len() > LARGE_INPUT) {
        true => {
            let own = work.clone();
            blocking(work, move || check(kind, input, has_args, &own)).await?
        }
        false => check(kind, input, has_args, work),
    }
}

/// Whether the action can be started with this.
fn check(kind: Kind, input: Option<String>, has_args: bool, work: &Work) -> Result<Option<String>, Unprepared> {
    match (kind, &input) {
        (Kind::Command, Some(_)) => return Err(RunError::InputForCommand.into()),
        (Kind::Typed, _) if has_args => return Err(RunError::ArgsForTyped.into()),
        (Kind::Typed | Kind::Script, Some(input)) => check_input(input, work)?,
        _ => {}
    }
    Ok(input)
}

/// No more than a parser in the guest can bear either.
fn check_input(input: &str, work: &Work) -> Result<(), Unprepared> {
    tokens(input, work).try_for_each(|token| match token {
        Ok(_) => Ok(()),
        Err(JsonError::Depth(_)) => Err(RunError::InputDepth.into()),
        Err(JsonError::Tokens(_)) => Err(RunError::InputTokens.into()),
        Err(JsonError::Unexpected(place) | JsonError::Unfinished(place)) => {
            Err(RunError::Input { line: place.line, column: place.column }.into())
        }
        Err(JsonError::Over(over)) => Err(over.into()),
    })
}

/// What a script sees of its folder. Opening it takes a thread's time, so it gets one.
async fn folder(host: &Host, action: &Action, work: &Work) -> Result<Option<Folder>, Unprepared> {
    let Entry::Script(script) = &action.entry else { return Ok(None) };
    let (host, script) = (host.clone(), script.clone());
    let opened = blocking(work, move || open(&script.script, &script.code, &host.0.off_limits)).await?;
    Ok(Some(opened?))
}

/// Whether it is of any interest to the action what its workspace has.
fn asks(action: &Action) -> bool {
    action.uses_secrets() || action.uses_network()
}

/// The workspace as this run sees it. Nothing is read for an action that neither asks for secrets nor calls hosts. Where
/// nothing is there that keeps secrets the run goes on without, until it asks for one.
///
/// It borrows no [`Run`]: that is not `Sync`, and then a run could not be started inside a task of the caller's.
async fn kept(host: &Host, action: &Action, workspace: &WorkspaceName, work: &Work) -> Result<Kept, RunError> {
    let mut kept = Kept { workspace: workspace.clone(), snapshot: None, given: None, absent: None };
    if !asks(action) {
        return Ok(kept);
    }
    let Some(secrets) = &host.0.secrets else {
        kept.absent = Some("this host was given none to hand out".into());
        return Ok(kept);
    };
    // Longer than the run has time: that it was late is then how the run ended.
    let patience = SNAPSHOT_PATIENCE.min(work.remaining().saturating_add(SNAPSHOT_GRACE));
    let late = |_| SnapshotError::Unavailable("the secrets were not to be had in time; try again".into());
    let snapshot = tokio::time::timeout(SNAPSHOT_PATIENCE, secrets.snapshot(workspace, patience)).await;
    match snapshot.map_err(late)? {
        Err(SnapshotError::Absent(cause)) => kept.absent = Some(cause),
        snapshot => kept.snapshot = Some(snapshot?),
    }
    Ok(kept)
}
