//! What a failure means: the one table from AWS's error codes to an [`ErrorKind`].

use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use heroku_data_link::provider::{ErrorKind, ProviderError};

/// The longest part of a message that is kept, in characters. An encoded authorization message is
/// longer, and nobody can read it here.
const LONGEST_MESSAGE: usize = 500;
/// The longest time to wait that is believed.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(1);

/// A failed call, with the code that an API file may need in order to make data of it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// AWS's code; empty where there was none.
    pub(crate) code: String,
    pub(crate) error: ProviderError,
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self { code: String::new(), error }
    }
}

// Each feature needs some of these.
#[cfg_attr(not(all(feature = "ec2", feature = "kms")), allow(dead_code))]
impl Failure {
    /// Whether it is one of these codes, however AWS spells it today.
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.code.eq_ignore_ascii_case(code))
    }

    /// Whether what the call is about is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        *self.error.kind() == ErrorKind::NotFound
    }

    /// `Ok` for a failure that says no more than that the call's work is done.
    pub(crate) fn unless(self, done: impl FnOnce(&Self) -> bool) -> Result<(), ProviderError> {
        if done(&self) { Ok(()) } else { Err(self.error) }
    }

    /// A failure that AWS reports inside a success, or one of ours in AWS's words.
    pub(crate) fn of_code(
        operation: &'static str,
        code: &str,
        message: &str,
        request_id: Option<&str>,
    ) -> Self {
        let kind = kind(code, message, 400, None);
        let mut error = ProviderError::new(operation, kind, said(code, message));
        if let Some(id) = request_id {
            error = error.with_request_id(shown(id));
        }
        Self { code: code.to_owned(), error }
    }
}

/// The failure behind an error of the SDK.
pub(crate) fn failure<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let without_code = |kind, message: String| Failure {
        code: String::new(),
        error: ProviderError::new(operation, kind, message),
    };
    match error {
        SdkError::TimeoutError(_) => {
            without_code(ErrorKind::Timeout, "AWS did not answer in time".to_owned())
        }
        SdkError::DispatchFailure(failure) => {
            let kind = failure.as_connector_error().map_or(ErrorKind::Transient, undelivered);
            without_code(kind, chain(error))
        }
        // The answer broke off. One that came as a whole and makes no sense is a service error.
        SdkError::ResponseError(response) => {
            let kind = match response.raw().status().as_u16() {
                ..300 => ErrorKind::Transient,
                status => by_shape("", status, retry_after(response.raw())),
            };
            let message = format!("the answer broke off: {}", chain(response_cause(error)));
            with_id(without_code(kind, message), error, response.raw())
        }
        SdkError::ServiceError(service) => {
            let (raw, told) = (service.raw(), service.err());
            let status = raw.status().as_u16();
            let code = told.code().unwrap_or_default();
            let message = told.message().unwrap_or_default();
            let kind = kind(code, message, status, retry_after(raw));
            let text = match (code, status) {
                ("", ..300) => "an answer that cannot be read".to_owned(),
                ("", _) => format!("status {status}, without an error code"),
                _ => said(code, message),
            };
            let failure =
                Failure { code: code.to_owned(), error: ProviderError::new(operation, kind, text) };
            with_id(failure, error, raw)
        }
        // Nothing was sent: no credentials, or a parameter that the SDK does not take.
        error => {
            let kind = if no_credentials(error) {
                ErrorKind::Unauthorized
            } else {
                ErrorKind::InvalidRequest
            };
            without_code(kind, chain(error))
        }
    }
}

/// The table. Codes are compared ignoring case, as AWS itself writes `InvalidSubnetID.NotFound`
/// and `InvalidSubnetId.NotFound`.
fn kind(code: &str, message: &str, status: u16, retry_after: Option<Duration>) -> ErrorKind {
    let lower = code.to_ascii_lowercase();
    match lower.as_str() {
        "unauthorizedoperation"
        | "accessdenied"
        | "accessdeniedexception"
        | "optinrequired"
        | "blocked"
        | "pendingverification"
        | "operationnotpermitted" => ErrorKind::Forbidden,
        "authfailure"
        | "invalidclienttokenid"
        | "signaturedoesnotmatch"
        | "incompletesignature"
        | "incompletesignatureexception"
        | "invalidsignatureexception"
        | "requestexpired"
        | "missingauthenticationtoken"
        | "missingauthenticationtokenexception"
        | "unrecognizedclientexception"
        | "expiredtoken"
        | "expiredtokenexception" => ErrorKind::Unauthorized,
        // Unknown, of another region, or not allow-listed (yet): AWS makes no difference.
        "invalidservicename" | "notfoundexception" => ErrorKind::NotFound,
        // A principal may be so new that KMS does not know it yet.
        "malformedpolicydocumentexception" if message.contains("invalid principals") => {
            ErrorKind::NotFound
        }
        "routealreadyexists"
        | "vpcpeeringconnectionalreadyexists"
        | "alreadyexistsexception"
        | "conflictexception"
        | "dependencyviolation"
        | "invalidgroup.inuse"
        | "invalidstatetransition"
        | "incorrectstate"
        | "invalidstate"
        | "kmsinvalidstateexception"
        | "disabledexception"
        | "concurrenttagaccess"
        | "retryableerror" => ErrorKind::Conflict,
        // For KMS this is a quota; the SDK takes it for throttling.
        "limitexceededexception" | "insufficientfreeaddressesinsubnet" => ErrorKind::QuotaExceeded,
        "requestlimitexceeded"
        | "throttling"
        | "throttlingexception"
        | "requestthrottled"
        | "requestthrottledexception"
        | "ec2throttledexception"
        | "bandwidthlimitexceeded"
        | "slowdown" => ErrorKind::RateLimited { retry_after },
        "internalerror"
        | "internalfailure"
        | "serverinternal"
        | "unavailable"
        | "serviceunavailable"
        | "kmsinternalexception"
        | "dependencytimeoutexception" => ErrorKind::Transient,
        _ => by_shape(&lower, status, retry_after),
    }
}

/// What AWS's naming habits and the status say of a code that is not in the table.
fn by_shape(lower: &str, status: u16, retry_after: Option<Duration>) -> ErrorKind {
    // A bad filter is our mistake, not a quota.
    if lower.ends_with("limitexceeded") && lower != "filterlimitexceeded" {
        return ErrorKind::QuotaExceeded;
    }
    if lower.ends_with(".notfound") {
        return ErrorKind::NotFound;
    }
    if lower.ends_with(".duplicate") || lower.contains("connectionstate.") {
        return ErrorKind::Conflict;
    }
    match status {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        408 => ErrorKind::Timeout,
        429 => ErrorKind::RateLimited { retry_after },
        500.. => ErrorKind::Transient,
        _ if lower.is_empty() => ErrorKind::Protocol,
        _ => ErrorKind::InvalidRequest,
    }
}

/// Code and message as they may be shown.
fn said(code: &str, message: &str) -> String {
    // These repeat the request that was signed, with the session token in it.
    let repeats_request =
        ["signature", "authentication"].iter().any(|word| code.to_ascii_lowercase().contains(word));
    match message.trim() {
        "" => code.to_owned(),
        _ if repeats_request => {
            format!("{code}: check the credentials and the clock of this machine")
        }
        message => format!("{code}: {}", shown(&without_policy(message))),
    }
}

/// The message without the key policy that KMS repeats in it when the policy is too long.
fn without_policy(message: &str) -> Cow<'_, str> {
    const END: &str = "' at 'policy'";
    match (message.find("Value '"), message.rfind(END)) {
        (Some(start), Some(end)) if start < end => {
            Cow::Owned(format!("{}Value '…{}", &message[..start], &message[end..]))
        }
        _ => Cow::Borrowed(message),
    }
}

/// A text on one line, of bounded length.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut visible = line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut kept: String = visible.by_ref().take(LONGEST_MESSAGE).collect();
    if visible.next().is_some() {
        kept.push('…');
    }
    kept
}

/// A request that may not have arrived.
fn undelivered(error: &ConnectorError) -> ErrorKind {
    if no_credentials(error) {
        ErrorKind::Unauthorized
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_user() {
        ErrorKind::InvalidRequest
    } else {
        ErrorKind::Transient
    }
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    // Bounded, should a source ever lead back to itself.
    std::iter::successors(Some(error), |&error| error.source()).take(16)
}

fn no_credentials(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(<dyn StdError>::is::<CredentialsError>)
}

/// What an error and its causes say, each once.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        if !texts.iter().any(|said| said.contains(&text)) {
            texts.push(text);
        }
    }
    shown(&texts.join(": "))
}

/// The error without its outermost layer, whose text only says what kind of error it is.
fn response_cause<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    error.source().unwrap_or(error)
}

/// How long AWS asks to wait.
fn retry_after(raw: &HttpResponse) -> Option<Duration> {
    let number = |name| raw.headers().get(name)?.trim().parse::<u64>().ok();
    let milliseconds = number("x-amz-retry-after").map(Duration::from_millis);
    let wait = milliseconds.or_else(|| number("retry-after").map(Duration::from_secs))?;
    Some(wait.min(LONGEST_RETRY_AFTER))
}

fn with_id<E>(failure: Failure, error: &SdkError<E, HttpResponse>, raw: &HttpResponse) -> Failure {
    let body = raw.body().bytes().unwrap_or_default();
    let id = error.request_id().map(str::to_owned).or_else(|| id_in_body(body));
    match id {
        Some(id) => Failure { error: failure.error.with_request_id(shown(&id)), ..failure },
        None => failure,
    }
}

/// EC2 writes the id into the body as well, and the SDK reads it from the header only.
fn id_in_body(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<RequestID>").or_else(|| text.split_once("<RequestId>"))?;
    let (id, _) = rest.split_once("</")?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty() && id.len() <= 64)
}

#[cfg(test)]
mod tests;
