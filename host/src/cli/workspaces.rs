//! `um-host workspaces …`: the scopes that secrets live in, and the hosts that their runs may call.

use clap::Subcommand;
use serde_json::json;
use um_secret::{SecretSummary, WorkspaceDetails, WorkspaceName};
use um_store::StoreError;

use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress::during;
use crate::cli::run::args::kept;
use crate::cli::secrets::entry;
use crate::cli::settings::{Settings, value_as_workspace, workspace};
use crate::cli::show::{self, Table};
use crate::cli::ui::Ui;

const ALLOW_HELP: &str = "\
An entry is written as for `um-host run --allow-host`:
  [METHODS ][SCHEME://]HOST[:PORT][/PATH-PREFIX]
https unless it says http, every method unless it names some, *.example.com for the names below a domain. What is \
allowed counts for every run of the workspace (--workspace) that \
starts from now on, besides what --allow-host and --policy allow for one. Keep it short: a run can send what it \
was given to each of these hosts, but for secrets that are bound to others.

Examples:
  um-host workspaces allow api.hubapi.com
  um-host workspaces allow 'GET,HEAD api.example.com/v1' '*.example.org' --workspace marketing";

const DISALLOW_HELP: &str = "\
Entries are written as `um-host workspaces show` lists them:
  [METHODS ][SCHEME://]HOST[:PORT][/PATH-PREFIX]
If one of them is not there, nothing is changed. Runs that \
are under way keep what they may call.

Example:
  um-host workspaces disallow api.hubapi.com";

#[derive(Debug, Subcommand)]
pub enum Workspaces {
    /// Create a workspace
    #[command(after_help = "Example:\n  um-host workspaces create marketing")]
    Create {
        /// Letters, digits, `.`, `_` and `-`, at most 64
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// List the workspaces of the store
    #[command(after_help = "Examples:\n  um-host workspaces list\n  um-host workspaces list --json")]
    List,
    /// Let every run of the workspace call hosts
    #[command(after_help = ALLOW_HELP)]
    Allow(Entries),
    /// Take back what the workspace allows
    #[command(after_help = DISALLOW_HELP)]
    Disallow(Entries),
    /// Show which hosts a workspace allows, and what its secrets are bound to
    #[command(after_help = "Examples:\n  um-host workspaces show\n  um-host workspaces show marketing --json")]
    Show {
        /// Its name [default: the workspace of --workspace]
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
}

/// What is allowed, or not any more.
#[derive(clap::Args, Debug)]
pub struct Entries {
    /// A host, and which methods and paths of it, see below
    #[arg(value_name = "ENTRY", required = true)]
    entries: Vec<String>,
}

pub fn run(workspaces: Workspaces, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    match workspaces {
        Workspaces::Create { name } => create(&name, settings, ui),
        Workspaces::List => list(settings, ui),
        Workspaces::Allow(entries) => allow(&entries.settle()?, settings, ui),
        Workspaces::Disallow(entries) => disallow(&entries.settle()?, settings, ui),
        Workspaces::Show { name } => show(name.as_deref(), settings, ui),
    }
}

impl Entries {
    /// The entries in their shortest form, each once.
    fn settle(&self) -> Result<Vec<String>, Failure> {
        let mut settled: Vec<String> = Vec::new();
        for text in &self.entries {
            let entry = kept("ENTRY", text)?.to_string();
            if !settled.contains(&entry) {
                settled.push(entry);
            }
        }
        Ok(settled)
    }
}

fn create(name: &str, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    if discreet::holds_token(name) {
        return Err(value_as_workspace());
    }
    let name = workspace(name)?;
    let store = settings.store()?;
    during(format!("creating the workspace `{name}`"), || store.create_workspace(&settings.actor(), &name))?;
    ui.confirm(format!("created the workspace `{name}`"));
    if ui.json {
        ui.object(&json!({ "workspace": name }))?;
    }
    Ok(Exit::Success)
}

fn list(settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let store = settings.store()?;
    let workspaces = during("reading the list of workspaces", || store.workspaces())?;
    if ui.json {
        let listed: Vec<_> = workspaces
            .iter()
            .map(|workspace| json!({ "name": workspace.name, "created": show::stamp(workspace.created), "secrets": workspace.secrets }))
            .collect();
        ui.object(&json!({ "workspaces": listed }))?;
        return Ok(Exit::Success);
    }
    let rows = workspaces
        .iter()
        .map(|workspace| [workspace.name.to_string(), workspace.secrets.to_string(), show::time(workspace.created)]);
    ui.table(&Table::new(["NAME", "SECRETS", "CREATED"], rows))?;
    Ok(Exit::Success)
}

fn allow(entries: &[String], settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let workspace = settings.workspace();
    let store = settings.store()?;
    let added = during(changing(workspace), || store.allow(&settings.actor(), workspace, entries))?;
    for entry in entries {
        match added.contains(entry) {
            true => ui.confirm(format!("runs in workspace `{workspace}` may call {entry} from now on")),
            false => ui.confirm(format!("workspace `{workspace}` allows {entry} already")),
        }
    }
    if ui.json {
        ui.object(&json!({ "workspace": workspace, "added": added }))?;
    }
    Ok(Exit::Success)
}

/// What is under way while hosts are allowed, or not any more.
fn changing(workspace: &WorkspaceName) -> String {
    format!("changing what the workspace `{workspace}` allows")
}

fn disallow(entries: &[String], settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let workspace = settings.workspace();
    let store = settings.store()?;
    during(changing(workspace), || store.disallow(&settings.actor(), workspace, entries))?;
    for entry in entries {
        ui.confirm(format!("workspace `{workspace}` does not allow {entry} any more"));
    }
    if ui.json {
        ui.object(&json!({ "workspace": workspace, "removed": entries }))?;
    }
    Ok(Exit::Success)
}

fn show(name: Option<&str>, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let name = name.map(workspace).transpose()?;
    let (store, name) = (settings.store()?, name.as_ref().unwrap_or(settings.workspace()));
    let look = || Ok::<_, StoreError>((store.workspace(name)?, store.list(name)?));
    let (workspace, secrets) = during(format!("looking up the workspace `{name}`"), look)?;
    let bound = || secrets.iter().filter(|secret| !secret.bindings.is_empty());
    if ui.json {
        ui.object(&object(&workspace, bound()))?;
        return Ok(Exit::Success);
    }
    ui.line(format!("name      {}", workspace.name))?;
    ui.line(format!("created   {}", show::time(workspace.created)))?;
    ui.line(format!("secrets   {}", workspace.secrets))?;
    labelled("allows    ", workspace.allowed.iter().cloned(), "no hosts", ui)?;
    let bindings =
        bound().map(|secret| format!("{} ({}) to {}", secret.name, secret.exposure, entry::places(&secret.bindings)));
    labelled("bound     ", bindings, "no secrets", ui)?;
    Ok(Exit::Success)
}

fn object<'a>(workspace: &WorkspaceDetails, bound: impl Iterator<Item = &'a SecretSummary>) -> serde_json::Value {
    let bound: Vec<_> = bound
        .map(|secret| json!({ "secret": secret.name, "exposure": secret.exposure, "bindings": secret.bindings }))
        .collect();
    json!({
        "name": workspace.name,
        "created": show::stamp(workspace.created),
        "secrets": workspace.secrets,
        "allowed": workspace.allowed,
        "bound": bound,
    })
}

/// Lines under one label; words for it where there are none.
fn labelled(label: &str, lines: impl Iterator<Item = String>, none: &str, ui: Ui) -> Result<(), Failure> {
    let mut lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        lines.push(none.to_owned());
    }
    for (number, line) in lines.iter().enumerate() {
        let label = if number == 0 { label.to_owned() } else { " ".repeat(label.len()) };
        ui.field(&label, line)?;
    }
    Ok(())
}
