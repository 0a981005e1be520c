//! What runs see.

use super::{
    Bench, Held, PATIENCE, delete, name, refused, refused_if_supported, same, set, set_with, value, workspace,
};
use crate::binding::Binding;
use crate::exposure::Exposure;
use crate::source::SnapshotError;
use crate::vault::change::SetOptions;
use crate::vault::change::{Change, Precondition};
use crate::vault::look::Query;
use crate::vault::verbs::VaultExt;
use um_base::ErrorKind;
use um_base::rule::{Placement, Rule};

pub(super) async fn a_run_sees_its_workspace_as_it_was_when_it_began(bench: &Bench<'_>) -> Held {
    bench.make(vec![set("TOKEN", "the first value")]).await?;
    let first = bench.snapshot().await?;
    bench.make(vec![set("TOKEN", "the second value"), set("LATER", "another value")]).await?;
    let second = bench.snapshot().await?;
    bench.make(vec![delete("TOKEN")]).await?;
    let of = |text: &str| Some(text.to_owned());
    same("the value in the first snapshot", &value(&*first, "TOKEN").await?, &of("the first value"))?;
    same("a later secret in the first snapshot", &value(&*first, "LATER").await?, &None)?;
    same("the value in the second snapshot", &value(&*second, "TOKEN").await?, &of("the second value"))?;
    same("the value in a snapshot after it was deleted", &bench.value("TOKEN").await?, &None)?;
    same("the other value there", &bench.value("LATER").await?, &of("another value"))
}

pub(super) async fn what_is_not_there_is_not_found(bench: &Bench<'_>) -> Held {
    same("a value that was never set", &bench.value("TOKEN").await?, &None)?;
    let describe = Change::Describe { name: name("TOKEN"), text: "nothing".to_owned() };
    for (what, change) in [("to describe it", describe), ("to delete it", delete("TOKEN"))] {
        let asked = bench.commit(vec![change], Precondition::any()).await;
        refused_if_supported(what, asked, ErrorKind::NotFound)?;
    }
    let asked = bench.vault.secret_details(&bench.by, &bench.workspace, &name("TOKEN")).await;
    refused("to look at it", asked, ErrorKind::NotFound)?;
    let nowhere = Bench { workspace: workspace(), by: bench.by.clone(), ..*bench };
    match nowhere.vault.snapshot(&nowhere.workspace, PATIENCE).await {
        Err(SnapshotError::NoWorkspace { .. }) => {}
        Err(error) => return Err(format!("a workspace that is not there: {error}")),
        Ok(_) => return Err("there is a snapshot of a workspace that is not there".to_owned()),
    }
    let change = nowhere.commit(vec![set("TOKEN", "some value")], Precondition::any()).await;
    refused("to set a secret in a workspace that is not there", change, ErrorKind::NotFound)?;
    let secrets = Query::Secrets { workspace: nowhere.workspace.clone(), after: None, limit: 10 };
    refused("to list its secrets", nowhere.vault.look(&nowhere.by, secrets).await, ErrorKind::NotFound)
}

pub(super) async fn names_are_told_apart_by_case(bench: &Bench<'_>) -> Held {
    bench.make(vec![set("TOKEN", "of the large one"), set("token", "of the small one")]).await?;
    same("TOKEN", &bench.value("TOKEN").await?.as_deref(), &Some("of the large one"))?;
    same("token", &bench.value("token").await?.as_deref(), &Some("of the small one"))?;
    same("Token", &bench.value("Token").await?, &None)?;
    bench.make(vec![delete("TOKEN")]).await?;
    same("token without TOKEN", &bench.value("token").await?.as_deref(), &Some("of the small one"))
}

pub(super) async fn workspaces_are_told_apart(bench: &Bench<'_>) -> Held {
    let other = Bench::new(bench.vault).await?;
    bench.make(vec![set("TOKEN", "of the one workspace")]).await?;
    other.make(vec![set("TOKEN", "of the other workspace"), set("MORE", "more of the other")]).await?;
    same("the value of the one", &bench.value("TOKEN").await?.as_deref(), &Some("of the one workspace"))?;
    same("the value of the other", &other.value("TOKEN").await?.as_deref(), &Some("of the other workspace"))?;
    same("what only the other has", &bench.value("MORE").await?, &None)?;
    same("the name of the snapshot", other.snapshot().await?.workspace(), &other.workspace)
}

pub(super) async fn a_snapshot_tells_how_secrets_are_used_in_the_order_of_their_names(bench: &Bench<'_>) -> Held {
    let rule = Rule::parse("GET api.example.com/v1").map_err(|error| error.to_string())?;
    let binding = Binding::new(rule, Placement::default()).map_err(|error| error.to_string())?;
    let sealed = SetOptions {
        description: Some("sealed".to_owned()),
        bindings: Some(vec![binding.clone()]),
        ..SetOptions::default()
    };
    bench.make(vec![set("zebra", "the value of it"), set_with("MANGO", "0123456789abcdef", sealed)]).await?;
    // The use stays where only the value is told.
    bench.make(vec![set("MANGO", "fedcba9876543210")]).await?;
    let snapshot = bench.snapshot().await?;
    let told: Vec<_> = snapshot
        .entries()
        .iter()
        .map(|entry| {
            (entry.name.as_str(), entry.version, entry.description.as_str(), entry.exposure, &entry.bindings[..])
        })
        .collect();
    let expected =
        [("MANGO", 2, "sealed", Exposure::Sealed, &[binding][..]), ("zebra", 1, "", Exposure::Revealed, &[][..])];
    same("the entries", told.as_slice(), &expected[..])?;
    same("the value that was set last", &value(&*snapshot, "MANGO").await?.as_deref(), &Some("fedcba9876543210"))
}
