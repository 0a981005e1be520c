//! Where the kills hit and what they left, for people to look at.

use std::io::Write;

use super::scenes::Side;

/// One verb, and for each gap how often it was hit.
pub struct Histogram {
    verb: String,
    gaps: Vec<Gap>,
}

pub struct Gap {
    name: String,
    pub before: usize,
    pub after: usize,
}

impl Histogram {
    /// The gaps before, between and after these steps.
    pub fn new(verb: String, steps: &[String]) -> Self {
        let from = std::iter::once("start").chain(steps.iter().map(String::as_str));
        let to = steps.iter().map(String::as_str).chain(["end"]);
        let gap = |(from, to)| Gap { name: format!("{from} .. {to}"), before: 0, after: 0 };
        Self { verb, gaps: from.zip(to).map(gap).collect() }
    }

    pub fn count(&mut self, gap: usize, side: Side) {
        match side {
            Side::Before => self.gaps[gap].before += 1,
            Side::After => self.gaps[gap].after += 1,
        }
    }

    pub fn kills(&self, gap: usize) -> usize {
        self.gaps[gap].before + self.gaps[gap].after
    }

    pub fn total(&self) -> usize {
        (0..self.gaps.len()).map(|gap| self.kills(gap)).sum()
    }

    /// The gaps that were hit less often than `quota` times.
    pub fn missed(&self, quota: usize) -> Vec<String> {
        let short = self.gaps.iter().filter(|gap| gap.before + gap.after < quota);
        short.map(|gap| format!("{}: {}", self.verb, gap.name)).collect()
    }
}

/// Prints past the capture of the test harness: a run that went well shows them too.
pub fn print(title: &str, histograms: &[Histogram]) {
    let mut text = format!("\n{title}\n{:48} {:34} {:>5} {:>6} {:>5}\n", "verb", "gap", "kills", "before", "after");
    for Histogram { verb, gaps } in histograms {
        for Gap { name, before, after } in gaps {
            text += &format!("{verb:48} {name:34} {:>5} {before:>6} {after:>5}\n", before + after);
        }
    }
    let total: usize = histograms.iter().map(Histogram::total).sum();
    text += &format!("{total} kills\n\n");
    let _ = std::io::stderr().write_all(text.as_bytes());
}
