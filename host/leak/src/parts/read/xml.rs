//! XML 1.0, as a lenient parser of events reads it: the texts of its elements and its attributes. Entities beyond the five
//! of XML and references to characters stand for nothing.

use std::collections::HashMap;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zeroize::Zeroizing;

use super::path::Path;
use super::setting::Setting;

/// Elements in each other.
const DEEPEST: usize = 64;
/// What says how an element is called, in lower case.
const NAMING: [&str; 2] = ["key", "name"];

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    if !text.starts_with('<') {
        return false;
    }
    let mut parser = quick_xml::Reader::from_str(text);
    let config = parser.config_mut();
    (config.check_end_names, config.allow_unmatched_ends, config.allow_dangling_amp) = (false, true, true);
    let mut reader = Reader { open: vec![Open::new(at.clone(), String::new())], found };
    loop {
        let Ok(event) = parser.read_event() else { return false };
        match event {
            Event::Eof => return reader.open.len() == 1 && reader.open[0].number > 0,
            Event::Start(start) => reader.begin(&start),
            Event::Empty(start) => {
                reader.begin(&start);
                reader.end();
            }
            Event::End(_) => reader.end(),
            Event::Text(text) => reader.text(&text.xml10_content()),
            Event::CData(text) => reader.text(&text.xml10_content()),
            Event::GeneralRef(reference) => reader.reference(&reference),
            _ => {}
        }
        if reader.open.len() > DEEPEST {
            return false;
        }
    }
}

/// An element that is open, or the document.
struct Open {
    path: Path,
    name: String,
    /// The number of the next element in it, and how many there are of each name.
    number: usize,
    names: HashMap<String, usize>,
    texts: Vec<Zeroizing<String>>,
    /// What a list of properties says that its next element is called.
    key: Option<Zeroizing<String>>,
}

impl Open {
    fn new(path: Path, name: String) -> Self {
        Self { path, name, number: 0, names: HashMap::new(), texts: Vec::new(), key: None }
    }

    /// Where the next element stands.
    fn next(&mut self, name: &str, called: Option<&str>) -> Path {
        self.number += 1;
        let times = self.names.entry(name.to_owned()).or_default();
        *times += 1;
        match (called, self.key.take()) {
            (Some(called), _) => self.path.name(self.number - 1, called),
            (None, Some(key)) => self.path.name(self.number - 1, &key),
            (None, None) if *times > 1 => self.path.name(self.number - 1, name).number(*times - 1),
            (None, None) => self.path.name(self.number - 1, name),
        }
    }
}

struct Reader<'a> {
    open: Vec<Open>,
    found: &'a mut Vec<Setting>,
}

impl Reader<'_> {
    fn begin(&mut self, start: &BytesStart) {
        let Some(last) = self.open.last_mut() else { return };
        let mut attributes = Vec::new();
        for attribute in start.html_attributes().with_checks(false).flatten() {
            let said = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .unwrap_or_else(|_| attribute.value.clone())
                .into_owned();
            attributes.push((attribute.key.local_name().into_inner().to_owned(), Zeroizing::new(said)));
        }
        let name = start.local_name().into_inner();
        let is_naming = |(key, _): &&(String, _)| NAMING.contains(&&key.to_ascii_lowercase()[..]);
        let called = attributes.iter().find(is_naming).map(|(_, said)| said.clone());
        let path = last.next(name, called.as_ref().map(|called| &called[..]));
        for (number, (key, said)) in attributes.iter().enumerate() {
            let is_value = called.is_some() && key.eq_ignore_ascii_case("value");
            let path = if is_value { path.clone() } else { path.name(number, key) };
            if called.as_ref() != Some(said) {
                self.found.push(Setting::new(path, said));
            }
        }
        self.open.push(Open::new(path, name.to_owned()));
    }

    fn end(&mut self) {
        if self.open.len() < 2 {
            return;
        }
        let Some(ended) = self.open.pop() else { return };
        let length = ended.texts.iter().map(|text| text.len()).sum();
        let mut said = Zeroizing::new(String::with_capacity(length));
        ended.texts.iter().for_each(|text| said.push_str(text));
        let last = self.open.last_mut().filter(|last| last.name == "dict" && ended.name == "key");
        match last {
            Some(list) => list.key = Some(said),
            None if said.trim().is_empty() => {}
            None => self.found.push(Setting::new(ended.path, &said)),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(last) = self.open.last_mut() {
            last.texts.push(Zeroizing::new(text.to_owned()));
        }
    }

    fn reference(&mut self, reference: &BytesRef) {
        let character = reference.resolve_char_ref().ok().flatten().map(String::from);
        let known = || quick_xml::escape::resolve_xml_entity(&reference.xml10_content()).map(str::to_owned);
        if let Some(said) = character.or_else(known) {
            self.text(&said);
        }
    }
}
