//! What stands at one start of a text, whoever sees it.

use super::scan::Found;
use um_secret::Verdict;

/// What stands at a start.
#[derive(Default)]
pub(crate) struct Sight<'a> {
    /// The text up to its end is a proper prefix of some form.
    pub(crate) open: bool,
    /// Where in the text the longest form ends, and which it is.
    pub(crate) longest: Option<(usize, Found<'a>)>,
    /// The same of the longest that is certain.
    pub(crate) certain: Option<(usize, Found<'a>)>,
}

impl<'a> Sight<'a> {
    /// Of the longest form that one search sees, and where in the text one of so many bytes ends.
    pub(crate) fn of(open: bool, longest: Option<Found<'a>>, end_of: impl Fn(usize) -> usize) -> Self {
        let ending = |form: Found<'a>| (end_of(form.length()), form);
        Self { open, longest: longest.map(ending), certain: longest.and_then(Found::certain).map(ending) }
    }

    /// With what stands at the same start and ends behind it.
    pub(crate) fn or_longer(self, other: Self) -> Self {
        let longer = |one: Option<(usize, Found<'a>)>, other: Option<(usize, Found<'a>)>| {
            other.filter(|(end, _)| one.is_none_or(|(one, _)| *end > one)).or(one)
        };
        Self {
            open: self.open || other.open,
            longest: longer(self.longest, other.longest),
            certain: longer(self.certain, other.certain),
        }
    }

    /// What is masked where forms of this verdict or a higher one are, and what passes beyond it.
    pub(crate) fn parted(self, least: Verdict) -> [Option<(usize, Found<'a>)>; 2] {
        match least {
            Verdict::Certain => {
                let masked_to = self.certain.map_or(0, |(end, _)| end);
                [self.certain, self.longest.filter(|(end, _)| *end > masked_to)]
            }
            _ => [self.longest, None],
        }
    }
}
