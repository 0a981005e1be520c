//! Secrets by interfaces of other hosts: the same records under the same rules as by `um:action/secrets`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use um_base::rule::{Placement, Rule};
use um_host::{Host, MapSecret, MapVault, SecretName, SecretValue, WorkspaceName};
use um_runtime::{End, Limit, Limits, RunError};
use um_secret::{
    Binding, Entry, Misdirected, OpenError, ReadLog, Reader, SealedUse, Secrets, SettleError, Snapshot, SnapshotError,
};

use crate::runs::{cache, load, text, workspace};
use crate::support::command::Home;
use crate::support::guests::guest;
use crate::support::run::{Outcome, Run, run_of};

const TOKEN: &str = "pat-na1-7Hq2Lx9vTz/4f8c9e7d";
const LOWER: &str = "low-na1-8Jr3My0wUa/5e9d0f8c";
const SEALED: &str = "key-16C7e42F292c&6912=7710c8";

/// Every guest that asks by one of them.
const GUESTS: [&str; 5] = [
    "asks_as_wasi_config",
    "asks_as_wasi_config_drafts",
    "asks_as_spin",
    "asks_as_wasmcloud",
    "asks_as_wasmcloud_draft",
];

fn name(text: &str) -> SecretName {
    SecretName::parse(text).unwrap()
}

fn vault() -> Arc<MapVault> {
    let secret = |text: &str, value: &str| MapSecret::new(name(text), SecretValue::new(value.to_owned()).ok().unwrap());
    let place = Rule::parse("https://api.example.com").unwrap();
    let binding = Binding::new(place, "header:Authorization".parse::<Placement>().unwrap()).unwrap();
    let secrets = [
        secret("API_TOKEN", TOKEN),
        secret("api_key", LOWER),
        secret("API_KEY", "another-one-than-api_key"),
        secret("SEALED_KEY", SEALED).sealed([binding]).unwrap(),
    ];
    Arc::new(MapVault::new().workspace(workspace("default"), secrets))
}

async fn outcome(vault: &Arc<MapVault>, guest: &str, keys: &[&str], configure: impl FnOnce(Run) -> Run) -> Outcome {
    let host = Host::builder().secrets(vault.clone()).cache_dir(cache()).build().unwrap();
    let action = load(&host, guest).await;
    assert!(action.uses_secrets(), "{guest}");
    let outcome = configure(run_of(&host, &action).args(keys.iter().copied())).start().await.unwrap();
    let left = format!("{outcome:?} {} {}", text(&outcome.stdout), text(&outcome.stderr));
    for value in [TOKEN, LOWER, SEALED] {
        assert!(!left.contains(value), "{guest}: {left}");
    }
    outcome
}

fn read(outcome: &Outcome) -> Vec<&str> {
    outcome.secrets.iter().map(|read| read.name.as_str()).collect()
}

fn refused(outcome: &Outcome) -> Vec<(&str, &str)> {
    outcome.refused.iter().map(|refusal| (refusal.code.as_str(), refusal.message.as_str())).collect()
}

#[tokio::test]
async fn a_value_is_had_by_each_interface_and_masked_and_its_read_is_on_record() {
    for guest in GUESTS {
        let vault = vault();
        let outcome = outcome(&vault, guest, &["API_TOKEN", "api_token", "api.token", "API_TOKEN"], |run| run).await;
        assert_eq!(outcome.end, End::Completed, "{guest}");
        let shown = text(&outcome.stdout);
        let times = if guest.ends_with("config_drafts") { 12 } else { 4 };
        assert_eq!(shown.matches("***").count(), times, "{guest}: {shown}");
        assert_eq!(read(&outcome), ["API_TOKEN"], "{guest}");
        assert_eq!(outcome.leaks.iter().map(|leak| leak.count).sum::<u64>(), times as u64, "{guest}");
        let reads = vault.reads();
        assert_eq!(reads.iter().map(|read| read.secret.as_str()).collect::<Vec<_>>(), ["API_TOKEN"], "{guest}");
        assert_eq!(reads[0].run, outcome.run, "{guest}");
    }
}

#[tokio::test]
async fn the_very_name_goes_before_the_one_in_capitals() {
    for guest in ["asks_as_wasi_config", "asks_as_spin", "asks_as_wasmcloud"] {
        for (key, meant) in [("api_key", "api_key"), ("API_KEY", "API_KEY"), ("api-key", "API_KEY")] {
            let outcome = outcome(&vault(), guest, &[key], |run| run).await;
            assert_eq!(read(&outcome), [meant], "{guest}: {key}");
        }
        // What the run may not read is not meant.
        let narrowed = outcome(&vault(), guest, &["api_key"], |run| run.only_secrets([name("API_KEY")])).await;
        assert_eq!(read(&narrowed), ["API_KEY"], "{guest}");
    }
}

#[tokio::test]
async fn a_sealed_secret_is_a_placeholder_by_each_interface() {
    for guest in GUESTS {
        let outcome = outcome(&vault(), guest, &["sealed-key"], |run| run.only_secrets([name("SEALED_KEY")])).await;
        let shown = text(&outcome.stdout);
        assert!(shown.starts_with("sealed-key: ") && shown.contains("um_sealed_"), "{guest}: {shown}");
        assert_eq!(read(&outcome), ["SEALED_KEY"], "{guest}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_as_each_interface_says_it_and_told_at_the_end() {
    let absent = "there is no secret NO_SUCH, which the action asked for as `no.such`";
    for (guest, said) in [
        ("asks_as_wasi_config", "Ok(None)".to_owned()),
        ("asks_as_wasi_config_drafts", "Ok(None) Ok(None) Ok(None)".to_owned()),
        ("asks_as_spin", format!("Err(Error::Undefined({absent:?}))")),
        ("asks_as_wasmcloud", "SecretsError::NotFound".to_owned()),
        ("asks_as_wasmcloud_draft", "Err(SecretsError::NotFound)".to_owned()),
    ] {
        let outcome = outcome(&vault(), guest, &["no.such"], |run| run).await;
        let shown = text(&outcome.stdout);
        assert_eq!(shown.lines().next().unwrap(), format!("no.such: {said}"), "{guest}");
        assert_eq!(
            refused(&outcome)[usize::from(guest.ends_with("config_drafts"))..],
            [("key-not-found", absent)],
            "{guest}"
        );
        assert_eq!(read(&outcome), [""; 0], "{guest}");
    }
    let outcome = outcome(&vault(), "asks_as_spin", &["…", ""], |run| run).await;
    assert_eq!(text(&outcome.stdout).matches("Error::InvalidName(").count(), 2);
}

#[tokio::test]
async fn a_narrowed_run_is_denied_the_others_whether_they_are_there_or_not() {
    for guest in GUESTS {
        let keys = ["api.token", "no-such"];
        let outcome = outcome(&vault(), guest, &keys, |run| run.only_secrets([name("API_KEY")])).await;
        let shown = text(&outcome.stdout);
        for (key, name) in [("api.token", "API_TOKEN"), ("no-such", "NO_SUCH")] {
            let line = shown.lines().find(|line| line.starts_with(key)).unwrap();
            let denied = format!("this run may not read the secret {name}, which the action asked for as `{key}`");
            assert!(line.contains(&denied), "{guest}: {line}");
            assert!(refused(&outcome).contains(&("key-denied", &*denied)), "{guest}: {:?}", outcome.refused);
        }
        assert!(!shown.lines().take(2).any(|line| line.contains("***")), "{guest}: {shown}");
    }
}

#[tokio::test]
async fn all_at_once_are_for_runs_that_were_narrowed() {
    let refusal = "the action asked for all secrets at once, and this run is not narrowed to some by name";
    for guest in ["asks_as_wasi_config", "asks_as_wasi_config_drafts"] {
        let vault = vault();
        let keys: &[&str] = if guest.ends_with("drafts") { &[] } else { &["--all"] };
        let whole = outcome(&vault, guest, keys, |run| run).await;
        let shown = text(&whole.stdout);
        assert!(shown.contains("Upstream") && shown.contains(refusal) && !shown.contains("***"), "{guest}: {shown}");
        assert_eq!(refused(&whole), [("all-keys-denied", refusal)], "{guest}");
        assert!(vault.reads().is_empty(), "{guest}");
        let names = [name("API_TOKEN"), name("SEALED_KEY"), name("NO_SUCH")];
        let narrowed = outcome(&vault, guest, keys, |run| run.only_secrets(names)).await;
        let shown = text(&narrowed.stdout);
        let times = if guest.ends_with("drafts") { 3 } else { 1 };
        assert_eq!(shown.matches("(\"API_TOKEN\", \"***\"), (\"SEALED_KEY\", \"um_sealed_").count(), times, "{shown}");
        assert_eq!(read(&narrowed), ["API_TOKEN", "SEALED_KEY"], "{guest}");
        let none = outcome(&vault, guest, keys, |run| run.only_secrets([])).await;
        assert!(text(&none.stdout).contains("all: Ok([])"), "{guest}: {}", text(&none.stdout));
    }
}

#[tokio::test]
async fn each_time_counts_as_a_read() {
    let limits = |reads: u64| {
        let mut limits = Limits::default();
        limits.set("secret-reads", &reads.to_string()).unwrap();
        limits
    };
    let met = |outcome: &Outcome| matches!(outcome.end, End::Limit { limit: Limit::SecretReads, .. });
    for guest in ["asks_as_wasi_config", "asks_as_spin", "asks_as_wasmcloud", "asks_as_wasmcloud_draft"] {
        let keys = ["api.token", "no.such", "", "api.token"];
        assert!(!met(&outcome(&vault(), guest, &keys, |run| run.limits(limits(4))).await), "{guest}");
        assert!(met(&outcome(&vault(), guest, &keys, |run| run.limits(limits(3))).await), "{guest}");
    }
    let all = async |reads| {
        let names = [name("API_TOKEN"), name("API_KEY"), name("SEALED_KEY")];
        let narrowed = |run: Run| run.only_secrets(names).limits(limits(reads));
        met(&outcome(&vault(), "asks_as_wasi_config", &["--all"], narrowed).await)
    };
    assert!(!all(3).await);
    assert!(all(2).await);
}

#[tokio::test]
async fn where_nothing_keeps_secrets_asking_ends_the_run_by_name() {
    let host = Host::builder().cache_dir(cache()).build().unwrap();
    for guest in GUESTS {
        let action = load(&host, guest).await;
        let ended = run_of(&host, &action).args(["api.token"]).start().await.unwrap_err();
        assert!(matches!(&ended, RunError::NoStore { secret, .. } if secret == "API_TOKEN"), "{guest}: {ended}");
        // What the run is given itself is there.
        let given = MapSecret::new(name("API_TOKEN"), SecretValue::new(TOKEN.to_owned()).ok().unwrap());
        let outcome = run_of(&host, &action).args(["api.token"]).secret(given).start().await.unwrap();
        assert!(text(&outcome.stdout).contains("***"), "{guest}");
    }
}

/// Opens no value, and says why.
struct Shut(Arc<dyn Snapshot>, fn() -> OpenError);

#[async_trait]
impl Secrets for Shut {
    async fn snapshot(&self, _: &WorkspaceName, _: Duration) -> Result<Arc<dyn Snapshot>, SnapshotError> {
        Ok(Arc::new(Self(Arc::clone(&self.0), self.1)))
    }
}

#[async_trait]
impl Snapshot for Shut {
    fn workspace(&self) -> &WorkspaceName {
        self.0.workspace()
    }

    fn entries(&self) -> &[Entry] {
        self.0.entries()
    }

    async fn peek(&self, _: &SecretName) -> Result<SecretValue, OpenError> {
        Err(self.1())
    }
}

#[async_trait]
impl ReadLog for Shut {
    async fn record_read(&self, name: &SecretName, by: &Reader) -> Result<(), SettleError> {
        self.0.record_read(name, by).await
    }

    async fn record_refusals(&self, refused: &[Misdirected], by: &Reader) -> Result<(), SettleError> {
        self.0.record_refusals(refused, by).await
    }

    async fn record_sealed(&self, used: &SealedUse, by: &Reader) -> Result<(), SettleError> {
        self.0.record_sealed(used, by).await
    }

    async fn settle(&self, by: &Reader) -> Result<(), SettleError> {
        self.0.settle(by).await
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_said_as_each_interface_says_it() {
    let (expired, failed) =
        ("the secret API_TOKEN is past its expiry date", "the secret API_TOKEN could not be opened");
    for (guest, of_expired, of_failed) in [
        ("asks_as_wasi_config", "Err(Error::Upstream(", "Err(Error::Io("),
        ("asks_as_wasi_config_drafts", "Err(ConfigError::Upstream(", "Err(ConfigError::Io("),
        ("asks_as_spin", "Err(Error::Provider(", "Err(Error::Provider("),
        ("asks_as_wasmcloud", "SecretsError::Upstream(", "SecretsError::Io("),
        ("asks_as_wasmcloud_draft", "Err(SecretsError::Upstream(", "Err(SecretsError::Io("),
    ] {
        let cases: [(fn() -> OpenError, _, _); 2] = [
            (|| OpenError::Expired, of_expired, expired),
            (|| OpenError::Unavailable("no disk".into()), of_failed, failed),
        ];
        for (why, variant, said) in cases {
            let snapshot = vault().snapshot(&workspace("default"), Duration::MAX).await.unwrap();
            let host = Host::builder().secrets(Arc::new(Shut(snapshot, why))).cache_dir(cache()).build().unwrap();
            let action = load(&host, guest).await;
            let outcome = run_of(&host, &action).args(["api.token"]).start().await.unwrap();
            let shown = text(&outcome.stdout);
            assert!(shown.starts_with(&format!("api.token: {variant}\"{said}")), "{guest}: {shown}");
            assert_eq!(read(&outcome), [""; 0], "{guest}");
        }
    }
}

/// A key is the guest's own text, and the name that it is taken for is made of it.
#[tokio::test]
async fn a_key_that_is_a_value_is_told_to_nobody() {
    let key = "pat-na1-7Hq2Lx9vTz/4f8c9e7d";
    let outcome = outcome(&vault(), "asks_as_wasi_config", &["api.token", key], |run| run).await;
    assert_eq!(refused(&outcome), [("", ""); 0]);
    assert!(!format!("{:?}", outcome.outcome).contains("PAT_NA1"), "{:?}", outcome.outcome);
}

#[test]
fn the_program_tells_what_to_do_about_a_key() {
    let home = Home::with_store();
    home.set("API_TOKEN", TOKEN);
    let run = |guest_name: &str| home.um_host(["run"]).arg(guest(guest_name));
    run("asks_as_spin")
        .args(["--", "api_token"])
        .stdout("api_token: Ok(\"***\")\n")
        .stderr("um-host: masked API_TOKEN 1 time in stdout (raw)\n")
        .run();
    // One that can do without it ends well, and nothing is said.
    run("asks_as_wasi_config").args(["--", "api.tokens"]).stdout("api.tokens: Ok(None)\n").run();
    run("asks_as_wasi_config")
        .args(["--", "--all"])
        .stdout(
            "all: Err(Error::Upstream(\"the action asked for all secrets at once, and this run is not narrowed to some by \
             name\"))\n",
        )
        .stderr(
            "um-host: the action asked for all secrets at once, and this run is not narrowed to some by name; name those \
             that it needs: --only-secrets A,B\n",
        )
        .run();
    run("asks_as_wasi_config")
        .args(["--only-secrets", "API_TOKEN", "--", "--all"])
        .stdout("all: Ok([(\"API_TOKEN\", \"***\")])\n")
        .stderr("um-host: masked API_TOKEN 1 time in stdout (raw)\n")
        .run();
}
