//! One call: a request, its answer, and nothing tried twice.

use std::error::Error;
use std::sync::Arc;

use heroku_data_link::model::Secret;
use heroku_data_link::provider::{ErrorCode, ErrorKind, ProviderError, note_request_id};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RANGE,
};
use reqwest::{Method, Response, StatusCode};
use url::Url;

use crate::budget::{Budget, Limited};
use crate::client::Client;
use crate::error::{self, Failure};
use crate::filter::Filter;
use crate::{request_id, tls};

/// The Platform API's documented variant; the Data API takes it too.
pub(crate) const V3: &str = "application/vnd.heroku+json; version=3";

/// Bytes of an answer that are read; the largest on record are lists of some 100 KiB.
const LARGEST_BODY: usize = 4 << 20;
/// Redirects within one server that are followed.
const MOST_REDIRECTS: usize = 5;

/// Bytes of a request id that is kept.
const LONGEST_ID: usize = 200;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const TWO_FACTOR: HeaderName = HeaderName::from_static("heroku-two-factor-code");

/// Which of the two APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Platform,
    Data,
}

/// A request to be made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    api: Api,
    method: Method,
    /// Made of checked values only, so that nothing in it has to be escaped.
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    /// What an answer must not be shown to repeat, beside the client's own secrets.
    secrets: Vec<Secret>,
}

impl Call {
    pub(crate) fn new(operation: &'static str, api: Api, method: Method, path: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(V3));
        Self { operation, api, method, path, headers, body: None, secrets: Vec::new() }
    }

    pub(crate) fn get(operation: &'static str, api: Api, path: String) -> Self {
        Self::new(operation, api, Method::GET, path)
    }

    pub(crate) fn post(operation: &'static str, api: Api, path: String) -> Self {
        Self::new(operation, api, Method::POST, path)
    }

    /// Sets a header; one of the same name is replaced.
    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// Sends JSON.
    pub(crate) fn json(mut self, body: &serde_json::Value) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body.to_string().into_bytes());
        self
    }

    /// Hides these in whatever comes of the call.
    pub(crate) fn hiding(mut self, secrets: Vec<Secret>) -> Self {
        self.secrets = secrets;
        self
    }

    /// Asks for a part of a list.
    pub(crate) fn range(mut self, range: HeaderValue) -> Self {
        self.headers.insert(RANGE, range);
        self
    }
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) operation: &'static str,
    pub(crate) request_id: String,
    pub(crate) next_range: Option<HeaderValue>,
    pub(crate) body: Vec<u8>,
    /// What is shown of the body goes through it.
    pub(crate) filter: Arc<Filter>,
}

impl Client {
    /// Makes a request once. Every answer but a success is a failure.
    pub(crate) async fn send(&self, call: &Call) -> Result<Reply, Failure> {
        let inner = &*self.inner;
        let budget: &Budget = match call.api {
            Api::Platform => &inner.platform_budget,
            Api::Data => &inner.data_budget,
        };
        let ticket = budget.admit(inner.clock.uptime()).map_err(|wait| {
            let kind = ErrorKind::RateLimited { retry_after: Some(wait) };
            let text = "not sent, for the account's rate limit is nearly used up";
            tracing::debug!(operation = call.operation, ?wait, "request held back");
            let error = ProviderError::new(call.operation, kind, text);
            Failure::from(error.with_code(ErrorCode::TooManyRequests))
        })?;
        let filter = if call.secrets.is_empty() {
            Arc::clone(&inner.filter)
        } else {
            Arc::new(inner.filter.hiding(&call.secrets))
        };
        let sent_id = request_id::fresh();
        let mut seen = Seen { request_id: sent_id.clone(), ..Seen::default() };
        let exchange = self.exchange(call, &filter, &sent_id, &mut seen);
        let result = tokio::time::timeout(inner.call_timeout, exchange).await;
        let result = result.unwrap_or_else(|_| {
            let text = format!("no complete answer within {:?}", inner.call_timeout);
            Err(ProviderError::new(call.operation, ErrorKind::Timeout, text).into())
        });
        ticket.replied(seen.remaining, seen.limited, inner.clock.uptime());
        tracing::debug!(
            operation = call.operation,
            method = %call.method,
            path = call.path,
            status = seen.status,
            request_id = seen.request_id,
            "request"
        );
        let Seen { request_id, next_range, .. } = seen;
        note_request_id(request_id.as_str());
        match result {
            Ok(body) => {
                Ok(Reply { operation: call.operation, request_id, next_range, body, filter })
            }
            Err(failure) => {
                Err(Failure { error: failure.error.with_request_id(request_id), ..failure })
            }
        }
    }

    async fn exchange(
        &self,
        call: &Call,
        filter: &Filter,
        id: &str,
        seen: &mut Seen,
    ) -> Result<Vec<u8>, Failure> {
        let base = match call.api {
            Api::Platform => self.inner.hosts.api(),
            Api::Data => self.inner.hosts.data(),
        };
        let protocol = |text: &str| ProviderError::new(call.operation, ErrorKind::Protocol, text);
        let mut url = base.join(&call.path).map_err(|_| protocol("the path is no URL"))?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.request(call, filter, url.clone(), id).await?;
            seen.note(&response, filter);
            let status = response.status();
            if !is_redirect(status) {
                return answer(call, filter, response).await;
            }
            if call.method != Method::GET {
                return Err(protocol("the server redirects a call that changes something").into());
            }
            url = target(&url, &response)
                .ok_or_else(|| protocol("the server redirects without saying where to"))?;
            // The client would send it in the place of the token, or beside it.
            if !url.username().is_empty() || url.password().is_some() {
                let text = "the server redirects to a URL with a user name or password of its own";
                return Err(protocol(text).into());
            }
            if url.origin() != base.origin() {
                let text = "the server redirects elsewhere, where the token must not go";
                return Err(protocol(text).into());
            }
        }
        Err(protocol("the server redirects in circles").into())
    }

    async fn request(
        &self,
        call: &Call,
        filter: &Filter,
        url: Url,
        id: &str,
    ) -> Result<Response, Failure> {
        let mut request = self
            .inner
            .http
            .request(call.method.clone(), url)
            .headers(call.headers.clone())
            .header(AUTHORIZATION, self.inner.authorization.clone())
            .header(REQUEST_ID, id);
        if let Some(code) = &self.inner.two_factor {
            request = request.header(TWO_FACTOR, code.clone());
        }
        if let Some(body) = &call.body {
            request = request.body(body.clone());
        }
        request.send().await.map_err(|error| broken(call.operation, filter, error))
    }
}

async fn answer(call: &Call, filter: &Filter, response: Response) -> Result<Vec<u8>, Failure> {
    let status = response.status();
    if status.is_success() {
        return read(call.operation, filter, response).await;
    }
    let headers = response.headers().clone();
    // The status tells enough where the body cannot be read.
    let body = read(call.operation, filter, response).await.unwrap_or_default();
    Err(error::of_reply(call.operation, status.as_u16(), &headers, &body, filter))
}

/// What the headers of the last reply told.
#[derive(Debug, Default)]
struct Seen {
    status: u16,
    request_id: String,
    next_range: Option<HeaderValue>,
    remaining: Option<u32>,
    limited: Option<Limited>,
}

impl Seen {
    fn note(&mut self, response: &Response, filter: &Filter) {
        let headers = response.headers();
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        self.status = response.status().as_u16();
        // It comes from outside and goes into messages.
        let id = text("request-id").filter(|id| id.len() <= LONGEST_ID);
        if let Some(id) = id.and_then(|id| filter.plain(id)) {
            id.clone_into(&mut self.request_id);
        }
        self.next_range = headers.get("next-range").cloned();
        self.remaining = text("ratelimit-remaining").and_then(|count| count.parse().ok());
        self.limited = (response.status() == StatusCode::TOO_MANY_REQUESTS)
            .then(|| Limited { retry_after: error::retry_after(headers) });
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn target(url: &Url, response: &Response) -> Option<Url> {
    url.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

async fn read(
    operation: &'static str,
    filter: &Filter,
    mut response: Response,
) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let broken = |error| broken(operation, filter, error);
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > LARGEST_BODY {
            let text = format!("the answer is longer than {LARGEST_BODY} bytes");
            return Err(ProviderError::new(operation, ErrorKind::Protocol, text).into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The failure of a connection. The call may have had its effect.
fn broken(operation: &'static str, filter: &Filter, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let (kind, text) = if tls::is_distrust(&error) {
        (ErrorKind::Protocol, "the certificate of the server is not trusted")
    } else if error.is_timeout() {
        (ErrorKind::Timeout, "no connection in time")
    } else if error.is_connect() {
        (ErrorKind::Transient, "no connection")
    } else {
        (ErrorKind::Transient, "the connection broke before the answer was complete")
    };
    ProviderError::new(operation, kind, text).with_source(Cause::of(&error, filter)).into()
}

/// What the libraries say of a broken connection. It may name what a server sent, such as the hosts
/// of its certificate.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

impl Cause {
    fn of(error: &reqwest::Error, filter: &Filter) -> Self {
        let mut text = error.to_string();
        let mut next = error.source();
        while let Some(error) = next {
            text.push_str(": ");
            text.push_str(&error.to_string());
            next = error.source();
        }
        Self(filter.message(&text))
    }
}
