//! What a run may reach, and what is said about what it may not.

use um_base::rule::{Origin, Rule};

/// What a run may reach. Empty means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    rules: Vec<Rule>,
}

/// What a list says about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Permitted,
    /// The origin and path are listed, but for other methods.
    OtherMethod,
    /// The origin is listed, but for other paths.
    OtherPath,
    NotListed,
}

impl AllowList {
    /// Whether any rule permits a request to `path`, which may have a query.
    pub fn permits(&self, method: &str, origin: &Origin, path: &str) -> bool {
        self.verdict(method, origin, path) == Verdict::Permitted
    }

    pub(crate) fn verdict(&self, method: &str, origin: &Origin, path: &str) -> Verdict {
        let mut verdict = Verdict::NotListed;
        for rule in self.rules.iter().filter(|rule| rule.covers(origin)) {
            match (rule.covers_path(path), rule.covers_method(method)) {
                (true, true) => return Verdict::Permitted,
                (true, false) => verdict = Verdict::OtherMethod,
                (false, _) if verdict == Verdict::NotListed => verdict = Verdict::OtherPath,
                (false, _) => {}
            }
        }
        verdict
    }
}

impl FromIterator<Rule> for AllowList {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        Self { rules: rules.into_iter().collect() }
    }
}

impl Extend<Rule> for AllowList {
    fn extend<I: IntoIterator<Item = Rule>>(&mut self, rules: I) {
        self.rules.extend(rules);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use um_base::rule::{HostName, Scheme};

    fn list<const N: usize>(rules: [&str; N]) -> AllowList {
        rules.iter().map(|rule| Rule::parse(rule).unwrap_or_else(|error| panic!("{error}"))).collect()
    }

    fn origin(scheme: Scheme) -> Origin {
        let host = HostName::parse("api.example.com").unwrap();
        Origin { scheme, host, port: scheme.default_port() }
    }

    #[test]
    fn an_empty_list_permits_nothing_and_another_path_is_told_apart() {
        let https = origin(Scheme::Https);
        assert_eq!(AllowList::default().verdict("GET", &https, "/"), Verdict::NotListed);
        let list = list(["api.example.com/a", "api.example.com/b"]);
        assert_eq!(list.verdict("GET", &https, "/b/1"), Verdict::Permitted);
        assert_eq!(list.verdict("GET", &https, "/c"), Verdict::OtherPath);
        assert_eq!(list.verdict("GET", &origin(Scheme::Http), "/b"), Verdict::NotListed);
    }

    #[test]
    fn a_rule_that_names_methods_permits_these_alone() {
        let https = origin(Scheme::Https);
        let both = list(["GET,HEAD api.example.com", "POST api.example.com/in"]);
        for (method, path, expected) in [
            ("GET", "/", Verdict::Permitted),
            ("HEAD", "/in", Verdict::Permitted),
            ("POST", "/in/1", Verdict::Permitted),
            ("POST", "/", Verdict::OtherMethod),
            ("DELETE", "/in", Verdict::OtherMethod),
            // Methods are case-sensitive (RFC 9110, 9.1).
            ("get", "/", Verdict::OtherMethod),
            ("", "/", Verdict::OtherMethod),
        ] {
            assert_eq!(both.verdict(method, &https, path), expected, "{method} {path}");
        }
        let narrow = list(["POST api.example.com/in"]);
        assert_eq!(narrow.verdict("POST", &https, "/out"), Verdict::OtherPath);
    }
}
