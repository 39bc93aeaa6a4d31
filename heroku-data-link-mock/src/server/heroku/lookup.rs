//! What is meant by a name or an id in a path or a body.

use std::time::SystemTime;

use heroku_data_link::model::{AddonId, AddonName, AppId, AppName, SpaceId, SpaceName};
use heroku_data_link::provider::Addon;

use super::error::HerokuError;
use super::named::id_of;
use super::{look, peek};
use crate::server::shared::Shared;
use crate::state::State;
pub(super) use crate::state::named::SPACE;

/// What ids of apps are made from, beside their names.
pub(super) const APP: &str = "app";

pub(super) fn no_app() -> HerokuError {
    HerokuError::not_found("Couldn't find that app.").of_resource("app")
}

pub(super) fn no_addon() -> HerokuError {
    HerokuError::not_found("Couldn't find that add on.").of_resource("add_on")
}

pub(super) fn no_space() -> HerokuError {
    HerokuError::not_found("Couldn't find that space.").of_resource("space")
}

pub(super) fn app<'a>(state: &'a State, text: &str) -> Option<&'a AppName> {
    if let Ok(id) = text.parse::<AppId>() {
        let id = id.to_string();
        return state.heroku.apps.keys().find(|name| id_of(APP, name.as_str()) == id);
    }
    let name: AppName = text.parse().ok()?;
    state.heroku.apps.get(&name).map(|app| &app.name)
}

pub(super) fn space<'a>(state: &'a State, text: &str) -> Option<&'a SpaceName> {
    if let Ok(id) = text.parse::<SpaceId>() {
        let found = state.heroku.spaces.values().find(|space| space.id == Some(id));
        return found.map(|space| &space.name);
    }
    let name: SpaceName = text.parse().ok()?;
    state.heroku.spaces.get(&name).map(|space| &space.name)
}

/// The id that text is, or that the add-on has whose name it is.
pub(super) fn addon_id(state: &State, text: &str) -> Option<AddonId> {
    if let Ok(id) = text.parse() {
        return Some(id);
    }
    let name: AddonName = text.parse().ok()?;
    state.heroku.names.get(&name).copied()
}

pub(super) fn addon(state: &State, text: &str, at: SystemTime) -> Option<Addon> {
    state.addon(addon_id(state, text)?, at)
}

/// The name of an app, before a call about it.
pub(super) fn app_name(shared: &Shared, text: &str) -> Result<AppName, HerokuError> {
    peek(shared, |state, _| app(state, text).cloned()).ok_or_else(no_app)
}

/// The name of a space, before a call about it.
pub(super) fn space_name(shared: &Shared, text: &str) -> Result<SpaceName, HerokuError> {
    peek(shared, |state, _| space(state, text).cloned()).ok_or_else(no_space)
}

/// A read that is about an app.
pub(super) async fn look_at_app<T>(
    shared: &Shared,
    operation: &'static str,
    text: &str,
    view: impl FnOnce(&State, &AppName, SystemTime) -> T,
) -> Result<T, HerokuError> {
    let seen =
        look(shared, operation, text, |state, at| app(state, text).map(|app| view(state, app, at)));
    seen.await?.ok_or_else(no_app)
}
