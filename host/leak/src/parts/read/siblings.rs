//! A setting whose name and value are two: `{"name": "DB_PASSWORD", "value": "k7x!k7x!"}`, as containers and templates
//! have it.

use super::setting::Setting;

/// What holds the name of a setting, and what its value, in lower case.
const NAMING: [&str; 4] = ["name", "key", "parameterkey", "parametername"];
const VALUES: [&str; 3] = ["value", "parametervalue", "defaultvalue"];

/// Names what one reader found, in its order.
pub(super) fn name(found: &mut [Setting]) {
    // The name that was seen last, and the value that was. They stand beside each other, in either order.
    let (mut name, mut value): (Option<usize>, Option<usize>) = (None, None);
    for at in 0..found.len() {
        let Some((_, called)) = found[at].path.last_name() else { continue };
        let called = called.to_ascii_lowercase();
        if NAMING.contains(&&called[..]) {
            name = Some(at);
        } else if VALUES.contains(&&called[..]) {
            value = Some(at);
        } else {
            continue;
        }
        if let (Some(name), Some(value)) = (name, value) {
            join(found, name, value);
        }
    }
}

/// Calls the value what the name says, if both stand in the same place.
fn join(found: &mut [Setting], name: usize, value: usize) {
    let (Some((one, _)), Some((other, _))) = (found[name].path.last_name(), found[value].path.last_name()) else {
        return;
    };
    if one.is_same(other) {
        let path = one.name(value, found[name].text());
        found[value].path = path;
    }
}
