//! Refusals as Heroku writes them: a status, an `id` and a message.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use heroku_data_link::model::AppName;
use heroku_data_link::provider::{ErrorKind, ProviderError};
use serde_json::json;

use crate::server::respond::{self, is_lost};

/// What the state says before a text, where Heroku wants to be told to go on.
const UNCONFIRMED: &str = "confirmation_required: ";
/// Where Heroku explains its limit.
const LIMITS: &str = "https://devcenter.heroku.com/articles/platform-api-reference#rate-limits";
/// The header that says what to confirm.
const CONFIRMATION: HeaderName = HeaderName::from_static("x-confirmation-required");

/// What Heroku says when it does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HerokuError {
    pub(super) status: StatusCode,
    pub(super) id: &'static str,
    pub(super) message: String,
    /// What was not found, where the route says so: `app`, `add_on`.
    pub(super) resource: Option<&'static str>,
    /// Where to read on.
    url: Option<&'static str>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
    /// No answer comes at all.
    lost: bool,
}

/// What comes after the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// What Heroku says.
    Error,
    Nothing,
    /// A page of somebody between the client and Heroku.
    Page,
}

/// What a proxy says that does not know where Heroku is.
const PAGE: &str = "<html><head><title>404 Not Found</title></head></html>\n";

impl HerokuError {
    fn new(status: StatusCode, id: &'static str, message: impl Into<String>) -> Self {
        let (message, headers) = (message.into(), Vec::new());
        Self {
            status,
            id,
            message,
            resource: None,
            url: None,
            headers,
            body: Body::Error,
            lost: false,
        }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// What a service says of an add-on that it does not know yet: nothing. The official CLI waits
    /// on for a 404 only if it has no message.
    pub(super) fn not_yet() -> Self {
        Self { body: Body::Nothing, ..Self::not_found("") }
    }

    /// A 404 that is not Heroku's.
    fn of_a_proxy() -> Self {
        Self { body: Body::Page, ..Self::not_found("") }
    }

    pub(super) fn gone(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "gone", message)
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

    pub(super) fn not_json() -> Self {
        let message = "The Content-Type of a body has to be application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request", message)
    }

    /// A validation of the Platform API.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_params", message)
    }

    pub(super) fn bad_range() -> Self {
        let (status, id) = (StatusCode::RANGE_NOT_SATISFIABLE, "requested_range_not_satisfiable");
        Self::new(status, id, "Unable to parse the Range header, or it is of no use here.")
    }

    pub(super) fn limit_reached() -> Self {
        let message = "Your account reached the API rate limit. Please wait a few minutes before \
                       making new requests.";
        let limited = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit", message);
        Self { url: Some(LIMITS), ..limited }
    }

    pub(super) fn of_resource(self, resource: &'static str) -> Self {
        Self { resource: Some(resource), ..self }
    }

    /// A validation of the Data API: the same under another `id`.
    pub(super) fn of_data_api(self) -> Self {
        let is_validation = self.status == StatusCode::UNPROCESSABLE_ENTITY;
        Self { id: if is_validation { "unprocessable_entity" } else { self.id }, ..self }
    }

    /// Says that it is this app's name that confirms, if that is what is wanted.
    pub(super) fn confirmed_by(mut self, app: &AppName) -> Self {
        if self.status == StatusCode::LOCKED {
            let name = HeaderValue::from_str(app.as_str());
            self.headers.extend(name.map(|name| (CONFIRMATION, name)));
        }
        self
    }
}

impl IntoResponse for HerokuError {
    fn into_response(self) -> Response {
        if self.lost {
            return respond::lost();
        }
        match self.body {
            Body::Error => {}
            Body::Nothing => return self.status.into_response(),
            Body::Page => return (self.status, Html(PAGE)).into_response(),
        }
        let mut body = json!({ "id": self.id, "message": self.message });
        if let Some(resource) = self.resource {
            body["resource"] = resource.into();
        }
        if let Some(url) = self.url {
            body["url"] = url.into();
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
        ErrorKind::Conflict | ErrorKind::InvalidRequest
            if error.message().starts_with(UNCONFIRMED) =>
        {
            (StatusCode::LOCKED, "confirmation_required")
        }
        ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict"),
        ErrorKind::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limit"),
        ErrorKind::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
        ErrorKind::TwoFactorRequired => (StatusCode::FORBIDDEN, "two_factor"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
        ErrorKind::Protocol => return HerokuError::of_a_proxy(),
        ErrorKind::InvalidRequest | ErrorKind::QuotaExceeded => {
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid_params")
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error"),
    };
    let message = error.message();
    let mut refused =
        HerokuError::new(status, id, message.strip_prefix(UNCONFIRMED).unwrap_or(message));
    refused.lost = is_lost(error);
    if let ErrorKind::RateLimited { retry_after: Some(after) } = error.kind() {
        refused.headers.push((header::RETRY_AFTER, whole_seconds(*after)));
    }
    refused
}

fn whole_seconds(duration: Duration) -> HeaderValue {
    duration.as_secs().into()
}
