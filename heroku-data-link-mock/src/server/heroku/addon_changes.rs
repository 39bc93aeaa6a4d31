//! How add-ons are made and destroyed.

use std::collections::BTreeMap;

use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use heroku_data_link::model::{AddonName, AttachmentName, PlanName, Secret};
use heroku_data_link::provider::{AddonLifecycle, AddonOption, NewAddon};
use serde::Deserialize;

use super::addons::single;
use super::error::{self, HerokuError};
use super::input::{Input, Reference};
use super::lookup::{self, no_addon};
use super::{Answer, Api, Wanted, operation, peek, reply};
use crate::journal::Request;
use crate::server::shared::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    plan: Reference,
    name: Option<String>,
    attachment: Option<NewAttachment>,
    config: Option<BTreeMap<String, Setting>>,
    /// The app's name: to go on where Heroku asks.
    confirm: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAttachment {
    name: Option<String>,
}

/// The CLI sends `true` for an option without a value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Setting {
    Flag(bool),
    Text(String),
}

/// `POST /apps/{app}/addons`
pub(super) async fn create(
    State(shared): Api,
    Extension(wants): Wanted,
    Path(app): Path<String>,
    Input(body): Input<New>,
) -> Answer {
    let app = lookup::app_name(&shared, &app)?;
    let plan = plan(body.plan.text())?;
    let name = match &body.name {
        Some(name) => name.parse().map_err(|_| bad_name())?,
        None => invent_name(&shared, &plan),
    };
    let attachment = body.attachment.and_then(|attachment| attachment.name);
    let attachment = attachment.map(|name| name.parse::<AttachmentName>()).transpose();
    let options = body.config.unwrap_or_default().into_iter().map(|(name, setting)| {
        let value = match setting {
            Setting::Flag(flag) => AddonOption::Flag(flag),
            // It may be a URL with a password.
            Setting::Text(text) => AddonOption::Secret(Secret::new(text)),
        };
        (name, value)
    });
    let new = NewAddon {
        plan,
        name,
        attachment: attachment.map_err(|_| bad_name())?,
        options: options.collect(),
        confirm: body.confirm.as_deref() == Some(app.as_str()),
        app,
    };
    let made = shared.world().heroku().create_addon(&new).await;
    made.map_err(|error| refusal(error::of(&error)).confirmed_by(&new.app))?;
    let view = peek(&shared, |state, now| {
        let addon = lookup::addon(state, new.name.as_str(), now);
        addon.map(|addon| single(state, addon, now, &wants))
    });
    Ok(reply(StatusCode::CREATED, &view.unwrap_or_default()))
}

fn plan(text: &str) -> Result<PlanName, HerokuError> {
    text.parse().map_err(|_| {
        HerokuError::invalid("Couldn't find either the add-on service or the add-on plan.")
    })
}

fn bad_name() -> HerokuError {
    HerokuError::invalid("A name has letters, digits, - and _, and begins with a letter.")
}

fn invent_name(shared: &Shared, plan: &PlanName) -> AddonName {
    shared.world().lock().state.invent_addon_name(plan)
}

/// A name that the app has given to another add-on is refused as any other that is taken.
fn refusal(error: HerokuError) -> HerokuError {
    if error.status == StatusCode::CONFLICT { HerokuError::invalid(error.message) } else { error }
}

/// Whether other apps may lose it as well; of no interest, as that is never refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Destroying {
    #[serde(rename = "force")]
    _force: Option<bool>,
}

/// `DELETE /apps/{app}/addons/{addon}`: an app destroys what it owns.
pub(super) async fn destroy(
    State(shared): Api,
    Extension(wants): Wanted,
    Path((app, addon)): Path<(String, String)>,
    Input(Destroying { .. }): Input<Destroying>,
) -> Answer {
    let app = lookup::app_name(&shared, &app)?;
    let found = peek(&shared, |state, now| lookup::addon(state, &addon, now));
    let found = found.filter(|addon| addon.app == app).ok_or_else(no_addon)?;
    let detail = format!("{} of {app}", found.name);
    let request = Request::new(operation::DESTROY_ADDON, &detail);
    let destroyed = shared.world().mutate(request, |state, now| state.destroy_addon(now, found.id));
    destroyed.settle().await.map_err(|error| error::of(&error))?;
    let view = peek(&shared, |state, now| {
        state.addon(found.id, now).map(|addon| single(state, addon, now, &wants))
    });
    Ok(reply(StatusCode::ACCEPTED, &view.unwrap_or_default()))
}
