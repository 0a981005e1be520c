//! Compiled actions on disk, so that the second run compiles nothing.
//!
//! A compiled artifact is machine code that the host maps and runs: whoever can change one owns the host. Who can write
//! here is the user, who owns the process; so everybody else is kept out, and what is damaged is noticed:
//!
//! - The directory is 0700 and ours, its files 0400, with one name each; they are opened without following links and
//!   written beside, then renamed. They are never changed in place: live instances map them.
//! - A row binds the path that an action was loaded from, the state of that file and of the artifact (device, inode,
//!   size, times) to their hashes.
//! - Where all of that matches, nothing is read or hashed. Where something differs (copied, restored, touched), the
//!   hash decides, and the row is written anew: the next start hashes nothing. Where the hash differs, the action is
//!   compiled anew.
//!
//! Deliberately absent: a MAC over rows, which would keep out nobody; and eviction. `rm -r` of the directory is always
//! safe.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::engines::Engines;
use super::machine::{Form, Machine};
use super::mapping;
use crate::action::detect::Wasm;
use crate::action::error::LoadError;
use crate::action::kind::Kind;
use crate::action::python::error::InstallError;
use um_base::coded;

/// A file changed this shortly before its stamp was taken could change again within one tick of the clock.
const SETTLED: Duration = Duration::from_secs(2);
/// Longest row that is read, in bytes.
const MAX_ROW_BYTES: u64 = 16 * 1024;
/// Largest artifact that is hashed, in bytes: about ten times the largest component.
const MAX_ARTIFACT_BYTES: u64 = 1024 * 1024 * 1024;
/// Goes up with the form of a row.
const FORMAT: u32 = 3;

/// Why the cache directory is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum CacheError {
    #[error("the cache directory `{}` cannot be made: {source}", path.display())]
    Create { path: PathBuf, source: io::Error },
    #[error("the cache directory `{}` belongs to another user", path.display())]
    Owner { path: PathBuf },
    #[error("the cache directory `{}` is open to others (mode {mode:o})", path.display())]
    Mode { path: PathBuf, mode: u32 },
}

coded! { CacheError:
    Self::Create { .. } => Unavailable "cache-unwritable",
    Self::Owner { .. } => Denied "cache-owner" of InstallError,
    Self::Mode { .. } => Denied "cache-mode" of InstallError,
}

/// The cache of one directory for the engines of one host, which compile alike.
pub(crate) struct Cache {
    directory: PathBuf,
    /// Tells apart versions of the engine and its settings.
    engine_hash: String,
    /// How many sources and artifacts were read and hashed.
    hashed: AtomicU64,
}

/// A compiled action, and what is known of it without reading it.
pub(crate) struct Compiled {
    pub machine: Machine,
    pub kind: Kind,
    pub uses_secrets: bool,
    /// Of the action's bytes, in hex.
    pub sha256: String,
}

/// Where bytes came from: one state of one file, which they are known to be.
pub(crate) struct Origin<'a> {
    path: &'a Path,
    stamp: Stamp,
    /// When the stamp was taken, in nanoseconds since 1970.
    taken: i128,
}

/// What a row of the cache says.
#[derive(Clone, Serialize, Deserialize)]
struct Row {
    format: u32,
    /// Of what file this is said: a row under another's name says nothing.
    name: String,
    /// The file that the action was loaded from.
    source: Stamp,
    artifact: Stamp,
    /// When the source's stamp was taken, in nanoseconds since 1970.
    taken: i128,
    form: Form,
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
    /// Opens the directory, making it if it is not there.
    pub fn open(directory: &Path, engines: &Engines) -> Result<Self, CacheError> {
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
        let mut hasher = HexDigest::default();
        std::hash::Hash::hash(&engines.first().precompile_compatibility_hash(), &mut hasher);
        Ok(Self { directory: directory.to_owned(), engine_hash: hasher.hex(), hashed: AtomicU64::new(0) })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// How many sources and artifacts were read and hashed, since something about them was not as it had been.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    /// The artifact of a file whose state is known, without reading the file.
    pub fn by_stamp(&self, engines: &Engines, source: &File, path: &Path) -> Option<Compiled> {
        let name = self.row_name(path);
        let row = self.row(&name)?;
        let now = stat(source).ok()?;
        // The time of change moves with every change, and nobody sets it: the other may lie in the future.
        let settled = row.taken.saturating_sub(now.changed);
        if !now.same_state(&row.source) || settled < SETTLED.as_nanos().cast_signed() {
            return None;
        }
        let (compiled, artifact) = self.artifact(engines, &row)?;
        if !artifact.same_state(&row.artifact) {
            self.renew(&name, Row { artifact, ..row });
        }
        Some(compiled)
    }

    /// The artifact of a file that has been read; the rows that find it are written anew where they say less.
    pub fn by_content(&self, engines: &Engines, origin: Option<&Origin>, bytes: &[u8]) -> Option<Compiled> {
        let sha256 = self.hash(bytes);
        let name = self.content_name(&sha256);
        let row = self.row(&name)?;
        if row.source.sha256 != sha256 {
            return None;
        }
        let (compiled, artifact) = self.artifact(engines, &row)?;
        if let Some(origin) = origin {
            self.renew(&self.row_name(origin.path), origin.row(&row, artifact.clone()));
        }
        if !artifact.same_state(&row.artifact) {
            self.renew(&name, Row { artifact, ..row });
        }
        Some(compiled)
    }

    /// Keeps a compiled action and the rows that find it. A cache that cannot be written costs time, not correctness.
    pub fn keep(&self, origin: Option<&Origin>, size: usize, compiled: &Compiled) -> io::Result<()> {
        let &Compiled { ref machine, kind, uses_secrets, sha256: ref source_sha256 } = compiled;
        let (form, artifact) = (machine.form(), machine.serialize());
        let artifact = artifact.map_err(|error| io::Error::other(error.to_string()))?;
        let file = self.write(&self.artifact_name(source_sha256), &artifact)?;
        let artifact = Stamp { sha256: sha256(&artifact), ..stat(&file)? };
        let source = Stamp { sha256: source_sha256.clone(), ..Stamp::nowhere(size as u64) };
        let row = Row { format: FORMAT, name: String::new(), source, artifact, taken: 0, form, kind, uses_secrets };
        self.write_row(&self.content_name(source_sha256), row.clone())?;
        if let Some(origin) = origin {
            self.write_row(&self.row_name(origin.path), origin.row(&row, row.artifact.clone()))?;
        }
        Ok(())
    }

    /// Opens the artifact that a row names, if it is what was written; with the state of its file now.
    fn artifact(&self, engines: &Engines, row: &Row) -> Option<(Compiled, Stamp)> {
        let file = open_own(&self.directory.join(self.artifact_name(&row.source.sha256))).ok()?;
        let now = Stamp { sha256: row.artifact.sha256.clone(), ..stat(&file).ok()? };
        if !now.same_state(&row.artifact) {
            // Copied or restored, perhaps: the hash decides.
            let mut bytes = Vec::new();
            (&file).take(MAX_ARTIFACT_BYTES).read_to_end(&mut bytes).ok()?;
            if self.hash(&bytes) != row.artifact.sha256 {
                return None;
            }
        }
        let machine = engines.try_each(|engine| mapping::file(engine, row.form, &file)).ok()?;
        let sha256 = row.source.sha256.clone();
        Some((Compiled { machine, kind: row.kind, uses_secrets: row.uses_secrets, sha256 }, now))
    }

    fn hash(&self, bytes: &[u8]) -> String {
        self.hashed.fetch_add(1, Ordering::Relaxed);
        sha256(bytes)
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

    /// A row, if it is there, ours and whole.
    fn row(&self, name: &str) -> Option<Row> {
        let file = open_own(&self.directory.join(name)).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX_ROW_BYTES).read_to_end(&mut bytes).ok()?;
        let row: Row = serde_json::from_slice(&bytes).ok()?;
        // The hashes are parts of file names.
        let hashes = [&row.source.sha256, &row.artifact.sha256];
        let whole = hashes.iter().all(|hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        (row.format == FORMAT && row.name == name && whole).then_some(row)
    }

    /// A row that cannot be written costs time, not correctness.
    fn renew(&self, name: &str, row: Row) {
        let _ = self.write_row(name, row);
    }

    fn write_row(&self, name: &str, row: Row) -> io::Result<()> {
        let json = serde_json::to_vec(&Row { name: name.to_owned(), ..row })?;
        self.write(name, &json).map(drop)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<File> {
        write_beside(&self.directory, name, bytes)
    }
}

impl<'a> Origin<'a> {
    /// Reads a source, and tells which state of its file that was; none, if the file changed meanwhile.
    pub fn read(source: &'a Wasm) -> Result<(Vec<u8>, Option<Self>), LoadError> {
        let (taken, before) = (nanoseconds(SystemTime::now()), stat(source.file()).ok());
        let bytes = source.read()?;
        let after = stat(source.file()).ok();
        let unchanged = before.filter(|before| after.is_some_and(|after| after.same_state(before)));
        Ok((bytes, unchanged.map(|stamp| Self { path: source.path(), stamp, taken })))
    }

    /// What is known of the file now, if `row` is what is known of its content.
    fn row(&self, row: &Row, artifact: Stamp) -> Row {
        let source = Stamp { sha256: row.source.sha256.clone(), ..self.stamp.clone() };
        Row { source, artifact, taken: self.taken, ..row.clone() }
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

/// Opens a regular file that is ours, has one name, and that nobody else can write, without following a link.
fn open_own(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if !metadata.is_file() || !ours || metadata.nlink() != 1 || metadata.mode() & 0o277 != 0 {
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

/// Before 1970 they count backwards.
fn nanoseconds(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos().cast_signed(),
        Err(before) => -before.duration().as_nanos().cast_signed(),
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_are_told_apart_too() {
        let before = UNIX_EPOCH - Duration::from_nanos(1_500);
        assert_eq!([nanoseconds(before), nanoseconds(UNIX_EPOCH)], [-1_500, 0]);
    }
}
