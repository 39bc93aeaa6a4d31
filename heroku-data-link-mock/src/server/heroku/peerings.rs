//! Peerings of spaces.

use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use heroku_data_link::model::{CidrSet, PeeringConnectionId, PeeringType};
use heroku_data_link::provider::{ErrorKind, Peering, PeeringInfo, ProviderError, SpacePeerings};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{self, HerokuError};
use super::input::Input;
use super::lookup;
use super::operation::DELETE_PEERING;
use super::variant::Variant;
use super::{Answer, Api, Wanted, nothing, ok, peek, reply};
use crate::journal::Request;
use crate::server::shared::Shared;

/// What Heroku shows of its own peerings in the place of ids.
const MASK: &str = "******";

fn no_peering() -> HerokuError {
    HerokuError::not_found("Couldn't find that peering.").of_resource("peering")
}

/// What a refusal says, without the code that it has on AWS.
fn refused(error: &ProviderError) -> HerokuError {
    if *error.kind() == ErrorKind::NotFound {
        return no_peering();
    }
    let mut refused = error::of(error);
    if let Some((code, text)) = refused.message.split_once(": ") {
        if code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
            refused.message = text.to_owned();
        }
    }
    refused
}

/// Blocks in no order, as Heroku shows them: the upper half first, from its end.
fn unordered(blocks: &CidrSet) -> Vec<String> {
    let blocks: Vec<String> = blocks.iter().map(ToString::to_string).collect();
    let (lower, upper) = blocks.split_at(blocks.len() / 2);
    upper.iter().rev().chain(lower).cloned().collect()
}

fn info_view(info: &PeeringInfo) -> Value {
    let blocks = unordered(&info.space_cidrs);
    let mut view = json!({
        "dyno_cidr_blocks": blocks,
        "space_cidr_blocks": blocks,
        "unavailable_cidr_blocks": info.unavailable_cidrs,
        "vpc_cidr": info.vpc_cidr,
    });
    // Older answers lack them.
    let told = [
        ("aws_account_id", info.account.as_ref().map(AsRef::<str>::as_ref)),
        ("aws_region", info.region.as_ref().map(AsRef::as_ref)),
        ("vpc_id", info.vpc.as_ref().map(AsRef::as_ref)),
    ];
    for (name, value) in told {
        if let Some(value) = value {
            view[name] = value.into();
        }
    }
    view
}

fn view(peering: &Peering) -> Value {
    // As an official test has it, and a published procedure.
    let is_masked = peering.kind == PeeringType::HerokuManaged;
    let shown = |text: Option<&str>| match text {
        _ if is_masked => MASK.to_owned(),
        text => text.unwrap_or_default().to_owned(),
    };
    let mut view = json!({
        "aws_account_id": shown(peering.account.as_ref().map(AsRef::as_ref)),
        "aws_region": shown(peering.region.as_ref().map(AsRef::as_ref)),
        "aws_vpc_id": shown(peering.vpc.as_ref().map(AsRef::as_ref)),
        "cidr_blocks": peering.cidrs,
        "pcx_id": shown(peering.id.as_ref().map(AsRef::as_ref)),
        "status": peering.status,
        "type": peering.kind,
    });
    if let Some(expires) = &peering.expires {
        view["expires"] = expires.as_str().into();
    }
    view
}

/// `GET /spaces/{space}/peering-info`
pub(super) async fn info(State(shared): Api, Path(space): Path<String>) -> Answer {
    let space = lookup::space_name(&shared, &space)?;
    let info = shared.world().heroku().peering_info(&space).await;
    let info = info.map_err(|error| error::of(&error))?;
    info.map(|info| ok(&info_view(&info)))
        .ok_or_else(|| HerokuError::not_found("This space has no peering."))
}

async fn peerings_of(shared: &Shared, space: &str) -> Result<Vec<Peering>, HerokuError> {
    let space = lookup::space_name(shared, space)?;
    let peerings = shared.world().heroku().peerings(&space).await;
    peerings.map_err(|error| error::of(&error))
}

/// `GET /spaces/{space}/peerings`
pub(super) async fn list(State(shared): Api, Path(space): Path<String>) -> Answer {
    let peerings = peerings_of(&shared, &space).await?;
    Ok(ok(&peerings.iter().map(view).collect()))
}

/// The peering of an id; nobody knows those of Heroku's own.
fn find(peerings: &[Peering], id: &str) -> Option<Value> {
    let is_meant = |it: &&Peering| it.id.as_ref().is_some_and(|it| it.as_str() == id);
    peerings.iter().find(is_meant).map(view)
}

/// `GET /spaces/{space}/peerings/{peering}`, which newer variants do not have.
pub(super) async fn show(
    State(shared): Api,
    Extension(wants): Wanted,
    Path((space, peering)): Path<(String, String)>,
) -> Answer {
    if wants.variant != Variant::V3 {
        return Err(nothing());
    }
    let peerings = peerings_of(&shared, &space).await?;
    find(&peerings, &peering).map(|view| ok(&view)).ok_or_else(no_peering)
}

/// `POST /spaces/{space}/peerings/{peering}/actions/accept`, the documented form.
pub(super) async fn accept(
    State(shared): Api,
    Extension(wants): Wanted,
    Path((space, peering)): Path<(String, String)>,
) -> Answer {
    if wants.variant != Variant::V3 {
        return Err(nothing());
    }
    accept_named(&shared, &space, &peering).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Accepting {
    pcx_id: String,
}

/// `POST /spaces/{space}/peerings`, the form of the official CLI, in a variant of its own.
pub(super) async fn accept_by_body(
    State(shared): Api,
    Extension(wants): Wanted,
    Path(space): Path<String>,
    Input(body): Input<Accepting>,
) -> Answer {
    if wants.variant != Variant::Dogwood {
        return Err(nothing());
    }
    accept_named(&shared, &space, &body.pcx_id).await
}

async fn accept_named(shared: &Shared, space: &str, id: &str) -> Answer {
    let space = lookup::space_name(shared, space)?;
    let peering: PeeringConnectionId = id.parse().map_err(|_| no_peering())?;
    let accepted = shared.world().heroku().accept_peering(&space, &peering).await;
    accepted.map_err(|error| refused(&error))?;
    let view = peek(shared, |state, now| find(&state.space_peerings(&space, now), id));
    Ok(accepted_reply(view))
}

/// What was begun and is not done.
fn accepted_reply(view: Option<Value>) -> Response {
    reply(StatusCode::ACCEPTED, &view.unwrap_or_else(|| json!({})))
}

/// `DELETE /spaces/{space}/peerings/{peering}`
pub(super) async fn delete(
    State(shared): Api,
    Path((space, peering)): Path<(String, String)>,
) -> Answer {
    let space = lookup::space_name(&shared, &space)?;
    let id: PeeringConnectionId = peering.parse().map_err(|_| no_peering())?;
    let detail = format!("{id} of {space}");
    let request = Request::new(DELETE_PEERING, &detail);
    let world = shared.world();
    let deleted = world.mutate(request, |state, now| state.delete_space_peering(now, &space, &id));
    deleted.settle().await.map_err(|error| refused(&error))?;
    let view = peek(&shared, |state, now| find(&state.space_peerings(&space, now), &peering));
    Ok(accepted_reply(view))
}
