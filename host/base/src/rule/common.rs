//! What two rules both permit.

use super::matching::Rule;
use super::matching::is_below;
use super::method::Method;
use super::path::PathPrefix;

impl Rule {
    /// The rule that permits just what both permit, if there is anything.
    #[must_use]
    pub fn common(&self, other: &Self) -> Option<Self> {
        if (self.scheme(), self.port()) != (other.scheme(), other.port()) {
            return None;
        }
        let narrower = self.narrower_host(other)?;
        Some(Self {
            methods: self.common_methods(other)?,
            origin: narrower.origin.clone(),
            subdomains: narrower.subdomains,
            prefix: common_prefix(self.prefix.as_ref(), other.prefix.as_ref())?.cloned(),
        })
    }

    fn narrower_host<'a>(&'a self, other: &'a Self) -> Option<&'a Self> {
        match (self.subdomains, other.subdomains) {
            _ if self.host() == other.host() && self.subdomains == other.subdomains => Some(self),
            // Names below a name that is below another one are below that, too.
            (_, true) if is_below(self.host(), other.host()) => Some(self),
            (true, _) if is_below(other.host(), self.host()) => Some(other),
            _ => None,
        }
    }

    /// None at all would mean every method.
    fn common_methods(&self, other: &Self) -> Option<Vec<Method>> {
        let common: Vec<Method> = match (&*self.methods, &*other.methods) {
            ([], methods) | (methods, []) => return Some(methods.to_vec()),
            (ours, theirs) => ours.iter().filter(|method| theirs.contains(method)).cloned().collect(),
        };
        (!common.is_empty()).then_some(common)
    }
}

fn common_prefix<'a>(one: Option<&'a PathPrefix>, other: Option<&'a PathPrefix>) -> Option<Option<&'a PathPrefix>> {
    match (one, other) {
        (None, prefix) | (prefix, None) => Some(prefix),
        (Some(one), Some(other)) if one.is_within(other) => Some(Some(one)),
        (Some(one), Some(other)) if other.is_within(one) => Some(Some(other)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_rules_both_permit_is_the_narrower_of_each_part() {
        for (one, other, both) in [
            ("a.example", "a.example", Some("a.example")),
            ("a.example", "b.example", None),
            ("a.example", "http://a.example", None),
            ("a.example", "a.example:8443", None),
            ("GET,PUT a.example", "a.example", Some("GET,PUT a.example")),
            ("GET,PUT a.example", "HEAD,PUT a.example", Some("PUT a.example")),
            ("GET a.example", "PUT a.example", None),
            ("a.example/v1", "a.example", Some("a.example/v1")),
            ("a.example/v1", "a.example/v1/x", Some("a.example/v1/x")),
            ("a.example/v1", "a.example/v10", None),
            ("*.example.com", "api.example.com", Some("api.example.com")),
            ("*.example.com", "example.com", None),
            ("*.example.com", "*.example.com/v1", Some("*.example.com/v1")),
            ("*.example.com", "*.eu.example.com", Some("*.eu.example.com")),
            ("*.example.com", "*.example.net", None),
            ("*.amazonaws.com", "bucket.s3.amazonaws.com", None),
        ] {
            let parse = |text: &str| Rule::parse(text).unwrap();
            for (one, other) in [(one, other), (other, one)] {
                let common = parse(one).common(&parse(other)).map(|rule| rule.to_string());
                assert_eq!(common.as_deref(), both, "{one} and {other}");
            }
        }
    }
}
