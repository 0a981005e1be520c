//! The options of `um-host run`, settled into values before anything is opened.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use um_base::rule::{HostName, Rule};
use um_runtime::action::Kind;
use um_runtime::{
    Ask, Ceiling, CompileLimit, CompileLimits, Limit, LimitWishes, Limits, PolicyFile, RunError, RunSpec,
};
use um_secret::{Actor, Door, SecretName, WorkspaceName};

use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::secrets::secret_name;

use super::given::{self, Given, GivenArgs};
use super::input::Input;
use super::limits;
use super::network::{NetworkArgs, is_range, private, range};

/// How long loading an action may take: a small machine needs some minutes to install the Python runner.
const LOAD_TIMEOUT: Duration = Duration::from_secs(600);

const ABOUT: &str = "\
An action is a WebAssembly component or a Python script. A command (it has a `main`; a script that defines no `run`, and calls its `main` if it has one) gets our stdin, writes to our stdout and stderr, and \
ends with its own status. A typed action (it exports `run`; a script that defines `run`, or a `main` that it never calls) gets --input as JSON; its result is printed as one line of \
JSON on stdout, and what it prints goes to stderr. A script's `run` of one parameter gets the whole input; one of several, and a `main`, the keys \
of a JSON object by name. An action reaches what options, policy and workspace allow: by default no network and no \
directories, but a script's own folder. It may write below /tmp, in memory, which is gone with the run.

Unless um-host is from a release, Python needs python3 with venv and pip the first time, and the network: see \
`um-host python install --help`.

Secrets come from the workspace as it is when the run starts. In everything that the run puts out afterwards the values \
that it got are replaced by ***, and a line on stderr says how often. That guards against accidents: an action that \
means harm can change a value before it prints it, and send it to any host that it may call. A binary \
document cannot be masked: if a value stands in it, in a zip or a PDF say, no document is published, and the run fails.

Calls go to hosts that --allow-host, --policy or the workspace (`um-host workspaces allow`) names, and no others:
  [METHODS ][SCHEME://]HOST[:PORT][/PATH-PREFIX]
https unless it says http, every method unless it names some, *.example.com for the names below a domain. A request \
with a secret that is bound to other hosts is refused, and with --strict-egress so is, once the action has the \
value of a bound secret, every request to a host that none of the secrets which it has read is bound to. Of a sealed \
secret the action gets a placeholder; um-host puts the value into requests to its hosts, see `um-host secrets set --help`.

A policy says in TOML what these options say, the limits by the names below:
  hosts = [\"api.hubapi.com\", { host = \"api.example.com/v1\", methods = [\"GET\"] }]
  private-hosts = [\"crm.corp.example\"]
  secrets = [\"HUBSPOT_API_KEY\"]
  strict-egress = true
  limits = { http-calls = 20, wall = \"10s\" }
The options allow more hosts and set limits anew, but of the secrets only those are handed out that both name, and what is \
strict stays so. A file alone grants no private host and raises no limit above its default: the option has to say so, too. \
Whoever can write the file decides what the action may call: keep it where the action is kept.

With --json both streams go to stderr, and stdout is one object with the fields schema, run, workspace, actor, action, digest, kind, \
started, result, idle, delivered, leaks, doubtful, unguarded, secrets, unfit, refused, misdirected, sealed, unsent, documents, \
usage, limits and end. \
`end` has code, status, blame and message, and what else belongs to that end: limit and allowed, document, reason. If the run \
could not start, there are schema and end alone, with the code not-started. Options that cannot be parsed (status 2) are \
answered on stderr alone.";

const STATUSES: &str = "\
Exit status, if it is not the action's own:
    1  a typed action returned an error, a document may not leave, or there is no such workspace
    2  wrong usage, or a file, a directory or an input that was named and cannot be used
  123  a limit was reached, other than time and memory
  124  a limit of time was reached: wall, cpu, fuel, --load-timeout, compile-wall, compile-cpu
  125  the host, the store or the key failed
  126  the file is not an action that can be run
  127  there is no such file
  129  stopped by SIGHUP: the terminal is gone
  130  interrupted: Ctrl-C, SIGINT
  134  the action trapped
  137  the limit of memory was reached: memory, compile-memory
  141  whoever reads stdout has closed it
  143  stopped by SIGTERM

Examples:
  um-host run hello.wasm
  um-host run report.wasm --documents out --timeout 2m -- --month 2026-10
  um-host run contacts.wasm --allow-host api.hubapi.com --input '{\"limit\": 100}'
  um-host run report.py --allow-host api.hubapi.com -- --month 2026-10
  um-host run contacts.wasm --policy contacts.toml --strict-egress
  um-host run sync.py --secret CRM_TOKEN=env:CRM_TOKEN --bind CRM_TOKEN=api.example.com --allow-host api.example.com
  um-host run import.wasm --dir ./in::/in --only-secrets HUBSPOT_API_KEY
  um-host run sync.wasm --allow-host crm.corp --allow-private crm.corp --ca corp-ca.pem";

/// What the options alone do not tell.
pub fn after_help() -> String {
    let limits = Limits::default();
    let row = |limit: Limit| format!("  {:<18}{}", limit.name(), limits.show(limit));
    let limits = Limit::ALL.map(row).join("\n");
    let compiling = CompileLimits::default();
    let row = |limit: CompileLimit| format!("  {:<18}{}", limit.name(), compiling.show(limit));
    let compiling = CompileLimit::ALL.map(row).join("\n");
    format!(
        "{ABOUT}\n\n{}\n\nLimits of --limit NAME=VALUE, and what they are by default:\n{limits}\n\nLimits of compiling an \
         action that is not in the cache yet, likewise:\n{compiling}\n\n{STATUSES}",
        given::ABOUT
    )
}

#[derive(Args, Debug)]
pub struct RunArgs {
    /// The action: a WebAssembly component or core module for WASI, a Python script, or a directory with a main.py
    #[arg(value_name = "ACTION")]
    action: PathBuf,
    /// Arguments of a command
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
    /// Input of a typed action or a script: JSON, @FILE, or - for stdin; at most 64 MiB [default: {}]
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    input: Option<String>,
    /// Longest time from start to end [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = limits::duration, allow_hyphen_values = true)]
    timeout: Option<String>,
    /// Longest time to load the action: to install the Python runner, to compile [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = limits::duration, allow_hyphen_values = true)]
    load_timeout: Option<String>,
    /// Most memory [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = limits::size, allow_hyphen_values = true)]
    memory: Option<String>,
    /// Set a limit, see below; may be given again
    #[arg(long, value_name = "NAME=VALUE")]
    limit: Vec<String>,
    /// Let the action call a host, or a part of it, see below; may be given again
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
    /// Let an allowed host have a private address, such as localhost or 10.0.0.7; may be given again
    #[arg(long, value_name = "HOST")]
    allow_private: Vec<String>,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    given: GivenArgs,
    /// Hand out these secrets and no others
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    only_secrets: Option<Vec<String>>,
    /// Once the action has the value of a bound secret, let it call only hosts that its secrets are bound to
    #[arg(long)]
    strict_egress: bool,
    /// Read what the action may do from a file, TOML of at most 64 KiB, see below
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Let the action read a directory of ours under a name of its own; may be given again
    #[arg(long, value_name = "HOST::GUEST")]
    dir: Vec<OsString>,
    /// Set an environment variable of the action, which sees none of ours; may be given again
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Directory for the documents that the action publishes: new, empty, or that of an earlier run, which is replaced
    #[arg(long, value_name = "DIR")]
    documents: Option<PathBuf>,
    /// Say what the run used
    #[arg(long, short)]
    verbose: bool,
    /// Do not say what was masked, nor that a script did nothing
    #[arg(long, short)]
    quiet: bool,
}

/// What a run was asked to be, and what of this machine it gets. Nothing has been opened yet.
pub struct Order {
    pub action: PathBuf,
    pub spec: RunSpec,
    pub input: Option<Input>,
    pub given: Vec<Given>,
    /// The secrets that the run is narrowed to, by the option that says so.
    pub narrowed: [(&'static str, Option<Vec<SecretName>>); 2],
    pub load_timeout: Duration,
    /// How much compiling the action may use, beside that time.
    pub compile: CompileLimits,
    pub network: NetworkArgs,
    pub directories: Vec<(PathBuf, String)>,
    pub documents: Option<PathBuf>,
    pub verbose: bool,
    pub quiet: bool,
}

impl Order {
    /// Refuses what this kind of action cannot take.
    pub fn check(&self, kind: Kind) -> Result<(), Failure> {
        match kind {
            Kind::Command if self.input.is_some() => Err(Failure::new(Exit::Usage, RunError::InputForCommand)),
            // A script is told to be one or the other when it runs.
            Kind::Typed if !self.spec.ask.args.is_empty() => Err(Failure::new(Exit::Usage, RunError::ArgsForTyped)),
            _ => Ok(()),
        }
    }
}

impl RunArgs {
    /// The secrets that the run is given. To be called before anything is opened.
    pub fn given(&self) -> Result<Vec<Given>, Failure> {
        given::settle(&self.given)
    }

    /// The file of `--policy`.
    pub fn policy(&self) -> Option<&Path> {
        self.policy.as_deref()
    }

    /// The limits as the options have them, before there is a policy.
    pub fn limits(&self) -> Result<Limits, Failure> {
        let (mut own, asked) =
            (Limits::default(), limits::wishes(&self.limit, self.timeout.as_deref(), self.memory.as_deref())?.run);
        if let Some(wall) = asked.amount(Limit::Wall) {
            own.wall = Duration::from_millis(wall);
        }
        Ok(own)
    }
}

/// Makes an order of the options.
pub fn settle(
    args: RunArgs,
    policy: &PolicyFile,
    given: Vec<Given>,
    workspace: WorkspaceName,
) -> Result<Order, Failure> {
    let limits = limits::wishes(&args.limit, args.timeout.as_deref(), args.memory.as_deref())?;
    let load_timeout = args.load_timeout.as_deref().map_or(Ok(LOAD_TIMEOUT), limits::load_timeout)?;
    let compile = limits.compile(load_timeout);
    let ask = ask(&args, limits.run, policy)?;
    let narrowed = [("--only-secrets", ask.secrets.clone()), ("--policy", policy.secrets.clone())];
    let actor = Actor::local(Door::Cli);
    let spec = RunSpec::resolve(workspace, actor, ask, policy, &Ceiling::default()).or_fail(Exit::Usage)?;
    Ok(Order {
        spec,
        given,
        narrowed,
        load_timeout,
        compile,
        input: args.input.map(Input::new).transpose()?,
        directories: directories(&args.dir)?,
        action: args.action,
        network: args.network,
        documents: args.documents,
        verbose: args.verbose,
        quiet: args.quiet,
    })
}

/// What the options ask for; the input may have to be waited for, so it is put in later.
fn ask(args: &RunArgs, limits: LimitWishes, policy: &PolicyFile) -> Result<Ask, Failure> {
    let env = args.env.iter().map(|text| variable(text)).collect::<Result<Vec<_>, _>>()?;
    once_each(&env)?;
    let mut ask = Ask::default();
    ask.action = args.action.display().to_string();
    ask.args = args.arguments.clone();
    ask.env = env;
    ask.hosts = args.allow_host.iter().map(|text| kept("--allow-host", text)).collect::<Result<_, _>>()?;
    ask.private_hosts = private_hosts(&args.allow_private, &ask.hosts, policy)?;
    ask.secrets = args.only_secrets.as_deref().map(names).transpose()?;
    ask.strict_egress = args.strict_egress;
    ask.limits = limits;
    Ok(ask)
}

fn allowed(option: &str, text: &str) -> Result<Rule, Failure> {
    if is_range(text) {
        return Err(range(option));
    }
    Rule::parse(text)
        .map_err(|error| Failure::usage(format!("{option}: {}", discreet::message(text, &error, &error.fault))))
}

/// As [`allowed`]; a name without a dot could be a value that slipped in, unless a scheme stands before it.
pub fn kept(option: &str, text: &str) -> Result<Rule, Failure> {
    let entry = allowed(option, text)?;
    if is_bare(entry.host()) && !text.contains("://") {
        return Err(Failure::usage(format!(
            "{option}: the host has no dot, and is not repeated here: it could be a secret"
        ))
        .hint("if it is the name of a host in your own network, give its scheme too, as in https://NAME"));
    }
    Ok(entry)
}

/// Whether a host is a word that could be anything.
fn is_bare(host: &HostName) -> bool {
    host.name().is_some_and(|name| !name.contains('.') && name != "localhost")
}

/// Hosts at private addresses. One without a dot is told from a value that slipped in by its being allowed, too.
fn private_hosts(texts: &[String], allowed: &[Rule], policy: &PolicyFile) -> Result<Vec<HostName>, Failure> {
    let hosts = texts.iter().map(|text| private(text)).collect::<Result<Vec<_>, _>>()?;
    let is_meant = |host: &HostName| {
        let mut meant = allowed.iter().chain(&policy.hosts).map(Rule::host).chain(&policy.private_hosts);
        meant.any(|other| other == host)
    };
    match hosts.iter().find(|host| is_bare(host) && !is_meant(host)) {
        Some(_) => Err(Failure::usage(
            "--allow-private: the host has no dot, and is not repeated here: it could be a secret",
        )
        .hint(
            "if it is the name of a host in your own network, allow it too, with its scheme: --allow-host https://NAME",
        )),
        None => Ok(hosts),
    }
}

fn names(texts: &[String]) -> Result<Vec<SecretName>, Failure> {
    // `--only-secrets ''` hands out none.
    let given = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    given.map(secret_name).collect()
}

/// The action would find one directory under a name that two have, and nobody could tell which.
fn directories(texts: &[OsString]) -> Result<Vec<(PathBuf, String)>, Failure> {
    let directories = texts.iter().map(directory).collect::<Result<Vec<_>, _>>()?;
    match given_twice(directories.iter().map(|(_, guest)| guest.trim_end_matches('/'))) {
        Some(number) => Err(Failure::usage(format!(
            "`--dir` number {number} has the name in the action that an earlier one has; give each a name of its own"
        ))),
        None => Ok(directories),
    }
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

/// The name is not repeated either: who mixes up the two sides of `=` gives a value there.
fn once_each(environment: &[(String, String)]) -> Result<(), Failure> {
    match given_twice(environment.iter().map(|(name, _)| &**name)) {
        Some(number) => Err(Failure::usage(format!(
            "`--env` number {number} sets a variable that an earlier one has set; give each once"
        ))),
        None => Ok(()),
    }
}

/// The first name that stood before, counted from 1.
fn given_twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut before = BTreeSet::new();
    names.zip(1..).find_map(|(name, number)| (!before.insert(name)).then_some(number))
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
    fn two_directories_cannot_have_one_name_in_the_action() {
        let given = |texts: &[&str]| directories(&texts.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(given(&["a::/x", "a::/y", "b::/x/y"]).unwrap().len(), 3);
        for texts in [["a::/x", "b::/x"], ["a::/x", "a::/x/"]] {
            let refusal = given(&texts).unwrap_err().error.unwrap().to_string();
            assert!(refusal.starts_with("`--dir` number 2 has the name"), "{refusal}");
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
