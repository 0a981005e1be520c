//! All that a server may take a request for, as rules see it.

use std::borrow::Cow;

use http::request::Parts;

use super::request;
use crate::base::rule::{Origin, Rule};

/// Where a request goes, and by which methods and to which paths a server there may take it: fields of the guest's can
/// name others than its own. A rule permits all of them or not the request.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) origin: Origin,
    methods: Vec<String>,
    paths: Vec<String>,
}

impl Asked {
    /// What a request with this head asks of `origin`.
    pub(super) fn of(parts: &Parts, origin: &Origin) -> Self {
        let methods = request::methods(&parts.method, &parts.headers).into_iter().map(str::to_owned).collect();
        let paths = request::paths(origin, parts.uri.path(), &parts.headers).into_iter().map(Cow::into_owned).collect();
        Self { origin: origin.clone(), methods, paths }
    }

    pub(super) fn is_within(&self, rule: &Rule) -> bool {
        rule.covers(&self.origin) && self.keeps_to_methods(rule) && self.keeps_to_paths(rule)
    }

    pub(super) fn is_within_any(&self, rules: &[Rule]) -> bool {
        rules.iter().any(|rule| self.is_within(rule))
    }

    pub(super) fn keeps_to_methods(&self, rule: &Rule) -> bool {
        self.methods.iter().all(|method| rule.covers_method(method))
    }

    pub(super) fn keeps_to_paths(&self, rule: &Rule) -> bool {
        self.paths.iter().all(|path| rule.covers_path(path))
    }

    /// The rule that permits just this origin, as a message suggests it.
    pub(super) fn entry(&self) -> String {
        Rule::to(self.origin.clone()).to_string()
    }
}
