//! YAML 1.2: its scalars, as a parser of events reads them. An alias stands for nothing: what it repeats was read.
//!
//! Much is YAML by chance. A text that names a thing as no author of YAML would (`PASSWORD="a: b"`) is none.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use zeroize::Zeroizing;

use super::path::Path;
use super::quotes;
use super::setting::Setting;

/// Lists and mappings in each other.
const DEEPEST: usize = 64;
/// A longer one is no name.
const LONGEST_NAME: usize = 128;

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    if !may_be_yaml(text) {
        return false;
    }
    let root = Open { path: at.clone(), kind: Kind::Stream, number: 0, key: None, in_key: false };
    let mut reader =
        Reader { raw: Raw { text, byte: 0, character: 0 }, open: vec![root], found: Vec::new(), any: false };
    let end = reader.run(Parser::new_from_str(text));
    let is_cut_short = end == End::Fault && text.starts_with(['[', '{', '&', '*', '!']);
    if end == End::None || is_cut_short || !reader.any {
        return false;
    }
    if end == End::Fault {
        // What was read last may be what is wrong.
        reader.found.pop();
    }
    found.append(&mut reader.found);
    end == End::Whole
}

/// Whether it has a list or a mapping, as far as can be seen at once.
fn may_be_yaml(text: &str) -> bool {
    let is_item = |line: &str| line.starts_with("- ") || line.contains(": ") || line.ends_with(':');
    text.starts_with(['[', '{']) || text.lines().any(|line| is_item(line.trim()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    /// What was read before may be meant.
    Fault,
    /// It is no YAML.
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stream,
    List,
    Mapping,
}

/// What is open.
struct Open {
    path: Path,
    kind: Kind,
    number: usize,
    /// Where the next value of a mapping stands.
    key: Option<Path>,
    /// Whether what is open inside is a key.
    in_key: bool,
}

struct Reader<'a> {
    raw: Raw<'a>,
    open: Vec<Open>,
    found: Vec<Setting>,
    /// Whether anything is but a scalar.
    any: bool,
}

impl<'a> Reader<'a> {
    fn run(&mut self, mut parser: Parser<'a, impl saphyr_parser::Input>) -> End {
        loop {
            let (event, span) = match parser.next_event() {
                None | Some(Ok((Event::StreamEnd, _))) => return End::Whole,
                Some(Err(_)) => return End::Fault,
                Some(Ok(next)) => next,
            };
            let is_read = match event {
                Event::Scalar(said, style, ..) => self.scalar(said, style, span),
                Event::SequenceStart(..) => self.begin(Kind::List),
                Event::MappingStart(..) => self.begin(Kind::Mapping),
                Event::SequenceEnd | Event::MappingEnd => self.end(),
                Event::Alias(_) => {
                    self.next();
                    true
                }
                _ => true,
            };
            if !is_read {
                return End::None;
            }
        }
    }

    fn begin(&mut self, kind: Kind) -> bool {
        self.any = true;
        let path = self.next().unwrap_or_else(|| {
            let last = self.open.last_mut().expect("the stream stays open");
            last.in_key = true;
            last.number += 1;
            last.path.number(last.number - 1)
        });
        self.open.push(Open { path, kind, number: 0, key: None, in_key: false });
        self.open.len() <= DEEPEST
    }

    fn end(&mut self) -> bool {
        let ended = self.open.pop();
        let (Some(ended), Some(last)) = (ended, self.open.last_mut()) else { return false };
        if std::mem::take(&mut last.in_key) {
            last.key = Some(ended.path);
        }
        true
    }

    /// Where the node stands that begins here; nowhere, if it is the key of a mapping.
    fn next(&mut self) -> Option<Path> {
        let last = self.open.last_mut()?;
        let number = last.number;
        match last.kind {
            Kind::Mapping => return last.key.take(),
            Kind::Stream | Kind::List => last.number += 1,
        }
        Some(match (last.kind, number) {
            (Kind::Stream, 0) => last.path.clone(),
            (Kind::Stream, _) => last.path.place("document").number(number),
            _ => last.path.number(number),
        })
    }

    fn scalar(&mut self, said: Cow<'a, str>, style: ScalarStyle, span: Span) -> bool {
        let said = Zeroizing::new(said.into_owned());
        let Some(path) = self.next() else {
            let last = self.open.last_mut().expect("the stream stays open");
            last.key = Some(last.path.name(last.number, &said));
            last.number += 1;
            return style != ScalarStyle::Plain || is_name(&said);
        };
        let raw = self.raw.of(&said, style, &span);
        if self.open.len() > 1 {
            // Others than YAML know more comments, and escapes outside of quotes.
            let setting = match style {
                ScalarStyle::Plain => Setting::said(path, quotes::said(&said)),
                _ => Setting::new(path, &said),
            };
            self.found.push(setting.or(raw));
        }
        true
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME && !text.contains(['"', '\'', '=', '`', '{', '}'])
}

/// The text that the scalars stand in; a cursor, since their places are told in characters.
struct Raw<'a> {
    text: &'a str,
    byte: usize,
    character: usize,
}

impl Raw<'_> {
    /// A scalar as it stands in the text, if that is not what it says: with escapes, or with what may be a comment.
    fn of(&mut self, said: &str, style: ScalarStyle, span: &Span) -> Option<Zeroizing<String>> {
        let from = self.byte_of(span.start.index())?;
        let rest = &self.text[from..];
        let line = rest.lines().next()?.trim_end();
        let raw = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                let quote = rest.chars().next()?;
                let to = self.byte_of(span.end.index())?;
                let inside = self.text[from..to].trim_end().strip_prefix(quote)?.strip_suffix(quote)?;
                inside.contains(['\\', '\'']).then_some(inside)?
            }
            ScalarStyle::Plain => {
                let behind = line.strip_prefix(said)?.trim_start();
                behind.starts_with('#').then_some(line)?
            }
            _ => return None,
        };
        (raw != said).then(|| Zeroizing::new(raw.to_owned()))
    }

    /// Places come in their order.
    fn byte_of(&mut self, character: usize) -> Option<usize> {
        let ahead = character.checked_sub(self.character)?;
        let rest = &self.text[self.byte..];
        let bytes = rest.char_indices().nth(ahead).map_or(rest.len(), |(at, _)| at);
        (self.byte, self.character) = (self.byte + bytes, character);
        Some(self.byte)
    }
}
