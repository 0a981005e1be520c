//! One setting that a reader found in a text.

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::base64::decode;
use super::path::Path;
use crate::form::Form;
use crate::parts::verdict::judge;
use um_secret::Verdict;

/// What is certain of a setting by the place where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::parts) enum Role {
    /// It says so itself, for example the password of a URL.
    Is(Verdict),
    /// Its names and what it says are judged.
    Judged,
    /// The same, but what is plain without its names is plain: one of several values, or what may be a value.
    OneOf,
    /// A line of a text that is no list of settings: a part of the secret, whatever it says.
    Line,
}

/// A setting: where it stands, and what it says.
pub(in crate::parts) struct Setting {
    pub(in crate::parts) path: Path,
    /// First as its readers take it. Then, if that differs, as it stands in the text: with its escapes, with what may be
    /// a comment. These count if the first does.
    pub(in crate::parts) texts: Vec<Zeroizing<String>>,
    pub(in crate::parts) role: Role,
    pub(in crate::parts) form: Form,
    /// What it is called besides its path, to be judged.
    kind: Option<&'static str>,
    /// Whether there is nothing to be read in it.
    pub(super) is_whole: bool,
}

impl Setting {
    /// Without the white space around it.
    pub(super) fn new(path: Path, text: &str) -> Self {
        Self::said(path, vec![Zeroizing::new(text.trim().to_owned())])
    }

    /// What a text says, in each of its readings.
    pub(super) fn said(path: Path, texts: Vec<Zeroizing<String>>) -> Self {
        Self { path, texts, role: Role::Judged, form: Form::Part, kind: None, is_whole: false }
    }

    pub(super) fn is(self, role: Role) -> Self {
        Self { role, ..self }
    }

    pub(super) fn certain(self) -> Self {
        self.is(Role::Is(Verdict::Certain))
    }

    /// Whatever it looks like, it has no settings of its own.
    pub(super) fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    pub(super) fn line(self) -> Self {
        Self { form: Form::Line, ..self }
    }

    /// It is judged as if it were called that.
    pub(super) fn called(self, kind: &'static str) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Whether it is the line of a value that is too short to be looked for.
    pub(super) fn is_for_short(&self) -> bool {
        self.form == Form::Line && matches!(self.role, Role::Is(_))
    }

    /// The same in another writing.
    pub(super) fn or(mut self, text: Option<Zeroizing<String>>) -> Self {
        self.texts.extend(text.filter(|text| !text.is_empty() && !self.texts.contains(text)));
        self
    }

    pub(in crate::parts) fn text(&self) -> &str {
        self.texts.first().map_or("", |text| text)
    }

    /// Whether it is a secret, by our rules.
    pub(in crate::parts) fn verdict(&self) -> Verdict {
        let text = self.text();
        let judged = || {
            let mut names = self.path.names();
            names.extend(self.kind);
            judge_encoded(&names, text)
        };
        match self.role {
            Role::Is(verdict) => verdict,
            Role::Judged => judged(),
            Role::OneOf if judge_encoded(&[], text) == Verdict::Plain => Verdict::Plain,
            Role::OneOf => judged(),
            Role::Line if judge_encoded(&[], text) == Verdict::Plain => Verdict::Doubtful,
            Role::Line => Verdict::Certain,
        }
    }
}

/// What says something plain in base64 is plain.
fn judge_encoded(names: &[&str], text: &str) -> Verdict {
    match judge(names, text) {
        Verdict::Plain => Verdict::Plain,
        verdict => match decode(text) {
            Some(decoded) if judge(names, decoded.trim()) == Verdict::Plain => Verdict::Plain,
            _ => verdict,
        },
    }
}

/// Adds what one more reader found in the same text, but for what was found before.
pub(super) fn add_new(found: &mut Vec<Setting>, more: Vec<Setting>) {
    let mut new = more;
    let known: HashSet<&str> = found.iter().flat_map(|setting| &setting.texts).map(|text| &text[..]).collect();
    new.retain(|setting| setting.texts.iter().any(|text| !known.contains(&text[..])));
    drop(known);
    found.append(&mut new);
}
