//! What a failure means: the one table from status and `id` to an [`ErrorKind`].

use std::time::Duration;

use heroku_data_link::provider::{ErrorKind, ProviderError};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// The longest part of Heroku's message that is kept, in characters.
const LONGEST_MESSAGE: usize = 300;
/// The longest time to wait that is believed.
const LONGEST_RETRY_AFTER: u64 = 60 * 60;

/// A failed call, with what an API file needs in order to make data of it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The status of the reply; 0 where there was none.
    pub(crate) status: u16,
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
        Self { status: 0, unconfirmed: false, error }
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

/// `Ok(None)` for what is not there.
pub(crate) fn absent<T>(result: Result<T, Failure>) -> Result<Option<T>, ProviderError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(failure) if failure.status == 404 => Ok(None),
        Err(failure) => Err(failure.error),
    }
}

/// The table. An `id` counts only beside a status that it is on record with, but for
/// `confirmation_required`, which comes with 423 and with 400.
fn kind(status: u16, id: &str, retry_after: Option<Duration>) -> ErrorKind {
    match (status, id) {
        // `addon_error` is a provider's refusal that the Platform API wraps: no repeat can help.
        (400..500, "confirmation_required") | (503, "addon_error") => ErrorKind::InvalidRequest,
        (403, "two_factor") => ErrorKind::TwoFactorRequired,
        (401, _) => ErrorKind::Unauthorized,
        // Unpaid, suspended or unverified accounts: somebody has to change something first.
        (402 | 403, _) | (422, "verification_needed") => ErrorKind::Forbidden,
        (404 | 410, _) => ErrorKind::NotFound,
        (409 | 423, _) => ErrorKind::Conflict,
        (408, _) => ErrorKind::Timeout,
        (425 | 500.., _) => ErrorKind::Transient,
        (429, _) => ErrorKind::RateLimited { retry_after },
        (400..500, _) => ErrorKind::InvalidRequest,
        // No failure, and no answer that was asked for.
        (0..400, _) => ErrorKind::Protocol,
    }
}

/// The failure that a reply reports. `secrets` are the texts that it may repeat.
pub(crate) fn of_reply(
    operation: &'static str,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[&str],
) -> Failure {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let text = |key: &str| body.as_ref()?.get(key)?.as_str();
    let id = text("id").unwrap_or_default();
    let unconfirmed = (400..500).contains(&status) && id == "confirmation_required";
    let mut message = match text("message").filter(|message| !message.trim().is_empty()) {
        Some(message) => shown(message, secrets),
        None => format!("status {status}, without a message"),
    };
    if unconfirmed {
        message.push_str(" (it goes on only with `confirm`)");
    }
    let error = ProviderError::new(operation, kind(status, id, retry_after(headers)), message);
    Failure { status, unconfirmed, error }
}

/// What the header says, in seconds; a date is not on record.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_RETRY_AFTER)))
}

/// A message as it may be shown: on one line, of bounded length, without secrets.
fn shown(message: &str, secrets: &[&str]) -> String {
    let mut text = message.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "***");
    }
    let words: Vec<String> = text.split_whitespace().map(without_user_info).collect();
    let line = words.join(" ");
    let mut visible = line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut kept: String = visible.by_ref().take(LONGEST_MESSAGE).collect();
    if visible.next().is_some() {
        kept.push('…');
    }
    kept
}

/// A URL without user and password.
fn without_user_info(word: &str) -> String {
    match (word.split_once("://"), word.rfind('@')) {
        (Some((scheme, _)), Some(at)) => format!("{scheme}://***{}", &word[at..]),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        use ErrorKind as K;
        let after = Some(Duration::from_secs(9));
        for (status, id, expected) in [
            (400, "bad_request", K::InvalidRequest),
            (400, "confirmation_required", K::InvalidRequest),
            (401, "unauthorized", K::Unauthorized),
            (402, "delinquent", K::Forbidden),
            (403, "forbidden", K::Forbidden),
            (403, "suspended", K::Forbidden),
            (403, "two_factor", K::TwoFactorRequired),
            (404, "not_found", K::NotFound),
            (406, "not_acceptable", K::InvalidRequest),
            (408, "", K::Timeout),
            (409, "conflict", K::Conflict),
            (410, "gone", K::NotFound),
            (415, "", K::InvalidRequest),
            (416, "requested_range_not_satisfiable", K::InvalidRequest),
            (418, "", K::InvalidRequest),
            (422, "invalid_params", K::InvalidRequest),
            (422, "multiple_matches", K::InvalidRequest),
            (422, "unprocessable_entity", K::InvalidRequest),
            (422, "verification_needed", K::Forbidden),
            (423, "", K::Conflict),
            (423, "confirmation_required", K::InvalidRequest),
            (425, "", K::Transient),
            (429, "rate_limit", K::RateLimited { retry_after: after }),
            (429, "", K::RateLimited { retry_after: after }),
            (500, "internal_server_error", K::Transient),
            (500, "server_error", K::Transient),
            (502, "", K::Transient),
            (503, "", K::Transient),
            (503, "addon_error", K::InvalidRequest),
            (504, "", K::Transient),
            (599, "", K::Transient),
            (204, "", K::Protocol),
            (304, "", K::Protocol),
        ] {
            assert_eq!(kind(status, id, after), expected, "{status} {id}");
        }
    }

    #[test]
    fn a_message_is_shown_on_one_line_without_secrets() {
        let long = "x".repeat(400);
        let kept = format!("{}…", "x".repeat(300));
        for (message, expected) in [
            ("Couldn't find that app.", "Couldn't find that app."),
            ("no HRKU-1 here\nand \u{1b}[31m there", "no *** here and \u{fffd}[31m there"),
            ("bad fork redis://h:pw@host:1", "bad fork redis://***@host:1"),
            ("(postgres://u:p@w@h/db)", "(postgres://***@h/db)"),
            ("see https://devcenter.heroku.com/x", "see https://devcenter.heroku.com/x"),
            (&long, &kept),
        ] {
            assert_eq!(shown(message, &["HRKU-1", ""]), expected);
        }
    }

    #[test]
    fn a_body_is_never_the_message() {
        let headers = HeaderMap::new();
        for body in
            ["", "<html>secret</html>", "\"secret\"", "{\"message\":7}", "{\"id\":\"secret\"}"]
        {
            let failure = of_reply("x", 500, &headers, body.as_bytes(), &[]);
            assert_eq!(failure.error.message(), "status 500, without a message", "{body}");
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
