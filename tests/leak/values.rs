//! Which values are guarded, in which forms, and how leaks are counted.

use serde_json::json;
use um_leak::{End, Filter, Form, Stream};

use super::{AtOnce, guarding, redact};

#[test]
fn what_cannot_be_masked_is_named_and_passes() {
    let filter = Filter::new();
    for (name, value) in [("SHORT", "abc"), ("WORD", "Admin"), ("GOOD", "hunter22"), ("SHORT", "abc"), ("RAW", "k7x!")]
    {
        filter.guard(name, value);
    }
    assert_eq!(filter.unguarded(), ["SHORT", "WORD"]);
    assert_eq!(filter.text(Stream::Stdout, "abc Admin hunter22 k7x! 6b377821"), "abc Admin *** *** 6b377821");
}

#[test]
fn what_known_writers_make_of_a_value_is_masked() {
    for (value, written) in [
        // Rust: NON_ALPHANUMERIC, CONTROLS
        ("sk-live_Ab3.dEf7-Gh1_jK9.mN2p", "sk%2Dlive%5FAb3%2EdEf7%2DGh1%5FjK9%2EmN2p"),
        ("tok~en k#é;xY7", "tok~en k#%C3%A9;xY7"),
        // a tilde that is encoded, a space that is no plus
        ("tok~en k-x_Y.7", "tok%7Een%20k-x_Y.7"),
        // ECMAScript's escape, Ruby's DEFAULT_PARSER, Go's PathEscape
        ("a+b/c@d*e=f&g:h;i", "a+b/c@d*e%3Df%26g%3Ah%3Bi"),
        ("a+b/c[d]e=f&g#h^i", "a+b/c[d]e=f&g%23h%5Ei"),
        ("a+b/c@d*e=f&g:h;i", "a+b%2Fc@d%2Ae=f&g:h%3Bi"),
        // nobody in particular
        ("wJal/UtnF+MI=", "wJal%2fUtnF%2BMI%3d"),
        ("a+b/c@d!e0123456", "a%2bb/c%40d!e0123456"),
        // .NET's System.Text.Json, Gson
        ("k+7&<'\"`x\u{e9}012", "k\\u002B7\\u0026\\u003C\\u0027\\u0022\\u0060x\\u00E9012"),
        ("k=7&<>'x\"012", "k\\u003d7\\u0026\\u003c\\u003e\\u0027x\\\"012"),
        ("line one\nline 2", "line one\\u000aline 2"),
        ("line one\nline 2", "line one\\u000Aline 2"),
        ("hunter2+", "\\u0068\\u0075\\u006e\\u0074\\u0065\\u0072\\u0032\\u002b"),
        ("hunter2+", "\\\\u0068\\\\u0075\\\\u006E\\\\u0074\\\\u0065\\\\u0072\\\\u0032\\\\u002B"),
        ("Ab3.dEf7-Gh1", "AB3.DEF7-GH1"),
        // Rust's {:?} and escape_debug, Python's repr of bytes
        ("it's\u{1b}[1m\0 \"x\"", "it's\\u{1b}[1m\\0 \\\"x\\\""),
        ("it's\u{1b}[1m\0 \"x\"", "it\\'s\\u{1b}[1m\\0 \\\"x\\\""),
        ("it\u{1b}[1m\u{e9}2345", "it\\x1b[1m\\xc3\\xa92345"),
        // Ruby's inspect, PyYAML, Properties.store, nginx
        ("a#{b}#@c\"d#e123", "a\\#{b}\\#@c\\\"d#e123"),
        ("p\u{e4}ss \u{3bb}\u{1d11e}1", "p\\xE4ss \\u03BB\\U0001D11E1"),
        ("a=b:c#d!\\\u{3bb}\u{1d11e}", "a\\=b\\:c\\#d\\!\\\\\\u03BB\\uD834\\uDD1E"),
        ("p\u{e4}ss\"w\\rd1", "p\\xC3\\xA4ss\\x22w\\x5Crd1"),
        // http.cookies, quoted-printable
        ("a;b,c\"d\\0123", "a\\073b\\054c\\\"d\\\\0123"),
        ("a=b\u{e9}c==", "a=3Db=C3=A9c=3D=3D"),
        // ODBC, templates, re.escape, QuoteMeta
        ("p{ss}w{}rd", "p{ss}}w{}}rd"),
        ("p{ss}w{}rd", "p{{ss}}w{{}}rd"),
        ("a-b c#d.e_f!/0", "a\\-b\\ c\\#d\\.e_f!/0"),
        ("a-b c#d.e_f!/0", "a-b c#d\\.e_f!/0"),
        // lists of characters and numbers
        ("k7'x\"w\\00", "k, 7, ', x, \", w, \\, 0, 0"),
        ("k7'x\"w\\0", "k', '7', \"'\", 'x', '\"', 'w', '\\\\', '0"),
        ("k7'x\"w\\0", "k\", \"7\", \"'\", \"x\", \"\\\"\", \"w\", \"\\\\\", \"0"),
        ("k7'x\"w\\0", "k\",\"7\",\"'\",\"x\",\"\\\"\",\"w\",\"\\\\\",\"0"),
        ("k7x!k7x!", "6b, 37, 78, 21, 6b, 37, 78, 21"),
        ("k7x!k7x!", "0x6b', '0x37', '0x78', '0x21', '0x6b', '0x37', '0x78', '0x21"),
        // Django's escapejs, and whoever minds one kind
        ("k7x!-token-12", "k7x!\\u002Dtoken\\u002D12"),
        ("k7x!-token-12", "k7x\\u0021-token-12"),
        ("k7x'\"!+-/token=12", "k7x'\\\"!\\u002b-/token=12"),
        // dash
        ("a''b'0123'", "a'\"''\"'b'\"'\"'0123'\"'\""),
        // NFC, NFD; in JSON, in a URL
        ("caf\u{e9}-k7x!-0123", "cafe\u{301}-k7x!-0123"),
        ("cafe\u{301}-k7x!-0123", "caf\u{e9}-k7x!-0123"),
        ("caf\u{e9}-k7x!-0123", "cafe\\u0301-k7x!-0123"),
        ("caf\u{e9}-k7x!-0123", "cafe%CC%81-k7x!-0123"),
        // words of mail
        ("k7x_token=12 \u{e9}", "k7x=5Ftoken=3D12_=C3=A9"),
        // JSON in repr, a URL, base64, HTML; HTML in repr and in JSON; a command and repr in JSON; a URL in HTML
        ("pa\"s's-w\\rd", "pa\\\\\"s\\'s-w\\\\\\\\rd"),
        ("pa\"ss-w\\rd", "pa%5C%22ss-w%5C%5Crd"),
        ("pa\"ss-w\\rd", "cGFcInNzLXdcXHJk"),
        ("pa\"ss<w\\rd", "pa\\&quot;ss&lt;w\\\\rd"),
        ("pa\"s's-w\\rd", "pa&quot;s\\'s-w\\\\rd"),
        ("pa's\\<\"w0rd", "pa's\\\\&lt;&quot;w0rd"),
        ("pa's-w0rd1", "pa'\\\\''s-w0rd1"),
        ("pa's-w0rd1", "pa'\\\"'\\\"'s-w0rd1"),
        ("pa's\"-w0rd", "pa\\\\'s\\\"-w0rd"),
        ("pa's &w0rd", "pa&#39;s%20%26w0rd"),
    ] {
        let out = guarding(&[value]).text(Stream::Stdout, &format!("<{written}>"));
        assert_eq!(out, "<***>", "{written}");
    }
    let value = "it's\u{1b}[1m\0 \u{e9} \"x\"\n";
    for quoted in
        [format!("{value:?}"), format!("\"{}\"", value.escape_debug()), format!("\"{}\"", value.escape_default())]
    {
        assert_eq!(guarding(&[value]).text(Stream::Stdout, &quoted), "\"***\\n\"", "{quoted}");
    }
}

#[test]
fn a_value_of_26_bytes_is_masked_with_line_breaks_in_it() {
    let masked = |value: &str, text: &str| guarding(&[value]).text(Stream::Stdout, text);
    let text = "the k7x!Lq2_\r\n    wZ9mRt4hu5\n  cL8n(v*/.";
    assert_eq!(masked("k7x!Lq2_wZ9mRt4hu5cL8n(v*/", text), "the ***.");
    assert_eq!(masked("k7x!Lq2_wZ9mRt4hu5cL8n(v*", text), text);
    assert_eq!(masked("k7x! q2_wZ9mRt4 u5cL8n(v*/", "the k7x! q2_\n    wZ9mRt4 \nu5cL8n(v*/."), "the ***.");
}

/// Each piece of a wrapped value stood in a line of its own with a border, and none was masked.
#[test]
fn a_value_in_borders_or_behind_prefixes_is_masked() {
    let filter = guarding(&["sk-live_4eC39HqLyjWDarjtT1zdp7dcXq", "correct horse: battery staple"]);
    for (text, expected) in [
        ("│ sk-live_4eC39 │\n│ HqLyjWDarjtT │\n│ 1zdp7dcXq    │", "│ ***    │"),
        ("| sk-live_4eC39 |\r\n| HqLyjWDarjtT1zdp7dcXq |", "| *** |"),
        ("> > sk-live_4eC39\n> > HqLyjWDarjtT1zdp7dcXq", "> > ***"),
        ("('sk-live_4eC39'\n 'HqLyjWDarjtT1zdp7dcXq')", "('***')"),
        ("[b'sk-live_4eC39',\n b'HqLyjWDarjtT1zdp7dcXq']", "[b'***']"),
        ("\"sk-live_4eC39\" +\n  \"HqLyjWDarjtT1zdp7dcXq\";", "\"***\";"),
        ("// sk-live_4eC39\n// HqLyjWDarjtT1zdp7dcXq", "// ***"),
        ("sk-live_4eC39HqLyjWD\\\narjtT1zdp7dcXq", "***"),
        ("sk-live_4eC39HqLyjWD=\r\narjtT1zdp7dcXq", "***"),
        ("X: =?utf-8?q?sk-live=5F4eC39?=\n =?utf-8?q?HqLyjWDarjtT1zdp7dcXq?=", "X: =?utf-8?q?***?="),
        ("10:59:59 app: sk-live_4eC39HqLyjWD\n11:00:00 app: arjtT1zdp7dcXq!", "10:59:59 app: ***!"),
        ("\"sk-live_4eC39HqLyjWD\\narjtT1zdp7dcXq\"", "\"***\""),
        ("\"sk-live_4eC39HqLyjWD\\\\r\\\\narjtT1zdp7dcXq\"", "\"***\""),
        ("X: correct horse:\r\n battery staple", "X: ***"),
        ("> correct horse:\n> battery staple", "> ***"),
    ] {
        assert_eq!(filter.text(Stream::Stdout, text), expected, "{text}");
    }
}

#[test]
fn what_only_begins_like_a_value_in_a_border_is_not_masked() {
    let filter = guarding(&["sk-live_4eC39HqLyjWDarjtT1zdp7dcXq"]);
    for text in [
        "│ sk-live_4eC39 │\n│ something else │",
        "> sk-live_4eC39\n\nHqLyjWDarjtT1zdp7dcX",
        // so few bytes before it might be anything's
        "│ sk-l │\n│ ive_4eC39HqLyjWDarjtT1zdp7dcXq │",
        "10:59:59 app: sk-live_4eC39\n11:00:00 app: HqLyjWDarjtT1zdp7dcXq",
        "\"sk-live_4eC39\\nHqLyjWDarjtT1zdp7dcXq\"",
        "sk-live_4eC39=\r\nHqLyjWDarjtT1zdp7dcXq",
        // another line in between
        "> sk-live_4eC39\n> and\n> HqLyjWDarjtT1zdp7dcXq",
    ] {
        assert_eq!(filter.text(Stream::Stdout, text), text);
    }
}

#[test]
fn a_value_that_is_broken_at_an_early_hyphen_is_masked_behind_it() {
    for (value, text, expected) in [
        ("sk-live_4eC39HqLyjWDarjtT1zdp7", "is sk-\nlive_4eC39HqLyjWD\n arjtT1zdp7", "is sk-\n***"),
        ("a-sk-pr-4eC39HqLyjWDarjtT1zdp70", "is a-sk-\n  pr-4eC39HqLyjWDarjtT1zdp70", "is a-sk-\n  ***"),
        ("a-sk-pr_4eC39HqLyjWDarjtT1zdp70", "is a-\nsk-\npr_4eC39HqLyjWDarjtT1zdp70", "is a-\nsk-\n***"),
        ("prefix-4eC39HqLyjWDarjtT1zdp70abc", "is prefix-\n4eC39HqLyjWDarjtT1zdp70abc", "is prefix-\n***"),
        ("prefix1-4eC39HqLyjWDarjtT1zdp70abc", "is prefix1-\n4eC39HqLyjWDarjtT1zdp70abc", "is ***"),
    ] {
        assert_eq!(guarding(&[value]).text(Stream::Stdout, text), expected, "{value}");
    }
    for (value, text) in [
        ("a-sk-pr-4eC39HqLyjWDarjtT1zdp7", "is a-sk-\n  pr-4eC39HqLyjWDarjtT1zdp7"),
        ("a-sk pr-4eC39HqLyjWDarjtT1zdp70a", "is a-\n  sk pr-4eC39HqLyjWDarjtT1zdp70a"),
        ("prefix1-4eC39HqLyjWDarjtT1zdp70abc", "it is 4eC39HqLyjWDarjtT1zdp70abc"),
    ] {
        assert_eq!(guarding(&[value]).text(Stream::Stdout, text), text, "{value}");
    }
}

#[test]
fn a_program_that_guards_a_common_value_itself_is_obeyed_from_eight_bytes_on() {
    let filter = Filter::new();
    filter.guard("PASSWORD", "password");
    assert_eq!(filter.text(Stream::Stdout, "a password, aaaaaaaa"), "a password, aaaaaaaa");
    for value in ["password", "aaaaaaaa", "true    "] {
        filter.guard_anyway("guarded value", value, Vec::new());
        assert!(filter.knows_value(value), "{value}");
    }
    let text = "a password, aaaaaaaa, 70617373776f7264, PASSWORD, true, true    ";
    assert_eq!(filter.text(Stream::Stdout, text), "a ***, ***, ***, ***, true, ***");
    filter.guard_anyway("guarded value", "secret", Vec::new());
    assert_eq!(filter.unguarded(), ["PASSWORD", "guarded value"], "it is too short");
}

#[test]
fn no_part_or_form_shorter_than_eight_bytes_is_looked_for() {
    let filter = guarding(&["{\n  \"a\": 1\n}\nlong enough line"]);
    assert_eq!(filter.text(Stream::Stdout, "{ \"a\": 1 }"), "{ \"a\": 1 }");
    assert_eq!(filter.text(Stream::Stdout, "> long enough line"), "> ***");
}

#[test]
fn leaks_are_counted_by_secret_stream_and_form() {
    let filter = Filter::new();
    filter.guard("KEY", "k7x!k7x!k7x?");
    filter.guard("KEY", "k7x!k7x!k7x?");
    filter.guard("PEM", "first line of it\nsecond line");
    filter.text(Stream::Stdout, "k7x!k7x!k7x? k7x!k7x!k7x?k7x!k7x!k7x? 6b3778216b3778216b37783f");
    filter.text(Stream::Document("a.txt".to_owned()), "first line of it\nsecond line and second line");
    filter.text(Stream::Error, "azd4IWs3eCFrN3g/ azd4IWs3eCFrN3g_");
    let report = serde_json::to_value(filter.report()).unwrap();
    assert_eq!(
        report,
        json!([
            {"secret": "KEY", "stream": "stdout", "form": "raw", "count": 2},
            {"secret": "KEY", "stream": "stdout", "form": "hex", "count": 1},
            {"secret": "KEY", "stream": "error", "form": "base64", "count": 1},
            {"secret": "KEY", "stream": "error", "form": "base64-url", "count": 1},
            {"secret": "PEM", "stream": "document a.txt", "form": "raw", "count": 1},
            {"secret": "PEM", "path": "line[2]", "stream": "document a.txt", "form": "line", "count": 1},
        ])
    );
}

#[test]
fn a_value_that_is_printed_once_is_one_leak_however_it_was_cut() {
    let lines: String = (0..4096).map(|line| format!("{:015x}\n", line * 0x0123_4567_89ab_u64)).collect();
    let periodic = "ab".repeat(20);
    let pem = "first line of it\nsecond line of it\nthird line of it".to_owned();
    for value in [lines.trim_end().to_owned(), periodic, pem] {
        let text = format!("<{value}> and <{}>", value.repeat(3)).into_bytes();
        let sevens: Vec<usize> = (0..text.len()).step_by(7).collect();
        for cuts in [&[][..], &sevens] {
            let filter = guarding(&[&value]);
            redact(&filter, &text, cuts, End::Chosen);
            let counted: Vec<(Form, u64)> = filter.report().iter().map(|leak| (leak.form, leak.count)).collect();
            assert_eq!(counted, [(Form::Raw, 2)], "{} bytes", value.len());
        }
    }
}

#[test]
fn secrets_that_share_a_mask_are_each_counted_in_it() {
    let filter = Filter::new();
    filter.guard("ONE", "k7x!k7x!k7x?");
    filter.guard("OTHER", "x?p9w-p9w-p9w");
    filter.text(Stream::Stdout, "k7x!k7x!k7x?p9w-p9w-p9wk7x!k7x!k7x? k7x!k7x!k7x?");
    let counted: Vec<(String, u64)> = filter.report().into_iter().map(|leak| (leak.secret, leak.count)).collect();
    assert_eq!(counted, [("ONE".to_owned(), 2), ("OTHER".to_owned(), 1)]);
}

/// The password of a database is most often in its URL too.
#[test]
fn a_value_that_is_a_part_of_another_is_reported_by_its_own_name() {
    let (url, password) = (("DATABASE_URL", "postgres://app:k7x-p4ssw0rd-9@db/x"), ("DB_PASSWORD", "k7x-p4ssw0rd-9"));
    for values in [[url, password], [password, url]] {
        let filter = Filter::new();
        values.iter().for_each(|(name, value)| filter.guard(name, value));
        filter.text(Stream::Stdout, "got k7x-p4ssw0rd-9");
        let told: Vec<(String, Form)> = filter.report().into_iter().map(|leak| (leak.secret, leak.form)).collect();
        assert_eq!(told, [("DB_PASSWORD".to_owned(), Form::Raw)]);
    }
}

#[test]
fn a_value_that_two_secrets_have_is_reported_by_both_names() {
    let filter = Filter::new();
    for _ in 0..2 {
        filter.guard("NEW", "k7x-p4ssw0rd-9");
        filter.guard("OLD", "k7x-p4ssw0rd-9");
    }
    filter.text(Stream::Stdout, "azd4LXA0c3N3MHJkLTk= k7x-p4ssw0rd-9");
    let told: Vec<String> =
        filter.report().iter().map(|leak| format!("{} {} {}", leak.secret, leak.form, leak.count)).collect();
    assert_eq!(told, ["NEW raw 1", "NEW base64 1", "OLD raw 1", "OLD base64 1"]);
    assert!(format!("{filter:?}").contains("secrets: 2"), "{filter:?}");
}

#[test]
fn guarding_the_same_again_changes_nothing() {
    let filter = Filter::new();
    let long: String = (0..1000).map(|number| format!("{number} ")).collect();
    for value in ["hunter22", " hunter22\n", &long] {
        let before = format!("{filter:?}");
        filter.guard("KEY", value);
        let once = format!("{filter:?}");
        assert_ne!(before, once);
        (0..2).for_each(|_| filter.guard("KEY", value));
        filter.guard_anyway("guarded value", value, Vec::new());
        assert_eq!(format!("{filter:?}"), once);
    }
}

#[test]
fn a_line_of_a_long_value_that_is_guarded_as_a_value_is_guarded_in_every_form() {
    let filter = Filter::new();
    let line = "ghp_16C7e42F292c6912E771";
    filter.guard("KEY", &format!("{}\n{line}", "another line, with nothing in it\n".repeat(200)));
    filter.guard("KEY", line);
    let hex: String = line.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(filter.text(Stream::Stdout, &hex), "***");
}

#[test]
fn a_value_of_64_kib_is_guarded_in_every_form() {
    let value: String = (0..4096).map(|line| format!("{:015x}\n", line * 0x0123_4567_89ab_u64)).collect();
    assert_eq!(value.len(), 65_536);
    let filter = guarding(&[&value]);
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let json = serde_json::to_string(&value).unwrap();
    assert_eq!(filter.text(Stream::Stdout, &format!("<{value}>")), "<***\n>");
    assert_eq!(filter.text(Stream::Stdout, &format!("<{hex}>")), "<***0a>");
    assert_eq!(filter.text(Stream::Stdout, &json), "\"***\\n\"");
    let bytewise: Vec<usize> = (0..hex.len()).collect();
    assert_eq!(redact(&filter, hex.as_bytes(), &bytewise, End::Chosen), b"***0a");
}

#[test]
fn a_large_part_of_a_long_value_is_masked_in_every_form() {
    let value: String = (0..6000_u32).map(|number| format!("{:x}", number.wrapping_mul(0x9e37_79b9) >> 12)).collect();
    let filter = guarding(&[&value]);
    let part = &value[3000..9000];
    for (written, most) in [(part.to_owned(), 2048), (part.bytes().map(|byte| format!("{byte:02x}")).collect(), 4096)] {
        let out = filter.text(Stream::Stdout, &written);
        assert_eq!(out.matches("***").count(), 1);
        assert!(out.len() < most, "{} bytes of {} are left", out.len(), written.len());
    }
}

#[test]
fn the_parts_of_a_structured_value_are_masked_by_themselves_in_every_form() {
    let filter =
        guarding(&[r#"{"type": "account", "pin_token": 8841207735, "url": "amqps://feed:it%27s-R_9x@queue/x"}"#]);
    for text in ["8841207735", "it%27s-R_9x", "it's-R_9x", "it\\'s-R_9x", "ZmVlZDppdCdzLVJfOX", "feed:it's-R_9x"] {
        assert_eq!(filter.text(Stream::Stdout, text), "***", "{text}");
    }
    assert_eq!(filter.text(Stream::Stdout, "account type amqps://feed@queue/x"), "account type amqps://feed@queue/x");
}

#[test]
fn the_secrets_in_values_of_every_kind_are_masked_by_themselves() {
    let pem = "-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG9w0B\nAQEFAASC\n-----END KEY-----\n";
    let hook = "https://hooks.example.com/services/T00000000/B00000000/XXXXabcdXXXX1234XXXXefgh";
    let key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    for (value, text, masked) in [
        (&*pem.replace('\n', "\\n"), pem, "***\n"),
        (&pem.replace('\n', "\\r\\n"), &serde_json::to_string(pem).unwrap(), "\"***\\n\""),
        (hook, "POST /services/T00000000/B00000000/XXXXabcdXXXX1234XXXXefgh HTTP/1.1", "POST *** HTTP/1.1"),
        (hook, "hook XXXXabcdXXXX1234XXXXefgh of T00000000", "hook *** of T00000000"),
        (&format!("AccountName=acc;AccountKey={key};Suffix=core.example.com"), key, "***"),
        ("jdbc:mysql://app:correcthorse@db/x", "login with correcthorse", "login with ***"),
        ("A=1\nDB_PASSWORD=\"k7x-p4ssw0rd-9\"\n", "A=1 DB_PASSWORD='k7x-p4ssw0rd-9'", "A=1 DB_PASSWORD='***'"),
        ("eyJwYXNzd29yZCI6ICJrN3gtbG9uZy1wYXNzd29yZCJ9", "it is k7x-long-password", "it is ***"),
        ("Bearer abcdef0123456789", "{\"token\": \"abcdef0123456789\"}", "{\"token\": \"***\"}"),
    ] {
        assert_eq!(guarding(&[value]).text(Stream::Stdout, text), masked, "{value}");
    }
}

#[test]
fn a_long_part_takes_no_form_from_a_short_one() {
    let value = format!("{{\"cert\": \"{}\", \"password\": \"k7x-L0ng.pa55 w0rd\"}}", "ab1+".repeat(2250));
    let filter = guarding(&[&value]);
    assert_eq!(filter.text(Stream::Stdout, "k7x-L0ng.pa55+w0rd azd4LUwwbmcucGE1NSB3MHJk"), "*** ***");
}

#[test]
fn the_harmless_parts_of_a_value_stay_in_the_output() {
    let account = r#"{"type": "service_account", "project_id": "my-project-1", "private_key": "k7x!k7x!",
        "token_uri": "https://oauth2.example.com/token", "universe_domain": "example.com", "since": "2026-11-23"}"#;
    let cluster = "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://10.0.0.1:6443\n  name: prod\n\
        users:\n- name: administration\n  user:\n    token: abcdef0123456789\ncurrent-context: production-eu\n";
    let profile = "[default]\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG\nregion = us-east-1\nNODE_ENV=production\n";
    let filter = guarding(&[account, cluster, profile]);
    for text in [
        "2026-11-23T13:24:03 POST https://oauth2.example.com/token 200",
        "GET https://storage.example.com/b?project=my-project-1 by service_account",
        "apiVersion: v1\nkind: Config\nclusters:\n- name: production-eu\n  user:\n    server: https://10.0.0.1:6443\n",
        "[default]\nregion = us-east-1\nNODE_ENV=production DEBUG=true",
    ] {
        assert_eq!(filter.text(Stream::Stdout, text), text);
    }
    assert_eq!(filter.text(Stream::Stdout, "k7x!k7x! abcdef0123456789 wJalrXUtnFEMI/K7MDENG"), "*** *** ***");
}
