//! Asks for each secret that its arguments name, and says how long it is or, in the SDK's words, why there is none.

fn main() {
    for name in std::env::args().skip(1) {
        match um_action::secrets::get(&name) {
            Ok(value) => println!("{name}: {} bytes", value.len()),
            Err(error) => println!("{name}: {error}"),
        }
    }
}
