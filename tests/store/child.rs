//! Other processes that use a store: this test binary, started again to play a part.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use um_secret::Secrets;
use um_secret::SetOptions;
use um_store::{KeySource, Store};

use super::world::{World, secret, set, value, workspace};
use crate::support::who::{me, reader};

use crate::support::bound::Bounded;

/// Starts a process that plays `part` on the world's store.
pub fn command(world: &World, part: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let (within, _) = module_path!().split_once("::").unwrap();
    let name = module_path!().strip_prefix(within).unwrap().trim_start_matches("::");
    command.args(["--exact", &format!("{name}::plays_its_part"), "--nocapture", "--test-threads=1"]);
    command.env_remove("XDG_CONFIG_HOME").env_remove("UM_HOST_STEPS");
    command.env("UM_TEST_PART", part).env("UM_TEST_DATA", world.data()).env("UM_TEST_KEY_FILE", world.key_file());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn run(world: &World, part: &str, environment: &[(&str, &OsStr)]) -> Output {
    command(world, part).envs(environment.iter().copied()).finish().unwrap()
}

/// What a child does. As a test of its own it has no part to play.
#[test]
fn plays_its_part() {
    let Some(part) = std::env::var_os("UM_TEST_PART") else { return };
    if let Err(error) = play(part.to_str().unwrap()) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn play(part: &str) -> Result<(), Box<dyn std::error::Error>> {
    let path = |variable| std::path::PathBuf::from(std::env::var_os(variable).unwrap());
    let (data, key) = (path("UM_TEST_DATA"), KeySource::File(path("UM_TEST_KEY_FILE")));
    match part {
        "init" => Store::init(&me(), &data, None).map(drop)?,
        "init-with-key" => Store::init(&me(), &data, Some(key)).map(drop)?,
        "open" => Store::open(&data, None)?.check().map(drop)?,
        "open-by-variable" => Store::open(&data, Some(KeySource::parse("env:UM_TEST_KEY")?)).map(drop)?,
        "set" => {
            let store = Store::open(&data, Some(key))?;
            store.set(
                &me(),
                &workspace("default"),
                &secret("TOKEN"),
                &value("set by a child"),
                SetOptions::default(),
            )?;
        }
        "write-often" => {
            let store = Store::open(&data, Some(key))?;
            for number in 0..10 {
                set(&store, "COUNTER", &format!("number {number}"));
            }
        }
        "read-often" => {
            let (store, runtime) = (Store::open(&data, Some(key))?, tokio::runtime::Runtime::new()?);
            for _ in 0..60 {
                // Each time as a process that has just started.
                store.forget();
                let seen = runtime.block_on(super::world::read(&store, "default", "COUNTER"));
                assert!(seen.starts_with("number "), "{seen}");
            }
        }
        "read" => {
            let (store, runtime) = (Store::open(&data, Some(key))?, tokio::runtime::Runtime::new()?);
            println!("entries: {}", store.list(&workspace("default"))?.len());
            let snapshot = runtime.block_on(store.snapshot(&workspace("default"), Duration::from_secs(10)))?;
            let opened = runtime.block_on(snapshot.open(&secret("TOKEN"), &reader()));
            println!("value: {}", opened.map_or_else(|error| error.to_string(), |value| value.expose().to_owned()));
        }
        other => panic!("no part {other}"),
    }
    Ok(())
}
