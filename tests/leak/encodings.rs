//! How programs print a secret, by those programs: what is caught, and what is not.
//!
//! A program prints two secrets that differ in their letters and digits and in the order of their punctuation. It is caught if what comes out of the filter is
//! the same for both, but for 4 characters: what base64 and base32 make of a secret's ends depends on what stands beside.

use std::io::Write;
use std::process::{Command, Stdio};

use um_leak::{End, Filter};

use super::{guarding, redact, unhex};

use crate::support::bound::Bounded;

/// Two that look alike: a token, a password with all kinds of punctuation, some lines.
const SECRETS: [[&str; 2]; 3] = [
    ["sk-live_4eC39HqLyjWDarjtT1zdp7dcXq", "sk-live_8bZ71TmRnkQAxewsV6ohg2ufYs"],
    ["pK7'x\"Q2&w<Z$9/m+R=t_4-h\\u%5~c!L8 n;(v)", "bT3(y;H8 r!D~4%e\\K-s_2=j+u/7$q<P6&z\"k')"],
    ["first: 7cQ2mX\n  second: Lk93hs\n\tthird: pW4vTz", "first: 2gT8rB\n  second: Xw51kd\n\tthird: cN7yHs"],
];

/// Name, and what bash runs: `$S` is the secret.
const CAUGHT: [(&str, &str); 107] = [
    ("as it is", r#"printf %s "$S""#),
    ("in a sentence, with a line break", r#"echo "the token is $S, keep it""#),
    ("on standard error of set -x", r#"(set -x; : "$S") 2>&1"#),
    ("upper case", r#"printf %s "${S^^}""#),
    ("lower case", r#"printf %s "${S,,}""#),
    ("reversed", r#"printf %s "$S" | python3 -c 'import sys; print(sys.stdin.read()[::-1])'"#),
    ("base64", r#"printf %s "$S" | base64 -w0"#),
    ("base64 after one byte", r#"printf 'x%s' "$S" | base64 -w0"#),
    ("base64 after two bytes", r#"printf 'x:%s' "$S" | base64 -w0"#),
    ("base64 with a line break", r#"echo "$S" | base64 -w0"#),
    ("base64 within a text", r#"printf '{"key": "%s", "n": 1}' "${S:0:200}" | base64 -w0"#),
    ("base64 without padding", r#"printf %s "$S" | base64 -w0 | tr -d ="#),
    ("base64 by openssl", r#"printf %s "$S" | openssl base64 -A"#),
    ("base64 for URLs", r#"printf %s "$S" | basenc -w0 --base64url"#),
    ("base64 for URLs without padding", r#"printf 'u:%s' "$S" | basenc -w0 --base64url | tr -d ="#),
    ("HTTP Basic", r#"printf 'Authorization: Basic %s\n' "$(printf 'user:%s' "$S" | base64 -w0)""#),
    ("base64 of base64", r#"printf %s "$S" | base64 -w0 | base64 -w0"#),
    ("base64 of base64 for URLs", r#"printf %s "$S" | basenc -w0 --base64url | base64 -w0"#),
    ("base32", r#"printf %s "$S" | base32 -w0"#),
    ("base32 after one byte", r#"printf 'x%s' "$S" | base32 -w0"#),
    ("hex", r#"printf %s "$S" | xxd -p -c 256"#),
    ("HEX", r#"printf %s "$S" | xxd -p -u -c 256"#),
    ("hex by od", r#"printf %s "$S" | od -An -v -tx1 -w256"#),
    ("hex with colons", r#"python3 -c 'import os; print(os.environb[b"S"].hex(":"))'"#),
    ("HEX with dashes", r#"python3 -c 'import os; print(os.environb[b"S"].hex("-").upper())'"#),
    ("hex escapes", r#"printf %s "$S" | xxd -p -c 256 | sed 's/../\\x&/g'"#),
    ("hex list of C", r#"printf %s "$S" | xxd -i -c 256"#),
    ("hex list of Python", r#"python3 -c 'import os; print("[" + ",".join(map(hex, os.environb[b"S"])) + "]")'"#),
    ("list of bytes of Python", r#"python3 -c 'import os; print(list(os.environb[b"S"]))'"#),
    ("list of bytes of JSON", r#"jq -nc '$ENV.S | explode'"#),
    ("list of bytes of Go", r#"jq -nr '$ENV.S | explode | map(tostring) | "[" + join(" ") + "]"'"#),
    ("octal escapes", r#"printf %s "$S" | od -An -v -to1 -w256 | tr ' ' '\\'"#),
    ("percent", r#"jq -nr '$ENV.S | @uri'"#),
    ("percent by Python", r#"python3 -c 'import os, urllib.parse as u; print(u.quote(os.environ["S"]))'"#),
    ("query of a URL", r#"python3 -c 'import os, urllib.parse as u; print(u.urlencode({"key": os.environ["S"]}))'"#),
    ("percent in lower case", r#"jq -nr '$ENV.S | @uri' | sed 's/%../\L&/g'"#),
    ("percent, each byte", r#"printf %s "$S" | xxd -p -c 256 | sed 's/../%&/g'"#),
    ("percent, twice", r#"jq -nr '$ENV.S | @uri | @uri'"#),
    ("JSON", r#"jq -n '{key: $ENV.S}'"#),
    ("JSON by Python", r#"python3 -c 'import json, os; print(json.dumps({"key": os.environ["S"]}))'"#),
    ("JSON by PHP", r#"jq -n '{key: $ENV.S}' | sed 's:/:\\/:g'"#),
    ("JSON by Go", r#"jq -n '$ENV.S' | sed 's/&/\\u0026/g; s/</\\u003c/g; s/>/\\u003e/g'"#),
    ("JSON in JSON", r#"jq -n '{body: ({key: $ENV.S} | tojson)}'"#),
    ("JSON with dashes escaped", r#"jq -n '$ENV.S' | sed 's/-/\\u002D/g'"#),
    ("base64 in a URL", r#"jq -nr '$ENV.S | @base64 | @uri'"#),
    ("base64 in a URL by Python", r#"jq -nr '$ENV.S | @base64' | sed 's/+/%2B/g'"#),
    ("base64 in JSON by PHP", r#"jq -n '"x\($ENV.S)" | @base64' | sed 's:/:\\/:g'"#),
    ("base64 in JSON by .NET", r#"jq -n '"xy\($ENV.S)" | @base64' | sed 's:+:\\u002B:g'"#),
    ("base64 in HTML by Go", r#"jq -nr '"xy\($ENV.S)" | @base64' | sed 's/+/\&#43;/g'"#),
    ("JSON of escapes", r#"printf %s "$S" | xxd -p -c 256 | sed 's/../\\u00&/g'"#),
    ("repr of Python", r#"python3 -c 'import os; print(repr(os.environ["S"]))'"#),
    ("repr of a dictionary", r#"python3 -c 'import os; print({"key": os.environ["S"]})'"#),
    ("repr of bytes", r#"python3 -c 'import os; print(os.environb[b"S"])'"#),
    ("a traceback", r#"python3 -c 'import os; {}[os.environ["S"]]' 2>&1"#),
    ("XML", r#"python3 -c 'import os, xml.sax.saxutils as x; print(x.escape(os.environ["S"]))'"#),
    ("attribute of XML", r#"python3 -c 'import os, xml.sax.saxutils as x; print(x.quoteattr(os.environ["S"]))'"#),
    ("HTML", r#"python3 -c 'import html, os; print(html.escape(os.environ["S"]))'"#),
    ("HTML by jq", r#"jq -nr '$ENV.S | @html'"#),
    ("HTML, twice", r#"python3 -c 'import html, os; print(html.escape(html.escape(os.environ["S"])))'"#),
    ("decimal references", r#"jq -nr '$ENV.S | explode | map("&#\(.);") | add'"#),
    ("hex references", r#"printf %s "$S" | xxd -p -c 256 | sed 's/../\&#x&;/g'"#),
    ("printf %q", r#"printf %q "$S""#),
    ("@Q of bash", r#"printf %s "${S@Q}""#),
    ("declare -p", r#"declare -p S"#),
    ("export -p", r#"export -p | sed -n '/ S=/,/"$/p'"#),
    ("shell by jq", r#"jq -nr '$ENV.S | @sh'"#),
    ("shlex of Python", r#"python3 -c 'import os, shlex; print(shlex.join(["login", os.environ["S"]]))'"#),
    ("set of dash", r#"dash -c 'v=$S; set' | sed -n '/^v=/,$p'"#),
    ("octal in $'…'", r#"printf "\$'%s'" "$(printf %s "$S" | od -An -v -to1 -w256 | tr ' ' '\\')""#),
    ("PowerShell in double quotes", r#"printf %s "$S" | sed 's/[`"$]/`&/g'"#),
    ("SQL", r#"printf %s "$S" | sed "s/'/''/g""#),
    ("CSV", r#"jq -nr '[$ENV.S, 1] | @csv'"#),
    ("dollars doubled for make", r#"printf %s "$S" | sed 's/\$/$$/g'"#),
    ("carets of cmd", r#"printf %s "$S" | sed 's/[&|<>^]/^&/g'"#),
    ("UTF-16", r#"printf %s "$S" | iconv -f UTF-8 -t UTF-16LE"#),
    ("UTF-16 with a mark", r#"printf %s "$S" | iconv -f UTF-8 -t UTF-16"#),
    ("UTF-16, other order", r#"printf %s "$S" | iconv -f UTF-8 -t UTF-16BE"#),
    ("-EncodedCommand", r#"printf 'login %s' "$S" | iconv -f UTF-8 -t UTF-16LE | base64 -w0"#),
    ("one line of it", r#"head -n1 <<<"$S""#),
    ("without line breaks", r#"tr '\n' ' ' <<<"$S""#),
    ("words apart", r#"echo $S | cat"#),
    ("a diff", r#"diff /dev/null <(echo "$S")"#),
    ("a header", r#"printf 'X-Key: %s\r\n' "$S""#),
    ("assignment", r#"env | sed -n '/^S=/,$p' | head -n3"#),
    (
        "JSON in a debug log of Python",
        r#"python3 -c 'import json, os; print(json.dumps({"key": os.environ["S"]}).encode())'"#,
    ),
    ("JSON in a list of Python", r#"python3 -c 'import json, os; print([json.dumps({"key": os.environ["S"]})])'"#),
    ("repr of Python in JSON", r#"python3 -c 'import json, os; print(json.dumps({"log": repr([os.environ["S"]])}))'"#),
    (
        "JSON in a form",
        r#"python3 -c 'import json, os, urllib.parse as u; print(u.urlencode({"q": json.dumps([os.environ["S"]])}))'"#,
    ),
    ("JSON in base64", r#"jq -nc '{sub: "svc", key: $ENV.S}' | base64 -w0"#),
    ("JSON in a token", r#"jq -nc '{sub: "svc", key: $ENV.S}' | basenc -w0 --base64url"#),
    ("JSON in HTML", r#"python3 -c 'import html, json, os; print(html.escape(json.dumps([os.environ["S"]])))'"#),
    ("URL in HTML", r#"jq -nr '@uri "https://h/?q=\($ENV.S)" | @html'"#),
    (
        "XML in a debug log of Python",
        r#"python3 -c 'import os, xml.etree.ElementTree as x; print(x.tostring(x.Element("a", {"b": os.environ["S"]})))'"#,
    ),
    (
        "a command in JSON",
        r#"python3 -c 'import json, os, shlex; print(json.dumps([shlex.join(["x", os.environ["S"]])]))'"#,
    ),
    ("a command in JSON by jq", r#"jq -n '{cmd: ($ENV.S | @sh)}'"#),
    (
        "quoted-printable",
        r#"python3 -c 'import os, sys, quopri; sys.stdout.buffer.write(quopri.encodestring(os.environb[b"S"]))'"#,
    ),
    ("a pattern of Python", r#"python3 -c 'import os, re; print(re.escape(os.environ["S"]))'"#),
    ("a pattern of Go", r#"printf %s "$S" | sed 's/[\\.+*?()|^$]/\\&/g; s/[][{}]/\\&/g'"#),
    (
        "a cookie",
        r#"python3 -c 'import os, http.cookies as h; c = h.SimpleCookie(); c["k"] = os.environ["S"]; print(c)'"#,
    ),
    ("properties of Java", r#"printf %s "$S" | sed 's/[\\:=#!]/\\&/g'"#),
    ("a log of nginx", r#"printf %s "$S" | sed 's/\\/\\x5C/g; s/"/\\x22/g'"#),
    ("characters joined by Python", r#"python3 -c 'import os; print(", ".join(os.environ["S"]))'"#),
    ("list of characters of Python", r#"python3 -c 'import os; print(list(os.environ["S"]))'"#),
    ("list of characters of JSON", r#"python3 -c 'import json, os; print(json.dumps(list(os.environ["S"])))'"#),
    ("list of hex of Python", r#"python3 -c 'import os; print([hex(byte) for byte in os.environb[b"S"]])'"#),
    ("hex list of Rust", r#"printf %s "$S" | xxd -i -c 256 | sed 's/0x//g'"#),
    ("string of TOML", r#"printf %s "$S" | sed 's/[\\"]/\\&/g'"#),
];

/// Found with line breaks anywhere in it.
const CAUGHT_ACROSS_LINES: [(&str, &str); 24] = [
    ("as it is, folded", r#"printf 'the key is %s' "$S" | fold -w 20"#),
    ("as it is, folded and indented", r#"printf 'the key is %s' "$S" | fold -w 20 | sed '2,$s/^/      /'"#),
    ("by textwrap", r#"python3 -c 'import os, textwrap; print(textwrap.fill("x" * 66 + " " + os.environ["S"]))'"#),
    ("hex list of C in rows", r#"printf %s "$S" | xxd -i"#),
    ("list of characters of JSON, indented", r#"jq -n '$ENV.S | split("")'"#),
    ("hex list, one in a line", r#"printf %s "$S" | xxd -i -c 1"#),
    ("list of bytes of JSON, indented", r#"jq -n '$ENV.S | explode'"#),
    ("base64, wrapped", r#"printf 'user:%s' "$S" | base64 -w 20"#),
    ("base64 by openssl, wrapped", r#"printf 'a text before it, then the key: %s' "$S" | openssl base64"#),
    ("base64 for URLs, wrapped and indented", r#"printf %s "$S" | basenc -w 24 --base64url | sed 's/^/    /'"#),
    ("base64 of MIME", r#"printf 'a text before it, then the key: %s' "$S" | base64 -w 76 | sed 's/$/\r/'"#),
    ("base32, wrapped", r#"printf %s "$S" | base32 -w 16"#),
    ("hex, wrapped", r#"printf %s "$S" | xxd -p -c 10"#),
    ("hex in rows by od", r#"printf %s "$S" | od -An -v -tx1"#),
    ("in a box", r#"printf 'the key is %s' "$S" | fold -w 25 | sed 's/.*/│ &   │/'"#),
    ("in a table", r#"printf 'the key is %s' "$S" | fold -w 25 | sed 's/.*/| & |/'"#),
    ("in a quoted mail", r#"printf 'the key is %s' "$S" | fold -w 25 | sed 's/^/> > /'"#),
    ("in comments", r##"printf 'the key is %s' "$S" | fold -w 25 | sed 's/^/# /'"##),
    ("in a log", r#"printf 'the key is %s' "$S" | fold -w 33 | sed 's/^/2026-11-23 10:00:00,123 INFO app: /'"#),
    ("base64 in a box", r#"printf 'a text before it, then the key: %s' "$S" | base64 -w 20 | sed 's/.*/│ & │/'"#),
    ("base64 in a log", r#"printf 'and: %s' "$S" | base64 -w 40 | sed 's/^/[web-1] 10:00:01 /'"#),
    ("base64 of Python, wrapped, in JSON", r#"printf 'key: %s' "$S" | base64 -w 32 | jq -Rs ."#),
    (
        "base64 of Python, wrapped, in repr",
        r#"printf 'key: %s' "$S" | base64 -w 32 | python3 -c 'import sys; print([sys.stdin.read()])'"#,
    ),
    ("base64 in a list of strings", r#"printf 'key: %s' "$S" | base64 -w 32 | jq -Rn '[inputs]'"#),
];

/// The same of what has no line breaks itself.
const CAUGHT_IN_BORDERS: [(&str, &str); 3] = [
    (
        "in strings of Python",
        r#"python3 -c 'import os, pprint; pprint.pprint(b"the key is " + os.environb[b"S"], width=40)'"#,
    ),
    (
        "quoted-printable with a soft break",
        r#"python3 -c 'import os, quopri; print(quopri.encodestring(b"x" * 50 + os.environb[b"S"]).decode())'"#,
    ),
    ("in JSON, after a text of some lines", r#"printf '%s' "$S" | fold -w 24 | jq -Rs ."#),
];

/// Name, what bash makes a secret of, and what takes it apart: `$T` is a token, `$S` the secret.
const TAKEN_APART: [(&str, &str, &str); 12] = [
    (
        "a webhook",
        r#"printf 'https://hooks.example.com/services/T00000000/%s' "$T""#,
        r#"python3 -c 'import os, urllib.parse as u; print(u.urlparse(os.environ["S"]))'"#,
    ),
    (
        "a signed URL",
        r#"printf 'https://files.example.com/c/f.zip?sv=2022&sig=%s%%3D' "$T""#,
        r#"python3 -c 'import os, urllib.parse as u; print(u.parse_qs(u.urlparse(os.environ["S"]).query))'"#,
    ),
    (
        "PEM in one line",
        r#"printf -- '-----BEGIN PRIVATE KEY-----\\n%s\\n-----END PRIVATE KEY-----\\n' "$T""#,
        r#"printf %b "$S""#,
    ),
    ("a file of settings", r#"printf 'A=1\nDB_PASSWORD="%s"\n' "$T""#, r#"eval "$S"; echo "login with $DB_PASSWORD""#),
    (
        "a file with sections",
        r#"printf '[default]\nkey_id = %s\nregion = us-east-1\n' "$T""#,
        r#"python3 -c 'import configparser as c, os; p = c.ConfigParser(); p.read_string(os.environ["S"]); print(dict(p["default"]))'"#,
    ),
    ("base64 of JSON", r#"printf '{"password": "%s"}' "$T" | base64 -w0"#, r#"base64 -d <<<"$S" | jq -c ."#),
    (
        "a password in a URL",
        r#"printf 'postgres://app:%s%%21@db/x' "$T""#,
        r#"python3 -c 'import os, urllib.parse as u; print(u.unquote(u.urlsplit(os.environ["S"]).password))'"#,
    ),
    (
        "a connection string",
        r#"printf 'AccountName=acc;AccountKey=%s==;EndpointSuffix=core.example.com' "$T""#,
        r#"tr ';' '\n' <<<"$S" | sed 's/=/ is /'"#,
    ),
    (
        "a header",
        r#"printf 'Authorization: Basic %s' "$(printf 'app:%s' "$T" | base64 -w0)""#,
        r#"sed 's/.* //' <<<"$S" | base64 -d"#,
    ),
    (
        ".netrc",
        r#"printf 'machine h\n  login u\n  password %s\n' "$T""#,
        r#"python3 -c 'import netrc; print(netrc.netrc("/dev/stdin").hosts)' <<<"$S""#,
    ),
    (".pgpass", r#"printf 'db:5432:x:app:%s' "$T""#, r#"cut -d: -f5 <<<"$S""#),
    ("a key in JSON", r#"jq -nc '{a: {type: "account", id: $ENV.T}}'"#, r#"jq -r '.a[]' <<<"$S""#),
];

/// What nobody should rely on: columns, rare encodings, and what is transformed on purpose.
const NOT_CAUGHT: [(&str, &str); 10] = [
    ("a dump with places and columns", r#"printf 'key=%s' "$S" | xxd"#),
    ("numbers in columns", r#"printf %s "$S" | od -An -v -tu1 -w12 | sed 's/\([0-9]\) /\1, /g; s/$/,/'"#),
    ("characters with blanks", r#"printf %s "$S" | sed 's/./& /g'"#),
    ("a cut value", r#"printf %s "${S:0:20}""#),
    ("compressed", r#"printf %s "$S" | gzip -n9 | base64 -w0"#),
    ("rotated", r#"printf %s "$S" | tr 'A-Za-z' 'N-ZA-Mn-za-m'"#),
    ("base64 of hex", r#"printf %s "$S" | xxd -p -c 256 | base64 -w0"#),
    ("base64 of wrapped base64", r#"printf %s "$S" | base64 -w 20 | base64 -w0"#),
    ("ascii85", r#"python3 -c 'import base64, os; print(base64.a85encode(os.environb[b"S"]).decode())'"#),
    ("base85", r#"python3 -c 'import base64, os; print(base64.b85encode(os.environb[b"S"]).decode())'"#),
];

const NUMBERS: [&str; 16] = [
    r#"printf '%x' "$S""#,
    r#"printf '0x%X;' "$S""#,
    r#"printf '%016x' "$S""#,
    r#"printf '%.11e' "$S""#,
    r#"printf '%.15E' "$S""#,
    r#"printf '%s.00' "$S""#,
    r#"echo "000$S""#,
    r#"python3 -c "print(f'{$S:,} {$S:_} {hex($S)} {$S:#X}')""#,
    r#"python3 -c "print(f'{$S:,}'.replace(',', '.'), f'{$S / 100:,.2f}')" | cut -d' ' -f1"#,
    r#"python3 -c "print(f'{$S:,}'.replace(',', ' '), float($S))""#,
    r#"python3 -c "print(f'{$S:,}'.replace(',', '\u202f'), $S * 1.0)""#,
    r#"python3 -c "print('%.14e' % $S)""#,
    r#"jq -n '[env.S | tonumber, . / 1]' 2>/dev/null || jq -n 'env.S | tonumber'"#,
    r#"awk 'BEGIN { printf "%d %.11e", ENVIRON["S"], ENVIRON["S"] }'"#,
    r#"printf %s "$S" | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta'"#,
    r#"printf %s "$S" | sed -E 's/.{4}/& /g'"#,
];

/// What each command prints, with a variable of that value.
fn printed(runs: &[[&str; 3]]) -> Vec<Vec<u8>> {
    let mut python = Command::new("python3");
    python.args(["-c", include_str!("prints.py")]).env("LC_ALL", "C.UTF-8");
    let mut python = python.stdin(Stdio::piped()).stdout(Stdio::piped()).start().expect("python3 is installed");
    python.stdin.take().unwrap().write_all(&serde_json::to_vec(runs).unwrap()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let outputs: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    let printed = |(output, [command, ..]): (&String, &[&str; 3])| {
        assert!(!output.is_empty(), "{command} printed nothing");
        unhex(output)
    };
    assert_eq!(outputs.len(), runs.len());
    outputs.iter().zip(runs).map(printed).collect()
}

/// Two secrets that look alike, each with a filter that guards it.
pub type Pair = [(String, Filter); 2];

fn pairs() -> [Pair; 3] {
    SECRETS.map(|pair| pair.map(|secret| (secret.to_owned(), guarding(&[secret]))))
}

/// What comes out of each command for each pair, if that tells anything about the secret.
fn let_through(commands: &[&str], pairs: &[Pair]) -> Vec<Vec<Option<[String; 2]>>> {
    let secrets = || pairs.iter().flatten().map(|(secret, _)| &secret[..]);
    let runs: Vec<_> = commands.iter().flat_map(|command| secrets().map(|secret| [*command, "S", secret])).collect();
    let mut outputs = printed(&runs).into_iter();
    let mut told = |pair: &Pair| {
        let out = |(_, filter): &(_, Filter)| redact(filter, &outputs.next().unwrap(), &[], End::Chosen);
        let [one, other] = pair.each_ref().map(out);
        let differing = one.iter().zip(&other).filter(|(one, other)| one != other).count();
        let caught = one.len() == other.len() && differing <= 4 && one.windows(3).any(|window| window == b"***");
        (!caught).then(|| [one, other].map(|out| String::from_utf8_lossy(&out).into_owned()))
    };
    commands.iter().map(|_| pairs.iter().map(&mut told).collect()).collect()
}

pub fn assert_all_caught(encodings: &[(&str, &str)], pairs: &[Pair]) {
    let commands: Vec<_> = encodings.iter().map(|(_, command)| *command).collect();
    let told = let_through(&commands, pairs);
    let failed = encodings
        .iter()
        .zip(&told)
        .flat_map(|((name, _), told)| told.iter().flatten().map(move |shown| format!("\n{name}: {shown:?}")));
    let failed: String = failed.collect();
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn what_programs_make_of_a_secret_comes_out_the_same_for_another() {
    assert_all_caught(&CAUGHT, &pairs());
}

#[test]
fn so_does_what_they_break_into_lines() {
    assert_all_caught(&CAUGHT_ACROSS_LINES, &pairs());
}

#[test]
fn so_does_what_they_break_into_strings_and_words() {
    let [token, password, _] = pairs();
    assert_all_caught(&CAUGHT_IN_BORDERS, &[token, password]);
}

#[test]
fn so_does_what_they_take_out_of_a_secret() {
    const TOKENS: [&str; 2] = ["4eC39HqLyjWDarjtT1zdp7dc", "8bZ71TmRnkQAxewsV6ohg2uf"];
    let makes: Vec<_> = TAKEN_APART.iter().flat_map(|(_, make, _)| TOKENS.map(|token| [*make, "T", token])).collect();
    let secrets: Vec<_> = printed(&makes).into_iter().map(|made| String::from_utf8(made).unwrap()).collect();
    let takes = TAKEN_APART.iter().flat_map(|(_, _, take)| [take; 2]);
    let takes: Vec<_> = takes.zip(&secrets).map(|(take, secret)| [*take, "S", secret]).collect();
    let outs = printed(&takes).into_iter().zip(&secrets).map(|(text, secret)| {
        let out = redact(&guarding(&[secret]), &text, &[], End::Chosen);
        String::from_utf8_lossy(&out).into_owned()
    });
    let outs: Vec<_> = outs.collect();
    let failed = TAKEN_APART.iter().zip(outs.chunks(2));
    let failed = failed.filter(|(_, outs)| outs[0] != outs[1] || !outs[0].contains("***"));
    let failed = failed.map(|((name, ..), outs)| format!("\n{name}: {outs:?}"));
    let failed: String = failed.collect();
    assert!(failed.is_empty(), "{failed}");
}

/// What becomes of a value of digits alone where it is taken for a number.
#[test]
fn so_does_what_they_make_of_a_number() {
    let pair = ["402718253961", "930271846157"].map(|secret| (secret.to_owned(), guarding(&[secret])));
    assert_all_caught(&NUMBERS.map(|command| (command, command)), &[pair]);
}

#[test]
fn what_is_not_caught_is_known() {
    // Lines may be so short that one of them fits in a row of a dump.
    let [token, password, _] = pairs();
    let pairs = [token, password];
    for ((name, _), told) in NOT_CAUGHT.iter().zip(let_through(&NOT_CAUGHT.map(|(_, command)| command), &pairs)) {
        for (told, pair) in told.iter().zip(&pairs) {
            assert!(told.is_some(), "{name} is caught now for {}: move it up", pair[0].0);
        }
    }
}
