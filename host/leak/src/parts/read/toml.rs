//! TOML 1.0, as a parser of events reads it that goes on behind each fault. What has faults is other settings, most
//! often; of these only what stands in quotes is taken.

use std::collections::HashMap;

use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Source, Span};
use zeroize::Zeroizing;

use super::path::Path;
use super::setting::Setting;

/// Lists and inline tables in each other.
const DEEPEST: usize = 64;

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    if !text.contains('=') {
        return false;
    }
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut reader = Reader::new(source, at);
    let mut faults = 0;
    parse_document(&tokens, &mut reader, &mut |_: ParseError| faults += 1);
    let is_whole = faults == 0 && !reader.found.is_empty();
    let taken = reader.found.into_iter().filter(|(_, is_quoted)| is_whole || *is_quoted);
    found.extend(taken.map(|(setting, _)| setting));
    is_whole
}

struct Reader<'a> {
    source: Source<'a>,
    root: Path,
    /// The table that keys stand in.
    table: Path,
    /// How often a list of tables went on.
    tables: HashMap<String, usize>,
    /// The keys of what is being named.
    keys: Vec<Zeroizing<String>>,
    named: usize,
    /// Where the next value stands, and whether it has a name that TOML knows none of.
    next: Option<Path>,
    is_odd: bool,
    /// Lists, with the number of the next element, and inline tables.
    open: Vec<(Path, Option<usize>)>,
    /// Each with whether it stands in quotes.
    found: Vec<(Setting, bool)>,
}

impl<'a> Reader<'a> {
    fn new(source: Source<'a>, root: &Path) -> Self {
        Self {
            source,
            root: root.clone(),
            table: root.clone(),
            tables: HashMap::new(),
            keys: Vec::new(),
            named: 0,
            next: None,
            is_odd: false,
            open: Vec::new(),
            found: Vec::new(),
        }
    }

    fn below(&mut self, path: &Path) -> Path {
        self.named += 1;
        let keys = std::mem::take(&mut self.keys);
        keys.iter().fold(path.clone(), |path, key| path.name(self.named - 1, key))
    }

    fn place(&mut self) -> Path {
        match (self.next.take(), self.open.last_mut()) {
            (Some(path), _) => path,
            (None, Some((path, Some(number)))) => {
                *number += 1;
                path.number(*number - 1)
            }
            (None, Some((path, None))) => path.clone(),
            (None, None) => self.table.clone(),
        }
    }

    fn begin(&mut self, number: Option<usize>) -> bool {
        let path = self.place();
        let fits = self.open.len() < DEEPEST;
        if fits {
            self.open.push((path, number));
        }
        fits
    }

    fn said(&self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) -> Zeroizing<String> {
        let mut said = Zeroizing::new(String::with_capacity(span.len()));
        if let Some(raw) = self.source.get(span) {
            let raw = toml_parser::Raw::new_unchecked(raw.as_str(), encoding, span);
            _ = raw.decode_scalar(&mut *said, error);
        }
        said
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.keys.clear();
        (self.next, self.open) = (None, Vec::new());
    }

    fn std_table_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        let root = self.root.clone();
        self.table = self.below(&root);
    }

    fn array_table_open(&mut self, span: Span, error: &mut dyn ErrorSink) {
        self.std_table_open(span, error);
    }

    fn array_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        self.std_table_close(span, error);
        let number = self.tables.entry(self.table.shown()).or_default();
        self.table = self.table.number(*number);
        *number += 1;
    }

    /// A name without a value ends with its line.
    fn newline(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        if self.open.is_empty() {
            self.keys.clear();
        }
    }

    fn inline_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.begin(None)
    }

    fn inline_table_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.open.pop();
    }

    fn array_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.begin(Some(0))
    }

    fn array_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.open.pop();
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        self.is_odd &= !self.keys.is_empty();
        let mut key = Zeroizing::new(String::with_capacity(span.len()));
        if let Some(raw) = self.source.get(span) {
            toml_parser::Raw::new_unchecked(raw.as_str(), encoding, span).decode_key(&mut *key, error);
            let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            self.is_odd |= encoding.is_none() && !raw.as_str().bytes().all(is_bare);
        }
        self.keys.push(key);
    }

    fn key_val_sep(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        let table = self.open.last().map_or_else(|| self.table.clone(), |(path, _)| path.clone());
        self.next = Some(self.below(&table));
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some(raw) = self.source.get(span).map(|raw| raw.as_str()) else { return };
        // What is wrong with a bare value is told when it is decoded.
        let decoded = self.said(span, encoding, error);
        let said = if encoding.is_some() { decoded } else { Zeroizing::new(raw.to_owned()) };
        let inside = raw.trim_matches(['"', '\'']);
        let escaped = inside.contains('\\').then(|| Zeroizing::new(inside.to_owned()));
        let path = self.place();
        if !self.is_odd {
            self.found.push((Setting::new(path, &said).or(escaped), encoding.is_some()));
        }
    }
}
