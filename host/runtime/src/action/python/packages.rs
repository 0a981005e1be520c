//! Has pip install the packages of the recipe into a virtual environment, and tells why it did not.

use super::error::InstallError;
use super::output::Output;

/// The hashes decide what is installed: no other version, no source that would be built, no dependency beside the list.
/// A setting of the user's that is meant for other environments is overruled.
pub(super) const PIP: [&str; 18] = [
    "-I",
    "-m",
    "pip",
    "--disable-pip-version-check",
    "--no-input",
    "--no-color",
    "install",
    "--require-hashes",
    "--only-binary",
    ":all:",
    "--no-deps",
    "--no-user",
    "--no-compile",
    "--no-warn-script-location",
    "--progress-bar",
    "off",
    "--requirement",
    "requirements.txt",
];

/// What pip says when it does not get through to the index, or to a file of it.
const UNREACHABLE: [&str; 7] = [
    "Retrying (Retry(",
    "Could not fetch URL",
    "Max retries exceeded",
    "Connection broken",
    "Read timed out",
    "Client Error",
    "Server Error",
];

/// Why pip failed, by what it said.
pub(super) fn explain(output: &Output) -> InstallError {
    let reason = output.error();
    if output.contains("DO NOT MATCH THE HASHES") {
        let package = output.line_with(" from ").filter(|line| line.contains("=="));
        return InstallError::Hashes { reason: package.unwrap_or(reason) };
    }
    if UNREACHABLE.iter().any(|words| output.contains(words)) {
        let cause = output.line_with("connection broken by").map(|line| cause(&line));
        return InstallError::Download { reason: cause.map_or(reason.clone(), |cause| format!("{reason}: {cause}")) };
    }
    if output.contains("No matching distribution found") || output.contains("is not a supported wheel") {
        return InstallError::NoWheel { reason };
    }
    InstallError::Packages { reason }
}

/// What stands innermost in `... after connection broken by 'ProxyError('...', NewConnectionError('<object>: CAUSE'))': /x`.
fn cause(line: &str) -> String {
    let (_, error) = line.rsplit_once("connection broken by ").unwrap_or(("", line));
    let error = error.rsplit_once(": /").map_or(error, |(error, _)| error);
    let innermost = error.rsplit_once(">: ").map_or(error, |(_, innermost)| innermost);
    innermost.trim_matches(['\'', '"', '(', ')']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(said: &str) -> InstallError {
        let mut output = Output::default();
        output.push(said.as_bytes());
        explain(&output)
    }

    const NOTHING_FOUND: &str = "\
ERROR: Could not find a version that satisfies the requirement componentize-py==0.25.1 (from versions: none)
ERROR: No matching distribution found for componentize-py==0.25.1
";

    #[test]
    fn an_index_out_of_reach_is_told_with_its_cause() {
        let retrying = "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after \
            connection broken by 'ProxyError('Cannot connect to proxy.', NewConnectionError('<pip._vendor.urllib3.\
            connection.HTTPSConnection object at 0x7fc96d16c810>: Failed to establish a new connection: [Errno 111] \
            Connection refused'))': /simple/componentize-py/\n";
        let InstallError::Download { reason } = explained(&format!("{retrying}{NOTHING_FOUND}")) else { panic!() };
        let expected = "No matching distribution found for componentize-py==0.25.1: Failed to establish a new \
            connection: [Errno 111] Connection refused";
        assert_eq!(reason, expected);
    }

    #[test]
    fn a_broken_download_is_one_of_the_network() {
        let said = "ERROR: HTTP error 403 while getting https://me:pw@index.example/x.whl\n\
            ERROR: 403 Client Error: Forbidden for url: https://me:pw@index.example/x.whl\n";
        let InstallError::Download { reason } = explained(said) else { panic!() };
        assert_eq!(reason, "403 Client Error: Forbidden for url: https://***@index.example/x.whl");
    }

    #[test]
    fn an_index_without_a_wheel_is_told_apart() {
        assert!(matches!(explained(NOTHING_FOUND), InstallError::NoWheel { .. }));
    }

    #[test]
    fn another_file_than_the_pinned_one_is_named() {
        let said = "\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, \
please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered with them.
    componentize-py==0.25.1 from https://me:pw@index.example/componentize_py-0.25.1.whl (from -r requirements.txt (line 3)):
        Expected sha256 8623cd8cab8453cb0cd8bf03f3c7103420d06f2f3d360186a280a70a1ca5e89f
             Got        0000000000000000000000000000000000000000000000000000000000000000
";
        let InstallError::Hashes { reason } = explained(said) else { panic!() };
        assert!(reason.starts_with("componentize-py==0.25.1 from https://***@index.example/"), "{reason}");
    }

    #[test]
    fn what_else_pip_says_is_repeated() {
        let InstallError::Packages { reason } = explained("ERROR: Can not perform a '--user' install.\n") else {
            panic!()
        };
        assert_eq!(reason, "Can not perform a '--user' install.");
    }
}
