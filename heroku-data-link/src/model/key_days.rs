//! Numbers of days in the life of a KMS key.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidValue;

macro_rules! days {
    ($(#[$doc:meta])* $name:ident, $what:literal, $from:literal..=$to:literal, $default:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The number of days.
            pub fn days(self) -> u32 {
                self.0
            }
        }

        impl TryFrom<u32> for $name {
            type Error = InvalidValue;

            fn try_from(days: u32) -> Result<Self, InvalidValue> {
                if ($from..=$to).contains(&days) {
                    return Ok(Self(days));
                }
                Err(InvalidValue::new(
                    $what,
                    format!("{days} days"),
                    concat!("KMS takes ", $from, " to ", $to, " days"),
                ))
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self($default)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} days", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                u32::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
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
                schemars::json_schema!({ "type": "integer", "minimum": $from, "maximum": $to })
            }
        }
    };
}

days! {
    /// Days between two automatic rotations of a key's material: 90 to 2560, by default 365 (KMS
    /// API reference). Serialised as a number.
    RotationPeriod, "rotation period", 90..=2560, 365
}

days! {
    /// Days between the order to delete a key and its deletion: 7 to 30, by default 30 (KMS API
    /// reference). Serialised as a number.
    DeletionWindow, "deletion window", 7..=30, 30
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_kms_takes() {
        assert_eq!(RotationPeriod::default().days(), 365);
        assert_eq!(DeletionWindow::default().days(), 30);
        for days in [90, 365, 2560] {
            let period = RotationPeriod::try_from(days).unwrap();
            assert_eq!((period.days(), period.to_string()), (days, format!("{days} days")));
            assert_eq!(serde_json::from_value::<RotationPeriod>(days.into()).unwrap(), period);
            assert_eq!(serde_json::to_value(period).unwrap(), days);
        }
        for days in [0, 89, 2561] {
            assert!(RotationPeriod::try_from(days).is_err(), "{days}");
        }
        for days in [7, 30] {
            assert!(DeletionWindow::try_from(days).is_ok(), "{days}");
        }
        for days in [0, 3, 6, 31] {
            assert!(DeletionWindow::try_from(days).is_err(), "{days}");
            assert!(serde_json::from_value::<DeletionWindow>(days.into()).is_err(), "{days}");
        }
        assert_eq!(
            DeletionWindow::try_from(3).unwrap_err().to_string(),
            "\"3 days\" is not a deletion window: KMS takes 7 to 30 days"
        );
    }
}
