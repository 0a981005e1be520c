//! Names as they stand in messages. One may be a secret that was taken for a name, so it keeps a form that um-host masks:
//! as it is, or, where a control character would drive a terminal, as JSON writes it.

use std::borrow::Cow;

pub(crate) fn shown(name: &str) -> Cow<'_, str> {
    if !name.contains(char::is_control) {
        return Cow::Borrowed(name);
    }
    let quoted = serde_json::to_string(name).expect("every text can be written as JSON");
    Cow::Owned(quoted[1..quoted.len() - 1].to_owned())
}
