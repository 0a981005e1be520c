//! A workspace's secrets are its own: of two with the same names, at once in one host, each gets its own values; and rows
//! that somebody moves between them in the raw file are refused.

use std::path::Path;
use std::sync::Arc;

use redb::{Database, TableDefinition};
use tokio::task::JoinSet;
use um_host::{SecretName, SecretValue};
use um_runtime::{Blame, End, Host, SecretRead};
use um_secret::{OpenError, Secrets, SetOptions, Snapshot, SnapshotError};
use um_store::{KeySource, Store, StoreError};

use crate::runs::{cache, load, text, workspace};
use crate::support::command::Home;
use crate::support::guests::guest;
use crate::support::json::result;
use crate::support::run::{Outcome, run_of};
use crate::support::who::{me, reader};

const RUNS: usize = 1_000;
const AT_ONCE: usize = 50;
const WORKSPACES: [&str; 2] = ["acme", "globex"];
const NAMES: [&str; 2] = ["API_KEY", "HUBSPOT_API_KEY"];

const INDEX: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("INDEX");
const VALUES: TableDefinition<&[u8; 40], &[u8]> = TableDefinition::new("VALUES");

/// A row's key and content.
type Row<const N: usize> = ([u8; N], Vec<u8>);

/// A store with both workspaces, which have been through the same: only ids and values tell them apart.
struct Twins {
    home: Home,
}

impl Twins {
    fn new() -> Self {
        let twins = Self { home: Home::with_store() };
        let store = twins.store();
        for within in WORKSPACES {
            store.create_workspace(&me(), &workspace(within)).unwrap();
        }
        for name in NAMES {
            for within in WORKSPACES {
                set(&store, within, name, &value_of(within, name));
            }
        }
        twins
    }

    fn store(&self) -> Store {
        Store::open(&self.home.data(), Some(KeySource::File(self.home.key_file()))).unwrap()
    }

    fn host(&self) -> Host {
        Host::builder().secrets(Arc::new(self.store())).cache_dir(cache()).build().unwrap()
    }

    fn database(&self) -> std::path::PathBuf {
        self.home.data().join("secrets.redb")
    }

    async fn snapshot(&self, within: &str) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        self.store().snapshot(&workspace(within), std::time::Duration::from_secs(10)).await
    }

    async fn open(&self, within: &str, name: &str) -> Result<String, OpenError> {
        let snapshot = self.snapshot(within).await.unwrap();
        let value = snapshot.open(&secret(name), &reader()).await?;
        Ok(value.expose().to_owned())
    }

    async fn assert_untouched(&self) {
        for within in WORKSPACES {
            for name in NAMES {
                assert_eq!(self.open(within, name).await.unwrap(), value_of(within, name));
            }
        }
    }
}

fn read(name: &str) -> SecretRead {
    SecretRead { name: secret(name), version: 1 }
}

fn secret(name: &str) -> SecretName {
    SecretName::parse(name).unwrap()
}

/// The same length everywhere, so that nothing but the value can tell.
fn value_of(within: &str, name: &str) -> String {
    format!("{:-<24}{:->24}", within, name)
}

fn set(store: &Store, within: &str, name: &str, value: &str) {
    let value = SecretValue::new(value.to_owned()).ok().unwrap();
    store.set(&me(), &workspace(within), &secret(name), &value, SetOptions::default()).unwrap();
}

fn fingerprint(value: &str) -> String {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", value.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_runs_of_two_workspaces_at_once_each_get_their_own_values() {
    let twins = Twins::new();
    let host = twins.host();
    let action = load(&host, "fingerprints_a_secret").await;
    let mut runs = JoinSet::new();
    let mut ended = 0;
    for number in 0..RUNS {
        if runs.len() == AT_ONCE {
            ended += 1;
            check(runs.join_next().await.unwrap().unwrap());
        }
        let (within, name) = (WORKSPACES[number % 2], NAMES[number / 2 % 2]);
        let run = run_of(&host, &action).workspace(workspace(within)).input(format!("{name:?}"));
        runs.spawn(async move { (within, name, run.start().await.unwrap()) });
    }
    while let Some(run) = runs.join_next().await {
        ended += 1;
        check(run.unwrap());
    }
    assert_eq!(ended, RUNS);
}

fn check((within, name, outcome): (&str, &str, Outcome)) {
    let value = value_of(within, name);
    let expected = serde_json::json!({ "workspace": within, "length": value.len(), "fnv1a": fingerprint(&value) });
    assert_eq!(result(&outcome), Some(expected), "{name} of {within}: {outcome:?}");
    assert_eq!((outcome.workspace.as_str(), &outcome.secrets[..]), (within, &[read(name)][..]));
    assert!(outcome.leaks.is_empty());
}

/// What one workspace's runs have learnt guards their outputs and tells other runs nothing: neither by a mask nor by a
/// count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_masks_the_values_of_its_own_workspace_and_no_others() {
    let twins = Twins::new();
    let host = twins.host();
    let (prints, echoes) = (load(&host, "prints_a_secret").await, load(&host, "echoes").await);
    let mut runs = JoinSet::new();
    for number in 0..100 {
        let (within, other) = (WORKSPACES[number % 2], WORKSPACES[(number + 1) % 2]);
        let run = run_of(&host, &prints).workspace(workspace(within)).args([NAMES[0]]);
        let guess = value_of(other, NAMES[0]);
        let echo = run_of(&host, &echoes).workspace(workspace(within)).input(serde_json::json!(guess).to_string());
        runs.spawn(async move { (run.start().await.unwrap(), echo.start().await.unwrap(), guess) });
    }
    while let Some(ended) = runs.join_next().await {
        let (printed, echoed, guess) = ended.unwrap();
        assert_eq!((text(&printed.stdout), text(&printed.stderr)), ("out [***] end\n", "err [***] end\n"));
        assert_eq!(printed.leaks.iter().map(|leak| leak.count).sum::<u64>(), 2);
        assert!(printed.leaks.iter().all(|leak| leak.secret == NAMES[0]));
        assert_eq!((result(&echoed), echoed.leaks.len()), (Some(serde_json::json!(guess)), 0));
    }
}

#[tokio::test]
async fn a_secret_of_another_workspace_is_none_of_this_ones() {
    let twins = Twins::new();
    set(&twins.store(), WORKSPACES[1], "ONLY_GLOBEX", "a value that acme has not");
    let host = twins.host();
    let asks = load(&host, "asks_for_secrets").await;
    let said = async |within: &str| {
        let run = run_of(&host, &asks).workspace(workspace(within)).args(["ONLY_GLOBEX", "ONLY_GLOBE"]);
        text(&run.start().await.unwrap().stdout).to_owned()
    };
    assert!(said(WORKSPACES[1]).await.contains("ONLY_GLOBEX: 25 bytes"));
    let refused = said(WORKSPACES[0]).await;
    assert!(!refused.contains("bytes") && !refused.contains("did you mean"), "{refused}");
}

/// All rows of a table, in order of their keys.
fn rows<const N: usize>(path: &Path, table: TableDefinition<&'static [u8; N], &'static [u8]>) -> Vec<Row<N>> {
    use redb::{ReadableDatabase, ReadableTable};
    let database = Database::open(path).unwrap();
    let table = database.begin_read().unwrap().open_table(table).unwrap();
    let rows = table.iter().unwrap().map(|row| row.unwrap());
    rows.map(|(key, value)| (*key.value(), value.value().to_vec())).collect()
}

/// Writes rows as somebody does who has redb and no key.
fn put<const N: usize>(path: &Path, table: TableDefinition<&'static [u8; N], &'static [u8]>, rows: &[Row<N>]) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(table).unwrap();
        for (key, value) in rows {
            table.insert(key, value.as_slice()).unwrap();
        }
    }
    transaction.commit().unwrap();
}

/// Gives each row the content of another one.
fn rotated<const N: usize>(rows: &[Row<N>], by: usize) -> Vec<Row<N>> {
    let contents = rows.iter().cycle().skip(by).map(|(_, content)| content.clone());
    rows.iter().zip(contents).map(|((key, _), content)| (*key, content)).collect()
}

fn is_damage(error: &(dyn std::error::Error + 'static), about: &str) -> bool {
    let damaged = error.downcast_ref::<StoreError>();
    matches!(damaged, Some(StoreError::Damaged { what, .. }) if what.contains(about))
}

#[tokio::test]
async fn values_moved_between_workspaces_in_the_raw_file_are_refused() {
    let twins = Twins::new();
    let before = rows(&twins.database(), VALUES);
    assert_eq!(before.len(), WORKSPACES.len() * NAMES.len());
    put(&twins.database(), VALUES, &before);
    twins.assert_untouched().await;

    // By one: to another secret of the same workspace, or to the other workspace. By two: always to the other.
    for by in [1, 2, 3] {
        put(&twins.database(), VALUES, &rotated(&before, by));
        for within in WORKSPACES {
            for name in NAMES {
                let Err(OpenError::Unavailable(cause)) = twins.open(within, name).await else {
                    panic!("it was opened")
                };
                assert!(is_damage(cause.as_ref(), "a value was altered"), "{cause}");
            }
        }
    }

    let host = twins.host();
    let action = load(&host, "prints_a_secret").await;
    let outcome = run_of(&host, &action).workspace(workspace(WORKSPACES[0])).start().await.unwrap();
    assert_eq!((&outcome.end, outcome.blame), (&End::Exited { code: 1 }, Some(Blame::Host)));
    assert!(outcome.stdout.is_empty() && outcome.secrets.is_empty());
    let wasm = guest("prints_a_secret").display().to_string();
    let answer = twins.home.um_host(["run", &wasm, "--workspace", WORKSPACES[1]]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (125, ""));
    for within in WORKSPACES {
        for name in NAMES {
            answer.never_says(&value_of(within, name));
        }
    }

    put(&twins.database(), VALUES, &before);
    twins.assert_untouched().await;
}

#[tokio::test]
async fn indexes_moved_between_workspaces_in_the_raw_file_are_refused() {
    let twins = Twins::new();
    let before = rows(&twins.database(), INDEX);
    // With `default`, which init made. Whole rows, and rows that keep their epoch, which stands in the clear.
    let whole = rotated(&before, 1);
    let keeping = |(kept, (key, moved)): (&Row<16>, Row<16>)| (key, [&kept.1[..8], &moved[8..]].concat());
    let forged: Vec<_> = before.iter().zip(rotated(&before, 1)).map(keeping).collect();
    for moved in [&whole, &forged] {
        put(&twins.database(), INDEX, moved);
        for within in WORKSPACES {
            let Err(SnapshotError::Unavailable(cause)) = twins.snapshot(within).await else { panic!("it was taken") };
            assert!(is_damage(cause.as_ref(), ""), "{cause}");
        }
        let answer = twins.home.um_host(["secrets", "list", "--workspace", WORKSPACES[0]]).answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (125, ""), "{answer:?}");
        assert!(answer.stderr.contains("damaged") || answer.stderr.contains("altered"), "{answer:?}");
    }
    put(&twins.database(), INDEX, &before);
    twins.assert_untouched().await;
}

#[tokio::test]
async fn rows_from_before_a_replace_put_back_into_the_raw_file_are_refused() {
    let twins = Twins::new();
    let (index, values) = (rows(&twins.database(), INDEX), rows(&twins.database(), VALUES));
    let (within, name) = (WORKSPACES[0], NAMES[0]);
    set(&twins.store(), within, name, "the value that took its place");
    let (index_now, values_now) = (rows(&twins.database(), INDEX), rows(&twins.database(), VALUES));

    // The old row beside the new one, as it was: nothing names it any more.
    put(&twins.database(), VALUES, &values);
    assert_eq!(twins.open(within, name).await.unwrap(), "the value that took its place");

    // The old content under the new version.
    let old = values.iter().find(|(key, _)| !values_now.iter().any(|(now, _)| now == key)).unwrap();
    let new = values_now.iter().find(|(key, _)| !values.iter().any(|(before, _)| before == key)).unwrap();
    assert_eq!(old.0[..32], new.0[..32], "the same workspace and secret");
    put(&twins.database(), VALUES, &[(new.0, old.1.clone())]);
    let Err(OpenError::Unavailable(cause)) = twins.open(within, name).await else { panic!("it was opened") };
    assert!(is_damage(cause.as_ref(), "a value was altered"), "{cause}");
    put(&twins.database(), VALUES, &values_now);

    // The old list of secrets, which names the old version.
    put(&twins.database(), INDEX, &index);
    let Err(SnapshotError::Unavailable(cause)) = twins.snapshot(within).await else { panic!("it was taken") };
    assert!(is_damage(cause.as_ref(), ""), "{cause}");
    put(&twins.database(), INDEX, &index_now);
    assert_eq!(twins.open(within, name).await.unwrap(), "the value that took its place");
    assert_eq!(twins.open(WORKSPACES[1], name).await.unwrap(), value_of(WORKSPACES[1], name));
}
