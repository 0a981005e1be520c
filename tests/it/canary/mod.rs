//! The canary: a random value goes through everything that um-host does, and must be found nowhere.
//!
//! It is searched as it is, in pieces, and in every encoding that somebody might come up with, by encoders of the test's
//! own. Whatever is searched for values is also searched with a value planted there: a search that cannot find is no proof.

mod bindings;
mod forms;
mod linear;
mod memory;
mod parts;
mod peer;
mod process;
mod scripts;
mod search;
mod verbs;

/// Not a test by itself: the programs that the canary starts are this one again, told by a variable what to be.
#[test]
fn another_process_of_the_canary() {
    match process::role().as_deref() {
        None => {}
        Some("host") => memory::be_a_host(),
        Some("searcher") => memory::be_a_searcher(),
        Some("peer") => peer::be_a_peer(),
        Some("contacts") => linear::be_contacts(),
        Some(role) => panic!("there is no role `{role}`"),
    }
}
