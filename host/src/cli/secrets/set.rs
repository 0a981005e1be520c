//! `um-host secrets set`: stores a secret, or gives it a new value.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use um_base::rule::{Placement, Rule, Scheme};
use um_leak::parts_of;
use um_secret::{
    Binding, BindingError, Exposure, ExposureError, Masking, Precondition, SecretName, SecretValue, SetOptions, Stored,
    check_description,
};
use um_store::{Store, StoreError};

use crate::cli::again;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};
use crate::cli::kept;
use crate::cli::progress::during;
use crate::cli::prompt;
use crate::cli::secrets::{description, entry, parts};
use crate::cli::settings::Settings;
use crate::cli::ui::Ui;
use crate::cli::value;

pub const AFTER_HELP: &str = "\
The value is typed at a hidden prompt, or read from stdin when that is no terminal, or from a file. It is never an \
argument: arguments stay in the shell's history and show in the list of processes. It is UTF-8 text of 1 byte to \
64 KiB, kept byte for byte; of stdin one newline at the end is dropped. Blanks, quotes and what nobody sees around it \
are kept, and told.

Runs that are under way keep the value that they started with. The old value is destroyed.

A bound secret goes to the hosts that it is bound to, and requests to others with it are refused:
  --bind [METHODS ][SCHEME://]HOST[:PORT][/PATH-PREFIX]
with methods as in --bind 'GET,POST api.hubapi.com/crm'; https unless it says http.

--bind seals the secret: the action gets a placeholder, and um-host puts the value into the request on its way out, \
where --in says: header:NAME, query:NAME or body:FIELD (of a form or a JSON object). There the placeholder stands \
alone, in a header also behind a scheme (`Bearer`, say), or as user or password of Basic. A request with it anywhere \
else is refused. Headers that others read or change (Cookie, User-Agent and the like) take none. In answers of these \
hosts the value becomes the placeholder again. A sealed value is visible ASCII of \
16 bytes to 4 KiB, and no URL: that of a webhook takes --revealed. With --revealed the action gets the value itself.

Of a value that has parts it is said which of them are guarded: see `um-host secrets parts --help`.

How a secret is used stays as it was where nothing is said about it; --bind names all the hosts anew, and --in goes \
with it. To change any of this the value is asked for again: who does not know a sealed value cannot reveal it.

Examples:
  um-host secrets set HUBSPOT_API_KEY --description 'CRM, read only'
  um-host secrets set TLS_KEY --from-file key.pem
  pass show crm | um-host secrets set HUBSPOT_API_KEY
  um-host secrets set HUBSPOT_API_KEY --bind api.hubapi.com
  um-host secrets set MAPS_KEY --bind 'GET maps.example.com/v1' --in query:key
  um-host secrets set DB_TOKEN --bind http://localhost:8080 --revealed
  um-host secrets set HUBSPOT_API_KEY --if-version 3 < new-token";

#[derive(Args, Debug)]
pub struct SetArgs {
    /// Name of the secret: letters, digits and underscores, no digit first; case matters
    #[arg(value_name = "NAME")]
    name: String,
    /// What the secret is for, shown to everyone who may use it [default: as it was]
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Read the value from a file, byte for byte
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// Store a value that cannot be masked: under 4 bytes, or a word or number that stands in every log
    #[arg(long)]
    allow_unmaskable: bool,
    /// Store only if the secret has this version now; 0: only if there is none of this name
    #[arg(long, value_name = "N", value_parser = version, allow_hyphen_values = true)]
    if_version: Option<u64>,
    /// Let the value go to this host alone, and seal it; several times for several hosts, 16 at most
    #[arg(long, value_name = "HOST")]
    bind: Vec<String>,
    /// Where a sealed value is put in requests to the hosts of --bind [default: header:Authorization]
    #[arg(long = "in", value_name = "PLACE", requires = "bind", conflicts_with = "revealed")]
    placement: Option<String>,
    /// Hand out a placeholder in place of the value, for a bound secret
    #[arg(long, conflicts_with = "revealed")]
    sealed: bool,
    /// Hand out the value itself
    #[arg(long)]
    revealed: bool,
    /// Catches a value given as argument, so that it can be refused without being repeated.
    #[arg(hide = true, allow_hyphen_values = false)]
    stray: Vec<OsString>,
}

pub fn run(args: SetArgs, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    if !args.stray.is_empty() {
        return Err(super::value_as_argument());
    }
    let name = super::secret_name(&args.name)?;
    let description = args.description.as_deref().unwrap_or_default();
    check_description(description).or_fail(Exit::Usage)?;
    description::check(description)?;
    // Opened before the value is asked for: nobody likes to type a value that has no place to go.
    let store = settings.store()?;
    let workspace = settings.workspace();
    let bindings = bindings(&args.bind, args.placement.as_deref(), None)?;
    let exposure = match (args.sealed, args.revealed) {
        (true, _) => Some(Exposure::Sealed),
        (_, true) => Some(Exposure::Revealed),
        _ => None,
    };
    check_ahead(&store, &name, args.if_version, exposure.filter(|_| bindings.is_none()), settings)?;
    let value = read_value(&name, args.from_file.as_deref(), settings, ui)?;
    // Kept byte for byte all the same: only its owner knows.
    kept::told(value.expose()).into_iter().for_each(|told| ui.say(told));
    let (allow_unmaskable, parts) =
        (args.allow_unmaskable, Some(during("judging the parts of the value", || parts_of(value.expose()))));
    let options = SetOptions { description: args.description, exposure, bindings, allow_unmaskable, parts };
    let only = match args.if_version {
        None => Precondition::any(),
        Some(0) => Precondition::any().absent(name.clone()),
        Some(version) => Precondition::any().version(name.clone(), version),
    };
    let (by, within, under) = (settings.actor(), workspace.clone(), name.clone());
    let storing = format!("storing {name}");
    let stored = prompt::unless_stopped(storing, move || store.set_if(&by, &within, &under, &value, options, &only))??;
    tell(&name, &stored, settings, ui)
}

/// Refuses what will be refused whatever the value is. The store looks again when it stores.
fn check_ahead(
    store: &Store,
    name: &SecretName,
    if_version: Option<u64>,
    exposure_alone: Option<Exposure>,
    settings: &Settings,
) -> Result<(), Failure> {
    let (found, is_bound) = match during(format!("looking up {name}"), || store.summary(settings.workspace(), name)) {
        Ok((secret, ..)) => (Some(secret.version), !secret.bindings.is_empty()),
        Err(StoreError::NoSecret { .. }) => (None, false),
        Err(error) => return Err(error.into()),
    };
    if exposure_alone == Some(Exposure::Sealed) && !is_bound {
        return Err(StoreError::Exposure { name: name.clone(), reason: ExposureError::Unbound }.into());
    }
    match if_version {
        Some(expected) if expected != found.unwrap_or(0) => {
            Err(StoreError::VersionConflict { name: name.clone(), expected, found }.into())
        }
        _ => Ok(()),
    }
}

/// What a secret is bound to, if that is told; of one that a run is given the options of `run` tell it, with its name.
pub fn bindings(
    hosts: &[String],
    placement: Option<&str>,
    given: Option<&SecretName>,
) -> Result<Option<Vec<Binding>>, Failure> {
    let placement = placement.map(str::parse::<Placement>).transpose();
    let placement = placement.map_err(|error| Failure::usage(format!("--in: {error}")))?.unwrap_or_default();
    let mut bindings: Vec<Binding> = Vec::new();
    for host in hosts {
        let binding = binding(host, &placement, given)?;
        if bindings.contains(&binding) {
            return Err(Failure::usage(format!("--bind names `{binding}` twice")).hint("give it once"));
        }
        bindings.push(binding);
    }
    Ok((!bindings.is_empty()).then_some(bindings))
}

fn binding(host: &str, placement: &Placement, given: Option<&SecretName>) -> Result<Binding, Failure> {
    let bind = given.map_or_else(|| "--bind ".to_owned(), |name| format!("--bind {name}="));
    let below_a_domain = || {
        Failure::usage("--bind: a secret belongs to hosts that are known by name, not to all names below a domain")
            .hint(format!("name each of them: {bind}a.example.com {bind}b.example.com"))
    };
    if host.contains('*') {
        return Err(below_a_domain());
    }
    let rule = Rule::parse(host).map_err(|error| Failure::usage(format!("--bind: {}", error.fault)))?;
    // A name without a dot could be a value that slipped in here, and bindings are shown to everyone.
    if rule.host().name().is_some_and(|name| !name.contains('.') && name != "localhost") && !host.contains("://") {
        return Err(Failure::usage("--bind: the host has no dot, and is not repeated here: it could be a secret")
            .hint(format!(
                "if it is the name of a host in your own network, give its scheme too, as in {bind}https://NAME"
            )));
    }
    Binding::new(rule, placement.clone()).map_err(|error| match error {
        BindingError::Subdomains => below_a_domain(),
        error => Failure::usage(format!("--bind: {error}")),
    })
}

fn read_value(name: &SecretName, file: Option<&Path>, settings: &Settings, ui: Ui) -> Result<SecretValue, Failure> {
    if let Some(path) = file {
        return value::from_file(path);
    }
    if ui.stdin_is_terminal() {
        return prompt::value(&format!("value of {name} in workspace `{}`", settings.workspace()));
    }
    let (value, newline) = value::from_stdin()?;
    if let Some(newline) = newline {
        ui.say(format!("dropped the {newline} at the end of stdin; --from-file keeps every byte"));
    }
    Ok(value)
}

fn tell(name: &SecretName, stored: &Stored, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let workspace = settings.workspace();
    match stored.created {
        true => ui.confirm(format!("stored {name} in workspace `{workspace}` (version {})", stored.version)),
        false => ui.confirm(format!("replaced {name} in workspace `{workspace}` (version {})", stored.version)),
    }
    if !stored.bindings.is_empty() {
        ui.say(format!("{name} is {}: {}", stored.exposure, entry::use_of(stored.exposure, &stored.bindings)));
    }
    for binding in stored.bindings.iter().filter(|binding| is_in_the_open(binding)) {
        ui.say(format!("{binding} has no TLS: who is on the way there can read the value"));
    }
    match &stored.masking {
        _ if stored.exposure == Exposure::Sealed => {}
        Masking::EveryForm => {}
        Masking::RawOnly => ui.say(format!(
            "{name} has under 8 bytes: it is masked where it stands as it is, but not in base64 or another encoding"
        )),
        Masking::Nothing(reason) => ui.say(format!("{name} is never masked: {reason}")),
    }
    if stored.exposure == Exposure::Revealed {
        parts::told(name, &stored.parts, &stored.words_gone).iter().for_each(|line| ui.confirm(line));
    }
    if ui.json {
        ui.object(&json!({
            "workspace": workspace,
            "name": name,
            "version": stored.version,
            "created": stored.created,
            "masking": entry::masking(&stored.masking),
            "exposure": stored.exposure,
            "bindings": stored.bindings,
            "parts": entry::parts(&stored.parts),
            "words_gone": stored.words_gone,
        }))?;
    }
    Ok(Exit::Success)
}

/// Whether the value leaves this machine unencrypted.
fn is_in_the_open(binding: &Binding) -> bool {
    let host = binding.rule().host();
    let is_here = host.name() == Some("localhost") || host.address().is_some_and(|address| address.is_loopback());
    binding.rule().scheme() == Scheme::Http && !is_here
}

fn version(text: &str) -> Result<u64, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.ok_or_else(|| {
        format!("expected the number of a version, as `um-host secrets info NAME{here}` shows it", here = again::here())
    })
}
