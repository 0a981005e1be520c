//! A small blocking HTTP client over `wasi:http`.
//!
//! A run may call only the hosts that it was started with (`um-host run --allow-host …`); the error of any other call
//! says which option allows it.
//!
//! ```no_run
//! use std::time::Duration;
//! use um_action::http;
//!
//! #[derive(serde::Deserialize)]
//! struct Created {
//!     id: String,
//! }
//!
//! # let token = String::new();
//! let created: Created = http::post("https://api.hubapi.com/crm/v3/objects/contacts")
//!     .bearer(&token)
//!     .json(&serde_json::json!({ "properties": { "email": "ada@example.com" } }))
//!     .timeout(Duration::from_secs(10))
//!     .send()?
//!     .error_for_status()?
//!     .json()?;
//! println!("created {}", created.id);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Answers and bodies that may not fit into memory are read and sent piece by piece:
//!
//! ```no_run
//! use um_action::{documents, http};
//!
//! let mut export = http::get("https://api.example.com/export.csv").send()?.error_for_status()?;
//! let mut document = documents::create("export.csv")?;
//! std::io::copy(&mut export, &mut document)?;
//! document.finish()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Deliberately absent: what the host does (TLS, compression, proxies, connection reuse) and cookies.

mod error;
mod exchange;
mod form;
mod refusal;
mod request;
mod response;
mod url;

pub use error::{Error, ErrorKind};
pub use request::Request;
pub use response::Response;

/// Asks for what is at the address.
pub fn get(url: &str) -> Request {
    Request::new("GET", url)
}

/// Asks for the head of what is at the address.
pub fn head(url: &str) -> Request {
    Request::new("HEAD", url)
}

/// Sends something new.
pub fn post(url: &str) -> Request {
    Request::new("POST", url)
}

/// Replaces what is at the address.
pub fn put(url: &str) -> Request {
    Request::new("PUT", url)
}

/// Changes parts of what is at the address.
pub fn patch(url: &str) -> Request {
    Request::new("PATCH", url)
}

/// Deletes what is at the address.
pub fn delete(url: &str) -> Request {
    Request::new("DELETE", url)
}

/// A request of any other method, in upper case.
pub fn request(method: &str, url: &str) -> Request {
    Request::new(method, url)
}
