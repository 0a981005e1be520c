//! The options that name the place, as a command that is suggested repeats them: typed as it stands, it acts where the
//! command acted that it is about.
//!
//! What the environment says is not repeated: it counts for the next command, too.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;

use um_secret::WorkspaceName;

use crate::cli::advice::quoted;

/// There is one command line.
static ASKED: OnceLock<Asked> = OnceLock::new();

struct Asked {
    workspace: WorkspaceName,
    /// ` --data-dir DIR --key SOURCE`, as far as they were given.
    store: String,
}

/// Notes where this command acts.
pub fn remember(workspace: &WorkspaceName, data: Option<&Path>, key: Option<&OsStr>) {
    let is_said = |variable: &str, text: &OsStr| env::var_os(variable).is_some_and(|said| said == text);
    let data = data.filter(|data| !is_said("UM_HOST_DATA_DIR", data.as_os_str()));
    let key = key.filter(|key| !is_said("UM_HOST_KEY", key));
    let _ = ASKED.set(Asked { workspace: workspace.clone(), store: options(data, key) });
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
    ASKED.get().map_or_else(String::new, |asked| within(&asked.workspace))
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
    fn what_was_given_is_repeated_as_a_shell_takes_it() {
        let of = |data: Option<&str>, key: Option<&str>| options(data.map(Path::new), key.map(OsStr::new));
        assert_eq!(of(None, None), "");
        assert_eq!(of(Some("/srv/um"), None), " --data-dir /srv/um");
        assert_eq!(of(Some("my data"), Some("env:KEY")), " --data-dir 'my data' --key env:KEY");
        assert_eq!(of(None, Some("fd:3")), "");
    }
}
