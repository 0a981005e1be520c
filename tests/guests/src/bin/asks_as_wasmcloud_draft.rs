//! Asks for the keys of its arguments as a component of wasmCloud before 1.0.0 does, and prints the values.

wit_bindgen::generate!({ path: "wit", world: "test:peers/wasmcloud-draft", generate_all });

use wasmcloud::secrets0_1_0_draft::{reveal::reveal, store};

fn main() {
    for key in std::env::args().skip(1) {
        println!("{key}: {:?}", store::get(&key).map(|secret| reveal(&secret)));
    }
}
