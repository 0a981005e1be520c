//! What a child process said: the end of it, fit to be shown.

/// Most bytes that are kept.
const KEPT: usize = 64 * 1024;
/// Longest line that is repeated, in characters.
const LONGEST_LINE: usize = 400;

/// The last 64 KiB that a child wrote to stdout and stderr.
#[derive(Debug, Default)]
pub(super) struct Output(Vec<u8>);

impl Output {
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        // Now and then, not each time: moving the rest costs.
        if self.0.len() > 2 * KEPT {
            self.0.drain(..self.0.len() - KEPT);
        }
    }

    pub fn contains(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    pub fn says_disk_is_full(&self) -> bool {
        self.contains("No space left on device") || self.contains("Disk quota exceeded")
    }

    /// The first line that begins with `mark`, as it stands.
    pub fn marked(&self, mark: &str) -> Option<String> {
        self.text().lines().find_map(|line| line.strip_prefix(mark)).map(str::to_owned)
    }

    /// The last line that holds some words, fit to be shown.
    pub fn line_with(&self, words: &str) -> Option<String> {
        self.text().lines().rfind(|line| line.contains(words)).map(presentable)
    }

    /// The last line that pip calls an error; else the last one.
    pub fn error(&self) -> String {
        let text = self.text();
        let mut errors = text.lines().filter_map(|line| line.trim().strip_prefix("ERROR: "));
        // Before a traceback of its own it says only that.
        let error = errors.rfind(|error| *error != "Exception:");
        error.map_or_else(|| self.last(1), presentable)
    }

    /// The last lines that say something.
    pub fn last(&self, count: usize) -> String {
        let text = self.text();
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(count)..];
        match last.is_empty() {
            true => "it said nothing".to_owned(),
            false => last.iter().map(|line| presentable(line)).collect::<Vec<_>>().join("; "),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0[self.0.len().saturating_sub(KEPT)..]).into_owned()
    }
}

/// A line that drives no terminal, tells no password of an address, and has an end.
fn presentable(line: &str) -> String {
    let visible: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<_> = visible.split_whitespace().map(without_credentials).collect();
    words.join(" ").chars().take(LONGEST_LINE).collect()
}

/// `https://user:password@host/` without the part before the host. Rather too much than too little: passwords are not
/// always encoded as they should be.
fn without_credentials(word: &str) -> String {
    match (word.find("://"), word.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}***{}", &word[..scheme + 3], &word[at..]),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(text: &str) -> Output {
        let mut output = Output::default();
        output.push(text.as_bytes());
        output
    }

    #[test]
    fn the_last_error_of_pip_is_told() {
        let said =
            output("Collecting x\nERROR: one\nERROR: No matching distribution found for x\n\nWARNING: old pip\n");
        assert_eq!(said.error(), "No matching distribution found for x");
        assert_eq!(output("Collecting x\nTraceback\nKeyError: 1\n\n").error(), "KeyError: 1");
        assert_eq!(output("ERROR: Exception:\nTraceback\nValueError: bad port\n").error(), "ValueError: bad port");
        assert_eq!(output("").error(), "it said nothing");
    }

    #[test]
    fn an_address_is_told_without_its_password() {
        for (said, told) in [
            ("see https://me:pa55@index.example/simple/ now", "see https://***@index.example/simple/ now"),
            ("'https://me:p/a@ss@index.example/simple/',", "'https://***@index.example/simple/',"),
            ("https://index.example/simple/ by me@example.com", "https://index.example/simple/ by me@example.com"),
        ] {
            assert_eq!(output(said).last(1), told);
        }
    }

    #[test]
    fn no_terminal_is_driven() {
        assert_eq!(output("\x1b[2Jgone\x07\r\n\u{9b}31mred").last(2), "[2Jgone; 31mred");
    }

    #[test]
    fn only_the_end_of_a_long_story_is_kept() {
        let mut said = Output::default();
        for _ in 0..10_000 {
            said.push(b"a line like all the others\n");
        }
        said.push(b"the last one");
        assert!(said.0.len() <= 2 * KEPT + 100 && said.text().len() <= KEPT);
        assert_eq!(said.last(2), "a line like all the others; the last one");
        assert_eq!(output(&"x".repeat(100_000)).last(1).len(), LONGEST_LINE);
    }
}
