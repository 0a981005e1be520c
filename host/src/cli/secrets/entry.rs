//! How one secret is shown: everything but its value.

use serde_json::{Value, json};
use um_host::leak::Form;
use um_host::secret::Masking;
use um_host::store::{LastUse, SecretSummary};

use crate::cli::show;

/// The secret for programs. Its shape is the same in `list` and `info`.
pub fn object(secret: &SecretSummary) -> Value {
    json!({
        "name": secret.name,
        "description": secret.description,
        "version": secret.version,
        "created": show::stamp(secret.created),
        "updated": show::stamp(secret.updated),
        "exposure": secret.exposure,
        "binding": secret.binding,
        "expires": secret.expires.map(show::stamp),
        "masking": masking(&secret.masking),
    })
}

/// How much of the value is masked, for programs.
pub fn masking(masking: &Masking) -> &'static str {
    match masking {
        Masking::EveryForm => "every-form",
        Masking::RawOnly => "raw-only",
        Masking::Nothing(_) => "nothing",
    }
}

/// How much of the value is masked, for people.
pub fn masked(masking: &Masking) -> &'static str {
    match masking {
        Masking::EveryForm => "yes",
        Masking::RawOnly => "as it is",
        Masking::Nothing(_) => "never",
    }
}

/// In which forms the value is masked, for people.
pub fn masked_forms(masking: &Masking) -> String {
    let forms: Vec<String> = Form::guarded(*masking).iter().map(ToString::to_string).collect();
    match masking {
        Masking::EveryForm => format!("in every form: {}", forms.join(", ")),
        Masking::RawOnly => "as it is, but in no other form: it has under 8 bytes".to_owned(),
        Masking::Nothing(reason) => format!("never: {reason}"),
    }
}

/// What to say beside a last use that may not be the last.
pub const READS_DAMAGED: &str = "records of reads are missing or damaged, so it may have been used later than that";

/// The last use for programs.
pub fn last_use(used: Option<&LastUse>) -> Value {
    used.map_or(
        Value::Null,
        |used| json!({ "at": show::stamp(used.at), "run": used.run.to_string(), "reads": used.reads }),
    )
}

/// The last use for people.
pub fn last_use_line(used: Option<&LastUse>) -> String {
    match used {
        Some(used) => {
            format!("{} by run {}, read {}", show::time(used.at), used.run, show::counted(used.reads, "time"))
        }
        None => "never".to_owned(),
    }
}
