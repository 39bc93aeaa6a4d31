//! Refusals in the forms of the three protocols.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use heroku_data_link::provider::{ErrorKind, ProviderError};
use serde_json::json;

use super::scope::Service;
use super::xml::{Element, document};
use crate::server::respond::{self, is_lost};

/// What AWS says when it does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AwsError {
    pub(super) status: StatusCode,
    pub(super) code: Cow<'static, str>,
    pub(super) message: String,
    retry_after: Option<Duration>,
    /// No answer comes at all.
    lost: bool,
}

impl AwsError {
    /// A client's mistake.
    pub(super) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: code.into(),
            message: message.into(),
            retry_after: None,
            lost: false,
        }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn unauthenticated(message: &str) -> Self {
        Self::new("MissingAuthenticationToken", message).with_status(StatusCode::FORBIDDEN)
    }

    pub(super) fn incomplete_signature(why: &str) -> Self {
        let message = format!("Authorization header is not as it should be: {why}");
        Self::new("IncompleteSignature", message).with_status(StatusCode::FORBIDDEN)
    }

    /// An access key or region that is not of this world, in each service's words.
    pub(super) fn unknown_key(service: Service) -> Self {
        match service {
            Service::Ec2 => Self::new(
                "AuthFailure",
                "AWS was not able to validate the provided access credentials",
            )
            .with_status(StatusCode::UNAUTHORIZED),
            Service::Kms => Self::new(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            Service::Sts => Self::new(
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            )
            .with_status(StatusCode::FORBIDDEN),
        }
    }

    pub(super) fn unsupported(what: &str) -> Self {
        Self::new("UnsupportedOperation", format!("The simulated AWS does not have {what}."))
    }

    pub(super) fn too_long() -> Self {
        Self::new("RequestEntityTooLarge", "The request is too long.")
            .with_status(StatusCode::PAYLOAD_TOO_LARGE)
    }

    pub(super) fn broken() -> Self {
        Self::new("IncompleteBody", "The body broke off.")
    }

    pub(super) fn missing(parameter: &str) -> Self {
        let message = format!("The request must contain the parameter {parameter}");
        Self::new("MissingParameter", message)
    }

    /// In the form of a protocol.
    pub(super) fn into_response(self, service: Service, request_id: &str) -> Response {
        if self.lost {
            return respond::lost();
        }
        let body = match service {
            Service::Ec2 => document(&Element::tree(
                "Response",
                [
                    Element::tree("Errors", [Element::tree("Error", self.code_and_message())]),
                    Element::text("RequestID", request_id),
                ],
            )),
            Service::Sts => {
                let side = if self.status.is_server_error() { "Receiver" } else { "Sender" };
                let mut error = vec![Element::text("Type", side)];
                error.extend(self.code_and_message());
                document(
                    &Element::tree(
                        "ErrorResponse",
                        [Element::tree("Error", error), Element::text("RequestId", request_id)],
                    )
                    .in_namespace(super::sts::NAMESPACE),
                )
            }
            Service::Kms => json!({ "__type": self.code, "message": self.message }).to_string(),
        };
        let content_type = HeaderValue::from_static(service.content_type());
        let mut response =
            (self.status, [(header::CONTENT_TYPE, content_type)], body).into_response();
        if let Some(after) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, after.as_secs().into());
        }
        response
    }

    fn code_and_message(&self) -> [Element; 2] {
        [Element::text("Code", &self.code), Element::text("Message", &self.message)]
    }
}

/// The refusal behind an error of a face. What the world refuses by itself begins with AWS's code;
/// what a test lets fail has the code of its kind.
pub(super) fn of(service: Service, error: &ProviderError) -> AwsError {
    let (code, message) = match error.message().split_once(": ") {
        Some((code, message)) if is_code(code) => (Some(code.to_owned()), message),
        _ => (None, error.message()),
    };
    let (status, of_kind) = by_kind(service, error.kind());
    let retry_after = match error.kind() {
        ErrorKind::RateLimited { retry_after } => *retry_after,
        _ => None,
    };
    let code = code.map_or(Cow::Borrowed(of_kind), Cow::Owned);
    let lost = is_lost(error);
    AwsError { status, code, message: message.to_owned(), retry_after, lost }
}

fn is_code(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

/// Status, and the code where nothing says a better one.
fn by_kind(service: Service, kind: &ErrorKind) -> (StatusCode, &'static str) {
    let is_kms = service == Service::Kms;
    let pick = |kms, other| if is_kms { kms } else { other };
    match kind {
        ErrorKind::NotFound => {
            (StatusCode::BAD_REQUEST, pick("NotFoundException", "InvalidParameterValue"))
        }
        ErrorKind::Conflict => {
            (StatusCode::BAD_REQUEST, pick("KMSInvalidStateException", "IncorrectState"))
        }
        ErrorKind::RateLimited { .. } => match service {
            Service::Ec2 => (StatusCode::SERVICE_UNAVAILABLE, "RequestLimitExceeded"),
            Service::Kms => (StatusCode::BAD_REQUEST, "ThrottlingException"),
            Service::Sts => (StatusCode::BAD_REQUEST, "Throttling"),
        },
        ErrorKind::Unauthorized | ErrorKind::TwoFactorRequired => match service {
            Service::Ec2 => (StatusCode::UNAUTHORIZED, "AuthFailure"),
            Service::Kms => (StatusCode::BAD_REQUEST, "UnrecognizedClientException"),
            Service::Sts => (StatusCode::FORBIDDEN, "InvalidClientTokenId"),
        },
        ErrorKind::Forbidden => match service {
            Service::Ec2 => (StatusCode::FORBIDDEN, "UnauthorizedOperation"),
            Service::Kms => (StatusCode::BAD_REQUEST, "AccessDeniedException"),
            Service::Sts => (StatusCode::FORBIDDEN, "AccessDenied"),
        },
        ErrorKind::InvalidRequest | ErrorKind::Protocol => {
            (StatusCode::BAD_REQUEST, pick("ValidationException", "InvalidParameterValue"))
        }
        ErrorKind::QuotaExceeded => {
            (StatusCode::BAD_REQUEST, pick("LimitExceededException", "ResourceCountLimitExceeded"))
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, pick("KMSInternalException", "InternalError")),
    }
}
