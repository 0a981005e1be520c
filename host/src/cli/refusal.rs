//! What the argument parser refuses, said without repeating an argument: what stands there may be a secret.
//!
//! clap quotes what it did not expect (`unexpected argument 'hunter22'`). Here only names that um-host defines itself are
//! printed, and the place of the argument.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};
use um_host::store::{KeySource, KeySourceError};

use crate::cli::args::Cli;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::secrets;
use crate::cli::ui;

/// Answers what clap made of `arguments`: help and version are printed, everything else becomes a failure.
pub fn explain(refused: &clap::Error, arguments: &[OsString]) -> Result<Exit, Failure> {
    match refused.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            ui::write_out(refused.render().to_string().as_bytes())?;
            Ok(Exit::Success)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            ui::say(refused.render().to_string().trim_end());
            Ok(Exit::Usage)
        }
        kind => Err(failure(kind, refused, arguments)),
    }
}

fn failure(kind: ErrorKind, refused: &clap::Error, arguments: &[OsString]) -> Failure {
    let path = command_path(arguments);
    match kind {
        ErrorKind::UnknownArgument if holds_key(arguments) => Failure::new(Exit::Usage, KeySourceError::LooksLikeKey),
        ErrorKind::UnknownArgument | ErrorKind::TooManyValues if is_value(&path, refused) => {
            secrets::value_as_argument()
        }
        ErrorKind::UnknownArgument => unknown_argument(&path, refused, arguments),
        ErrorKind::InvalidSubcommand => unknown_command(&path, refused),
        kind => Failure::usage(reason(kind, refused, &path)).hint(format!("see `{path} --help`")),
    }
}

fn reason(kind: ErrorKind, refused: &clap::Error, path: &str) -> String {
    let option = option(refused);
    match kind {
        ErrorKind::MissingRequiredArgument => {
            format!("{} is missing", known(refused, ContextKind::InvalidArg).join(" and "))
        }
        ErrorKind::MissingSubcommand => format!("`{path}` needs a command"),
        ErrorKind::ValueValidation => match refused.source() {
            Some(reason) => format!("{option}: {reason}"),
            None => format!("the value of {option} is not valid"),
        },
        ErrorKind::InvalidValue => format!("{option} needs a value"),
        ErrorKind::TooManyValues => format!("{option} takes no value"),
        ErrorKind::ArgumentConflict => match known(refused, ContextKind::PriorArg).first().map(|other| name(other)) {
            Some(other) if other != option => format!("{option} and {other} cannot both be given"),
            _ => format!("{option} can be given once only"),
        },
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8 text".to_owned(),
        _ => "the arguments could not be understood".to_owned(),
    }
}

fn holds_key(arguments: &[OsString]) -> bool {
    let is_key = |argument: &OsString| {
        matches!(KeySource::parse(&argument.to_string_lossy()), Err(KeySourceError::LooksLikeKey))
    };
    arguments.iter().skip(1).any(is_key)
}

/// Whether what was not expected stands where `secrets set` would have a value, and is no slip in an option's name.
fn is_value(path: &str, refused: &clap::Error) -> bool {
    path == "um-host secrets set" && refused.get(ContextKind::SuggestedArg).is_none()
}

fn unknown_argument(path: &str, refused: &clap::Error, arguments: &[OsString]) -> Failure {
    let index = place(refused, arguments).map(|index| format!(" {index}")).unwrap_or_default();
    let hint = match known(refused, ContextKind::SuggestedArg).first() {
        Some(similar) => format!("did you mean `{similar}`? See `{path} --help`"),
        None if path == "um-host run" => {
            "arguments of the action go behind `--`: `um-host run ACTION -- ARGS`; options: `um-host run --help`"
                .to_owned()
        }
        None => format!("see `{path} --help`"),
    };
    Failure::usage(format!("unexpected argument{index} (not repeated here: it could be a secret)")).hint(hint)
}

fn unknown_command(path: &str, refused: &clap::Error) -> Failure {
    // The parser suggests the likeliest last.
    let hint = match known(refused, ContextKind::SuggestedSubcommand).last() {
        Some(similar) => format!("did you mean `{path} {similar}`? See `{path} --help`"),
        None => format!("see `{path} --help`"),
    };
    Failure::usage(format!("`{path}` has no such command")).hint(hint)
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

/// The command that the arguments name, as far as it exists: `um-host secrets set`.
fn command_path(arguments: &[OsString]) -> String {
    let root = Cli::command();
    let mut path = "um-host".to_owned();
    let mut command: &Command = &root;
    for argument in arguments.iter().skip(1).map(|argument| argument.to_string_lossy()) {
        if let Some(next) = command.find_subcommand(argument.as_ref()) {
            path = format!("{path} {}", next.get_name());
            command = next;
        }
    }
    path
}
