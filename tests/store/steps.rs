//! The steps that the store announces, between which tests kill it. That it takes them all, in this order, is a test.

/// The steps of every change.
///
/// `pending` is step 3 of the WRITE of the store, `committed` step 4, `final` step 5.
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

/// The steps of `init`. `key-written` and `key-placed` come only where a key is made.
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
