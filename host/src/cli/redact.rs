//! `um-host redact`: masks all values of a workspace in any text, from stdin to stdout.
//!
//! Guarantees: nothing passes before every value is guarded and its read is on record; memory does not grow with the
//! text; what is held back, because it may be the beginning of a value, leaves with the bytes that decide it, or at the end.

use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use anyhow::Error;
use clap::Args;
use serde_json::json;
use tokio::runtime::Builder;
use um_base::Work;
use um_leak::{End, Filter, Stream};
use um_secret::{Actor, Door, OpenError, Reader, RunId, SecretName, Secrets, WorkspaceName};
use um_store::Store;
use zeroize::Zeroizing;

use crate::cli::again;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::masked;
use crate::cli::progress::during;
use crate::cli::settings::Settings;
use crate::cli::shown;
use crate::cli::ui::{self, Ui};

pub const AFTER_HELP: &str = "\
Every value that the workspace holds now is looked for in all its forms, as in the output of a run, and replaced by \
***. Anything else passes byte for byte, text or not. What was replaced or deleted is not known any more, and neither are \
values that runs guarded. Compressed text is not looked into.

Output comes as input does: only what may be the beginning of a value is held until the rest of it, or the end, has \
come. If the store cannot be opened, or the reads not recorded, nothing passes at all (status 125). In the records \
the reads are those of a run of their own.

At the end it is said on stderr what was masked. With --json that is one object, the last line of stderr, since stdout \
carries the text: status, run, workspace, leaks and unguarded.

Examples:
  um-host redact < app.log > app.redacted.log
  tail -f app.log | um-host redact --workspace marketing --quiet";

/// How much is read at once, in bytes.
const PIECE: usize = 64 * 1024;
/// How long a snapshot may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Args, Debug)]
pub struct RedactArgs {
    /// Do not say what was masked
    #[arg(long, short)]
    quiet: bool,
}

pub fn run(args: &RedactArgs, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let (filter, reader) = (Filter::new(), Reader::new(RunId::new(), Actor::local(Door::Cli)));
    let workspace = settings.workspace();
    let store = settings.store()?;
    let guarding = format!("guarding the values of workspace `{workspace}`");
    let secrets = during(guarding, || guard_all(&store, workspace, &reader, &filter))?;
    let is_told = !args.quiet && !ui.json;
    let note = |line: &str| {
        if is_told {
            ui.say(line);
        }
    };
    let notice = |line: &str| {
        if is_told {
            ui.notice(line);
        }
    };
    if secrets == 0 {
        note(&format!("workspace `{workspace}` has no secrets; nothing but keys of um-host will be masked"));
    }
    // Before the text, which may have no end.
    for name in filter.unguarded() {
        notice(&format!("{name} will not be masked: its value is too short or too common to be"));
    }
    if ui.stdin_is_terminal() {
        note("reading what you type; Ctrl-D ends it");
    }
    pass(&filter)?;
    // What came by stdin has left by stdout.
    masked::lines(&filter.report(), |_| Stream::Stdout).iter().for_each(|line| notice(line));
    if ui.json {
        let object = json!({
            "status": Exit::Success.status(),
            "run": reader.run.to_string(),
            "workspace": workspace,
            "leaks": filter.report(),
            "unguarded": filter.unguarded(),
        });
        ui::say(&shown::json(&object.to_string()));
    }
    Ok(Exit::Success)
}

/// Guards every value of the workspace, and tells how many secrets it has. All reads are on record then.
fn guard_all(store: &Store, workspace: &WorkspaceName, reader: &Reader, filter: &Filter) -> Result<usize, Failure> {
    let threads = Builder::new_current_thread().enable_time().build().or_fail(Exit::Host)?;
    threads.block_on(async {
        let snapshot = store.snapshot(workspace, PATIENCE).await?;
        for entry in snapshot.entries() {
            let value = snapshot.open(&entry.name, reader).await.map_err(|error| not_opened(&entry.name, error))?;
            filter.guard_parts(entry.name.as_str(), value.expose(), &entry.parts, Vec::new());
        }
        snapshot.settle(reader).await.or_fail(Exit::Host)?;
        Ok(snapshot.entries().len())
    })
}

fn not_opened(name: &SecretName, error: OpenError) -> Failure {
    Failure::new(
        Exit::Host,
        Error::new(error).context(format!("{name} could not be opened, so nothing was let through")),
    )
    .hint(format!("`um-host key check{store}` tells what is wrong with the store", store = again::store()))
}

/// Passes stdin on to stdout, masked.
fn pass(filter: &Filter) -> Result<(), Failure> {
    let ready =
        during("making the forms of the values", || filter.ready_here(&Work::unlimited())).or_fail(Exit::Host)?;
    let mut redactor = filter.stream(Stream::Stdin);
    let (mut piece, mut masked) = (Zeroizing::new(vec![0; PIECE]), Vec::new());
    let mut stdin = io::stdin().lock();
    let ended = loop {
        match stdin.read(&mut piece) {
            Ok(0) => break Ok(()),
            Ok(length) => redactor.write(ready, &piece[..length], &mut masked),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
        if !masked.is_empty() {
            ui::write_out(&masked)?;
            masked.clear();
        }
    };
    redactor.close(if ended.is_ok() { End::Chosen } else { End::Cut }, ready, &mut masked);
    ui::write_out(&masked)?;
    ended.map_err(|error| Failure::new(Exit::Host, Error::new(error).context("stdin could not be read to its end")))
}
