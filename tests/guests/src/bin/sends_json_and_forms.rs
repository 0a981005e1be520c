//! Posts JSON and a form to the URL of its argument, each as it is and with a content type and user agent of its own.

use um_action::http;

fn main() {
    let url = std::env::args().nth(1).expect("a URL");
    let own = |kind: &str| http::post(&url).header("Content-Type", kind).header("User-Agent", "my-crm/2");
    let fields = [("grant type", "a&b"), ("code", "1")];
    for request in [
        http::post(&url).json(&fields),
        own("application/vnd.api+json").json(&fields),
        http::post(&url).form(fields),
        own("application/x-www-form-urlencoded; charset=utf-8").form(fields),
    ] {
        match request.send() {
            Ok(response) => println!("status {}", response.status()),
            Err(error) => println!("error {error}"),
        }
    }
}
