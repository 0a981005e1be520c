//! Any bytes, as a story of values guarded and texts written: what comes out of the leak filter is what a search that
//! anybody can check lets out.
#![no_main]

#[path = "../../host/src/base/mod.rs"]
#[expect(unused_imports, reason = "the filter needs little of it")]
mod base;
#[path = "../../host/src/leak/mod.rs"]
#[allow(unused_imports)]
mod leak;
#[path = "../../host/src/secret/mod.rs"]
#[expect(unused_imports, reason = "the filter needs little of it")]
mod secret;

libfuzzer_sys::fuzz_target!(|story: &[u8]| leak::fuzz(story));
