//! READ: a look at the store as it is at one moment. What a crash left is settled first.

use um_envelope::{Keyring, Keys};

use crate::change::session::Session;
use crate::database::reading::{ReadFailure, read_only, read_repaired};
use crate::database::rows::Rows;
use crate::disk::lock::{Deadline, Lock};
use crate::error::StoreError;
use crate::opened::Opened;
use crate::view::View;

/// How often to settle what crashes left before giving up.
const ATTEMPTS: u32 = 3;

/// Looks at the store. What a crash left is settled first. Where the disk does not let that happen, since it is full or
/// fails, the look is at what would be settled: old and new keys are both there, and META tells which count.
pub(crate) fn read<T>(
    opened: &Opened,
    deadline: Deadline,
    look: impl Fn(&View) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 0..ATTEMPTS {
        let lock = Lock::shared(&opened.data, deadline)?;
        let (keyring, keys) = opened.load_keyring()?;
        if keyring.pending.is_none() {
            match look_at(opened, &keyring, &keys, &look) {
                Ok(seen) => return Ok(seen),
                Err(ReadFailure::Store(error)) => return Err(error),
                Err(ReadFailure::NeedsRepair) => {}
            }
        }
        // A shared flock does not become an exclusive one.
        drop(lock);
        match recover(opened, deadline) {
            Err(error) if error.is_of_the_disk() => return look_unsettled(opened, deadline, look, error),
            recovered => recovered?,
        }
    }
    Err(opened.damaged("it needs a repair again after each repair"))
}

fn look_at<T>(
    opened: &Opened,
    keyring: &Keyring,
    keys: &Keys,
    look: impl Fn(&View) -> Result<T, StoreError>,
) -> Result<T, ReadFailure> {
    read_only(&opened.disk, &opened.database(), |rows| {
        let view = View { opened, keyring, keys, rows };
        // Nothing is pending: there is one side to be on, or none.
        view.side()?;
        look(&view)
    })
}

/// Looks at what a crash left without changing anything. `error` says why it could not be settled, and counts where it
/// cannot be looked at either.
///
/// What is seen may be lost yet if a write of it failed: whoever made that change was told so. No generation is noted,
/// since no key is gone.
fn look_unsettled<T>(
    opened: &Opened,
    deadline: Deadline,
    look: impl Fn(&View) -> Result<T, StoreError>,
    error: StoreError,
) -> Result<T, StoreError> {
    let _lock = Lock::shared(&opened.data, deadline)?;
    let (keyring, keys) = opened.load_keyring()?;
    let look = |rows: &Rows| {
        let side = View { opened, keyring: &keyring, keys: &keys, rows }.side()?;
        let mut settled = keyring.clone();
        settled.settle(side);
        look(&View { opened, keyring: &settled, keys: &keys, rows })
    };
    match read_only(&opened.disk, &opened.database(), look) {
        Err(ReadFailure::NeedsRepair) => {}
        Err(ReadFailure::Store(failure)) => return Err(failure),
        Ok(seen) => return Ok(seen),
    }
    read_repaired(&opened.database(), look).map_err(|failure| if failure.is_of_the_disk() { error } else { failure })
}

/// Steps 1 and 2 of WRITE, and nothing else.
fn recover(opened: &Opened, deadline: Deadline) -> Result<(), StoreError> {
    let settled = Session::begin(opened, "recovery", deadline).and_then(Session::end);
    settled.map_err(|error| match error {
        StoreError::ReadOnly { path, .. } => StoreError::ReadOnly { path, what: "a crash left it in need of a repair" },
        error => error,
    })
}
