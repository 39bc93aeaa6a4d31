//! Refusals as Heroku writes them: a status, an `id` and a message.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use heroku_data_link::provider::{ErrorKind, ProviderError};
use serde_json::json;

use crate::server::respond::{self, is_lost};

/// What Heroku says when it does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HerokuError {
    pub(super) status: StatusCode,
    pub(super) id: &'static str,
    pub(super) message: String,
    /// What was not found, where the route says so: `app`, `add_on`.
    pub(super) resource: Option<&'static str>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// No answer comes at all.
    lost: bool,
}

impl HerokuError {
    fn new(status: StatusCode, id: &'static str, message: impl Into<String>) -> Self {
        let (message, headers) = (message.into(), Vec::new());
        Self { status, id, message, resource: None, headers, lost: false }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Invalid credentials provided.")
    }

    pub(super) fn not_acceptable() -> Self {
        let message = "The Accept header names no version of this API.";
        Self::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message)
    }

    pub(super) fn too_long() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "bad_request", "The body is too long.")
    }

    pub(super) fn of_resource(self, resource: &'static str) -> Self {
        Self { resource: Some(resource), ..self }
    }
}

impl IntoResponse for HerokuError {
    fn into_response(self) -> Response {
        if self.lost {
            return respond::lost();
        }
        let mut body = json!({ "id": self.id, "message": self.message });
        if let Some(resource) = self.resource {
            body["resource"] = resource.into();
        }
        let mut response = respond::json(self.status, "application/json", &body);
        response.headers_mut().extend(self.headers);
        response
    }
}

/// The refusal behind an error of a face.
pub(super) fn of(error: &ProviderError) -> HerokuError {
    let (status, id) = match error.kind() {
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not_found"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict"),
        ErrorKind::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limit"),
        ErrorKind::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
        ErrorKind::TwoFactorRequired => (StatusCode::FORBIDDEN, "two_factor"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
        ErrorKind::InvalidRequest | ErrorKind::Protocol | ErrorKind::QuotaExceeded => {
            (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable_entity")
        }
        ErrorKind::Transient | ErrorKind::Timeout => {
            (StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error")
        }
    };
    let mut refused = HerokuError::new(status, id, error.message());
    refused.lost = is_lost(error);
    if let ErrorKind::RateLimited { retry_after: Some(after) } = error.kind() {
        refused.headers.push((header::RETRY_AFTER, whole_seconds(*after)));
    }
    refused
}

fn whole_seconds(duration: Duration) -> HeaderValue {
    duration.as_secs().into()
}
