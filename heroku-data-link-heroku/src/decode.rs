//! From bytes to values, saying where in the JSON it failed and never what was there.

use heroku_data_link::provider::{ErrorKind, ProviderError, ProviderResult};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use crate::transport::Reply;

/// The value of an answer.
pub(crate) fn object<T: DeserializeOwned>(reply: &Reply) -> ProviderResult<T> {
    if reply.body.iter().all(u8::is_ascii_whitespace) {
        return Err(
            failed(reply.operation, "the answer is empty").with_request_id(&reply.request_id)
        );
    }
    let mut reader = serde_json::Deserializer::from_slice(&reply.body);
    let error = match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    // The parser's own message repeats what it read.
    let inner = error.inner();
    let at = format!("at {} (line {}, column {})", error.path(), inner.line(), inner.column());
    let text = match inner.classify() {
        Category::Data => format!("the answer has something else than expected {at}"),
        Category::Syntax => format!("the answer is not JSON {at}"),
        Category::Eof | Category::Io => format!("the answer ends too early {at}"),
    };
    Err(failed(reply.operation, text).with_request_id(&reply.request_id))
}

/// The items of a list, without those that cannot be understood, unless that is all of them.
pub(crate) fn items<T: DeserializeOwned>(
    operation: &'static str,
    values: Vec<Value>,
) -> ProviderResult<Vec<T>> {
    let mut items = Vec::with_capacity(values.len());
    let mut first_failure = None;
    for (at, value) in values.into_iter().enumerate() {
        match serde_path_to_error::deserialize::<_, T>(value) {
            Ok(item) => items.push(item),
            Err(error) => {
                let path = format!("[{at}].{}", error.path());
                tracing::warn!(
                    operation,
                    path,
                    "an item of a list is not understood, and left out"
                );
                first_failure.get_or_insert(path);
            }
        }
    }
    match first_failure {
        Some(path) if items.is_empty() => {
            Err(failed(operation, format!("the answer has something else than expected at {path}")))
        }
        Some(_) | None => Ok(items),
    }
}

fn failed(operation: &'static str, text: impl Into<String>) -> ProviderError {
    ProviderError::new(operation, ErrorKind::Protocol, text)
}

/// For a field that may be missing or null: `#[serde(default, deserialize_with = "or_default")]`.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// For text: whatever else is there, or nothing, is empty text.
pub(crate) fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(value_or_none(deserializer)?.unwrap_or_default())
}

/// For text that a value is read from: missing, null, empty or malformed text is `None`.
pub(crate) fn value_or_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr,
{
    let text: Option<Value> = Option::deserialize(deserializer)?;
    Ok(text.as_ref().and_then(Value::as_str).and_then(|text| text.parse().ok()))
}

/// For a list: items that cannot be understood are left out, null is empty.
pub(crate) fn readable<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: DeserializeOwned,
{
    let values: Option<Vec<Value>> = Option::deserialize(deserializer)?;
    let read = |value| {
        let item = serde_json::from_value(value).ok();
        if item.is_none() {
            tracing::warn!("an item of a list is not understood, and left out");
        }
        item
    };
    Ok(values.unwrap_or_default().into_iter().filter_map(read).collect())
}
