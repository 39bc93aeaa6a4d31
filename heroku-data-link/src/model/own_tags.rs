//! Tags of AWS that the user of a link chooses.

use std::collections::BTreeMap;
use std::collections::btree_map;

use serde::{Deserialize, Serialize};

use super::InvalidValue;
#[cfg(feature = "schemars")]
use super::schema::{JsonSchema, structural};
use super::text::Rule;
use super::text_filter::holds_password;

/// Longest key, in characters ([EC2], [KMS]).
///
/// [EC2]: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
/// [KMS]: https://docs.aws.amazon.com/kms/latest/APIReference/API_Tag.html
const LONGEST_KEY: usize = 128;
/// Longest value, in characters.
const LONGEST_VALUE: usize = 256;
/// What begins a key of AWS's own.
const OF_AWS: &str = "aws:";
/// What begins a key of this library.
const OF_THIS_LIBRARY: &str = "heroku-data-link:";

/// Tags that a link's own AWS resources get beside those that this library needs: an object whose
/// properties are the keys, such as `{"team": "data", "cost-center": "12"}`.
///
/// At most [`MOST`](Self::MOST). A key has 1 to 128 characters and a value at most 256: letters,
/// digits, spaces and `+ - = . _ : / @`, as AWS documents for all of its services, but no space at
/// either end. A key does not begin with `aws:` or `heroku-data-link:`, in any case. Everyone who may
/// read tags sees them, so what looks like a password is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
#[cfg_attr(
    feature = "schemars",
    derive(JsonSchema),
    schemars(inline, transform = structural, extend("maxProperties" = 40))
)]
pub struct OwnTags(BTreeMap<String, String>);

impl OwnTags {
    /// How many there may be. AWS allows a resource 50, of which this library needs up to 7; the rest
    /// is left to others.
    pub const MOST: usize = 40;

    /// From keys and values.
    ///
    /// # Errors
    /// For a key or value that AWS does not take or that belongs to somebody else, and for too many.
    pub fn new<K: Into<String>, V: Into<String>>(
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, InvalidValue> {
        let tags = tags.into_iter().map(|(key, value)| (key.into(), value.into()));
        Self::try_from(tags.collect::<BTreeMap<_, _>>())
    }

    /// The value of a key, which is compared with its case.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tags, in order of their keys.
    pub fn iter(&self) -> btree_map::Iter<'_, String, String> {
        self.0.iter()
    }
}

impl TryFrom<BTreeMap<String, String>> for OwnTags {
    type Error = InvalidValue;

    fn try_from(tags: BTreeMap<String, String>) -> Result<Self, InvalidValue> {
        for (key, value) in &tags {
            check_key(key).map_err(|rule| InvalidValue::new("tag key", key, rule))?;
            check_value(value).map_err(|rule| InvalidValue::new("tag value", value, rule))?;
        }
        if tags.len() > Self::MOST {
            return Err(InvalidValue::new(
                "set of tags",
                format!("{} tags", tags.len()),
                format!(
                    "it must have at most {}, as AWS allows a resource 50 and the link needs some",
                    Self::MOST
                ),
            ));
        }
        Ok(Self(tags))
    }
}

impl From<OwnTags> for BTreeMap<String, String> {
    fn from(tags: OwnTags) -> Self {
        tags.0
    }
}

impl<'a> IntoIterator for &'a OwnTags {
    type Item = (&'a String, &'a String);
    type IntoIter = btree_map::Iter<'a, String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

fn check_key(key: &str) -> Result<(), Rule> {
    if key.is_empty() {
        return Err("it must not be empty".into());
    }
    for (prefix, owner) in [(OF_AWS, "AWS"), (OF_THIS_LIBRARY, "this library")] {
        let start = key.as_bytes().get(..prefix.len());
        if start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes())) {
            return Err(format!("it must not begin with {prefix:?}, which {owner} keeps").into());
        }
    }
    check_text(key, LONGEST_KEY)
}

fn check_value(value: &str) -> Result<(), Rule> {
    check_text(value, LONGEST_VALUE)
}

fn check_text(text: &str, longest: usize) -> Result<(), Rule> {
    if holds_password(text.trim()) {
        return Err("it must not hold a password, as everyone who may read tags sees it".into());
    }
    let valid = |c: char| c.is_alphanumeric() || " +-=._:/@".contains(c);
    if !text.chars().all(valid) {
        return Err("it must have only letters, digits, spaces and + - = . _ : / @".into());
    }
    if text.trim() != text {
        return Err("it must not begin or end with a space".into());
    }
    if text.chars().count() > longest {
        return Err(format!("it must not be longer than {longest} characters").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_aws_takes_are_read_and_written_again() {
        let text =
            r#"{"Name":"","aws":"x","büro:kosten/stelle":"a-b=c.d_e+1 @ü","e":"ops@example.com"}"#;
        let tags: OwnTags = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&tags).unwrap(), text);
        assert_eq!((tags.len(), tags.get("aws"), tags.get("name")), (4, Some("x"), None));
        let longest = ("é".repeat(LONGEST_KEY), "é".repeat(LONGEST_VALUE));
        assert!(OwnTags::new([longest]).is_ok());
        assert!(OwnTags::new((0..OwnTags::MOST).map(|n| (n.to_string(), "x"))).is_ok());
    }

    #[test]
    fn what_aws_refuses_and_what_belongs_to_others_is_refused() {
        let characters = "it must have only letters, digits, spaces and + - = . _ : / @";
        let spaces = "it must not begin or end with a space";
        let password = "it must not hold a password, as everyone who may read tags sees it";
        let aws = "it must not begin with \"aws:\", which AWS keeps";
        let library = "it must not begin with \"heroku-data-link:\", which this library keeps";
        let (long_key, long_value) = ("k".repeat(129), "v".repeat(257));
        for (key, value, what, rule) in [
            ("", "x", "tag key", "it must not be empty"),
            ("aws:team", "x", "tag key", aws),
            ("AWS:team", "x", "tag key", aws),
            ("heroku-data-link:link", "x", "tag key", library),
            ("Heroku-Data-Link:x", "x", "tag key", library),
            ("a*b", "x", "tag key", characters),
            ("a\n", "x", "tag key", characters),
            (" a", "x", "tag key", spaces),
            (&long_key, "x", "tag key", "it must not be longer than 128 characters"),
            ("a", "x,y", "tag value", characters),
            ("a", "x ", "tag value", spaces),
            ("a", "redis://h:hunter2@host", "tag value", password),
            ("a", &long_value, "tag value", "it must not be longer than 256 characters"),
        ] {
            let error = OwnTags::new([(key, value)]).unwrap_err();
            assert_eq!((error.what(), error.rule()), (what, rule), "{key:?} {value:?}");
            let text = serde_json::json!({ key: value }).to_string();
            let read = serde_json::from_str::<OwnTags>(&text).unwrap_err().to_string();
            assert!(read.starts_with(&error.to_string()), "{read}");
            assert!(!read.contains("hunter2"), "{read}");
        }
        let many = (0..=OwnTags::MOST).map(|n| (n.to_string(), "x"));
        assert_eq!(
            OwnTags::new(many).unwrap_err().to_string(),
            "\"41 tags\" is not a set of tags: it must have at most 40, as AWS allows a resource 50 \
             and the link needs some"
        );
    }
}
