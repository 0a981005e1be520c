//! What is JSON and what is not, by RFC 8259; after the cases of the JSON Parsing Test Suite (Nicolas Seriot), written
//! anew.

/// Every reader must take these.
pub(super) const JSON: &[&[u8]] = &[
    // white space, which is four characters
    b"[[]   ]", b"[]", b" [] ", b"[\"\"]", b"[ \n\r\t1 \n\r\t]", b"\n{}\r\n", b"[ 4]", b"[1\n]", b" [1]", b"[2] ",
    // any value may stand alone
    b"\"\"", b"\"asd\"", b"42", b"-0.1", b"null", b"true", b"false", b"\" \"", b"[\"a\"]",
    // lists
    b"[[],[[]]]", b"[null, 1, \"1\", {}]", b"[null]", b"[1,null,null,null,2]", b"[false]", b"[true]",
    // numbers
    b"[123e65]", b"[0e+1]", b"[0e1]", b"[ 4]", b"[-0.000000000000000000000000000000000000000000000000000000000001]",
    b"[20e1]", b"[-0]", b"[-123]", b"[-1]", b"[1E22]", b"[1E-2]", b"[1E+2]", b"[123e45]", b"[123.456e78]", b"[1e-2]",
    b"[1e+2]", b"[123]", b"[123.456789]", b"0", b"-0", b"0.0", b"-0e-0", b"10", b"1.0E+007",
    b"[100000000000000000000000000000000000000000]",
    // objects, in which a key may be anything and stand twice
    br#"{"asd":"sdf", "dfg":"fgh"}"#, br#"{"asd":"sdf"}"#, br#"{"a":"b","a":"c"}"#, br#"{"a":"b","a":"b"}"#, b"{}",
    br#"{"":0}"#, br#"{"foo\u0000bar": 42}"#, br#"{ "min": -1.0e+28, "max": 1.0e+28 }"#,
    br#"{"x":[{"id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}], "id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#,
    br#"{"a":[]}"#, br#"{"title":"\u041f\u043e\u043b\u0442\u043e\u0440\u0430"}"#, b"{\"a\":\n\"b\"}",
    br#"{"__proto__":1}"#, br#"{"$serde_json::private::Number":"x"}"#,
    // strings and their escapes
    br#"["\u0060\u012a\u12AB"]"#, br#"["\uD801\udc37"]"#, br#"["\ud83d\ude39\ud83d\udc8d"]"#,
    br#"["\"\\\/\b\f\n\r\t"]"#, br#"["\\u0000"]"#, br#"["\""]"#, br#"["a/*b*/c/*d//e"]"#, br#"["\\a"]"#, br#"["\\n"]"#,
    br#"["\u0012"]"#, br#"["\uFFFF"]"#, br#"[ "asd"]"#, br#"["new\u000Aline"]"#, br#"["\u0000"]"#, br#"["\u002c"]"#,
    br#"["\uD834\uDd1e"]"#, br#"["\u0821"]"#, br#"["\u0123"]"#, br#"["\u0061\u30af\u30EA\u30b9"]"#, br#"["\uA66D"]"#,
    br#"["\u005C"]"#, br#"["\u0022"]"#, br#"["\uDBFF\uDFFE"]"#, br#"["\uD83F\uDFFE"]"#, br#"["\u200B"]"#,
    br#"["\u2064"]"#, br#"["\uFDD0"]"#, br#"["\uFFFE"]"#, br#"["\u0041\u0022"]"#,
    // as it is: DEL, characters that other languages break lines at, and beyond the first plane
    b"[\"a\x7fa\"]", b"[\"\xe2\x80\xa8\"]", b"[\"\xe2\x80\xa9\"]", b"[\"\xf0\x9d\x84\x9e\"]", b"[\"\xc3\xbc\"]",
    b"[\"\xef\xbf\xbf\"]", b"[\"\xef\xbb\xbf\"]", b"[\"\xf4\x8f\xbf\xbf\"]", b"[\"\xe2\x8d\x82\xe3\x88\xb4\"]",
];

/// Every reader must refuse these.
pub(super) const NOT_JSON: &[&[u8]] = &[
    // nothing, or not only a value
    b"", b" ", b"\n", b"[", b"]", b"{", b"}", b"\"", b"[1]x", b"[1]]", b"[]]", b"[][]", b"{}{}", b"1 2", b"true false",
    b"{\"a\":\"b\"}#", b"{\"a\":\"b\"}/**/", b"{\"a\":\"b\"}//", b"{\"a\":true} \"x\"", b"{}}", b"2@", b"\"x\" x", b"[1],", b",[1]",
    // lists
    b"[1 true]", b"[a]", b"[\"\": 1]", b"[\"\"],", b"[,1]", b"[1,,2]", b"[\"x\",,]", b"[\"\",]", b"[\"x\"", b"[x", b"[3[4]]",
    b"[1:2]", b"[,]", b"[-]", b"[   , \"\"]", b"[\"a\",\n4\n,1,", b"[1,]", b"[1,,]", b"[*]", b"[\"\"", b"[1,", b"[1,\n1\n,1",
    b"[{}", b"[1", b"[\"a\" \"b\"]", b"[1;2]", b"[(1)]", b"[\"x\"}", b"[}",
    // words
    b"[fals]", b"[nul]", b"[tru]", b"nulll", b"truee", b"[True]", b"[NULL]", b"tRue", b"n", b"fa", b"[undefined]", b"None",
    // numbers
    b"[++1234]", b"[+1]", b"[+Inf]", b"[-01]", b"[-1.0.]", b"[-2.]", b"[-NaN]", b"[.-1]", b"[.2e-3]", b"[0.1.2]",
    b"[0.3e+]", b"[0.3e]", b"[0.e1]", b"[0E+]", b"[0E]", b"[0e+]", b"[0e]", b"[1.0e+]", b"[1.0e-]", b"[1.0e]", b"[1 000.0]",
    b"[1eE2]", b"[2.e+3]", b"[2.e-3]", b"[2.e3]", b"[9.e+]", b"[Inf]", b"[NaN]", b"[1+2]", b"[0x1]", b"[0x42]", b"[Infinity]",
    b"[0e+-1]", b"[-123.123foo]", b"[123", b"[-Infinity]", b"[-foo]", b"[- 1]", b"[-012]", b"[-.123]", b"[-1x]", b"[1ea]",
    b"[1.]", b"[.123]", b"[1.2a-3]", b"[1.8011670033376514H-308]", b"[012]", b"00", b"-", b"-00.0", b"00e0", b"1_000", b"1,000",
    b"[\xef\xbc\x91]", b"[1e1.5]", b"--1", b"0b1", b"[1l]",
    // objects
    b"{\"a\"", b"{\"a\":", b"{\"a\":\"a", b"{\"a\":\"a\"", b"{:\"b\"}", b"{\"x\"::\"b\"}", b"{\"x\", null}", b"{\"x\":\"x\",",
    b"{\"a\":\"a\" 123}", b"{key: 'value'}", b"{\"id\":0,}", b"{\"id\":0,,,,,}", b"{1:1}", b"{9999E9999:1}", b"{null:null,null:null}",
    b"{'a':0}", b"{\"a\" b}", b"{\"a\":/*comment*/\"b\"}", b"{\"a\":\"b\",,\"c\":\"d\"}", b"{a: \"b\"}", b"{\"a\"}", b"{\"a\":}",
    b"{,\"a\":1}", b"{,}", b"{[:\"x\"}", b"{]", b"{\"a\":1]", b"{\"a\":1,}", b"{\"a\":1 \"b\":2}", b"{\"a\",\"b\"}", b"{{}}", b"{[]:1}",
    b"[{\"a\":\"\xf0\x9f\x87\xa8\" \xf0}", b"{\"f\":\"\xb9\"}", b"{true:1}",
    // strings
    b"[\"\\\x00\"]", b"[\"\\\\\\\"]", b"[\"\\\t\"]", b"[\"\\\xf0\x9f\x8c\x80\"]", b"[\"\\\"]", b"[\"\\u00A\"]", b"[\"\\u\"]",
    b"[\"\\u1\"]", b"[\"\\uD834\\uDd\"]", b"[\"\\uqqqq\"]", b"[\"\\a\"]", b"[\"\\x00\"]", b"[\"\\u00g0\"]", b"[\\u0020\"asd\"]",
    b"[\\n]", b"[\"", b"['single quote']", b"abc", b"[\"a\x00a\"]", b"[\"new\nline\"]", b"[\"\t\"]", b"[\"\x1f\"]", b"\"\\UA66D\"",
    b"[\"a", b"\"\\", b"\"\\u12", b"[\"\\uD800\\\"]", b"[\"\\012\"]", b"[\"\\u+123\"]", b"[\"\\u 123\"]", b"`x`", b"[\"\\'\"]",
    // what looks empty, or like something else
    b"\xef\xbb\xbf", b"\xef\xbb\xbf{}", b"[\x0c]", b"\x0b1", b"[\xc2\xa0]", b"\xe2\x81\xa0[]", b"<.>", b"[<null>]", b"*",
    b"{\"a\":\"b\"}/", b"// x\n1", b"[1]\x00", b"\xc3\xa5", b"[\xc3\xa5]", b"&", b"[\"a\"\xe2\x80\xa8]", b"\xff\xfe[\x00]\x00",
    b"[\xff]", b"\"\xed\xa0\x80\"", b"\"\xc0\xaf\"", b"\"\xf4\xbf\xbf\xbf\"", b"\"\xe0\xff\"", b"\"\xfc\x83\xbf\xbf\xbf\xbf\"",
];

/// What readers may take or not, and whether this one does: numbers of any size, since nothing is made of them; no half of
/// a character.
pub(super) const OPEN: &[(&[u8], bool)] = &[
    (b"[123.456e-789]", true),
    (b"[0.4e00669999999999999999999999999999999999999999999999999999999999999999999969999999006]", true),
    (b"[-1e+9999]", true),
    (b"[1.5e+9999]", true),
    (b"[-123123e100000]", true),
    (b"[123123e100000]", true),
    (b"[123123e-10000000]", true),
    (b"[-123123123123123123123123123123]", true),
    (b"[100000000000000000000]", true),
    (b"[-237462374673276894279832749832423479823246327846]", true),
    (b"{\"\\uDFAA\":0}", false),
    (b"[\"\\uDADA\"]", false),
    (b"[\"\\uD888\\u1234\"]", false),
    (b"[\"\\uD800\\n\"]", false),
    (b"[\"\\uDd1ea\"]", false),
    (b"[\"\\uD800\\uD800\\n\"]", false),
    (b"[\"\\ud800\"]", false),
    (b"[\"\\ud800abc\"]", false),
    (b"[\"\\uDd1e\\uD834\"]", false),
    (b"[\"\\uDFAA\"]", false),
];
