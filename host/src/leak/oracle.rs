//! The scanner against a search that anybody can check, with forms that repeat and nest as no real values do.

use proptest::prelude::*;
use proptest::sample::Index;

use super::scan::Label;
use super::{End, Filter, Form, Redactor, Stream, encode};

/// What the redactor should do, by comparing every form at every start.
#[derive(Default)]
struct Naive {
    forms: Vec<Vec<u8>>,
    text: Vec<u8>,
    masked: Vec<bool>,
    settled: usize,
}

impl Naive {
    fn write(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        self.masked.resize(self.text.len(), false);
        self.settle(false);
    }

    fn settle(&mut self, complete: bool) {
        while self.settled < self.text.len() {
            let rest = &self.text[self.settled..];
            if !complete && self.forms.iter().any(|form| form.len() > rest.len() && form.starts_with(rest)) {
                return;
            }
            let longest = self.forms.iter().filter(|form| rest.starts_with(form)).map(Vec::len).max();
            let end = self.settled + longest.unwrap_or(0);
            self.masked[self.settled..end].fill(true);
            self.settled += 1;
        }
    }

    fn finish(&mut self, end: End) {
        // What was registered since the last write counts for what is held.
        self.settle(false);
        if end == End::Cut && self.text.len() - self.settled >= 4 {
            self.masked[self.settled..].fill(true);
            self.settled = self.text.len();
        }
        self.settle(true);
    }

    fn out(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for at in 0..self.settled {
            if !self.masked[at] {
                out.push(self.text[at]);
            } else if at == 0 || !self.masked[at - 1] {
                out.extend(b"***");
            }
        }
        out
    }
}

#[derive(Clone, Debug)]
enum Event {
    Write(Vec<u8>),
    Insert(Vec<u8>),
}

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
    let step = (any::<Index>(), any::<Index>(), any::<Index>(), 0..8_u8);
    (forms, prop::collection::vec(step, 1..40)).prop_map(|(forms, steps)| {
        let mut events = vec![Event::Insert(forms[0].clone())];
        for (form, from, to, kind) in steps {
            let form = form.get(&forms).clone();
            let (from, to) = (from.index(form.len()), to.index(form.len()) + 1);
            match kind {
                0 => events.push(Event::Insert(form)),
                1 => events.extend(form.iter().map(|&byte| Event::Write(vec![byte]))),
                2 => events.push(Event::Write(form)),
                3 => events.push(Event::Write(form.repeat(3))),
                4 | 5 => events.push(Event::Write(form[..to].to_vec())),
                6 => events.push(Event::Write(form[from..].to_vec())),
                _ => events.push(Event::Write(b"c".to_vec())),
            }
        }
        events
    })
}

fn insert(filter: &Filter, form: &[u8]) {
    let label = Label { secret: 0, form: Form::Raw };
    filter.write_guarded(|guarded| {
        guarded.names.resize(1, String::new());
        guarded.matcher.insert(encode::raw(form), label);
    });
}

fn play(events: &[Event], mut check: impl FnMut(&Naive, &[u8])) -> (Naive, Redactor, Vec<u8>) {
    let filter = Filter::new();
    let (mut naive, mut redactor, mut out) = (Naive::default(), filter.stream(Stream::Stdout), Vec::new());
    for event in events {
        match event {
            Event::Insert(form) => {
                insert(&filter, form);
                naive.forms.push(form.clone());
            }
            Event::Write(bytes) => {
                redactor.write(bytes, &mut out);
                naive.write(bytes);
                check(&naive, &out);
            }
        }
    }
    (naive, redactor, out)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_write_lets_out_what_a_naive_search_lets_out(events in events(), cut in any::<bool>()) {
        let mut expected = Vec::new();
        let (mut naive, mut redactor, mut out) = play(&events, |naive, out| {
            expected.push((naive.out(), out.to_vec()));
        });
        for (naive, real) in expected {
            prop_assert_eq!(naive, real);
        }
        let end = if cut { End::Cut } else { End::Chosen };
        naive.finish(end);
        redactor.finish(end, &mut out);
        prop_assert_eq!(naive.out(), out);
    }
}
