//! Making a store.

use std::os::unix::fs::PermissionsExt;

use um_store::{InitError, KeyError, KeySource, Store, StoreError};

use super::child;
use super::world::{KEY, World, write_key};
use crate::support::who::me;

#[test]
fn a_new_store_is_private_and_has_the_workspace_default() {
    let world = World::new();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&world.data()), 0o700);
    for file in world.files() {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    let workspaces = world.open().workspaces().unwrap();
    assert_eq!(
        workspaces.iter().map(|summary| (summary.name.as_str(), summary.secrets)).collect::<Vec<_>>(),
        [("default", 0)]
    );
    assert_eq!(world.siblings(), ["data", "key"], "nothing is left beside it");
}

#[test]
fn a_store_is_made_in_an_empty_directory_and_below_directories_that_are_not_there() {
    let world = World::empty();
    std::fs::create_dir(world.data()).unwrap();
    Store::init(&me(), &world.data(), Some(world.key())).unwrap();
    let deep = world.directory.path().join("a/b/c/");
    Store::init(&me(), &deep, Some(world.key())).unwrap();
    Store::open(&deep, Some(world.key())).unwrap();
}

#[test]
fn a_link_to_an_empty_directory_is_followed() {
    let world = World::empty();
    let link = world.directory.path().join("link");
    std::fs::create_dir(world.data()).unwrap();
    std::os::unix::fs::symlink(world.data(), &link).unwrap();
    Store::init(&me(), &link, Some(world.key())).unwrap();
    assert!(link.is_symlink());
    world.open();
}

#[test]
fn what_is_there_already_is_never_touched() {
    let world = World::new();
    let before = world.bytes();
    let again = Store::init(&me(), &world.data(), Some(world.key()));
    assert!(matches!(again, Err(InitError::Exists { .. })), "{again:?}");
    assert_eq!(world.bytes(), before);
    let full = world.directory.path().join("full");
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("letter"), "dear").unwrap();
    assert!(matches!(Store::init(&me(), &full, Some(world.key())), Err(InitError::NotEmpty { .. })));
    assert!(matches!(
        Store::init(&me(), &full.join("letter"), Some(world.key())),
        Err(InitError::NotADirectory { .. })
    ));
    assert_eq!(std::fs::read_to_string(full.join("letter")).unwrap(), "dear");
    assert_eq!(world.siblings(), ["data", "full", "key"]);
}

#[test]
fn a_source_without_a_key_makes_no_store() {
    let world = World::empty();
    let missing = KeySource::File(world.directory.path().join("nowhere"));
    let refused = Store::init(&me(), &world.data(), Some(missing));
    assert!(matches!(refused, Err(InitError::Key(KeyError::FileMissing { .. }))), "{refused:?}");
    write_key(&world.key_file(), "no key at all");
    let refused = Store::init(&me(), &world.data(), Some(world.key()));
    assert!(matches!(refused, Err(InitError::Key(KeyError::Text { .. }))), "{refused:?}");
    assert_eq!(world.siblings(), ["key"]);
}

#[test]
fn of_many_inits_at_once_one_wins_and_the_others_leave_nothing() {
    let world = World::empty();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let init = || Store::init(&me(), &world.data(), Some(world.key()));
        let running: Vec<_> = (0..8).map(|_| scope.spawn(init)).collect();
        running.into_iter().map(|running| running.join().unwrap()).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 7));
    assert!(lost.iter().all(|lost| matches!(lost, Err(InitError::Exists { .. }))), "{lost:?}");
    assert_eq!(world.open().id(), won[0].as_ref().unwrap().store_id);
    assert_eq!(world.siblings(), ["data", "key"]);
}

#[test]
fn a_new_key_is_kept_outside_the_data_and_found_again() {
    let world = World::empty();
    let config = world.directory.path().join("config");
    let environment = [("XDG_CONFIG_HOME", config.as_os_str())];
    let made = child::run(&world, "init", &environment);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let keys: Vec<_> = std::fs::read_dir(config.join("um-host/keys")).unwrap().map(|key| key.unwrap().path()).collect();
    let [key] = &keys[..] else { panic!("{keys:?}") };
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(key).unwrap().starts_with("um-host-key-"));
    let opened = child::run(&world, "open", &environment);
    assert_eq!(opened.status.code(), Some(0), "{opened:?}");
    let store = Store::open(&world.data(), Some(KeySource::File(key.clone()))).unwrap();
    assert!(key.ends_with(store.id().to_string()));
    // A second one loses, and takes its key away.
    let lost = child::run(&world, "init", &environment);
    assert_ne!(lost.status.code(), Some(0));
    assert_eq!(std::fs::read_dir(config.join("um-host/keys")).unwrap().count(), 1);
}

#[test]
fn a_key_is_never_kept_inside_the_data() {
    let world = World::empty();
    let environment = [("XDG_CONFIG_HOME", world.data().join("config").into_os_string())];
    let refused = child::run(&world, "init", &[(environment[0].0, environment[0].1.as_os_str())]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("would lie in the data directory"), "{refused:?}");
    assert_eq!(world.siblings(), ["key"]);
}

#[test]
fn a_store_that_is_not_there_is_told_by_its_place() {
    let world = World::empty();
    for path in [world.data(), world.directory.path().to_owned(), world.key_file()] {
        let missing = Store::open(&path, Some(world.key())).unwrap_err();
        assert!(matches!(missing, StoreError::Missing { .. }), "{missing}");
        assert!(missing.to_string().contains(&*path.to_string_lossy()), "{missing}");
    }
    assert_eq!(world.siblings(), ["key"], "nothing was made");
    write_key(&world.key_file(), KEY);
}
