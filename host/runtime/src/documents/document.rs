//! What is told of a document that was published.

use std::fs::File;
use std::io::{self, Read, Seek};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use um_base::{Over, Work};

/// How much is read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// What a document is taken for whose name does not tell.
const UNKNOWN: &str = "application/octet-stream";

/// Media types by the ending of a name, as IANA has registered them.
const MEDIA_TYPES: [(&str, &str); 28] = [
    ("csv", "text/csv"),
    ("css", "text/css"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("md", "text/markdown"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("svg", "image/svg+xml"),
    ("tsv", "text/tab-separated-values"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("webp", "image/webp"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
];

/// A file that the run has published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Document {
    /// One or more plain file names, with `/` between.
    pub name: String,
    /// Size as published, after the filter.
    pub bytes: u64,
    /// Of what was published, as 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// By the ending of the name alone; `application/octet-stream` where that does not tell.
    pub media_type: String,
}

impl Document {
    pub(super) fn new(name: String, bytes: u64, sha256: String) -> Self {
        let media_type = media_type(&name).to_owned();
        Self { name, bytes, sha256, media_type }
    }
}

fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map(|(_, ending)| ending);
    let known = ending.and_then(|ending| MEDIA_TYPES.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)));
    known.map_or(UNKNOWN, |(_, media_type)| media_type)
}

/// Why the digest of a file is not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum DigestError {
    #[error(transparent)]
    Over(#[from] Over),
    #[error(transparent)]
    Read(#[from] io::Error),
}

/// The digest of a whole file, in hexadecimal. `work` is asked for each piece.
pub(super) fn sha256(file: &mut File, work: &Work) -> Result<String, DigestError> {
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; PIECE]);
    file.rewind()?;
    loop {
        work.step()?;
        match file.read(&mut piece)? {
            0 => break,
            length => hasher.update(&piece[..length]),
        }
    }
    file.rewind()?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_media_type_goes_by_the_ending_of_the_file_alone() {
        for (name, expected) in [
            ("contacts.csv", "text/csv"),
            ("2026/Report.PDF", "application/pdf"),
            ("a.tar.gz", "application/gzip"),
            ("data.json/raw", UNKNOWN),
            ("json", UNKNOWN),
            ("a.unheard-of", UNKNOWN),
        ] {
            assert_eq!(media_type(name), expected, "{name}");
        }
    }

    #[test]
    fn the_digest_is_of_the_whole_file_wherever_it_was_read_to() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"abc").unwrap();
        let digest = sha256(&mut file, &Work::unlimited()).unwrap();
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let work = Work::unlimited();
        work.stop();
        assert!(matches!(sha256(&mut file, &work), Err(DigestError::Over(Over::Stopped))));
    }
}
