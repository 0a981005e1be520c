//! `um-host secrets parts`: what is known of the parts of a value, and what its owner says of them.
//!
//! Guarantees: the value is not opened, paths and verdicts were recorded when it was set; a path that is not among those
//! is not repeated, since it could be a secret.

use clap::Args;
use serde_json::{Value, json};
use um_secret::{Exposure, Part, Parts, Precondition, SecretName, SecretSummary, Verdict, Word, closest};

use crate::cli::advice::did_you_mean;
use crate::cli::again;
use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress::during;
use crate::cli::prompt;
use crate::cli::secrets::entry;
use crate::cli::settings::Settings;
use crate::cli::show::{self, Table};
use crate::cli::ui::Ui;

pub const AFTER_HELP: &str = "\
A value that is JSON, settings, a URL or the like has parts, and each is judged when the value is set: certain (a secret, \
masked everywhere), doubtful (masked in stdout, stderr and error text; in results, documents and requests it passes and \
is counted) or plain (masked nowhere). What you say of a part stands above that, from the next run on, without the value \
being given again. It stays when the value is set anew, as long as there is a part at that path.

A path leads from the outside in, as in db.password or hosts[0].url.password. A segment that could be a secret itself is \
shown by its number, as in [3]. A part that is masked nowhere by itself is masked still where the whole value stands. Of a \
secret that a run is given itself, `um-host run --guard NAME=PATH` and --leave say it.

Examples:
  um-host secrets parts APP_CONFIG
  um-host secrets parts APP_CONFIG --guard db.note --leave db.host
  um-host secrets parts APP_CONFIG --forget db.note";

/// Where a part is masked that is too short.
const TOO_SHORT: &str = "nowhere (under 8 bytes)";
/// Most paths, and most characters of all of them, that one line tells.
const MOST_TOLD: usize = 8;
const MOST_CHARACTERS: usize = 200;
/// Most characters of one of them.
const WIDEST: usize = 60;

#[derive(Args, Debug)]
pub struct PartsArgs {
    /// Name of the secret; case matters
    #[arg(value_name = "NAME")]
    name: String,
    /// Say that a part is a secret: it is masked everywhere; several times for several parts
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    guard: Vec<String>,
    /// Say that a part is no secret: it is masked nowhere
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    leave: Vec<String>,
    /// Take back what was said of a part: what was judged holds again
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    forget: Vec<String>,
}

/// One option: how it is spelled, the path behind it, and the word that it stands for.
pub type Said<'a> = (&'static str, &'a str, Option<Word>);

impl PartsArgs {
    fn said(&self) -> Vec<Said<'_>> {
        let guard = self.guard.iter().map(|path| ("--guard", path.as_str(), Some(Word::Guard)));
        let leave = self.leave.iter().map(|path| ("--leave", path.as_str(), Some(Word::Leave)));
        guard.chain(leave).chain(self.forget.iter().map(|path| ("--forget", path.as_str(), None))).collect()
    }
}

pub fn run(args: &PartsArgs, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let name = super::stored_name(&args.name, settings)?;
    let store = settings.store()?;
    let (mut secret, ..) = during(format!("looking up {name}"), || store.summary(settings.workspace(), &name))?;
    let said = args.said();
    if said.is_empty() {
        return list(&secret, settings, ui);
    }
    check(&said, &secret.name, &secret.parts, |path| others(path, &secret))?;
    // What was just looked at is what is decided on.
    let only = Precondition::any().version(name.clone(), secret.version);
    let words: Vec<_> = said.into_iter().map(|(_, path, word)| (path.to_owned(), word)).collect();
    let (by, within) = (settings.actor(), settings.workspace().clone());
    let deciding = format!("storing what is said of {name}");
    let now = prompt::unless_stopped(deciding, move || store.say_of_parts(&by, &within, &name, &words, &only))??;
    for line in changed(&secret.name, &secret.parts, &now) {
        ui.confirm(line);
    }
    secret.parts = now;
    if ui.json {
        ui.object(&object(&secret, settings))?;
    }
    Ok(Exit::Success)
}

/// Refuses a path that there is not, with what `others` says of those there are, one that is too short, and one that is
/// named twice.
pub fn check(said: &[Said], name: &SecretName, parts: &Parts, others: impl Fn(&str) -> String) -> Result<(), Failure> {
    for (number, (option, path, _)) in said.iter().enumerate() {
        let Some(part) = parts.at(path) else {
            let message = format!("{option}: {name} has no part at this path");
            return Err(Failure::message(Exit::Refused, discreet::unnamed(message)).hint(others(path)));
        };
        if *option == "--guard" && part.is_short {
            let message =
                format!("{option}: what stands at `{path}` has under 8 bytes, and cannot be masked by itself");
            return Err(Failure::message(Exit::Refused, message).hint(
                "the whole value is masked; give the service a longer one, or keep this one in a secret of its own",
            ));
        }
        if said[..number].iter().any(|(_, other, _)| other == path) {
            return Err(Failure::usage(format!("`{path}` is named twice")).hint("say one thing of it"));
        }
    }
    Ok(())
}

fn others(path: &str, secret: &SecretSummary) -> String {
    let (name, here) = (&secret.name, again::here());
    match (secret.parts.list.is_empty(), secret.parts.rules) {
        (true, 0) => {
            format!("its parts were not recorded when it was set: `um-host secrets set {name}{here}` does that")
        }
        (true, _) => "no part of its value is looked for by itself".to_owned(),
        _ => {
            let closest = closest(path, secret.parts.list.iter().map(|part| part.path.as_str()), 3);
            format!("{}`um-host secrets parts {name}{here}` lists those there are", did_you_mean(&closest))
        }
    }
}

fn list(secret: &SecretSummary, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let SecretSummary { name, parts, .. } = secret;
    if ui.json {
        ui.object(&object(secret, settings))?;
        return Ok(Exit::Success);
    }
    let rows = parts.list.iter().map(|part| {
        let judged = if parts.rules == 0 { "-" } else { verdict(part.verdict) };
        [part.path.clone(), judged.to_owned(), part.word.map_or("-", word).to_owned(), masked(part).to_owned()]
    });
    if !parts.list.is_empty() {
        ui.table(&Table::new(["PATH", "JUDGED", "SAID", "MASKED"], rows))?;
    }
    match parts.rules {
        _ if secret.exposure == Exposure::Sealed => {
            ui.say(format!("{name} is sealed, so no action has its value: all of this counts once it is revealed"));
        }
        0 => ui.say(format!(
            "the parts of {name} were not judged when it was set, so each run judges for itself; set the value again to \
             have them listed here"
        )),
        _ if entry::is_judged_otherwise(secret) => ui.say(format!("{name} was {}", entry::JUDGED_OTHERWISE)),
        _ if parts.list.is_empty() => ui.say(format!("no part of {name} is looked for by itself")),
        _ => {}
    }
    Ok(Exit::Success)
}

fn object(secret: &SecretSummary, settings: &Settings) -> Value {
    let is_judged = secret.parts.rules != 0;
    let part = |part: &Part| {
        let judged = is_judged.then_some(part.verdict);
        json!({
            "path": part.path,
            "verdict": judged,
            "word": part.word,
            "stands": part.stands(),
            "is_short": part.is_short,
        })
    };
    json!({
        "workspace": settings.workspace(),
        "name": secret.name,
        "version": secret.version,
        "current": is_judged.then(|| !entry::is_judged_otherwise(secret)),
        "parts": secret.parts.list.iter().map(part).collect::<Vec<_>>(),
    })
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Plain => "plain",
        Verdict::Doubtful => "doubtful",
        Verdict::Certain => "certain",
    }
}

fn word(word: Word) -> &'static str {
    match word {
        Word::Guard => "guard",
        Word::Leave => "leave",
    }
}

fn masked(part: &Part) -> &'static str {
    match part.stands() {
        _ if part.is_short => TOO_SHORT,
        Verdict::Plain => "nowhere",
        Verdict::Doubtful => "in logs",
        Verdict::Certain => "everywhere",
    }
}

/// What is said anew, in a line for each kind.
fn changed(name: &SecretName, before: &Parts, now: &Parts) -> Vec<String> {
    let news = |kind: Option<Word>| {
        let is_new = |path: &str| before.at(path).is_none_or(|part| part.word != kind);
        let parts = now.list.iter().filter(|part| part.word == kind && is_new(&part.path));
        parts.map(|part| part.path.as_str()).collect::<Vec<_>>()
    };
    let kinds = [(Some(Word::Guard), "guards"), (Some(Word::Leave), "leaves"), (None, "goes by what was judged for")];
    let lines = kinds.into_iter().filter_map(|(kind, verb)| {
        let paths = news(kind);
        (!paths.is_empty()).then(|| format!("{verb} {} of {name} from the next run on", some(&paths)))
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { vec!["that is what was said before; nothing was changed".to_owned()] } else { lines }
}

/// What is told of the parts of a value that was just set, if it has any.
pub fn told(name: &SecretName, parts: &Parts, words_gone: &[String]) -> Vec<String> {
    let [guards, doubtful, mut leaves] = [Verdict::Certain, Verdict::Doubtful, Verdict::Plain]
        .map(|verdict| parts.standing(verdict).collect::<Vec<&str>>());
    let short: Vec<&str> = parts.too_short().collect();
    leaves.retain(|path| !short.contains(path));
    let said: Vec<String> = parts.words().map(|(path, said)| format!("{path} ({})", word(said))).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let gone: Vec<&str> = words_gone.iter().map(String::as_str).collect();
    let counted = |count: usize| show::counted(count as u64, "part");
    let guarded = match guards.len() {
        0 => "guards no part".to_owned(),
        count => format!("guards {}: {}", counted(count), some(&guards)),
    };
    let settled = match leaves.len() {
        0 if guards.is_empty() => None,
        0 => Some(guarded),
        count => Some(format!("{guarded}; leaves {count}: {}", some(&leaves))),
    };
    let doubtful = (!doubtful.is_empty()).then(|| {
        format!(
            "doubtful {}: {} (masked in logs only; decide with `um-host secrets parts {name}{here} --guard PATH`, or --leave)",
            doubtful.len(),
            some(&doubtful),
            here = again::here()
        )
    });
    let short = (!short.is_empty())
        .then(|| format!("too short to be masked without the rest, with under 8 bytes: {}", some(&short)));
    let kept = (!said.is_empty()).then(|| format!("what was said of parts before stands: {}", some(&said)));
    let dropped =
        (!gone.is_empty()).then(|| format!("dropped what was said of parts that this value has not: {}", some(&gone)));
    settled.into_iter().chain(doubtful).chain(short).chain(kept).chain(dropped).collect()
}

/// As many paths as a line takes, and how many more there are.
pub fn some(paths: &[&str]) -> String {
    let (mut shown, mut characters) = (Vec::new(), 0);
    for path in paths.iter().take(MOST_TOLD).map(|path| cut(path)) {
        characters += path.chars().count();
        if characters > MOST_CHARACTERS {
            break;
        }
        shown.push(path);
    }
    match paths.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn cut(path: &str) -> String {
    match path.char_indices().nth(WIDEST) {
        Some(_) => path.chars().take(WIDEST - 1).chain(['…']).collect(),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(list: &[(&str, Verdict, Option<Word>)]) -> Parts {
        let part = |(path, verdict, word): &(&str, _, _)| Part {
            path: (*path).to_owned(),
            verdict: *verdict,
            word: *word,
            is_short: false,
        };
        Parts { rules: 1, list: list.iter().map(part).collect() }
    }

    fn name() -> SecretName {
        SecretName::parse("CONFIG").unwrap()
    }

    use Verdict::{Certain, Doubtful, Plain};
    use Word::{Guard, Leave};

    #[test]
    fn set_tells_what_is_guarded_left_and_doubtful() {
        assert!(told(&name(), &Parts::default(), &[]).is_empty());
        let all = parts(&[
            ("a", Certain, None),
            ("b", Plain, None),
            ("c", Doubtful, None),
            ("d", Plain, Some(Guard)),
            ("e", Certain, Some(Leave)),
        ]);
        assert_eq!(
            told(&name(), &all, &["f".to_owned()]),
            [
                "guards 2 parts: a, d; leaves 2: b, e",
                "doubtful 1: c (masked in logs only; decide with `um-host secrets parts CONFIG --guard PATH`, or --leave)",
                "what was said of parts before stands: d (guard), e (leave)",
                "dropped what was said of parts that this value has not: f",
            ]
        );
        assert_eq!(told(&name(), &parts(&[("a", Certain, None)]), &[]), ["guards 1 part: a"]);
        assert_eq!(told(&name(), &parts(&[("a", Plain, None)]), &[]), ["guards no part; leaves 1: a"]);
        assert!(told(&name(), &parts(&[("a", Doubtful, None)]), &[])[0].starts_with("doubtful 1: a ("));
    }

    #[test]
    fn a_line_is_of_a_sane_length_however_many_parts_there_are() {
        let paths: Vec<String> = (0..1_000).map(|number| format!("part{number}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        assert_eq!(some(&paths), "part0, part1, part2, part3, part4, part5, part6, part7 and 992 more");
        assert_eq!(some(&paths[..8]), "part0, part1, part2, part3, part4, part5, part6, part7");
        let long = "é".repeat(128);
        let cut = format!("{}…", "é".repeat(59));
        assert_eq!(some(&[long.as_str(); 4]), format!("{cut}, {cut}, {cut} and 1 more"));
        assert_eq!(some(&[&long[..120]]), long[..120]);
    }

    #[test]
    fn what_is_said_anew_is_told_by_kind() {
        let before = parts(&[("a", Plain, None), ("b", Certain, Some(Guard)), ("c", Plain, Some(Leave))]);
        let now = parts(&[("a", Plain, Some(Guard)), ("b", Certain, None), ("c", Plain, Some(Leave))]);
        assert_eq!(
            changed(&name(), &before, &now),
            ["guards a of CONFIG from the next run on", "goes by what was judged for b of CONFIG from the next run on"]
        );
        assert_eq!(changed(&name(), &now, &before)[0], "guards b of CONFIG from the next run on");
        assert_eq!(changed(&name(), &now, &now), ["that is what was said before; nothing was changed"]);
    }
}
