//! The strings and numbers in a value that is JSON.

use std::ops::Range;
use std::rc::Rc;

use zeroize::Zeroizing;

use super::list::Parts;
use super::telling::tells;
use crate::form::Form;
use um_base::Work;
use um_base::json::{Kind, Token, tokens, unescape};

/// Whether a text is a list, an object or a string of JSON. A number or word by itself has no parts.
pub(super) fn is_json(text: &str) -> bool {
    text.starts_with(['{', '[', '"']) && tokens(text, &Work::unlimited()).all(|token| token.is_ok())
}

impl Parts {
    /// Elements of an array have its name.
    pub(super) fn add_leaves(&mut self, text: &str, depth: usize) {
        // What is read next, in each list or object that is open and outside of all, is called so.
        let mut names = vec![Rc::new(Zeroizing::new(String::new()))];
        for Token { kind, span, .. } in tokens(text, &Work::unlimited()).map_while(Result::ok) {
            match (kind, names.last_mut()) {
                (Kind::List | Kind::Object, Some(name)) => {
                    let same = Rc::clone(name);
                    names.push(same);
                }
                (Kind::ListEnd | Kind::ObjectEnd, _) => _ = names.pop(),
                (Kind::Key, Some(name)) => *name = Rc::new(said(text, span)),
                (Kind::Text, Some(name)) => {
                    let text = said(text, span);
                    self.add_leaf(name, text.trim());
                    self.add_inner(text.trim(), depth + 1);
                }
                (Kind::Number, Some(name)) => self.add_leaf(name, &text[span]),
                _ => {}
            }
        }
    }

    fn add_leaf(&mut self, name: &str, text: &str) {
        if tells(name, text) {
            self.add_part(Form::Part, text);
        }
    }
}

/// What the string that stands there says.
fn said(text: &str, span: Range<usize>) -> Zeroizing<String> {
    let inside = &text[span.start + 1..span.end - 1];
    // No escape is shorter than what it stands for.
    let mut bytes = Zeroizing::new(Vec::with_capacity(inside.len()));
    unescape(inside, usize::MAX, &mut bytes);
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}
