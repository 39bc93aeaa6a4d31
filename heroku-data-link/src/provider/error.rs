use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error_code::ErrorCode;

/// What a provider call returns.
pub type ProviderResult<T> = Result<T, ProviderError>;

/// Why a provider call failed, in terms that a caller can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something that the call refers to does not exist, or is not visible yet.
    NotFound,
    /// The natural key is taken, or the resource is in a state that forbids the call.
    Conflict,
    /// Too many requests.
    RateLimited {
        /// How long the cloud asked to wait, where it said so.
        retry_after: Option<Duration>,
    },
    /// The credentials are missing, wrong or expired.
    Unauthorized,
    /// Heroku wants a second factor for this call.
    TwoFactorRequired,
    /// The credentials are good and do not permit this call.
    Forbidden,
    /// The request can never succeed as it is.
    InvalidRequest,
    /// An account or resource limit is reached.
    QuotaExceeded,
    /// The cloud or the connection failed; the call may have had its effect.
    Transient,
    /// No answer in time; the call may have had its effect.
    Timeout,
    /// The answer could not be understood.
    Protocol,
}

/// What to do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Observe again, and do not repeat the call before reads have caught up with writes: it may
    /// have had its effect, or may refer to something that is not visible yet.
    LookAgain,
    /// The call had no effect. Try again after a growing pause.
    BackOff,
    /// The call had no effect. Try again, not before this long.
    After(Duration),
    /// Somebody has to change something first.
    Never,
}

impl ErrorKind {
    /// Says whether trying again can help. This is the only place that decides it.
    ///
    /// No failed call is ever repeated blindly: a retry is always a new observation and a new
    /// plan, so that a call whose answer was lost is not made twice.
    pub fn retry(&self) -> Retry {
        match self {
            Self::NotFound | Self::Conflict | Self::Transient | Self::Timeout => Retry::LookAgain,
            Self::RateLimited { retry_after: Some(delay) } => Retry::After(*delay),
            Self::RateLimited { retry_after: None } => Retry::BackOff,
            Self::Unauthorized
            | Self::TwoFactorRequired
            | Self::Forbidden
            | Self::InvalidRequest
            | Self::QuotaExceeded
            | Self::Protocol => Retry::Never,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::RateLimited { .. } => "rate limited",
            Self::Unauthorized => "unauthorized",
            Self::TwoFactorRequired => "second factor required",
            Self::Forbidden => "forbidden",
            Self::InvalidRequest => "invalid request",
            Self::QuotaExceeded => "quota exceeded",
            Self::Transient => "transient failure",
            Self::Timeout => "timed out",
            Self::Protocol => "answer not understood",
        })
    }
}

/// A failed provider call.
///
/// `Display` prints operation, kind, message and request id. It never prints the source: walk
/// [`source`](StdError::source) for that. Neither does it print an encoded authorization message,
/// only that there is one, nor what to do about it, which is [`remedy`](Self::remedy).
#[derive(Debug, Clone)]
pub struct ProviderError {
    operation: &'static str,
    kind: ErrorKind,
    code: Option<ErrorCode>,
    message: String,
    request_id: Option<Box<str>>,
    encoded_authorization_message: Option<Box<str>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl ProviderError {
    /// A failure of `operation` (a name of [`operation`](super::operation)).
    ///
    /// The message is shown to people: it must hold no secret and no response body.
    pub fn new(operation: &'static str, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            operation,
            kind,
            code: None,
            message: message.into(),
            request_id: None,
            encoded_authorization_message: None,
            source: None,
        }
    }

    /// Adds what the cloud refused, where that is known.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Option<ErrorCode>>) -> Self {
        self.code = code.into();
        self
    }

    /// Adds the cloud's own id of the request, for a support ticket.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into().into());
        self
    }

    /// Adds what AWS says of a refusal, encoded for those who may read why.
    #[must_use]
    pub fn with_encoded_authorization_message(mut self, message: impl Into<String>) -> Self {
        self.encoded_authorization_message = Some(message.into().into());
        self
    }

    /// Adds the library's error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Which call failed.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Why, in terms that a caller can act on.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// What was refused, where the cloud's answer says so.
    pub fn code(&self) -> Option<ErrorCode> {
        self.code
    }

    /// What a person has to do about it, where that is known. `Display` does not print it.
    pub fn remedy(&self) -> Option<&'static str> {
        self.code.map(ErrorCode::remedy)
    }

    /// What the cloud said.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The cloud's own id of the request, where it gave one.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// What AWS says of a refusal, whole and encoded, where it did so: which policy refuses what.
    /// `aws sts decode-authorization-message --encoded-message …` decodes it for whoever has the
    /// permission `sts:DecodeAuthorizationMessage`.
    pub fn encoded_authorization_message(&self) -> Option<&str> {
        self.encoded_authorization_message.as_deref()
    }

    /// Says whether trying again can help; see [`ErrorKind::retry`].
    pub fn retry(&self) -> Retry {
        self.kind.retry()
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.operation, self.kind, self.message)?;
        if self.encoded_authorization_message.is_some() {
            f.write_str(
                " (with an encoded authorization message, which `aws sts \
                 decode-authorization-message` decodes)",
            )?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl StdError for ProviderError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_shows_the_request_id_and_hides_the_source() {
        let error = ProviderError::new("ec2:DescribeVpcs", ErrorKind::Forbidden, "not allowed")
            .with_request_id("r-1")
            .with_source(std::io::Error::other("inner detail"));
        assert_eq!(error.to_string(), "ec2:DescribeVpcs: forbidden: not allowed (request id r-1)");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("inner detail"));
    }

    #[test]
    fn an_encoded_authorization_message_is_whole_and_not_displayed() {
        let error = ProviderError::new("ec2:DescribeVpcs", ErrorKind::Forbidden, "not allowed");
        assert_eq!(error.encoded_authorization_message(), None);
        let encoded = "4xS2".repeat(1000);
        let error = error.with_encoded_authorization_message(&encoded).with_request_id("r-1");
        assert_eq!(error.encoded_authorization_message(), Some(encoded.as_str()));
        assert_eq!(
            error.to_string(),
            "ec2:DescribeVpcs: forbidden: not allowed (with an encoded authorization message, \
             which `aws sts decode-authorization-message` decodes) (request id r-1)"
        );
    }

    #[test]
    fn a_code_tells_what_to_do_and_is_not_displayed() {
        let error = ProviderError::new("ec2:DescribeVpcs", ErrorKind::Forbidden, "not allowed");
        assert_eq!((error.code(), error.remedy()), (None, None));
        let shown = error.to_string();
        let error = error.with_code(ErrorCode::MissingPermission);
        assert_eq!(error.to_string(), shown);
        assert_eq!(error.code(), Some(ErrorCode::MissingPermission));
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("iam_policy")));
    }

    #[test]
    fn only_failures_that_time_can_heal_are_tried_again() {
        let after = Duration::from_secs(7);
        let table = [
            (ErrorKind::NotFound, Retry::LookAgain),
            (ErrorKind::Conflict, Retry::LookAgain),
            (ErrorKind::RateLimited { retry_after: None }, Retry::BackOff),
            (ErrorKind::RateLimited { retry_after: Some(after) }, Retry::After(after)),
            (ErrorKind::Unauthorized, Retry::Never),
            (ErrorKind::TwoFactorRequired, Retry::Never),
            (ErrorKind::Forbidden, Retry::Never),
            (ErrorKind::InvalidRequest, Retry::Never),
            (ErrorKind::QuotaExceeded, Retry::Never),
            (ErrorKind::Transient, Retry::LookAgain),
            (ErrorKind::Timeout, Retry::LookAgain),
            (ErrorKind::Protocol, Retry::Never),
        ];
        for (kind, expected) in table {
            assert_eq!(kind.retry(), expected, "{kind}");
        }
    }
}
