//! Makes the call that its arguments say (METHOD URL [NAME:VALUE of a header]... [body]) and prints status, headers and body, or the error.

use um_action::http;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut request = http::request(&arguments[0], &arguments[1]);
    for argument in &arguments[2..] {
        request = match argument.split_once(':') {
            Some((name, value)) if !name.contains(['{', ' ']) => request.header(name, value),
            _ => request.body(argument.as_bytes()),
        };
    }
    match request.send() {
        Ok(response) => show(response),
        Err(error) => println!("error {error}"),
    }
}

fn show(response: http::Response) {
    println!("status {}", response.status());
    let mut headers: Vec<_> = response.headers().map(|(name, value)| format!("header {name}: {value}")).collect();
    headers.sort();
    headers.iter().for_each(|header| println!("{header}"));
    match response.text() {
        Ok(text) => println!("body {text}"),
        Err(error) => println!("error {error}"),
    }
}
