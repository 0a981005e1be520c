//! Names of documents: plain file names, or several of them with `/` between, so that a run can publish a tree.

use std::collections::BTreeSet;

use um_base::{drives_a_display, is_unseen, joins};

/// Longest name, and longest part of one, in bytes. Of a part that is what file systems take.
const MAX_NAME_BYTES: usize = 1_024;
const MAX_PART_BYTES: usize = 255;
/// Most parts of a name.
const MAX_PARTS: usize = 8;

/// The names that a run has used.
#[derive(Default)]
pub(crate) struct Names {
    files: BTreeSet<String>,
    directories: BTreeSet<String>,
}

impl Names {
    /// Whether the name is free: no document has it, and none stands where the other needs a directory.
    pub fn is_free(&self, name: &str) -> bool {
        !self.files.contains(name)
            && !self.directories.contains(name)
            && directories_of(name).all(|directory| !self.files.contains(directory))
    }

    pub fn add(&mut self, name: &str) {
        self.directories.extend(directories_of(name).map(str::to_owned));
        self.files.insert(name.to_owned());
    }
}

/// The directories that a name leads through, from the top: `a` and `a/b` of `a/b/c.txt`.
pub(crate) fn directories_of(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

/// Whether a document may be called so: 1 to 8 plain file names with `/` between, no more than 1,024 bytes in all. So it
/// is never absolute and leads nowhere but down, and no part of it begins with a dot, as what is um-host's own does.
pub(crate) fn is_fit(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && name.split('/').count() <= MAX_PARTS && name.split('/').all(is_plain)
}

/// A file name that hides nothing and that no program takes for anything else: no path, no option (`-rf`), no home
/// (`~root`), no hidden file, nothing that a display obeys or does not show, nothing that other systems drop at the end.
/// Names that only Windows reserves (`NUL`, `a:b`) are names here; there they fail aloud.
fn is_plain(part: &str) -> bool {
    let is_edge = |c: char| c.is_whitespace() || c == '.';
    // What joins shows nothing behind a letter that it does not change.
    let joins_nothing = part.chars().zip(part.chars().skip(1)).any(|(before, c)| joins(c) && before.is_ascii());
    (1..=MAX_PART_BYTES).contains(&part.len())
        && !part.starts_with(['-', '~'])
        && !part.starts_with(joins)
        && !part.starts_with(is_edge)
        && !part.ends_with(is_edge)
        && !joins_nothing
        && !part.chars().any(|c| drives_a_display(c) || is_unseen(c) || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_is_no_path_and_hides_nothing() {
        let ordinary = [
            "contacts.json",
            "Übersicht 2026.csv",
            "a",
            "a-b~c.tar.gz",
            "#1 (copy), 50 %.txt",
            "12:30.log",
            "NUL",
            "報告\u{3000}書.pdf",
            "می\u{200c}خواهم.txt",
            "👩\u{200d}💻.md",
            "❤\u{fe0f}.png",
            &"n".repeat(255),
        ];
        for name in ordinary {
            assert!(is_fit(name), "{name}");
        }
        for name in
            ["-rf", "--help", "~", "~root", " a", "a ", "a.", "a\u{a0}", "\u{3000}a", "...", "a\tb", "\u{200d}a"]
        {
            assert!(!is_fit(name), "{name:?}");
        }
        for c in
            "\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{200b}\u{200d}\u{202e}\u{2066}\u{2028}\u{2029}\u{feff}\u{fe0f}".chars()
        {
            assert!(!is_fit(&format!("invoice{c}fdp.exe")), "{c:?}");
        }
        for name in ["", ".", "..", ".hidden", ".out.um-host-00", "a\\b", "a\0b", "a\nb", &"n".repeat(256)] {
            assert!(!is_fit(name), "{name:?}");
        }
    }

    #[test]
    fn each_part_of_a_path_is_a_plain_name_and_there_are_eight_at_most() {
        for name in ["2026/10/contacts.csv", "a/b/c/d/e/f/g/h", "ä/ö"] {
            assert!(is_fit(name), "{name}");
            for part in ["", ".", "..", ".um-host-documents.json", "-rf", "~", "a ", " a", "a\u{200b}"] {
                assert!(!is_fit(&format!("{name}/{part}")), "{name} {part}");
                assert!(!is_fit(&format!("{part}/{name}")), "{part} {name}");
            }
        }
        assert!(!is_fit("a/b/c/d/e/f/g/h/i"));
        assert!(!is_fit("a/../b") && !is_fit("a//b") && !is_fit("/"));
        let long = vec!["n".repeat(204); 5].join("/");
        assert!(is_fit(&long) && long.len() == 1_024);
        assert!(!is_fit(&format!("{long}n")));
    }

    #[test]
    fn no_document_stands_where_another_needs_a_directory() {
        let mut names = Names::default();
        names.add("a/b/c");
        for name in ["a", "a/b", "a/b/c", "a/b/c/d"] {
            assert!(!names.is_free(name), "{name}");
        }
        for name in ["b", "a/c", "a/b/d", "a/bc"] {
            assert!(names.is_free(name), "{name}");
        }
    }
}
