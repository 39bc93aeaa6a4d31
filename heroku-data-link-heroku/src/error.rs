//! What a failure means: the one table from status and `id` to an [`ErrorKind`] and an [`ErrorCode`].

use std::time::Duration;

use heroku_data_link::provider::{ErrorCode, ErrorKind, ProviderError};
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::filter::Filter;

/// The longest time to wait that is believed.
const LONGEST_RETRY_AFTER: u64 = 60 * 60;

const FOREIGN_404: &str = "a 404 that is not Heroku's, for it has no error of Heroku's form: a proxy \
    or gateway may have sent it, so it does not say that anything is gone";

/// What a 404 says. Proxies and gateways send some as well, and those tell nothing of Heroku.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absence {
    /// It is another failure, or a 404 of somebody else.
    No,
    /// A 404 that does not say whose it is: without a body, or with an object without an `id`.
    /// The services behind the add-ons send such while they do not know an add-on yet.
    Unsigned,
    /// A 404 with an error as Heroku writes it.
    Herokus,
}

/// A failed call, with what an API file needs in order to make data of it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The status of the reply; 0 where there was none.
    pub(crate) status: u16,
    /// Whether it says that something is not there.
    pub(crate) absence: Absence,
    /// Whether Heroku asks for a confirmation.
    pub(crate) unconfirmed: bool,
    pub(crate) error: ProviderError,
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self { status: 0, absence: Absence::No, unconfirmed: false, error }
    }
}

impl Failure {
    /// The same failure as another kind.
    pub(crate) fn with_kind(self, kind: ErrorKind) -> ProviderError {
        let error = ProviderError::new(self.error.operation(), kind, self.error.message());
        match self.error.request_id() {
            Some(id) => error.with_request_id(id),
            None => error,
        }
    }
}

/// `Ok(None)` for what is not there, as Heroku says.
pub(crate) fn absent<T>(result: Result<T, Failure>) -> Result<Option<T>, ProviderError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(failure) => match failure.absence {
            Absence::Herokus => Ok(None),
            Absence::Unsigned | Absence::No => Err(failure.error),
        },
    }
}

/// The same for a service that does not know an add-on yet, which need not say who it is: its
/// absence is only waited for.
pub(crate) fn not_yet<T>(result: Result<T, Failure>) -> Result<Option<T>, ProviderError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(failure) => match failure.absence {
            Absence::Herokus | Absence::Unsigned => Ok(None),
            Absence::No => Err(failure.error),
        },
    }
}

/// The table. An `id` counts only beside a status that it is on record with, but for
/// `confirmation_required`, which comes with 423 and with 400.
fn meaning(status: u16, id: &str, retry_after: Option<Duration>) -> (ErrorKind, Option<ErrorCode>) {
    use ErrorCode as C;
    match (status, id) {
        (400..500, "confirmation_required") => (ErrorKind::InvalidRequest, Some(C::NotConfirmed)),
        // A provider's refusal that the Platform API wraps: no repeat can help.
        (503, "addon_error") => (ErrorKind::InvalidRequest, Some(C::AddonRefused)),
        (403, "two_factor") => (ErrorKind::TwoFactorRequired, Some(C::SecondFactor)),
        (401, _) => (ErrorKind::Unauthorized, Some(C::TokenRefused)),
        // Unpaid, suspended or unverified accounts: somebody has to change something first.
        (402, "delinquent") => (ErrorKind::Forbidden, Some(C::Unpaid)),
        (403, "suspended") => (ErrorKind::Forbidden, Some(C::Suspended)),
        (403, "forbidden") => (ErrorKind::Forbidden, Some(C::NoAccess)),
        (422, "verification_needed") => (ErrorKind::Forbidden, Some(C::Unverified)),
        (402 | 403, _) => (ErrorKind::Forbidden, None),
        (404 | 410, _) => (ErrorKind::NotFound, None),
        (409 | 423, _) => (ErrorKind::Conflict, None),
        (408, _) => (ErrorKind::Timeout, None),
        (425 | 500.., _) => (ErrorKind::Transient, None),
        (429, _) => (ErrorKind::RateLimited { retry_after }, Some(C::TooManyRequests)),
        (422, "multiple_matches") => (ErrorKind::InvalidRequest, Some(C::AmbiguousName)),
        (400..500, _) => (ErrorKind::InvalidRequest, None),
        // No failure, and no answer that was asked for.
        (0..400, _) => (ErrorKind::Protocol, None),
    }
}

/// The failure that a reply reports.
pub(crate) fn of_reply(
    operation: &'static str,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    filter: &Filter,
) -> Failure {
    let is_empty = body.iter().all(u8::is_ascii_whitespace);
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let text = |key: &str| body.as_ref()?.get(key)?.as_str();
    let id = text("id").unwrap_or_default();
    let absence = match status {
        404 if !id.is_empty() => Absence::Herokus,
        404 if is_empty || body.as_ref().is_some_and(Value::is_object) => Absence::Unsigned,
        _ => Absence::No,
    };
    let unconfirmed = (400..500).contains(&status) && id == "confirmation_required";
    let mut message = match text("message").filter(|message| !message.trim().is_empty()) {
        // Whoever wrote it, it is not what Heroku says.
        _ if status == 404 && absence != Absence::Herokus => FOREIGN_404.to_owned(),
        Some(message) => filter.message(message),
        None => format!("status {status}, without a message"),
    };
    if unconfirmed {
        message.push_str(" (it goes on only with `confirm`)");
    }
    let (kind, code) = match (status, absence) {
        (404, Absence::Unsigned | Absence::No) => (ErrorKind::Protocol, None),
        _ => meaning(status, id, retry_after(headers)),
    };
    let error = ProviderError::new(operation, kind, message).with_code(code);
    Failure { status, absence, unconfirmed, error }
}

/// What the header says, in seconds; a date is not on record.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_RETRY_AFTER)))
}

#[cfg(test)]
mod tests {
    use heroku_data_link::model::Secret;

    use super::*;

    #[test]
    fn the_table() {
        use {ErrorCode as C, ErrorKind as K};
        let after = Some(Duration::from_secs(9));
        for (status, id, kind, code) in [
            (400, "bad_request", K::InvalidRequest, None),
            (400, "confirmation_required", K::InvalidRequest, Some(C::NotConfirmed)),
            (401, "unauthorized", K::Unauthorized, Some(C::TokenRefused)),
            (402, "delinquent", K::Forbidden, Some(C::Unpaid)),
            (403, "forbidden", K::Forbidden, Some(C::NoAccess)),
            (403, "suspended", K::Forbidden, Some(C::Suspended)),
            (403, "two_factor", K::TwoFactorRequired, Some(C::SecondFactor)),
            (404, "not_found", K::NotFound, None),
            (406, "not_acceptable", K::InvalidRequest, None),
            (408, "", K::Timeout, None),
            (409, "conflict", K::Conflict, None),
            (410, "gone", K::NotFound, None),
            (415, "", K::InvalidRequest, None),
            (416, "requested_range_not_satisfiable", K::InvalidRequest, None),
            (418, "", K::InvalidRequest, None),
            (422, "invalid_params", K::InvalidRequest, None),
            (422, "multiple_matches", K::InvalidRequest, Some(C::AmbiguousName)),
            (422, "unprocessable_entity", K::InvalidRequest, None),
            (422, "verification_needed", K::Forbidden, Some(C::Unverified)),
            (423, "", K::Conflict, None),
            (423, "confirmation_required", K::InvalidRequest, Some(C::NotConfirmed)),
            (425, "", K::Transient, None),
            (429, "rate_limit", K::RateLimited { retry_after: after }, Some(C::TooManyRequests)),
            (429, "", K::RateLimited { retry_after: after }, Some(C::TooManyRequests)),
            (500, "internal_server_error", K::Transient, None),
            (500, "server_error", K::Transient, None),
            (502, "", K::Transient, None),
            (503, "", K::Transient, None),
            (503, "addon_error", K::InvalidRequest, Some(C::AddonRefused)),
            (504, "", K::Transient, None),
            (599, "", K::Transient, None),
            (402, "", K::Forbidden, None),
            (403, "", K::Forbidden, None),
            (204, "", K::Protocol, None),
            (304, "", K::Protocol, None),
        ] {
            assert_eq!(meaning(status, id, after), (kind, code), "{status} {id}");
        }
    }

    #[test]
    fn a_body_is_never_the_message() {
        let headers = HeaderMap::new();
        let filter = Filter::new(&Secret::new("HRKU-1"), None);
        for body in
            ["", "<html>secret</html>", "\"secret\"", "{\"message\":7}", "{\"id\":\"secret\"}"]
        {
            let failure = of_reply("x", 500, &headers, body.as_bytes(), &filter);
            assert_eq!(failure.error.message(), "status 500, without a message", "{body}");
        }
    }

    #[test]
    fn only_a_404_of_herokus_own_says_that_something_is_gone() {
        use Absence::{Herokus, No, Unsigned};
        let filter = Filter::new(&Secret::new("HRKU-1"), None);
        for (status, body, absence, kind) in [
            (404, r#"{"id":"not_found","message":"Gone."}"#, Herokus, ErrorKind::NotFound),
            (404, r#"{"id":"not_found","resource":"app"}"#, Herokus, ErrorKind::NotFound),
            (404, "", Unsigned, ErrorKind::Protocol),
            (404, " \n", Unsigned, ErrorKind::Protocol),
            (404, r#"{"message":"no route"}"#, Unsigned, ErrorKind::Protocol),
            (404, r#"{"id":"","message":"no"}"#, Unsigned, ErrorKind::Protocol),
            (404, "<html>Not Found</html>", No, ErrorKind::Protocol),
            (404, "Not Found", No, ErrorKind::Protocol),
            (404, r#"["not_found"]"#, No, ErrorKind::Protocol),
            (410, r#"{"id":"gone"}"#, No, ErrorKind::NotFound),
            (403, r#"{"id":"not_found"}"#, No, ErrorKind::Forbidden),
        ] {
            let failure = of_reply("x", status, &HeaderMap::new(), body.as_bytes(), &filter);
            assert_eq!((failure.absence, failure.error.kind()), (absence, &kind), "{body}");
        }
    }

    #[test]
    fn retry_after_is_bounded() {
        for (value, expected) in
            [("7", Some(7)), ("999999", Some(3600)), ("-1", None), ("Wed, 21 Oct 2015", None)]
        {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", value.parse().unwrap());
            assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{value}");
        }
    }
}
