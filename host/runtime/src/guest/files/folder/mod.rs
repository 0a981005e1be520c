//! The folder of a script: its code as it was taken, and whatever else is there as it is on the disk now.
//!
//! Guarantees: a name that is code names what was taken, or nothing, by whatever path; a directory that held code when it
//! was taken is there, on the disk or not. Everything else is the disk's, as [`Live`] shows it.
//!
//! `..` behind a name goes back to where that name stands, as if no directory were a link.

pub(crate) mod live;
mod path;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use super::bindings::filesystem::types::{DescriptorType, DirectoryEntry, ErrorCode};
use super::failure::Failure;
use super::node::Node;
use super::stat::Stat;
use super::{disk, memory};
use crate::action::code::{Code, Entry, is_code};
use um_base::Work;

use live::Live;
use live::Opened;
use path::FolderPath;

/// A directory of a script's folder, or the folder itself.
#[derive(Clone)]
pub struct Folder {
    code: Arc<Code>,
    /// Where it is in the folder; nothing, for a directory that held no code.
    at: Option<Arc<str>>,
    /// The same on the disk, if it is there.
    live: Option<Live>,
}

/// A directory that is being listed: first what was taken, then what is on the disk.
pub struct Listing {
    taken: VecDeque<DirectoryEntry>,
    live: Option<disk::Listing>,
}

/// What a path names.
enum Found<'a> {
    Taken(&'a Entry, String),
    Elsewhere { is_code: bool },
}

impl Folder {
    /// The whole of it; without a disk for a script that never was on one, or is gone from there.
    pub fn new(code: Arc<Code>, live: Option<Live>) -> Self {
        Self { code, at: Some("".into()), live }
    }

    pub async fn stat(&self, work: &Work) -> Result<Stat, Failure> {
        match self.at.as_deref().and_then(|at| self.code.entry(at)) {
            Some(entry) => Ok(stat_of(entry)),
            None => self.live()?.stat(work).await,
        }
    }

    pub async fn open(&self, work: &Work, path: String, follow: bool) -> Result<Node, Failure> {
        let is_code = match self.find(&path)? {
            Found::Taken(Entry::File(file), _) => return Ok(Node::Memory(file.into())),
            Found::Taken(Entry::Folder(_), at) => {
                let live = self.beneath(work, path, &at).await?;
                return Ok(Node::Folder(Self { code: Arc::clone(&self.code), at: Some(at.into()), live }));
            }
            Found::Elsewhere { is_code } => is_code,
        };
        match self.live()?.open(work, path, follow).await? {
            Opened::Directory(live) => {
                Ok(Node::Folder(Self { code: Arc::clone(&self.code), at: None, live: Some(live) }))
            }
            // It came after the code was taken, or was not to be taken.
            Opened::File(_) if is_code => Err(ErrorCode::NoEntry.into()),
            Opened::File(file) => Ok(Node::Disk(disk::Node::File(file))),
        }
    }

    pub async fn stat_at(&self, work: &Work, path: String, follow: bool) -> Result<Stat, Failure> {
        let is_code = match self.find(&path)? {
            Found::Taken(entry, _) => return Ok(stat_of(entry)),
            Found::Elsewhere { is_code } => is_code,
        };
        let stat = self.live()?.stat_at(work, path, follow).await?;
        match is_code && stat.kind != DescriptorType::Directory {
            true => Err(ErrorCode::NoEntry.into()),
            false => Ok(stat),
        }
    }

    pub async fn read_link(&self, work: &Work, path: String) -> Result<String, Failure> {
        match self.find(&path)? {
            // A link that was taken is the file that it led to.
            Found::Taken(..) => Err(ErrorCode::Invalid.into()),
            Found::Elsewhere { is_code: true } => Err(ErrorCode::NoEntry.into()),
            Found::Elsewhere { is_code: false } => self.live()?.read_link(work, path).await,
        }
    }

    pub async fn list(&self, work: &Work) -> Result<Listing, Failure> {
        let (code, at) = (Arc::clone(&self.code), self.at.clone());
        let keep = move |name: &str, kind: DescriptorType| {
            let is_taken = at.as_deref().is_some_and(|at| code.entry(&path::join(at, name)).is_some());
            !is_taken && (!is_code(name) || kind == DescriptorType::Directory)
        };
        let live = match &self.live {
            Some(live) => Some(live.list(work, Arc::new(keep)).await?),
            None => None,
        };
        Ok(Listing { taken: self.taken(), live })
    }

    /// What was taken of it.
    fn taken(&self) -> VecDeque<DirectoryEntry> {
        let Some(at) = self.at.as_deref() else { return VecDeque::new() };
        let Some(Entry::Folder(folder)) = self.code.entry(at) else { return VecDeque::new() };
        let entries = folder.names.iter().filter_map(|name| {
            let type_ = stat_of(self.code.entry(&path::join(at, name))?).kind;
            Some(DirectoryEntry { type_, name: name.clone() })
        });
        entries.collect()
    }

    /// What a path names, if that was taken.
    fn find(&self, path: &str) -> Result<Found<'_>, Failure> {
        let Some(named) = FolderPath::of(self.at.as_deref().unwrap_or_default(), path) else {
            let name = path.rsplit('/').find(|part| !matches!(*part, "" | "."));
            return Ok(Found::Elsewhere { is_code: name.is_some_and(is_code) });
        };
        let elsewhere = || Found::Elsewhere { is_code: is_code(named.name()) };
        if self.at.is_none() {
            return Ok(elsewhere());
        }
        let is_file = |path: &str| matches!(self.code.entry(path), Some(Entry::File(_)));
        if named.passes().any(is_file) || (named.is_directory && is_file(&named.path)) {
            return Err(ErrorCode::NotDirectory.into());
        }
        Ok(match self.code.entry(&named.path) {
            Some(entry) => Found::Taken(entry, named.path),
            None => elsewhere(),
        })
    }

    /// The same directory on the disk, if it still is one there.
    async fn beneath(&self, work: &Work, path: String, at: &str) -> Result<Option<Live>, Failure> {
        match &self.live {
            live if self.at.as_deref() == Some(at) => Ok(live.clone()),
            None => Ok(None),
            Some(live) => match live.open(work, path, true).await {
                Ok(Opened::Directory(live)) => Ok(Some(live)),
                Err(trap @ Failure::Trap(_)) => Err(trap),
                Ok(Opened::File(_)) | Err(Failure::Code(_)) => Ok(None),
            },
        }
    }

    fn live(&self) -> Result<&Live, Failure> {
        self.live.as_ref().ok_or(Failure::Code(ErrorCode::NoEntry))
    }
}

impl Listing {
    pub async fn next(&mut self, work: &Work) -> Result<Option<DirectoryEntry>, Failure> {
        match (self.taken.pop_front(), &mut self.live) {
            (Some(entry), _) => Ok(Some(entry)),
            (None, Some(live)) => live.next(work).await,
            (None, None) => Ok(None),
        }
    }
}

fn stat_of(entry: &Entry) -> Stat {
    match entry {
        Entry::File(file) => memory::File::from(file).stat(),
        Entry::Folder(folder) => Stat::taken(DescriptorType::Directory, 0, folder.stamp),
    }
}
