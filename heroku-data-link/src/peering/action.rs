use super::snapshot::Snapshot;
use super::spec::PeeringSpec;
use crate::model::{Cidr, PeeringConnectionId, RouteTableId, SecurityGroupId};
use crate::provider::{IngressRule, NewPeeringConnection, NewRoute, Tags};

/// One mutating call of the peering workflow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Ask the space's VPC for a connection.
    Request(NewPeeringConnection),
    /// Tag a connection as the link's own, or with what the link makes.
    Tag(PeeringConnectionId, Tags),
    /// Let Heroku accept a request.
    Accept(PeeringConnectionId),
    /// Make a route.
    CreateRoute(NewRoute),
    /// Delete a route.
    DeleteRoute(RouteTableId, Cidr),
    /// Add a rule to the group that the spec names.
    Authorize(SecurityGroupId, IngressRule),
    /// Remove a rule from the group that the spec names.
    Revoke(SecurityGroupId, IngressRule),
    /// Delete a connection of the link's own.
    DeleteConnection(PeeringConnectionId),
}

/// The request for a connection, once Heroku has told whom to ask.
pub(super) fn request(spec: &PeeringSpec, seen: &Snapshot) -> Option<NewPeeringConnection> {
    let info = seen.info.as_ref()?;
    Some(NewPeeringConnection {
        vpc: spec.vpc.clone(),
        peer_vpc: info.vpc.clone()?,
        peer_account: info.account.clone()?,
        peer_region: info.region.clone()?,
        tags: seen.tags(spec),
    })
}
