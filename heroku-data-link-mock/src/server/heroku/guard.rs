//! What every request goes through before its route, and every answer afterwards.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::basic::password;
use super::error::HerokuError;
use super::variant::Wants;
use super::{Api, nothing};
use crate::server::TOKEN;
use crate::server::requests::Cloud;
use crate::server::respond::{self, LostAnswer};
use crate::server::shared::Shared;

/// What the paths of the Data API begin with. It has no limit, no lists in parts, and no `ETag`.
const DATA_API: [&str; 4] = ["/private-link/", "/redis/", "/client/", "/data/"];
/// The one read that costs nothing of the limit.
const LIMITS: &str = "/account/rate-limits";

pub(super) async fn pass(
    State(shared): State<Arc<Shared>>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    match route {
        Some(route) => shared.count(Cloud::Heroku, &format!("{} {route}", request.method())),
        None => shared.count(Cloud::Heroku, "unknown"),
    }
    let path = request.uri().path();
    let is_data = DATA_API.iter().any(|family| path.starts_with(family));
    let is_free = is_data || path == LIMITS;
    let mut remaining = None;
    let mut response = if is_authorized(request.headers()) {
        let now = shared.world().now();
        let admitted = is_free || shared.heroku_budget.take(now).is_some();
        remaining = Some(shared.heroku_budget.remaining(now)).filter(|_| !is_data);
        match check(&request)
            .and_then(|wants| if admitted { Ok(wants) } else { Err(HerokuError::limit_reached()) })
        {
            Ok(wants) => {
                let known = request.headers().get(header::IF_NONE_MATCH).cloned();
                let is_read = request.method() == Method::GET;
                request.extensions_mut().insert(wants);
                let response = next.run(request).await;
                if is_read && !is_data { tagged(response, known.as_ref()).await } else { response }
            }
            Err(error) => error.into_response(),
        }
    } else {
        HerokuError::unauthorized().into_response()
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&shared.request_id()) {
        headers.insert("request-id", id);
    }
    if let Some(remaining) = remaining {
        headers.insert("ratelimit-remaining", remaining.into());
    }
    response
}

fn is_authorized(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match value.and_then(|value| value.split_once(' ')) {
        Some(("Bearer", token)) => token == TOKEN,
        Some(("Basic", encoded)) => password(encoded).is_some_and(|it| it == TOKEN.as_bytes()),
        _ => false,
    }
}

fn check(request: &Request<Body>) -> Result<Wants, HerokuError> {
    let wants = Wants::of(request.headers()).ok_or_else(HerokuError::not_acceptable)?;
    // No id, and no name of Heroku's, has a character that is to be encoded.
    if request.uri().path().contains('%') {
        return Err(nothing());
    }
    if request.uri().query().is_some() {
        return Err(HerokuError::bad_request("No call of this API takes parameters in its URL."));
    }
    Ok(wants)
}

/// The answer with its tag, or the word that the client has it already.
async fn tagged(response: Response, known: Option<&HeaderValue>) -> Response {
    let status = response.status();
    let is_lost = response.extensions().get::<LostAnswer>().is_some();
    if is_lost || !matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return respond::lost();
    };
    let tag = format!("\"{}\"", super::named::id_of("etag", &String::from_utf8_lossy(&bytes)));
    let known = known.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut known = known.split(',').map(|it| it.trim().trim_start_matches("W/"));
    let is_known = known.any(|it| it == "*" || it == tag);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        head.headers.insert(header::ETAG, tag);
    }
    if is_known {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, Body::from(bytes))
}

/// `GET /account/rate-limits`
pub(super) async fn rate_limits(State(shared): Api) -> Response {
    let remaining = shared.heroku_budget.remaining(shared.world().now());
    super::ok(&json!({ "remaining": remaining }))
}
