//! Many processes and one store.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

use um_store::StoreError;

use super::child;
use super::world::{World, read, set};

use crate::support::bound::Bounded;

#[tokio::test]
async fn readers_and_writers_in_many_processes_all_get_their_turn() {
    let world = World::new();
    set(&world.open(), "COUNTER", "number 0");
    let parts = ["read-often", "read-often", "read-often", "read-often", "write-often", "write-often"];
    let running: Vec<_> = parts.iter().map(|part| child::command(&world, part).start().unwrap()).collect();
    for child in running {
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    let store = world.open();
    let (summary, used, _) =
        store.summary(&super::world::workspace("default"), &super::world::secret("COUNTER")).unwrap();
    assert_eq!(summary.version, 21, "no change was lost");
    assert_eq!(used.unwrap().reads, 240, "no read was lost");
    assert!(!store.check().unwrap().reads_damaged);
}

#[tokio::test]
async fn a_change_by_another_process_is_seen_by_the_next_run() {
    let world = World::new();
    let store = world.open();
    set(&store, "TOKEN", "the first value");
    assert_eq!(read(&store, "default", "TOKEN").await, "the first value");
    let ended = child::run(&world, "set", &[]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(read(&store, "default", "TOKEN").await, "set by a child");
}

/// A user without rights: root is not held up by modes, so the child gives its own up.
const NOBODY: u32 = 65534;

/// Makes the store unwritable, for a user of its own if we are root.
fn freeze(world: &World) {
    let all = world.files().into_iter().chain([world.data().join("reads"), world.data()]);
    for path in all {
        let mode = if path.is_dir() { 0o500 } else { 0o400 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        give_away(&path);
    }
    give_away(&world.key_file());
    std::fs::set_permissions(world.directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn give_away(path: &Path) {
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn thaw(world: &World) {
    for path in [world.data(), world.data().join("reads")] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}

fn play_unprivileged(world: &World, part: &str) -> std::process::Output {
    // The test binary lies where others may not look: a copy of it does not.
    let copy = world.directory.path().join("player");
    // By another process: a test that forks while we write would keep the file busy.
    let copied = std::process::Command::new("cp").arg(std::env::current_exe().unwrap()).arg(&copy).end().unwrap();
    assert!(copied.success());
    let original = child::command(world, part);
    let mut command = std::process::Command::new(&copy);
    command.args(original.get_args()).envs(original.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir("/").finish().unwrap()
}

#[test]
fn a_directory_that_cannot_be_written_can_be_read_but_no_value_is_handed_out_unrecorded() {
    let world = World::new();
    set(&world.open(), "TOKEN", "the first value");
    freeze(&world);
    let ended = play_unprivileged(&world, "read");
    let (said, wrote) = (String::from_utf8_lossy(&ended.stdout), play_unprivileged(&world, "set"));
    thaw(&world);
    assert!(said.contains("entries: 1"), "{ended:?}");
    assert!(said.contains("value: this user may not record"), "{ended:?}");
    let refusal = String::from_utf8_lossy(&wrote.stderr).into_owned();
    assert!(refusal.contains("cannot be written"), "{refusal}");
}

#[test]
fn a_directory_that_needs_a_repair_and_cannot_be_written_says_so() {
    let world = World::new();
    set(&world.open(), "TOKEN", "the first value");
    // As a killed writer leaves it: redb's flag for a repair, the second bit of the tenth byte.
    let database = world.data().join("secrets.redb");
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[9] |= 2;
    std::fs::write(&database, &bytes).unwrap();
    freeze(&world);
    let ended = play_unprivileged(&world, "read");
    thaw(&world);
    let refusal = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(refusal.contains("cannot be written") && refusal.contains("repair"), "{refusal}");
}

#[test]
fn a_store_of_another_user_says_so_and_is_not_taken_for_missing() {
    for closed in ["data", "keyring", "secrets.redb"] {
        let world = World::new();
        set(&world.open(), "TOKEN", "the first value");
        freeze(&world);
        let path = if closed == "data" { world.data() } else { world.data().join(closed) };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
        let ended = play_unprivileged(&world, "read");
        thaw(&world);
        let refusal = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(refusal.contains("this user may not"), "{closed}: {refusal}");
    }
}

#[test]
fn a_store_in_use_is_told_by_process_and_verb() {
    let world = World::new();
    let lock = std::fs::OpenOptions::new().read(true).write(true).open(world.data().join("lock")).unwrap();
    lock.lock().unwrap();
    std::fs::write(world.data().join("lock"), format!("{} secrets import\n", std::process::id())).unwrap();
    let store = {
        lock.unlock().unwrap();
        let store = world.open().with_patience(std::time::Duration::from_millis(20));
        lock.lock().unwrap();
        store
    };
    let error = store.workspaces().unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }));
    let message = error.to_string();
    assert!(message.contains(&format!("process {} (`secrets import`)", std::process::id())), "{message}");
}
