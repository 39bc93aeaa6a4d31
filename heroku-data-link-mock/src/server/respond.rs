//! What answers have in common.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use heroku_data_link::provider::{ErrorKind, ProviderError};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

/// The longest body of a request that is read, in bytes: four times the largest key policy.
const LONGEST_BODY: usize = 128 * 1024;
/// Within which it has to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Marks a response that is not to be sent: the connection ends in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct LostAnswer;

impl fmt::Display for LostAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is lost")
    }
}

impl Error for LostAnswer {}

/// The end of the connection, where an answer was due.
pub(super) fn lost() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(LostAnswer);
    response
}

/// Whether a fault of the world is one in which no answer comes.
pub(super) fn is_lost(error: &ProviderError) -> bool {
    *error.kind() == ErrorKind::Timeout
}

/// A body that cannot be read.
pub(super) enum Unreadable {
    TooLong,
    /// It broke off, or did not come.
    Broken,
}

pub(super) async fn read_body(body: Body) -> Result<Bytes, Unreadable> {
    let whole = Limited::new(body, LONGEST_BODY).collect();
    match tokio::time::timeout(BODY_TIMEOUT, whole).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unreadable::TooLong),
        Ok(Err(_)) | Err(_) => Err(Unreadable::Broken),
    }
}

/// Seconds since the Unix epoch.
pub(super) fn seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, content_type: &'static str, body: &Value) -> Response {
    let content_type = HeaderValue::from_static(content_type);
    (status, [(header::CONTENT_TYPE, content_type)], body.to_string()).into_response()
}
