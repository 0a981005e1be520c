//! What the characters of a text cost under a table of trigrams, less what they cost in the smallest alphabet that has
//! them: words cost less than their alphabet, random letters more.
//!
//! The table is made by `tests/leak/words`; the symbols here are those of that script.

/// For each two symbols what a third costs.
static TABLE: &[u8; SYMBOLS * SYMBOLS * SYMBOLS] = include_bytes!("trigrams.bin");

/// Letters, and those below.
const SYMBOLS: usize = 29;
const BREAK: usize = 26;
const DIGIT: usize = 27;
const SHIFT: usize = 28;

/// What costs are counted in.
pub(super) const BIT: i32 = 16;
/// Which digit, of ten.
const WHICH_DIGIT: i32 = 53;

/// What speaks for random letters in one word, in 1/16 bit: below 0 it is a word.
pub(super) fn excess(word: &str) -> i32 {
    let mut total = 0;
    costs(word, &mut |bits| total += bits);
    total
}

/// Tells for each character of a run how much more it costs than in its alphabet.
pub(super) fn costs(run: &str, tell: &mut impl FnMut(i32)) {
    let alphabet = alphabet(run);
    let mut path = Path { before: [BREAK, BREAK], upper: 0 };
    for byte in run.bytes() {
        let cost = path.step(byte);
        // Which digits a number has says nothing.
        tell(alphabet.map_or(0, |alphabet| cost - alphabet));
    }
}

/// What the smallest alphabet costs that has all of a run; none for a number.
fn alphabet(run: &str) -> Option<i32> {
    let has = |kind: fn(&u8) -> bool| run.bytes().any(|byte| kind(&byte));
    let (lower, upper, digit) = (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase), has(u8::is_ascii_digit));
    let is_hex = run.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (lower, upper, digit) {
        (false, false, _) => None,
        (true, true, true) => Some(95),
        (true, true, false) => Some(91),
        _ if is_hex => Some(64),
        (_, _, true) => Some(83),
        (_, _, false) => Some(75),
    }
}

/// The last two symbols, and how many capitals in a row were the last.
struct Path {
    before: [usize; 2],
    upper: usize,
}

impl Path {
    fn step(&mut self, byte: u8) -> i32 {
        let upper = if byte.is_ascii_uppercase() { self.upper + 1 } else { 0 };
        let shifts = if upper > 0 {
            self.upper == 0 && self.before[1] != BREAK
        } else {
            self.upper > 1 && byte.is_ascii_lowercase()
        };
        self.upper = upper;
        let shift = if shifts { self.pay(SHIFT) } else { 0 };
        if byte.is_ascii_digit() {
            return shift + self.pay(DIGIT) + WHICH_DIGIT;
        }
        shift + self.pay(usize::from(byte.to_ascii_lowercase() - b'a'))
    }

    fn pay(&mut self, symbol: usize) -> i32 {
        let cost = TABLE[(self.before[0] * SYMBOLS + self.before[1]) * SYMBOLS + symbol];
        self.before = [self.before[1], symbol];
        i32::from(cost)
    }
}
