//! Any text, as a value that has parts: it is read to its end, always the same, and told within the bounds.
#![no_main]

use um_secret::{MAX_PARTS, MAX_PATH_BYTES};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let value = String::from_utf8_lossy(text);
    let parts = um_leak::parts_of(&value);
    assert!(parts == um_leak::parts_of(&value) && parts.list.len() <= MAX_PARTS);
    assert!(parts.list.iter().all(|part| (1..=MAX_PATH_BYTES).contains(&part.path.len())));
});
