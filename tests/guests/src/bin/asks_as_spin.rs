//! Asks for the variables of its arguments as an application of Spin does, and prints what it gets.

wit_bindgen::generate!({ path: "wit", world: "test:peers/spin", generate_all });

use fermyon::spin::variables::get;

fn main() {
    for name in std::env::args().skip(1) {
        println!("{name}: {:?}", get(&name));
    }
}
