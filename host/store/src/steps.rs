//! The gaps between which a crash test kills a change of the store: see `base/steps.rs`.

pub(super) use um_base::step;

/// The steps of every change, in order; each is announced when it has been done.
///
/// `pending` is step 3 of the store's WRITE, `rows` and `commit` step 4, `final` step 5.
pub const WRITE_STEPS: [&str; 17] = [
    "locked",
    "database-open",
    "keyring-read",
    "settled",
    "pending-written",
    "pending-linked",
    "pending-renamed",
    "pending-wiped",
    "pending-unlinked",
    "committed",
    "final-written",
    "final-linked",
    "final-renamed",
    "final-wiped",
    "final-unlinked",
    "closed",
    "unlocked",
];

/// The steps of `init`, in order. `key-written` and `key-placed` come only where a key is made.
pub const INIT_STEPS: [&str; 8] = [
    "key-written",
    "key-placed",
    "directory-made",
    "database-made",
    "keyring-made",
    "directory-synced",
    "directory-placed",
    "parent-synced",
];
