//! Asks for the keys of its arguments by `wasi:config/store`, and for all at once for the argument `--all`, and prints what
//! it gets.

wit_bindgen::generate!({ path: "wit", world: "test:peers/config", generate_all });

use wasi::config0_2_0_rc_1::store::{get, get_all};

fn main() {
    for key in std::env::args().skip(1) {
        match key.as_str() {
            "--all" => println!("all: {:?}", get_all()),
            key => println!("{key}: {:?}", get(key)),
        }
    }
}
