//! um-host in a program of one's own: two workspaces whose secrets are kept in a map, output as it comes, a run that is
//! cancelled after a second, outcomes as JSON, and what `tracing` tells meanwhile.
//!
//! ```sh
//! cargo run --package embed -- target/guests/wasm32-wasip2/guest/heartbeat.wasm
//! ```
//!
//! The action is given the name of a secret, `API_KEY`, and how often to use it: three times in each workspace, and once
//! without an end.

#![forbid(unsafe_code)]

use std::alloc::System;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::task::JoinSet;
use tracing_subscriber::fmt::format::FmtSpan;
use um_host::secret::{Actor, ActorKind, Door, RunId};
use um_host::{Action, Ceiling, OutputEvent, PolicyFile};
use um_host::{Ask, Host, MapSecret, MapVault, Outcome, Run, RunSpec, SecretName, SecretValue, WorkspaceName};
use zeroizing_alloc::ZeroAlloc;

/// Wipes memory as it is freed: buffers of HTTP and TLS hold secrets and do not do it themselves.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

/// Each workspace and its value of `API_KEY`.
const WORKSPACES: [(&str, &str); 2] = [("acme", "acme-k3y-7Hq2Lx9vTz"), ("globex", "globex-k3y-Pw8sRd4mYb")];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).with_span_events(FmtSpan::NEW | FmtSpan::CLOSE).init();
    let action = std::env::args_os().nth(1).context("usage: embed ACTION")?;
    let host = Host::builder().secrets(Arc::new(secrets()?)).build()?;
    let action = host.load(action).await?;

    let mut runs = JoinSet::new();
    for (workspace, _) in WORKSPACES {
        runs.spawn(followed(start(&host, &action, workspace, r#"["API_KEY", "3"]"#)?));
    }
    let endless = start(&host, &action, WORKSPACES[0].0, r#"["API_KEY"]"#)?;
    runs.spawn(followed(endless.interrupt(tokio::time::sleep(Duration::from_secs(1)))));

    while let Some(ended) = runs.join_next().await {
        writeln!(io::stdout(), "{}", serde_json::to_string(&ended??)?)?;
    }
    host.forget();
    Ok(())
}

fn secrets() -> anyhow::Result<MapVault> {
    let mut secrets = MapVault::new();
    for (workspace, value) in WORKSPACES {
        let secret = MapSecret::new(SecretName::parse("API_KEY")?, SecretValue::new(value.to_owned())?);
        secrets = secrets.workspace(WorkspaceName::parse(workspace)?, [secret]);
    }
    Ok(secrets)
}

/// What a door does: it knows who asks and for which workspace, reads what they ask for, and decides what is granted.
fn start(host: &Host, action: &Action, workspace: &str, args: &str) -> anyhow::Result<Run> {
    let wishes = r#""secrets": ["API_KEY"], "limits": {"wall": "10s"}"#;
    let ask = Ask::from_json(&format!(r#"{{ "args": {args}, {wishes} }}"#))?;
    let actor = Actor::new("nightly-report", ActorKind::Schedule, Door::Library)?;
    let workspace = WorkspaceName::parse(workspace)?;
    let spec = RunSpec::resolve(workspace, actor, ask, &PolicyFile::default(), &Ceiling::default())?;
    // The id is known before the run begins: what is kept of it can be found by it.
    Ok(host.run(action, spec.id(RunId::new())).events(tell))
}

async fn followed(run: Run) -> anyhow::Result<Outcome> {
    Ok(run.start().await?.outcome)
}

/// A piece of output, of which the values are masked already.
fn tell(event: OutputEvent) -> io::Result<()> {
    let run = event.run.to_string();
    String::from_utf8_lossy(&event.bytes)
        .lines()
        .try_for_each(|line| writeln!(io::stdout(), "{} {} | {line}", &run[..8], event.stream))
}
