//! What the argument parser refuses, said without repeating an argument: what stands there may be a secret.
//!
//! clap quotes what it did not expect (`unexpected argument 'hunter22'`). Here only names that um-host defines itself are
//! printed, and the place of the argument.

use std::error::Error as _;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory};
use um_store::{KeySource, KeySourceError};

use crate::cli::again;
use crate::cli::args::Cli;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::secrets;
use crate::cli::terminal;
use crate::cli::ui;

/// What others call a command of ours: its place, their names, ours.
const SYNONYMS: [(&str, &[&str], &str); 8] = [
    ("um-host", &["version"], "--version"),
    ("um-host secrets", &["rm", "remove", "del", "unset", "drop"], "delete"),
    ("um-host secrets", &["add", "create", "new", "update", "put", "store", "change", "rotate"], "set"),
    ("um-host secrets", &["ls", "all"], "list"),
    ("um-host workspaces", &["add", "new", "make", "init"], "create"),
    ("um-host workspaces", &["ls", "all"], "list"),
    ("um-host workspaces", &["info", "get", "describe"], "show"),
    ("um-host key", &["create", "generate", "make", "init"], "new"),
];

/// Answers what clap made of `arguments`: help and version are printed, everything else becomes a failure.
pub fn explain(refused: &clap::Error, arguments: &[OsString]) -> Result<Exit, Failure> {
    match refused.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            ui::write_out(rendered(refused, &io::stdout()).as_bytes())?;
            Ok(Exit::Success)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            ui::say(rendered(refused, &io::stderr()).trim_end());
            Ok(Exit::Usage)
        }
        kind => Err(failure(kind, refused, arguments)),
    }
}

/// Help as the parser words it, in colour if the stream takes one.
fn rendered(refused: &clap::Error, stream: &impl IsTerminal) -> String {
    match terminal::takes_colour(stream) {
        true => refused.render().ansi().to_string(),
        false => refused.render().to_string(),
    }
}

fn failure(kind: ErrorKind, refused: &clap::Error, arguments: &[OsString]) -> Failure {
    let command = Named::by(arguments);
    let path = &command.path;
    match kind {
        ErrorKind::UnknownArgument if holds_key(arguments) => Failure::new(Exit::Usage, KeySourceError::LooksLikeKey),
        // What was not expected stands where a value would, and is no slip in an option's name.
        ErrorKind::UnknownArgument | ErrorKind::TooManyValues
            if path == "um-host secrets set" && (is_value_option(refused) || command.similar(refused).is_none()) =>
        {
            secrets::value_as_argument()
        }
        ErrorKind::UnknownArgument => unknown_argument(&command, refused, arguments),
        ErrorKind::InvalidSubcommand => unknown_command(path, refused),
        kind => Failure::usage(reason(kind, refused, &command)).hint(format!("see `{path} --help`")),
    }
}

fn reason(kind: ErrorKind, refused: &clap::Error, command: &Named) -> String {
    let option = option(refused);
    match kind {
        ErrorKind::MissingRequiredArgument => {
            format!("{} is missing", known(refused, ContextKind::InvalidArg).join(" and "))
        }
        ErrorKind::MissingSubcommand => format!("`{}` needs a command", command.path),
        ErrorKind::ValueValidation => match refused.source() {
            Some(reason) => format!("{option}: {reason}"),
            None => format!("the value of {option} is not valid"),
        },
        ErrorKind::InvalidValue => match command.variable(&option) {
            Some(variable) => format!("{option} (or {variable}) needs a value"),
            None => format!("{option} needs a value"),
        },
        ErrorKind::TooManyValues => format!("{option} takes no value"),
        ErrorKind::ArgumentConflict => match known(refused, ContextKind::PriorArg).first().map(|other| name(other)) {
            Some(other) if other != option => format!("{option} and {other} cannot both be given"),
            _ => format!("{option} can be given once only"),
        },
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8 text".to_owned(),
        _ => "the arguments could not be understood".to_owned(),
    }
}

/// Whether an option was meant to take the value, however much its name is like that of another.
fn is_value_option(refused: &clap::Error) -> bool {
    let Some(ContextValue::String(text)) = refused.get(ContextKind::InvalidArg) else { return false };
    let name = text.split('=').next().unwrap_or_default();
    ["--value", "--secret", "--password", "--token"].contains(&name)
}

fn holds_key(arguments: &[OsString]) -> bool {
    let is_key = |argument: &OsString| {
        matches!(KeySource::parse(&argument.to_string_lossy()), Err(KeySourceError::LooksLikeKey))
    };
    arguments.iter().skip(1).any(is_key)
}

fn unknown_argument(command: &Named, refused: &clap::Error, arguments: &[OsString]) -> Failure {
    let path = &command.path;
    let index = place(refused, arguments).map(|index| format!(" {index}")).unwrap_or_default();
    let hint = match command.similar(refused) {
        Some(similar) => format!("did you mean `{similar}`? See `{path} --help`"),
        None if path == "um-host" && arguments.get(1).is_some_and(|argument| argument == "-v") => {
            "did you mean `um-host --version`? See `um-host --help`".to_owned()
        }
        None if path == "um-host run" => {
            "arguments of the action go behind `--`: `um-host run ACTION -- ARGS`; options: `um-host run --help`"
                .to_owned()
        }
        None => format!("see `{path} --help`"),
    };
    Failure::usage(format!("unexpected argument{index} (not repeated here: it could be a secret)")).hint(hint)
}

fn unknown_command(path: &str, refused: &clap::Error) -> Failure {
    if path == "um-host secrets" && wants_a_value(refused) {
        return Failure::usage("stored values are never shown; only a run gets them")
            .hint(format!("`um-host secrets info NAME{here}` tells everything but the value", here = again::here()));
    }
    // The parser suggests the likeliest last.
    let similar = known(refused, ContextKind::SuggestedSubcommand).pop();
    let hint = match synonym(path, refused).map(str::to_owned).or(similar) {
        Some(similar) => format!("did you mean `{path} {similar}`? See `{path} --help`"),
        None => format!("see `{path} --help`"),
    };
    Failure::usage(format!("`{path}` has no such command")).hint(hint)
}

/// The command that other programs call as it was typed.
fn synonym(path: &str, refused: &clap::Error) -> Option<&'static str> {
    let Some(ContextValue::String(verb)) = refused.get(ContextKind::InvalidSubcommand) else { return None };
    let verb = verb.to_ascii_lowercase();
    let means = |(of, verbs, _): &&(&str, &[&str], &str)| *of == path && verbs.contains(&&*verb);
    SYNONYMS.iter().find(means).map(|(.., command)| *command)
}

fn wants_a_value(refused: &clap::Error) -> bool {
    let Some(ContextValue::String(verb)) = refused.get(ContextKind::InvalidSubcommand) else { return false };
    ["get", "show", "read", "reveal", "print", "cat"].contains(&verb.as_str())
}

/// Which argument was not expected, counted as the shell does.
fn place(refused: &clap::Error, arguments: &[OsString]) -> Option<usize> {
    let Some(ContextValue::String(text)) = refused.get(ContextKind::InvalidArg) else { return None };
    let stands = |argument: &OsString| argument.to_string_lossy().split('=').next() == text.split('=').next();
    arguments.iter().position(stands)
}

/// The option that the parser speaks of, without its values: `--timeout`.
fn option(refused: &clap::Error) -> String {
    known(refused, ContextKind::InvalidArg).first().map_or_else(|| "an argument".to_owned(), |usage| name(usage))
}

/// `--timeout <DURATION>` gives `--timeout`.
fn name(usage: &str) -> String {
    usage.split(' ').next().unwrap_or(usage).to_owned()
}

/// Names of our own from the parser's error. Never to be used for [`ContextKind::InvalidArg`] of an unknown argument.
fn known(refused: &clap::Error, kind: ContextKind) -> Vec<String> {
    match refused.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(many)) => many.clone(),
        _ => Vec::new(),
    }
}

/// The command that the arguments name, as far as it exists.
struct Named {
    /// `um-host secrets set`
    path: String,
    command: Command,
}

impl Named {
    fn by(arguments: &[OsString]) -> Self {
        let mut root = Cli::command();
        // Hands the global options down.
        root.build();
        let mut named = Self { path: "um-host".to_owned(), command: root };
        for argument in arguments.iter().skip(1) {
            if let Some(next) = named.command.find_subcommand(argument) {
                named = Self { path: format!("{} {}", named.path, next.get_name()), command: next.clone() };
            }
        }
        named
    }

    /// The option that was probably meant, unless it is one that help does not show.
    fn similar(&self, refused: &clap::Error) -> Option<String> {
        let suggested = known(refused, ContextKind::SuggestedArg).into_iter().next()?;
        let option = self.option(&suggested)?;
        (!option.is_hide_set()).then_some(suggested)
    }

    /// The environment variable that stands for an option.
    fn variable(&self, option: &str) -> Option<&str> {
        self.option(option)?.get_env()?.to_str()
    }

    fn option(&self, text: &str) -> Option<&Arg> {
        let long = text.strip_prefix("--")?;
        self.command.get_arguments().find(|argument| argument.get_long() == Some(long))
    }
}
