//! What not to do: a search that goes on for as long as bytes agree, and holds back what may be the beginning of a value.
//! Tests of what can be learned from a clock plant it in the place of the real one, to see that they would notice.

use std::cell::Cell;
use std::hint::black_box;

use um_secret::MASK;

thread_local! {
    static PLANTED: Cell<bool> = const { Cell::new(false) };
}

/// Has this thread filter answers by a [`Hasty`] matcher, until what is returned is dropped.
pub(crate) fn plant() -> Planted {
    PLANTED.set(true);
    Planted
}

pub(crate) struct Planted;

impl Drop for Planted {
    fn drop(&mut self) {
        PLANTED.set(false);
    }
}

pub(crate) fn is_planted() -> bool {
    PLANTED.get()
}

/// Compares at each place with each form that begins so, until a byte differs, and lets out whatever begins none.
pub(crate) struct Hasty {
    /// By first byte.
    forms: [Vec<Vec<u8>>; 256],
    held: Vec<u8>,
}

impl Hasty {
    pub fn new(forms: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut by_first = [const { Vec::new() }; 256];
        forms.into_iter().for_each(|form| by_first[usize::from(form[0])].push(form));
        Self { forms: by_first, held: Vec::new() }
    }

    pub fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.held.extend_from_slice(bytes);
        let mut place = 0;
        while place < self.held.len() {
            let rest = &self.held[place..];
            let (mut whole, mut begun) = (0, false);
            for form in &self.forms[usize::from(rest[0])] {
                let agreeing = agreement(form, rest);
                whole = whole.max(if agreeing == form.len() { agreeing } else { 0 });
                begun |= agreeing == rest.len();
            }
            if whole > 0 {
                out.extend_from_slice(MASK.as_bytes());
                place += whole;
            } else if begun {
                break;
            } else {
                out.push(rest[0]);
                place += 1;
            }
        }
        self.held.drain(..place);
    }

    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
    }
}

/// How many bytes of a text are those of a form.
fn agreement(form: &[u8], text: &[u8]) -> usize {
    let mut length = 0;
    while length < form.len() && length < text.len() && form[length] == text[length] {
        length = black_box(length + 1);
    }
    length
}

#[test]
fn it_finds_what_the_real_one_finds() {
    let forms = || ["hunter22hunter22", "aHVudGVyMjI"].map(|form| form.as_bytes().to_vec());
    for cut in [1, 3, 100] {
        let (mut hasty, mut out) = (Hasty::new(forms()), Vec::new());
        let text = b"hunter hunter22hunter22 hunter22hunter2 aHVudGVyMjIaHVud";
        text.chunks(cut).for_each(|piece| hasty.write(piece, &mut out));
        hasty.finish(&mut out);
        assert_eq!(out, b"hunter *** hunter22hunter2 ***aHVud");
    }
}
