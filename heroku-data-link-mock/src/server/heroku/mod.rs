//! Heroku's Platform and Data API. One listener has both: no path is in both.

mod account;
mod addon_changes;
mod addons;
mod apps;
mod attachments;
mod basic;
mod budget;
mod catalogue;
mod config_vars;
mod data_services;
mod error;
mod guard;
mod input;
mod lookup;
mod named;
mod operation;
mod page;
mod peerings;
mod private_links;
mod releases;
mod spaces;
mod variant;

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post, put};
use serde_json::Value;

pub(super) use self::budget::Budget;
use self::error::HerokuError;
pub(super) use self::operation::ALL as OPERATIONS;
use self::variant::Wants;
use super::respond;
use super::shared::Shared;
use crate::journal::Request;
use crate::state::State as Truth;

/// What all requests share.
type Api = State<Arc<Shared>>;
/// What a client wants of the answer.
type Wanted = Extension<Wants>;
/// What a route answers.
type Answer = Result<Response, HerokuError>;

pub(super) fn router(shared: &Arc<Shared>) -> Router {
    platform()
        .merge(data())
        .fallback(async || nothing())
        .method_not_allowed_fallback(async || nothing())
        // Counts, checks token and headers, and sets the headers that every answer has.
        .layer(middleware::from_fn_with_state(Arc::clone(shared), guard::pass))
        .with_state(Arc::clone(shared))
}

fn platform() -> Router<Arc<Shared>> {
    Router::new()
        .route("/account", get(account::account))
        .route("/account/rate-limits", get(guard::rate_limits))
        .route("/apps", get(apps::list))
        .route("/apps/{app}", get(apps::show))
        .route("/apps/{app}/collaborators", get(apps::collaborators))
        .route("/apps/{app}/dynos", get(apps::nothing_runs))
        .route("/apps/{app}/formation", get(apps::nothing_runs))
        .route("/apps/{app}/pipeline-couplings", get(apps::pipeline_couplings))
        .route("/apps/{app}/releases", get(releases::list))
        .route("/apps/{app}/releases/{release}", get(releases::show))
        .route("/apps/{app}/config-vars", get(config_vars::show).patch(config_vars::change))
        .route("/apps/{app}/addons", get(addons::of_app).post(addon_changes::create))
        .route(
            "/apps/{app}/addons/{addon}",
            get(addons::show_in_app).delete(addon_changes::destroy),
        )
        .route("/apps/{app}/addon-attachments", get(attachments::of_app))
        .route("/apps/{app}/addon-attachments/{attachment}", get(attachments::show_in_app))
        .route("/addons", get(addons::list))
        .route("/addons/{addon}", get(addons::show))
        .route("/addons/{addon}/addon-attachments", get(attachments::of_addon))
        .route("/addon-attachments", get(attachments::list).post(attachments::create))
        .route(
            "/addon-attachments/{attachment}",
            get(attachments::show).delete(attachments::delete),
        )
        .route("/actions/addons/resolve", post(addons::resolve))
        .route("/actions/addon-attachments/resolve", post(attachments::resolve))
        .route("/addon-services", get(catalogue::services))
        .route("/addon-services/{service}", get(catalogue::service))
        .route("/addon-services/{service}/plans", get(catalogue::plans))
        .route("/addon-services/{service}/plans/{plan}", get(catalogue::plan_of_service))
        .route("/plans/{plan}", get(catalogue::plan))
        .route("/regions", get(catalogue::regions))
        .route("/regions/{region}", get(catalogue::region))
        .route("/spaces", get(spaces::list))
        .route("/spaces/{space}", get(spaces::show))
        .route("/spaces/{space}/nat", get(spaces::nat))
        .route("/spaces/{space}/peering-info", get(peerings::info))
        .route("/spaces/{space}/peerings", get(peerings::list).post(peerings::accept_by_body))
        .route("/spaces/{space}/peerings/{peering}", get(peerings::show).delete(peerings::delete))
        .route("/spaces/{space}/peerings/{peering}/actions/accept", post(peerings::accept))
}

fn data() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/private-link/v0/databases/{addon}",
            get(private_links::show).post(private_links::create).delete(private_links::delete),
        )
        .route(
            "/private-link/v0/databases/{addon}/allowed_accounts",
            put(private_links::allow).patch(private_links::disallow),
        )
        .route("/redis/v0/databases/{addon}", get(data_services::redis))
        .route("/redis/v0/databases/{addon}/wait", get(data_services::redis_wait))
        .route("/client/v11/databases/{addon}", get(data_services::postgres))
        .route("/client/v11/databases/{addon}/wait_status", get(data_services::postgres_wait))
        .route("/client/v11/databases/{addon}/unfollow", put(data_services::unfollow))
        .route("/data/kafka/v0/clusters/{addon}", get(data_services::kafka))
        .route("/data/kafka/v0/clusters/{addon}/wait_status", get(data_services::kafka_wait))
}

/// A path or method that Heroku does not have.
fn nothing() -> HerokuError {
    HerokuError::not_found(
        "The requested API endpoint was not found. Are you using the right HTTP verb (i.e. `GET` \
         vs. `POST`), and did you specify your intended version with the `Accept` header?",
    )
}

fn reply(status: StatusCode, body: &Value) -> Response {
    respond::json(status, "application/json", body)
}

fn ok(body: &Value) -> Response {
    reply(StatusCode::OK, body)
}

/// A read of the world that is journalled, and can fail, under the name of an operation.
async fn look<T>(
    shared: &Shared,
    operation: &'static str,
    detail: &str,
    look: impl FnOnce(&Truth, SystemTime) -> T,
) -> Result<T, HerokuError> {
    let world = shared.world();
    let seen = world.read(Request::new(operation, detail), |state, at| Ok(look(state, at)));
    seen.settle().await.map_err(|error| error::of(&error))
}

/// What the answer to a call shows beside what the call itself is about: no call of its own.
fn peek<T>(shared: &Shared, look: impl FnOnce(&Truth, SystemTime) -> T) -> T {
    let world = shared.world();
    let now = world.now();
    look(&world.lock().state, now)
}
