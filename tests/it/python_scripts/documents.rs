//! Scripts that publish documents: a table, a letter.

use serde_json::{Value, json};

use super::server::{Call, Server, assert_fields, header, json as answer, query};
use super::{assert_says, document, home, run};

const KEY: &str = "shop-key-4f81c2d97a";

fn shop(call: &Call) -> http::Response<bytes::Bytes> {
    assert_eq!((call.method().as_str(), call.uri().path()), ("GET", "/api/orders"));
    assert_eq!(header(call, "x-api-key"), KEY);
    assert_eq!(header(call, "accept"), "application/json");
    assert_fields(&query(call), &[("month", "2026-10"), ("status", "paid")]);
    let order = |number: u32, date: &str, customer: &str, currency: &str, total: &str| json!({"number": number, "date": date, "customer": customer, "currency": currency, "total": total, "note": "x"});
    answer(&json!({"orders": [
        order(1, "2026-10-20", "Delta \"Dry\" Goods", "EUR", "0.10"),
        order(3, "2026-10-02", "Café Central", "EUR", "0.20"),
        order(2, "2026-10-02", "Abacus, Sons & Co", "USD", "1200.00"),
        order(4, "2026-10-31", "Café Central", "EUR", "19.90"),
    ]}))
}

fn month(server: &Server, month: &str) -> String {
    json!({"shop": server.url, "month": month}).to_string()
}

#[test]
fn csv_report_writes_a_table_and_returns_a_summary() {
    let (home, server) = (home("SHOP_API_KEY", KEY), Server::start(shop));
    run(&home, "csv_report.py", &server)
        .args(["--documents", "out", "--input", &month(&server, "2026-10")])
        .stdout(
            "{\"month\":\"2026-10\",\"orders\":4,\"totals\":{\"EUR\":\"20.20\",\"USD\":\"1200.00\"},\
             \"best\":[\"Café Central\",\"Abacus, Sons & Co\",\"Delta \\\"Dry\\\" Goods\"]}\n",
        )
        .run();
    server.satisfied(1);
    assert_eq!(
        document(&home, "orders-2026-10.csv"),
        "number,date,customer,currency,total\r\n\
         2,2026-10-02,\"Abacus, Sons & Co\",USD,1200.00\r\n\
         3,2026-10-02,Café Central,EUR,0.20\r\n\
         1,2026-10-20,\"Delta \"\"Dry\"\" Goods\",EUR,0.10\r\n\
         4,2026-10-31,Café Central,EUR,19.90\r\n"
    );
}

#[test]
fn csv_report_refuses_what_is_no_month_with_the_line_that_does() {
    let (home, server) = (home("SHOP_API_KEY", KEY), Server::start(shop));
    run(&home, "csv_report.py", &server)
        .args(["--documents", "out", "--input", &month(&server, "October")])
        .status(1)
        .stderr(
            "Traceback (most recent call last):\n  \
               File \"csv_report.py\", line 20, in run\n    \
                 raise ValueError(f\"month is to look like 2026-10, not {month!r}\")\n\
             ValueError: month is to look like 2026-10, not 'October'\n\
             error: ValueError: month is to look like 2026-10, not 'October'\n",
        )
        .run();
    server.satisfied(0);
    assert!(!home.path("out").join("orders-October.csv").exists());
}

#[test]
fn csv_report_without_its_secret_names_it_and_the_nearest() {
    let (home, server) = (home("SHOP_API_KEYS", KEY), Server::start(shop));
    let answer =
        run(&home, "csv_report.py", &server).args(["--documents", "out", "--input", &month(&server, "2026-10")]);
    let answer = answer.answer();
    assert_says(
        &answer,
        1,
        &[
            "File \"csv_report.py\", line 29, in fetch_orders\n",
            "SecretNotFound: workspace `default` has no secret `SHOP_API_KEY`; did you mean `SHOP_API_KEYS`?",
            "`um-host secrets list --workspace default`",
        ],
    );
    server.satisfied(0);
}

const TOKEN: &str = "billing-token-0a9d7e55b1";

fn billing(call: &Call) -> http::Response<bytes::Bytes> {
    assert_eq!((call.method().as_str(), call.uri().path()), ("GET", "/invoices/R-1042"));
    assert_eq!(header(call, "authorization"), format!("Bearer {TOKEN}"));
    answer(&json!({
        "customer": "Größe & Söhne\nAm Markt 1", "name": "Ms Größe",
        "issued": "2026-10-05", "due": "2026-11-04", "cents": 1_234_550,
    }))
}

fn invoice(server: &Server, today: &str) -> String {
    let input: Value = json!({"billing": server.url, "number": "R-1042", "today": today, "sender": "Abacus"});
    input.to_string()
}

#[test]
fn overdue_letter_fills_in_the_template_beside_it() {
    let (home, server) = (home("BILLING_TOKEN", TOKEN), Server::start(billing));
    let answer = run(&home, "overdue_letter", &server)
        .args(["--documents", "out", "--input", &invoice(&server, "2026-11-23")])
        .answer();
    assert_says(&answer, 0, &["wrote r-1042.txt: 16 lines\n"]);
    assert_eq!(answer.stdout, "");
    server.satisfied(1);
    let letter = document(&home, "r-1042.txt");
    assert_eq!(
        letter,
        "Abacus\n                                                  23 November 2026\n\nTo\nGröße & Söhne\nAm Markt 1\n\n\
         Invoice R-1042 of 05 October 2026\n\nDear Ms Größe,\n\n\
         € 12,345.50 were due on Wednesday, 04 November, 19 days ago. If the payment is under way, thank you:\n\
         this letter needs no answer. If it is not, please use the account on the invoice.\n\nGrüße\nAbacus\n"
    );
}

#[test]
fn overdue_letter_of_an_invoice_that_is_not_due_is_not_written() {
    let (home, server) = (home("BILLING_TOKEN", TOKEN), Server::start(billing));
    run(&home, "overdue_letter", &server)
        .args(["--documents", "out", "--input", &invoice(&server, "2026-11-04")])
        .status(1)
        .stderr("R-1042 is due on 04 November 2026: nothing to write yet\n")
        .run();
    server.satisfied(1);
    assert!(!home.path("out").join("r-1042.txt").exists());
}

#[test]
fn overdue_letter_without_a_place_for_documents_tells_the_option() {
    let (home, server) = (home("BILLING_TOKEN", TOKEN), Server::start(billing));
    let answer = run(&home, "overdue_letter", &server).args(["--input", &invoice(&server, "2026-11-23")]).answer();
    assert_says(
        &answer,
        1,
        &[
            "File \"main.py\", line 41, in <module>\n",
            "the document `r-1042.txt` has nowhere to go: this run was started without `um-host run --documents DIR`",
        ],
    );
}
