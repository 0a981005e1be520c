//! Secrets that are bound to hosts, sealed and revealed, by every verb that knows of hosts; what runs may call; and
//! requests that are refused for what is in them.

use serde_json::Value;

use super::peer;
use super::verbs::Scene;

const SEALED: &str = "SEALED_KEY";
const BOUND: &str = "BOUND_KEY";

impl Scene {
    /// Secrets with hosts, and hosts without. Not every value can be sealed.
    pub fn binds(&mut self, can_be_sealed: bool) {
        let (value, file) = (self.value.clone(), self.value_file());
        let sealed = if can_be_sealed { 0 } else { 2 };
        for options in [
            &["--bind", "api.example.com"][..],
            &["--bind", "GET,POST api.example.com/v1", "--in", "query:key", "--json"],
            &[
                "--bind",
                "a.example.com",
                "--bind",
                "http://127.0.0.1:9",
                "--in",
                "body:token",
                "--description",
                "sealed",
            ],
        ] {
            self.types_with(&[&["secrets", "set", SEALED], options].concat(), &[], value.clone(), sealed);
        }
        for options in [&["--bind", "api.example.com", "--revealed"][..], &["--json"], &["--from-file", &file]] {
            self.types_with(&[&["secrets", "set", BOUND], options].concat(), &[], value.clone(), 0);
        }
        self.types_with(&["secrets", "set", BOUND, "--sealed"], &[], value.clone(), sealed);
        self.types_with(&["secrets", "set", BOUND, "--revealed"], &[], value, 0);
        self.types(&["workspaces", "allow", "api.example.com", "GET *.example.org"], 0);
        self.types(&["workspaces", "disallow", "GET *.example.org", "--json"], 0);
        self.types(&["workspaces", "disallow", "GET *.example.org"], 1);
        for verb in [&["workspaces", "show"][..], &["secrets", "list"], &["secrets", "info", BOUND], &["key", "check"]]
        {
            self.types(verb, 0);
            self.types(&[verb, &["--json"]].concat(), 0);
        }
        self.types(&["secrets", "info", SEALED], if can_be_sealed { 0 } else { 1 });
    }

    /// The value where a host, a place or a rule of a policy is expected.
    pub fn refuses_hosts(&mut self) {
        let (value, file) = (self.value.clone(), self.value_file());
        let joined = |before: &str, after: &str| format!("{before}{value}{after}");
        for arguments in [
            &["secrets", "set", SEALED, "--from-file", &file, "--bind", &joined("https://user:", "@a.example.com")][..],
            &["secrets", "set", SEALED, "--from-file", &file, "--bind", &value],
            &["secrets", "set", SEALED, "--from-file", &file, "--bind", &joined("", " api.example.com")],
            &["secrets", "set", SEALED, "--from-file", &file, "--bind", "a.example.com", "--in", &value],
            &["secrets", "set", SEALED, "--from-file", &file, "--bind", "a.example.com", "--in", &joined("", ":key")],
            &["workspaces", "allow", &value],
            &["workspaces", "allow", &joined("https://user:", "@api.example.com")],
            &["workspaces", "disallow", &value],
            &["workspaces", "create", &value],
            &["--workspace", &value, "secrets", "list"],
            &["workspaces", "show", &value],
            &["run", "action.wasm", "--allow-host", &value],
            &["run", "action.wasm", "--allow-host", &joined("https://api.example.com:", "")],
            &["run", "action.wasm", "--allow-private", &value],
            &["run", "action.wasm", "--only-secrets", &value],
            &["run", "action.wasm", "--limit", &value],
            &["run", "action.wasm", "--limit", &joined("wall=", "")],
        ] {
            self.is_refused(arguments);
            self.is_refused(&[&["--json"], arguments].concat());
        }
        let quoted = Value::from(value.as_str());
        for policy in [
            format!("hosts = [{quoted}]"),
            format!("hosts = [{{ host = 'api.example.com', methods = [{quoted}] }}]"),
            format!("private-hosts = [{quoted}]"),
            format!("secrets = [{quoted}]"),
            format!("strict-egress = {quoted}"),
            format!("limits.wall = {quoted}"),
            format!("limits = {{ {quoted} = 1 }}"),
            format!("{quoted} = 1"),
            value.clone(),
            format!("secrets = {value}"),
        ] {
            self.home.write("policy.toml", policy);
            self.is_refused(&["run", "action.wasm", "--policy", "policy.toml"]);
            self.is_refused(&["run", "action.wasm", "--policy", "policy.toml", "--json"]);
        }
        std::fs::remove_file(self.home.path("policy.toml")).unwrap();
    }

    /// Requests with the value, or what stands for it, that arrive and come back, or that are refused before they go.
    pub fn sends_bound(&mut self, can_be_sealed: bool) {
        let peer = peer::listen();
        let value = self.value.clone();
        let reach = ["--allow-private", "127.0.0.1", "--allow-host", &peer.http, "--allow-host", "nobody.invalid"];
        let url = format!("{}/echo", peer.http);
        let sealed = if can_be_sealed { 0 } else { 2 };
        self.types_with(&["secrets", "set", SEALED, "--bind", &peer.http], &[], value, sealed);
        let words = |ways: &[&str], name: &str, url: &str| -> Vec<String> {
            ways.iter().map(|way| format!("{way} {name} {url}")).collect()
        };
        let ways = ["header", "basic", "query", "path", "body", "json", "base64", "pieces", "late"];
        for (action, told) in [
            ("sends_secrets_as_told", words(&ways, BOUND, &url)),
            ("sends_secrets_as_told", words(&ways, BOUND, "https://nobody.invalid/")),
            ("shows_echoes_of_secrets", words(&["bearer", "basic"], SEALED, &url)),
            ("shows_echoes_of_secrets", words(&["query", "json", "form", "text", "path"], SEALED, &url)),
            ("shows_echoes_of_secrets", words(&["bearer", "text"], SEALED, "https://nobody.invalid/")),
        ] {
            let told: Vec<&str> = told.iter().map(String::as_str).collect();
            for options in [&[][..], &["--strict-egress"]] {
                self.runs(action, &[options, &reach, &["--"], &told].concat(), 0);
            }
        }
        for name in [BOUND, SEALED] {
            let status = i32::from(name == SEALED && !can_be_sealed);
            self.types(&["secrets", "info", name], status);
            self.types(&["secrets", "info", name, "--json"], status);
        }
    }
}
