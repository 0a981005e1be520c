//! What changes do, and what they refuse.

use super::{Bench, Held, delete, name, refused, refused_if_supported, rule, same, set, set_with, workspace};
use crate::exposure::Exposure;
use crate::vault::change::{Change, Precondition};
use crate::vault::change::{Conflict, Done, SetOptions};
use crate::vault::error::VaultError;
use crate::vault::verbs::VaultExt;
use crate::vault::{MAX_ALLOWED, MAX_CHANGES, MAX_SECRETS};
use um_base::Coded;
use um_base::ErrorKind;

fn allow(entries: &[&str]) -> Change {
    Change::Allow { rules: entries.iter().map(|entry| rule(entry)).collect() }
}

pub(super) async fn a_commit_is_made_whole_or_not_at_all(bench: &Bench<'_>) -> Held {
    bench.make(vec![set("KEPT", "the value that stays")]).await?;
    let rows = bench.rows().await?.len();
    let changes = vec![set("KEPT", "another value"), set("NEW", "a new value"), delete("MISSING")];
    refused(
        "a commit with one change that fails",
        bench.commit(changes, Precondition::any()).await,
        ErrorKind::NotFound,
    )?;
    same("what was to be replaced", &bench.value("KEPT").await?.as_deref(), &Some("the value that stays"))?;
    same("what was to be new", &bench.value("NEW").await?, &None)?;
    same("the rows of the audit", &bench.rows().await?.len(), &rows)?;
    bench.make(vec![set("KEPT", "another value"), set("NEW", "a new value"), delete("NEW")]).await?;
    same("the value of a commit that was made", &bench.value("KEPT").await?.as_deref(), &Some("another value"))?;
    same("the rows of a commit of three", &bench.rows().await?.len(), &(rows + 3))
}

pub(super) async fn changes_of_one_commit_are_made_in_their_order(bench: &Bench<'_>) -> Held {
    let changes = vec![set("TOKEN", "the first value"), set("TOKEN", "the second value"), set("GONE", "not for long")];
    let changes = changes.into_iter().chain([delete("GONE")]).collect();
    let done = bench.make(changes).await?;
    let versions: Vec<_> = done
        .iter()
        .map(|done| match done {
            Done::Set(stored) => Some((stored.version, stored.created)),
            _ => None,
        })
        .collect();
    same("what was stored", &versions, &vec![Some((1, true)), Some((2, false)), Some((1, true)), None])?;
    same("what was deleted", &done[3], &Done::Deleted { version: 1 })?;
    same("the value that was set last", &bench.value("TOKEN").await?.as_deref(), &Some("the second value"))?;
    same("the value that was deleted last", &bench.value("GONE").await?, &None)?;
    let rows = bench.rows().await?;
    let told: Vec<_> = rows.iter().skip(1).map(|row| (row.verb.as_str(), row.version)).collect();
    let set = "secrets set";
    same("the rows", &told, &vec![(set, Some(1)), (set, Some(2)), (set, Some(1)), ("secrets delete", Some(1))])
}

pub(super) async fn a_workspace_is_made_together_with_what_is_in_it_or_not_at_all(bench: &Bench<'_>) -> Held {
    let again = bench.commit(vec![Change::CreateWorkspace], Precondition::any()).await;
    refused("to make a workspace that is there", again, ErrorKind::Conflict)?;
    let other = Bench { workspace: workspace(), by: bench.by.clone(), ..*bench };
    let changes = vec![Change::CreateWorkspace, set("TOKEN", "some value"), delete("MISSING")];
    refused(
        "a commit with one change that fails",
        other.commit(changes, Precondition::any()).await,
        ErrorKind::NotFound,
    )?;
    let asked = other.vault.workspace_details(&other.by, &other.workspace).await;
    refused("to look at the workspace that was not made", asked, ErrorKind::NotFound)?;
    other.make(vec![Change::CreateWorkspace, set("TOKEN", "some value")]).await?;
    same("what was made with it", &other.value("TOKEN").await?.as_deref(), &Some("some value"))
}

pub(super) async fn a_precondition_that_does_not_hold_changes_nothing(bench: &Bench<'_>) -> Held {
    let put = |text: &str| vec![set("TOKEN", text)];
    let absent = || Precondition::any().absent(name("TOKEN"));
    let at = |version| Precondition::any().version(name("TOKEN"), version);
    refused("version 1 of nothing", bench.commit(put("a value"), at(1)).await, ErrorKind::Conflict)?;
    bench.commit(put("the first value"), absent()).await.map_err(|error| format!("it is absent: {error}"))?;
    match bench.commit(put("a value"), absent()).await {
        Err(VaultError::Conflict(Conflict { found, .. })) => same("the version that was found", &found, &Some(1))?,
        other => refused("to set what was to be absent", other, ErrorKind::Conflict)?,
    }
    bench.commit(put("the second value"), at(1)).await.map_err(|error| format!("it is at version 1: {error}"))?;
    refused("a change for a version that is gone", bench.commit(put("a value"), at(1)).await, ErrorKind::Conflict)?;
    // The condition may be about another secret than the change, and all of it counts.
    let other = at(2).version(name("OTHER"), 1);
    refused("a condition on another secret", bench.commit(put("a value"), other).await, ErrorKind::Conflict)?;
    refused("a deletion", bench.commit(vec![delete("TOKEN")], at(1)).await, ErrorKind::Conflict)?;
    same("the value after all of that", &bench.value("TOKEN").await?.as_deref(), &Some("the second value"))
}

pub(super) async fn of_two_writers_with_one_precondition_one_wins(bench: &Bench<'_>) -> Held {
    bench.make(vec![set("TOKEN", "the value of nobody")]).await?;
    for version in 1..5 {
        let only = || Precondition::any().version(name("TOKEN"), version);
        let one = bench.commit(vec![set("TOKEN", "the value of one")], only());
        let other = bench.commit(vec![set("TOKEN", "the value of the other")], only());
        let expected = match tokio::join!(one, other) {
            (Ok(_), lost) => refused("the second writer", lost, ErrorKind::Conflict).map(|()| "the value of one"),
            (lost, Ok(_)) => refused("the first writer", lost, ErrorKind::Conflict).map(|()| "the value of the other"),
            (Err(error), Err(other)) => Err(format!("both writers lost: {error}; {other}")),
        }?;
        same("the value", &bench.value("TOKEN").await?.as_deref(), &Some(expected))?;
    }
    Ok(())
}

pub(super) async fn a_change_does_what_it_says_or_is_refused_as_unsupported(bench: &Bench<'_>) -> Held {
    bench.make(vec![set("TOKEN", "some value")]).await?;
    let describe = Change::Describe { name: name("TOKEN"), text: "described".to_owned() };
    let disallow = Change::Disallow { entries: vec!["a.example".to_owned()] };
    let (mut description, mut allowed): (&str, &[&str]) = ("", &[]);
    if is_supported(bench, describe).await? {
        description = "described";
    }
    if is_supported(bench, allow(&["a.example", "GET b.example/v1"])).await? {
        allowed = &["a.example", "GET b.example/v1"];
        if is_supported(bench, disallow).await? {
            allowed = &["GET b.example/v1"];
        }
        let missing = Change::Disallow { entries: vec!["c.example".to_owned()] };
        let asked = bench.commit(vec![missing], Precondition::any()).await;
        refused_if_supported("to disallow what is not allowed", asked, ErrorKind::NotFound)?;
    }
    let secret = bench.vault.secret_details(&bench.by, &bench.workspace, &name("TOKEN")).await;
    let secret = secret.map_err(|error| format!("the secret is not told: {error}"))?.summary;
    same("the description", secret.description.as_str(), description)?;
    same("the version, which only another value changes", &secret.version, &1)?;
    let details = bench.vault.workspace_details(&bench.by, &bench.workspace).await;
    let details = details.map_err(|error| format!("the workspace is not told: {error}"))?;
    let expected: Vec<String> = allowed.iter().map(|entry| (*entry).to_owned()).collect();
    same("what the workspace allows", &details.allowed, &expected)?;
    let snapshot = bench.snapshot().await?;
    let told: Vec<String> = snapshot.allow_list().iter().map(ToString::to_string).collect();
    same("what a snapshot allows", &told, &expected)
}

/// A change that is not supported is refused whole, with what is committed beside it.
async fn is_supported(bench: &Bench<'_>, change: Change) -> Result<bool, String> {
    let verb = change.verb();
    match bench.commit(vec![set("BESIDE", "what stands beside it"), change], Precondition::any()).await {
        Ok(_) => {
            bench.make(vec![delete("BESIDE")]).await?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            same(&format!("what was committed beside `{verb}`"), &bench.value("BESIDE").await?, &None)?;
            Ok(false)
        }
        Err(error) => Err(format!("`{verb}` was refused: {error}")),
    }
}

pub(super) async fn what_is_against_a_rule_is_refused(bench: &Bench<'_>) -> Held {
    let options = SetOptions::default;
    let sealed = SetOptions { exposure: Some(Exposure::Sealed), ..options() };
    let described = SetOptions { description: Some("two\nlines".to_owned()), ..options() };
    for (what, change) in [
        ("a value that cannot be masked", set("TOKEN", "abc")),
        ("a sealed secret that is bound to nothing", set_with("TOKEN", "0123456789abcdef", sealed)),
        ("a description of two lines", set_with("TOKEN", "some value", described)),
    ] {
        refused(what, bench.commit(vec![change], Precondition::any()).await, ErrorKind::Invalid)?;
    }
    same("what was refused", &bench.value("TOKEN").await?, &None)?;
    bench.make(vec![set_with("TOKEN", "abc", SetOptions { allow_unmaskable: true, ..options() })]).await?;
    let describe = Change::Describe { name: name("TOKEN"), text: "two\nlines".to_owned() };
    let asked = bench.commit(vec![describe], Precondition::any()).await;
    refused_if_supported("a description of two lines, alone", asked, ErrorKind::Invalid)
}

/// In whichever order they come, of one secret or of two, in one commit or in several.
pub(super) async fn no_description_holds_a_value(bench: &Bench<'_>) -> Held {
    let described = |secret: &str, value: &str, text: &str| {
        set_with(secret, value, SetOptions { description: Some(text.to_owned()), ..SetOptions::default() })
    };
    let coming = "for the-value-to-come and c2VjcmV0cyBvZiB0aGUgY3Jt";
    bench.make(vec![set("ONE", "plain value of one"), described("TWO", "value-of-two", coming)]).await?;
    for (what, changes) in [
        ("its own value", vec![described("NEW", "value-of-new", "is value-of-new")]),
        ("another value", vec![described("NEW", "value-of-new", "not a plain value of one")]),
        (
            "another value, percent-encoded",
            vec![described("TWO", "value-2", "plain%20value%20of+one plain%20value%20of%20one")],
        ),
        ("another value, in hexadecimal", vec![described("NEW", "value-of-new", "76616C75652D6F662D74776f")]),
        ("a value that comes later", vec![set("ONE", "the-value-to-come")]),
        ("a value that comes later, in base64", vec![set("NEW", "secrets of the crm")]),
        ("a value that comes with it", vec![set("NEW", "value-of-new"), described("TWO", "value-2", "value-of-new")]),
        ("a value that comes behind it", vec![described("TWO", "value-2", "value-of-new"), set("NEW", "value-of-new")]),
    ] {
        refused(
            &format!("a description of {what}"),
            bench.commit(changes, Precondition::any()).await,
            ErrorKind::Invalid,
        )?;
    }
    for text in ["plain value of one", "plain\\u0020value of one", "value-of-two"] {
        let describe = Change::Describe { name: name("TWO"), text: text.to_owned() };
        let asked = bench.commit(vec![describe], Precondition::any()).await;
        let told = asked.as_ref().err().map(ToString::to_string).unwrap_or_default();
        refused_if_supported("a description of a value, alone", asked, ErrorKind::Invalid)?;
        same("whether the refusal repeats it", &told.contains(text), &false)?;
    }
    same("what was to be new", &bench.value("NEW").await?, &None)?;
    same("what was to be replaced", &bench.value("TWO").await?.as_deref(), &Some("value-of-two"))?;
    // What is too short to be looked for may stand anywhere, and a value that is replaced is none any more.
    let short = SetOptions { allow_unmaskable: true, ..SetOptions::default() };
    bench.make(vec![set_with("SHORT", "abc", short), set("ONE", "another value of one")]).await?;
    bench
        .make(vec![described("TWO", "value-2-of-two", "abc, once plain value of one, then value-of-two")])
        .await
        .map(drop)
}

pub(super) async fn what_is_too_much_is_refused(bench: &Bench<'_>) -> Held {
    let many = |count: usize| (0..count).map(|number| set(&format!("S{number}"), "some value")).collect::<Vec<_>>();
    let over = bench.commit(many(MAX_CHANGES + 1), Precondition::any()).await;
    refused("one change too many", over, ErrorKind::Invalid)?;
    bench.make(many(MAX_SECRETS)).await?;
    let over = bench.commit(vec![set("ONE_MORE", "some value")], Precondition::any()).await;
    refused("one secret too many", over, ErrorKind::Full)?;
    bench.make(vec![delete("S0"), set("ONE_MORE", "now there is room")]).await?;
    let hosts = |count: usize| (0..count).map(|number| rule(&format!("h{number}.example"))).collect::<Vec<_>>();
    match bench.commit(vec![Change::Allow { rules: hosts(MAX_ALLOWED + 1) }], Precondition::any()).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(()),
        answer => refused("one host too many", answer, ErrorKind::Full)?,
    }
    bench.make(vec![Change::Allow { rules: hosts(MAX_ALLOWED) }]).await?;
    let over = bench.commit(vec![allow(&["one-more.example"])], Precondition::any()).await;
    refused("one host too many, alone", over, ErrorKind::Full)
}

pub(super) async fn a_namesake_of_a_deleted_secret_begins_anew(bench: &Bench<'_>) -> Held {
    bench.make(vec![set("TOKEN", "the first value"), set("TOKEN", "the second value")]).await?;
    bench.value("TOKEN").await?;
    bench.make(vec![delete("TOKEN"), set("TOKEN", "of another secret")]).await?;
    let details = bench.vault.secret_details(&bench.by, &bench.workspace, &name("TOKEN")).await;
    let details = details.map_err(|error| format!("the secret is not told: {error}"))?;
    same("its version", &details.summary.version, &1)?;
    same("its last use", &details.last_use, &None)
}
