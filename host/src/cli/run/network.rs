//! The options of `um-host run` about how hosts are reached: whose certificates are believed, by which
//! proxy, and which of them may be at private addresses.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

use clap::Args;
use um_base::detached;
use um_base::rule::{HostName, Rule, RuleFault};
use um_egress::{Client, Proxy};

use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, OrFail};

/// Longest file with authorities, in bytes.
const MAX_CA_BYTES: u64 = 1024 * 1024;
/// Longest file with a proxy's URL, in bytes.
const MAX_PROXY_BYTES: u64 = 16 * 1024;

#[derive(Args, Clone, Debug)]
pub struct NetworkArgs {
    /// Trust the certificate authorities of a PEM file too; may be given again
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Trust the certificate authorities of this machine, instead of the web's that are built in
    #[arg(long)]
    platform_roots: bool,
    /// Reach every host by a proxy: http[s]://[USER:PASSWORD@]HOST:PORT, or @FILE with that, which shows no password
    #[arg(long, value_name = "URL|@FILE")]
    proxy: Option<OsString>,
}

impl NetworkArgs {
    /// The client that sends the requests of runs; `None` if nothing was asked for. Somebody may still be writing what
    /// is read for it, so that has a thread of its own, and is to be waited for with a bound.
    ///
    /// # Errors
    /// Status 2 for a file or a proxy that cannot be used; what is in it is not repeated.
    pub async fn client(&self) -> Result<Option<Client>, Failure> {
        if self.ca.is_empty() && !self.platform_roots && self.proxy.is_none() {
            return Ok(None);
        }
        let options = self.clone();
        detached(move || options.made()).await.map(Some)
    }

    fn made(&self) -> Result<Client, Failure> {
        let mut builder = Client::builder();
        for path in &self.ca {
            let pem = read("--ca", path, MAX_CA_BYTES)?;
            builder = builder
                .root_pem(&pem)
                .map_err(|error| Failure::usage(format!("--ca: `{}` cannot be used: {error}", path.display())))?;
        }
        if self.platform_roots {
            builder = builder.platform_roots();
        }
        if let Some(text) = &self.proxy {
            builder = builder.proxy(proxy(text)?);
        }
        builder.build().or_fail(Exit::Host)
    }
}

/// The text is not repeated when it is wrong, as it may hold a password.
fn proxy(text: &OsString) -> Result<Proxy, Failure> {
    let text = text.to_str().ok_or_else(|| Failure::usage("--proxy is not UTF-8 text"))?;
    let parsed = match text.strip_prefix('@') {
        Some("") => return Err(Failure::usage("`--proxy @` needs the path of a file").hint("as in --proxy @proxy.txt")),
        Some(path) => {
            let bytes = read("--proxy", Path::new(path), MAX_PROXY_BYTES)?;
            let text =
                std::str::from_utf8(&bytes).map_err(|_| Failure::usage("--proxy: the file is not UTF-8 text"))?;
            Proxy::parse(text.trim_ascii_end())
        }
        None => Proxy::parse(text),
    };
    parsed.map_err(|error| Failure::usage(format!("--proxy: {error}")))
}

/// All of a file, or one byte more than `most`, which is too much for whoever parses it.
fn read(option: &str, path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: io::Error| {
        let context = format!("{option}: `{}` cannot be read", path.display());
        Failure::new(Exit::Usage, anyhow::Error::new(error).context(context))
    };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    Ok(bytes)
}

/// A host of `--allow-private`.
pub fn private(text: &str) -> Result<HostName, Failure> {
    if is_range(text) {
        return Err(range("--allow-private"));
    }
    // An address of IPv6 stands alone here, so it needs no brackets.
    let text = &match text.parse::<Ipv6Addr>() {
        Ok(_) => format!("[{text}]"),
        Err(_) => text.to_owned(),
    };
    HostName::parse(text).map_err(|error| match text.contains("://") || text.contains('/') || has_port(text) {
        true => Failure::usage("--allow-private takes a host alone, without scheme, port and path")
            .hint("for example --allow-private localhost; scheme and port belong to --allow-host"),
        false => Failure::usage(format!("--allow-private: {error}")),
    })
}

fn has_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        (!host.contains(':') || host.ends_with(']')) && port.bytes().all(|byte| byte.is_ascii_digit())
    })
}

pub fn is_range(text: &str) -> bool {
    Rule::parse(text).is_err_and(|error| error.fault == RuleFault::Range)
}

pub fn range(option: &str) -> Failure {
    Failure::usage(format!("{option} takes no ranges of addresses")).hint("name each host or address that is meant")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_given_as_it_is_or_in_a_file_and_never_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("proxy");
        std::fs::write(&file, "http://me:hunter22@proxy.test:3128\n").unwrap();
        let in_file = OsString::from(format!("@{}", file.display()));
        for text in [in_file.clone(), "http://me:hunter22@proxy.test:3128".into()] {
            assert_eq!(proxy(&text).unwrap().to_string(), "http://proxy.test:3128");
        }
        std::fs::write(&file, "me:hunter22").unwrap();
        for text in [in_file, "me:hunter22".into(), "@hunter22/none".into()] {
            let refusal = proxy(&text).err().unwrap();
            assert!(matches!(refusal.exit, Exit::Usage));
            let said = refusal.text().unwrap();
            assert!(said.starts_with("--proxy: ") && !said.contains("me:"), "{said}");
        }
    }

    #[tokio::test]
    async fn without_options_the_hosts_own_client_serves() {
        let none = NetworkArgs { ca: Vec::new(), platform_roots: false, proxy: None };
        assert!(none.client().await.unwrap().is_none());
        let missing = NetworkArgs { ca: vec!["/nowhere/ca.pem".into()], platform_roots: false, proxy: None };
        assert!(matches!(missing.client().await.err().unwrap().exit, Exit::Usage));
    }
}
