//! Runs of tests: everything that a run is asked and given, in one chain; in the workspace `default`, unless told otherwise.

use std::ops::Deref;
use std::path::PathBuf;

use um_base::rule::{HostName, Rule};
use um_runtime::action::Kind;
use um_runtime::{
    Action, Ask, Ceiling, DocumentSink, Host, Limits, Output, PolicyFile, Receipt, RunError, RunSpec, Stdin,
};
use um_secret::{Actor, Door, MapSecret, SecretName, WorkspaceName};

/// A run that is being put together.
#[must_use]
pub struct Run {
    host: Host,
    action: Action,
    workspace: WorkspaceName,
    ask: Ask,
    given: Given,
}

/// What it is given, once the run is made.
type Given = Box<dyn FnOnce(um_host::Run) -> um_host::Run + Send>;

/// An outcome, and what the guest wrote.
#[derive(Debug)]
pub struct Outcome {
    pub outcome: um_host::Outcome,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub receipt: Receipt,
}

impl Deref for Outcome {
    type Target = um_host::Outcome;

    fn deref(&self) -> &um_host::Outcome {
        &self.outcome
    }
}

pub fn run_of(host: &Host, action: &Action) -> Run {
    Run {
        host: host.clone(),
        action: action.clone(),
        workspace: WorkspaceName::parse("default").unwrap(),
        ask: Ask::default(),
        given: Box::new(|run| run),
    }
}

impl Run {
    pub fn workspace(self, workspace: WorkspaceName) -> Self {
        Self { workspace, ..self }
    }

    pub fn input(mut self, json: impl Into<String>) -> Self {
        self.ask.input = Some(json.into());
        self
    }

    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ask.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.ask.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn limits(mut self, limits: Limits) -> Self {
        self.ask.limits = (&limits).into();
        self
    }

    pub fn allow(mut self, entry: Rule) -> Self {
        self.ask.hosts.push(entry);
        self
    }

    pub fn allow_private(mut self, host: HostName) -> Self {
        self.ask.private_hosts.push(host);
        self
    }

    pub fn only_secrets(mut self, names: impl IntoIterator<Item = SecretName>) -> Self {
        self.ask.secrets = Some(names.into_iter().collect());
        self
    }

    pub fn strict_egress(mut self) -> Self {
        self.ask.strict_egress = true;
        self
    }

    pub fn dir(self, host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        let (host, guest) = (host.into(), guest.into());
        self.given(|run| run.dir(host, guest))
    }

    pub fn secret(self, secret: MapSecret) -> Self {
        self.given(|run| run.secret(secret))
    }

    pub fn documents(self, directory: impl Into<PathBuf>) -> Self {
        let directory = directory.into();
        self.given(|run| run.documents(directory))
    }

    pub fn document_sink(self, sink: impl DocumentSink + 'static) -> Self {
        self.given(|run| run.document_sink(sink))
    }

    pub fn stdin(self, stdin: Stdin) -> Self {
        self.given(|run| run.stdin(stdin))
    }

    pub fn stdout(self, output: Output) -> Self {
        self.given(|run| run.stdout(output))
    }

    pub fn stderr(self, output: Output) -> Self {
        self.given(|run| run.stderr(output))
    }

    pub fn on_kind(self, listener: impl FnOnce(Kind) + Send + 'static) -> Self {
        self.given(|run| run.on_kind(listener))
    }

    pub fn patient(self) -> Self {
        self.given(um_host::Run::patient)
    }

    pub fn interrupt(self, interrupt: impl Future<Output = ()> + Send + 'static) -> Self {
        self.given(|run| run.interrupt(interrupt))
    }

    fn given(self, more: impl FnOnce(um_host::Run) -> um_host::Run + Send + 'static) -> Self {
        let given = self.given;
        Self { given: Box::new(|run| more(given(run))), ..self }
    }

    pub async fn start(self) -> Result<Outcome, RunError> {
        let actor = Actor::local(Door::Library);
        let spec =
            RunSpec::resolve(self.workspace, actor, self.ask, &PolicyFile::default(), &Ceiling::default()).unwrap();
        match (self.given)(self.host.run(&self.action, spec)).start().await {
            Ok(ended) => Ok(Outcome {
                outcome: ended.outcome,
                stdout: ended.stdout,
                stderr: ended.stderr,
                receipt: ended.receipt,
            }),
            // Most tests ask why, and no more.
            Err(RunError::AfterCall { cause, .. }) => Err(*cause),
            Err(error) => Err(error),
        }
    }
}
