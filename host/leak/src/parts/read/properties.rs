//! Whatever a text is, it is read to the end, always the same, and not too often.

use proptest::prelude::*;

use super::settings;
use super::tests::found;

/// Characters that readers take for structure, and some that they do not.
fn texts() -> impl Strategy<Value = String> {
    let pieces = [
        "\"",
        "'",
        "`",
        "\\",
        "\n",
        "\r\n",
        "\t",
        " ",
        ": ",
        ":",
        "=",
        " = ",
        ",",
        ";",
        "|",
        "&",
        "#",
        "//",
        "/*",
        "*/",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "</a>",
        "<a b=",
        "&amp;",
        "&#",
        "-",
        "- ",
        "---",
        "-----BEGIN KEY-----",
        "-----END KEY-----",
        "<<EOF",
        "EOF",
        "@",
        "://",
        "%41",
        "%",
        "$",
        "*",
        "!",
        "!!str",
        "é",
        "\u{feff}",
        "\u{2028}",
        "\u{a0}",
        "\u{0}",
        "\\u00e9",
        "\\ud83d",
        "\\x",
        "a",
        "key",
        "password",
        "k7x!k7x!",
        "azd4IWs3eCFrN3gh",
        "machine",
        "login",
        "default",
        "bearer",
        "export ",
        "setx ",
        "name",
        "value",
        "5432",
        "\"\"\"",
        "?",
        "~",
        "{{",
        "}}",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_read_and_always_the_same(text in prop_oneof![texts(), "\\PC{0,200}"]) {
        let once = found(&text);
        prop_assert_eq!(&once, &found(&text));
        // Each reading is no longer than the text, and there are few.
        let bytes: usize = settings(&text).iter().flat_map(|setting| &setting.texts).map(|text| text.len()).sum();
        prop_assert!(bytes <= 100 * text.len() + 1000, "{} of {}", bytes, text.len());
    }
}

#[test]
fn of_no_text_too_much_is_read() {
    let repeated = [
        "\"",
        "'\\",
        "[",
        "{",
        "{a:",
        "- ",
        "a: ",
        "<a>",
        "<a b='c'>",
        "a=\"",
        "a='\\'\n",
        "(",
        "k7x!k7x!,",
        "@",
        "a:b@",
        "a://",
        "\\n",
        "-----BEGIN ",
        "A=<<B\n",
        "A=b\\\n",
        "a = [",
        "a.",
        "&#",
        "x y ",
        "[[a]]\n",
        "\"a\\\" ",
        "a=b;",
        "a: \"b\n",
        "machine a password b\n",
        "? ",
        "*a ",
        "&a ",
        "!a ",
        "é: \"é\\\"\"\n",
    ];
    for piece in repeated {
        let value = piece.repeat(64 * 1024 / piece.len());
        let settings = settings(&value);
        let bytes: usize = settings.iter().flat_map(|setting| &setting.texts).map(|text| text.len()).sum();
        assert!(bytes <= 64 * value.len(), "{piece}: {bytes}");
    }
}
