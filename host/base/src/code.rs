//! Codes of errors: what a program decides by, where people read the message.

/// Whose turn it is, so that each door can tell it in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was named is not there.
    NotFound,
    /// It is another way than was expected: look again.
    Conflict,
    /// What was asked for is against a rule, whatever is there.
    Invalid,
    /// It was not granted.
    Denied,
    /// A bound was met.
    Full,
    Unsupported,
    /// Try again later.
    Busy,
    /// Somebody must see to the machine, the network or another service.
    Unavailable,
    Damaged,
    /// Look whether it was done.
    Unknown,
}

impl ErrorKind {
    /// As in the table of `host/docs/errors.md`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Denied => "denied",
            Self::Full => "full",
            Self::Unsupported => "unsupported",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Damaged => "damaged",
            Self::Unknown => "unknown",
        }
    }
}

/// An error that programs can tell from others.
pub trait Coded {
    /// Every code that errors of this type have of their own, with its kind. What an error hands on has its code elsewhere.
    const CODES: &'static [(&'static str, ErrorKind)];

    /// A name that stays from version to version, as in `host/docs/errors.md`.
    fn code(&self) -> &'static str;

    fn kind(&self) -> ErrorKind;
}

/// Whether codes hold one with that kind; told when a program is built.
#[doc(hidden)]
pub const fn lists(codes: &[(&str, ErrorKind)], code: &str, kind: ErrorKind) -> bool {
    let mut at = 0;
    while at < codes.len() {
        if same(codes[at].0.as_bytes(), code.as_bytes()) && codes[at].1 as u8 == kind as u8 {
            return true;
        }
        at += 1;
    }
    false
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}

/// The codes of an error, arm by arm: `Pattern => Kind "code",` for one of its own, `Pattern => Kind "code" of Other,` for
/// a fact that another error tells as well and lists, `Pattern => in inner,` for one that is handed on.
#[macro_export]
macro_rules! coded {
    ($error:ty: $($arms:tt)*) => {
        $crate::coded!(@ $error; []; []; []; $($arms)*);
    };
    (@ $error:ty; [$($codes:tt)*]; [$($code:tt)*]; [$($kind:tt)*]; $pattern:pat => in $inner:expr, $($rest:tt)*) => {
        $crate::coded!(@ $error; [$($codes)*];
            [$($code)* $pattern => $crate::Coded::code($inner),];
            [$($kind)* $pattern => $crate::Coded::kind($inner),]; $($rest)*);
    };
    (@ $error:ty; [$($codes:tt)*]; [$($code:tt)*]; [$($kind:tt)*];
        $pattern:pat => $of:ident $name:literal of $other:ty, $($rest:tt)*) => {
        const _: () = assert!(
            $crate::code::lists(<$other as $crate::Coded>::CODES, $name, $crate::ErrorKind::$of),
            "the other error has no such code of that kind"
        );
        $crate::coded!(@ $error; [$($codes)*];
            [$($code)* $pattern => $name,];
            [$($kind)* $pattern => $crate::ErrorKind::$of,]; $($rest)*);
    };
    (@ $error:ty; [$($codes:tt)*]; [$($code:tt)*]; [$($kind:tt)*]; $pattern:pat => $of:ident $name:literal, $($rest:tt)*) => {
        $crate::coded!(@ $error; [$($codes)* ($name, $crate::ErrorKind::$of),];
            [$($code)* $pattern => $name,];
            [$($kind)* $pattern => $crate::ErrorKind::$of,]; $($rest)*);
    };
    (@ $error:ty; [$($codes:tt)*]; [$($code:tt)*]; [$($kind:tt)*];) => {
        impl $crate::Coded for $error {
            const CODES: &'static [(&'static str, $crate::ErrorKind)] = &[$($codes)*];

            fn code(&self) -> &'static str {
                #[allow(unused_variables, reason = "a code is looked up without what the error carries")]
                match self { $($code)* }
            }

            fn kind(&self) -> $crate::ErrorKind {
                #[allow(unused_variables, reason = "a kind is looked up without what the error carries")]
                match self { $($kind)* }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Inner {
        Gone,
        Full,
    }

    coded! { Inner:
        Self::Gone => NotFound "gone",
        Self::Full => Full "full",
    }

    enum Outer {
        Own { _place: u8 },
        Shared,
        Handed(Inner),
    }

    coded! { Outer:
        Self::Own { .. } => Denied "own",
        Self::Shared => NotFound "gone" of Inner,
        Self::Handed(inner) => in inner,
    }

    #[test]
    fn an_error_has_a_code_of_its_own_or_that_of_what_it_hands_on() {
        let told = |error: Outer| (error.code(), error.kind());
        assert_eq!(told(Outer::Own { _place: 0 }), ("own", ErrorKind::Denied));
        assert_eq!(told(Outer::Shared), ("gone", ErrorKind::NotFound));
        assert_eq!(told(Outer::Handed(Inner::Full)), ("full", ErrorKind::Full));
        assert_eq!(told(Outer::Handed(Inner::Gone)), ("gone", ErrorKind::NotFound));
    }

    #[test]
    fn a_code_is_listed_by_one_error() {
        assert_eq!(Inner::CODES, [("gone", ErrorKind::NotFound), ("full", ErrorKind::Full)]);
        assert_eq!(Outer::CODES, [("own", ErrorKind::Denied)]);
    }

    #[test]
    fn a_code_is_listed_whole_and_with_its_kind() {
        assert!(lists(Inner::CODES, "gone", ErrorKind::NotFound));
        for (code, kind) in [("gone", ErrorKind::Full), ("gon", ErrorKind::NotFound), ("gones", ErrorKind::NotFound)] {
            assert!(!lists(Inner::CODES, code, kind), "{code}");
        }
    }
}
