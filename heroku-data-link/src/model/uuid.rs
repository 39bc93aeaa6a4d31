//! Heroku's ids, which are UUIDs.

use std::fmt;

macro_rules! uuid_type {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl std::str::FromStr for $name {
            type Err = $crate::model::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse(text).map(Self).ok_or_else(|| {
                    $crate::model::InvalidValue::new(
                        $what,
                        text,
                        "it must be a UUID, such as 01234567-89ab-cdef-0123-456789abcdef",
                    )
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                print(self.0, f)
            }
        }

        value_traits!($name, "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$");
    };
}

uuid_type! {
    /// The id of an app: a UUID. Upper case is read, lower case is printed.
    AppId, "app id"
}
uuid_type! {
    /// The id of an add-on: a UUID. Upper case is read, lower case is printed.
    AddonId, "add-on id"
}
uuid_type! {
    /// The id of a space: a UUID. Upper case is read, lower case is printed.
    SpaceId, "space id"
}

/// Whether text is an id and hence not a name.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && parse(text).is_some()
}

fn parse(text: &str) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let mut value = 0;
    for (at, byte) in text.bytes().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if byte != b'-' {
                return None;
            }
        } else {
            value = value << 4 | u128::from(char::from(byte).to_digit(16)?);
        }
    }
    Some(value)
}

fn print(value: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let field = |shift: u32, bits: u32| value >> shift & ((1 << bits) - 1);
    write!(
        f,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        field(96, 32),
        field(80, 16),
        field(64, 16),
        field(48, 16),
        field(0, 48)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn hyphenated_only() {
        accepts::<AddonId>(&[
            "01234567-89ab-cdef-0123-456789abcdef",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ]);
        for text in [
            "",
            "0123456789abcdef0123456789abcdef",
            "{01234567-89ab-cdef-0123-456789abcdef}",
            "01234567-89ab-cdef-0123-456789abcde",
            "01234567-89ab-cdef-0123-456789abcdefa",
            "01234567-89ab-cdef-0123-456789abcdeg",
            "01234567+89ab-cdef-0123-456789abcdef",
            "0123456-789ab-cdef-0123-456789abcdef",
            "01234567-89ab-cdef-0123-456789abcdé",
        ] {
            let rule = "it must be a UUID, such as 01234567-89ab-cdef-0123-456789abcdef";
            refuses::<AddonId>(&[(text, &format!("{text:?} is not an add-on id: {rule}"))]);
            refuses::<AppId>(&[(text, &format!("{text:?} is not an app id: {rule}"))]);
            refuses::<SpaceId>(&[(text, &format!("{text:?} is not a space id: {rule}"))]);
        }
    }

    #[test]
    fn case_does_not_matter() {
        let upper: AppId = "01234567-89AB-CDEF-0123-456789ABCDEF".parse().unwrap();
        assert_eq!(upper.to_string(), "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!("01234567-89ab-cdef-0123-456789abcdef".parse(), Ok(upper));
    }
}
