//! Calls the URL of its argument without end, until a call fails; says how many there were, and why there are no more.

fn main() {
    let url = std::env::args().nth(1).expect("a URL");
    for number in 0.. {
        let called = um_action::http::get(&url).send().and_then(um_action::http::Response::bytes);
        if let Err(error) = called {
            return println!("{number} calls, then: {error}");
        }
    }
}
