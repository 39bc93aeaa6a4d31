//! Tables of what a type accepts and refuses.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::InvalidValue;

/// A type that is read from text and printed as it was read.
pub(super) trait Model:
    FromStr<Err = InvalidValue>
    + TryFrom<String, Error = InvalidValue>
    + for<'a> TryFrom<&'a str, Error = InvalidValue>
    + Display
    + Debug
    + Clone
    + Ord
    + std::hash::Hash
    + Serialize
    + DeserializeOwned
    + Described
{
}

impl<T> Model for T where
    T: FromStr<Err = InvalidValue>
        + TryFrom<String, Error = InvalidValue>
        + for<'a> TryFrom<&'a str, Error = InvalidValue>
        + Display
        + Debug
        + Clone
        + Ord
        + std::hash::Hash
        + Serialize
        + DeserializeOwned
        + Described
{
}

/// A type with a schema, where there are schemas.
#[cfg(feature = "schemars")]
pub(super) use schemars::JsonSchema as Described;
#[cfg(not(feature = "schemars"))]
pub(super) trait Described {}
#[cfg(not(feature = "schemars"))]
impl<T> Described for T {}

/// The pattern of a type's schema, which must match whatever parses.
pub(super) fn pattern<T: Model>() -> Option<regex::Regex> {
    #[cfg(feature = "schemars")]
    if let Some(pattern) = schemars::schema_for!(T).get("pattern") {
        return Some(regex::Regex::new(pattern.as_str().unwrap()).unwrap());
    }
    None
}

/// All ways to read each text agree, and all ways to print give it back.
#[track_caller]
pub(super) fn accepts<T: Model>(texts: &[&str]) {
    let name = std::any::type_name::<T>().rsplit("::").next().unwrap();
    let pattern = pattern::<T>();
    for &text in texts {
        let value: T = text.parse().unwrap();
        assert!(pattern.as_ref().is_none_or(|it| it.is_match(text)), "{text:?} {pattern:?}");
        assert_eq!(T::try_from(text), Ok(value.clone()));
        assert_eq!(T::try_from(text.to_owned()), Ok(value.clone()));
        assert_eq!(serde_json::from_value::<T>(text.into()).unwrap(), value);
        assert_eq!(serde_json::to_value(&value).unwrap(), Value::from(text));
        assert_eq!(value.to_string(), text);
        assert_eq!(format!("{value:?}"), format!("{name}({text:?})"));
    }
}

/// Each text is refused with exactly its message, by serde too.
#[track_caller]
pub(super) fn refuses<T: Model>(cases: &[(&str, &str)]) {
    for &(text, message) in cases {
        let error = text.parse::<T>().unwrap_err();
        assert_eq!(error.to_string(), message, "reading {text:?}");
        assert_eq!(T::try_from(text), Err(error.clone()));
        assert_eq!(T::try_from(text.to_owned()), Err(error));
        let error = serde_json::from_value::<T>(text.into()).unwrap_err();
        assert_eq!(error.to_string(), message, "deserializing {text:?}");
    }
}
