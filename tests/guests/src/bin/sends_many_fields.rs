//! Makes sets of as many header fields of 1,000 bytes as its arguments say, in each way that WASI has, and says how that
//! went; with a URL before them, sends one header of so many bytes by the SDK.

use um_action::bindings::wasi::http::types::Fields;
use um_action::http;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [url, length] = &arguments[..] {
        let sent = http::get(url).header("x-long", "y".repeat(length.parse().expect("a number"))).send();
        return println!("{}", sent.map_or_else(|error| error.to_string(), |answer| answer.status().to_string()));
    }
    let count: usize = arguments[0].parse().expect("a number");
    let value = vec![b'y'; 1000];
    let name = |number: usize| format!("x-{number}");
    let list: Vec<_> = (0..count).map(|number| (name(number), value.clone())).collect();
    println!("from-list: {:?}", Fields::from_list(&list).map(drop));
    let fields = Fields::new();
    let appended: Result<(), _> = (0..count).try_for_each(|number| fields.append(&name(number), &value));
    println!("append: {appended:?}");
    let set = fields.set("x-all", &vec![value; count]);
    println!("set: {set:?}");
    println!("one more: {:?}", fields.append("x", b"y"));
}
