//! `um-host secrets info`: what is known about one secret.

use serde_json::json;
use um_host::secret::SecretName;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::place::Place;
use crate::cli::secrets::entry;
use crate::cli::show;
use crate::cli::ui::Ui;

pub fn run(name: &SecretName, place: &Place, ui: Ui) -> Result<Exit, Failure> {
    let workspace = place.workspace();
    let (secret, used, reads_damaged) = place.store()?.summary(workspace, name)?;
    if ui.json {
        let mut object = entry::object(&secret);
        object["workspace"] = json!(workspace);
        object["last_use"] = entry::last_use(used.as_ref());
        object["reads_damaged"] = json!(reads_damaged);
        ui.object(&object)?;
        return Ok(Exit::Success);
    }
    ui.line(format!("name         {}", secret.name))?;
    ui.line(format!("workspace    {workspace}"))?;
    ui.line(format!("description  {}", secret.description).trim_end())?;
    ui.line(format!("version      {}", secret.version))?;
    ui.line(format!("created      {}", show::time(secret.created)))?;
    ui.line(format!("changed      {}", show::time(secret.updated)))?;
    ui.line(format!("masked       {}", entry::masked(&secret.masking)))?;
    ui.line(format!("last used    {}", entry::last_use_line(used.as_ref())))?;
    if reads_damaged {
        ui.say(entry::READS_DAMAGED);
    }
    Ok(Exit::Success)
}
