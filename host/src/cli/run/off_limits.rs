//! What no action may be given a directory of: the store, its key and the cache of compiled actions.

use um_runtime::OffLimits;

use crate::cli::settings::{Settings, key_directory};

/// The places of um-host's own.
pub fn own_places(settings: &Settings) -> OffLimits {
    let key = settings.key().and_then(|source| source.path());
    let places = [
        ("the key of the store", key),
        ("the directory of keys", key_directory()),
        ("the directory of the store", settings.data().ok()),
        ("the cache of compiled actions", settings.cache()),
    ];
    let known = places.into_iter().filter_map(|(what, path)| Some((what, path?)));
    known.fold(OffLimits::new(), |own, (what, path)| own.add(what, &path))
}
