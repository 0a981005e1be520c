//! The options of `um-host run` that set limits.
//!
//! Guarantees: a text that is no limit is told without being repeated where it could be a value.

use std::fmt::Display;
use std::time::Duration;

use um_runtime::{CompileLimit, CompileLimits, Limit, LimitError, LimitWishes, parse_duration};
use um_secret::closest;

use crate::cli::advice::did_you_mean;
use crate::cli::discreet;
use crate::cli::failure::Failure;

/// The option that sets a limit.
pub fn limit_option(limit: Limit) -> String {
    match limit {
        Limit::Wall => "--timeout DURATION".to_owned(),
        Limit::Memory => "--memory SIZE".to_owned(),
        limit => format!("--limit {limit}=VALUE"),
    }
}

/// What the options ask for.
#[derive(Default)]
pub struct Asked {
    pub run: LimitWishes,
    /// Those that hold before there is a run.
    pub compile: Vec<(CompileLimit, String)>,
}

impl Asked {
    fn set(&mut self, name: &str, value: &str) -> Result<(), LimitError> {
        match CompileLimit::by_name(name) {
            Some(limit) => {
                CompileLimits::default().set(limit, value)?;
                self.compile.push((limit, value.to_owned()));
                Ok(())
            }
            None => self.run.set(name, value),
        }
    }

    /// The limits of compiling. Whoever lets loading take longer lets compiling, too.
    pub fn compile(&self, load_timeout: Duration) -> CompileLimits {
        let mut limits = CompileLimits::default();
        limits.wall = limits.wall.max(load_timeout);
        for (limit, value) in &self.compile {
            limits.set(*limit, value).unwrap_or_default();
        }
        limits
    }
}

/// What is asked for: `--timeout` and `--memory` are the limits `wall` and `memory` under names of their own. What is not
/// given stays.
pub fn wishes(limit: &[String], timeout: Option<&str>, memory: Option<&str>) -> Result<Asked, Failure> {
    let (mut limits, mut given) = (Asked::default(), Vec::new());
    for text in limit {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage("`--limit` needs a name and a value, for example --limit stdout=1MiB")
                .hint("`um-host run --help` lists the limits")
        })?;
        given.push(("--limit", name, value));
    }
    for (option, limit, value) in [("--timeout", Limit::Wall, timeout), ("--memory", Limit::Memory, memory)] {
        given.extend(value.map(|value| (option, limit.name(), value)));
    }
    for (index, &(option, name, value)) in given.iter().enumerate() {
        let quoted = format!("{name}={value}");
        limits.set(name, value).map_err(|error| match error {
            LimitError::Unknown { .. } => unknown_limit(option, name),
            error => {
                let told = discreet::message(&quoted, &error, no_limit(&error));
                Failure::usage(format!("{option}: {told}"))
            }
        })?;
        if let Some((earlier, ..)) = given[..index].iter().find(|(_, other, _)| *other == name) {
            let by = if *earlier == option { option.to_owned() } else { format!("{earlier} and {option}") };
            return Err(Failure::usage(format!("the limit `{name}` is given twice, by {by}")).hint("give it once"));
        }
    }
    Ok(limits)
}

/// The name may be a value.
fn unknown_limit(option: &str, name: &str) -> Failure {
    let names: Vec<&str> =
        Limit::ALL.map(Limit::name).into_iter().chain(CompileLimit::ALL.map(CompileLimit::name)).collect();
    let told = discreet::unnamed("there is no such limit");
    Failure::usage(format!("{option}: {told}; the limits are {}", names.join(", "))).hint(format!(
        "{}`um-host run --help` lists them with what they are by default",
        did_you_mean(&closest(name, names.into_iter(), 1))
    ))
}

pub fn load_timeout(text: &str) -> Result<Duration, Failure> {
    let refused = |error: &dyn Display| {
        Failure::usage(format!("--load-timeout: {}", discreet::message(text, error, "this is no duration")))
    };
    match parse_duration(text) {
        Ok(Duration::ZERO) => Err(refused(&"it must be more than nothing")),
        Ok(time) => Ok(time),
        Err(error) => Err(refused(&error)),
    }
}

/// An option's value may begin with a hyphen so that a number below zero is told as one.
pub fn duration(text: &str) -> Result<String, &'static str> {
    no_hyphen(text).ok_or("expected a time above zero, for example 500ms, 30s, 2m or 1h")
}

pub fn size(text: &str) -> Result<String, &'static str> {
    no_hyphen(text).ok_or("expected a size above zero, for example 64KiB, 256MiB or 2GiB")
}

fn no_hyphen(text: &str) -> Option<String> {
    (!text.starts_with('-')).then(|| text.to_owned())
}

/// What the text of a limit is not, without it.
pub fn no_limit(error: &LimitError) -> &'static str {
    match error {
        LimitError::Duration { .. } => "this is no duration",
        LimitError::Size { .. } => "this is no size",
        LimitError::Count { .. } => "this is no number",
        _ => "this is no limit",
    }
}
