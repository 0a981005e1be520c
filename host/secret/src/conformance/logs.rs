//! What is written down: who changed what, and what runs have read.

use super::{Bench, Held, name, rule, same, set};
use crate::actor::{Actor, ActorKind, ActorRecord, Door};
use crate::run_id::RunId;
use crate::source::{Misdirected, Reader, SealedUse};
use crate::vault::change::{Change, Precondition};
use crate::vault::look::SecretDetails;
use crate::vault::verbs::VaultExt;

pub(super) async fn an_audit_row_names_actor_door_and_run(bench: &Bench<'_>) -> Held {
    let run = RunId::new();
    let token = Actor::new("token:7", ActorKind::Token, Door::Api).and_then(|token| token.on_behalf_of("ada"));
    let token = token.map_err(|error| error.to_string())?.in_run(run.clone());
    for (by, run) in [(token, Some(run)), (bench.by.clone(), None)] {
        let changes = vec![set("TOKEN", "a value to look for")];
        let made = bench.vault.commit(&by, &bench.workspace, changes, Precondition::any()).await;
        made.map_err(|error| format!("a change was refused: {error}"))?;
        let row = bench.rows().await?.pop().ok_or("there is no row")?;
        same("who did it", &row.by, &ActorRecord::from(&by))?;
        same("the run", &row.run, &run)?;
        same("the verb", row.verb.as_str(), "secrets set")?;
        same("the workspace", &row.workspace.as_deref(), &Some(bench.workspace.as_str()))?;
        same("the secret", &row.secret.as_deref(), &Some("TOKEN"))?;
        same("whether the value is in it", &format!("{row:?}").contains("a value to look for"), &false)?;
    }
    Ok(())
}

pub(super) async fn what_changes_nothing_leaves_no_row(bench: &Bench<'_>) -> Held {
    let before = bench.rows().await?.len();
    bench.make(Vec::new()).await?;
    let refused = bench.commit(vec![set("TOKEN", "abc")], Precondition::any()).await;
    same("whether a value that cannot be masked was stored", &refused.is_ok(), &false)?;
    same("the rows", &bench.rows().await?.len(), &before)?;
    let allow = || vec![Change::Allow { rules: vec![rule("a.example")] }];
    if bench.commit(allow(), Precondition::any()).await.is_ok() {
        bench.make(allow()).await?;
        same("the rows when a host is allowed twice", &bench.rows().await?.len(), &(before + 1))?;
    }
    Ok(())
}

pub(super) async fn a_read_is_on_record_when_the_value_is_handed_out(bench: &Bench<'_>) -> Held {
    bench.make(vec![set("TOKEN", "some value")]).await?;
    same("the use of what nobody has read", &details(bench).await?.last_use, &None)?;
    let snapshot = bench.snapshot().await?;
    let (secret, host) = (name("TOKEN"), "api.example.com".to_owned());
    for (number, by) in [(1, bench.reader()), (2, Reader::new(RunId::new(), Actor::local(Door::Cli)))] {
        let value = snapshot.open(&secret, &by).await.map_err(|error| format!("it was not opened: {error}"))?;
        // While the run goes on.
        let used = details(bench).await?.last_use.ok_or("a read is not on record")?;
        same("the run that read it last", &used.run, &by.run)?;
        same("who started that run", &used.by, &Some(ActorRecord::from(&by.actor)))?;
        same("how often it was read", &used.reads, &number)?;
        drop(value);
        let sealed = SealedUse { secret: secret.clone(), host: host.clone(), count: 1 };
        let failed = |error| format!("a use was not recorded: {error}");
        snapshot.record_sealed(&sealed, &by).await.map_err(failed)?;
        let refused = Misdirected { secret: secret.clone(), host: "evil.example".to_owned(), count: 3 };
        snapshot.record_refusals(&[refused], &by).await.map_err(failed)?;
        snapshot.settle(&by).await.map_err(failed)?;
        let used = details(bench).await?.last_use.ok_or("a read is not on record any more")?;
        same("the runs in which it was sealed", &used.sealed.get(&host).copied(), &Some(number))?;
        same("the requests that were refused", &used.refused, &(3 * number))?;
        same("how often it was read, again", &used.reads, &number)?;
    }
    Ok(())
}

pub(super) async fn what_is_only_peeked_at_is_not_on_record(bench: &Bench<'_>) -> Held {
    bench.make(vec![set("TOKEN", "some value")]).await?;
    let peeked = bench.snapshot().await?.peek(&name("TOKEN")).await;
    let peeked = peeked.map_err(|error| format!("it was not opened: {error}"))?;
    same("the value", peeked.expose(), "some value")?;
    same("its use", &details(bench).await?.last_use, &None)
}

async fn details(bench: &Bench<'_>) -> Result<SecretDetails, String> {
    let details = bench.vault.secret_details(&bench.by, &bench.workspace, &name("TOKEN")).await;
    details.map_err(|error| format!("the secret is not told: {error}"))
}
