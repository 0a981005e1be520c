//! What the verbs of a store do.

use um_host::store::SetOptions;

use super::world::{World, read, secret, set, snapshot, value, workspace};

#[tokio::test]
async fn a_run_gets_the_value_that_was_set() {
    let world = World::new();
    let store = world.open();
    let stored = set(&store, "TOKEN", "correct horse battery");
    assert_eq!((stored.version, stored.created), (1, true));
    assert_eq!(read(&world.open(), "default", "TOKEN").await, "correct horse battery");
    let (summary, used) = store.summary(&workspace("default"), &secret("TOKEN")).unwrap();
    assert_eq!(summary.version, 1);
    assert_eq!(used.unwrap().reads, 1);
    println!("{:?}", store.check().unwrap());
}
