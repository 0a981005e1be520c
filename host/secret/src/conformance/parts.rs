//! What is kept of the parts of values, and of what their owners say.

use super::{Bench, Held, name, refused, same, set, set_with};
use crate::parts::{MAX_PARTS, Part, Parts, Verdict, Word};
use crate::source::Entry;
use crate::vault::change::{Change, Done, Precondition, SetOptions};
use crate::vault::error::VaultError;
use crate::vault::verbs::VaultExt;
use um_base::{Coded, ErrorKind};

/// A path, with what was judged and what is said.
type Told<'a> = (&'a str, Verdict, Option<Word>);

fn parts(rules: u32, list: &[Told]) -> Parts {
    let part = |(path, verdict, word): &Told| Part {
        path: (*path).to_owned(),
        verdict: *verdict,
        word: *word,
        is_short: false,
    };
    Parts { rules, list: list.iter().map(part).collect() }
}

fn judged(text: &str, parts: Parts) -> Change {
    set_with("CONFIG", text, SetOptions { parts: Some(parts), ..SetOptions::default() })
}

fn say(words: &[(&str, Option<Word>)]) -> Change {
    let words = words.iter().map(|(path, word)| ((*path).to_owned(), *word)).collect();
    Change::Parts { name: name("CONFIG"), words }
}

/// The parts as those are told who manage secrets, and runs, which must be the same.
async fn told(bench: &Bench<'_>) -> Result<Parts, String> {
    let details = bench.vault.secret_details(&bench.by, &bench.workspace, &name("CONFIG")).await;
    let details = details.map_err(|error| format!("the secret is not told: {error}"))?;
    let snapshot = bench.snapshot().await?;
    let entry = snapshot.entries().iter().find(|entry| entry.name.as_str() == "CONFIG");
    let of_runs: Option<Parts> = entry.map(|entry: &Entry| (*entry.parts).clone());
    same("the parts that a run is told", &of_runs.as_ref(), &Some(&*details.summary.parts))?;
    Ok((*details.summary.parts).clone())
}

/// Stores a value with its parts, and gives what of them the receipt tells; nothing if the vault cannot keep them at all.
async fn stored(bench: &Bench<'_>, text: &str, parts: Parts) -> Result<Option<(Parts, Vec<String>)>, String> {
    match bench.commit(vec![judged(text, parts)], Precondition::any()).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
        Err(error) => Err(format!("a value with its parts was refused: {error}")),
        Ok(done) => match done.into_iter().next() {
            Some(Done::Set(stored)) => Ok(Some(((*stored.parts).clone(), stored.words_gone))),
            _ => Err("the receipt does not tell of the value".to_owned()),
        },
    }
}

/// Whether the owner can say anything of a part.
async fn is_said(bench: &Bench<'_>, words: &[(&str, Option<Word>)]) -> Result<bool, String> {
    match bench.commit(vec![set("BESIDE", "what stands beside it"), say(words)], Precondition::any()).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            same("what was committed beside `secrets parts`", &bench.value("BESIDE").await?, &None)?;
            Ok(false)
        }
        Err(error) => Err(format!("`secrets parts` was refused: {error}")),
        Ok(done) => {
            let Some(Done::Parts { parts }) = done.get(1) else { return Err("the receipt tells no parts".to_owned()) };
            same("the parts of the receipt", &**parts, &told(bench).await?)?;
            Ok(true)
        }
    }
}

use Verdict::{Certain, Doubtful, Plain};
use Word::{Guard, Leave};

pub(super) async fn what_was_judged_of_parts_stands_with_the_value(bench: &Bench<'_>) -> Held {
    let first = parts(3, &[("db.password", Certain, None), ("[1]", Doubtful, None), ("region", Plain, None)]);
    let Some((told_first, _)) = stored(bench, "the first value", first.clone()).await? else { return Ok(()) };
    same("the parts of the receipt", &told_first, &first)?;
    same("the parts", &told(bench).await?, &first)?;
    _ = bench.make(vec![Change::Describe { name: name("CONFIG"), text: String::new() }]).await;
    same("the parts when another thing was changed", &told(bench).await?, &first)?;
    // Words come from the owner alone, and what no vault keeps is left out.
    let list = [("a", Plain, Some(Leave)), ("a", Certain, None), ("b\u{1b}[2J", Certain, None), ("", Certain, None)];
    stored(bench, "the second value", parts(4, &list)).await?;
    same("the parts of the second value", &told(bench).await?, &parts(4, &[("a", Certain, None)]))?;
    let many = |count: usize| {
        (0..count).map(|number| Part { path: number.to_string(), verdict: Plain, word: None, is_short: false })
    };
    let last = Part { path: "last".to_owned(), verdict: Certain, word: None, is_short: false };
    let many = Parts { rules: 4, list: many(MAX_PARTS).chain([last.clone()]).collect() };
    stored(bench, "the third value", many).await?;
    let kept = told(bench).await?;
    same("how many parts are kept", &kept.list.len(), &MAX_PARTS)?;
    same("the most important of them", &kept.list.last(), &Some(&last))?;
    bench.make(vec![set("CONFIG", "the fourth value")]).await?;
    same("the parts of a value that nobody has judged", &told(bench).await?, &Parts::default())
}

pub(super) async fn the_owners_words_stay_with_the_paths_that_are_there(bench: &Bench<'_>) -> Held {
    let judged = |list: &[Told]| parts(3, list);
    let first = judged(&[("a", Plain, None), ("b", Certain, None), ("c", Doubtful, None), ("d", Plain, None)]);
    if stored(bench, "the first value", first).await?.is_none()
        || !is_said(bench, &[("a", Some(Guard)), ("b", Some(Leave)), ("c", Some(Guard)), ("d", None)]).await?
    {
        return Ok(());
    }
    let worded =
        [("a", Plain, Some(Guard)), ("b", Certain, Some(Leave)), ("c", Doubtful, Some(Guard)), ("d", Plain, None)];
    same("what was said", &told(bench).await?, &judged(&worded))?;
    same("the version, which only another value changes", &version(bench).await?, &1)?;
    same("the value", &bench.value("CONFIG").await?.as_deref(), &Some("the first value"))?;
    let second = judged(&[("d", Certain, None), ("b", Plain, None), ("a", Certain, None)]);
    let Some((_, gone)) = stored(bench, "the second value", second).await? else {
        return Err("a second value with its parts is not supported, and the first was".to_owned());
    };
    same("the words that went with their paths", &gone, &vec!["c".to_owned()])?;
    let expected = judged(&[("d", Certain, None), ("b", Plain, Some(Leave)), ("a", Certain, Some(Guard))]);
    same("the words that stayed", &told(bench).await?, &expected)?;
    // Nobody can tell which paths are there.
    bench.make(vec![set("CONFIG", "the third value")]).await?;
    let unjudged = parts(0, &[("b", Plain, Some(Leave)), ("a", Plain, Some(Guard))]);
    same("the words of a value that nobody has judged", &told(bench).await?, &unjudged)?;
    bench.make(vec![say(&[("b", None)])]).await?;
    let left = parts(0, &[("a", Plain, Some(Guard))]);
    same("what is left when a word is taken back", &told(bench).await?, &left)?;
    bench.make(vec![Change::Delete { name: name("CONFIG") }, set("CONFIG", "of another secret")]).await?;
    same("the parts of a namesake", &told(bench).await?, &Parts::default())
}

pub(super) async fn words_are_said_of_what_is_there_and_are_on_record(bench: &Bench<'_>) -> Held {
    let first = parts(3, &[("db.password", Doubtful, None), ("region", Plain, None)]);
    if stored(bench, "the first value", first).await?.is_none() || !is_said(bench, &[("region", Some(Guard))]).await? {
        return Ok(());
    }
    let before = bench.rows().await?;
    let row = before.last().ok_or("there is no row")?;
    same("the verb", row.verb.as_str(), "secrets parts")?;
    same("the secret and its version", &(row.secret.as_deref(), row.version), &(Some("CONFIG"), Some(1)))?;
    same("whether the row has the path", &row.details.contains("region"), &true)?;
    bench.make(vec![say(&[("region", Some(Guard))]), say(&[])]).await?;
    same("the rows when all was so before", &bench.rows().await?.len(), &before.len())?;
    let known = told(bench).await?;
    let unknown = vec![say(&[("region", None), ("db_password", Some(Leave))])];
    match bench.commit(unknown, Precondition::any()).await {
        Err(VaultError::NoPart { number, closest, .. }) => {
            same(
                "which path is not there, and what it may be",
                &(number, closest),
                &(2, vec!["db.password".to_owned()]),
            )?;
        }
        answer => refused("to say something of what is not there", answer, ErrorKind::NotFound)?,
    }
    let missing = Change::Parts { name: name("MISSING"), words: Vec::new() };
    let asked = bench.commit(vec![missing], Precondition::any()).await;
    refused("to say something of a secret that is not there", asked, ErrorKind::NotFound)?;
    let other = Precondition::any().version(name("CONFIG"), 2);
    let asked = bench.commit(vec![say(&[("region", None)])], other).await;
    refused("to say something of another version", asked, ErrorKind::Conflict)?;
    same("the parts after all of that", &told(bench).await?, &known)?;
    same("the rows after all of that", &bench.rows().await?.len(), &before.len())
}

async fn version(bench: &Bench<'_>) -> Result<u64, String> {
    let details = bench.vault.secret_details(&bench.by, &bench.workspace, &name("CONFIG")).await;
    Ok(details.map_err(|error| format!("the secret is not told: {error}"))?.summary.version)
}
