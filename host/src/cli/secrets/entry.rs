//! How one secret is shown: everything but its value.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use um_base::rule::Placement;
use um_leak::{Form, RULES};
use um_secret::{Binding, Exposure, LastUse, Masking, Parts, SecretSummary, Verdict};

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
        "bindings": secret.bindings,
        "expires": secret.expires.map(show::stamp),
        "masking": masking(&secret.masking),
        "parts": parts(&secret.parts),
    })
}

/// How many parts are masked everywhere, in logs and nowhere, and whether they were judged as they are today; nothing if
/// nobody has judged them.
pub fn parts(parts: &Parts) -> Value {
    let count = |verdict| parts.standing(verdict).count();
    match parts.rules {
        0 if parts.list.is_empty() => Value::Null,
        rules => json!({
            "guards": count(Verdict::Certain),
            "doubtful": count(Verdict::Doubtful),
            "leaves": count(Verdict::Plain),
            "current": (rules != 0).then_some(rules == RULES),
        }),
    }
}

/// Whether what was shown of the parts when the value was set may differ from what runs find now.
pub fn is_judged_otherwise(secret: &SecretSummary) -> bool {
    secret.exposure == Exposure::Revealed && ![0, RULES].contains(&secret.parts.rules)
}

/// What such a secret was.
pub const JUDGED_OTHERWISE: &str = "judged by other rules than today's: runs guard what was shown then and what they find \
                                    now; set the value again to have that shown";

/// How much of the value is masked, for programs.
pub fn masking(masking: &Masking) -> &'static str {
    match masking {
        Masking::EveryForm => "every-form",
        Masking::RawOnly => "raw-only",
        Masking::Nothing(_) => "nothing",
    }
}

/// What the secret is bound to, in a few words.
pub fn bound_to(bindings: &[Binding]) -> String {
    match bindings {
        [] => "-".to_owned(),
        [one] => one.to_string(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    }
}

/// Where the value goes and who puts it there, in a sentence.
pub fn use_of(exposure: Exposure, bindings: &[Binding]) -> String {
    match exposure {
        Exposure::Revealed if bindings.is_empty() => {
            "actions get the value, for every host that they may call".to_owned()
        }
        Exposure::Revealed => {
            format!("actions get the value, and requests with it go to {} alone", places(bindings))
        }
        Exposure::Sealed => format!(
            "actions get a placeholder, and um-host puts the value into {} of requests to {}",
            fields(bindings),
            places(bindings)
        ),
    }
}

/// All places, so that nobody takes some of them for all.
pub fn places(bindings: &[Binding]) -> String {
    bindings.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The fields of a request that a sealed value goes into.
pub fn fields(bindings: &[Binding]) -> String {
    let mut fields: Vec<String> = Vec::new();
    for binding in bindings {
        let field = match binding.placement() {
            Placement::Header(name) => format!("the header {name}"),
            Placement::Query(name) => format!("the parameter {name}"),
            Placement::Body(name) => format!("the field {name} of the body"),
        };
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields.join(" or ")
}

/// How much of the value is masked, for people. A sealed one is not in the action, so nothing looks for it.
pub fn masked(secret: &SecretSummary) -> &'static str {
    match secret.masking {
        _ if secret.exposure == Exposure::Sealed => "-",
        Masking::EveryForm if is_judged_otherwise(secret) => "yes *",
        Masking::EveryForm => "yes",
        Masking::RawOnly => "as it is",
        Masking::Nothing(_) => "never",
    }
}

/// In which forms parts of the value are masked, if it has any. Only the value itself could tell whether it has.
pub fn forms_of_parts(masking: &Masking) -> &'static [Form] {
    if *masking == Masking::EveryForm { &Form::OF_PARTS } else { &[] }
}

/// In which forms the value is masked, for people.
pub fn masked_forms(masking: &Masking) -> String {
    match masking {
        Masking::EveryForm => format!(
            "in these forms, as far as they differ: {}; if it has several lines, or is JSON, PEM, base64, a URL, settings \
             or a connection string, its parts too ({}), the shortest in every form, what is beyond 1 KiB in the common \
             ones, what is beyond 8 KiB as it is; over 4 KiB in pieces, in the common forms",
            listed(&Form::guarded(*masking)),
            listed(&Form::OF_PARTS),
        ),
        Masking::RawOnly => "as it is, but in no other form: it has under 8 bytes".to_owned(),
        Masking::Nothing(reason) => format!("never: {reason}"),
    }
}

fn listed(forms: &[Form]) -> String {
    forms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What to say beside a last use that may not be the last.
pub const READS_DAMAGED: &str = "records of reads are missing or damaged, so it may have been used later than that";

/// The last use for programs.
pub fn last_use(used: Option<&LastUse>) -> Value {
    used.map_or(Value::Null, |used| {
        let (at, run) = (show::stamp(used.at), used.run.to_string());
        json!({ "at": at, "run": run, "reads": used.reads, "refused": used.refused, "sealed": used.sealed })
    })
}

/// Where the value went for a placeholder.
fn sealed(hosts: &BTreeMap<String, u64>) -> String {
    let host = |(host, runs): (&String, &u64)| format!("; sent sealed to {host} by {}", show::counted(*runs, "run"));
    hosts.iter().map(host).collect()
}

/// The last use for people.
pub fn last_use_line(used: Option<&LastUse>) -> String {
    match used {
        Some(used) => {
            let refused = match used.refused {
                0 => String::new(),
                count => format!("; {} with it refused", show::counted(count, "request")),
            };
            let reads = show::counted(used.reads, "time");
            format!("{} by run {}, read {reads}{}{refused}", show::time(used.at), used.run, sealed(&used.sealed))
        }
        None => "never".to_owned(),
    }
}
