//! The JSON body of a request.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::HerokuError;
use crate::server::respond::{self, Unreadable};
use crate::server::shared::Shared;

/// A body. One that is empty is `{}`.
pub(super) struct Input<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for Input<T> {
    type Rejection = HerokuError;

    async fn from_request(request: Request, _: &Arc<Shared>) -> Result<Self, HerokuError> {
        let (head, body) = request.into_parts();
        let bytes = respond::read_body(body).await.map_err(|error| match error {
            Unreadable::TooLong => HerokuError::too_long(),
            Unreadable::Broken => HerokuError::bad_request("The body broke off."),
        })?;
        let value = if bytes.is_empty() {
            Value::Object(serde_json::Map::new())
        } else if is_json(&head.headers) {
            let unreadable = || HerokuError::bad_request("Unable to parse the JSON of the body.");
            serde_json::from_slice(&bytes).map_err(|_| unreadable())?
        } else {
            return Err(HerokuError::not_json());
        };
        // The parser's own message repeats what it read, which may be a secret.
        let misshapen = "A field of the body is unknown, missing, or has another type.";
        serde_json::from_value(value).map(Self).map_err(|_| HerokuError::invalid(misshapen))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}

/// What is referred to, as text or as an object with an `id` or a `name`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Reference {
    Text(String),
    Object(Identity),
}

/// One of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    id: Option<String>,
    name: Option<String>,
}

impl Reference {
    /// Id or name; empty if it is neither.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Object(Identity { id, name }) => {
                id.as_deref().or(name.as_deref()).unwrap_or_default()
            }
        }
    }
}
