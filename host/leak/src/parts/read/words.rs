//! What stands in a line of words: what follows `Bearer`, URLs and logins with a host.

use super::base64::decode;
use super::path::Path;
use super::setting::{Role, Setting};

/// What stands before a token, in lower case: RFC 6750, APIs, files of .netrc and sentences.
const ANNOUNCING: [&str; 7] = ["bearer", "token", "password", "apikey", "api-key", "key", "secret"];

pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) {
    let words: Vec<&str> = text.split_whitespace().collect();
    for (number, two) in words.windows(2).enumerate() {
        let [first, second] = two else { continue };
        let first = first.trim_end_matches(':');
        // RFC 6750 and 7617: what they announce can be nothing else, if it is all that there is.
        let is_bearer = first.eq_ignore_ascii_case("bearer") && number + 2 == words.len();
        let is_basic = first.eq_ignore_ascii_case("basic") && decode(second).is_some();
        let is_announced = ANNOUNCING.iter().any(|word| first.eq_ignore_ascii_case(word));
        let second = second.trim_matches(['"', '\'', ',', ';']);
        if is_basic {
            found.push(Setting::new(at.place("basic"), second).certain());
        } else if is_bearer {
            found.push(Setting::new(at.place("bearer"), second).called("token"));
        } else if is_announced {
            found.push(Setting::new(at.place("word").number(number + 1), second).is(Role::OneOf).called("token"));
        }
    }
    let may_tell = |word: &str| word.contains("://") || word.contains('@') && word.contains([':', '/']);
    let urls = words.iter().enumerate().filter(|(_, word)| words.len() > 1 && may_tell(word));
    for (number, word) in urls {
        let url = word.trim_matches(['"', '\'', '<', '>', '(', ')', '[', ']', ',', ';']);
        found.push(Setting::new(at.place("word").number(number), url).is(Role::OneOf));
    }
}
