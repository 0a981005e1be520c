//! Lists and objects as programs write them: dictionaries of Python, objects of JavaScript and JSON with comments, hashes of
//! Ruby, arrays of PHP, maps and blocks of HCL.
//!
//! Strings in quotes are taken, and bare words under a name within brackets. Brackets that do not match are no such text.

use zeroize::Zeroizing;

use super::path::Path;
use super::quotes::{Said, close, inside};
use super::setting::Setting;

/// Brackets in each other.
const DEEPEST: usize = 64;
/// What the words before a string in Python say of it.
const PREFIXES: [&str; 6] = ["b", "f", "r", "u", "rb", "br"];
/// Three of them are quotes of Python and TOML.
const TRIPLES: [&str; 2] = ["\"\"\"", "'''"];

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    if !text.contains(['{', '[', '(']) {
        return false;
    }
    let root = Open { path: at.clone(), bracket: '\0', number: 0, key: None, waiting: None };
    let mut reader = Reader { open: vec![root], found: Vec::new(), brackets: 0, outer: 0, loose: 0 };
    for token in (Tokens { rest: text }) {
        if !reader.take(token) {
            return false;
        }
    }
    reader.flush();
    if reader.open.len() != 1 || reader.brackets == 0 {
        return false;
    }
    // Where words stand around, brackets may be anything: only what is quoted or named counts.
    let is_around = text.starts_with(['{', '[', '(']) && text.trim_end_matches(';').ends_with(['}', ']', ')']);
    let is_whole = is_around && reader.outer == 1 && reader.loose == 0 && !reader.found.is_empty();
    found.extend(reader.found.into_iter().filter(|(_, is_sure)| is_whole || *is_sure).map(|(setting, _)| setting));
    is_whole
}

enum Token<'a> {
    Open(char),
    Close,
    /// `,`, `;` or a line break.
    Between,
    /// What stands between a name and its value.
    Is,
    Quoted(Said),
    Word(&'a str),
}

struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip();
        let first = self.rest.chars().next()?;
        Some(match first {
            '{' | '[' | '(' => self.take(1, Token::Open(first)),
            '}' | ']' | ')' => self.take(1, Token::Close),
            ',' | ';' | '\n' | '\r' => self.take(1, Token::Between),
            '=' | ':' => {
                let length = self.rest.len() - self.rest.trim_start_matches([':', '=', '>']).len();
                self.take(length, Token::Is)
            }
            '"' | '\'' | '`' => self.quoted(),
            _ => self.word(),
        })
    }
}

impl<'a> Tokens<'a> {
    fn take(&mut self, length: usize, token: Token<'a>) -> Token<'a> {
        self.rest = &self.rest[length..];
        token
    }

    /// Blanks and comments.
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\u{feff}']);
            let end = match self.rest {
                text if text.starts_with('#') || text.starts_with("//") => text.find('\n'),
                text if text.starts_with("/*") => text.find("*/").map(|at| at + 2),
                _ => return,
            };
            self.rest = &self.rest[end.unwrap_or(self.rest.len())..];
        }
    }

    fn quoted(&mut self) -> Token<'a> {
        if let Some(quotes) = TRIPLES.into_iter().find(|quotes| self.rest.starts_with(quotes))
            && let Some(end) = self.rest[3..].find(quotes)
        {
            let said = Zeroizing::new(self.rest[3..3 + end].to_owned());
            return self.take(end + 6, Token::Quoted(vec![said]));
        }
        match close(self.rest, true) {
            Some(end) => {
                let mut said = inside(&self.rest[..=end]);
                // Here a backslash is an escape between single quotes too.
                said.sort_by_key(|text| text.contains('\\') && text.len() >= end - 1);
                self.take(end + 1, Token::Quoted(said))
            }
            // A quote that is none: the text ends here for us.
            None => self.take(self.rest.len(), Token::Close),
        }
    }

    fn word(&mut self) -> Token<'a> {
        let is_end = |character: char| character.is_whitespace() || "{}[](),;=\"'`".contains(character);
        let mut end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let behind = |at: usize| self.rest[at + 1..].chars().next();
        let is_colon = |at: &usize| behind(*at).is_none_or(|next| is_end(next) || next == ':');
        end = self.rest[..end].match_indices(':').map(|(at, _)| at).find(is_colon).unwrap_or(end);
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let word = &self.rest[..end.max(first)];
        let is_prefix = PREFIXES.contains(&&word.to_ascii_lowercase()[..]);
        self.rest = &self.rest[word.len()..];
        if is_prefix && self.rest.starts_with(['"', '\'']) { self.quoted() } else { Token::Word(word) }
    }
}

struct Open {
    path: Path,
    bracket: char,
    number: usize,
    /// The name that a value is awaited for.
    key: Option<Path>,
    /// A name or a value: what follows tells. With whether it stood in quotes.
    waiting: Option<(Said, bool)>,
}

impl Open {
    fn name(&mut self, said: &Said) -> Path {
        self.number += 1;
        self.path.name(self.number - 1, said.first().map_or("", |name| name.trim_start_matches('$')))
    }

    /// Where an element stands that has no name.
    fn element(&mut self) -> Path {
        self.number += 1;
        self.path.number(self.number - 1)
    }
}

struct Reader {
    open: Vec<Open>,
    /// Each with whether it has quotes or a name.
    found: Vec<(Setting, bool)>,
    brackets: usize,
    /// Those that stand in no other.
    outer: usize,
    /// Words that are neither names nor values.
    loose: usize,
}

impl Reader {
    fn take(&mut self, token: Token) -> bool {
        let Some(last) = self.open.last_mut() else { return false };
        self.loose += usize::from(last.waiting.is_some() && matches!(token, Token::Quoted(_) | Token::Word(_)));
        match token {
            Token::Quoted(said) => last.waiting = Some((said, true)),
            Token::Word(word) => last.waiting = Some((vec![Zeroizing::new(word.to_owned())], false)),
            Token::Is => {
                if let Some((name, _)) = last.waiting.take() {
                    last.key = Some(last.name(&name));
                }
            }
            Token::Between => self.flush(),
            Token::Open(bracket) => return self.begin(bracket),
            Token::Close => {
                self.flush();
                self.open.pop();
                return !self.open.is_empty();
            }
        }
        true
    }

    fn begin(&mut self, bracket: char) -> bool {
        let Some(last) = self.open.last_mut() else { return false };
        let path = match (last.key.take(), last.waiting.take()) {
            (Some(path), _) => path,
            // The name of a block, or of what is called.
            (None, Some((name, _))) => last.name(&name),
            (None, None) if last.bracket == '\0' => last.path.clone(),
            (None, None) => last.element(),
        };
        self.brackets += 1;
        self.outer += usize::from(self.open.len() == 1);
        self.open.push(Open { path, bracket, number: 0, key: None, waiting: None });
        self.open.len() <= DEEPEST
    }

    /// A name and a value are over, or an element.
    fn flush(&mut self) {
        let is_outside = self.open.len() == 1;
        let Some(last) = self.open.last_mut() else { return };
        let Some((said, is_quoted)) = last.waiting.take() else { return };
        let key = last.key.take();
        let is_named = key.is_some();
        let path = match key {
            Some(path) if is_quoted || !is_outside => path,
            _ if is_outside => return self.loose += 1,
            None if is_quoted || last.bracket == '[' => last.element(),
            _ => return,
        };
        let setting = Setting::said(path, said);
        // `define('NAME', 'value')`
        if last.bracket == '(' && last.number == 1 && is_quoted {
            last.key = Some(last.path.name(0, setting.text()));
        }
        self.found.push((setting, is_quoted || is_named));
    }
}
