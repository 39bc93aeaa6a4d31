//! Releases of apps.

use std::time::SystemTime;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use heroku_data_link::model::AppName;
use serde_json::{Value, json};

use super::account::user;
use super::catalogue::written;
use super::error::HerokuError;
use super::lookup::{APP, look_at_app};
use super::named::{id_of, reference};
use super::{Answer, Api, ok, operation, page};
use crate::state::State as Truth;

/// All releases of an app, the first of which made it.
fn views(state: &Truth, app: &AppName, at: SystemTime) -> Vec<Value> {
    let made = state.heroku.releases.get(app).map_or(&[][..], Vec::as_slice);
    let made = made.iter().filter(|release| release.at <= at);
    let made = made.map(|release| (release.at, release.description.as_str()));
    let all = [(SystemTime::UNIX_EPOCH, "Initial release")].into_iter().chain(made);
    let mut views: Vec<Value> =
        all.zip(1_u64..).map(|((since, text), version)| view(app, version, since, text)).collect();
    if let Some(last) = views.last_mut() {
        last["current"] = true.into();
    }
    views
}

fn view(app: &AppName, version: u64, since: SystemTime, description: &str) -> Value {
    json!({
        "id": id_of("release", &format!("{app}/{version}")),
        "version": version,
        "addon_plan_names": [],
        "app": reference(APP, app),
        "created_at": written(since),
        "current": false,
        "description": description,
        "output_stream_url": null,
        "slug": null,
        "status": "succeeded",
        "updated_at": written(since),
        "user": user(),
    })
}

/// `GET /apps/{app}/releases`
pub(super) async fn list(
    State(shared): Api,
    headers: HeaderMap,
    Path(app): Path<String>,
) -> Answer {
    let releases = look_at_app(&shared, operation::READ_RELEASES, &app, views).await?;
    page::of(&shared, &headers, page::BY_VERSION, releases)
}

/// `GET /apps/{app}/releases/{release}`, by id or version.
pub(super) async fn show(
    State(shared): Api,
    Path((app, release)): Path<(String, String)>,
) -> Answer {
    let releases = look_at_app(&shared, operation::READ_RELEASES, &app, views).await?;
    let version: Option<u64> = release.parse().ok();
    let is_meant = |it: &&Value| {
        it["id"] == release.as_str() || version.is_some_and(|version| it["version"] == version)
    };
    let found = releases.iter().find(is_meant).map(ok);
    found
        .ok_or_else(|| HerokuError::not_found("Couldn't find that release.").of_resource("release"))
}
