//! Tells a value that was given in the place of a name, by its looks.

/// How the tokens of well-known services begin. Case matters: `SK_LIVE_KEY` is a fine name.
const PREFIXES: [&str; 17] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "sk-",
    "xoxb-",
    "xoxp-",
    "pat-na1",
    "pat-eu1",
    "AKIA",
    "AIza",
];
/// What follows a prefix in a name that somebody chose is shorter, or words without a digit.
const TOKEN_REST: usize = 8;

/// Whether a text, though it may be a valid name, is more likely a token.
pub fn is_token(text: &str) -> bool {
    let rest = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix).map(|rest| (prefix, rest)));
    match rest {
        Some((prefix, _)) if prefix.contains('-') => true,
        Some((_, rest)) => rest.len() >= TOKEN_REST && is_mixed(rest) || rest.len() > 2 * TOKEN_REST,
        None => text.split('_').any(is_random),
    }
}

/// Whether a text that is no name is more likely a value: `NAME=value`, a token, a password. What was meant as a name is
/// words with plain separators between them.
pub fn is_no_name(text: &str) -> bool {
    let separates = |c: char| matches!(c, ' ' | '-' | '_' | '.' | '/' | '(' | ')');
    let strange = |c: char| c.is_control() || (c.is_ascii_punctuation() && !separates(c));
    let token = |word: &str| word.len() >= 10 && is_mixed(word);
    text.len() > 64 || text.contains(strange) || text.split(separates).any(token)
}

fn is_mixed(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    digits >= 1 && digits < word.len()
}

/// Letters and digits take turns in a long word: nobody names anything so.
fn is_random(word: &str) -> bool {
    const LONG: usize = 16;
    const TURNS: usize = 5;
    let kinds: Vec<bool> = word.chars().map(|c| c.is_ascii_digit()).collect();
    word.len() >= LONG && kinds.windows(2).filter(|pair| pair[0] != pair[1]).count() >= TURNS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_services_are_told_from_names() {
        for token in [
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "gho_1234abcd",
            "github_pat_11ABCDEFG0abcdefghij",
            "glpat-x",
            "sk_live_51Hx9fakefake",
            "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
            "sk-proj-abc",
            "xoxb-1-2",
            "AKIAIOSFODNN7EXAMPLE",
            "AIzaSyA1b2c3d4e5f6g7h8",
            "pat-na1-7Hq2",
            "d41d8cd98f00b204e9800998ecf8427e",
        ] {
            assert!(is_token(token), "{token}");
        }
    }

    #[test]
    fn names_that_somebody_chose_are_none() {
        for name in [
            "HUBSPOT_API_KEY",
            "SK_LIVE_KEY",
            "sk_live_key",
            "sk_test_key",
            "AKIA_ID",
            "ghp_token",
            "S3_BUCKET_2",
            "OAUTH2_CLIENT_SECRET",
            "BACKUP20261123KEY",
            "AWS_ACCOUNT_123456789012",
        ] {
            assert!(!is_token(name), "{name}");
        }
    }
}
