//! Apps.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use heroku_data_link::model::AppName;
use heroku_data_link::provider::Spaces;
use serde_json::json;

use super::error::HerokuError;
use super::{Answer, Api, refused};
use crate::server::respond;

/// `GET /apps/{app}`
pub(super) async fn app(State(shared): Api, Path(name): Path<String>) -> Answer {
    let unknown = || HerokuError::not_found("Couldn't find that app.").of_resource("app");
    let name: AppName = name.parse().map_err(|_| unknown())?;
    let app = shared.world().heroku().app(&name).await.map_err(|error| refused(&error))?;
    let app = app.ok_or_else(unknown)?;
    let space = app.space.map(|space| json!({ "name": space }));
    let body = json!({ "name": app.name, "space": space });
    Ok(respond::json(StatusCode::OK, "application/json", &body))
}
