//! Sixteen jobs that people automate (`tests/scripts/jobs`), written with the packages that they are written with
//! elsewhere. Each is done with a revealed secret, and with a sealed one; where that cannot be, um-host says why.

mod services;

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::calls::{hex, mac};
use super::packages::folder;
use super::server::Server;
use super::{assert_says, document};
use crate::support::command::{Answer, Home, Transcript};
use crate::support::python;
use services::TOKEN;

/// Where most services look.
const BEARER: Option<&str> = Some("header:Authorization");

/// A script with the one secret that it reads.
struct Job {
    script: &'static str,
    secret: &'static str,
    value: String,
}

fn job(script: &'static str, secret: &'static str) -> Job {
    Job { script, secret, value: TOKEN.to_owned() }
}

impl Job {
    fn revealed<'a>(&self, home: &'a Home, server: &Server, mut input: Value) -> Transcript<'a> {
        input["url"] = json!(server.url);
        python::run(home, &folder().join(self.script))
            .args(["--allow-host", &server.url, "--allow-private", "127.0.0.1"])
            .args(["--documents", "out", "--timeout", "5m", "--limit", "http-calls=1000"])
            .args(["--secret", &format!("{0}=env:{0}", self.secret), "--input", &input.to_string()])
            .env(self.secret, &self.value)
    }

    /// In one place of requests to the server, as `--in` says it; by itself that is the header Authorization.
    fn sealed<'a>(&self, home: &'a Home, server: &Server, input: Value, place: Option<&str>) -> Transcript<'a> {
        let sealed = self.revealed(home, server, input).args(["--bind", &format!("{}={}", self.secret, server.url)]);
        place.iter().fold(sealed, |run, place| run.args(["--in", &format!("{}={place}", self.secret)]))
    }

    /// Returns the same with both.
    #[track_caller]
    fn is_done(&self, home: &Home, server: &Server, input: &Value, place: Option<&str>, result: &Value) {
        self.returns(&self.revealed(home, server, input.clone()).answer(), result);
        self.returns(&self.sealed(home, server, input.clone(), place).answer(), result);
        server.untroubled();
    }

    #[track_caller]
    fn returns(&self, answer: &Answer, result: &Value) {
        assert_eq!(answer.status, 0, "{answer:?}");
        assert_eq!(answer.json(), *result);
        answer.never_says(&self.value);
    }

    /// Computes with the value, which a placeholder is not.
    #[track_caller]
    fn cannot_be_sealed(&self, home: &Home, server: &Server, input: Value, says: &str) {
        let unsent = format!("um-host: {} is sealed: the action got a placeholder, which only works", self.secret);
        let answer = self.sealed(home, server, input, None).answer();
        assert_says(&answer, 1, &[says, &unsent]);
        answer.never_says(&self.value);
    }

    /// Is refused before it runs.
    #[track_caller]
    fn is_not_taken(&self, home: &Home, server: &Server, says: &str) {
        let answer = self.sealed(home, server, json!({}), None).answer();
        assert_says(&answer, 2, &[says, &format!("--revealed {}", self.secret)]);
        answer.never_says(&self.value);
    }
}

#[test]
fn slack_is_told_by_a_webhook_whose_address_is_the_secret() {
    let (home, server) = (Home::new(), Server::start(services::slack));
    let value = format!("{}/services/T00/B00/{TOKEN}", server.url);
    let job = Job { value, ..job("slack_webhook.py", "SLACK_WEBHOOK") };
    let answer = job.revealed(&home, &server, json!({ "version": "1.2" })).answer();
    job.returns(&answer, &json!("ok"));
    job.is_not_taken(&home, &server, "a URL cannot be sealed yet");
    server.satisfied(1);
}

#[test]
fn contacts_of_hubspot_are_read_page_by_page_also_when_it_is_busy() {
    let (home, server) = (Home::new(), Server::start(services::hubspot()));
    let result = json!({ "contacts": 250, "last": "249@example.com" });
    job("hubspot_contacts.py", "HUBSPOT_TOKEN").is_done(&home, &server, &json!({}), BEARER, &result);
    // Three pages, and one of them asked for twice.
    server.satisfied(8);
}

#[test]
fn an_event_of_stripe_is_believed_if_it_is_signed() {
    let (home, server) = (Home::new(), Server::start(|call| panic!("{call:?}")));
    let job = job("stripe_event.py", "STRIPE_SIGNING");
    let body = r#"{"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {"object": {"id": "in_7"}}}"#;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signature = hex(&mac(TOKEN.as_bytes(), &format!("{now}.{body}")));
    let input = json!({ "body": body, "signature": format!("t={now},v1={signature}") });
    job.returns(&job.revealed(&home, &server, input.clone()).answer(), &json!(["invoice.paid", "in_7"]));
    let forged = json!({ "body": body.replace("in_7", "in_8"), "signature": input["signature"] });
    assert_says(&job.revealed(&home, &server, forged).answer(), 1, &["error: ValueError: signature does not match"]);
    job.cannot_be_sealed(&home, &server, input, "error: ValueError: signature does not match");
}

#[test]
fn a_row_is_appended_to_a_sheet_by_a_service_account() {
    let home = Home::new();
    let account = services::Account::new(&home);
    let server = Server::start(account.service());
    let value = account.file(&server.url);
    let job = Job { value, ..job("sheets_append.py", "SHEETS_ACCOUNT") };
    let answer = job.revealed(&home, &server, json!({ "sheet": "s1", "row": ["Zoë", 3] })).answer();
    job.returns(&answer, &json!("Orders!A3:B3"));
    job.is_not_taken(&home, &server, "a sealed value is visible ASCII, and this one has a line break");
    server.satisfied(4);
}

#[test]
fn a_report_is_read_from_s3_and_its_sum_put_beside_it() {
    let (home, server) = (Home::new(), Server::start(services::s3));
    let job = job("s3_report.py", "AWS_SECRET_KEY");
    job.returns(&job.revealed(&home, &server, json!({})).answer(), &json!(42));
    job.cannot_be_sealed(&home, &server, json!({}), "SignatureDoesNotMatch");
    server.satisfied(3);
}

#[test]
fn a_picture_is_uploaded_as_a_form() {
    let (home, server) = (Home::new(), Server::start(services::photos));
    job("upload_photo.py", "PHOTOS_TOKEN").is_done(&home, &server, &json!({}), BEARER, &json!("p7"));
    server.satisfied(2);
}

#[test]
fn a_model_is_asked_and_its_words_come_one_by_one() {
    let (home, server) = (Home::new(), Server::start(services::chat));
    job("chat.py", "OPENAI_KEY").is_done(&home, &server, &json!({}), BEARER, &json!("Hello, Zoë!"));
    server.satisfied(2);
}

#[test]
fn orders_are_asked_for_in_graphql() {
    let (home, server) = (Home::new(), Server::start(services::graphql));
    let result = json!({ "#1001": 12, "#1002": 30 });
    job("graphql_orders.py", "SHOP_TOKEN").is_done(&home, &server, &json!({}), BEARER, &result);
    server.satisfied(2);
}

#[test]
fn a_report_is_mailed_and_kept() {
    let (home, server) = (Home::new(), Server::start(services::mail));
    let input = json!({ "orders": "name,total\nAda,12.5\nZoë,3\n" });
    job("mail_report.py", "SENDGRID_KEY").is_done(&home, &server, &input, BEARER, &json!(202));
    assert!(document(&home, "orders.eml").starts_with("Subject: Orders\nTo: zoe@example.com\n"));
    server.satisfied(2);
}

#[test]
fn what_is_new_in_a_feed_is_posted() {
    let (home, server) = (Home::new(), Server::start(services::feed));
    let job = job("feed_to_slack.py", "SLACK_TOKEN");
    let input = json!({ "seen": "urn:1" });
    job.is_done(&home, &server, &input, BEARER, &json!({ "posted": 2, "seen": "urn:3" }));
    server.satisfied(6);
}

#[test]
fn an_issue_is_opened_in_jira() {
    let (home, server) = (Home::new(), Server::start(services::jira));
    let input = json!({ "summary": "Zoë's order" });
    job("jira_issue.py", "JIRA_TOKEN").is_done(&home, &server, &input, BEARER, &json!("OPS-7"));
}

#[test]
fn a_database_is_out_of_reach_and_its_gateways_are_named() {
    let (home, server) = (Home::new(), Server::start(|call| panic!("{call:?}")));
    let value = format!("postgres://ada:p%40ss-{TOKEN}@127.0.0.1:5432/orders");
    let job = Job { value, ..job("orders_of_postgres.py", "ORDERS_DATABASE") };
    let answer = job.revealed(&home, &server, json!({})).answer();
    assert_says(&answer, 1, &["hint: `pg8000` speaks to a database, which is not possible yet", "PostgREST"]);
    [TOKEN, &job.value].iter().for_each(|value| answer.never_says(value));
    job.is_not_taken(&home, &server, "a URL cannot be sealed yet");
    server.satisfied(0);
}

#[test]
fn a_table_becomes_a_document_of_excel() {
    let (home, server) = (Home::new(), Server::start(services::orders));
    job("excel_report.py", "SHOP_TOKEN").is_done(&home, &server, &json!({}), BEARER, &json!(2));
    let book = fs::read(home.path("out/orders.xlsx")).unwrap();
    assert!(book.starts_with(b"PK") && book.windows(24).any(|each| each == b"xl/worksheets/sheet1.xml"));
    server.satisfied(2);
}

#[test]
fn invoices_become_an_archive() {
    let (home, server) = (Home::new(), Server::start(services::invoices));
    job("archive.py", "INVOICES_KEY").is_done(&home, &server, &json!({}), BEARER, &json!(["a.txt", "b.txt"]));
    let archive = fs::read(home.path("out/invoices.zip")).unwrap();
    assert!(archive.starts_with(b"PK") && archive.windows(5).any(|each| each == b"b.txt"));
    server.satisfied(6);
}

#[test]
fn a_thousand_rows_are_updated_twenty_at_once() {
    let (home, server) = (Home::new(), Server::start(services::rows()));
    let job = job("thousand_calls.py", "CRM_TOKEN");
    job.returns(&job.revealed(&home, &server, json!({ "rows": 1000 })).answer(), &json!(499_500));
    let one_more = job.revealed(&home, &server, json!({ "rows": 1001 })).answer();
    assert_says(&one_more, 123, &["--limit http-calls=VALUE"]);
    let sealed = job.sealed(&home, &server, json!({ "rows": 100 }), BEARER).answer();
    job.returns(&sealed, &json!(4_950));
    server.untroubled();
}

#[test]
fn an_event_is_sent_with_a_signature() {
    let (home, server) = (Home::new(), Server::start(services::signed));
    let job = job("signed_event.py", "HOOK_SIGNING");
    let input = json!({ "event": { "order": 1042 } });
    job.returns(&job.revealed(&home, &server, input.clone()).answer(), &json!(202));
    job.cannot_be_sealed(&home, &server, input, "403 Client Error");
    server.satisfied(2);
}
