//! The options of `um-host run`, settled into values before anything is opened.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use clap::Args;
use tokio::task::spawn_blocking;
use um_host::action::Kind;
use um_host::egress::{AllowEntry, HostName};
use um_host::runtime::{Limit, Limits, RunError};
use um_host::secret::SecretName;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::secrets::secret_name;
use crate::cli::unbuilt;

const ABOUT: &str = "\
An action is a WebAssembly component. A command (it has a `main`) gets our stdin, writes to our stdout and stderr, and \
ends with its own status. A typed action (it exports `run`) gets --input as JSON; its result is printed as one line of \
JSON on stdout, and what it prints goes to stderr. It reaches what the options allow: by default no network and no \
directories.

Secrets come from the workspace as it is when the run starts. In everything that the run puts out their values are \
replaced by ***, and a line on stderr says how often. That guards against accidents: an action that means harm can \
change a value before it prints it, and send it to any host that --allow-host names.

With --json both streams go to stderr, and stdout is one object with the fields status, end, blame, limit, result, \
error, run, workspace, leaks, unguarded, secrets, refused, documents and usage.";

const STATUSES: &str = "\
Exit status, if it is not the action's own:
    1  a typed action returned an error
    2  wrong usage
  123  a limit was reached, other than time and memory
  124  a limit of time was reached: wall, cpu
  125  the host, the store or the key failed
  126  the file is not an action that can be run
  127  there is no such file
  130  interrupted
  134  the action trapped
  137  the limit of memory was reached
  141  stdout was closed

Not built yet, and refused: --fuel, --ca, --platform-roots, --proxy, --strict-egress, --policy.

Examples:
  um-host run hello.wasm
  um-host run report.wasm --documents out --timeout 2m -- --month 2026-10
  um-host run contacts.wasm --allow-host api.hubapi.com --input '{\"limit\": 100}'
  um-host run import.wasm --dir ./in::/in --only-secrets HUBSPOT_API_KEY";

/// What the options alone do not tell.
pub fn after_help() -> String {
    let limits = Limits::default();
    let row = |limit: Limit| format!("  {:<16}{}", limit.name(), limits.show(limit));
    let limits = Limit::ALL.map(row).join("\n");
    format!("{ABOUT}\n\nLimits of --limit NAME=VALUE, and what they are by default:\n{limits}\n\n{STATUSES}")
}

#[derive(Args, Debug)]
pub struct RunArgs {
    /// File of the action: a WebAssembly component, or a core module for WASI
    #[arg(value_name = "ACTION")]
    action: PathBuf,
    /// Arguments of a command
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
    /// Input of a typed action: JSON, @FILE, or - for stdin [default: {}]
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    input: Option<String>,
    /// Longest time from start to end [default: 30s]
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
    /// Most memory [default: 256MiB]
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,
    /// Set a limit, see below
    #[arg(long, value_name = "NAME=VALUE")]
    limit: Vec<String>,
    /// Let the action call a host: [SCHEME://]HOST[:PORT][/PATH-PREFIX], https unless it says http
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
    /// Let an allowed host have an inside address, such as localhost or 10.0.0.7
    #[arg(long, value_name = "HOST")]
    allow_private: Vec<String>,
    /// Hand out these secrets and no others
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    only_secrets: Option<Vec<String>>,
    /// Let the action read a directory of ours under a name of its own
    #[arg(long, value_name = "HOST::GUEST")]
    dir: Vec<OsString>,
    /// Set an environment variable of the action, which sees none of ours
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Directory for the documents that the action publishes; it must be empty or not there yet
    #[arg(long, value_name = "DIR")]
    documents: Option<PathBuf>,
    /// Say what the run used
    #[arg(long, short)]
    verbose: bool,
    /// Do not say what was masked
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    unbuilt: Unbuilt,
}

/// Decided, but not built yet.
#[derive(Args, Debug)]
struct Unbuilt {
    #[arg(long, hide = true)]
    fuel: Option<OsString>,
    #[arg(long, hide = true)]
    ca: Vec<OsString>,
    #[arg(long, hide = true)]
    platform_roots: bool,
    #[arg(long, hide = true)]
    proxy: Option<OsString>,
    #[arg(long, hide = true)]
    strict_egress: bool,
    #[arg(long, hide = true)]
    policy: Option<OsString>,
}

/// What a run was asked to be. Nothing has been opened yet.
pub struct Order {
    pub action: PathBuf,
    pub arguments: Vec<String>,
    input: Option<String>,
    pub limits: Limits,
    pub allowed: Vec<AllowEntry>,
    pub private: Vec<HostName>,
    pub only_secrets: Option<Vec<SecretName>>,
    pub directories: Vec<(PathBuf, String)>,
    pub environment: Vec<(String, String)>,
    pub documents: Option<PathBuf>,
    pub verbose: bool,
    pub quiet: bool,
}

impl Unbuilt {
    fn refuse(&self) -> Result<(), Failure> {
        unbuilt::options(
            "run",
            &[
                ("--fuel", self.fuel.is_some()),
                ("--ca", !self.ca.is_empty()),
                ("--platform-roots", self.platform_roots),
                ("--proxy", self.proxy.is_some()),
                ("--strict-egress", self.strict_egress),
                ("--policy", self.policy.is_some()),
            ],
        )
    }
}

impl Order {
    /// Refuses what this kind of action cannot take.
    pub fn check(&self, kind: Kind) -> Result<(), Failure> {
        match kind {
            Kind::Command if self.input.is_some() => Err(Failure::new(Exit::Usage, RunError::InputForCommand)),
            Kind::Typed if !self.arguments.is_empty() => Err(Failure::new(Exit::Usage, RunError::ArgsForTyped)),
            _ => Ok(()),
        }
    }

    /// Reads the input: from the option, a file or stdin. Somebody may be typing it, so this has a thread of its own.
    pub async fn input(&self) -> Result<Option<String>, Failure> {
        let Some(text) = self.input.clone() else { return Ok(None) };
        match spawn_blocking(move || input(&text)).await {
            Ok(read) => read.map(Some),
            Err(failed) => resume_unwind(failed.into_panic()),
        }
    }
}

/// Makes an order of the options.
pub fn settle(args: RunArgs) -> Result<Order, Failure> {
    args.unbuilt.refuse()?;
    let limits = limits(&args)?;
    let allowed = args.allow_host.iter().map(|text| of("--allow-host", AllowEntry::parse(text)));
    let allowed = allowed.collect::<Result<_, _>>()?;
    let private = args.allow_private.iter().map(|text| of("--allow-private", HostName::parse(text)));
    let private = private.collect::<Result<_, _>>()?;
    if let Some(text) = args.input.as_deref().filter(|text| is_inline(text)) {
        input(text)?;
    }
    let only_secrets = args.only_secrets.as_deref().map(names).transpose()?;
    let directories = args.dir.iter().map(directory).collect::<Result<_, _>>()?;
    let environment = args.env.iter().map(|text| variable(text)).collect::<Result<_, _>>()?;
    Ok(Order {
        input: args.input,
        action: args.action,
        arguments: args.arguments,
        limits,
        allowed,
        private,
        only_secrets,
        directories,
        environment,
        documents: args.documents,
        verbose: args.verbose,
        quiet: args.quiet,
    })
}

/// `--limit` first: `--timeout` and `--memory` are the same limits under names of their own.
fn limits(args: &RunArgs) -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    for text in &args.limit {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage("`--limit` needs a name and a value, for example --limit stdout=1MiB")
                .hint("`um-host run --help` lists the limits")
        })?;
        of("--limit", limits.set(name, value))?;
    }
    for (option, limit, value) in [("--timeout", Limit::Wall, &args.timeout), ("--memory", Limit::Memory, &args.memory)]
    {
        if let Some(value) = value {
            of(option, limits.set(limit.name(), value))?;
        }
    }
    Ok(limits)
}

/// Says which option a text was wrong for.
fn of<T, E: std::fmt::Display>(option: &str, parsed: Result<T, E>) -> Result<T, Failure> {
    parsed.map_err(|error| Failure::usage(format!("{option}: {error}")))
}

fn names(texts: &[String]) -> Result<Vec<SecretName>, Failure> {
    // `--only-secrets ''` hands out none.
    let given = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    given.map(secret_name).collect()
}

/// `HOST::GUEST`, parted at the last `::`, since a path of ours may hold one.
fn directory(text: &OsString) -> Result<(PathBuf, String), Failure> {
    let example = "for example --dir ./in::/in";
    let text = text.to_str().ok_or_else(|| Failure::usage(format!("`--dir` is not UTF-8 text; {example}")))?;
    match text.rsplit_once("::") {
        Some((host, guest)) if !host.is_empty() && !guest.is_empty() => Ok((PathBuf::from(host), guest.to_owned())),
        _ => Err(Failure::usage(format!("`--dir` needs a directory of ours and its name in the action, {example}"))),
    }
}

/// `NAME=VALUE`; the text is not repeated when it is wrong, as it may be a value.
fn variable(text: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !text.contains('\0') => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Failure::usage("`--env` needs a name and a value, for example --env MONTH=2026-10")
            .hint("secrets do not belong there: the action asks for them by name")),
    }
}

/// Whether the input stands in the option itself.
fn is_inline(text: &str) -> bool {
    text != "-" && !text.starts_with('@')
}

/// The JSON that the action gets.
fn input(text: &str) -> Result<String, Failure> {
    let (json, from) = match text.strip_prefix('@') {
        Some(path) => (read_file(Path::new(path))?, format!("`{path}`")),
        None if text == "-" => (read_stdin()?, "stdin".to_owned()),
        None => (text.to_owned(), "`--input`".to_owned()),
    };
    match serde_json::from_str::<serde::de::IgnoredAny>(&json) {
        Ok(_) => Ok(json),
        Err(error) => Err(Failure::usage(format!("{from} is not JSON: {}", place(&error)))
            .hint("a text needs quotes of its own: --input '\"text\"'; a file is named with @: --input @FILE")),
    }
}

/// Where the JSON breaks off or goes wrong, without a word of it.
fn place(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "it ends too early".to_owned();
    }
    format!("unexpected text at line {}, column {}", error.line(), error.column())
}

fn read_file(path: &Path) -> Result<String, Failure> {
    let unreadable = |error: io::Error| {
        Failure::new(
            Exit::Usage,
            anyhow::Error::new(error).context(format!("the input `{}` cannot be read", path.display())),
        )
    };
    read(File::open(path).map_err(unreadable)?).map_err(unreadable)
}

fn read_stdin() -> Result<String, Failure> {
    read(io::stdin().lock()).map_err(|error| {
        Failure::new(Exit::Usage, anyhow::Error::new(error).context("the input cannot be read from stdin"))
    })
}

fn read(mut source: impl Read) -> io::Result<String> {
    let mut text = String::new();
    source.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_parted_at_the_last_double_colon() {
        assert_eq!(directory(&"./in::/in".into()).unwrap(), (PathBuf::from("./in"), "/in".to_owned()));
        assert_eq!(directory(&"a::b::/in".into()).unwrap(), (PathBuf::from("a::b"), "/in".to_owned()));
        for text in ["", "in", "in:", "::/in", "in::"] {
            assert!(directory(&text.into()).is_err(), "{text}");
        }
    }

    #[test]
    fn input_that_is_no_json_is_refused_without_a_word_of_it() {
        assert_eq!(input("{\"a\": [1, 2]}").unwrap(), "{\"a\": [1, 2]}");
        for text in ["hunter22", "{\"a\": hunter22", "[1,", ""] {
            let refusal = input(text).unwrap_err().error.unwrap().to_string();
            assert!(refusal.starts_with("`--input` is not JSON: "), "{refusal}");
            assert!(!refusal.contains("hunter22"), "{refusal}");
        }
    }

    #[test]
    fn a_variable_without_a_value_is_not_repeated() {
        assert_eq!(variable("A=b=c").unwrap(), ("A".to_owned(), "b=c".to_owned()));
        assert_eq!(variable("A=").unwrap(), ("A".to_owned(), String::new()));
        for text in ["hunter22", "=hunter22"] {
            let refusal = variable(text).unwrap_err().error.unwrap().to_string();
            assert!(!refusal.contains("hunter22"), "{refusal}");
        }
    }
}
