//! The filter against a search that anybody can check: with forms that repeat and nest as no real values do, and in
//! stories that a fuzzer tells.

#[path = "../../../tests/leak/naive.rs"]
pub(super) mod naive;

use std::collections::HashSet;

use naive::Naive;

use crate::filter::{Filter, Ready};
use crate::form::Form;
use crate::forms::{encode, table};
use crate::report::Stream;
use crate::search::ids::Label;
use crate::stream::{End, Redactor};
use um_base::Work;
use um_secret::{Parts, Verdict, masking};

#[derive(Clone, Debug)]
enum Event {
    Write(Vec<u8>),
    /// A form by itself, and whether it is certain.
    Insert(Vec<u8>, bool),
    /// A value in all its forms.
    Guard(String),
}

/// The filter and the search side by side.
struct Pair {
    filter: Filter,
    redactor: Redactor,
    naive: Naive,
    out: Vec<u8>,
}

impl Pair {
    /// Of a stream that people read, or programs.
    fn new(for_programs: bool) -> Self {
        let (filter, out) = (Filter::new(), Vec::new());
        let (stream, naive) = match for_programs {
            true => (Stream::Result, Naive::for_programs()),
            false => (Stream::Stdout, Naive::default()),
        };
        Self { redactor: filter.stream(stream), filter, naive, out }
    }

    fn play(&mut self, event: &Event) {
        match event {
            // Shorter ones are not looked for.
            Event::Insert(form, _) if form.len() < 4 => {}
            Event::Insert(form, is_certain) => {
                insert(&self.filter, form, if *is_certain { Verdict::Certain } else { Verdict::Doubtful });
                let shape = (form.clone(), false);
                self.naive.add_certain(if *is_certain { std::slice::from_ref(&shape) } else { &[] });
                self.naive.add([shape]);
            }
            Event::Guard(value) => {
                self.filter.guard("VALUE", value);
                let all = table::of(value, masking(value), &Parts::default());
                let certain = all.iter().filter(|shape| shape.verdict == Verdict::Certain);
                let written = |shape: &table::Shape| (shape.bytes.to_vec(), shape.across_lines);
                self.naive.add_certain(&certain.map(written).collect::<Vec<_>>());
                self.naive.add(all.iter().map(written));
            }
            Event::Write(bytes) => {
                self.redactor.write(ready(&self.filter), bytes, &mut self.out);
                self.naive.write(bytes);
            }
        }
        self.compare();
    }

    fn compare(&self) {
        let (due, out, text) = (self.naive.out(), &self.out, self.naive.text.escape_ascii());
        assert!(due == *out, "text:  {text}\nout:   {}\nnot:   {}", out.escape_ascii(), due.escape_ascii());
    }

    fn finish(mut self, end: End) {
        self.redactor.close(end, ready(&self.filter), &mut self.out);
        self.naive.finish(end == End::Cut);
        self.compare();
        if end == End::Chosen {
            let doubtful = self.filter.doubtful();
            let passed: u64 = doubtful.iter().map(|leak| leak.count).sum();
            let parts: HashSet<_> = doubtful.iter().map(|leak| (&leak.secret, &leak.path)).collect();
            // In each stretch at least one part counts, and each part once.
            let stretches = self.naive.passed() as u64;
            let counts = stretches..=stretches * parts.len() as u64;
            assert!(counts.contains(&passed), "{passed} of {counts:?} in {}", self.naive.text.escape_ascii());
            assert!(
                !self.filter.report().is_empty() || self.naive.text == self.out,
                "what holds no form passes unchanged"
            );
        }
    }
}

/// With all forms made.
pub(super) fn ready(filter: &Filter) -> Ready<'_> {
    filter.ready_here(&Work::unlimited()).expect("nothing ends it")
}

pub(super) fn insert(filter: &Filter, form: &[u8], verdict: Verdict) {
    let label = Label { verdict, ..Label::whole(0, Form::Raw) };
    filter.write(|guarded| {
        if guarded.values.is_empty() {
            guarded.add("", Vec::new());
        }
        guarded.has_doubtful |= !label.is_certain();
        guarded.matcher.insert(encode::raw(form), label);
    });
}

/// Plays the story that the bytes tell: the first of each event says what happens, the next ones how.
///
/// # Panics
/// If anything comes out but what the search lets out.
pub fn fuzz(story: &[u8]) {
    let mut story = Story(story);
    let kind = story.byte();
    let end = if kind % 2 == 0 { End::Chosen } else { End::Cut };
    let mut pair = Pair::new(kind / 2 % 2 == 1);
    while !story.0.is_empty() {
        let kind = story.byte();
        let length = usize::from(kind >> 4) + 1;
        match kind % 16 {
            0..4 => pair.play(&Event::Guard(String::from_utf8_lossy(story.bytes(3 * length)).into_owned())),
            4 => pair.play(&Event::Insert(story.bytes(4 * length).to_vec(), length % 2 == 0)),
            5..7 => pair.play(&Event::Write(story.bytes(length).to_vec())),
            7 => story.bytes(length).iter().for_each(|&byte| pair.play(&Event::Write(vec![byte]))),
            8..12 => {
                let piece = story.piece(&pair.naive.forms.list).to_vec();
                pair.play(&Event::Write(piece));
            }
            _ => {
                let piece = story.piece(&pair.naive.across.list).to_vec();
                let line_break = [&b"\n"[..], b"\r\n", b"\n  ", b"\r", b"\n\n", b"\n\r", b" \n\t"][length % 7];
                pair.play(&Event::Write(piece.chunks(length).collect::<Vec<_>>().join(line_break)));
            }
        }
    }
    pair.finish(end);
}

/// Bytes that never end: after the last come zeros.
pub(super) struct Story<'a>(pub(super) &'a [u8]);

impl<'a> Story<'a> {
    pub(super) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    /// So many bytes, or those that are left.
    pub(super) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// A piece of one of the forms, which is all of it more often than not.
    fn piece<'b>(&mut self, forms: &'b [Vec<u8>]) -> &'b [u8] {
        let number = usize::from(self.byte()) << 8 | usize::from(self.byte());
        let (from, to) = (usize::from(self.byte()), usize::from(self.byte()));
        let Some(form) = forms.get(number % forms.len().max(1)) else { return &[] };
        let from = if from < 128 { 0 } else { from % form.len() };
        let to = if to < 128 { form.len() } else { form.len() - to % form.len() };
        &form[from.min(to)..to]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    /// Words of two letters, repeated and cut: their prefixes, suffixes and repetitions overlap in every way.
    fn repetitive() -> impl Strategy<Value = Vec<u8>> {
        let word = prop::collection::vec(prop::sample::select(&b"aab"[..]), 1..6);
        (word, 4..70_usize, prop::collection::vec(prop::sample::select(&b"abc"[..]), 0..3)).prop_map(
            |(word, length, tail)| {
                let repeated = word.iter().cycle().take(length).copied();
                repeated.chain(tail).collect()
            },
        )
    }

    /// Forms, and a text of pieces of them, in small and large writes with more forms in between.
    fn events() -> impl Strategy<Value = Vec<Event>> {
        let forms = prop::collection::vec(repetitive(), 1..8);
        let step = (any::<Index>(), any::<Index>(), any::<Index>(), 0..9_u8);
        (forms, prop::collection::vec(step, 1..40)).prop_map(|(forms, steps)| {
            let mut events = vec![Event::Insert(forms[0].clone(), forms[0].len() % 2 == 0)];
            for (number, from, to, kind) in steps {
                let form = number.get(&forms).clone();
                let (from, to) = (from.index(form.len()), to.index(form.len()) + 1);
                match kind {
                    0 => events.push(Event::Insert(form, number.index(3) > 0)),
                    1 => events.extend(form.iter().map(|&byte| Event::Write(vec![byte]))),
                    2 => events.push(Event::Write(form)),
                    3 => events.push(Event::Write(form.repeat(3))),
                    4 | 5 => events.push(Event::Write(form[..to].to_vec())),
                    6 => events.push(Event::Write(form[from..].to_vec())),
                    7 => events.push(Event::Write(form[..to.min(6)].repeat(30))),
                    _ => events.push(Event::Write(b"c".to_vec())),
                }
            }
            events
        })
    }

    /// So many cases, or more if the environment asks for more.
    pub(in super::super) fn at_least(cases: u32) -> ProptestConfig {
        let asked = ProptestConfig::default();
        ProptestConfig { cases: cases.max(asked.cases), failure_persistence: None, ..asked }
    }

    proptest! {
        #![proptest_config(at_least(2000))]

        #[test]
        fn every_write_lets_out_what_a_naive_search_lets_out(
            events in events(), cut in any::<bool>(), for_programs in any::<bool>(),
        ) {
            let mut pair = Pair::new(for_programs);
            events.iter().for_each(|event| pair.play(event));
            pair.finish(if cut { End::Cut } else { End::Chosen });
        }
    }

    proptest! {
        #![proptest_config(at_least(300))]

        #[test]
        fn so_it_does_in_any_story(story in prop::collection::vec(any::<u8>(), 0..400)) {
            fuzz(&story);
        }
    }

    #[test]
    fn so_it_does_in_the_stories_that_the_fuzzer_kept() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/corpus/leak");
        let stories: Vec<_> = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!stories.is_empty());
        stories.iter().for_each(|story| fuzz(&fs::read(story).unwrap()));
    }
}
