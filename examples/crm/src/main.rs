//! A stand-in for the HTTP service that an action calls: a CRM with 60 contacts, in the manner of HubSpot's.
//!
//! It is a process of its own. The token that callers must bring is the first line of its standard input, so that it
//! stands in no argument list; its first line of output is where it listens. It ends when its input closes or on SIGTERM.
//!
//! ```sh
//! (echo my-token; cat) | cargo run --package crm -- 8080
//! curl -H 'Authorization: Bearer my-token' 'http://127.0.0.1:8080/crm/v3/objects/contacts?limit=2'
//! ```

#![forbid(unsafe_code)]

mod contacts;
mod io;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const PATH: &str = "/crm/v3/objects/contacts";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse::<u16>())?;
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let token = input.next_line().await?.filter(|line| !line.is_empty());
    let expected = format!("Bearer {}", token.ok_or("write the token that callers must bring as the first line")?);

    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);

    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        served = serve(listener, expected.into()) => served?,
        _ = async { while let Ok(Some(_)) = input.next_line().await {} } => (),
        _ = terminated.recv() => (),
    }
    // The thread that waits for input would keep the runtime from ending.
    std::process::exit(0)
}

async fn serve(listener: TcpListener, expected: Arc<str>) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let expected = Arc::clone(&expected);
        let respond = service_fn(move |request| {
            let expected = Arc::clone(&expected);
            async move { Ok::<_, Infallible>(respond(&request, &expected)) }
        });
        // A caller that hangs up is no event for a server.
        tokio::spawn(http1::Builder::new().serve_connection(io::Stream(stream), respond));
    }
}

fn respond<B>(request: &Request<B>, expected: &str) -> Response<Full<Bytes>> {
    let (status, body) = answer(request, expected);
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().expect("a constant"));
    response
}

fn answer<B>(request: &Request<B>, expected: &str) -> (StatusCode, Value) {
    let brought = request.headers().get(AUTHORIZATION);
    if brought.is_none_or(|brought| brought.as_bytes() != expected.as_bytes()) {
        let message = "The access token is missing, wrong or no longer valid.";
        return (StatusCode::UNAUTHORIZED, refusal("INVALID_AUTHENTICATION", message));
    }
    if request.uri().path() != PATH {
        return (StatusCode::NOT_FOUND, refusal("OBJECT_NOT_FOUND", "There is nothing at this path."));
    }
    if request.method() != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, refusal("METHOD_NOT_ALLOWED", "This list can only be read."));
    }
    match page(request.uri().query().unwrap_or_default()) {
        Some(page) => (StatusCode::OK, page),
        None => (StatusCode::BAD_REQUEST, refusal("VALIDATION_ERROR", "limit is 1 to 100, after a number.")),
    }
}

fn refusal(category: &str, message: &str) -> Value {
    json!({ "status": "error", "category": category, "message": message })
}

/// At most `limit` contacts behind the one that `after` names.
fn page(query: &str) -> Option<Value> {
    let (mut limit, mut after) = (10, 0);
    for (name, value) in query.split('&').filter_map(|field| field.split_once('=')) {
        match name {
            "limit" => limit = value.parse().ok().filter(|limit| (1..=100).contains(limit))?,
            "after" => after = value.parse::<usize>().ok()?.min(contacts::COUNT),
            _ => (),
        }
    }
    let end = (after + limit).min(contacts::COUNT);
    let mut page = json!({ "results": (after..end).map(contacts::contact).collect::<Vec<_>>() });
    if end < contacts::COUNT {
        page["paging"] = json!({ "next": { "after": end.to_string() } });
    }
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(path: &str, authorization: &str) -> (u16, Value) {
        let request = Request::get(path).header(AUTHORIZATION, authorization).body(()).unwrap();
        let (status, body) = answer(&request, "Bearer right");
        (status.as_u16(), body)
    }

    #[test]
    fn only_the_right_token_opens_the_list() {
        assert_eq!(ask(PATH, "Bearer right").0, 200);
        for wrong in ["Bearer wrong", "Bearer right ", "bearer right", "right", ""] {
            let (status, body) = ask(PATH, wrong);
            assert_eq!((status, &body["category"]), (401, &json!("INVALID_AUTHENTICATION")), "{wrong:?}");
        }
    }

    #[test]
    fn pages_cover_every_contact_once() {
        let (mut ids, mut after) = (Vec::new(), "0".to_owned());
        loop {
            let (status, page) = ask(&format!("{PATH}?limit=25&after={after}"), "Bearer right");
            assert_eq!(status, 200);
            ids.extend(page["results"].as_array().unwrap().iter().map(|contact| contact["id"].clone()));
            match page["paging"]["next"]["after"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(ids.len(), contacts::COUNT);
        ids.dedup();
        assert_eq!(ids.len(), contacts::COUNT);
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for query in ["limit=0", "limit=101", "limit=x", "after=-1"] {
            assert_eq!(ask(&format!("{PATH}?{query}"), "Bearer right").0, 400, "{query}");
        }
        assert_eq!(ask("/elsewhere", "Bearer right").0, 404);
    }
}
