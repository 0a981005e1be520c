//! A typed action: sums up the contacts of a CRM and publishes them as a document.
//!
//! It fetches a paged list with the workspace's HUBSPOT_API_KEY, returns a summary as JSON, and writes `contacts.csv`.
//! On the way it makes every mistake in the book of logging; what um-host prints shows `***` in those places.
//!
//! ```sh
//! cargo build --target wasm32-wasip2 --package contacts
//! um-host run target/wasm32-wasip2/debug/contacts.wasm --allow-host api.hubapi.com \
//!     --input '{"base_url": "https://api.hubapi.com"}' --documents out
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufWriter, Write};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use um_action::documents::{self, Document};
use um_action::{http, secrets};

#[derive(Deserialize)]
struct Input {
    /// Where the CRM is, without a path: `https://api.hubapi.com`.
    base_url: String,
    /// Contacts per request, 1 to 100.
    #[serde(default = "default_page_size")]
    page_size: u32,
}

fn default_page_size() -> u32 {
    25
}

#[derive(Serialize)]
struct Summary {
    contacts: usize,
    pages: usize,
    companies: BTreeMap<String, usize>,
    newest: Option<String>,
}

um_action::export!(run);

fn run(input: Input) -> Result<Summary, Box<dyn Error>> {
    let token = secrets::get("HUBSPOT_API_KEY")?;
    log_badly(&token);

    let pages = fetch(&input, &token)?;
    match documents::create("contacts.csv") {
        Ok(file) => write_csv(file, pages.iter().flatten())?,
        // The summary is of use without the list: a run need not ask for documents.
        Err(error) => eprintln!("no list: {error}"),
    }
    Ok(sum_up(&pages))
}

/// What no action should do and many a debugging session has left behind.
fn log_badly(token: &str) {
    println!("using the token {token}");
    eprintln!("basic auth would be {}", BASE64_STANDARD.encode(format!("api:{token}")));
    println!("request: {}", json!({ "headers": { "authorization": format!("Bearer {token}") }, "retries": 0 }));
}

// --- The CRM's answers, as far as they matter here ---

#[derive(Deserialize)]
struct Page {
    results: Vec<Contact>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    next: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    after: String,
}

#[derive(Deserialize)]
struct Contact {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    firstname: String,
    lastname: String,
    email: String,
    company: String,
    /// RFC 3339 in UTC: the order of the texts is the order of the times.
    createdate: String,
}

/// Page after page, until one names no next.
fn fetch(input: &Input, token: &str) -> Result<Vec<Vec<Properties>>, http::Error> {
    let address = format!("{}/crm/v3/objects/contacts", input.base_url);
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let mut request = http::get(&address).bearer(token).query("limit", input.page_size);
        if let Some(after) = &after {
            request = request.query("after", after);
        }
        let page: Page = request.send()?.error_for_status()?.json()?;
        pages.push(page.results.into_iter().map(|contact| contact.properties).collect());
        match page.paging.and_then(|paging| paging.next) {
            Some(next) => after = Some(next.after),
            None => return Ok(pages),
        }
    }
}

fn write_csv<'a>(file: Document, contacts: impl Iterator<Item = &'a Properties>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    writeln!(file, "name,email,company,created")?;
    for contact in contacts {
        let Properties { firstname, lastname, email, company, createdate } = contact;
        writeln!(file, "{firstname} {lastname},{email},\"{}\",{createdate}", company.replace('"', "\"\""))?;
    }
    file.into_inner().map_err(|error| error.into_error())?.finish()
}

fn sum_up(pages: &[Vec<Properties>]) -> Summary {
    let contacts = || pages.iter().flatten();
    let mut companies = BTreeMap::new();
    for contact in contacts() {
        *companies.entry(contact.company.clone()).or_default() += 1;
    }
    let newest = contacts().max_by_key(|contact| &contact.createdate);
    Summary {
        contacts: contacts().count(),
        pages: pages.len(),
        companies,
        newest: newest
            .map(|Properties { firstname, lastname, company, .. }| format!("{firstname} {lastname} of {company}")),
    }
}
