//! Calls the URL of its argument without end and counts aloud, until a call fails or the run is ended.

fn main() {
    let url = std::env::args().nth(1).expect("a URL");
    for number in 1.. {
        let called = um_action::http::get(&url).send().and_then(um_action::http::Response::bytes);
        match called {
            Ok(_) => println!("{number}"),
            Err(error) => return println!("call {number}: {error}"),
        }
    }
}
