//! Any bytes as a document: raw or in containers, whole, cut or damaged, with a value in it or without. It comes to an
//! end within its memory; what passes holds no value that anybody's zlib would inflate from it; and what inflates to more
//! than an accident does, and does not end, does not pass.
#![no_main]

use std::io::{Cursor, Write};

use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{Compression, Decompress, FlushDecompress, Status};
use um_base::Work;
use um_leak::{Budget, Filter, InspectError, Stream, Withheld};

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";
/// What the search takes at most, in bytes.
const MEMORY: u64 = 8 << 20;
/// What no accident inflates to, in bytes.
const BELIEVED: usize = 1024;

/// How the first bytes say that the rest becomes a document.
struct Order<'a> {
    container: u8,
    inner: u8,
    fate: u8,
    at: usize,
    has_value: bool,
    content: &'a [u8],
}

/// Where the deflate of the outermost container begins.
type Deflated = Option<usize>;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let [container, inner, fate, at, more, content @ ..] = input else { return };
    let at = usize::from(u16::from_le_bytes([*at, *more]));
    let has_value = fate & 0x80 != 0;
    let order = Order { container: container % 5, inner: inner % 5, fate: fate % 4, at, has_value, content };
    order.check();
});

impl Order<'_> {
    fn check(&self) {
        let (document, begins) = self.document();
        let filter = Filter::new();
        filter.guard("TOKEN", VALUE);
        let ready = filter.ready_here(&Work::unlimited()).unwrap();
        let stream = Stream::Document("document".to_owned());
        let mut staged = Vec::new();
        let mut redactor = filter.stream(stream.clone());
        redactor.write(ready, &document, &mut staged);
        redactor.finish(ready, &mut staged);
        let inspected = ready.inspect(&Work::new(MEMORY), &stream, &mut Cursor::new(&staged), &mut Budget::default());
        match inspected {
            Ok(()) => self.check_let_out(&staged, begins),
            Err(InspectError::Withheld(Withheld::Leak { secrets })) => assert_eq!(secrets, ["TOKEN"]),
            Err(InspectError::Withheld(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn check_let_out(&self, document: &[u8], begins: Deflated) {
        assert!(!holds_value(document), "as it stands");
        let Some(deflated) = begins.and_then(|at| document.get(at..)) else { return };
        let (content, is_whole) = inflated(deflated);
        assert!(!holds_value(&content), "inflated");
        assert!(is_whole || content.len() < BELIEVED, "{} bytes were seen, and there are more", content.len());
    }

    fn document(&self) -> (Vec<u8>, Deflated) {
        let mut content = self.content.to_vec();
        // So that most have more than an accident inflates to.
        if self.at & 1 == 1 {
            content = content.iter().copied().cycle().take(content.len() * 16).collect();
        }
        if self.has_value {
            let at = self.at % (content.len() + 1);
            content.splice(at..at, VALUE.bytes());
        }
        let (mut document, begins) = packed(self.container, &packed(self.inner, &content).0);
        // Neither touches the header: without it nothing is known to begin there.
        let body = begins.unwrap_or(0);
        let length = document.len() - body;
        match self.fate {
            1 if length > 0 => document.truncate(body + self.at % length),
            2 if length > 0 => document[body + self.at % length] ^= 1 << (self.at >> 13),
            3 if length > 0 => document[body + self.at % length] = 0xff,
            _ => {}
        }
        (document, begins)
    }
}

fn packed(container: u8, content: &[u8]) -> (Vec<u8>, Deflated) {
    let level = Compression::default();
    match container {
        1 => {
            let mut encoder = ZlibEncoder::new(vec![], level);
            encoder.write_all(content).unwrap();
            (encoder.finish().unwrap(), Some(2))
        }
        2 => {
            let mut encoder = GzEncoder::new(vec![], level);
            encoder.write_all(content).unwrap();
            (encoder.finish().unwrap(), Some(10))
        }
        3 => {
            let mut member = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
            member.extend([1; 16]);
            member.extend(b"\x01\0\0\0a");
            member.extend(content);
            (member, None)
        }
        4 => {
            let mut encoder = DeflateEncoder::new(vec![], level);
            encoder.write_all(content).unwrap();
            let mut member = b"PK\x03\x04\x14\0\x08\0\x08\0".to_vec();
            member.extend([0; 16]);
            member.extend(b"\x01\0\0\0a");
            let begins = member.len();
            member.extend(encoder.finish().unwrap());
            (member, Some(begins))
        }
        _ => (content.to_vec(), None),
    }
}

/// What zlib makes of it until it ends or breaks off, and whether it ends; bounded, which is taken for an end.
fn inflated(deflated: &[u8]) -> (Vec<u8>, bool) {
    let mut room = vec![0; 1 << 20];
    let mut inflate = Decompress::new(false);
    // At once, which is how this decoder keeps to the bytes that there are, as zlib does.
    let ended = inflate.decompress(deflated, &mut room, FlushDecompress::Finish);
    let made = usize::try_from(inflate.total_out()).unwrap();
    let is_whole = matches!(ended, Ok(Status::StreamEnd)) || made == room.len();
    room.truncate(made);
    (room, is_whole)
}

fn holds_value(bytes: &[u8]) -> bool {
    bytes.windows(VALUE.len()).any(|window| window == VALUE.as_bytes())
}
