//! What the name of a value says of it, by whole words: `client_secret`, `apiKey` and `DB_PASS` name secrets, `primary_key`,
//! `compass` and `token_url` do not. The last word is what the value is, those before it say which.

mod lists;

/// What a name says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A secret, unless it is plain.
    Secret,
    /// A secret unless it reads like words: `auth`, `salt`, what stands under `secrets`.
    Weak,
    /// A secret only where it reads like chance: `key`, `session`, `password_strength`.
    Faint,
    /// Names something, and may look random.
    Id,
    /// Names a key or token. Nobody can tell whether that is public.
    KeyId,
    /// What was computed of something else.
    Digest,
    /// A place, a person, a kind, a time.
    Plain,
    /// Prose and code, which tell of secrets.
    Prose,
    /// Nothing.
    None,
}

/// A longer name is cut.
const LONGEST_NAME: usize = 128;

/// What the names on the path to a value say of it.
pub(super) fn kind(names: &[&str]) -> Kind {
    let mut telling = names.iter().rev().map(|name| words(name)).filter(|words| !words.is_empty());
    let Some(own) = telling.next() else { return Kind::None };
    let around = telling.next().unwrap_or_default();
    let is_beside = own.last().is_some_and(|last| lists::BESIDE_SECRETS.contains(&last.as_str()));
    match of_words(&own, &around) {
        Kind::None | Kind::Faint | Kind::Plain if holds_nothing_else(&around) && !is_beside => Kind::Secret,
        Kind::None | Kind::Faint if holds_secrets(&around) => Kind::Weak,
        Kind::Plain if holds_only_secrets(&around) && !is_beside => Kind::Weak,
        kind => kind,
    }
}

/// Whether the texts of a program are kept there, in one language: `fr.login.forgot_password`.
pub(super) fn are_of_texts(names: &[&str]) -> bool {
    names.iter().any(|name| {
        let language = name.split(['-', '_']).next().unwrap_or(name);
        let is_tag = name.len() == language.len() || matches!(name.len() - language.len(), 3 | 5);
        is_tag && lists::LANGUAGES.contains(&language) || lists::TEXTS.contains(name)
    })
}

/// The words of a name in lower case, without those at its end that say nothing; none if that is all there is.
fn words(name: &str) -> Vec<String> {
    let name = &name[..name.floor_char_boundary(LONGEST_NAME)];
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    let mut following = name.chars().peekable();
    while let Some(c) = following.next() {
        let begins = match c {
            'A'..='Z' => !last.is_ascii_uppercase() || following.peek().is_some_and(char::is_ascii_lowercase),
            '0'..='9' => !last.is_ascii_digit(),
            _ => !last.is_alphabetic(),
        };
        if c.is_alphanumeric() {
            if begins {
                words.push(String::new());
            }
            words.last_mut().expect("a letter behind none begins one").extend(c.to_lowercase());
        }
        last = c;
    }
    let says_nothing =
        |word: &String| lists::EMPTY.contains(&word.as_str()) || word.bytes().all(|byte| byte.is_ascii_digit());
    while words.last().is_some_and(says_nothing) {
        words.pop();
    }
    words
}

fn of_words(words: &[String], around: &[String]) -> Kind {
    let [.., last] = words else { return Kind::None };
    let (last, outer) = (last.as_str(), around.last().map_or("", String::as_str));
    let before = words.len().checked_sub(2).map_or(outer, |at| words[at].as_str());
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let is_hash = lists::HASHED.contains(&last) && (is_secret_word(before) || lists::KNOWN_BY_HASH.contains(&before));
    let is_owner = lists::OWNERS.contains(&last) && is_password_word(&words[0]);
    if is_hash || is_owner || lists::SECRET_PAIRS.contains(&(before, last)) {
        Kind::Secret
    } else if last == "key" {
        of_key(before, words)
    } else if is_public_half(outer, before, last, words) {
        Kind::Digest
    } else if is_secret_word(last) {
        let is_elsewhere = last == "secret" && any(&lists::KEPT_ELSEWHERE);
        if is_elsewhere || any(&lists::ABOUT_SECRETS) { Kind::Weak } else { Kind::Secret }
    } else if lists::WEAK.contains(&last) {
        Kind::Weak
    } else if lists::FAINT.contains(&last) {
        Kind::Faint
    } else if lists::IDS.contains(&last) || last == "number" && lists::NUMBERED.contains(&before) {
        of_id(before)
    } else if lists::DIGESTS.contains(&last) {
        Kind::Digest
    } else if lists::PROSE.contains(&last) {
        Kind::Prose
    } else if lists::PLAIN.contains(&last) && !(is_secret_word(&words[0]) && lists::OWNERS.contains(&last)) {
        Kind::Plain
    } else if any(&lists::SECRET_FIRST) {
        // Languages in which the noun stands first.
        Kind::Secret
    } else {
        let has_secret = words.iter().any(|word| is_secret_word(word));
        if has_secret { Kind::Faint } else { Kind::None }
    }
}

/// Whether it is what all may have of a pair of keys: of a JWK, of an assembly, of who signs commits.
fn is_public_half(outer: &str, before: &str, last: &str, words: &[String]) -> bool {
    outer == "keys" && lists::PUBLIC_OF_JWK.contains(&last)
        || (outer, last) == ("user", "signingkey")
        || (before, last) == ("key", "token") && words.iter().any(|word| word == "public")
}

/// By what stands before `key`, in the name itself or in that around it.
fn of_key(before: &str, words: &[String]) -> Kind {
    let has = |word: &str| words.iter().any(|one| one == word);
    if has("publishable") || has("site") || has("next") && has("public") {
        Kind::KeyId
    } else if before == "public" || before == "pub" {
        Kind::Digest
    } else if lists::OF_SECRET_KEYS.contains(&before) {
        Kind::Secret
    } else if lists::OF_PLAIN_KEYS.contains(&before) && words.len() > 1 {
        Kind::Plain
    } else if words.len() == 1 {
        Kind::Faint
    } else {
        Kind::Weak
    }
}

/// By what it is the number of. That of a secret may be one.
fn of_id(before: &str) -> Kind {
    match before {
        "secret" => Kind::Weak,
        "key" => Kind::KeyId,
        word if is_secret_word(word) => Kind::KeyId,
        _ => Kind::Id,
    }
}

fn is_password_word(word: &str) -> bool {
    ["password", "passwd", "passwort", "kennwort", "pwd", "pw"].contains(&word)
}

fn is_secret_word(word: &str) -> bool {
    lists::SECRET.contains(&word) || lists::SECRET_ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// Whether secrets stand under this name, among others.
fn holds_secrets(words: &[String]) -> bool {
    let last = words.last().map_or("", String::as_str);
    ["credentials", "keys", "creds", "auth"].contains(&last) || holds_only_secrets(words)
}

/// Whether what stands under this name are secrets, whatever they look like.
fn holds_nothing_else(words: &[String]) -> bool {
    words.last().is_some_and(|last| last == "secrets" || last == "passwords")
}

/// Whether what stands under this name are secrets, each by a name of its own.
fn holds_only_secrets(words: &[String]) -> bool {
    let last = words.last().map_or("", String::as_str);
    let are_keys =
        last == "keys" && words.len() > 1 && lists::OF_SECRET_KEYS.contains(&words[words.len() - 2].as_str());
    last == "tokens" || holds_nothing_else(words) || is_secret_word(last) && last != "creds" || are_keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn a_name_is_read_by_whole_words() {
        for name in [
            "api_key", "clientSecret", "APIKEY", "dbPassword", "x-api-key", "passwd", "pwd", "pass", "access token",
            "DB_PASS", "PGPASSWORD", "password2", "SECRET_KEY_BASE", "AWS_SECRET_ACCESS_KEY", "API_KEY_PROD",
            "client-key-data", "_authToken", "//r.example.com/:_authToken", "sshKey", "webhookSecret", "access.token",
            "passphrase", "githubToken", "authtoken", "password_hash", "HTTPPassword", "dbPASSWORD", "session_id",
            "seed phrase",
        ] {
            assert_eq!(kind(&[name]), Kind::Secret, "{name}");
        }
        for name in [
            "primary_key", "keyspace", "authors", "design", "assigned_to", "passed", "compass", "keyboard",
            "tokenizer", "signature_algorithm", "public_key", "key_id", "partition_key", "foreign_key", "sort_key",
            "token_type", "token_url", "password_policy", "secret_name", "auth_method", "max_tokens", "monkey",
            "bypass", "author", "secretary", "passenger", "token_expiry", "secret_arn", "cache_key", "routing_key",
            "keyword", "authority", "passport", "",
        ] {
            assert_ne!(kind(&[name]), Kind::Secret, "{name}");
        }
    }

    #[test]
    fn names_around_speak_where_its_own_says_nothing() {
        assert_eq!(kind(&["db", "password", "value"]), Kind::Secret);
        assert_eq!(kind(&["tokens", "", "0"]), Kind::Faint);
        assert_eq!(kind(&["tokens", "mail"]), Kind::Weak);
        assert_eq!(kind(&["secrets", "smtp"]), Kind::Secret);
        assert_eq!(kind(&["credentials", "username"]), Kind::Plain);
        assert_eq!(kind(&["password", "file"]), Kind::Plain);
        assert_eq!(kind(&[]), Kind::None);
    }
}
