//! Where the value of a secret is read from that is given to a run: an environment variable, a file or a descriptor.
//!
//! Guarantees: never more is kept than a value may have, what was read is wiped, and nothing is repeated that could be the
//! value itself, as where `env:$TOKEN` was typed and `env:TOKEN` was meant.

use std::env;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use um_secret::{MAX_VALUE_BYTES, SecretName, SecretValue, ValueError};

use crate::cli::discreet;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::value::{Newline, bounded, drop_newline};

/// Below are the streams, which are the action's.
const FIRST_DESCRIPTOR: u32 = 3;

/// Where a value is to be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Source {
    Env(String),
    File(PathBuf),
    /// One that whoever started us has opened.
    Descriptor(u32),
}

impl Source {
    /// Reads a source of the secret `name` as it is given. To be called before anything is opened: then a descriptor that is
    /// there is none of ours.
    pub fn parse(name: &SecretName, text: &str) -> Result<Self, Failure> {
        let example = format!("as in --secret {name}=env:{name}");
        match text.split_once(':') {
            Some(("env", variable)) if !variable.is_empty() && !variable.contains(['=', '\0']) => {
                Ok(Self::Env(variable.to_owned()))
            }
            Some(("env", _)) => {
                Err(refused(name, "`env:` needs the name of an environment variable").hint(example))
            }
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            Some(("file", _)) => Err(refused(name, "`file:` needs the path of a file")
                .hint(format!("as in --secret {name}=file:/run/secrets/{}", name.as_str().to_ascii_lowercase()))),
            Some(("fd", number)) => descriptor(name, number),
            _ => Err(refused(
                name,
                "what stands behind the `=` is no source of a value; it is not repeated here: it could be the secret",
            )
            .hint(match meant(text) {
                Some((what, kind)) => {
                    format!("there is {what} of that name; if it is meant, give it as --secret {name}={kind}")
                }
                None => format!(
                    "a source is env:VARIABLE, file:PATH or fd:NUMBER, {example}. If that was the secret, change it where \
                     it was issued: it is in your shell's history now"
                ),
            })),
        }
    }

    /// Reads the value, and drops a newline at the end of a file or what a descriptor gives.
    pub fn read(&self, name: &SecretName) -> Result<(SecretValue, Option<Newline>), Failure> {
        let (mut bytes, is_file) = match self {
            Self::Env(variable) => (from_variable(name, variable)?, false),
            Self::File(path) => (from_file(name, path, &path.to_string_lossy())?, true),
            Self::Descriptor(number) => (from_file(name, &opened(*number), "")?, true),
        };
        let newline = if is_file { drop_newline(&mut bytes) } else { None };
        Ok((value(name, bytes)?, newline))
    }

    /// Whether it is our standard input under another name.
    pub fn is_stdin(&self) -> bool {
        let own = match self {
            Self::Env(_) => None,
            Self::File(path) => identity(path),
            Self::Descriptor(number) => identity(&opened(*number)),
        };
        own.is_some() && own == identity(&opened(0))
    }

    /// The file, if it is one that is there.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path.as_path()).filter(|path| path.exists()),
            _ => None,
        }
    }
}

/// What there is of a name that was given without the kind of source: then it was hardly the secret.
fn meant(text: &str) -> Option<(&'static str, &'static str)> {
    let is_variable = !text.is_empty() && !text.contains(['=', '\0']) && env::var_os(text).is_some();
    match is_variable {
        true => Some(("an environment variable", "env:VARIABLE")),
        false => Path::new(text).is_file().then_some(("a file", "file:PATH")),
    }
}

/// What tells one file from another, whatever it is called.
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|found| (found.dev(), found.ino()))
}

/// A refusal that concerns the secret of this name.
pub fn refused(name: &SecretName, what: &str) -> Failure {
    Failure::usage(format!("--secret {name}: {what}"))
}

fn descriptor(name: &SecretName, number: &str) -> Result<Source, Failure> {
    let example = format!("as in --secret {name}=fd:3 3< FILE");
    match number.parse::<u32>() {
        Ok(..FIRST_DESCRIPTOR) => Err(refused(name, "the descriptors 0, 1 and 2 are the streams of the action")
            .hint(format!("use another, {example}"))),
        Ok(number) if opened(number).metadata().is_ok() => Ok(Source::Descriptor(number)),
        Ok(_) => Err(refused(name, "no such descriptor is open here").hint(example)),
        Err(_) => Err(refused(name, "`fd:` needs the number of a descriptor").hint(example)),
    }
}

/// A descriptor as a file; it is read from its beginning, if it has one.
fn opened(number: u32) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{number}"))
}

fn from_variable(name: &SecretName, variable: &str) -> Result<Vec<u8>, Failure> {
    let fault = match env::var_os(variable) {
        Some(value) if !value.is_empty() => return Ok(value.into_vec()),
        Some(_) => "is empty",
        None => "is not set",
    };
    // As variables are named; a word alone could be a password.
    let is_plain = variable.contains('_') || !variable.contains(|c: char| !c.is_ascii_uppercase());
    let named = format!("the environment variable {variable} {fault}");
    let what = told(variable, is_plain, named, &format!("the environment variable that is named {fault}"));
    Err(refused(name, &what).hint("set it; `env:` takes the name of a variable, without a `$`"))
}

/// `shown` is the path as it was typed, or nothing.
fn from_file(name: &SecretName, path: &Path, shown: &str) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: io::Error| {
        // Nor is it a value where something is there of that name.
        let is_plain = shown.contains(['/', '.']) || path.symlink_metadata().is_ok();
        let what = match shown {
            "" => "the descriptor cannot be read".to_owned(),
            _ => told(shown, is_plain, format!("`{shown}` cannot be read"), "the file that is named cannot be read"),
        };
        Failure::new(Exit::Usage, anyhow::Error::new(error).context(format!("--secret {name}: {what}")))
    };
    // One more than a value may have tells one that is too long; two may be dropped.
    File::open(path).and_then(|file| bounded(file, MAX_VALUE_BYTES + 2)).map_err(unreadable)
}

/// What is said of a variable or a path: with it, if it is nothing that could be a value.
fn told(text: &str, is_plain: bool, named: String, unnamed: &str) -> String {
    match is_plain {
        true => discreet::message(text, named, unnamed),
        false => discreet::unnamed(unnamed),
    }
}

fn value(name: &SecretName, bytes: Vec<u8>) -> Result<SecretValue, Failure> {
    SecretValue::from_bytes(bytes).map_err(|error| match error {
        ValueError::Empty => refused(name, "the value is empty"),
        ValueError::TooLong { .. } => refused(name, &format!("the value has more than {MAX_VALUE_BYTES} bytes"))
            .hint("keep large content elsewhere, and here the key that opens it"),
        error => refused(name, &error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;

    use super::*;

    fn name() -> SecretName {
        SecretName::parse("CRM_TOKEN").unwrap()
    }

    fn said<T>(answer: Result<T, Failure>) -> String {
        let refusal = answer.err().unwrap();
        assert!(matches!(refusal.exit, Exit::Usage));
        refusal.text().unwrap() + refusal.hint.as_deref().unwrap_or_default()
    }

    #[test]
    fn a_source_is_a_variable_a_file_or_a_descriptor() {
        let parse = |text: &str| Source::parse(&name(), text).ok().unwrap();
        assert_eq!(parse("env:INPUT_CRM-TOKEN"), Source::Env("INPUT_CRM-TOKEN".to_owned()));
        assert_eq!(parse("file:/run/secrets/a:b=c"), Source::File("/run/secrets/a:b=c".into()));
        let file = tempfile::tempfile().unwrap();
        let number = file.as_raw_fd() as u32;
        assert_eq!(parse(&format!("fd:{number}")), Source::Descriptor(number));
        for text in ["env:", "env:A=hunter22", "file:", "fd:", "fd:x", "fd:0", "fd:2", "fd:-3", "fd:60000"] {
            assert!(said(Source::parse(&name(), text)).starts_with("--secret CRM_TOKEN: "), "{text}");
        }
    }

    #[test]
    fn a_value_in_the_place_of_a_source_is_not_repeated() {
        for text in
            ["hunter22", "ghp_16C7e42F292c", "https://me:hunter22@example.com", "", "fd:hunter22", "ENV:hunter22"]
        {
            assert!(!said(Source::parse(&name(), text)).contains("hunter22"), "{text}");
        }
        for text in ["env:hunter22", "env:ghp_16C7e42F292c6912E77", "file:hunter22", "file:/x/ghp_16C7e42F292c6912E77"]
        {
            let said = said(Source::parse(&name(), text).ok().unwrap().read(&name()));
            assert!(!said.contains("hunter22") && !said.contains("16C7e42"), "{said}");
        }
    }

    #[test]
    fn what_was_meant_as_a_name_is_told() {
        for (text, told) in [
            ("env:CRM_TOKEN_THAT_NOBODY_SETS", "the environment variable CRM_TOKEN_THAT_NOBODY_SETS is not set"),
            ("env:NOBODYSETSME", "the environment variable NOBODYSETSME is not set"),
            ("file:/nowhere/token", "`/nowhere/token` cannot be read: No such file"),
            ("file:token.txt", "`token.txt` cannot be read: No such file"),
        ] {
            let said = said(Source::parse(&name(), text).ok().unwrap().read(&name()));
            assert!(said.starts_with(&format!("--secret CRM_TOKEN: {told}")), "{said}");
        }
    }

    #[test]
    fn one_newline_goes_and_what_is_no_value_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let read = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            Source::File(path.clone()).read(&name())
        };
        for (content, value, newline) in [
            (&b"value"[..], "value", None),
            (b"value\n", "value", Some(Newline::Unix)),
            (b"value\r\n", "value", Some(Newline::Windows)),
            (b"value\n\n", "value\n", Some(Newline::Unix)),
        ] {
            let (got, dropped) = read(content).ok().unwrap();
            assert_eq!((got.expose(), dropped), (value, newline));
        }
        let most = vec![b'v'; MAX_VALUE_BYTES];
        assert_eq!(read(&[&most, &b"\r\n"[..]].concat()).ok().unwrap().0.expose().len(), MAX_VALUE_BYTES);
        let too_long = [&most, &b"v"[..]].concat();
        for (content, told) in
            [(&b""[..], "empty"), (b"\n", "empty"), (&too_long, "more than 65536 bytes"), (b"\xff", "not UTF-8")]
        {
            assert!(said(read(content)).contains(told), "{told}");
        }
        assert!(said(Source::File("/dev/zero".into()).read(&name())).contains("more than 65536 bytes"));
        assert!(said(Source::File(folder.path().into()).read(&name())).contains("cannot be read"));
    }

    #[test]
    fn a_descriptor_is_read_though_it_has_no_name_any_more() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"value\n").unwrap();
        let (got, newline) = Source::Descriptor(file.as_raw_fd() as u32).read(&name()).ok().unwrap();
        assert_eq!((got.expose(), newline), ("value", Some(Newline::Unix)));
    }
}
