//! What a component is, told from its imports and exports.

use wasmparser::{ComponentTypeRef, Parser, Payload};

use super::error::{Entryless, LoadError};
use super::kind::Kind;

/// What the host offers, by package and interface. Versions 0.2.x of WASI, 0.1.x of ours.
const OFFERED: [(&str, &str, &[&str]); 8] = [
    ("um:action", "0.1.", &["secrets", "documents", "refusals"]),
    (
        "wasi:cli",
        "0.2.",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:clocks", "0.2.", &["monotonic-clock", "wall-clock"]),
    ("wasi:filesystem", "0.2.", &["types", "preopens"]),
    ("wasi:http", "0.2.", &["types", "outgoing-handler"]),
    ("wasi:io", "0.2.", &["error", "poll", "streams"]),
    ("wasi:random", "0.2.", &["random", "insecure", "insecure-seed"]),
    (
        "wasi:sockets",
        "0.2.",
        &["instance-network", "ip-name-lookup", "network", "tcp", "tcp-create-socket", "udp", "udp-create-socket"],
    ),
];

/// Interfaces of other hosts by which secrets are had as by `um:action/secrets`, each by its whole name: of versions that are
/// drafts, no two need be alike.
pub(crate) const ALIASES: [&str; 9] = [
    "wasi:config/store@0.2.0-rc.1",
    "wasi:config/store@0.2.0-draft",
    "wasi:config/store@0.2.0-draft-2024-09-27",
    "wasi:config/runtime@0.2.0-draft",
    "fermyon:spin/variables@2.0.0",
    "wasmcloud:secrets/store@1.0.0",
    "wasmcloud:secrets/reveal@1.0.0",
    "wasmcloud:secrets/store@0.1.0-draft",
    "wasmcloud:secrets/reveal@0.1.0-draft",
];

/// What a component tells about itself.
pub(super) struct Facts {
    pub kind: Kind,
    pub uses_secrets: bool,
}

/// Offered to the Python runner and to nobody else.
const PRIVATE: [&str; 2] = ["um:runner/script@0.1.0", "um:runner/compression@0.1.0"];

/// Reads imports and exports of a component and refuses what the host cannot run.
pub(super) fn check(component: &[u8]) -> Result<Facts, LoadError> {
    check_but(component, |_| false)
}

/// As [`check`], for the Python runner.
pub(super) fn check_runner(component: &[u8]) -> Result<Facts, LoadError> {
    let facts = check_but(component, |import| PRIVATE.contains(&import))?;
    Ok(Facts { kind: Kind::Script, ..facts })
}

fn check_but(component: &[u8], allowed: impl Fn(&str) -> bool) -> Result<Facts, LoadError> {
    let surface = surface(component).map_err(|error| LoadError::Malformed { reason: error.to_string() })?;
    let known = |name: &&String| is_offered(name) || allowed(name);
    let strangers: Vec<String> = surface.imports.iter().filter(|name| !known(name)).cloned().collect();
    if strangers.iter().any(|name| wasi_version(name).is_some_and(|version| version.starts_with("0.3."))) {
        return Err(LoadError::Wasi03);
    }
    if !strangers.is_empty() {
        return Err(LoadError::Imports { names: strangers });
    }
    let exports = |wanted: fn(&str) -> bool| surface.exports.iter().any(|name| wanted(name));
    let kind = if exports(|name| name.starts_with("wasi:cli/run@0.2.")) {
        Kind::Command
    } else if exports(|name| name.starts_with("wasi:cli/run@0.3.")) {
        return Err(LoadError::Wasi03);
    } else if exports(|name| name == "run") {
        Kind::Typed
    } else if exports(|name| name.starts_with("wasi:http/incoming-handler@")) {
        return Err(LoadError::NoEntry(Entryless::Server));
    } else {
        return Err(LoadError::NoEntry(Entryless::Component));
    };
    let hands_out = |name: &String| name.starts_with("um:action/secrets@") || ALIASES.contains(&name.as_str());
    let uses_secrets = surface.imports.iter().any(hands_out);
    Ok(Facts { kind, uses_secrets })
}

fn is_offered(import: &str) -> bool {
    if ALIASES.contains(&import) {
        return true;
    }
    let Some((interface, version)) = import.split_once('@') else { return false };
    let Some((package, interface)) = interface.split_once('/') else { return false };
    OFFERED.iter().any(|(offered, prefix, interfaces)| {
        *offered == package && version.starts_with(prefix) && interfaces.contains(&interface)
    })
}

fn wasi_version(import: &str) -> Option<&str> {
    import.strip_prefix("wasi:")?.split_once('@').map(|(_, version)| version)
}

#[derive(Default)]
struct Surface {
    imports: Vec<String>,
    exports: Vec<String>,
}

/// The imports and exports of the outermost component; those of nested ones are its own business.
fn surface(component: &[u8]) -> wasmparser::Result<Surface> {
    let mut surface = Surface::default();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    let import = import?;
                    // A type alone gives a component nothing to call.
                    if !matches!(import.ty, ComponentTypeRef::Type(_)) {
                        surface.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports {
                    surface.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(surface)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_told_by_package_interface_and_version() {
        let aliases = ["wasi:config/store@0.2.0-rc.1", "fermyon:spin/variables@2.0.0"];
        for name in
            ["wasi:cli/stdout@0.2.0", "wasi:http/types@0.2.12", "um:action/secrets@0.1.0"].iter().chain(&aliases)
        {
            assert!(is_offered(name), "{name}");
        }
        for name in [
            "wasi:http/incoming-handler@0.2.0",
            "wasi:cli/stdout@0.3.0",
            "um:action/secrets@0.2.0",
            "acme:db/sql@1.0.0",
            "wasi:config/store@0.2.0-rc.2",
            "wasi:config/store@0.2.0",
            "fermyon:spin/variables@2.0.1",
            "fermyon:spin/key-value@2.0.0",
            "wasi:cli/stdout",
            "env",
            "",
        ] {
            assert!(!is_offered(name), "{name}");
        }
    }

    #[test]
    fn bytes_that_are_no_component_are_malformed() {
        assert!(matches!(check(b"\0asm\x0d\0\x01\0garbage"), Err(LoadError::Malformed { .. })));
    }
}
