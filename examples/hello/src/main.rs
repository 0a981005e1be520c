//! The smallest action: an ordinary program. It knows nothing of um-host and needs neither a store nor a secret.
//!
//! ```sh
//! cargo build --target wasm32-wasip2 --package hello
//! um-host run target/wasm32-wasip2/debug/hello.wasm -- Ada Grace
//! ```

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    match names.is_empty() {
        true => println!("hello, world"),
        false => println!("hello, {}", names.join(" and ")),
    }
}
