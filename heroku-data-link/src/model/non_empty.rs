use std::collections::BTreeSet;
use std::collections::btree_set;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::InvalidValue;
#[cfg(feature = "schemars")]
use super::schema::{JsonSchema, structural};

/// An ordered set with at least one member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "BTreeSet<T>", into = "BTreeSet<T>")]
#[serde(bound(
    serialize = "T: Ord + Clone + Serialize",
    deserialize = "T: Ord + Deserialize<'de>"
))]
#[cfg_attr(
    feature = "schemars",
    derive(JsonSchema),
    schemars(inline, transform = structural, extend("minItems" = 1))
)]
pub struct NonEmptySet<T>(BTreeSet<T>)
where
    T: Ord;

impl<T: Ord> NonEmptySet<T> {
    /// The set of just this member.
    pub fn of(member: T) -> Self {
        Self(BTreeSet::from([member]))
    }

    /// From any number of members.
    ///
    /// # Errors
    /// When there are none.
    pub fn new(members: impl IntoIterator<Item = T>) -> Result<Self, InvalidValue> {
        Self::try_from(members.into_iter().collect::<BTreeSet<T>>())
    }

    /// Its members, in order.
    pub fn iter(&self) -> btree_set::Iter<'_, T> {
        self.0.iter()
    }

    /// The same members as a plain set.
    pub fn as_set(&self) -> &BTreeSet<T> {
        &self.0
    }
}

impl<T: Ord> TryFrom<BTreeSet<T>> for NonEmptySet<T> {
    type Error = InvalidValue;

    fn try_from(members: BTreeSet<T>) -> Result<Self, InvalidValue> {
        if members.is_empty() {
            return Err(InvalidValue::new(
                "list",
                "[]",
                "it needs at least one member; leave it out to have the default",
            ));
        }
        Ok(Self(members))
    }
}

impl<T: Ord> From<NonEmptySet<T>> for BTreeSet<T> {
    fn from(set: NonEmptySet<T>) -> Self {
        set.0
    }
}

impl<'a, T: Ord> IntoIterator for &'a NonEmptySet<T> {
    type Item = &'a T;
    type IntoIter = btree_set::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Ord + fmt::Display> fmt::Display for NonEmptySet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, member) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            member.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_set_is_refused_also_when_read() {
        let error = NonEmptySet::<u8>::new([]).unwrap_err().to_string();
        assert!(error.contains("at least one"), "{error}");
        assert!(serde_json::from_str::<NonEmptySet<u8>>("[]").is_err());
        let set: NonEmptySet<u8> = serde_json::from_str("[2,1,2]").unwrap();
        assert_eq!(set.to_string(), "1, 2");
        assert_eq!(serde_json::to_string(&set).unwrap(), "[1,2]");
    }
}
