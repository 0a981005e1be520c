//! The variables that child processes get.

use std::env;
use std::ffi::{OsStr, OsString};

/// What python3 and pip may see: where programs and the user's settings are, the network, the language. Nothing else,
/// and so never a variable that holds a key.
const PASSED: [&str; 33] = [
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_NO_INDEX",
    "PIP_FIND_LINKS",
    "PIP_TRUSTED_HOST",
    "PIP_KEYRING_PROVIDER",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_PROXY",
    "PIP_CACHE_DIR",
    "PIP_NO_CACHE_DIR",
    "PIP_TIMEOUT",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_RETRIES",
];

/// An environment for child processes.
#[derive(Clone, Debug)]
pub(super) struct Environment(Vec<(OsString, OsString)>);

impl Environment {
    /// What of our own environment is passed on.
    pub fn inherited() -> Self {
        Self::of(env::vars_os())
    }

    /// What of some variables is passed on.
    pub fn of(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        Self(variables.filter(|(name, _)| PASSED.iter().any(|passed| name == passed)).collect())
    }

    /// Nothing but what the packaging needs: no variable of the user's.
    pub fn bare() -> Self {
        Self(Vec::new()).with("LANG", "C.UTF-8")
    }

    pub fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.retain(|(other, _)| other != name);
        self.0.push((name.into(), value.as_ref().to_owned()));
        self
    }

    pub fn path(&self) -> Option<&OsStr> {
        self.0.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str())
    }

    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_variables_are_passed_on() {
        let variables = ["UM_HOST_KEY", "MY_KEY", "HOME", "PIP_INDEX_URL", "PIP_TARGET", "PYTHONPATH", "https_proxy"];
        let environment = Environment::of(variables.iter().map(|name| (name.into(), "value".into())));
        let passed: Vec<_> = environment.variables().map(|(name, _)| name.to_str().unwrap()).collect();
        assert_eq!(passed, ["HOME", "PIP_INDEX_URL", "https_proxy"]);
    }

    #[test]
    fn a_variable_is_given_once() {
        let environment = Environment::of([("PATH".into(), "/bin".into())].into_iter()).with("PATH", "/usr/bin");
        let given: Vec<_> = environment.variables().map(|(_, value)| value).collect();
        assert_eq!(given, ["/usr/bin"]);
    }
}
