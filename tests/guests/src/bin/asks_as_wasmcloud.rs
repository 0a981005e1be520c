//! Asks for the keys of its arguments as a component of wasmCloud does, and prints what it gets: handles of all first, their
//! values in the opposite order.

wit_bindgen::generate!({ path: "wit", world: "test:peers/wasmcloud", generate_all });

use wasmcloud::secrets1_0_0::{reveal::reveal, store};

fn main() {
    let handles: Vec<_> = std::env::args().skip(1).map(|key| (store::get(&key), key)).collect();
    for (handle, key) in handles.iter().rev() {
        match handle {
            Ok(handle) => println!("{key}: {:?}", reveal(handle)),
            Err(error) => println!("{key}: {error:?}"),
        }
    }
}
