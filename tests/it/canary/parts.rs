//! Values whose names of settings are secrets too, drive a terminal, or are huge: what is told of their parts holds none.

use serde_json::{Value, json};

use super::verbs::Scene;

const NAME: &str = "CONFIG";

/// Values that hold `secret` where the name of a setting stands.
fn values_named_by(secret: &str) -> Vec<String> {
    let huge = format!("k{secret}").repeat(1 + 4_000 / secret.len());
    let line = secret.replace(['\n', '\r', '='], " ");
    let driving = format!("\u{1b}[2J{secret}\u{202e}");
    vec![
        json!({
            secret: { "password": "k7x-L0ng.pa55" },
            "users": { secret: [{ secret: "x" }] },
            (format!("b.{secret}.c")): true,
            driving: { "token": "k7x-L0ng.pa55" },
            huge: { "token": "k7x-L0ng.pa55" },
            "region": "eu-west-1",
        })
        .to_string(),
        format!(
            "{line}=k7x-L0ng.pa55\nDB_PASSWORD=k7x-L0ng.pa55\n[{line}]\npassword = k7x-L0ng.pa55\n\"{line}\" = \"x\"\n"
        ),
        format!("{line}:\n  password: k7x-L0ng.pa55\n\u{1b}]0;{line}\u{7}: x\n"),
        format!("https://example.com/?{line}=k7x-L0ng.pa55&{line}=x"),
        format!("<{line}><password>k7x-L0ng.pa55</password></{line}>"),
    ]
}

impl Scene {
    /// Every verb that tells of parts, with every path that is told.
    pub fn decides_on_parts(&mut self) {
        let secret = self.value.clone();
        for value in values_named_by(&secret) {
            self.types_with(&["secrets", "set", NAME], &[], value.clone(), 0);
            let paths = self.told_paths();
            for path in paths.iter().take(2) {
                let drives = path.contains(|c: char| c.is_control()) || path.len() > 256;
                assert!(!drives, "{path:?}");
                self.types(&["secrets", "parts", NAME, "--guard", path], 0);
                self.types(&["secrets", "parts", NAME, "--leave", path, "--json"], 0);
            }
            self.types(&["secrets", "parts", NAME, "--leave", &secret], 1);
            self.types(&["secrets", "parts", NAME, "--guard", &format!("{secret}.password"), "--json"], 1);
            for verb in [&["secrets", "parts", NAME][..], &["secrets", "list"], &["secrets", "info", NAME]] {
                self.types(verb, 0);
                self.types(&[verb, &["--json"]].concat(), 0);
            }
            // The words stay, and are named.
            self.types_with(&["secrets", "set", NAME], &[], value.clone(), 0);
            self.types_with(&["secrets", "set", NAME, "--json"], &[], value, 0);
            self.types_with(&["secrets", "set", NAME], &[], secret.clone(), 0);
        }
        self.types(&["secrets", "parts", &secret], 2);
        self.types(&["secrets", "delete", NAME, "--yes"], 0);
    }

    fn told_paths(&mut self) -> Vec<String> {
        let told: Value = self.types_and_reads(&["secrets", "parts", NAME, "--json"]);
        let parts = told["parts"].as_array().unwrap().iter();
        let long = parts.filter(|part| part["is_short"] == false);
        long.map(|part| part["path"].as_str().unwrap().to_owned()).collect()
    }
}
