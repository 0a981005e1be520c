//! What a layer says of its own parts before they begin: the filters of a PDF's streams, the chunks of a PNG.
//!
//! What is told here is no accident, so a part that does not keep to it was damaged. Only that is read of a container
//! which stands right before its parts; where nothing is said, parts are found by how they begin.

/// How far from its beginning a document may say that it is a PDF, in bytes (ISO 32000-1, annex H, note 13).
const PDF_HEAD: u64 = 1024;
/// A document that says so in its first kilobyte is a PDF (ISO 32000-1, annex H, note 13), even if all of it is ASCII.
pub(super) const PDF: &[u8] = b"%PDF-";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The keyword before the bytes of a stream object of PDF (ISO 32000-1, 7.3.8.1), with each end of line that it may have.
const PDF_STREAM: [&[u8]; 2] = [b"stream\n", b"stream\r\n"];
/// Longest keyword of a chunk of PNG that holds text, and its NUL (PNG 3rd edition, 11.3.3).
const PNG_KEYWORD: usize = 80;

/// What is said to begin at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    /// A stream of a PDF in zlib.
    Flate,
    /// A stream of a PDF in ASCII85.
    Ascii85,
    /// A stream of a PDF that is encoded otherwise.
    Other,
    /// The compressed text of a PNG.
    Text,
    /// The pixels of a PNG: zlib that goes on in the next chunk.
    Pixels,
}

/// A place in a layer.
pub(super) struct Place {
    /// Whether the layer begins here.
    pub is_first: bool,
    /// What begins here, the outermost encoding first.
    pub declared: Vec<Declared>,
    /// Whether a stream of a PDF begins behind the keyword of this length that stands here.
    pub keyword: Option<usize>,
}

/// What a layer has said so far.
#[derive(Default)]
pub(super) struct Context {
    offset: u64,
    is_pdf: bool,
    is_png: bool,
    is_encrypted: bool,
    /// The encodings of the stream whose dictionary was read last.
    filters: Vec<Declared>,
    /// Where the next part begins of which anything is said, and what.
    next: Option<(u64, Vec<Declared>)>,
}

impl Context {
    /// Of a layer that begins with what is encoded so.
    pub fn new(declared: Vec<Declared>) -> Self {
        Self { next: Some((0, declared)).filter(|(_, declared)| !declared.is_empty()), ..Self::default() }
    }

    /// Whether a PDF says that its streams are encrypted, which are then no zlib as they stand.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Takes the next place of the layer, with what follows it.
    pub fn step(&mut self, bytes: &[u8]) -> Place {
        let mut place = Place { is_first: self.offset == 0, declared: Vec::new(), keyword: None };
        if let Some((_, declared)) = self.next.take_if(|(at, _)| *at <= self.offset) {
            place.declared = declared;
        }
        match bytes.first() {
            Some(b'%') if self.offset < PDF_HEAD && bytes.starts_with(PDF) => self.is_pdf = true,
            Some(0x89) if bytes.starts_with(PNG) => self.is_png = true,
            Some(b's') => place.keyword = self.stream(bytes, &mut place.declared),
            Some(b'/' | b'e') if self.is_pdf => self.pdf(bytes),
            Some(b'I' | b'f' | b'z' | b'i') if self.is_png => self.png(bytes),
            _ => {}
        }
        self.offset += 1;
        place
    }

    fn stream(&mut self, bytes: &[u8], declared: &mut Vec<Declared>) -> Option<usize> {
        let keyword = PDF_STREAM.iter().find(|keyword| bytes.starts_with(keyword))?.len();
        let filters = std::mem::take(&mut self.filters);
        match filters.first() {
            Some(Declared::Flate) => self.next = Some((self.offset + keyword as u64, filters)),
            Some(Declared::Ascii85) => *declared = filters,
            _ => {}
        }
        Some(keyword)
    }

    fn pdf(&mut self, bytes: &[u8]) {
        if bytes.starts_with(b"/Encrypt") {
            self.is_encrypted = true;
        } else if let Some(rest) = bytes.strip_prefix(b"/Filter") {
            self.filters = filters(rest);
        } else if bytes.starts_with(b"endstream") || bytes.starts_with(b"endobj") {
            self.filters.clear();
        }
    }

    fn png(&mut self, bytes: &[u8]) {
        let Some((kind, rest)) = bytes.split_at_checked(4) else { return };
        let begins = match kind {
            b"IDAT" => Some((0, Declared::Pixels)),
            // A sequence number, then what an IDAT holds.
            b"fdAT" => Some((4, Declared::Pixels)),
            b"zTXt" | b"iCCP" => after_keyword(rest).map(|at| (at + 1, Declared::Text)),
            b"iTXt" => international(rest).map(|at| (at, Declared::Text)),
            _ => None,
        };
        if let Some((at, declared)) = begins {
            self.next = Some((self.offset + 4 + at as u64, vec![declared]));
        }
    }
}

/// The encodings that the value of a `Filter` names: one name, or an array of names.
fn filters(value: &[u8]) -> Vec<Declared> {
    let value = value.trim_ascii_start();
    let (value, is_array) = value.strip_prefix(b"[").map_or((value, false), |names| (names, true));
    let most = if is_array { usize::MAX } else { 1 };
    let mut rest = value.trim_ascii_start();
    let mut filters = Vec::new();
    while let Some(named) = rest.strip_prefix(b"/").filter(|_| filters.len() < most) {
        let is_delimiter = |byte: &u8| byte.is_ascii_whitespace() || b"/[]<>()%\0".contains(byte);
        let (name, behind) = named.split_at(named.iter().position(is_delimiter).unwrap_or(named.len()));
        filters.push(match name {
            b"FlateDecode" | b"Fl" => Declared::Flate,
            b"ASCII85Decode" | b"A85" => Declared::Ascii85,
            _ => Declared::Other,
        });
        rest = behind.trim_ascii_start();
    }
    filters
}

/// Where a chunk goes on behind its keyword.
fn after_keyword(chunk: &[u8]) -> Option<usize> {
    chunk.iter().take(PNG_KEYWORD).position(|&byte| byte == 0).filter(|&at| at > 0).map(|nul| nul + 1)
}

/// Where the text of an iTXt chunk begins, if it is compressed.
fn international(chunk: &[u8]) -> Option<usize> {
    let flag = after_keyword(chunk)?;
    let [1, 0, rest @ ..] = chunk.get(flag..)? else { return None };
    let mut ends = rest.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(at, _)| at);
    let (_language, translated) = (ends.next()?, ends.next()?);
    Some(flag + 2 + translated + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said to begin at each place of a text, and where.
    fn declared(text: &[u8]) -> Vec<(usize, Vec<Declared>)> {
        let mut context = Context::default();
        let places = (0..text.len()).map(|at| (at, context.step(&text[at..]).declared));
        places.filter(|(_, declared)| !declared.is_empty()).collect()
    }

    #[test]
    fn the_filters_of_a_stream_are_known_where_it_begins() {
        use Declared::*;
        for (filters, expected) in [
            ("/Filter /FlateDecode", vec![Flate]),
            ("/Filter/FlateDecode/Length 3", vec![Flate]),
            ("/Filter [/FlateDecode]", vec![Flate]),
            ("/Filter [ /Fl /DCTDecode ] /Length 3", vec![Flate, Other]),
            ("/Filter /LZWDecode", vec![]),
            ("/Filter [/Crypt /FlateDecode]", vec![]),
            ("/Filter 12 0 R", vec![]),
            ("/Filter /FlateDecode >> endobj << ", vec![]),
            ("/FilterX /FlateDecode", vec![]),
        ] {
            let text = format!("%PDF-1.4 << {filters} >> stream\r\nx endstream\nendobj << >> stream\nx");
            let found = declared(text.as_bytes());
            let at = text.find("x endstream").unwrap();
            let expected: Vec<_> = [(at, expected)].into_iter().filter(|(_, filters)| !filters.is_empty()).collect();
            assert_eq!(found, expected, "{filters}");
            assert_eq!(declared(&text.as_bytes()[1..]), [], "a text that speaks of one is no PDF");
        }
        let armoured = b"%PDF-1.4 << /Filter [/ASCII85Decode /FlateDecode] >> stream\nx";
        assert_eq!(declared(armoured), [(53, vec![Ascii85, Flate])]);
    }

    #[test]
    fn a_pdf_says_that_it_is_one_in_its_first_kibibyte() {
        let begins_at = |at: usize, head: &[u8]| {
            let text = [&b" ".repeat(at), head, b" /Filter /FlateDecode >> stream\nx"].concat();
            !declared(&text).is_empty()
        };
        let last = PDF_HEAD as usize - 1;
        assert!(begins_at(0, b"%PDF-1.4") && begins_at(last, b"%PDF-1.4"));
        assert!(!begins_at(last + 1, b"%PDF-1.4") && !begins_at(0, b"%pdf-1.4") && !begins_at(0, b"% PDF"));
    }

    #[test]
    fn the_chunks_of_a_png_say_what_is_in_them() {
        use Declared::*;
        for (chunk, at, expected) in [
            (&b"IDATx"[..], 4, Some(Pixels)),
            (b"fdAT\0\0\0\x01x", 8, Some(Pixels)),
            (b"zTXtComment\0\0x", 13, Some(Text)),
            (b"iCCPsRGB\0\0x", 10, Some(Text)),
            (b"iTXtComment\0\x01\0de\0Kommentar\0x", 27, Some(Text)),
            (b"iTXtComment\0\0\0de\0Kommentar\0x", 27, None),
            (b"zTXt\0\0x", 6, None),
        ] {
            let expected: Vec<_> = expected.map(|expected| (8 + at, vec![expected])).into_iter().collect();
            assert_eq!(declared(&[PNG, chunk].concat()), expected, "{}", chunk.escape_ascii());
            assert_eq!(declared(chunk), [], "what speaks of chunks is no PNG");
        }
    }

    #[test]
    fn a_pdf_says_that_it_is_encrypted() {
        for (text, expected) in [("%PDF-1.4 /Encrypt 7 0 R", true), ("/Encrypt 7 0 R", false), ("%PDF-1.4", false)] {
            let mut context = Context::default();
            (0..text.len()).for_each(|at| _ = context.step(&text.as_bytes()[at..]));
            assert_eq!(context.is_encrypted(), expected, "{text}");
        }
    }
}
