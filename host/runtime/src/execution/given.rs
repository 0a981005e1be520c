//! What a run is made of before it is put together.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::admission::rates::Rates;
use crate::documents::sink::OpenSink;
use crate::engine::loaded::Action;
use crate::guest::files::folder::Folder;
use crate::guest::pipe::Output;
use crate::guest::script::Listener;
use crate::guest::secrets::Kept;
use crate::guest::wasi::World;
use crate::host::Host;
use crate::outcome::{End, OUTCOME_SCHEMA, Outcome, Usage};
use crate::spec::RunSpec;

/// What is to be run, and what was decided about it.
pub(crate) struct Order {
    pub host: Host,
    pub action: Action,
    pub spec: RunSpec,
    /// What it uses of what its workspace may in a time.
    pub rates: Option<Arc<Rates>>,
}

impl Order {
    /// The outcome of a run that has come to nothing yet.
    pub fn outcome(&self, began: Began) -> Outcome {
        let Self { action, spec, .. } = self;
        Outcome {
            schema: OUTCOME_SCHEMA,
            run: spec.run.clone(),
            workspace: spec.workspace.clone(),
            actor: (&spec.actor).into(),
            action: action.name().to_owned(),
            digest: action.digest().to_owned(),
            kind: action.kind(),
            started: began.on,
            end: End::Interrupted,
            blame: None,
            result: None,
            idle: false,
            delivered: true,
            leaks: Vec::new(),
            doubtful: Vec::new(),
            unguarded: Vec::new(),
            secrets: Vec::new(),
            unfit: None,
            refused: Vec::new(),
            misdirected: Vec::new(),
            sealed: Vec::new(),
            unsent: Vec::new(),
            documents: Vec::new(),
            usage: Usage::default(),
            limits: spec.grant.limits().clone(),
        }
    }
}

/// What of this machine a run is given.
#[derive(Default)]
pub(crate) struct Setting {
    pub world: World,
    pub stdout: Output,
    pub stderr: Output,
    pub listener: Option<Listener>,
    /// Whether it waits for whoever reads its output, however long that takes.
    pub patient: bool,
    /// Until when the instance is kept.
    pub linger: Option<Linger>,
}

/// Who waits with an instance that has come to its end.
pub(crate) type Linger = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What was found for a run before it could begin.
pub(crate) struct Given {
    pub input: Option<String>,
    pub kept: Kept,
    pub folder: Option<Folder>,
    pub sink: Option<OpenSink>,
}

/// When a run began, by its own count.
#[derive(Clone, Copy)]
pub(crate) struct Began {
    at: Instant,
    /// By the clock on the wall.
    pub on: Timestamp,
    /// What its caller had spent for it before.
    spent: Duration,
}

impl Began {
    /// Now, when its caller has spent so much for it already.
    pub fn now(spent: Duration) -> Self {
        Self { at: Instant::now(), on: Timestamp::now(), spent }
    }

    pub fn elapsed(self) -> Duration {
        self.at.elapsed().saturating_add(self.spent)
    }
}
