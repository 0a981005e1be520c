//! Reads the master key from its source.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, StatVfsMountFlags, fcntl_getfl, fcntl_setfl, statvfs};
use rustix::io::Errno;
use um_envelope::Key;
use zeroize::Zeroizing;

use super::credential;
use super::permission::{Found, Keeper, Kind};
use super::source::{KeyError, KeySource};

/// More than a key text and a line break have: a longer file is no key file.
const MAX_TEXT: u64 = 256;

impl KeySource {
    pub(crate) fn read(&self) -> Result<Key, KeyError> {
        match self {
            Self::File(path) => read_file(path, Keeper::User),
            Self::Env(variable) => read_variable(variable),
            Self::Fd(number) => read_descriptor(*number),
            Self::Credential(name) => {
                let directory = credential::directory().ok_or(KeyError::NoCredentials)?;
                read_file(&directory.join(name), Keeper::Systemd)
            }
        }
    }
}

fn read_variable(variable: &str) -> Result<Key, KeyError> {
    let text = env::var_os(variable).ok_or_else(|| KeyError::VariableMissing { variable: variable.to_owned() })?;
    let text = Zeroizing::new(text.into_encoded_bytes());
    Key::parse(&text).map_err(|reason| KeyError::Text { place: format!("the environment variable {variable}"), reason })
}

/// The descriptor is opened anew through /proc: taking it over by its number would need `unsafe`.
fn read_descriptor(number: u32) -> Result<Key, KeyError> {
    let failed = |source: io::Error| match Errno::from_io_error(&source) {
        Some(Errno::NOENT) => KeyError::DescriptorMissing { number },
        Some(Errno::NXIO) => KeyError::DescriptorKind { number },
        _ => KeyError::Descriptor { number, source },
    };
    // Not to wait for somebody who opens the other end of a pipe; for what is written to it there is time.
    let opened = open(Path::new(&format!("/proc/self/fd/{number}")), OFlags::NONBLOCK);
    let file = opened.map_err(failed)?;
    if !matches!(Found::of(&file).map_err(failed)?.kind, Kind::Regular | Kind::Pipe) {
        return Err(KeyError::DescriptorKind { number });
    }
    let waiting = fcntl_getfl(&file).and_then(|flags| fcntl_setfl(&file, flags - OFlags::NONBLOCK));
    waiting.map_err(|error| failed(error.into()))?;
    let text = read_text(file).map_err(failed)?;
    Key::parse(&text).map_err(|reason| KeyError::Text { place: format!("descriptor {number}"), reason })
}

fn read_file(path: &Path, keeper: Keeper) -> Result<Key, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let file = open_file(path)?;
    Found::of(&file).map_err(failed)?.check(path, rustix::process::geteuid().as_raw(), keeper)?;
    let text = read_text(file).map_err(failed)?;
    Key::parse(&text).map_err(|reason| KeyError::Text { place: format!("the key file {}", path.display()), reason })
}

fn read_text(file: File) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_TEXT as usize));
    file.take(MAX_TEXT).read_to_end(&mut text)?;
    Ok(text)
}

/// Not through a link, unless it is one of a mount that is read-only here, and not to hang on a FIFO.
fn open_file(path: &Path) -> Result<File, KeyError> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    match open(path, flags) {
        Err(error) if is(&error, Errno::LOOP) => {
            let target = linked(path)?;
            let file = open(&target, flags).map_err(|error| opening(path, error))?;
            // A mount of its own may lie on what the link leads to.
            match Found::of(&file) {
                Ok(found) if found.read_only => Ok(file),
                Ok(_) => Err(KeyError::FileLinkedOut { path: path.to_owned() }),
                Err(source) => Err(KeyError::File { path: path.to_owned(), source }),
            }
        }
        opened => opened.map_err(|error| opening(path, error)),
    }
}

fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

/// Where a link leads to that may be followed. Nobody can turn it meanwhile but whoever made the mount.
fn linked(path: &Path) -> Result<PathBuf, KeyError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error| opening(path, error);
    let is_read_only = statvfs(directory).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY));
    if !is_read_only {
        return Err(KeyError::FileKind { path: path.to_owned(), what: "a symbolic link" });
    }
    let (directory, target) = (directory.canonicalize().map_err(failed)?, path.canonicalize().map_err(failed)?);
    let device = |path: &Path| path.symlink_metadata().map(|metadata| metadata.dev()).map_err(failed);
    match target.starts_with(&directory) && device(&target)? == device(&directory)? {
        true => Ok(target),
        false => Err(KeyError::FileLinkedOut { path: path.to_owned() }),
    }
}

fn opening(path: &Path, source: io::Error) -> KeyError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => KeyError::FileMissing { path },
        _ if is(&source, Errno::LOOP) => KeyError::FileKind { path, what: "a symbolic link" },
        // A socket, or a device without a driver.
        _ if is(&source, Errno::NXIO) => KeyError::FileKind { path, what: "no regular file" },
        _ => KeyError::File { path, source },
    }
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}
