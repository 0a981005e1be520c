//! Calls the URL of its first argument as often as its second says, and keeps each answer open.

use um_action::http;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("a URL");
    let count: usize = arguments.next().expect("a number").parse().expect("a number");
    let answers: Vec<_> = (0..count).map(|_| http::get(&url).send().expect("an answer")).collect();
    println!("{} answers", answers.len());
}
