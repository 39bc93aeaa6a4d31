//! Endpoint services of add-ons (Data API).

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use heroku_data_link::model::{AddonId, AllowedPrincipal, AwsPrincipal};
use heroku_data_link::provider::{ErrorKind, PrivateLink, PrivateLinks, ProviderError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{self, HerokuError};
use super::input::Input;
use super::{Answer, Api, lookup, ok, peek, reply};
use crate::server::shared::Shared;
use crate::state::State as Truth;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Accounts {
    allowed_accounts: Vec<String>,
}

impl Accounts {
    fn principals(&self) -> Result<BTreeSet<AwsPrincipal>, HerokuError> {
        let principals = self.allowed_accounts.iter().map(|text| {
            text.parse::<AwsPrincipal>().map_err(|error| {
                let why = format!("{text:?} is no allowed account: {}.", error.rule());
                HerokuError::invalid(why).of_data_api()
            })
        });
        principals.collect()
    }
}

fn view(state: &Truth, addon: AddonId, link: &PrivateLink) -> Value {
    let record = state.heroku.addons.get(&addon);
    let accounts = link.allowed_accounts.iter().map(|account| {
        let short = match &account.principal {
            AllowedPrincipal::Known(principal) => principal.heroku_form(),
            odd @ (AllowedPrincipal::Anyone | AllowedPrincipal::Unreadable(_)) => odd.to_string(),
        };
        json!({
            "account_id": short,
            "arn": account.principal,
            "status": account.status,
        })
    });
    let connections = link.connections.iter().map(|connection| {
        json!({
            "endpoint_id": connection.endpoint,
            "hostname": connection.hostname,
            "owner_arn": connection.owner.as_ref().map(AwsPrincipal::arn),
            "status": connection.status,
        })
    });
    json!({
        "addon": { "name": record.map(|record| &record.name), "uuid": addon },
        "allowed_accounts": accounts.collect::<Vec<_>>(),
        "app": { "name": record.map(|record| &record.app) },
        "connections": connections.collect::<Vec<_>>(),
        "service_name": link.service_name.as_ref().map_or("", AsRef::as_ref),
        "status": link.status,
    })
}

fn none(addon: &str) -> HerokuError {
    HerokuError::not_found(format!("Addon {addon} not found, or it has no privatelink."))
}

/// The id in a path, or that of the add-on whose name it is.
fn find(shared: &Shared, text: &str) -> Result<AddonId, HerokuError> {
    peek(shared, |state, _| lookup::addon_id(state, text)).ok_or_else(|| none(text))
}

fn refused(error: &ProviderError) -> HerokuError {
    error::of(error).of_data_api()
}

/// The link as it is now.
fn current(shared: &Shared, id: AddonId) -> Option<Value> {
    peek(shared, |state, now| state.private_link(id, now).map(|link| view(state, id, &link)))
}

fn answer(shared: &Shared, status: StatusCode, id: AddonId) -> Response {
    reply(status, &current(shared, id).unwrap_or_else(|| json!({})))
}

/// `GET /private-link/v0/databases/{addon}`
pub(super) async fn show(State(shared): Api, Path(addon): Path<String>) -> Answer {
    let id = find(&shared, &addon)?;
    let link = shared.world().heroku().private_link(&id).await;
    let link = link.map_err(|error| refused(&error))?.ok_or_else(|| none(&addon))?;
    Ok(ok(&peek(&shared, |state, _| view(state, id, &link))))
}

/// `POST /private-link/v0/databases/{addon}`
pub(super) async fn create(
    State(shared): Api,
    Path(addon): Path<String>,
    Input(body): Input<Accounts>,
) -> Answer {
    let id = find(&shared, &addon)?;
    let principals = body.principals()?;
    let made = shared.world().heroku().create_private_link(&id, &principals).await;
    made.map_err(|error| match error.kind() {
        // One that is there, or is going: not documented, and told as other things that cannot be.
        ErrorKind::Conflict if current(&shared, id).is_some() => {
            HerokuError::invalid(error.message()).of_data_api()
        }
        _ => refused(&error),
    })?;
    Ok(answer(&shared, StatusCode::CREATED, id))
}

/// `DELETE /private-link/v0/databases/{addon}`
pub(super) async fn delete(State(shared): Api, Path(addon): Path<String>) -> Answer {
    let id = find(&shared, &addon)?;
    let before = current(&shared, id);
    let deleted = shared.world().heroku().delete_private_link(&id).await;
    deleted.map_err(|error| refused(&error))?;
    // The face is content with what is gone already.
    if before.is_none() {
        return Err(none(&addon));
    }
    Ok(answer(&shared, StatusCode::ACCEPTED, id))
}

/// `PUT /private-link/v0/databases/{addon}/allowed_accounts`: adds.
pub(super) async fn allow(
    State(shared): Api,
    Path(addon): Path<String>,
    Input(body): Input<Accounts>,
) -> Answer {
    let id = find(&shared, &addon)?;
    let principals = body.principals()?;
    let allowed = shared.world().heroku().allow(&id, &principals).await;
    allowed.map_err(|error| refused(&error))?;
    Ok(answer(&shared, StatusCode::ACCEPTED, id))
}

/// `PATCH /private-link/v0/databases/{addon}/allowed_accounts`: removes.
pub(super) async fn disallow(
    State(shared): Api,
    Path(addon): Path<String>,
    Input(body): Input<Accounts>,
) -> Answer {
    let id = find(&shared, &addon)?;
    let principals = body.principals()?;
    let disallowed = shared.world().heroku().disallow(&id, &principals).await;
    disallowed.map_err(|error| refused(&error))?;
    Ok(answer(&shared, StatusCode::ACCEPTED, id))
}
