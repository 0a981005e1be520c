//! Looks for values without holding one: each is kept xor-ed with random bytes, and compared byte by byte.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::forms::{Form, forms, scraps};

/// The bytes by which a needle is noticed; no needle is shorter.
const WINDOW: usize = 8;

/// A shape of a value, masked.
#[derive(Serialize, Deserialize)]
struct Needle {
    name: String,
    pad: Vec<u8>,
    masked: Vec<u8>,
}

/// Needles, and a table of how they begin.
pub struct Searcher {
    needles: Vec<Needle>,
    /// For each hash of a window, the needles that may begin there.
    beginnings: Vec<Vec<u16>>,
}

/// Where a needle begins, and its name.
pub struct Hit<'a> {
    pub at: usize,
    pub name: &'a str,
}

/// What another process needs to search for the same.
#[derive(Serialize, Deserialize)]
pub struct Needles(Vec<Needle>);

impl Needles {
    /// All shapes of all values.
    pub fn of<'a>(values: impl IntoIterator<Item = &'a String>) -> Self {
        Self::made(values, forms)
    }

    /// Also what may be left of them in memory.
    pub fn with_scraps(values: &[String]) -> Self {
        Self::made(values, |value| forms(value).into_iter().chain(scraps(value)).collect())
    }

    fn made<'a>(values: impl IntoIterator<Item = &'a String>, shapes: fn(&str) -> Vec<Form>) -> Self {
        let named = values.into_iter().enumerate().flat_map(|(number, value)| {
            shapes(value).into_iter().map(move |form| (format!("value {number}: {}", form.name), form.bytes))
        });
        Self(named.map(|(name, bytes)| Needle::new(name, &bytes)).collect())
    }
}

impl Needle {
    fn new(name: String, bytes: &[u8]) -> Self {
        assert!(bytes.len() >= WINDOW, "{name} is too short to be told from chance");
        let mut pad = vec![0; bytes.len()];
        getrandom::fill(&mut pad).unwrap();
        let masked = bytes.iter().zip(&pad).map(|(byte, pad)| byte ^ pad).collect();
        Self { name, pad, masked }
    }

    fn beginning(&self) -> u64 {
        window(&self.masked) ^ window(&self.pad)
    }

    fn begins(&self, bytes: &[u8]) -> bool {
        let masked = self.masked.iter().zip(&self.pad);
        bytes.len() >= self.masked.len() && bytes.iter().zip(masked).all(|(byte, (masked, pad))| byte ^ pad == *masked)
    }
}

impl Searcher {
    pub fn new(needles: Needles) -> Self {
        let mut beginnings = vec![Vec::new(); 1 << 16];
        for (number, needle) in needles.0.iter().enumerate() {
            beginnings[hash(needle.beginning())].push(u16::try_from(number).unwrap());
        }
        Self { needles: needles.0, beginnings }
    }

    pub fn longest(&self) -> usize {
        self.needles.iter().map(|needle| needle.masked.len()).max().unwrap_or_default()
    }

    pub fn search(&self, bytes: &[u8]) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        for (at, bytes_here) in bytes.windows(WINDOW).enumerate() {
            for number in &self.beginnings[hash(window(bytes_here))] {
                let needle = &self.needles[usize::from(*number)];
                if needle.begins(&bytes[at..]) {
                    hits.push(Hit { at, name: &needle.name });
                }
            }
        }
        hits
    }

    /// Searches names and contents of everything in a directory. Tells the file and the needle of each hit.
    pub fn search_directory(&self, directory: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            let mut tell = |hits: Vec<Hit<'_>>| {
                found.extend(hits.iter().map(|hit| format!("{}: {} at {}", path.display(), hit.name, hit.at)));
            };
            tell(self.search(path.file_name().unwrap().as_bytes()));
            if path.is_symlink() {
                tell(self.search(fs::read_link(&path).unwrap().as_os_str().as_bytes()));
            } else if path.is_dir() {
                found.extend(self.search_directory(&path));
            } else if let Ok(content) = fs::read(&path) {
                // A file that another process has removed meanwhile holds nothing.
                tell(self.search(&content));
            }
        }
        found
    }
}

fn window(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[..WINDOW].try_into().unwrap())
}

fn hash(window: u64) -> usize {
    (window.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize
}
