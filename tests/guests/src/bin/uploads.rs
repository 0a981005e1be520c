//! Posts as many bytes as its second argument says to the URL of its first, once whole and once piece by piece.

use std::io::Read;

use um_action::http;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("a URL");
    let length: usize = arguments.next().expect("a length").parse().expect("a number");
    show("whole", http::post(&url).body(vec![b'x'; length]));
    show("in pieces", http::post(&url).body_from(std::io::repeat(b'x').take(length as u64)));
}

fn show(how: &str, request: http::Request) {
    match request.send().and_then(|response| Ok((response.status(), response.text()?))) {
        Ok((status, text)) => println!("{how}: {status} {text}"),
        Err(error) => println!("{how}: {error}"),
    }
}
