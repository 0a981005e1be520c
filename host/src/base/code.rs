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

/// The codes of an error, arm by arm: `Pattern => Kind "code",` for one of its own, `Pattern => in inner,` for one that is
/// handed on.
macro_rules! coded {
    ($error:ty: $($arms:tt)*) => {
        $crate::base::code::coded!(@ $error; []; []; []; $($arms)*);
    };
    (@ $error:ty; [$($codes:tt)*]; [$($code:tt)*]; [$($kind:tt)*]; $pattern:pat => in $inner:expr, $($rest:tt)*) => {
        $crate::base::code::coded!(@ $error; [$($codes)*];
            [$($code)* $pattern => $crate::base::Coded::code($inner),];
            [$($kind)* $pattern => $crate::base::Coded::kind($inner),]; $($rest)*);
    };
    (@ $error:ty; [$($codes:tt)*]; [$($code:tt)*]; [$($kind:tt)*]; $pattern:pat => $of:ident $name:literal, $($rest:tt)*) => {
        $crate::base::code::coded!(@ $error; [$($codes)* ($name, $crate::base::ErrorKind::$of),];
            [$($code)* $pattern => $name,];
            [$($kind)* $pattern => $crate::base::ErrorKind::$of,]; $($rest)*);
    };
    (@ $error:ty; [$($codes:tt)*]; [$($code:tt)*]; [$($kind:tt)*];) => {
        impl $crate::base::Coded for $error {
            const CODES: &'static [(&'static str, $crate::base::ErrorKind)] = &[$($codes)*];

            fn code(&self) -> &'static str {
                #[allow(unused_variables, reason = "a code is looked up without what the error carries")]
                match self { $($code)* }
            }

            fn kind(&self) -> $crate::base::ErrorKind {
                #[allow(unused_variables, reason = "a kind is looked up without what the error carries")]
                match self { $($kind)* }
            }
        }
    };
}

pub(crate) use coded;
