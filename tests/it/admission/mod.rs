//! Which runs of a host start, and when: caps, quotas, turns, cancelling and draining, through the library.

mod cancel;
mod caps;
mod drain;
mod meters;
mod quotas;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use um_host::errors::Coded;
use um_host::{
    Action, AdmissionError, Ask, Blame, Ended, Host, HostBuilder, MapSecret, MapVault, Place, Run, RunError, RunHandle,
    RunSpec, SecretName, SecretValue,
};

use crate::runs::{cache, workspace};

/// Far longer than anything here takes: whoever waits so long waits in vain.
const PATIENCE: Duration = Duration::from_secs(120);
const MIB: u64 = 1 << 20;
/// What runs of these tests count as: see [`ask`].
const COUNTED: u64 = 24 * MIB;

/// A host as its test wants it, with the workspaces `acme` and `globex`.
fn host(settle: impl FnOnce(HostBuilder) -> HostBuilder) -> (Host, Arc<MapVault>) {
    let vault = Arc::new(vault());
    let builder = Host::builder().secrets(vault.clone()).cache_dir(cache());
    (settle(builder).build().unwrap(), vault)
}

fn vault() -> MapVault {
    ["acme", "globex"].into_iter().fold(MapVault::new(), |vault, within| {
        let secrets = ["API_KEY", "TOKEN", "OTHER"].map(|name| {
            MapSecret::new(SecretName::parse(name).unwrap(), SecretValue::new(value_of(within, name)).ok().unwrap())
        });
        vault.workspace(workspace(within), secrets)
    })
}

/// The same length everywhere, so that nothing but the value can tell.
fn value_of(within: &str, name: &str) -> String {
    format!("{within:-<24}{name:->24}")
}

/// Long enough for anything, and 16 MiB of memory with 8 MiB of the host's.
fn ask(more: &str) -> Ask {
    let limits = r#""limits": {"wall": "5m", "memory": "16MiB", "host-memory": "8MiB", "tmp-bytes": "1MiB"}"#;
    Ask::from_json(&format!("{{ {limits}{more} }}")).unwrap()
}

fn run(host: &Host, action: &Action, within: &str) -> Run {
    run_with(host, action, within, ask(""))
}

fn run_with(host: &Host, action: &Action, within: &str, ask: Ask) -> Run {
    host.run(action, RunSpec::new(workspace(within), ask).unwrap())
}

/// A run on its way.
struct Started {
    handle: RunHandle,
    /// Told with the first that it prints.
    printed: mpsc::UnboundedReceiver<()>,
    waits: oneshot::Receiver<Place>,
    ending: JoinHandle<Result<Ended, RunError>>,
}

fn start(run: Run) -> Started {
    let (handle, (print, printed), (wait, waits)) = (run.handle(), mpsc::unbounded_channel(), oneshot::channel());
    let run = run.events(move |_| {
        let _ = print.send(());
        Ok(())
    });
    let run = run.on_wait(move |place| _ = wait.send(place));
    Started { handle, printed, waits, ending: tokio::spawn(run.start()) }
}

impl Started {
    /// Waits until its guest has printed something.
    async fn has_printed(&mut self) {
        within(self.printed.recv()).await.expect("it prints something");
    }

    /// Waits until it waits.
    async fn place(&mut self) -> Place {
        within(&mut self.waits).await.expect("it has to wait")
    }

    async fn ended(self) -> Result<Ended, RunError> {
        within(self.ending).await.unwrap()
    }

    async fn cancelled(self) -> Result<Ended, RunError> {
        self.handle.cancel();
        self.ended().await
    }

    async fn refused(self) -> AdmissionError {
        refusal(self.ended().await)
    }
}

/// Why it was not let in; who must act and what a process would end with is the same for all of them.
fn refusal(ended: Result<Ended, RunError>) -> AdmissionError {
    let error = ended.unwrap_err();
    let RunError::Admission(refusal) = &error else { panic!("{error:?}") };
    assert_eq!((error.code(), error.kind()), (refusal.code(), refusal.kind()));
    assert_eq!((refusal.blame(), refusal.status()), (Blame::Host, 125));
    refusal.clone()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("nobody waits for ever")
}
