//! Secrets that a run is given and no store keeps: the options that name them, where their values are, and how they may be
//! used.
//!
//! Guarantees: a value is masked, bound and refused by the rules of `secrets set`; it is written nowhere, and never taken
//! from the command line.

use clap::Args;
use um_base::detached;
use um_leak::parts_of;
use um_runtime::OffLimits;
use um_secret::{Exposure, MapSecret, Parts, SecretName, SecretValue, SetOptions, Unfit, Word, closest};

use crate::cli::advice::did_you_mean;
use crate::cli::advice::keeping::of_given_exposure;
use crate::cli::again;
use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::kept;
use crate::cli::secrets::parts::{self, Said};
use crate::cli::secrets::{secret_name, set};
use crate::cli::ui::Ui;
use crate::cli::value::Newline;

use super::source::{Source, refused};
use super::spent::{Spent, UNWRITTEN};

/// Most secrets that a run is given.
const MAX_GIVEN: usize = 100;

/// Part of the help of `run`.
pub const ABOUT: &str = "\
--secret gives the run a secret that no store keeps, in CI for instance. A source is env:VARIABLE, file:PATH or fd:NUMBER, \
never the value; of a file or a descriptor one newline at the end is dropped. The secret is reported like those of the \
workspace, which may have none of that name, and masked from the beginning of the run, whether the action asks for it or comes \
by it in another way, unless it is sealed or left out by --only-secrets or --policy. --bind, --in, --sealed and --revealed do \
for it what they do for `um-host secrets set`: bound, it is sealed; --guard and --leave what they do for \
`um-host secrets parts`. An action that asks for no other secrets needs no store; the first one that it asks for where \
there is none ends the run with status 125.";

#[derive(Args, Debug)]
pub struct GivenArgs {
    /// Give the run a secret of its own: env:VARIABLE, file:PATH or fd:NUMBER has its value; may be given again
    #[arg(long, value_name = "NAME=SOURCE")]
    secret: Vec<String>,
    /// Let a secret of --secret go to this host alone, and seal it; may be given again
    #[arg(long, value_name = "NAME=HOST")]
    bind: Vec<String>,
    /// Where a secret of --secret and --bind is put in requests [default: header:Authorization]
    #[arg(long = "in", value_name = "NAME=PLACE")]
    placement: Vec<String>,
    /// Hand out a placeholder for a secret of --secret and --bind, as --bind has it anyway; may be given again
    #[arg(long, value_name = "NAME")]
    sealed: Vec<String>,
    /// Hand out the value of a secret of --secret and --bind itself; may be given again
    #[arg(long, value_name = "NAME")]
    revealed: Vec<String>,
    /// Say that a part of a value of --secret is a secret: it is masked everywhere; may be given again
    #[arg(long, value_name = "NAME=PATH")]
    guard: Vec<String>,
    /// Say that a part of a value of --secret is no secret: it is masked nowhere by itself; may be given again
    #[arg(long, value_name = "NAME=PATH")]
    leave: Vec<String>,
    /// Take a value of --secret that cannot be masked: under 4 bytes, or a word or number that stands in every log
    #[arg(long)]
    allow_unmaskable: bool,
}

/// A secret that a run is given, whose value has not been read yet.
pub struct Given {
    pub name: SecretName,
    source: Source,
    options: SetOptions,
    /// What is said of parts of the value: the option, the path, and the word that it stands for.
    words: Vec<(&'static str, String, Word)>,
}

impl Given {
    /// Keeps a file with a value from actions that are given what lies around it.
    pub fn hidden(&self, own: OffLimits) -> OffLimits {
        match self.source.file() {
            Some(path) => own.add("the file of a `--secret`", path),
            None => own,
        }
    }

    /// Whether the value comes from what the action would read as its standard input.
    pub fn is_stdin(&self) -> bool {
        self.source.is_stdin()
    }

    fn read(self) -> Result<(MapSecret, Vec<String>), Failure> {
        let (value, newline) = self.source.read(&self.name)?;
        let told = told(&self.name, &value, newline);
        let parts = worded(&self.name, &value, &self.words)?;
        let secret = secret(self.name, value, &self.options)?;
        Ok((parts.into_iter().fold(secret, MapSecret::parts), told))
    }

    /// Whether the action gets a placeholder: as `SetOptions` has it.
    fn is_sealed(&self) -> bool {
        self.options.exposure.map_or(self.options.bindings.is_some(), |exposure| exposure == Exposure::Sealed)
    }
}

/// Makes secrets of the options. No value is read.
pub fn settle(args: &GivenArgs) -> Result<Vec<Given>, Failure> {
    let mut given: Vec<Given> = Vec::new();
    for text in &args.secret {
        let (name, source) = text.split_once('=').ok_or_else(|| nameless("--secret", "=env:CRM_TOKEN"))?;
        let name = secret_name(name)?;
        if given.iter().any(|earlier| earlier.name == name) {
            return Err(refused(&name, "the secret is given twice").hint("give it once"));
        }
        let source = Source::parse(&name, source)?;
        let options = SetOptions { allow_unmaskable: args.allow_unmaskable, ..SetOptions::default() };
        given.push(Given { name, source, options, words: Vec::new() });
    }
    if given.len() > MAX_GIVEN {
        return Err(Failure::usage(format!(
            "--secret gives {} secrets; a run is given {MAX_GIVEN} at most",
            given.len()
        ))
        .hint(format!("keep them in a store: `um-host secrets set NAME{here}`", here = again::here())));
    }
    use_of(args, &mut given)?;
    words_of(args, &mut given)?;
    if args.allow_unmaskable && given.is_empty() {
        return Err(Failure::usage("--allow-unmaskable is for a value of --secret, and none is given"));
    }
    Ok(given)
}

/// Reads the values, one after the other, in the time of the run; somebody may have to type what opens them.
pub async fn read(given: Vec<Given>, spent: &mut Spent, quiet: bool, ui: Ui) -> Result<Vec<MapSecret>, Failure> {
    let mut secrets = Vec::new();
    for given in given {
        let what = format!("the value of --secret {}", given.name);
        let (secret, told) = spent.in_time(what, UNWRITTEN, detached(move || given.read())).await?;
        told.iter().filter(|_| !quiet).for_each(|line| ui.say(line));
        secrets.push(secret);
    }
    Ok(secrets)
}

/// Takes up where the secrets may go, and whether the action gets them.
fn use_of(args: &GivenArgs, given: &mut [Given]) -> Result<(), Failure> {
    let bound = named("--bind", "=api.example.com", &args.bind, given)?;
    let placed = named("--in", "=header:X-Api-Key", &args.placement, given)?;
    let sealed = all_of("--sealed", &args.sealed, given)?;
    let revealed = all_of("--revealed", &args.revealed, given)?;
    for (index, secret) in given.iter_mut().enumerate() {
        let of = |all: &[(usize, String)]| -> Vec<String> {
            all.iter().filter(|(of, _)| *of == index).map(|(_, text)| text.clone()).collect()
        };
        let (hosts, places, name) = (of(&bound), of(&placed), &secret.name);
        let exposure = match (sealed.contains(&index), revealed.contains(&index)) {
            (true, true) => return Err(not_both("--sealed", name)),
            (true, false) => Some(Exposure::Sealed),
            (false, true) => Some(Exposure::Revealed),
            (false, false) => None,
        };
        check_placement(name, &hosts, &places, exposure)?;
        secret.options.bindings = set::bindings(&hosts, places.first().map(String::as_str), Some(name))?;
        secret.options.exposure = exposure;
    }
    Ok(())
}

/// Takes up what is said of parts of the values.
fn words_of(args: &GivenArgs, given: &mut [Given]) -> Result<(), Failure> {
    for (option, texts, word) in [("--guard", &args.guard, Word::Guard), ("--leave", &args.leave, Word::Leave)] {
        for (index, path) in named(option, "=db.password", texts, given)? {
            let secret = &mut given[index];
            if secret.is_sealed() {
                return Err(Failure::usage(format!("{option}: {} is sealed, so no action has its value", secret.name))
                    .hint(format!("leave that out, or reveal the value: --revealed {}", secret.name)));
            }
            secret.words.push((option, path, word));
        }
    }
    Ok(())
}

/// A place is said once, and for a secret whose value is put into requests.
fn check_placement(
    name: &SecretName,
    hosts: &[String],
    places: &[String],
    exposure: Option<Exposure>,
) -> Result<(), Failure> {
    match places {
        [_, _, ..] => Err(Failure::usage(format!("--in says twice where {name} goes")).hint("say it once")),
        [_] if hosts.is_empty() => Err(Failure::usage(format!("--in: {name} is bound to no host"))
            .hint(format!("name it with --bind {name}=HOST"))),
        [_] if exposure == Some(Exposure::Revealed) => Err(not_both("--in", name)),
        _ => Ok(()),
    }
}

fn not_both(option: &str, name: &SecretName) -> Failure {
    Failure::usage(format!("{option} and --revealed cannot both be given for {name}"))
}

/// What an option says of which secret, as `NAME=…`.
fn named(option: &str, example: &str, texts: &[String], given: &[Given]) -> Result<Vec<(usize, String)>, Failure> {
    let one = |text: &String| {
        let (name, rest) = text.split_once('=').ok_or_else(|| nameless(option, example))?;
        Ok((one_of(option, name, given)?, rest.to_owned()))
    };
    texts.iter().map(one).collect()
}

/// Which of the secrets an option means that is given for each.
fn all_of(option: &str, texts: &[String], given: &[Given]) -> Result<Vec<usize>, Failure> {
    texts.iter().map(|text| one_of(option, text, given)).collect()
}

/// Which of the secrets an option means. What is no name of theirs may be a value.
fn one_of(option: &str, text: &str, given: &[Given]) -> Result<usize, Failure> {
    let names = || given.iter().map(|given| given.name.as_str());
    names().position(|name| name == text).ok_or_else(|| {
        let told = discreet::unnamed("this is the name of no secret of --secret");
        let meant = did_you_mean(&closest(text, names(), 1));
        Failure::usage(format!("{option}: {told}")).hint(format!("{meant}{}", elsewhere(option)))
    })
}

/// What does for a secret of the workspace what an option does for one of `--secret`.
fn elsewhere(option: &str) -> &'static str {
    match option {
        "--guard" | "--leave" => {
            "what is said of parts of a secret of the workspace is kept with it: see `um-host secrets parts --help`"
        }
        _ => "a secret of the workspace is bound when it is set: see `um-host secrets set --help`",
    }
}

/// The text is not repeated: it may be a value.
fn nameless(option: &str, example: &str) -> Failure {
    Failure::usage(format!("{option} needs the name of a secret, as in {option} CRM_TOKEN{example}"))
        .hint("what was given is not repeated here, in case it is a value: that has no place on the command line")
}

/// The parts of a value with what is said of them; nothing if nothing is: then the run judges for itself.
fn worded(
    name: &SecretName,
    value: &SecretValue,
    words: &[(&'static str, String, Word)],
) -> Result<Option<Parts>, Failure> {
    if words.is_empty() {
        return Ok(None);
    }
    let mut found = parts_of(value.expose());
    let said: Vec<Said> = words.iter().map(|(option, path, word)| (*option, path.as_str(), Some(*word))).collect();
    let others = |path: &str| {
        let paths: Vec<&str> = found.list.iter().map(|part| part.path.as_str()).collect();
        let meant = did_you_mean(&closest(path, paths.iter().copied(), 3));
        match paths.is_empty() {
            true => "no part of its value is looked for by itself".to_owned(),
            false => format!("{meant}its parts are {}", parts::some(&paths)),
        }
    };
    // Nothing is kept that could have refused it.
    parts::check(&said, name, &found, others).map_err(|refused| Failure { exit: Exit::Usage, ..refused })?;
    let words: Vec<_> = words.iter().map(|(_, path, word)| (path.clone(), Some(*word))).collect();
    // Each path was found.
    let _ = found.say(&words);
    Ok(Some(found))
}

fn secret(name: SecretName, value: SecretValue, options: &SetOptions) -> Result<MapSecret, Failure> {
    let how = options.settle(&value, None).map_err(|unfit| match unfit {
        Unfit::Unmaskable(reason) => refused(&name, &format!("the value could not be masked in outputs: {reason}"))
            .hint("choose a longer one, or accept that with `--allow-unmaskable`"),
        Unfit::Exposure(reason) => {
            let hint = of_given_exposure(&reason, &name);
            let told = anyhow::Error::new(reason).context(format!("--secret {name}: the secret cannot be used so"));
            hint.into_iter().fold(Failure::new(Exit::Usage, told), Failure::hint)
        }
        unfit => refused(&name, &unfit.to_string()),
    })?;
    let secret = MapSecret::new(name, value);
    let secret = match how.exposure {
        Exposure::Sealed => secret.sealed(how.bindings),
        Exposure::Revealed => secret.bound(how.bindings),
    };
    secret.or_fail(Exit::Usage)
}

/// What was dropped from a value, and what is kept that was perhaps not meant to be part of it.
fn told(name: &SecretName, value: &SecretValue, newline: Option<Newline>) -> Vec<String> {
    let dropped = newline.map(|newline| format!("{name}: dropped the {newline} at the end of what was read"));
    let kept = kept::told(value.expose()).map(|told| format!("{name}: {told}"));
    dropped.into_iter().chain(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(secret: &[&str], bind: &[&str], placement: &[&str], revealed: &[&str]) -> GivenArgs {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let (secret, bind, placement, revealed) = (owned(secret), owned(bind), owned(placement), owned(revealed));
        let [sealed, guard, leave] = [const { Vec::new() }; 3];
        GivenArgs { secret, bind, placement, sealed, revealed, guard, leave, allow_unmaskable: false }
    }

    fn refusal(args: &GivenArgs) -> String {
        let refusal = settle(args).err().unwrap();
        assert!(matches!(refusal.exit, Exit::Usage));
        refusal.text().unwrap()
    }

    #[test]
    fn a_bound_secret_is_sealed_unless_it_is_revealed() {
        let given = settle(&args(
            &["A=env:A", "B=env:B", "C=env:C"],
            &["A=api.example.com", "A=GET http://localhost:8080", "B=b.example.com"],
            &["A=query:key"],
            &["B"],
        ))
        .ok()
        .unwrap();
        let value = || SecretValue::new("pat-na1-7Hq2Lx9vTz".to_owned()).unwrap();
        let how = |index: usize| given[index].options.settle(&value(), None).unwrap();
        assert_eq!((how(0).exposure, how(0).bindings.len()), (Exposure::Sealed, 2));
        assert!(how(0).bindings.iter().all(|binding| binding.placement().to_string() == "query:key"));
        assert_eq!((how(1).exposure, how(1).bindings.len()), (Exposure::Revealed, 1));
        assert_eq!((how(2).exposure, how(2).bindings.len()), (Exposure::Revealed, 0));
    }

    #[test]
    fn what_is_given_twice_or_belongs_to_nothing_is_refused() {
        for (args, told) in [
            (args(&["A=env:A", "A=env:B"], &[], &[], &[]), "--secret A: the secret is given twice"),
            (args(&["A=env:A"], &["B=api.example.com"], &[], &[]), "--bind: this is the name of no secret of --secret"),
            (args(&["A=env:A"], &["api.example.com"], &[], &[]), "--bind needs the name of a secret"),
            (args(&["A=env:A"], &[], &["A=query:key"], &[]), "--in: A is bound to no host"),
            (args(&["A=env:A"], &["A=a.example.com"], &["A=query:k", "A=query:l"], &[]), "--in says twice"),
            (args(&["A=env:A"], &["A=a.example.com"], &["A=query:k"], &["A"]), "--in and --revealed cannot both"),
            (args(&["A=env:A"], &["A=a.example.com", "A=a.example.com"], &[], &[]), "--bind names"),
            (args(&["A=env:A"], &["A=*.example.com"], &[], &[]), "--bind: a secret belongs to hosts"),
            (args(&[], &[], &[], &["A"]), "--revealed: this is the name of no secret of --secret"),
            (args(&["A"], &[], &[], &[]), "--secret needs the name of a secret"),
            (args(&["A key=env:A"], &[], &[], &[]), "`A key` is not a valid name"),
            (args(&["=env:A"], &[], &[], &[]), "a secret needs a name"),
        ] {
            assert!(refusal(&args).starts_with(told), "{}", refusal(&args));
        }
        let many: Vec<String> = (0..=MAX_GIVEN).map(|number| format!("A{number}=env:A")).collect();
        let many = GivenArgs { secret: many, ..args(&[], &[], &[], &[]) };
        assert_eq!(refusal(&many), "--secret gives 101 secrets; a run is given 100 at most");
        let both = args(&["A=env:A"], &["A=a.example.com"], &[], &["A"]);
        let both = GivenArgs { sealed: both.revealed.clone(), ..both };
        assert_eq!(refusal(&both), "--sealed and --revealed cannot both be given for A");
        let none = GivenArgs { allow_unmaskable: true, ..args(&[], &[], &[], &[]) };
        assert!(refusal(&none).starts_with("--allow-unmaskable is for"));
    }

    #[test]
    fn a_value_is_held_to_the_rules_of_those_that_are_stored() {
        let secret = |value: &str, options: &SetOptions| {
            let value = SecretValue::new(value.to_owned()).unwrap();
            secret(SecretName::parse("A").unwrap(), value, options)
                .map(|_| ())
                .map_err(|refused| refused.text().unwrap())
        };
        let plain = SetOptions::default();
        assert_eq!(secret("pat-na1-7Hq2", &plain), Ok(()));
        let unmaskable = secret("true", &plain).unwrap_err();
        assert!(unmaskable.starts_with("--secret A: the value could not be masked in outputs: "), "{unmaskable}");
        assert_eq!(secret("true", &SetOptions { allow_unmaskable: true, ..SetOptions::default() }), Ok(()));
        let bindings = set::bindings(&["api.example.com".to_owned()], None, None).ok().unwrap();
        let short = secret("hunter22", &SetOptions { bindings, ..SetOptions::default() }).unwrap_err();
        assert_eq!(
            short,
            "--secret A: the secret cannot be used so: a sealed value has at least 16 bytes, and this one has 8"
        );
    }
}
