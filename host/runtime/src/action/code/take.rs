//! Takes the code below a folder.
//!
//! Not looked into: directories whose names begin with a dot, `__pycache__`, virtual environments (which hold a
//! `pyvenv.cfg`), and links to directories. A link to a file within the folder is taken as that file; one that leads out
//! of it, or nowhere, is left out, and so is what may not be read or has a name that is no text: to runs, none of it is
//! there.

use std::ffi::CStr;
use std::fs;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use super::{Code, File, Stamp, Taken, is_code};
use crate::action::bounds::{FolderBound, MAX_DEPTH, MAX_DIRECTORIES, MAX_FILE_BYTES, MAX_FILES};
use crate::action::error::LoadError;
use um_base::Work;

/// Whether what has this path, without links, may be seen.
pub type Judge = dyn Fn(&Path) -> bool + Send + Sync;

/// Nobody is waited for, and nothing becomes our terminal.
const READING: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const LOOKING: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Code {
    /// All code below a folder, the script itself among it.
    ///
    /// # Errors
    /// [`LoadError`] if the folder or the script cannot be read, the script may not be seen, or there is too much.
    pub(in crate::action) fn take(
        folder: &Path,
        main: &str,
        shown: Option<&Judge>,
        work: &Work,
    ) -> Result<Self, LoadError> {
        let taken = Taken::new(folder.to_owned());
        let mut walk = Walk { main, shown, work, taken, files: 0, directories: 0 };
        let root = openat(CWD, folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let root = root.map_err(|errno| walk.unreadable("", errno))?;
        walk.directory(root, "", Path::new(""), 0)?;
        match (walk.taken.files.contains_key(main), shown) {
            (true, _) => Ok(walk.taken.settle(main)),
            (false, Some(_)) => Err(LoadError::NotShown { path: folder.join(main) }),
            (false, None) => Err(walk.unreadable(main, Errno::ACCESS)),
        }
    }
}

struct Walk<'a> {
    main: &'a str,
    shown: Option<&'a Judge>,
    work: &'a Work,
    taken: Taken,
    /// Files and directories that were found so far.
    files: usize,
    directories: usize,
}

/// What a directory holds that is to be looked at.
#[derive(Default)]
struct Found {
    /// Names of code, and whether they are links.
    files: Vec<(String, bool)>,
    directories: Vec<String>,
    is_environment: bool,
}

impl Walk<'_> {
    /// `within` is where links may lead to: nothing outside of it is taken.
    fn directory(&mut self, directory: OwnedFd, path: &str, within: &Path, depth: usize) -> Result<(), LoadError> {
        if depth > MAX_DEPTH {
            return Err(self.taken.over(FolderBound::Depth));
        }
        let found = match self.list(&directory, path) {
            Err(errno) if is_left_out(errno) && depth > 0 => return Ok(()),
            found => found.map_err(|errno| self.unreadable(path, errno))?,
        };
        let found = self.bounded(found)?;
        if found.is_environment && depth > 0 {
            return Ok(());
        }
        let within = match depth {
            0 => real_path(&directory).map_err(|error| self.failed(path, error))?,
            _ => within.to_owned(),
        };
        let file = fs::File::from(directory);
        let stamp = file.metadata().map(|metadata| Stamp::of(&metadata)).map_err(|error| self.failed(path, error))?;
        self.taken.folders.insert(path.to_owned(), stamp);
        for (name, is_link) in found.files {
            self.file(&file, path, &name, is_link, &within)?;
        }
        for name in found.directories {
            self.below(&file, path, &name, &within, depth)?;
        }
        Ok(())
    }

    fn list(&self, directory: &OwnedFd, path: &str) -> Result<Found, Errno> {
        let mut found = Found::default();
        let (files, directories) = (MAX_FILES - self.files, MAX_DIRECTORIES - self.directories);
        for entry in Dir::read_from(directory)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if matches!(name, "." | "..") || (path.is_empty() && self.shown.is_some() && name.starts_with('.')) {
                continue;
            }
            found.is_environment |= name == "pyvenv.cfg";
            let kind = kind(directory, entry.file_name(), entry.file_type());
            let is_code = is_code(name) || (path.is_empty() && name == self.main);
            match kind {
                FileType::Directory if !name.starts_with('.') && name != "__pycache__" => {
                    found.directories.push(name.to_owned());
                }
                FileType::RegularFile | FileType::Symlink if is_code => {
                    found.files.push((name.to_owned(), kind == FileType::Symlink));
                }
                _ => {}
            }
            // One more than there may be tells it.
            if found.files.len() > files || found.directories.len() > directories {
                break;
            }
        }
        Ok(found)
    }

    /// Counts what was found.
    fn bounded(&mut self, found: Found) -> Result<Found, LoadError> {
        self.work.step().map_err(|_| LoadError::GivenUp)?;
        self.files += found.files.len();
        self.directories += found.directories.len();
        match () {
            () if self.files > MAX_FILES => Err(self.taken.over(FolderBound::Files)),
            () if self.directories > MAX_DIRECTORIES => Err(self.taken.over(FolderBound::Directories)),
            () => Ok(found),
        }
    }

    fn below(
        &mut self,
        directory: &fs::File,
        path: &str,
        name: &str,
        within: &Path,
        depth: usize,
    ) -> Result<(), LoadError> {
        let below = join(path, name);
        let opened = match openat(directory, name, LOOKING, Mode::empty()) {
            Err(errno) if is_left_out(errno) => return Ok(()),
            opened => opened.map_err(|errno| self.unreadable(&below, errno))?,
        };
        match self.shown.filter(|_| depth == 0) {
            Some(shown) => match real_path(&opened) {
                // Shown in parts, each of them is a world of its own.
                Ok(real) if shown(&real) => self.directory(opened, &below, &real, depth + 1),
                _ => Ok(()),
            },
            None => self.directory(opened, &below, within, depth + 1),
        }
    }

    fn file(
        &mut self,
        directory: &fs::File,
        path: &str,
        name: &str,
        is_link: bool,
        within: &Path,
    ) -> Result<(), LoadError> {
        self.work.step().map_err(|_| LoadError::GivenUp)?;
        let is_part = path.is_empty() && self.shown.is_some();
        let opened = match is_link {
            true if is_part => return Ok(()),
            true => open_linked(directory, name, within),
            false => openat(directory, name, OFlags::NOFOLLOW | READING, Mode::empty()).map(|file| Some(file.into())),
        };
        let path = join(path, name);
        let file: fs::File = match opened {
            Ok(Some(file)) => file,
            Ok(None) => return Ok(()),
            Err(errno) if is_left_out(errno) && path != self.main => return Ok(()),
            Err(errno) => return Err(self.unreadable(&path, errno)),
        };
        let shown = self.shown.filter(|_| is_part);
        if shown.is_some_and(|shown| !real_path(&file).is_ok_and(|real| shown(&real))) {
            return Ok(());
        }
        if let Some(file) = self.read(&file, &path)? {
            self.taken.add(path, file)?;
        }
        Ok(())
    }

    /// Nothing, if it is no file any more.
    fn read(&self, file: &fs::File, path: &str) -> Result<Option<File>, LoadError> {
        let failed = |error| self.failed(path, error);
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Ok(None);
        }
        if metadata.len() > MAX_FILE_BYTES {
            let path = self.taken.folder.join(path);
            return Err(LoadError::ModuleTooLarge { path, bytes: metadata.len() });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        // One byte more tells that it has grown meanwhile.
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(File { bytes: bytes.into(), stamp: Stamp::of(&metadata) }))
    }

    fn unreadable(&self, path: &str, errno: Errno) -> LoadError {
        self.failed(path, errno.into())
    }

    fn failed(&self, path: &str, source: io::Error) -> LoadError {
        let folder = &self.taken.folder;
        LoadError::Unreadable { path: if path.is_empty() { folder.clone() } else { folder.join(path) }, source }
    }
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Self { modified, identity: (metadata.dev(), metadata.ino()) }
    }
}

/// What a run could not read either, or is gone by now.
fn is_left_out(errno: Errno) -> bool {
    matches!(errno, Errno::ACCESS | Errno::PERM | Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NXIO)
}

/// Opens the file that a link leads to, if that is one within a directory. It is looked at before it is opened to be read.
fn open_linked(directory: &fs::File, name: &str, within: &Path) -> Result<Option<fs::File>, Errno> {
    let found = fs::File::from(openat(directory, name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?);
    let is_inside = real_path(&found).is_ok_and(|real| real.starts_with(within));
    if !is_inside || !found.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(None);
    }
    openat(CWD, own_path(&found), READING, Mode::empty()).map(|file| Some(file.into()))
}

fn own_path(file: &impl AsFd) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

/// Where something that is open lies.
fn real_path(file: &impl AsFd) -> io::Result<PathBuf> {
    fs::read_link(own_path(file))
}

/// Not every file system says it in the list.
fn kind(directory: &OwnedFd, name: &CStr, listed: FileType) -> FileType {
    match listed {
        FileType::Unknown => statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_or(FileType::Unknown, |found| FileType::from_raw_mode(found.st_mode)),
        listed => listed,
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}
