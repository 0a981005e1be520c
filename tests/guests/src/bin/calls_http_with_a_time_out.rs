//! Calls the URL of its first argument and gives up after as many milliseconds as its second says.

use std::time::Duration;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("a URL");
    let limit = Duration::from_millis(arguments.next().expect("milliseconds").parse().expect("a number"));
    let answer = um_action::http::get(&url).timeout(limit).send().and_then(|response| response.text());
    match answer {
        Ok(text) => println!("body {text}"),
        Err(error) => println!("error {error}"),
    }
}
