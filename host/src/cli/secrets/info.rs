//! `um-host secrets info`: what is known about one secret. Its value is not opened: how much of it can be masked was
//! found out when it was set.

use serde_json::json;
use um_leak::Form;
use um_secret::{Exposure, SecretName, SecretSummary, Verdict};

use crate::cli::again;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::progress::during;
use crate::cli::secrets::entry;
use crate::cli::settings::Settings;
use crate::cli::show;
use crate::cli::ui::Ui;

pub fn run(name: &SecretName, settings: &Settings, ui: Ui) -> Result<Exit, Failure> {
    let workspace = settings.workspace();
    let store = settings.store()?;
    let (secret, used, reads_damaged) = during(format!("looking up {name}"), || store.summary(workspace, name))?;
    if ui.json {
        let mut object = entry::object(&secret);
        object["workspace"] = json!(workspace);
        let is_sealed = secret.exposure == Exposure::Sealed;
        object["forms"] = if is_sealed { json!([]) } else { json!(Form::guarded(secret.masking)) };
        object["forms_of_parts"] = if is_sealed { json!([]) } else { json!(entry::forms_of_parts(&secret.masking)) };
        object["last_use"] = entry::last_use(used.as_ref());
        object["reads_damaged"] = json!(reads_damaged);
        ui.object(&object)?;
        return Ok(Exit::Success);
    }
    let width = ui.width().map(|width| width.min(show::WIDTH));
    ui.line(format!("name         {}", secret.name))?;
    ui.line(format!("workspace    {workspace}"))?;
    ui.field("description  ", &secret.description)?;
    ui.line(format!("version      {}", secret.version))?;
    ui.line(format!("created      {}", show::time(secret.created)))?;
    ui.line(format!("changed      {}", show::time(secret.updated)))?;
    ui.line(format!("exposure     {}", secret.exposure))?;
    for (number, binding) in secret.bindings.iter().enumerate() {
        let label = if number == 0 { "bound to     " } else { "             " };
        ui.field(label, binding)?;
    }
    for line in show::wrapped("use          ", &entry::use_of(secret.exposure, &secret.bindings), width) {
        ui.line(line)?;
    }
    let masked = match secret.exposure {
        Exposure::Sealed => "in no run: the leak filter never sees the value, since no action does".to_owned(),
        Exposure::Revealed => entry::masked_forms(&secret.masking),
    };
    for line in show::wrapped("masked       ", &masked, width) {
        ui.line(line)?;
    }
    if let Some(parts) = parts(&secret) {
        for line in show::wrapped("parts        ", &parts, width) {
            ui.line(line)?;
        }
    }
    ui.field("last used    ", entry::last_use_line(used.as_ref()))?;
    if reads_damaged {
        ui.say(entry::READS_DAMAGED);
    }
    if entry::is_judged_otherwise(&secret) {
        ui.say(format!("{} was {}", secret.name, entry::JUDGED_OTHERWISE));
    }
    Ok(Exit::Success)
}

/// How many there are of each kind, if any are known.
fn parts(secret: &SecretSummary) -> Option<String> {
    let parts = &secret.parts;
    let count = |verdict| parts.standing(verdict).count();
    let counts = [("guards", Verdict::Certain), ("doubtful", Verdict::Doubtful), ("leaves", Verdict::Plain)];
    let counts = counts.map(|(verb, verdict)| format!("{verb} {}", count(verdict))).join(", ");
    let is_told = secret.exposure == Exposure::Revealed && !parts.list.is_empty();
    let (name, here) = (&secret.name, again::here());
    is_told.then(|| format!("{counts}; `um-host secrets parts {name}{here}` lists them"))
}
