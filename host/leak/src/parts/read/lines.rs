//! Settings of several lines: INI, dotenv, properties of Java, scripts of shells; and the lines of what is no settings.
//!
//! A line of settings is a part only through what it sets: `region = us-east-1` stands elsewhere too. If that is too
//! short to be looked for and not plain, the line is a part instead. Lines of any other text are parts whatever they say,
//! without the white space around them.

use zeroize::Zeroizing;

use super::pair::pair;
use super::path::Path;
use super::pem;
use super::quotes::{close, said, unescape};
use super::setting::{Role, Setting};
use crate::form::Form;
use crate::parts::list::SHORTEST;
use um_secret::Verdict;

/// What begins a line that was put out of use, or says something to people.
const COMMENTS: [&str; 6] = ["#", ";", "//", "!", "--", "rem "];
/// What stands around an element in a line of its own.
const AROUND: [char; 8] = [',', '[', ']', '(', ')', '{', '}', ' '];
/// A longer name of what ends a text is none.
const LONGEST_END: usize = 64;
/// So many texts are looked for to their end in vain.
const MOST_ENDLESS: usize = 8;

/// Whether a text has several lines with something in them.
pub(super) fn are_several(text: &str) -> bool {
    text.trim().contains(['\n', '\r'])
}

/// A text whose line breaks are written `\n` or `\r\n`, as in variables of the environment, with line breaks.
pub(super) fn unescaped(text: &str) -> Option<Zeroizing<String>> {
    text.contains("\\n").then(|| {
        let mut unescaped = Zeroizing::new(String::with_capacity(text.len()));
        for (number, line) in text.split("\\n").enumerate() {
            unescaped.push_str(if number > 0 { "\n" } else { "" });
            unescaped.push_str(line.strip_suffix("\\r").unwrap_or(line));
        }
        unescaped
    })
}

/// `is_read` says that another reader knows what the lines are.
pub(super) fn read(text: &str, at: &Path, is_read: bool, found: &mut Vec<Setting>) {
    let section = at.clone();
    let mut reader = Reader {
        text,
        place: 0,
        number: 0,
        no_end: [false; 2],
        endless: 0,
        at,
        section,
        found: Vec::new(),
        settings: 0,
        items: 0,
        free: Vec::new(),
    };
    while let Some(line) = reader.line() {
        if !line.is_empty() {
            reader.take(line);
        }
    }
    let is_settings = is_read || 2 * reader.settings > reader.settings + reader.free.len();
    let (free, settings) = (std::mem::take(&mut reader.free), reader.found);
    let is_only_here = |setting: &Setting| is_lost(setting.text()) || setting.form == Form::Line && !setting.is_whole;
    found.extend(settings.into_iter().filter(|setting| !is_read || is_only_here(setting)));
    for (number, line) in free {
        let path = at.place("line").number(number);
        match is_settings {
            true if is_read => {}
            // An element of a list that goes over several lines, most often.
            true => found.push(Setting::said(path, said(line.trim_matches(AROUND))).is(Role::OneOf)),
            false => found.push(Setting::new(path, line).line().is(Role::Line)),
        }
    }
}

/// Whether YAML takes a word for something else than what is said: an anchor, a tag, an alias.
fn is_lost(text: &str) -> bool {
    text.starts_with(['&', '!', '*']) && !text.contains(char::is_whitespace)
}

struct Reader<'a> {
    text: &'a str,
    /// Where the next line begins, and how many came before.
    place: usize,
    number: usize,
    /// Whether no quote closes any more, and how many texts had no end that should.
    no_end: [bool; 2],
    endless: usize,
    at: &'a Path,
    section: Path,
    found: Vec<Setting>,
    settings: usize,
    items: usize,
    /// The lines that are no settings, with their numbers.
    free: Vec<(usize, &'a str)>,
}

impl<'a> Reader<'a> {
    /// The next line, without the white space around it.
    fn line(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.place..).filter(|rest| !rest.is_empty())?;
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        self.place += end + if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        self.number += 1;
        Some(rest[..end].trim())
    }

    fn take(&mut self, line: &'a str) {
        if line.starts_with("-----BEGIN ") {
            return self.take_pem(line);
        }
        if let Some(names) = section(line) {
            self.settings += 1;
            let at = self.at.clone();
            self.section = names.into_iter().fold(at, |path, name| path.name(self.number, name));
        } else if let Some(comment) = COMMENTS.iter().find_map(|mark| line.strip_prefix(mark)) {
            self.settings += 1;
            self.take_comment(comment);
        } else if line.starts_with('{') && line.ends_with('}') {
            // A list of objects, one in each line.
            self.settings += 1;
            self.found.push(Setting::new(self.at.place("line").number(self.number), line));
        } else if let Some((name, value)) = pair(line).or_else(|| tight(line)) {
            self.settings += 1;
            let path = self.section.name(self.number, name);
            let setting = Setting::said(path.clone(), self.said(value));
            // What is too short to be looked for is told by its line.
            let verdict = setting.verdict();
            if verdict > Verdict::Plain && setting.texts.iter().all(|text| text.len() < SHORTEST) {
                self.found.push(Setting::new(path, line).line().is(Role::Is(verdict)));
            }
            self.found.push(setting);
        } else if let Some(item) = line.strip_prefix("- ") {
            self.settings += 1;
            self.items += 1;
            self.found.push(Setting::said(self.section.number(self.items - 1), said(item)));
        } else if !line.bytes().all(|byte| byte.is_ascii_punctuation()) {
            self.free.push((self.number, line));
        }
    }

    /// A block of PEM: its lines are one part, and so is what they are together.
    fn take_pem(&mut self, first: &'a str) {
        let (start, mut line) = (first.as_ptr() as usize - self.text.as_ptr() as usize, Some(first));
        let mut end = start;
        while let Some(next) = line {
            if !pem::is_frame(next) && !next.is_empty() {
                let setting = Setting::new(self.section.place("pem"), next).certain().line().whole();
                self.found.push(setting);
            }
            end = self.place.min(self.text.len());
            if next.starts_with("-----END ") {
                break;
            }
            line = self.line();
        }
        pem::read(&self.text[start..end], &self.section, &mut self.found);
    }

    /// A setting may be out of use, and its value no less a secret.
    fn take_comment(&mut self, comment: &str) {
        let comment = comment.trim_start_matches(['#', ';', '/', ' ', '\t']);
        if let Some((name, value)) = pair(comment).filter(|(name, _)| !name.contains(' ')) {
            let path = self.section.name(self.number, name);
            self.found.push(Setting::said(path, said(value)).is(Role::OneOf));
        }
    }

    /// What a value says that may go on in the lines behind it.
    fn said(&mut self, value: &'a str) -> Vec<Zeroizing<String>> {
        let start = value.as_ptr() as usize - self.text.as_ptr() as usize;
        if let Some(end) = self.end_of_quote(start, value) {
            self.skip_to(end + 1);
            return said(&self.text[start..=end]);
        }
        if let Some((from, to, end)) = self.end_of_document(value) {
            let body = Zeroizing::new(self.text[from..to].trim().to_owned());
            self.skip_to(end);
            return vec![body];
        }
        if value.starts_with("-----BEGIN ")
            && !value.contains("-----END ")
            && let Some(end) = self.text[start..].find("-----END ")
        {
            let end =
                start + end + self.text[start + end..].find(['\n', '\r']).unwrap_or(self.text.len() - start - end);
            self.skip_to(end);
            return vec![Zeroizing::new(self.text[start..end].trim().to_owned())];
        }
        self.said_on(value)
    }

    /// Where a quote closes that opens here and is over in another line. What stands behind it must be nothing.
    fn end_of_quote(&mut self, start: usize, value: &str) -> Option<usize> {
        let kind = ["\"", "'"].iter().position(|quote| value.starts_with(quote))?;
        if self.no_end[kind] || close(value, true).is_some() {
            return None;
        }
        let Some(length) = close(&self.text[start..], true) else {
            self.no_end[kind] = true;
            return None;
        };
        let rest = &self.text[start + length + 1..];
        let rest = rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())].trim();
        let is_end = rest.trim_start_matches([',', ';']).is_empty() || rest.starts_with(['#', ';']);
        is_end.then_some(start + length)
    }

    /// `<<EOF`, of shells, HCL and GitHub: from where to where what it says stands, and where its end does.
    fn end_of_document(&mut self, value: &str) -> Option<(usize, usize, usize)> {
        let name = value.strip_prefix("<<")?.trim_start_matches(['-', '~']).trim_matches(['"', '\'', ' ']);
        let is_name = (1..=LONGEST_END).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let from = self.place.min(self.text.len());
        let mut lines = self.text[from..].split_inclusive('\n').scan(from, |at, line| {
            *at += line.len();
            Some((*at - line.len(), *at, line.trim()))
        });
        if !is_name || self.endless == MOST_ENDLESS {
            return None;
        }
        match lines.find(|(_, _, line)| *line == name) {
            Some((to, end, _)) => Some((from, to, end)),
            None => {
                self.endless += 1;
                None
            }
        }
    }

    /// With the lines that follow a backslash at the end of each.
    fn said_on(&mut self, value: &'a str) -> Vec<Zeroizing<String>> {
        let goes_on = |line: &str| line.ends_with('\\') && !line.ends_with("\\\\");
        if !goes_on(value) {
            return said(value);
        }
        let mut lines = vec![value];
        while let Some(last) = lines.last_mut()
            && goes_on(last)
        {
            *last = &last[..last.len() - 1];
            lines.extend(self.line());
        }
        let joined = Zeroizing::new(lines.concat());
        [Some(joined.clone()), unescape(&joined)].into_iter().flatten().collect()
    }

    fn skip_to(&mut self, place: usize) {
        while self.place < place && self.line().is_some() {}
    }
}

/// `[name]`, `[remote "origin"]`, `[[a.b]]`
fn section(line: &str) -> Option<Vec<&str>> {
    let line = line.find(" #").or_else(|| line.find(" ;")).map_or(line, |at| line[..at].trim_end());
    let inside = line.strip_prefix('[')?.strip_suffix(']')?.trim_matches(['[', ']']);
    let is_name = !inside.contains([',', '=', '{', '}', '[', ']']) && !inside.starts_with(['"', '\'']);
    let names = inside.split([' ', '"', '\t']).filter(|name| !name.is_empty());
    is_name.then(|| names.collect())
}

/// `name:value`, in a line of its own among others: headers, properties of Java, logins. Nothing that is an address.
fn tight(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let is_name = is_word && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    let is_port = value.bytes().take_while(|&byte| byte != b':').all(|byte| byte.is_ascii_digit() || byte == b'*');
    let is_value = !value.is_empty() && !value.starts_with(['/', ':', '\\']) && !value.contains('@');
    (is_name && is_value && !is_port && name.len() > 1).then_some((name, value))
}
