//! From bytes to values, saying where in the JSON it failed and never what was there.

use heroku_data_link::model::TextFilter;
use heroku_data_link::provider::{ErrorKind, ProviderError, ProviderResult};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use crate::transport::Reply;

/// The value of an answer, every text of which has passed the filter.
pub(crate) fn object<T: DeserializeOwned>(reply: &Reply) -> ProviderResult<T> {
    let value = reply.filter.clean(raw(reply)?);
    serde_path_to_error::deserialize(value).map_err(|error| {
        let at = reply.filter.message(&error.path().to_string());
        failed(reply.operation, format!("the answer has something else than expected at {at}"))
            .with_request_id(&reply.request_id)
    })
}

/// The JSON of an answer as it was sent, for values that are secrets and nothing else.
pub(crate) fn raw<T: DeserializeOwned>(reply: &Reply) -> ProviderResult<T> {
    let fail = |text: String| failed(reply.operation, text).with_request_id(&reply.request_id);
    if reply.body.iter().all(u8::is_ascii_whitespace) {
        return Err(fail("the answer is empty".to_owned()));
    }
    // The parser's own message repeats what it read.
    serde_json::from_slice(&reply.body).map_err(|error| {
        let at = format!("(line {}, column {})", error.line(), error.column());
        fail(match error.classify() {
            Category::Data => format!("the answer has something else than expected {at}"),
            Category::Syntax => format!("the answer is not JSON {at}"),
            Category::Eof | Category::Io => format!("the answer ends too early {at}"),
        })
    })
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
                let path = shown(&format!("[{at}].{}", error.path()));
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

/// A text that is kept to be shown, as long as it may be; the filter has seen it before.
pub(crate) fn shown(text: &str) -> String {
    TextFilter::new().show(text)
}

/// For text: whatever else is there, or nothing, is empty text.
pub(crate) fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(text_or_none(deserializer)?.unwrap_or_default())
}

/// For text that may be missing: whatever else is there, or empty text, is `None`.
pub(crate) fn text_or_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text: Option<String> = value_or_none(deserializer)?;
    Ok(text.map(|text| shown(&text)).filter(|text| !text.is_empty()))
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
