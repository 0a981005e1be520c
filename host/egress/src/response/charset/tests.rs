//! What is refused, and what is not.

use http::HeaderValue;

use super::*;
use crate::response::sealed_search::matcher::Reflection;

const VALUE: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";

fn reflections() -> Reflections {
    Reflections::new([Reflection { value: VALUE, replacement: MASK.to_owned() }])
}

/// Which charset an answer is refused for, if for any; its body comes in pieces of so many bytes.
fn refused_in(media: &[&str], body: &[u8], step: usize) -> Option<String> {
    let (mut headers, reflections) = (HeaderMap::new(), reflections());
    media.iter().for_each(|media| _ = headers.append(CONTENT_TYPE, HeaderValue::from_str(media).unwrap()));
    let looked = Declarations::of(&headers, &reflections).and_then(|mut declarations| {
        body.chunks(step).try_for_each(|piece| declarations.take(piece))?;
        declarations.end()
    });
    looked.err().map(|fault| match fault {
        ResponseFault::Charset(name) => name.to_string(),
        fault => panic!("{fault}"),
    })
}

fn refused(media: &[&str], body: &[u8]) -> Option<String> {
    let at_once = refused_in(media, body, 4096);
    for step in [1, 3, 100] {
        assert_eq!(refused_in(media, body, step), at_once, "{media:?}, {}", body.escape_ascii());
    }
    at_once
}

#[test]
fn a_charset_in_which_a_value_would_be_found_passes() {
    for media in [
        "text/html",
        "application/json",
        "text/plain; charset=utf-8",
        "text/plain;charset=\"UTF-8\"",
        "text/plain; charset='utf8'; format=flowed",
        "text/plain; CHARSET = us-ascii",
        "text/plain; charset=ISO-8859-15",
        "text/plain; charset=iso8859_1",
        "text/plain; charset=windows-1252",
        "text/plain; charset=cp1258",
        "text/plain; charset=latin1",
        "text/plain; charset=",
        "multipart/mixed; boundary=x; charset=utf-8",
        "nonsense",
    ] {
        assert_eq!(refused(&[media], b"{\"a\": 1}"), None, "{media}");
    }
    assert_eq!(refused(&[], b""), None);
    assert_eq!(refused(&["text/plain; charset=utf-16"], b"\xff\xfea\0"), None);
    assert_eq!(refused(&["text/plain; charset=UTF-16BE"], b"\xfe\xff\0a"), None);
    assert_eq!(refused(&["text/plain; charset=utf-16"], b""), None, "an answer to HEAD has no body");
}

#[test]
fn any_other_charset_is_refused_by_name() {
    for name in [
        "utf-7",
        "UTF-32",
        "utf-32le",
        "ucs-4",
        "cp037",
        "IBM1047",
        "gb18030",
        "gbk",
        "shift_jis",
        "euc-jp",
        "big5",
        "iso-2022-jp",
        "hz-gb-2312",
        "koi8-r",
        "macintosh",
        "iso-8859-17",
        "windows-31j",
        "cp932",
        "x-unknown",
        "unicode-1-1-utf-7",
        "scsu",
        "utf-8x",
        "utf+8",
    ] {
        for media in [format!("text/html; charset={name}"), format!("text/x; a=b;Charset=\"{name}\" ; c=d")] {
            assert_eq!(refused(&[&media], b"x"), Some(name.to_owned()), "{media}");
        }
        let second = format!("text/html; charset={name}");
        assert_eq!(refused(&["text/html; charset=utf-8", &second], b"x"), Some(name.to_owned()));
        let joined = format!("text/html; charset=utf-8, text/html; charset={name}");
        assert_eq!(refused(&[&joined], b"x"), Some(name.to_owned()));
    }
    assert!(refused(&["text/html; charset*=utf-8''utf-7"], b"x").is_some());
    assert!(refused(&["text/html; charset*0=utf; charset*1=-7"], b"x").is_some());
    let unmarked = Some("utf-16 without a mark".to_owned());
    assert_eq!(refused(&["text/plain; charset=utf-16"], b"a\0b\0"), unmarked);
    assert_eq!(refused(&["text/plain; charset=utf-16le"], b"a"), unmarked);
}

#[test]
fn a_body_may_name_its_charset_where_its_head_does_not() {
    for (media, body, expected) in [
        ("text/html", "<!doctype html><META charset=utf-7>", Some("utf-7")),
        ("text/html", "<meta http-equiv=content-type content=\"text/html; charset=hz-gb-2312\">", Some("hz-gb-2312")),
        ("", "<meta charset='utf-7'>", Some("utf-7")),
        ("text/html", "<meta charset=utf-8>", None),
        ("text/html", "<meta charset=utf-16>", None),
        ("text/html", "<p>charset=utf-7</p>", None),
        ("text/html; charset=utf-8", "<meta charset=utf-7>", None),
        ("application/json", "{\"page\": \"<meta charset=utf-7>\"}", None),
        ("text/plain", "<meta charset=utf-7>", None),
        ("application/xml", "<?xml version='1.0' encoding='cp037'?>", Some("cp037")),
        ("", "\u{feff}<?xml version=\"1.0\" encoding=\"utf-7\"?>", Some("utf-7")),
        ("text/xml", "<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>", None),
        ("text/xml", "<?xml version=\"1.0\"?><a encoding=\"utf-7\"/>", None),
        ("text/css", "@charset \"iso-2022-jp\";", Some("iso-2022-jp")),
        ("text/css", "a { } @charset \"utf-7\";", None),
    ] {
        let media: &[&str] = if media.is_empty() { &[] } else { &[media] };
        assert_eq!(refused(media, body.as_bytes()).as_deref(), expected, "{media:?} {body}");
    }
    for mark in [&b"\xff\xfe\0\0"[..], b"\0\0\xfe\xff"] {
        assert_eq!(refused(&[], &[mark, b"a\0\0\0"].concat()).as_deref(), Some("utf-32"));
    }
    let late = format!("{}<meta charset=utf-7>", " ".repeat(HEAD));
    assert_eq!(refused(&["text/html"], late.as_bytes()), None, "where browsers do not look either");
}

#[test]
fn a_part_of_an_answer_may_name_its_own() {
    let parts = |charset: &str| {
        let filler = "text\r\n".repeat(300);
        format!(
            "--b\r\nContent-Type: text/plain\r\n\r\n{filler}--b\r\ncontent-type: text/plain;\r\n charset={charset}\r\n\r\nx\r\n--b--"
        )
    };
    assert_eq!(refused(&["multipart/mixed; boundary=b"], parts("utf-8").as_bytes()), None);
    let seen = refused(&["multipart/mixed; boundary=b"], parts("utf-7").as_bytes());
    assert_eq!(seen.as_deref(), Some("utf-7"));
    assert_eq!(refused(&["text/plain"], parts("utf-7").as_bytes()), None, "no multipart, no parts");
}

#[test]
fn a_name_tells_no_value_and_drives_no_terminal() {
    let media = format!("text/html; charset={VALUE}");
    assert_eq!(refused(&[&media], b"x").as_deref(), Some("***"));
    let long = format!("text/html; charset={}", "x".repeat(1000));
    assert_eq!(refused(&[&long], b"x"), Some("x".repeat(40)));
    let behind = format!("text/html; charset=utf-7; a={VALUE}");
    assert_eq!(refused(&[&behind], b"x").as_deref(), Some("***"));
    let page = format!("<meta charset={VALUE}>");
    assert_eq!(refused(&["text/html"], page.as_bytes()).as_deref(), Some("(unknown)"));
    assert_eq!(refused(&["text/html"], b"<meta charset=utf\x1b[2J`>").as_deref(), Some("utf??2J?"));
}
