//! Which parts tell something: what stands in every log, such as words, dates and names of hosts, would be masked there.

use super::plain::{is_dense, is_plain, is_plain_name, is_secret_name};
use super::url;
use um_secret::{Masking, masking};

/// Whether what has this name, or none, tells something.
pub(super) fn tells(name: &str, text: &str) -> bool {
    if matches!(masking(text), Masking::Nothing(_)) {
        false
    } else if is_dense(text) {
        true
    } else if let Some(parts) = url::parts(text) {
        !parts.is_empty()
    } else if is_plain_name(name) {
        false
    } else {
        is_secret_name(name) || !is_plain(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_every_log_tells_nothing() {
        for text in [
            "service_account",
            "production",
            "us-east-1",
            "europe-west1",
            "ServiceAccount",
            "my-project-123456",
            "application/json",
            "/etc/ssl/certs/ca.pem",
            "googleapis.com",
            "db1.internal.example.com:5432",
            "10.0.0.1:6443",
            "2026-11-23",
            "2026-11-23T13:24:03.123456Z",
            "1700000000",
            "john.doe@mail.example.com",
            "https://oauth2.googleapis.com/token",
            "https://www.example.com/oauth2/v1/certs?format=short",
        ] {
            assert!(!tells("", text), "{text}");
        }
    }

    #[test]
    fn what_looks_made_by_chance_tells_something() {
        for text in [
            "k7x-p4ssw0rd-9",
            "hunter22",
            "123456789012",
            "correct horse battery staple",
            "abcdefghijklmnop",
            "SflKxwRJSMeK",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4",
            "3fa85f64-5717-4562-b3fc-2c963f66afa6",
            "secret!word",
            "https://hooks.example.com/services/T00000000/B00000000/XXXXabcdXXXX1234XXXXefgh",
            "https://deploy:correcthorse@git.example.com/x",
        ] {
            assert!(tells("", text), "{text}");
        }
    }

    #[test]
    fn a_name_says_what_a_word_is() {
        for name in ["password", "DB_PWD", "client-secret", "apiKey", "_authToken", "sig", "Credentials"] {
            assert!(tells(name, "correcthorse"), "{name}");
        }
        for name in
            ["token_uri", "author", "auth_domain", "userName", "client_email", "type", "project_id", "secretName"]
        {
            assert!(!tells(name, "correct-horse!"), "{name}");
            assert!(tells(name, "16C7e42F292c6912E7710c8"), "{name}");
        }
    }
}
