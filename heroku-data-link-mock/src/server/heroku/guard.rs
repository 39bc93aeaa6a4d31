//! What every request goes through before its route, and every answer afterwards.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Api;
use super::error::HerokuError;
use crate::server::TOKEN;
use crate::server::requests::Cloud;
use crate::server::respond;
use crate::server::shared::Shared;

pub(super) async fn pass(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    match route {
        Some(route) => shared.count(Cloud::Heroku, &format!("{} {route}", request.method())),
        None => shared.count(Cloud::Heroku, "unknown"),
    }
    let mut response = match check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    if let Ok(id) = HeaderValue::from_str(&shared.request_id()) {
        response.headers_mut().insert("request-id", id);
    }
    response
}

fn check(headers: &HeaderMap) -> Result<(), HerokuError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = text(header::AUTHORIZATION).ok_or_else(HerokuError::unauthorized)?;
    if authorization.strip_prefix("Bearer ") != Some(TOKEN) {
        return Err(HerokuError::unauthorized());
    }
    match text(header::ACCEPT) {
        Some(accept) if accept.starts_with("application/vnd.heroku+json") => Ok(()),
        Some("application/json") => Ok(()),
        _ => Err(HerokuError::not_acceptable()),
    }
}

/// What is left of the account's budget; the one read that costs nothing of it.
pub(super) async fn rate_limits(State(_): Api) -> Response {
    respond::json(StatusCode::OK, "application/json", &json!({ "remaining": 4500 }))
}
