//! Spaces.

use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use heroku_data_link::model::{Generation, SpaceName};
use heroku_data_link::provider::{Space, operation as core_operation};
use serde_json::{Value, json};

use super::account::team;
use super::catalogue::{SINCE, region_view};
use super::lookup;
use super::named::reference;
use super::variant::{Variant, Wants};
use super::{Answer, Api, Wanted, look, ok, operation, page};
use crate::state::State as Truth;

/// A generation: an object, or text in newer variants.
pub(super) fn generation(generation: &Generation, variant: Variant) -> Value {
    match variant {
        Variant::V3 | Variant::Dogwood | Variant::Actions => {
            reference("generation", generation.as_str())
        }
        Variant::Sdk | Variant::Fir => generation.as_str().into(),
    }
}

fn view(state: &Truth, space: &Space, wants: &Wants) -> Value {
    let network = state.heroku.networks.get(&space.name);
    let vpc = network.and_then(|network| state.aws.vpcs.get(&network.vpc));
    let cidr = vpc.and_then(|record| record.vpc.cidrs.iter().next());
    let region = if wants.expands("region") {
        region_view(&space.region)
    } else {
        reference("region", &space.region)
    };
    json!({
        "id": space.id.map(|id| id.to_string()),
        "name": space.name,
        "cidr": cidr,
        "created_at": SINCE,
        "data_cidr": network.map(|network| network.data),
        "generation": generation(&space.generation, wants.variant),
        "organization": { "name": team()["name"] },
        "region": region,
        "shield": space.shield,
        "state": "allocated",
        "team": team(),
        "updated_at": SINCE,
    })
}

/// `GET /spaces`
pub(super) async fn list(
    State(shared): Api,
    Extension(wants): Wanted,
    headers: HeaderMap,
) -> Answer {
    let spaces = look(&shared, core_operation::READ_SPACE, "", |state, _| {
        state.heroku.spaces.values().map(|space| view(state, space, &wants)).collect()
    });
    page::of(&shared, &headers, page::BY_ID, spaces.await?)
}

/// `GET /spaces/{space}`
pub(super) async fn show(
    State(shared): Api,
    Extension(wants): Wanted,
    Path(space): Path<String>,
) -> Answer {
    let space = look(&shared, core_operation::READ_SPACE, &space, |state, _| {
        let space = state.heroku.spaces.get(lookup::space(state, &space)?)?;
        Some(view(state, space, &wants))
    });
    space.await?.map(|space| ok(&space)).ok_or_else(lookup::no_space)
}

/// `GET /spaces/{space}/nat`: the addresses that its dynos call from.
pub(super) async fn nat(State(shared): Api, Path(space): Path<String>) -> Answer {
    let sources = look(&shared, operation::READ_NAT, &space, |state, _| {
        let space = lookup::space(state, &space)?;
        let has_network = state.heroku.networks.contains_key(space);
        Some(if has_network { sources(state, space) } else { Vec::new() })
    });
    let sources = sources.await?.ok_or_else(lookup::no_space)?;
    Ok(ok(&json!({
        "created_at": SINCE,
        "sources": sources,
        "state": if sources.is_empty() { "disabled" } else { "enabled" },
        "updated_at": SINCE,
    })))
}

/// Two addresses of the block for documentation.
fn sources(state: &Truth, space: &SpaceName) -> Vec<String> {
    let number = state.heroku.spaces.keys().position(|name| name == space).unwrap_or_default();
    let first = number * 2 % 254 + 1;
    [first, first + 1].map(|last| format!("203.0.113.{last}")).into()
}
