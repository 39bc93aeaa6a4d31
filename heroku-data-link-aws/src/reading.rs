//! From optional texts to checked values.

use std::str::FromStr;

use heroku_data_link::model::InvalidValue;
use heroku_data_link::provider::{ErrorKind, ProviderError, ProviderResult};

/// A field that every answer has.
pub(crate) fn needed<T>(
    operation: &'static str,
    field: &str,
    value: Option<&str>,
) -> ProviderResult<T>
where
    T: FromStr<Err = InvalidValue>,
{
    let text = value.ok_or_else(|| protocol(operation, format!("the answer has no {field}")))?;
    text.parse().map_err(|error| protocol(operation, format!("{field} in the answer: {error}")))
}

pub(crate) fn protocol(operation: &'static str, message: String) -> ProviderError {
    ProviderError::new(operation, ErrorKind::Protocol, message)
}
