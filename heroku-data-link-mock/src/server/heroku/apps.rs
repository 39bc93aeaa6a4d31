//! Apps.

use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use heroku_data_link::model::{AppName, Generation};
use heroku_data_link::provider::operation;
use serde_json::{Value, json};

use super::account::{team, user};
use super::catalogue::SINCE;
use super::error::HerokuError;
use super::lookup::{APP, SPACE, look_at_app};
use super::named::{id_of, reference};
use super::variant::Wants;
use super::{Answer, Api, Wanted, look, ok, page, spaces};
use crate::server::shared::Shared;
use crate::state::State as Truth;

/// What apps on the Common Runtime say of their region.
const COMMON_REGION: &str = "us";
const STACK: &str = "heroku-24";

/// An app as the API shows it.
fn view(state: &Truth, name: &AppName, wants: &Wants) -> Value {
    let space = state.heroku.apps.get(name).and_then(|app| app.space.as_ref());
    let space = space.and_then(|space| state.heroku.spaces.get(space));
    let region = space.map_or(COMMON_REGION, |space| space.region.as_str());
    let generation = space.map_or(&Generation::Cedar, |space| &space.generation);
    let space = space.map(|space| {
        let mut view = reference(SPACE, &space.name);
        view["shield"] = space.shield.into();
        view
    });
    json!({
        "id": id_of(APP, name.as_str()),
        "name": name,
        "acm": false,
        "archived_at": null,
        "build_stack": reference("stack", STACK),
        "buildpack_provided_description": null,
        "created_at": SINCE,
        "generation": spaces::generation(generation, wants.variant),
        "git_url": format!("https://git.heroku.com/{name}.git"),
        "internal_routing": space.as_ref().map(|_| false),
        "maintenance": false,
        "organization": team(),
        "owner": user(),
        "region": reference("region", region),
        "released_at": SINCE,
        "repo_size": 0,
        "slug_size": 0,
        "space": space,
        "stack": reference("stack", STACK),
        "team": team(),
        "updated_at": SINCE,
        "web_url": format!("https://{name}.herokuapp.com/"),
    })
}

/// `GET /apps`
pub(super) async fn list(
    State(shared): Api,
    Extension(wants): Wanted,
    headers: HeaderMap,
) -> Answer {
    let apps = look(&shared, operation::READ_APP, "", |state, _| {
        state.heroku.apps.keys().map(|name| view(state, name, &wants)).collect()
    });
    page::of(&shared, &headers, page::BY_ID, apps.await?)
}

/// `GET /apps/{app}`
pub(super) async fn show(
    State(shared): Api,
    Extension(wants): Wanted,
    Path(app): Path<String>,
) -> Answer {
    let view = |state: &Truth, name: &AppName, _| view(state, name, &wants);
    Ok(ok(&look_at_app(&shared, operation::READ_APP, &app, view).await?))
}

/// `GET /apps/{app}/collaborators`: nobody beside its owner.
pub(super) async fn collaborators(State(shared): Api, Path(app): Path<String>) -> Answer {
    empty(&shared, &app).await
}

/// `GET /apps/{app}/dynos`, `GET /apps/{app}/formation`: nothing is deployed.
pub(super) async fn nothing_runs(State(shared): Api, Path(app): Path<String>) -> Answer {
    empty(&shared, &app).await
}

async fn empty(shared: &Shared, app: &str) -> Result<Response, HerokuError> {
    look_at_app(shared, operation::READ_APP, app, |_, _, _| ()).await?;
    Ok(ok(&json!([])))
}

/// `GET /apps/{app}/pipeline-couplings`: it is in no pipeline.
pub(super) async fn pipeline_couplings(State(shared): Api, Path(app): Path<String>) -> Answer {
    look_at_app(&shared, operation::READ_APP, &app, |_, _, _| ()).await?;
    let none = HerokuError::not_found("Couldn't find that pipeline coupling.");
    Err(none.of_resource("pipeline_coupling"))
}
