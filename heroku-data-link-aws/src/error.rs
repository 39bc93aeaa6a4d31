//! What a failure means: the one table from AWS's error codes to an [`ErrorKind`] and an [`ErrorCode`].

use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use heroku_data_link::provider::{ErrorCode, ErrorKind, ProviderError};

use crate::limits::TooLong;
#[cfg(feature = "sts")]
use crate::role::NotAssumed;
use crate::secrets::Secrets;

/// The longest message that is kept, in characters: a refusal of KMS names caller, action and key, each
/// by its ARN, and says why at its end.
const LONGEST_MESSAGE: usize = 500;
/// The longest id of a request that is kept, in characters. AWS's own have 36.
const LONGEST_REQUEST_ID: usize = 64;
/// The longest encoded message that AWS decodes.
const LONGEST_ENCODED: usize = 10_240;
/// The longest time to wait that is believed.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(1);

/// A failed call, with the code that an API file may need in order to make data of it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// AWS's code; empty where there was none.
    pub(crate) code: String,
    /// What AWS said, longer than the error has it; empty where there was nothing.
    #[cfg_attr(not(feature = "ec2"), allow(dead_code))]
    pub(crate) said: String,
    pub(crate) error: ProviderError,
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self { code: String::new(), said: String::new(), error }
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
        secrets: &Secrets,
        code: &str,
        message: &str,
        request_id: Option<&str>,
    ) -> Self {
        Self::told(operation, secrets, meaning(code, message, 400, None), code, message)
            .with_request_id(secrets, request_id)
    }

    /// The failure behind an error of the SDK.
    pub(crate) fn of_sdk<E>(
        operation: &'static str,
        secrets: &Secrets,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let without_code = |(kind, code): (ErrorKind, Option<ErrorCode>), message: &str| {
            let message = secrets.show_up_to(message, LONGEST_MESSAGE);
            Self::from(ProviderError::new(operation, kind, message).with_code(code))
        };
        #[cfg(feature = "sts")]
        if let Some(not_assumed) = cause_of::<NotAssumed>(error) {
            return without_code(not_assumed.meaning(), &not_assumed.to_string());
        }
        match error {
            SdkError::TimeoutError(_) => {
                without_code((ErrorKind::Timeout, None), "AWS did not answer in time")
            }
            SdkError::DispatchFailure(failure) => {
                let failure = failure.as_connector_error();
                let meaning = failure.map_or((ErrorKind::Transient, None), undelivered);
                without_code(meaning, &chain(error))
            }
            // The answer broke off. One that came as a whole and makes no sense is a service error.
            SdkError::ResponseError(response) => {
                let raw = response.raw();
                let failure = match (cause_of::<TooLong>(error), raw.status().as_u16()) {
                    (Some(too_long), _) => {
                        without_code((ErrorKind::Protocol, None), &too_long.to_string())
                    }
                    (None, status) => {
                        let meaning = match status {
                            ..300 => (ErrorKind::Transient, None),
                            status => by_shape("", status, retry_after(raw)),
                        };
                        let cause = chain(response_cause(error));
                        without_code(meaning, &format!("the answer broke off: {cause}"))
                    }
                };
                failure.with_request_id(secrets, request_id(error, raw).as_deref())
            }
            SdkError::ServiceError(service) => {
                let (raw, told) = (service.raw(), service.err());
                let status = raw.status().as_u16();
                let code = told.code().unwrap_or_default();
                let message = told.message().unwrap_or_default();
                let meaning = meaning(code, message, status, retry_after(raw));
                let failure = match (code, status) {
                    ("", ..300) => without_code(meaning, "an answer that cannot be read"),
                    ("", _) => {
                        without_code(meaning, &format!("status {status}, without an error code"))
                    }
                    _ => Self::told(operation, secrets, meaning, code, message),
                };
                failure.with_request_id(secrets, request_id(error, raw).as_deref())
            }
            // Nothing was sent: no credentials, or a parameter that the SDK does not take.
            error => {
                let meaning = if no_credentials(error) {
                    NO_CREDENTIALS
                } else {
                    (ErrorKind::InvalidRequest, None)
                };
                without_code(meaning, &chain(error))
            }
        }
    }

    /// What AWS said in so many words.
    fn told(
        operation: &'static str,
        secrets: &Secrets,
        (kind, meant): (ErrorKind, Option<ErrorCode>),
        code: &str,
        message: &str,
    ) -> Self {
        let (message, encoded) = without_encoded(message);
        let mut text = said(code, &message);
        let mut meant = meant;
        if is_about_key(operation, &kind, code, &message) {
            text.insert_str(0, "the KMS key of the copy cannot be used: ");
            meant = Some(ErrorCode::KeyNotUsable);
        }
        let error = ProviderError::new(operation, kind, secrets.show_up_to(&text, LONGEST_MESSAGE))
            .with_code(meant);
        // Whole, or not at all.
        let encoded = encoded.filter(|it| secrets.show_up_to(it, LONGEST_ENCODED) == *it);
        Self {
            code: code.to_owned(),
            said: secrets.show_up_to(&message, 4 * LONGEST_MESSAGE),
            error: match encoded {
                Some(encoded) => error.with_encoded_authorization_message(encoded),
                None => error,
            },
        }
    }

    fn with_request_id(mut self, secrets: &Secrets, id: Option<&str>) -> Self {
        if let Some(id) = id {
            let shown = secrets.show_up_to(id, LONGEST_REQUEST_ID);
            self.error = self.error.with_request_id(shown);
        }
        self
    }
}

/// The table. Codes are compared ignoring case, as AWS itself writes `InvalidSubnetID.NotFound`
/// and `InvalidSubnetId.NotFound`.
fn meaning(
    code: &str,
    message: &str,
    status: u16,
    retry_after: Option<Duration>,
) -> (ErrorKind, Option<ErrorCode>) {
    use ErrorCode as C;
    let lower = code.to_ascii_lowercase();
    match lower.as_str() {
        "unauthorizedoperation" | "accessdenied" | "accessdeniedexception" => {
            (ErrorKind::Forbidden, Some(C::MissingPermission))
        }
        "optinrequired" | "blocked" | "pendingverification" => {
            (ErrorKind::Forbidden, Some(C::AccountNotReady))
        }
        "operationnotpermitted" => (ErrorKind::Forbidden, None),
        "authfailure" | "invalidclienttokenid" | "unrecognizedclientexception" => {
            (ErrorKind::Unauthorized, Some(C::UnknownCredentials))
        }
        "signaturedoesnotmatch"
        | "incompletesignature"
        | "incompletesignatureexception"
        | "invalidsignatureexception" => (ErrorKind::Unauthorized, Some(C::WrongSignature)),
        "requestexpired" => (ErrorKind::Unauthorized, Some(C::RequestExpired)),
        "missingauthenticationtoken" | "missingauthenticationtokenexception" => {
            (ErrorKind::Unauthorized, Some(C::NoCredentials))
        }
        "expiredtoken" | "expiredtokenexception" => {
            (ErrorKind::Unauthorized, Some(C::ExpiredCredentials))
        }
        // Unknown, of another region, or not allow-listed (yet): AWS makes no difference.
        "invalidservicename" => (ErrorKind::NotFound, Some(C::ServiceNotShown)),
        "notfoundexception"
        | "resourcenotfoundexception"
        | "parameternotfound"
        | "invalidresourceid" => (ErrorKind::NotFound, None),
        // A principal may be so new that KMS does not know it yet.
        "malformedpolicydocumentexception" if message.contains("invalid principals") => {
            (ErrorKind::NotFound, Some(C::UnknownPrincipal))
        }
        "malformedpolicydocumentexception" => {
            (ErrorKind::InvalidRequest, Some(C::KeyPolicyRefused))
        }
        "dependencyviolation" | "invalidgroup.inuse" => (ErrorKind::Conflict, Some(C::InUse)),
        "kmsinvalidstateexception" | "disabledexception" => {
            (ErrorKind::Conflict, Some(C::KeyState))
        }
        "routealreadyexists"
        | "vpcpeeringconnectionalreadyexists"
        | "alreadyexistsexception"
        | "resourceexistsexception"
        | "parameteralreadyexists"
        | "toomanyupdates"
        | "conflictexception"
        | "invalidstatetransition"
        | "incorrectstate"
        | "invalidstate"
        | "concurrenttagaccess"
        | "retryableerror" => (ErrorKind::Conflict, None),
        // For KMS this is a quota; the SDK takes it for throttling.
        "limitexceededexception" | "toomanytagserror" => {
            (ErrorKind::QuotaExceeded, Some(C::QuotaReached))
        }
        "insufficientfreeaddressesinsubnet" => (ErrorKind::QuotaExceeded, Some(C::NoFreeAddress)),
        "requestlimitexceeded"
        | "throttling"
        | "throttlingexception"
        | "requestthrottled"
        | "requestthrottledexception"
        | "ec2throttledexception"
        | "bandwidthlimitexceeded"
        | "slowdown" => (ErrorKind::RateLimited { retry_after }, Some(C::TooManyRequests)),
        "internalerror"
        | "internalfailure"
        | "internalservererror"
        | "internalserviceerror"
        | "serverinternal"
        | "unavailable"
        | "serviceunavailable"
        | "kmsinternalexception"
        | "dependencytimeoutexception" => (ErrorKind::Transient, None),
        _ => by_shape(&lower, status, retry_after),
    }
}

/// Whether a sink refuses as KMS does: the sink itself is permitted, and another permission or another
/// state is what is wanting. KMS's own calls are about a key in any case.
fn is_about_key(operation: &str, kind: &ErrorKind, code: &str, message: &str) -> bool {
    let of_sink = operation.starts_with("secretsmanager:") || operation.starts_with("ssm:");
    // What heals by itself, KMS's throttling among it, is nobody's mistake.
    if !of_sink || !matches!(kind, ErrorKind::Forbidden | ErrorKind::InvalidRequest) {
        return false;
    }
    match code.to_ascii_lowercase().as_str() {
        "encryptionfailure" | "decryptionfailure" | "invalidkeyid" => true,
        "accessdenied" | "accessdeniedexception" => {
            message.contains("perform: kms:") || message.contains("Access to KMS")
        }
        _ => message.contains("AWSKMS"),
    }
}

/// What AWS's naming habits and the status say of a code that is not in the table.
fn by_shape(
    lower: &str,
    status: u16,
    retry_after: Option<Duration>,
) -> (ErrorKind, Option<ErrorCode>) {
    // A bad filter is our mistake, not a quota.
    if lower.ends_with("limitexceeded") && lower != "filterlimitexceeded" {
        return (ErrorKind::QuotaExceeded, Some(ErrorCode::QuotaReached));
    }
    let kind = match status {
        _ if lower.ends_with(".notfound") => ErrorKind::NotFound,
        _ if lower.ends_with(".duplicate") || lower.contains("connectionstate.") => {
            ErrorKind::Conflict
        }
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        408 => ErrorKind::Timeout,
        429 => {
            return (ErrorKind::RateLimited { retry_after }, Some(ErrorCode::TooManyRequests));
        }
        500.. => ErrorKind::Transient,
        _ if lower.is_empty() => ErrorKind::Protocol,
        _ => ErrorKind::InvalidRequest,
    };
    (kind, None)
}

/// Code and message, without what no filter knows.
fn said(code: &str, message: &str) -> String {
    // These repeat the request that was signed, with the session token in it.
    let repeats_request =
        ["signature", "authentication"].iter().any(|word| code.to_ascii_lowercase().contains(word));
    match message.trim() {
        "" => code.to_owned(),
        _ if repeats_request => {
            format!("{code}: check the credentials and the clock of this machine")
        }
        message => format!("{code}: {}", without_policy(message)),
    }
}

/// The message without the encoded one that EC2 may append to it, and that one.
fn without_encoded(message: &str) -> (Cow<'_, str>, Option<&str>) {
    const START: &str = "Encoded authorization failure message:";
    let Some((before, after)) = message.split_once(START) else {
        return (Cow::Borrowed(message), None);
    };
    let after = after.trim_start();
    let (encoded, rest) = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
    let is_encoded = (1..=LONGEST_ENCODED).contains(&encoded.len())
        && encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=".contains(&byte));
    if !is_encoded {
        return (Cow::Borrowed(message), None);
    }
    (Cow::Owned([before.trim_end(), rest].concat()), Some(encoded))
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

/// What a call means for which no credentials were found.
const NO_CREDENTIALS: (ErrorKind, Option<ErrorCode>) =
    (ErrorKind::Unauthorized, Some(ErrorCode::NoCredentials));

/// A request that may not have arrived.
fn undelivered(error: &ConnectorError) -> (ErrorKind, Option<ErrorCode>) {
    if no_credentials(error) {
        NO_CREDENTIALS
    } else if error.is_timeout() {
        (ErrorKind::Timeout, None)
    } else if error.is_user() {
        (ErrorKind::InvalidRequest, None)
    } else {
        (ErrorKind::Transient, None)
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

/// The first cause of a type.
fn cause_of<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
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
    texts.join(": ")
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

fn request_id<E>(error: &SdkError<E, HttpResponse>, raw: &HttpResponse) -> Option<String> {
    error.request_id().map(str::to_owned).or_else(|| id_of_answer(raw))
}

/// By what AWS's logs know the request behind an answer. EC2 writes the id into the body as well,
/// and the SDK reads it from the header only.
pub(crate) fn id_of_answer(raw: &HttpResponse) -> Option<String> {
    let id = match raw.headers().get("x-amzn-requestid") {
        Some(id) => id,
        None => id_in_body(raw.body().bytes()?)?,
    };
    Some(id.to_owned()).filter(|id| !id.is_empty() && id.len() <= LONGEST_REQUEST_ID)
}

fn id_in_body(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let tags = ["<requestId>", "<RequestID>", "<RequestId>"];
    let (_, rest) = tags.iter().find_map(|tag| text.split_once(tag))?;
    let (id, _) = rest.split_once("</")?;
    Some(id.trim()).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests;
