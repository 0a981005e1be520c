//! `contacts` and `contacts-py`, as they are, with their token revealed and with it sealed: nobody but the CRM sees a
//! difference, and what they log by mistake.

use std::fs;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::python_scripts::examples::{TOKEN, contacts, crm, sorted};
use crate::python_scripts::server::Server;
use crate::support::command::{Answer, Home};

const NAME: &str = "HUBSPOT_API_KEY";

fn home(server: &Server, options: &[&str]) -> Home {
    let home = Home::with_store();
    let set = home.um_host(["secrets", "set", NAME, "--bind", &server.url]).args(options).stdin(TOKEN).answer();
    assert_eq!(set.status, 0, "{set:?}");
    home
}

/// What the run says, what it returns and what it publishes.
fn run(server: &Server, language: &str, options: &[&str]) -> (Answer, String) {
    let home = home(server, options);
    let answer = contacts(&home, server, language).args(["--documents", "out"]).answer();
    assert_eq!(answer.status, 0, "{language} {options:?}: {answer:?}");
    answer.never_says(TOKEN);
    (answer, fs::read_to_string(home.path("out/contacts.csv")).unwrap())
}

#[test]
fn contacts_in_both_languages_does_the_same_with_its_token_revealed_and_sealed() {
    // It lets nobody in who does not bring the token itself.
    let server = Server::start(crm);
    for language in ["rust", "python"] {
        let (revealed, its_list) = run(&server, language, &["--revealed"]);
        let (sealed, list) = run(&server, language, &["--in", "header:Authorization"]);
        assert_eq!((&sealed.stdout, &list), (&revealed.stdout, &its_list), "{language}");
        assert_eq!((sealed.json()["contacts"].as_i64(), list.lines().count()), (Some(60), 61), "{language}");

        assert!(revealed.stderr.contains("3 times in stderr (raw, base64, json)"), "{language}: {revealed:?}");
        assert!(!sealed.stderr.contains("***") && !sealed.stderr.contains("masked"), "{language}: {sealed:?}");
        let placeholder = sealed.stderr.split("using the token ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        assert!(placeholder.starts_with("um_sealed_") && placeholder.len() == 42, "{language}: {placeholder}");
        let encoded = BASE64_STANDARD.encode(format!("api:{placeholder}"));
        let said = [
            format!("basic auth would be {encoded}"),
            format!(r#"request: {{"headers":{{"authorization":"Bearer {placeholder}"}},"retries":0}}"#),
            format!("using the token {placeholder}"),
        ];
        assert_eq!(sorted(&sealed.stderr), said, "{language}");
    }
    server.satisfied(2 * 2 * 3);
}

#[test]
fn contacts_gets_nowhere_with_a_token_that_is_sealed_for_another_service() {
    let (server, other) = (Server::start(crm), Server::start(crm));
    for language in ["rust", "python"] {
        let home = home(&other, &[]);
        let answer = contacts(&home, &server, language).answer();
        answer.never_says(TOKEN);
        assert_eq!(answer.status, 1, "{language}: {answer:?}");
        let told = format!("`{NAME}` is not bound to this scheme, host and port");
        assert!(answer.stderr.contains(&told), "{language}: {answer:?}");
    }
    server.satisfied(0);
    other.satisfied(0);
}
