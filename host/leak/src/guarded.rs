//! What a filter looks for: the forms of all values, and whose they are.

use std::collections::HashMap;
use std::rc::Rc;

use um_base::Held;
use um_secret::KEY_NAME;

use crate::forms::table::Forms;
use crate::search::ids::Label;
use crate::search::scan::Matcher;
use crate::search::seams::Across;

#[derive(Default)]
pub(crate) struct Guarded {
    pub(crate) matcher: Matcher,
    /// Of the forms that are found across lines.
    pub(crate) across: Across,
    pub(crate) values: Vec<Named>,
    /// Whether a part of any is doubtful.
    pub(crate) has_doubtful: bool,
    /// The memory that is accounted for.
    pub(crate) held: Vec<Held>,
}

/// What the report calls a value and its parts.
#[derive(Default)]
pub(crate) struct Named {
    pub(crate) name: String,
    /// By their numbers, from 1 on.
    paths: Vec<Box<str>>,
}

/// What so many values take tells about how much others take.
const TELLING: usize = 64;
/// The most that is made ahead, in times of what there is.
const MOST_AHEAD: usize = 16;

impl Guarded {
    /// So many values are to be added.
    pub(crate) fn expect(&mut self, more: usize) {
        let known = self.values.len();
        let times = if known < TELLING { 1 } else { (more / known + 1).min(MOST_AHEAD) };
        self.matcher.expect(times);
        self.across.expect(times);
    }

    pub(crate) fn add(&mut self, name: &str, forms: Forms) {
        let secret = u32::try_from(self.values.len()).expect("fewer than four billion values are guarded");
        let (mut value, mut numbers) = (Named { name: name.to_owned(), ..Named::default() }, HashMap::new());
        for shape in forms {
            let part = shape.path.map_or(0, |path| value.number(path, &mut numbers));
            let label = Label { secret, part, form: shape.form, verdict: shape.verdict };
            self.has_doubtful |= !label.is_certain();
            if shape.across_lines {
                self.across.insert(shape.bytes.clone(), label);
            }
            self.matcher.insert(shape.bytes, label);
        }
        self.values.push(value);
    }

    /// The name of a value, and the path of its part.
    pub(crate) fn owner(&self, label: Label) -> (&str, Option<&str>) {
        let Some(Named { name, paths }) = self.values.get(label.secret as usize) else { return (KEY_NAME, None) };
        let path = usize::from(label.part).checked_sub(1).and_then(|number| paths.get(number));
        (name, path.map(|path| &**path))
    }
}

impl Named {
    /// The number of a path. Parts beyond what has room are told as the value itself.
    fn number(&mut self, path: Rc<str>, numbers: &mut HashMap<Rc<str>, u16>) -> u16 {
        if let Some(number) = numbers.get(&path) {
            return *number;
        }
        let Ok(number) = u16::try_from(self.paths.len() + 1) else { return 0 };
        self.paths.push(path.as_ref().into());
        numbers.insert(path, number);
        number
    }
}
