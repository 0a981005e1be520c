//! Which secret a key is: the one of that very name, or else the one in capitals, with `_` for all that no name may hold.
//! `api.token`, `api-token` and `api_token` are `API_TOKEN`, as whoever sets a secret by such a name is told to call it.

use um_secret::{NameError, SecretName};

/// The names that a key may be meant as, the likeliest first; none, if nothing of it could be a name.
pub(super) fn names(key: &str) -> Vec<SecretName> {
    match SecretName::parse(key) {
        Ok(name) => {
            let capitals = SecretName::parse(&key.to_ascii_uppercase()).ok().filter(|capitals| *capitals != name);
            [Some(name), capitals].into_iter().flatten().collect()
        }
        Err(NameError::Invalid { suggestion, .. } | NameError::Keyword { suggestion, .. }) => {
            SecretName::parse(&suggestion).into_iter().collect()
        }
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_own_name_or_the_one_in_capitals() {
        for (key, meant) in [
            ("API_TOKEN", &["API_TOKEN"][..]),
            ("api_token", &["api_token", "API_TOKEN"]),
            ("Api_Token", &["Api_Token", "API_TOKEN"]),
            ("api.token", &["API_TOKEN"]),
            ("api-token", &["API_TOKEN"]),
            ("2captcha", &["_2CAPTCHA"]),
            ("from", &["FROM_SECRET"]),
            ("…", &[]),
            ("", &[]),
        ] {
            let names = names(key);
            assert_eq!(names.iter().map(SecretName::as_str).collect::<Vec<_>>(), meant, "{key}");
        }
        assert_eq!(names(&"a".repeat(128)).len(), 2);
        assert_eq!(names(&"a".repeat(129)), []);
    }
}
