//! What a filter looks for: the forms of all values, and whose they are.

use um_base::Held;

use crate::forms::table::Forms;
use crate::search::ids::Label;
use crate::search::scan::Matcher;
use crate::search::seams::Across;

#[derive(Default)]
pub(crate) struct Guarded {
    pub(crate) matcher: Matcher,
    /// Of the forms that are found across lines.
    pub(crate) across: Across,
    pub(crate) names: Vec<String>,
    /// The memory that is accounted for.
    pub(crate) held: Vec<Held>,
}

impl Guarded {
    pub(crate) fn add(&mut self, name: &str, forms: Forms) {
        let secret = u32::try_from(self.names.len()).expect("fewer than four billion values are guarded");
        self.names.push(name.to_owned());
        for shape in forms {
            let label = Label { secret, form: shape.form };
            if shape.across_lines {
                self.across.insert(shape.bytes.clone(), label);
            }
            self.matcher.insert(shape.bytes, label);
        }
    }
}
