//! Asks for the keys of its arguments, and for all at once, by three drafts of `wasi:config`, and prints what it gets.

wit_bindgen::generate!({ path: "wit", world: "test:peers/config-drafts", generate_all });

use wasi::config0_2_0_draft::{runtime, store};
use wasi::config0_2_0_draft_2024_09_27::store as dated;

fn main() {
    for key in std::env::args().skip(1) {
        println!("{key}: {:?} {:?} {:?}", store::get(&key), runtime::get(&key), dated::get(&key));
    }
    println!("all: {:?} {:?} {:?}", store::get_all(), runtime::get_all(), dated::get_all());
}
