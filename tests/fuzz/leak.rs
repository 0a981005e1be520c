//! Any bytes, as a story of values guarded and texts written: what comes out of the leak filter is what a search that
//! anybody can check lets out.
#![no_main]

libfuzzer_sys::fuzz_target!(|story: &[u8]| um_leak::fuzz(story));
