//! A text that is base64 of another: of a login, most often, or of a file.

use super::base64::decode;
use super::login;
use super::path::Path;
use super::setting::Setting;

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) {
    if let Some(decoded) = decode(text) {
        let path = at.place("base64");
        login::read_halves(decoded.trim(), &path, found);
        found.push(Setting::new(path, &decoded));
    }
}
