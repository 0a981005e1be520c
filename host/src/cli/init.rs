//! `um-host init`: makes a store and the key that opens it.

use std::path;

use serde_json::json;
use um_store::Store;

use crate::cli::again;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress::during;
use crate::cli::settings::Settings;
use crate::cli::ui::Ui;

pub const AFTER_HELP: &str = "\
The store is made in the data directory, with the workspace `default`. Without --key a new key file is made in \
$XDG_CONFIG_HOME/um-host/keys; with --key the source must hold a key already; `um-host key new` makes one. Nothing that exists is overwritten.

Back the key up, apart from the data: losing it loses all secrets. It protects copies of the data, not this account.

Examples:
  um-host init
  um-host key new /etc/um-host/key && um-host --data-dir /srv/um --key file:/etc/um-host/key init";

/// What every store begins with.
const FIRST_WORKSPACE: &str = "default";

pub fn run(settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let data = settings.data()?;
    let made = during("making the store", || Store::init(&settings.actor(), &data, settings.key()))?;
    ui.confirm(format!("made a store in `{}`, with the workspace `default`", data.display()));
    match &made.key_file {
        Some(path) => ui.confirm(format!("made its key {} in `{}`", made.key_id, path.display())),
        None => ui.confirm(format!(
            "its key is {}, from the source that you named; every command needs it, by `--key` or UM_HOST_KEY",
            made.key_id
        )),
    }
    ui.confirm("back this key up, apart from the data: losing it loses all secrets");
    ui.confirm("it protects copies of the data; whoever can use this account can use the key");
    if settings.workspace().as_str() != FIRST_WORKSPACE {
        let store = again::store();
        ui.say(format!(
            "the workspace that you named is not there yet: `um-host workspaces create NAME{store}` makes it"
        ));
    }
    if ui.json {
        ui.object(&json!({
            "store_id": made.store_id.to_string(),
            "key_id": made.key_id.to_string(),
            "key_file": made.key_file,
            "data_dir": path::absolute(&data).unwrap_or(data),
        }))?;
    }
    Ok(Exit::Success)
}
