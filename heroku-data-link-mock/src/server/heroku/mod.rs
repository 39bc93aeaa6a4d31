//! Heroku's Platform and Data API. One listener has both: no path is in both.

mod apps;
mod error;
mod guard;
mod page;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use heroku_data_link::provider::ProviderError;
use serde::de::DeserializeOwned;

use self::error::HerokuError;
use super::respond::{self, Unreadable};
use super::shared::Shared;

/// What all requests share.
type Api = State<Arc<Shared>>;
/// What a route answers.
type Answer = Result<Response, HerokuError>;

pub(super) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/account/rate-limits", get(guard::rate_limits))
        .route("/apps/{app}", get(apps::app))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        // Counts, checks token and Accept header, and sets the headers that every answer has.
        .layer(middleware::from_fn_with_state(Arc::clone(shared), guard::pass))
        .with_state(Arc::clone(shared))
}

/// A path or method that Heroku does not have.
async fn nothing() -> HerokuError {
    HerokuError::not_found(
        "The requested API endpoint was not found. Are you using the right \
                            HTTP verb (i.e. `GET` vs. `POST`), and did you specify your intended \
                            version with the `Accept` header?",
    )
}

/// The JSON body of a request.
async fn read<T: DeserializeOwned>(body: Body) -> Result<T, HerokuError> {
    let bytes = respond::read_body(body).await.map_err(|error| match error {
        Unreadable::TooLong => HerokuError::too_long(),
        Unreadable::Broken => HerokuError::bad_request("The body broke off."),
    })?;
    serde_json::from_slice(&bytes).map_err(|_| {
        HerokuError::bad_request(
            "Unable to parse the JSON in the request body, or its shape is wrong.",
        )
    })
}

fn refused(error: &ProviderError) -> HerokuError {
    error::of(error)
}
