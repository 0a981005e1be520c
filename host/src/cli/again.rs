//! The options that name store and workspace, as a command that is suggested repeats them: typed as it stands, it acts where
//! the command acted that it is about.
//!
//! They are taken from the command line as it was typed: what cannot be parsed is told with a command to type, too. What the
//! environment says is not repeated: it counts for the next command.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use um_secret::WorkspaceName;
use um_store::KeySource;

use crate::cli::advice::quoted;

/// There is one command line.
static ASKED: OnceLock<Asked> = OnceLock::new();

struct Asked {
    workspace: Option<WorkspaceName>,
    /// ` --data-dir DIR --key SOURCE`, as far as they were given.
    store: String,
}

/// Notes where a command with these arguments acts.
pub fn remember(arguments: &[OsString]) {
    let is_said = |variable: &str, text: &OsStr| env::var_os(variable).is_some_and(|said| said == text);
    let data = typed("--data-dir", arguments).filter(|data| !is_said("UM_HOST_DATA_DIR", data));
    let key = typed("--key", arguments).filter(|key| is_source(key) && !is_said("UM_HOST_KEY", key));
    let workspace = typed("--workspace", arguments).and_then(OsStr::to_str);
    let workspace = workspace.and_then(|name| WorkspaceName::parse(name).ok());
    let _ = ASKED.set(Asked { workspace, store: options(data.map(Path::new), key) });
}

/// What is given to an option, which takes one value. Behind `--` all is the action's.
fn typed<'a>(option: &str, arguments: &'a [OsString]) -> Option<&'a OsStr> {
    let mut ours = arguments.iter().map(OsString::as_os_str).take_while(|argument| *argument != "--");
    ours.find_map(|argument| {
        let rest = argument.as_bytes().strip_prefix(option.as_bytes())?;
        match rest.split_first() {
            None => Some(None),
            Some((b'=', value)) => Some(Some(OsStr::from_bytes(value))),
            Some(_) => None,
        }
    })?
    .or_else(|| ours.next())
}

/// A key itself is not repeated.
fn is_source(text: &OsStr) -> bool {
    text.to_str().is_some_and(|text| KeySource::parse(text).is_ok())
}

/// What a command needs that acts on the same store.
pub fn store() -> &'static str {
    ASKED.get().map_or("", |asked| &asked.store)
}

/// What a command needs that acts on a workspace of the same store.
pub fn within(workspace: &WorkspaceName) -> String {
    let said = env::var("UM_HOST_WORKSPACE").ok().filter(|said| !said.is_empty());
    match said.as_deref().unwrap_or("default") == workspace.as_str() {
        true => store().to_owned(),
        false => format!(" --workspace {workspace}{}", store()),
    }
}

/// What a command needs that acts on the same workspace.
pub fn here() -> String {
    match ASKED.get().and_then(|asked| asked.workspace.as_ref()) {
        Some(workspace) => within(workspace),
        None => store().to_owned(),
    }
}

/// A key that comes by a descriptor is not there again.
fn options(data: Option<&Path>, key: Option<&OsStr>) -> String {
    let key = key.filter(|key| !key.as_encoded_bytes().starts_with(b"fd:")).map(Path::new);
    let options = [("--data-dir", data), ("--key", key)];
    options.into_iter().filter_map(|(option, text)| Some(format!(" {option} {}", quoted(text?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_workspace_than_the_default_is_named() {
        let of = |name: &str| within(&WorkspaceName::parse(name).unwrap());
        assert_eq!([of("default"), of("mk")], ["", " --workspace mk"]);
    }

    #[test]
    fn an_option_is_found_as_it_may_be_typed() {
        let of = |line: &str| {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            typed("--key", &arguments).map(|value| value.to_str().unwrap().to_owned())
        };
        for (line, value) in [
            ("um-host --key file:/k secrets list", Some("file:/k")),
            ("um-host secrets list --key=file:/k", Some("file:/k")),
            ("um-host secrets list --key=", Some("")),
            ("um-host secrets list --key", None),
            ("um-host secrets list --keys file:/k", None),
            ("um-host run a.wasm -- --key file:/k", None),
            ("um-host run a.wasm --key -- x", None),
        ] {
            assert_eq!(of(line).as_deref(), value, "{line}");
        }
        let key = format!("um-host-key-{}", "A".repeat(47));
        assert!(!is_source(OsStr::new(&key)) && is_source(OsStr::new("env:KEY")));
    }

    #[test]
    fn what_was_given_is_repeated_as_a_shell_takes_it() {
        let of = |data: Option<&str>, key: Option<&str>| options(data.map(Path::new), key.map(OsStr::new));
        assert_eq!(of(None, None), "");
        assert_eq!(of(Some("/srv/um"), None), " --data-dir /srv/um");
        assert_eq!(of(Some("my data"), Some("env:KEY")), " --data-dir 'my data' --key env:KEY");
        assert_eq!(of(None, Some("fd:3")), "");
    }
}
