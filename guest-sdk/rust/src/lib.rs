//! Write actions for um-host in Rust: small programs that call outside services with the secrets of a workspace.
//!
//! Any program for `wasm32-wasip2` is an action. This crate adds what plain WASI has not:
//!
//! | noun | what it is |
//! |---|---|
//! | [`secrets`] | the secrets of the workspace that the run belongs to, by name |
//! | [`http`] | a small blocking HTTP client |
//! | [`documents`] | files that the action publishes when it succeeds |
//! | [`export!`] | makes a function of types that serde knows a typed action: JSON in, JSON out |
//!
//! A program, built with `cargo build --target wasm32-wasip2 --release`:
//!
//! ```no_run
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let token = um_action::secrets::get("HUBSPOT_API_KEY")?;
//!     let contacts = um_action::http::get("https://api.hubapi.com/crm/v3/objects/contacts")
//!         .bearer(&token)
//!         .query("limit", 100)
//!         .send()?
//!         .error_for_status()?
//!         .text()?;
//!     um_action::documents::write("contacts.json", &contacts)?;
//!     println!("{} bytes of contacts", contacts.len());
//!     Ok(())
//! }
//! ```
//!
//! Every error of this crate reads as one sentence of advice, also under `{:?}`, which is how a `main` that returns it
//! shows it. No error repeats a secret, a header, a query or a body.
//!
//! Deliberately absent: async, TLS settings, cookies, proxies (the host decides where calls go), and WASI itself, which
//! the standard library speaks: `println!`, `std::env`, `std::time`, `std::fs` below `um-host run --dir`.

#![warn(missing_docs)]

mod action;
pub mod documents;
mod exit;
pub mod http;
mod json;
pub mod secrets;
mod shown;

#[doc(hidden)]
#[allow(missing_docs, reason = "generated")]
pub mod bindings;

#[doc(hidden)]
pub use action::call;
pub use exit::exit;

/// Makes a function the typed action of this crate, which is then a `cdylib`: JSON in, JSON out.
///
/// The function takes any type that serde reads and returns `Result` of any type that serde writes; its error is shown
/// by its `Display`. An input that does not fit the type never reaches it: the run fails with a message that says what
/// is missing. A run without input gives it `{}`, or, if its type does not take that, `null`.
///
/// ```no_run
/// #[derive(serde::Deserialize)]
/// struct Input {
///     name: String,
/// }
///
/// #[derive(serde::Serialize)]
/// struct Output {
///     greeting: String,
/// }
///
/// fn run(input: Input) -> Result<Output, String> {
///     match input.name.as_str() {
///         "" => Err("nobody to greet: the name is empty".to_owned()),
///         name => Ok(Output { greeting: format!("hello {name}") }),
///     }
/// }
///
/// um_action::export!(run);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($run:path) => {
        const _: () = {
            struct Typed;

            impl $crate::bindings::Guest for Typed {
                fn run(
                    input: ::std::string::String,
                ) -> ::std::result::Result<::std::string::String, ::std::string::String> {
                    $crate::call($run, &input)
                }
            }

            $crate::bindings::export_run! { Typed with_types_in $crate::bindings }
        };
    };
}
