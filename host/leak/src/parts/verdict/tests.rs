//! The examples, both ways.

use super::*;

#[track_caller]
fn assert_judged(verdict: Verdict, settings: &[(&[&str], &str)]) {
    let wrong: Vec<_> = settings.iter().filter(|(names, text)| judge(names, text) != verdict).collect();
    assert!(wrong.is_empty(), "not {verdict:?}: {wrong:#?}");
}

#[test]
#[rustfmt::skip]
fn words_under_names_that_only_contain_a_secrets_name_are_plain() {
    for name in [
        "primary_key", "keyspace", "authors", "design", "assigned_to", "passed", "compass", "keyboard", "tokenizer",
        "signature_algorithm", "public_key", "key_id", "partition_key", "foreign_key", "sort_key", "token_type",
        "token_url", "password_policy", "secret_name", "auth_method", "max_tokens",
    ] {
        assert_eq!(judge(&[name], "customer_orders"), Verdict::Plain, "{name}");
    }
}

#[test]
#[rustfmt::skip]
fn what_is_not_plain_under_a_secrets_name_is_certain() {
    for name in [
        "api_key", "clientSecret", "APIKEY", "dbPassword", "x-api-key", "passwd", "pwd", "pass", "access token",
        "db.password",
    ] {
        assert_eq!(judge(&[name], "correcthorse"), Verdict::Certain, "{name}");
        assert_eq!(judge(&["deploy", name, "value"], "k7x-p4ss"), Verdict::Certain, "{name}");
        for plain in [
            "true", "${DB_PASSWORD}", "/run/secrets/db_password",
            "arn:aws:secretsmanager:eu-west-1:472910385516:secret:db", "{{ vault.db }}",
        ] {
            assert_eq!(judge(&[name], plain), Verdict::Plain, "{name}: {plain}");
        }
    }
}

#[test]
fn a_uuid_is_what_its_name_says() {
    let uuid = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    for name in ["client_id", "tenantId", "request_id", "uuid", "id"] {
        assert_eq!(judge(&[name], uuid), Verdict::Plain, "{name}");
    }
    for name in ["api_key", "token", "client_secret"] {
        assert_eq!(judge(&[name], uuid), Verdict::Certain, "{name}");
    }
}

#[test]
fn a_digest_is_plain_under_its_name_alone() {
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for name in ["sha256", "checksum", "etag", "commit", "file_digest", "integrity"] {
        assert_eq!(judge(&[name], digest), Verdict::Plain, "{name}");
    }
    assert_judged(Verdict::Certain, &[(&[], digest), (&["note"], digest), (&["signing_key"], digest)]);
}

#[test]
#[rustfmt::skip]
fn what_a_grammar_knows_is_plain_without_a_name() {
    for text in [
        "2026-11-23", "2026-11-23T13:24:03.123456Z", "Mon, 23 Nov 2026 13:24:03 GMT", "13:24:03", "1h30m", "P1DT12H",
        "5 minutes", "*/15 6-20 * * MON-FRI", "@hourly", "arn:aws:iam::472910385516:role/deployer",
        "application/json; charset=utf-8", "db1.internal.example.com:5432", "10.0.0.1:6443", "10.0.0.0/16",
        "2001:db8::8a2e:370:7334", "[::1]:8080", "registry.example.com:5000/team/app:1.27.3-alpine",
        "nginx@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "john.doe@mail.example.com",
        "Jane Doe <jane@example.com>", "/etc/ssl/certs/ca.pem", "C:\\Program Files\\App\\app.exe",
        "../config/app.yaml", "https://www.example.com/oauth2/v1/certs?format=short", "%Y-%m-%dT%H:%M:%S",
        "yyyy-MM-dd HH:mm:ss", "%(asctime)s %(levelname)s %(message)s", "v2.14.0-rc.3", ">= 1.6, < 2.0",
        "4.11.0+cd95919", "de_AT.UTF-8", "#ff8c00", "rgb(12, 40, 200)", "1,284.50 EUR", "$1,200", "+43 660 555 0142",
        "**/*.{ts,tsx}", "^[a-z0-9]+(?:-[a-z0-9]+)*$", "The quick brown fox jumps over the lazy dog.",
        "a4:91:b1:2c:7f:e0", "us-east-1", "europe-west1", "NetworkTopologyStrategy", "scram-sha-256",
        "my-project-123456", "service_account", "com.microsoft.sqlserver.jdbc.SQLServerDriver", "t4g.medium",
        "SELECT id FROM orders WHERE created_at < now() LIMIT 50", "npm ci --ignore-scripts && npm run test:unit",
    ] {
        assert_eq!(judge(&[], text), Verdict::Plain, "{text}");
    }
}

#[test]
#[rustfmt::skip]
fn what_is_random_or_has_a_known_shape_is_certain_without_a_name() {
    for text in [
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "sk\u{5f}live_4eC39HqLyjWDarjtT1zdp7dc", "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "16c7e42f292c6912e7710c838347ae178b4a", "qzvkwpjxhrtmbnldfgcysq", "KDFLKXOJEUMS6VC3PTRTAZQVSH5CZ7GB",
        "-----BEGIN PRIVATE KEY-----\nMIIBVgIBADAN\n-----END PRIVATE KEY-----\n",
        "postgres://app:correcthorse@db.internal/main",
        "https://hooks\u{2e}slack.com/services/T00000000/B00000000/XXXXabcdXXXX1234XXXXefgh",
        "amqps://feed:it's%20%24up%3Er_9@queue.internal/x", "postgres://app:p/w#r?d@db.internal/main",
        "https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@github.com/x",
        "Server=db;User Id=app;Password=correcthorse;", "host=db user=app password='zwei worte'",
        "Bearer 5r6BBmNNgx0YmKm4iaQ8Z6KVizO72khM", "app:correcthorse@tcp(db:3306)/x",
        "redis-server --requirepass TjrYkq7EWpsr",
        "deploy:$2b$12$C6UzMDM.H6dfI/f/IKcEeO5mQ8xKq7Zt0Yp1rWb3Nv5Lc9Jd2Fg4S",
    ] {
        assert_eq!(judge(&[], text), Verdict::Certain, "{text}");
    }
}

#[test]
#[rustfmt::skip]
fn of_what_is_neither_nobody_can_tell() {
    for text in [
        "k7x-p4ssw0rd-9", "hunter22", "123456789012", "correct horse battery staple", "SflKxwRJSMeK",
        "3fa85f64-5717-4562-b3fc-2c963f66afa6", "secret!word",
    ] {
        assert_eq!(judge(&[], text), Verdict::Doubtful, "{text}");
    }
}

#[test]
#[rustfmt::skip]
fn a_beginning_alone_is_no_key() {
    for text in [
        "sk_live_mode", "ghp_repo_name", "AKIA", "xoxb-bot", "npm_config_registry", "hf_model_repository",
        "key-value-store",
    ] {
        assert_eq!(judge(&[], text), Verdict::Plain, "{text}");
    }
}

#[test]
#[rustfmt::skip]
fn a_reference_is_no_value() {
    for text in [
        "${DB_PASSWORD:-}", "$DB_PASSWORD", "%DB_PASSWORD%", "{{ secrets.db }}", "<your-token>",
        "op://vault/db/password", "<%= ENV[\"DB\"] %>", "os.environ[\"KEY\"]", "********", "xxxxxxxxxxxx",
    ] {
        assert_eq!(judge(&["password"], text), Verdict::Plain, "{text}");
    }
    assert_judged(
        Verdict::Certain,
        &[
            (&["password"], "${x7K"),
            (&["password"], "$tr0ng{w0rd}"),
            (&["password"], "<k7x!k7x!>"),
            (&["password"], "$ommer"),
            (&["password"], "/Sommer"),
            (&["password"], "prod_Sommer2024x"),
        ],
    );
}

/// However long and however made: each byte is looked at a bounded number of times.
#[test]
#[rustfmt::skip]
fn long_texts_are_judged_in_time() {
    let started = std::time::Instant::now();
    for piece in [
        "a=", "password=", "eyJ.", "FwoGZXIvYXdz-", "sk-", "$1$", "a b ", "-----BEGIN ", "/x", "a:b@", "é: ", "{",
        "--password ", "1:", "?password=&", "x7Kq", "curl -u a ", "\"auth\":'", "https://a:b@c ", "a,", "\"password\":x,",
        "mysql 7z openssl redis-cli -p ", "password: ",
    ] {
        let text = piece.repeat(64 * 1024 / piece.len());
        judge(&[], &text);
        judge(&["password"], &text);
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn what_a_value_says_in_base64_is_judged() {
    assert_judged(
        Verdict::Plain,
        &[(&["data", "DB_HOST"], "ZGIuaW50ZXJuYWwuZXhhbXBsZS5jb20="), (&["data", "mode"], "cmVhZC1vbmx5LXJlcGxpY2E=")],
    );
    assert_judged(
        Verdict::Certain,
        &[
            (&["data", "x"], "SzltTjFwUTNyUzV0VTd2Vzl4WTF6QTNi"),
            (&["data", "login"], "c3ZjOktyYW5pY2hmbHVnNw=="),
            (&["_auth"], "YWRtaW46aHVudGVyMg=="),
        ],
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_judged(name in ".{0,40}", text in ".{0,200}", marks in "[-a-zA-Z0-9=:@/ '\"{}()$%*é.]{0,120}") {
        for text in [text, marks] {
            judge(&[&name], &text);
            judge(&["password", &text], &text);
        }
    }
}
