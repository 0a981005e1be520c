//! What guessers of a sealed value have in common: the value, guesses of it, and chance that can be had again.

pub const TOKEN: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";
/// From here on the classes differ.
pub const DIFFERENT: f64 = 4.5;
/// A busy machine may show a difference that is not there: one counts that is there so often on end.
pub const ATTEMPTS: u64 = 3;

/// What a right guess is of a form of the value: its beginning, or any part of it.
#[derive(Clone, Copy, Debug)]
pub enum Guess {
    Prefixes,
    Windows,
}

/// How many guesses are made: those that are asked for, or else so many.
pub fn guesses(usually: usize) -> usize {
    std::env::var("UM_HOST_ORACLE_GUESSES").ok().and_then(|count| count.parse().ok()).unwrap_or(usually)
}

/// Numbers that look random, the same in each run of a test (xorshift64*).
pub struct Dice(pub u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(0x9e37_79b9_7f4a_7c15 ^ seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    /// As the token in length and kinds of characters.
    pub fn token(&mut self) -> String {
        let mut like = |character: char| match character {
            '0'..='9' => char::from(b'0' + self.below(10) as u8),
            'a'..='z' => char::from(b'a' + self.below(26) as u8),
            'A'..='Z' => char::from(b'A' + self.below(26) as u8),
            other => other,
        };
        TOKEN.chars().map(&mut like).collect()
    }
}
