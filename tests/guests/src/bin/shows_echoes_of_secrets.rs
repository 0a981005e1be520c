//! Does what each of its arguments says, `WAY NAME URL`: puts a secret into a request in that way, and prints what it
//! holds for the secret and all that came back.

use um_action::{http, secrets};

fn main() {
    for argument in std::env::args().skip(1) {
        let words: Vec<&str> = argument.split(' ').collect();
        let [way, name, url] = words[..] else { panic!("WAY NAME URL") };
        match echo(way, name, url) {
            Ok(said) => println!("{way}: {said}"),
            Err(error) => println!("{way}: {error}"),
        }
    }
}

fn echo(way: &str, name: &str, url: &str) -> Result<String, Box<dyn std::error::Error>> {
    let held = secrets::get(name)?;
    let request = match way {
        "bearer" => http::get(url).bearer(&held),
        "basic" => http::get(url).basic("user", &held),
        "query" => http::get(url).query("key", &held),
        "json" => http::post(url).json(&serde_json::json!({ "token": &*held })),
        "form" => http::post(url).form([("token", &*held)]),
        "text" => http::post(url).body(format!("token={}", &*held)),
        "path" => http::get(&format!("{url}/{}", &*held)),
        other => panic!("{other} is no way"),
    };
    let response = request.send()?;
    let fields = format!("{:?}", response.headers().collect::<Vec<_>>());
    Ok(format!("held {} got {fields} {}", &*held, response.text()?.escape_debug()))
}
