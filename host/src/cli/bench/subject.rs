//! What is measured: runs of the action, and the action in the engine alone.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;
use um_runtime::{Action, Bare, BareError, Host, Limits, Outcome, Run, RunSpec};
use um_secret::RunId;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Something that can be started again and again.
pub trait Subject: Clone + Send + Sync + 'static {
    /// From the start to the end.
    fn run(&self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// As [`run`](Self::run), and keeps the instance as long as what is returned.
    fn held(&self) -> impl Future<Output = Result<Held, Failure>> + Send;
}

/// An instance that has come to its end.
pub type Held = Box<dyn Any + Send>;

/// What a run may take beyond its limit of time: for what it has read, and for whoever reads its output.
const GRACE: Duration = Duration::from_secs(30);

/// How long one run is waited for at most.
pub fn longest(limits: &Limits) -> Duration {
    limits.wall.saturating_add(GRACE)
}

/// Runs of the action.
#[derive(Clone)]
pub struct Whole(Arc<Order>);

struct Order {
    host: Host,
    action: Action,
    spec: RunSpec,
    directories: Vec<(PathBuf, String)>,
}

impl Whole {
    pub fn new(host: Host, action: Action, spec: RunSpec, directories: Vec<(PathBuf, String)>) -> Self {
        Self(Arc::new(Order { host, action, spec, directories }))
    }

    fn prepared(&self) -> Run {
        let Order { host, action, spec, directories } = &*self.0;
        let run = host.run(action, spec.clone().id(RunId::new()));
        directories.iter().fold(run, |run, (directory, guest)| run.dir(directory, guest))
    }

    /// One run, whatever comes of it.
    pub async fn trial(&self) -> Result<Outcome, Failure> {
        Ok(self.prepared().start().await?.outcome)
    }
}

impl Subject for Whole {
    async fn run(&self) -> Result<(), Failure> {
        completed(&self.trial().await?)
    }

    async fn held(&self) -> Result<Held, Failure> {
        let ((arrived, arrival), (gate, opened)) = (oneshot::channel(), oneshot::channel::<()>());
        let run = self.prepared().linger(async move {
            let _ = arrived.send(());
            // It opens when the other half is dropped.
            let _ = opened.await;
        });
        let ending = tokio::spawn(run.start());
        match arrival.await {
            Ok(()) => Ok(Box::new(gate)),
            Err(_) => {
                let ended = ending.await.map_err(|_| Failure::host("a run of the bench was lost"))?;
                completed(&ended?.outcome).and(Err(Failure::host("a run of the bench had no instance")))
            }
        }
    }
}

/// Refuses what has not come to its end as it should, in the words of its end.
pub fn completed(outcome: &Outcome) -> Result<(), Failure> {
    if outcome.completed() {
        return Ok(());
    }
    let status = outcome.status();
    let how = outcome.message().unwrap_or_else(|| format!("it ended with status {status}"));
    Err(Failure::message(Exit::Run(status), format!("only what completes can be benched, and a run did not: {how}"))
        .hint("`um-host run` with the same options shows what it says"))
}

/// The action in the engine alone.
#[derive(Clone)]
pub struct Alone {
    bare: Bare,
    program: Arc<str>,
    spec: Arc<RunSpec>,
}

impl Alone {
    /// Tries it once.
    pub async fn new(host: &Host, action: &Action, spec: &RunSpec) -> Result<Self, BareError> {
        let limits = spec.grant.limits();
        let memory = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        let alone =
            Self { bare: host.bare(action, memory)?, program: action.name().into(), spec: Arc::new(spec.clone()) };
        let trial = timeout(limits.wall, alone.start()).await;
        trial.map_err(|_| BareError::Incomplete)??;
        Ok(alone)
    }

    async fn start(&self) -> Result<impl Send + use<>, BareError> {
        let ask = &self.spec.ask;
        self.bare.run(&self.program, &ask.args, ask.input.as_deref().unwrap_or("{}")).await
    }
}

impl Subject for Alone {
    async fn run(&self) -> Result<(), Failure> {
        self.start().await.map(drop).map_err(|error| Failure::new(Exit::Host, error))
    }

    async fn held(&self) -> Result<Held, Failure> {
        let instance = self.start().await.map_err(|error| Failure::new(Exit::Host, error))?;
        Ok(Box::new(instance))
    }
}
