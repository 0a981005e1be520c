//! What of a value is looked for by itself: its lines, the strings in its JSON, the password in its URL, the values in
//! its settings, what it says that is base64.
//!
//! A part is never shorter than 8 bytes, and never what stands in every log anyway (words, dates, names of hosts), unless
//! its name says that it is a secret. Keys of JSON, names of users that have a password, and the frames of PEM are no
//! parts. Lines of a text that is no list of settings are parts whatever they say.
//!
//! Deliberately absent: parts of cookies and of YAML beyond `key: value`, claims in a JWT.

mod base64;
mod json;
mod lines;
pub(crate) mod list;
mod pairs;
mod pem;
mod plain;
mod telling;
mod url;
mod verdict;

use list::{Extent, LONG, Part, Parts, SHORTEST, pieces};

use crate::form::Form;
use um_secret::Parts as Recorded;

/// Lines of PEM in base64 in JSON in base64 in a line.
const DEEPEST: usize = 5;

/// The parts of a value, the value first. What is on record of them has no say yet, since none has a path.
pub(crate) fn of(value: &str, _recorded: &Recorded) -> Vec<Part> {
    let trimmed = value.trim();
    let mut parts = Parts::default();
    if value.len() <= LONG {
        let extent = if trimmed.len() < SHORTEST { Extent::Every } else { Extent::AsItIs };
        parts.add(Form::Raw, value, extent);
    }
    // White space around a value is no secret, and each form of the value holds that of what is inside.
    if trimmed.len() >= SHORTEST {
        let (form, extent) =
            if value.len() <= LONG { (Form::Trimmed, Extent::Every) } else { (Form::Raw, Extent::Common) };
        pieces(trimmed).for_each(|piece| parts.add(form, piece, extent));
        parts.add_login(trimmed);
        parts.add_inner(trimmed, 0);
    }
    parts.finish()
}

impl Parts {
    fn add_inner(&mut self, text: &str, depth: usize) {
        if depth > DEEPEST || text.len() < SHORTEST {
            return;
        }
        let lines = lines::of(text);
        if lines.len() > 1 {
            self.add_lines(text, &lines);
        }
        if json::is_json(text) {
            self.add_leaves(text, depth);
        } else if lines.len() > 1 {
            lines.iter().for_each(|line| self.add_inner(line, depth + 1));
            self.add_pem(text);
            self.add_decoded(text, depth);
        } else {
            self.add_line(text, depth);
        }
    }

    fn add_line(&mut self, text: &str, depth: usize) {
        url::parts(text).iter().flatten().for_each(|part| _ = self.add_part(Form::Part, part));
        if self.add_pairs(text, depth) {
            return;
        }
        if let Some(unescaped) = lines::unescaped(text) {
            self.add_part(Form::Part, unescaped.trim());
            self.add_inner(unescaped.trim(), depth + 1);
        }
        self.add_pem(text);
        self.add_decoded(text, depth);
    }
}

#[cfg(test)]
mod tests {
    use super::list::FIRST;
    use super::*;

    fn of(value: &str) -> Vec<Part> {
        super::of(value, &Recorded::default())
    }

    /// In the order of their length.
    fn texts(value: &str, form: Form) -> Vec<String> {
        let parts = of(value).into_iter().filter(|part| part.form == form && part.extent != Extent::AcrossLines);
        parts.map(|part| part.text.to_string()).collect()
    }

    /// Those that no line is.
    fn parts(value: &str) -> Vec<String> {
        texts(value, Form::Part)
    }

    #[test]
    fn leaves_of_json_are_parts_and_so_is_what_is_in_them() {
        let value = r#"{"user": "postgres-service", "n": [1234567, -123456789012, 1.2345678e9, null], "pin_token": 88412077,
            "url": "amqp://app:p%40ss-w0rd@host/x", "same": "changeme", "deep": "{\"pass\": \"in the depth\"}"}"#;
        assert_eq!(
            parts(value),
            [
                "88412077",
                "p@ss-w0rd",
                "p%40ss-w0rd",
                "in the depth",
                "-123456789012",
                "app:p@ss-w0rd",
                "app:p%40ss-w0rd",
                "{\"pass\": \"in the depth\"}",
                "amqp://app:p%40ss-w0rd@host/x",
            ]
        );
    }

    #[test]
    fn json_is_read_however_deep_it_is_and_its_keys_mean_nothing() {
        let secret = "k7x-L0ng.pa55";
        assert_eq!(parts(&format!("{}\"{secret}\"{}", "[".repeat(500), "]".repeat(500))), [secret]);
        assert!(parts(&"[".repeat(60_000)).is_empty());
        assert_eq!(parts(&format!("{{\"$serde_json::private::Number\": \"{secret}\"}}")), [secret]);
        let layers = (0..11).fold(format!("\"{secret}\""), |text, _| {
            let inner = serde_json::to_string(&format!("{}{text}{}", "[".repeat(100), "]".repeat(100))).unwrap();
            format!("{{\"$serde_json::private::RawValue\": {inner}}}")
        });
        assert!(!parts(&layers).is_empty(), "it is looked into as deep as any");
        let twice = parts(r#"{"password": "correct-horse-1", "password": "correct-horse-2"}"#);
        assert_eq!(twice, ["correct-horse-1", "correct-horse-2"], "whichever its reader takes");
    }

    #[test]
    fn the_frames_of_pem_are_no_parts() {
        let value = "-----BEGIN KEY-----\nMIIBVgIBADAN\nBgkqhkiG9w0B\n-----END KEY-----\n";
        assert_eq!(texts(value, Form::Line), ["BgkqhkiG9w0B", "MIIBVgIBADAN"]);
        assert_eq!(parts(value), ["MIIBVgIBADANBgkqhkiG9w0B"]);
        let value = "-----BEGIN k7x!k7x!-----\nMIIBVgIBADAN\n-----END k7x!k7x!-----";
        assert_eq!(texts(value, Form::Line), ["MIIBVgIBADAN", "-----END k7x!k7x!-----", "-----BEGIN k7x!k7x!-----"]);
    }

    #[test]
    fn line_breaks_that_are_written_are_line_breaks() {
        for line_break in ["\\n", "\\r\\n"] {
            let value =
                ["-----BEGIN KEY-----", "MIIBVgIBADAN", "BgkqhkiG9w0B", "-----END KEY-----", ""].join(line_break);
            let unescaped = "-----BEGIN KEY-----\nMIIBVgIBADAN\nBgkqhkiG9w0B\n-----END KEY-----";
            assert_eq!(texts(&value, Form::Line), ["BgkqhkiG9w0B", "MIIBVgIBADAN"]);
            assert_eq!(parts(&value), ["MIIBVgIBADANBgkqhkiG9w0B", unescaped]);
            assert_eq!(parts(&format!("KEY=\"{value}\"")).len(), 3, "the same, and the value of the setting");
        }
    }

    #[test]
    fn the_long_segments_of_a_url_are_parts() {
        let hook = "https://hooks.example.com/services/T00000000/B00000000/XXXXabcdXXXX1234XXXXefgh";
        let path = "/services/T00000000/B00000000/XXXXabcdXXXX1234XXXXefgh";
        assert_eq!(parts(hook), ["XXXXabcdXXXX1234XXXXefgh", path]);
        let signed = "https://files.example.com/c/f.zip?sv=2022&sig=abcdEFGH1234abcdEFGH%3D";
        let [value, decoded] = ["abcdEFGH1234abcdEFGH%3D", "abcdEFGH1234abcdEFGH="];
        let tail = "/c/f.zip?sv=2022&sig=";
        assert_eq!(parts(signed), [decoded, value, &format!("{tail}{decoded}"), &format!("{tail}{value}")]);
        assert!(parts("https://db.example.com/some/long/path/to/nothing?of=interest").is_empty());
        assert!(parts("https://deploy-bot@git.example.com/x").is_empty(), "a name of words is no token");
        assert_eq!(parts("https://ghp_16C7e42F292c@git.example.com/x"), ["ghp_16C7e42F292c"]);
    }

    #[test]
    fn the_password_of_a_connection_string_is_a_part() {
        for value in [
            "jdbc:mysql://app:correcthorse@db/x",
            "jdbc:postgresql://db/x?user=app&password=correcthorse",
            "jdbc:sqlserver://db:1433;user=app;password=correcthorse",
            "app:correcthorse@tcp(db:3306)/x?loc=a@b",
            "Server=db;Database=x;User Id=app;Password=correcthorse;",
            "host=db user=app password=correcthorse",
            "db:6380,password=correcthorse,ssl=True",
            "db:5432:x:app:correcthorse",
            "apiuser:correcthorse",
            "Bearer correcthorse",
            "Authorization: Bearer correcthorse",
            "//packages.example.com/:_authToken=correcthorse",
            "machine h\n  login u\n  password correcthorse",
            "A=1\nexport DB_PASSWORD='correcthorse'\n",
            "url: \"postgres://app:correcthorse@db/x\"\nport: 5432",
            "{\"auths\": {\"r.example.com\": {\"auth\": \"Ym90OmNvcnJlY3Rob3JzZQ==\"}}}",
            "eyJwYXNzd29yZCI6ICJjb3JyZWN0aG9yc2UifQ",
        ] {
            assert!(parts(value).iter().any(|part| part == "correcthorse"), "{value}: {:?}", parts(value));
        }
    }

    #[test]
    fn what_is_base64_of_text_is_decoded() {
        assert_eq!(parts("azd4LWxvbmctcGFz\nc3dvcmQ="), ["k7x-long-pas", "k7x-long-password"]);
        assert!(parts("16C7e42F292c6912E7710c838347Ae178B4a").is_empty(), "it decodes to no text");
    }

    #[test]
    fn the_harmless_strings_of_an_account_are_no_parts() {
        let value = r#"{"type": "service_account", "project_id": "my-project-1",
            "private_key_id": "0123456789abcdef0123456789abcdef01234567",
            "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n",
            "client_email": "svc@my-project-1.iam.gserviceaccount.com",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": "https://oauth2.googleapis.com/token",
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_x509_cert_url": "https://www.googleapis.com/robot/v1/svc%40my-project-1.iam.gserviceaccount.com",
            "universe_domain": "googleapis.com"}"#;
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----";
        let id = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(parts(value), ["MIIEvQIBADANBgkqBKcwggSjAgEAAoIB", id, key]);
    }

    #[test]
    fn the_harmless_lines_of_settings_are_no_parts() {
        let cluster = "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://10.0.0.1:6443\n  name: prod\n\
            users:\n- name: administration\n  user:\n    token: abcdef0123456789\n    client-key-data: azd4LWxvbmctcGFzc3dvcmQ=\n\
            current-context: production-eu\npreferences: {}\n";
        assert_eq!(
            texts(cluster, Form::Line),
            ["token: abcdef0123456789", "client-key-data: azd4LWxvbmctcGFzc3dvcmQ="]
        );
        assert_eq!(parts(cluster), ["abcdef0123456789", "k7x-long-password", "azd4LWxvbmctcGFzc3dvcmQ="]);
        let account = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
            aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nregion = us-east-1\noutput = json\n";
        assert_eq!(parts(account), ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]);
        assert_eq!(texts(account, Form::Line).len(), 2);
        let environment = "DEBUG=false\nNODE_ENV=production\nDB_PASSWORD=\"correcthorse\"\nDB_HOST=db.internal\n";
        assert_eq!(parts(environment), ["correcthorse"]);
        assert_eq!(texts(environment, Form::Line), ["DB_PASSWORD=\"correcthorse\""]);
    }

    #[test]
    fn of_many_parts_the_long_ones_are_looked_for_as_they_are() {
        let value: Vec<String> = (0..2000).map(|number| format!("p4rt number {number}")).collect();
        let value = serde_json::to_string(&value).unwrap();
        let every = of(&value).into_iter().filter(|part| part.form == Form::Part && part.extent != Extent::AsItIs);
        assert!((400..600).contains(&every.count()));
        assert_eq!(parts(&value).len(), 2000);
    }

    #[test]
    fn a_long_part_takes_no_form_from_a_short_one() {
        let long = "ab1+".repeat(2250);
        let value = format!("{{\"cert\": \"{long}\", \"password\": \"k7x-L0ng.pa55 w0rd\"}}");
        let extent = of(&value).into_iter().find(|part| &**part.text == "k7x-L0ng.pa55 w0rd").map(|part| part.extent);
        assert!(extent == Some(Extent::Every));
        let lines: Vec<String> = (0..200).map(|number| format!("{number:03}-{}", "x1+".repeat(60))).collect();
        let common =
            of(&lines.join("\n")).into_iter().filter(|part| part.form == Form::Line && part.extent == Extent::Common);
        assert!((100..=FIRST).contains(&common.count()), "short ones have the common forms even beyond the bound");
    }
}
