//! Routes to peering connections.

use heroku_data_link::model::{Cidr, PeeringConnectionId, RouteTableId};
use heroku_data_link::provider::{NewRoute, RouteTables, operation};

use super::super::error::AwsError;
use super::super::operation::REPLACE_ROUTE;
use super::super::params::Params;
use super::permissions::block;
use super::{Action, Answer, done, peerings, refused, route_tables};
use crate::aws_calls::lead;
use crate::journal::Request;
use crate::state::Absent;

/// Targets that routes are not made to here.
const OTHER_TARGETS: [&str; 11] = [
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "EgressOnlyInternetGatewayId",
    "InstanceId",
    "NetworkInterfaceId",
    "VpcEndpointId",
    "CoreNetworkArn",
    "OdbNetworkArn",
];

/// `CreateRoute`
pub(super) async fn create(action: &Action<'_>) -> Answer {
    let route = read(action.params)?;
    action.check(operation::CREATE_ROUTE).await?;
    action.call.face.create_route(&route).await.map_err(|error| refused(&error))?;
    Ok(done())
}

/// `ReplaceRoute`
pub(super) async fn replace(action: &Action<'_>) -> Answer {
    let route = read(action.params)?;
    action.check(REPLACE_ROUTE).await?;
    let face = &action.call.face;
    let detail = lead(&route);
    let replaced = face.world.mutate(Request::new(REPLACE_ROUTE, &detail), |state, now| {
        state.replace_route(&face.caller, now, &route)
    });
    replaced.settle().await.map_err(|error| refused(&error))?;
    Ok(done())
}

/// `DeleteRoute`
pub(super) async fn delete(action: &Action<'_>) -> Answer {
    let (table, destination) = place(action.params)?;
    action.check(operation::DELETE_ROUTE).await?;
    let deleted = action.call.face.remove_route(&table, destination, Absent::Refused).await;
    deleted.map_err(|error| refused(&error))?;
    Ok(done())
}

fn read(params: &Params) -> Result<NewRoute, AwsError> {
    let (table, destination) = place(params)?;
    let peering: Option<PeeringConnectionId> =
        params.parsed("VpcPeeringConnectionId", peerings::MALFORMED)?;
    let others = OTHER_TARGETS.iter().filter(|name| params.text(name).is_some()).count();
    match (peering, others) {
        (Some(peering), 0) => Ok(NewRoute { table, destination, peering }),
        (None, 1) => Err(AwsError::unsupported("routes to anything but peering connections")),
        (None, 0) => Err(AwsError::missing("gatewayId")),
        _ => {
            let message = "The request must contain exactly one of the targets of a route.";
            Err(AwsError::new("InvalidParameterCombination", message))
        }
    }
}

/// The table, and the destination without the bits that it does not count.
fn place(params: &Params) -> Result<(RouteTableId, Cidr), AwsError> {
    let table = params.parsed("RouteTableId", route_tables::MALFORMED)?;
    let table = table.ok_or_else(|| AwsError::missing("routeTableId"))?;
    let others = ["DestinationIpv6CidrBlock", "DestinationPrefixListId"];
    if others.iter().any(|name| params.text(name).is_some()) {
        return Err(AwsError::unsupported("changes to routes of IPv6 and prefix lists"));
    }
    let text = params.text("DestinationCidrBlock");
    let text = text.ok_or_else(|| AwsError::missing("destinationCidrBlock"))?;
    Ok((table, block(&text)?))
}
