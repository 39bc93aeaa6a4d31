//! What all values have in common: conversions, printing, serde.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Visitor};

use super::text_filter::{TextFilter, may_hold_password};

/// Why a text is refused, as the end of a sentence: "it must have 12 digits".
pub(super) type Rule = Cow<'static, str>;

/// Reads a value from a string through its parser, so that serde accepts no more than `FromStr`.
pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    struct Text<T>(PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

/// Whether two words are the same but for case, `-` and `_`.
///
/// The clouds do not agree on one spelling: `pending-acceptance`, `pendingAcceptance` and
/// `PendingAcceptance` are all on record.
pub(super) fn same_word(a: &str, b: &str) -> bool {
    fn letters(word: &str) -> impl Iterator<Item = u8> {
        word.bytes()
            .filter(|byte| !matches!(byte, b'-' | b'_'))
            .map(|byte| byte.to_ascii_lowercase())
    }
    letters(a).eq(letters(b))
}

/// Whether all bytes are ASCII lower-case letters or digits.
pub(super) fn is_lower_alnum(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// `TryFrom` for a type that has `FromStr<Err = InvalidValue>`.
macro_rules! conversions {
    ($name:ident) => {
        impl TryFrom<&str> for $name {
            type Error = $crate::model::InvalidValue;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::model::InvalidValue;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    };
}

/// Conversions, `Debug`, serde and schema of a type that has `FromStr<Err = InvalidValue>` and
/// `Display`. The pattern matches whatever parses, and may match more.
macro_rules! value_traits {
    ($name:ident $(, $pattern:expr)?) => {
        conversions!($name);

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.to_string()).finish()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::text::deserialize(deserializer)
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string" $(, "pattern": $pattern)? })
            }
        }
    };
}

/// Serde of a type that people write by hand and that derives it with `#[serde(remote = "…")]`, which
/// is its own name.
///
/// What serde refuses it repeats: unknown fields and variants, texts in the place of something
/// else. Where that may be a password, it is masked.
macro_rules! refuses_without_passwords {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer).map_err($crate::model::text::without_password)
            }
        }
    };
}
pub(crate) use refuses_without_passwords;

/// The error as it is, unless it may hold a password.
pub(crate) fn without_password<E: Error>(error: E) -> E {
    /// Room for the fields of the largest type.
    const LONGEST: usize = 1000;
    let text = error.to_string();
    if may_hold_password(&text) {
        E::custom(TextFilter::new().show_up_to(&text, LONGEST))
    } else {
        error
    }
}

/// `AsRef<str>` and `Display` for a type that has `as_str`.
macro_rules! prints_as_str {
    ($name:ident) => {
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

/// `value_traits!` for a type that is text and has `as_str`.
macro_rules! text_traits {
    ($name:ident $(, $pattern:expr)?) => {
        prints_as_str!($name);
        value_traits!($name $(, $pattern)?);
    };
}

/// A type that is text which a function has checked: `fn(&str) -> Result<(), Rule>`. The pattern is that
/// of `value_traits!`.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr $(, $pattern:expr)?) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text, as it parses.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match $check(text) {
                    Ok(()) => Ok(Self(text.into())),
                    Err(rule) => Err($crate::model::InvalidValue::new($what, text, rule)),
                }
            }
        }

        text_traits!($name $(, $pattern)?);
    };
}
