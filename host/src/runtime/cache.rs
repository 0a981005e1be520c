//! Compiled actions on disk, so that the second run compiles nothing.
//!
//! A compiled artifact is machine code that the host maps and runs: whoever can change one owns the host. So the cache
//! trusts nothing but what its own key has authenticated:
//!
//! - The directory is 0700 and ours, its files 0400; they are opened without following links and written beside, then
//!   renamed. They are never changed in place: live instances map them.
//! - A row binds the file that an action was loaded from (device, inode, size, times, hash) and the artifact (the same)
//!   to each other, under a MAC with a random key of this directory.
//! - Where all of that matches, nothing is read or hashed. Where something differs, the hash decides; where the hash
//!   differs, the action is compiled anew.
//!
//! Deliberately absent: eviction. `rm -r` of the directory is always safe.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::action::{Kind, LoadError, Source};

/// A file changed this shortly before its stamp was taken could change again within one tick of the clock.
const SETTLED: Duration = Duration::from_secs(2);
/// Longest row that is read, in bytes.
const MAX_ROW_BYTES: u64 = 16 * 1024;
/// Largest artifact that is hashed, in bytes: about ten times the largest component.
const MAX_ARTIFACT_BYTES: u64 = 1024 * 1024 * 1024;
const KEY_BYTES: usize = 32;

/// Why the cache directory is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    #[error("the cache directory `{}` cannot be made: {source}", path.display())]
    Create { path: PathBuf, source: io::Error },
    #[error("the cache directory `{}` belongs to another user; name another one", path.display())]
    Owner { path: PathBuf },
    #[error("the cache directory `{}` is open to others (mode {mode:o}); run `chmod 700` on it", path.display())]
    Mode { path: PathBuf, mode: u32 },
    #[error("the key of the cache directory `{}` cannot be read; remove the directory, it will be made again", path.display())]
    Key { path: PathBuf },
}

/// The cache of one directory for one engine.
pub(super) struct Cache {
    directory: PathBuf,
    key: [u8; KEY_BYTES],
    /// Tells apart versions of the engine and its settings.
    engine_hash: String,
}

/// A compiled component, and what is known of it without reading it.
pub(super) struct Compiled {
    pub component: Component,
    pub kind: Kind,
    pub uses_secrets: bool,
}

/// Where bytes came from: one state of one file, which they are known to be.
pub(super) struct Origin<'a> {
    path: &'a Path,
    stamp: Stamp,
    /// When the stamp was taken, in nanoseconds since 1970.
    taken: u128,
}

/// What a row of the cache says.
#[derive(Serialize, Deserialize)]
struct Row {
    /// The file that the action was loaded from.
    source: Stamp,
    artifact: Stamp,
    /// When the source's stamp was taken, in nanoseconds since 1970.
    taken: u128,
    kind: Kind,
    uses_secrets: bool,
}

/// Identifies one state of one file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: i128,
    changed: i128,
    sha256: String,
}

impl Cache {
    /// Opens the directory, making it and its key if they are not there.
    pub fn open(directory: &Path, engine: &Engine) -> Result<Self, CacheError> {
        let path = || directory.to_owned();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|source| CacheError::Create { path: path(), source })?;
        let metadata = fs::symlink_metadata(directory).map_err(|source| CacheError::Create { path: path(), source })?;
        if metadata.uid() != rustix::process::geteuid().as_raw() || !metadata.is_dir() {
            return Err(CacheError::Owner { path: path() });
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(CacheError::Mode { path: path(), mode: metadata.mode() & 0o777 });
        }
        let key = key_of(directory)?;
        let mut hasher = HexDigest::default();
        std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut hasher);
        Ok(Self { directory: directory.to_owned(), key, engine_hash: hasher.hex() })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The artifact of a file whose state is known, without reading either.
    pub fn by_stamp(&self, engine: &Engine, source: &File, path: &Path) -> Option<Compiled> {
        let row = self.row(&self.row_name(path))?;
        let now = stat(source).ok()?;
        let settled = row.taken.saturating_sub(u128::try_from(now.modified.max(now.changed)).unwrap_or(u128::MAX));
        if !now.same_state(&row.source) || settled < SETTLED.as_nanos() {
            return None;
        }
        self.artifact(engine, &row)
    }

    /// The artifact of a file that has been read; its row by path is renewed.
    pub fn by_content(&self, engine: &Engine, origin: Option<&Origin>, bytes: &[u8]) -> Option<Compiled> {
        let sha256 = sha256(bytes);
        let mut row = self.row(&self.content_name(&sha256))?;
        if row.source.sha256 != sha256 {
            return None;
        }
        let cached = self.artifact(engine, &row)?;
        if let Some(origin) = origin {
            row.source = Stamp { sha256, ..origin.stamp.clone() };
            row.taken = origin.taken;
            // A row that cannot be written costs time, not correctness.
            let _ = self.write_row(&self.row_name(origin.path), &row);
        }
        Some(cached)
    }

    /// Keeps a compiled component and the rows that find it. A cache that cannot be written costs time, not correctness.
    pub fn keep(&self, origin: Option<&Origin>, bytes: &[u8], compiled: &Compiled) -> io::Result<()> {
        let &Compiled { ref component, kind, uses_secrets } = compiled;
        let artifact = component.serialize().map_err(|error| io::Error::other(error.to_string()))?;
        let sha256_of_source = sha256(bytes);
        let file = self.write(&self.artifact_name(&sha256_of_source), &artifact)?;
        let artifact = Stamp { sha256: sha256(&artifact), ..stat(&file)? };
        let content = Stamp { sha256: sha256_of_source.clone(), ..Stamp::nowhere(bytes.len() as u64) };
        let mut row = Row { source: content, artifact, taken: 0, kind, uses_secrets };
        self.write_row(&self.content_name(&sha256_of_source), &row)?;
        if let Some(origin) = origin {
            row.source = Stamp { sha256: sha256_of_source, ..origin.stamp.clone() };
            row.taken = origin.taken;
            self.write_row(&self.row_name(origin.path), &row)?;
        }
        Ok(())
    }

    /// Opens the artifact that a row names, if it is still the file that was written.
    fn artifact(&self, engine: &Engine, row: &Row) -> Option<Compiled> {
        let file = open_own(&self.directory.join(self.artifact_name(&row.source.sha256))).ok()?;
        let now = stat(&file).ok()?;
        if !now.same_state(&row.artifact) {
            // Restored from a backup, perhaps: the hash decides.
            let mut bytes = Vec::new();
            (&file).take(MAX_ARTIFACT_BYTES).read_to_end(&mut bytes).ok()?;
            if sha256(&bytes) != row.artifact.sha256 {
                return None;
            }
        }
        let component = deserialize(engine, &file).ok()?;
        Some(Compiled { component, kind: row.kind, uses_secrets: row.uses_secrets })
    }

    fn artifact_name(&self, source_sha256: &str) -> String {
        format!("{}-{}.cwasm", &source_sha256[..32], &self.engine_hash[..16])
    }

    fn content_name(&self, source_sha256: &str) -> String {
        format!("{}-{}.row", &source_sha256[..32], &self.engine_hash[..16])
    }

    fn row_name(&self, path: &Path) -> String {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let hash = sha256(path.as_os_str().as_encoded_bytes());
        format!("path-{}-{}.row", &hash[..32], &self.engine_hash[..16])
    }

    /// A row, if it is there, ours and unaltered. Its name is under the MAC, so that rows cannot be swapped.
    fn row(&self, name: &str) -> Option<Row> {
        let file = open_own(&self.directory.join(name)).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX_ROW_BYTES).read_to_end(&mut bytes).ok()?;
        let (tag, json) = bytes.split_at_checked(32)?;
        self.mac(name, json).verify_slice(tag).ok()?;
        serde_json::from_slice(json).ok()
    }

    fn write_row(&self, name: &str, row: &Row) -> io::Result<()> {
        let json = serde_json::to_vec(row)?;
        let tag = self.mac(name, &json).finalize().into_bytes();
        self.write(name, &[tag.as_slice(), &json].concat()).map(drop)
    }

    fn mac(&self, name: &str, json: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        for part in [self.engine_hash.as_bytes(), name.as_bytes(), json] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<File> {
        write_beside(&self.directory, name, bytes)
    }
}

impl<'a> Origin<'a> {
    /// Reads a source, and tells which state of its file that was; none, if the file changed meanwhile.
    pub fn read(source: &'a Source) -> Result<(Vec<u8>, Option<Self>), LoadError> {
        let (taken, before) = (nanoseconds(SystemTime::now()), stat(source.file()).ok());
        let bytes = source.read()?;
        let after = stat(source.file()).ok();
        let unchanged = before.filter(|before| after.is_some_and(|after| after.same_state(before)));
        Ok((bytes, unchanged.map(|stamp| Self { path: source.path(), stamp, taken })))
    }
}

impl Stamp {
    /// Of content that was never a file.
    fn nowhere(size: u64) -> Self {
        Self { device: 0, inode: 0, size, modified: 0, changed: 0, sha256: String::new() }
    }

    /// Whether two stamps were taken of one state of one file, going by everything but the hash.
    fn same_state(&self, other: &Self) -> bool {
        (self.device, self.inode, self.size, self.modified, self.changed)
            == (other.device, other.inode, other.size, other.modified, other.changed)
    }
}

fn stat(file: &File) -> io::Result<Stamp> {
    let metadata = file.metadata()?;
    let time = |seconds: i64, nanoseconds: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    Ok(Stamp {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.len(),
        modified: time(metadata.mtime(), metadata.mtime_nsec()),
        changed: time(metadata.ctime(), metadata.ctime_nsec()),
        sha256: String::new(),
    })
}

/// The key of the directory. Of two processes that make it at once, one wins and both use what it wrote.
fn key_of(directory: &Path) -> Result<[u8; KEY_BYTES], CacheError> {
    let path = directory.join("key");
    if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.len() != KEY_BYTES as u64) {
        // Cut short by a power loss: with another key, all rows are strangers'.
        let _ = fs::remove_file(&path);
    }
    if !path.exists() {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key).expect("the operating system gives random numbers");
        let temporary = directory.join(temporary_name("key"));
        let made = write_private(&temporary, &key).and_then(|_| match fs::hard_link(&temporary, &path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        });
        let _ = fs::remove_file(&temporary);
        made.map_err(|source| CacheError::Create { path: directory.to_owned(), source })?;
    }
    let mut key = Vec::new();
    let read = open_own(&path).and_then(|file| file.take(KEY_BYTES as u64 + 1).read_to_end(&mut key));
    let damaged = || CacheError::Key { path: directory.to_owned() };
    read.map_err(|_| damaged())?;
    key.try_into().map_err(|_| damaged())
}

/// Opens a regular file that is ours and that nobody else can write, without following a link.
fn open_own(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if !metadata.is_file() || !ours || metadata.mode() & 0o277 != 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(file)
}

fn write_beside(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<File> {
    let temporary = directory.join(temporary_name(name));
    let written = write_private(&temporary, bytes).and_then(|file| {
        fs::rename(&temporary, directory.join(name))?;
        Ok(file)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    // What a row vouches for is mapped unread: after a power loss it must not be an empty file with the right size.
    file.sync_all()?;
    file.set_permissions(Permissions::from_mode(0o400))?;
    Ok(file)
}

fn temporary_name(name: &str) -> String {
    let mut random = [0; 8];
    getrandom::fill(&mut random).expect("the operating system gives random numbers");
    format!("{name}.{:016x}.tmp", u64::from_le_bytes(random))
}

fn nanoseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Collects what the engine hashes of its version and settings into a digest that is the same in every process.
#[derive(Default)]
struct HexDigest(Sha256);

impl HexDigest {
    fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

impl std::hash::Hasher for HexDigest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not asked for: the digest is taken whole.
    fn finish(&self) -> u64 {
        0
    }
}

/// Maps an artifact that is known to be of this host's own making.
///
/// # Safety
/// `deserialize_file` demands that the bytes came from `Component::serialize` of this engine and that the file does not
/// change while it is mapped. The caller has checked that the open file is the one, by inode, size, times and mode 0400,
/// or by hash, that a row under our MAC names, and rows are written for nothing but our own `serialize`. Files of the
/// cache are replaced by rename and never written in place; who else could write them is the user, who owns the process.
#[expect(unsafe_code, reason = "mapping compiled code cannot be checked by the compiler; see above")]
fn deserialize(engine: &Engine, file: &File) -> wasmtime::Result<Component> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    // SAFETY: the caller has checked where the file comes from, as the documentation of this function says.
    unsafe { Component::deserialize_file(engine, path) }
}
