//! Any bytes, as JSON that an action returns and values in it: what comes out of the leak filter is what comes of a tree
//! that anybody can check.
#![no_main]

libfuzzer_sys::fuzz_target!(|story: &[u8]| um_leak::fuzz_json(story));
