//! What is written for readers, human or not: sentences, expressions, commands, formats, patterns; and references, which stand
//! for a value that is elsewhere.

use crate::parts::verdict::names::{self, Kind};
use crate::parts::verdict::random::is_random;
use crate::parts::verdict::words;

/// How references begin that are followed by what is in brackets, or by nothing but words.
#[rustfmt::skip]
const REFERENCES: [&str; 40] = [
    "${", "$(", "$[", "{{", "<%", "%{", "#{", "@{", "[[", "!Ref ", "!Sub ", "!GetAtt ", "!env ", "!secret ",
    "!vault ", "vault:", "ssm:", "env:", "env(", "ENV[", "ENV.fetch(", "env.", "var.", "local.", "data.", "module.",
    "secrets.", "config(", "secretsmanager:", "aws-secretsmanager:", "gcp-secretmanager:", "keyvault:",
    "@Microsoft.KeyVault(", "keyring:", "os.environ", "os.getenv(", "process.env.", "System.getenv(", "getenv(",
    "Rails.application.",
];
/// URLs of places where values are kept.
const KEPT: [&str; 6] = ["op://", "sm://", "file://", "vault://", "awssm://", "ref+"];
/// How values begin that are encrypted: SOPS, Jasypt, Spring, Vault, Ansible.
#[rustfmt::skip]
const ENCRYPTED: [&str; 6] = [
    "ENC[", "ENC(", "{cipher}", "vault:v1:", "$ANSIBLE_VAULT;", "AgB",
];

/// Whether a text says where the value is to be had, or has it encrypted.
pub(crate) fn is_reference(text: &str) -> bool {
    let starts = |list: &[&str]| list.iter().any(|start| text.starts_with(start));
    // Of a shell and of SQL. Passwords may begin like that: the name is that of a constant, or of a secret.
    let is_variable = |name: &str| {
        let named = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && words::are(name);
        let is_constant = !name.bytes().any(|byte| byte.is_ascii_lowercase());
        named && (is_constant || name.contains('_') || names::kind(&[name]) == Kind::Secret)
    };
    let shell = text.strip_prefix(['$', ':', '@']).is_some_and(is_variable);
    let cmd = text.strip_prefix('%').and_then(|text| text.strip_suffix('%')).is_some_and(is_variable);
    let encrypted = starts(&ENCRYPTED) && (!text.starts_with("AgB") || text.len() > 300);
    let told =
        (starts(&REFERENCES) && !text.contains("://") || starts(&KEPT)) && !is_random(text) && is_all_reference(text);
    shell || cmd || encrypted || told || is_blank(text) || is_code(text) || is_constant(text)
}

/// A place in a program or a plan, where what stands last is a secret or is computed: `settings.db.password`,
/// `random_password.db.result`.
fn is_code(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
    let last = text.rsplit_once('.').filter(|_| text.bytes().all(is_letter) && words::are(text)).map(|(_, last)| last);
    last.is_some_and(|last| names::kind(&[last]) == Kind::Secret || text.contains('_') && text.matches('.').count() > 1)
}

/// The name of a variable, or what is to be replaced by it: `DB_PASSWORD`, `__DB_PASSWORD__`, `@@DB_PASSWORD@@`, `%env(X)%`.
fn is_constant(text: &str) -> bool {
    let name = text.trim_matches(['@', '_', '#', '{', '}', '%', '~', '$']);
    let name = name.strip_prefix("env(").and_then(|name| name.strip_suffix(')')).unwrap_or(name);
    let is_letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let named = name.contains('_') && name.bytes().all(is_letter) && words::are(name);
    let named = named || text.strip_prefix("$env:").is_some_and(words::are);
    named && (names::kind(&[text]) == Kind::Secret || name.len() < text.len())
}

/// What a field is to hold: types and rules of schemas.
pub(super) fn is_type(text: &str) -> bool {
    #[rustfmt::skip]
    const TYPES: [&str; 20] = [
        "array", "binary", "bool", "bytes", "char", "confirmed", "email", "integer", "nullable", "number", "object",
        "optional", "required", "str", "string", "text", "type", "uuid", "varchar", "nvarchar",
    ];
    let lower = text.to_ascii_lowercase();
    let first = lower.split(['|', '(', '[', '!', '<', ' ', '?']).next().unwrap_or_default();
    TYPES.contains(&first)
        && (text.len() == first.len() || words::are_among_marks(text) && !text.ends_with(|c: char| c.is_ascii_digit()))
}

/// What is left when the parts in brackets are taken is nothing that could be a secret.
fn is_all_reference(text: &str) -> bool {
    let closed = text.rsplit_once(['}', ')', ']', '>']);
    let rest =
        closed.map_or_else(|| text.trim_start_matches(['$', '{', '(', '[', '!', '<', '%', '#', '@']), |(_, rest)| rest);
    (closed.is_some() || rest.len() == text.len()) && (rest.is_empty() || words::are(rest))
}

/// `<your token>`, `***`, `xxxxxxxx`, `........`.
fn is_blank(text: &str) -> bool {
    let within = |open: char, close: char| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    let framed =
        within('<', '>').or_else(|| within('[', ']')).or_else(|| within('(', ')')).or_else(|| within('`', '`'));
    let mut letters = text.chars().filter(|c| !c.is_whitespace() && !"-_.:".contains(*c));
    let first = letters.next();
    framed.is_some_and(|inside| words::are(inside) || words::are_among_marks(inside))
        || letters.all(|c| Some(c) == first)
}

/// What is to be put in by whoever copies it, in small letters.
pub(crate) fn is_blank_to_fill(lower: &str) -> bool {
    #[rustfmt::skip]
    const SAID: [&str; 9] = [
        "changeme", "change-me", "change_me", "change me", "replace", "your-", "your_", "your ", "placeholder",
    ];
    SAID.iter().any(|said| lower.contains(said)) && words::are(lower)
}

/// A sentence that ends like one: no pass phrase does.
pub(super) fn is_said(text: &str) -> bool {
    let ends = text.ends_with(['.', '?', '!', '…', ':', '。', '？', '！']) || text.contains(". ");
    ends && text.split_whitespace().count() >= 3 && words::are_among_marks(text)
}

pub(super) fn is_prose(text: &str) -> bool {
    is_said(text) || is_sentence(text) || is_expression(text) || is_format(text) || is_pattern(text)
}

/// Words with marks that sentences have, or with words that they have.
fn is_sentence(text: &str) -> bool {
    let spaced = text.split_whitespace().count() >= 2;
    let marked =
        text.contains([',', '(', ':', '"', '\'', '/', '?', '!', '–', '&', '+', '=']) || words::has_usual_word(text);
    spaced && marked && words::are_among_marks(text)
}

/// Calls, comparisons, options and markup: words among brackets, quotes and signs.
fn is_expression(text: &str) -> bool {
    let spaced = text.contains(char::is_whitespace);
    let count = |signs: &[u8]| text.bytes().filter(|byte| signs.contains(byte)).count();
    // One sign in one word stands in many a password.
    let signs = count(b"()[]{}<>\"'`|\\=") + count(b"$%*") / if spaced { 1 } else { 2 };
    let options = text
        .split_whitespace()
        .filter(|word| word.starts_with("--") || word.starts_with('-') && word.len() == 2)
        .count();
    (signs > 0 || options > 0 || text.contains("::") || text.contains(":!"))
        && words::are_among_marks(text)
        && !is_random(text)
}

/// How times and records are to be printed: `%Y-%m-%d`, `yyyy-MM-dd'T'HH:mm`, `#,##0.00`.
fn is_format(text: &str) -> bool {
    let directives = text
        .match_indices('%')
        .filter(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '-'))
        .count();
    let rest = text.bytes().filter(|byte| byte.is_ascii_alphanumeric()).count();
    let printf = directives >= 2 && rest <= 2 * directives;
    let runs = || text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty());
    let is_field = |run: &str| {
        run.len() <= 5
            && run.bytes().all(|byte| byte == run.as_bytes()[0])
            && run.starts_with(|c: char| "yYMdDhHmsSaEzZXTQwWGLkKn".contains(c))
    };
    let fields = runs().count() >= 2 && runs().all(is_field);
    let number = text.contains('#') && text.bytes().all(|byte| b"#,.0;()%- ".contains(&byte));
    printf || fields || number
}

/// Names with stars where a word may be: `logs-*-default`.
fn is_glob(text: &str) -> bool {
    let is_end = |c: Option<char>| c.is_none_or(|c| "-_./:,*!".contains(c));
    let mut stars = text.match_indices('*').peekable();
    let has_star = stars.peek().is_some();
    let is_own =
        |(at, _): (usize, &str)| is_end(text[..at].chars().next_back()) && is_end(text[at + 1..].chars().next());
    has_star && stars.all(is_own) && words::are_among_marks(text)
}

/// Regular expressions and patterns of names.
fn is_pattern(text: &str) -> bool {
    if is_glob(text) {
        return true;
    }
    #[rustfmt::skip]
    const SIGNS: [&str; 14] = [
        "\\d", "\\w", "\\s", "\\.", ".*", ".+", "[a-z", "[A-Z", "[0-9", "[^", "(?", "]+", "]*", "){",
    ];
    let text = text.strip_prefix('/').and_then(|text| text.strip_suffix('/')).unwrap_or(text);
    let framed = text.starts_with('^') && text.len() > 2 || text.ends_with('$') && text.len() > 3;
    let signs = SIGNS.iter().filter(|sign| text.contains(**sign)).count();
    let is_short = |run: &str| run.len() <= 3 || words::are(run);
    let runs = text.split(|c: char| !c.is_alphanumeric()).all(is_short);
    (signs >= 2
        || framed && signs >= 1
        || text.contains("**/")
        || text.starts_with("*.")
        || text.ends_with("/*")
        || text.ends_with(":*"))
        && runs
}
