//! The names of the forms that a value was found in.

use std::fmt;

use serde::{Deserialize, Serialize};

use um_secret::Masking;

/// The family of encodings that a value was found in. One in another is called by the outer one, but for those that say
/// that they are twice the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Form {
    /// The value byte for byte.
    Raw,
    /// Without the white space around it.
    Trimmed,
    /// One line of a value that has several.
    Line,
    /// With its ASCII letters in lower case, as host names are written.
    Lowercase,
    /// With its ASCII letters in upper case.
    Uppercase,
    /// Its characters from last to first.
    Reversed,
    /// With its accents composed or apart (Unicode's NFC and NFD), or what others make of that.
    Normalized,
    /// A value with other white space between its lines or words.
    Joined,
    /// A string or number in a value that is JSON, the password of a URL or connection string, the value of a setting,
    /// the body of PEM, what base64 says.
    Part,
    /// Base64 in the standard alphabet, at each alignment, padded or not, with line breaks in it too.
    Base64,
    /// As [`Base64`](Self::Base64), in the alphabet for URLs (`-` and `_`).
    Base64Url,
    /// Base64 of base64.
    Base64Twice,
    /// Base32 of RFC 4648, at each alignment.
    Base32,
    /// Hexadecimal digits, with or without something between the bytes.
    Hex,
    /// `\163\153`
    Octal,
    /// A list of numbers or characters.
    Bytes,
    /// A value of digits alone as a number: in groups (`12,345,678`), in hexadecimal (`0xbc614e`), with an exponent
    /// (`1.2345678e7`), without zeros before it.
    Number,
    /// Percent-encoded, as in URLs and forms.
    Percent,
    /// A URL in a URL.
    PercentTwice,
    /// Escaped as in a JSON string.
    Json,
    /// JSON inside a JSON string.
    JsonTwice,
    /// References to characters in XML and HTML.
    Markup,
    /// Such references in which the `&` was replaced once more (`&amp;lt;`).
    MarkupTwice,
    /// As a programming language or a data format quotes text: Rust's `{:?}`, Python's `repr`, SQL, quoted-printable.
    Quoted,
    /// As a shell quotes text.
    Shell,
    /// UTF-16 in either order of bytes, and base64 of the little-endian one.
    #[serde(rename = "utf-16")]
    Utf16,
}

impl Form {
    /// All of them, in their order.
    pub const ALL: [Self; 26] = [
        Self::Raw,
        Self::Trimmed,
        Self::Line,
        Self::Lowercase,
        Self::Uppercase,
        Self::Reversed,
        Self::Normalized,
        Self::Joined,
        Self::Part,
        Self::Base64,
        Self::Base64Url,
        Self::Base64Twice,
        Self::Base32,
        Self::Hex,
        Self::Octal,
        Self::Bytes,
        Self::Number,
        Self::Percent,
        Self::PercentTwice,
        Self::Json,
        Self::JsonTwice,
        Self::Markup,
        Self::MarkupTwice,
        Self::Quoted,
        Self::Shell,
        Self::Utf16,
    ];

    /// What is looked for of a value of 8 bytes or more if it has several lines, several words or other parts.
    pub const OF_PARTS: [Self; 3] = [Self::Line, Self::Joined, Self::Part];

    /// The forms in which a whole value is looked for of which so much can be masked, [`OF_PARTS`](Self::OF_PARTS)
    /// aside, and [`Number`](Self::Number) and [`Normalized`](Self::Normalized), which values of digits alone have and
    /// those with accents. Which of them differ depends on the value: percent-encoding leaves letters and digits as they are.
    pub fn guarded(extent: Masking) -> Vec<Self> {
        match extent {
            Masking::EveryForm => {
                let of_some = [Self::Number, Self::Normalized];
                let of_all = |form: &Self| !of_some.contains(form) && !Self::OF_PARTS.contains(form);
                Self::ALL.into_iter().filter(of_all).collect()
            }
            Masking::RawOnly => vec![Self::Raw, Self::Trimmed],
            Masking::Nothing(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Raw => "raw",
            Self::Trimmed => "trimmed",
            Self::Line => "line",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
            Self::Reversed => "reversed",
            Self::Normalized => "normalized",
            Self::Joined => "joined",
            Self::Part => "part",
            Self::Base64 => "base64",
            Self::Base64Url => "base64-url",
            Self::Base64Twice => "base64-twice",
            Self::Base32 => "base32",
            Self::Hex => "hex",
            Self::Octal => "octal",
            Self::Bytes => "bytes",
            Self::Number => "number",
            Self::Percent => "percent",
            Self::PercentTwice => "percent-twice",
            Self::Json => "json",
            Self::JsonTwice => "json-twice",
            Self::Markup => "markup",
            Self::MarkupTwice => "markup-twice",
            Self::Quoted => "quoted",
            Self::Shell => "shell",
            Self::Utf16 => "utf-16",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::forms::table;
    use um_secret::{Parts, masking};

    #[test]
    fn the_forms_that_are_told_to_be_guarded_are_those_that_are_made() {
        let made = |value: &str| {
            let forms = table::of(value, masking(value), &Parts::default()).into_iter();
            forms.map(|shape| shape.form).collect::<BTreeSet<_>>()
        };
        let told = |value: &str| Form::guarded(masking(value)).into_iter().collect::<BTreeSet<_>>();
        let rich = " quotes & \"quotes\" of $(this) and 'that' \u{3bb}, Light???>>>~~~work ";
        let with_blanks: BTreeSet<_> = made(rich).symmetric_difference(&told(rich)).copied().collect();
        assert_eq!(with_blanks, BTreeSet::from([Form::Joined]));
        let with_accents: BTreeSet<_> =
            made(&rich.replace('\u{3bb}', "\u{fc}")).difference(&made(rich)).copied().collect();
        assert_eq!(with_accents, BTreeSet::from([Form::Normalized]));
        let with_parts = "k7x!k7x!\npostgres://app:k7x-p4ssw0rd@db/x";
        let parts: BTreeSet<_> = made(with_parts).difference(&told(with_parts)).copied().collect();
        assert_eq!(parts, BTreeSet::from(Form::OF_PARTS));
        assert!(made("16C7e42F292c6912E7710c838347Ae178B4a").is_subset(&told("16C7e42F292c6912E7710c838347Ae178B4a")));
        assert_eq!([made("k7x!"), made(" k7x!a ")], [BTreeSet::from([Form::Raw]), told("k7x!")]);
        assert_eq!(made("abc"), told("abc"));
    }

    #[test]
    fn a_form_reads_the_same_in_text_and_in_json() {
        for form in Form::ALL {
            assert_eq!(serde_json::to_value(form).unwrap(), form.to_string());
        }
    }
}
