//! What lies in the data directory.

/// All wrapped keys; replaced as a whole with each change.
pub(crate) const KEYRING: &str = "keyring";
/// A keyring that is not in its place yet.
pub(crate) const KEYRING_DRAFT: &str = "keyring.tmp";
/// The second name of a keyring that is to be wiped.
pub(crate) const KEYRING_OLD: &str = "keyring.old";
/// Everything that the keys open, in tables.
pub(crate) const DATABASE: &str = "secrets.redb";
/// A copy of it in the making.
pub(crate) const FRESH_DATABASE: &str = "secrets.redb.new";
/// The directory of the segments of read records.
pub(crate) const READS: &str = "reads";
/// Locked for a moment by whoever wants [`LOCK`], so that nobody is overtaken for ever.
pub(crate) const GATE: &str = "gate";
/// Locked by whoever uses the store.
pub(crate) const LOCK: &str = "lock";
