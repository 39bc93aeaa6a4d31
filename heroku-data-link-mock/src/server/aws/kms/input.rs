//! Bodies of requests. A member that nobody knows is refused: here it would be a mistake of ours.

use std::fmt::Display;

use heroku_data_link::provider::Tags;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::AwsError;

/// The body of a request.
pub(super) struct Input<'a> {
    body: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { body }
    }

    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        serde_json::from_slice(self.body)
            .map_err(|error| AwsError::new("SerializationException", error.to_string()))
    }
}

/// The input of an action on one key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct OfKey {
    pub(super) key_id: Option<String>,
}

/// A tag of a key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct TagInput {
    tag_key: Option<String>,
    tag_value: Option<String>,
}

pub(super) fn invalid(message: impl Display) -> AwsError {
    AwsError::new("ValidationException", message.to_string())
}

/// A member that must be there.
pub(super) fn required<T>(member: Option<T>, name: &str) -> Result<T, AwsError> {
    member.ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: \
             Member must not be null"
        ))
    })
}

/// A number of days, of which the world knows how many may be.
pub(super) fn days(member: Option<i64>, name: &str, default: u32) -> Result<u32, AwsError> {
    let Some(days) = member else { return Ok(default) };
    u32::try_from(days).map_err(|_| invalid(format!("{name} is {days}")))
}

pub(super) fn tags(list: Vec<TagInput>) -> Result<Tags, AwsError> {
    let mut tags = Tags::new();
    for TagInput { tag_key, tag_value } in list {
        let key = required(tag_key, "tags.tagKey")?;
        let value = required(tag_value, "tags.tagValue")?;
        if tags.contains_key(&key) {
            let message = format!("The tag key {key:?} is given twice.");
            return Err(AwsError::new("TagException", message));
        }
        tags.insert(key, value);
    }
    Ok(tags)
}
