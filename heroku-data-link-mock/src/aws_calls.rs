//! Mutations of EC2 as its own API has them: of several things at once, and with what is absent
//! refused. What a provider's user calls is made of them.

use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{
    Cidr, PeeringConnectionId, RouteTableId, SecurityGroupId, VpcEndpointId,
};
use heroku_data_link::provider::{
    IngressRule, NewEndpoint, NewPeeringConnection, NewRoute, ProviderError, ProviderResult,
    operation,
};

use crate::aws::AwsFace;
use crate::heroku::list;
use crate::journal::Request;
use crate::state::group_rules::{Direction, RuleList};
use crate::state::tags::TagChange;
use crate::state::{Absent, State};

impl AwsFace {
    /// Adds rules with their descriptions: all, or none.
    pub(crate) async fn authorize(
        &self,
        group: &SecurityGroupId,
        way: Direction,
        rules: &[(IngressRule, Arc<str>)],
    ) -> ProviderResult<()> {
        let detail = format!("{group}: {}", list(rules.iter().map(|(rule, _)| rule)));
        let request = Request::new(way.addition(), &detail);
        let authorize = self
            .world
            .mutate(request, |state, now| state.authorize(&self.caller, now, group, way, rules));
        authorize.settle().await
    }

    pub(crate) async fn revoke(
        &self,
        group: &SecurityGroupId,
        way: Direction,
        rules: &RuleList,
        absent: Absent,
    ) -> ProviderResult<()> {
        let detail = format!("{group}: {rules}");
        let request = Request::new(way.removal(), &detail);
        let revoke = self.world.mutate(request, |state, now| {
            state.revoke(&self.caller, now, group, way, rules, absent)
        });
        revoke.settle().await
    }

    pub(crate) async fn delete_group(
        &self,
        group: &SecurityGroupId,
        absent: Absent,
    ) -> ProviderResult<()> {
        let request = Request::new(operation::DELETE_SECURITY_GROUP, group.as_str());
        let delete = self
            .world
            .mutate(request, |state, now| state.delete_group(&self.caller, now, group, absent));
        delete.settle().await
    }

    /// Makes an endpoint, and answers with what `see` makes of it at once.
    pub(crate) async fn create_endpoint_as<T: Send>(
        &self,
        endpoint: &NewEndpoint,
        mut see: impl FnMut(&State, VpcEndpointId, SystemTime) -> T + Send,
    ) -> ProviderResult<T> {
        let detail = format!("of {} in {}", endpoint.service, endpoint.vpc);
        let request = Request::new(operation::CREATE_VPC_ENDPOINT, &detail)
            .tagging(!endpoint.tags.is_empty());
        let create = self.world.mutate(request, |state, now| {
            let id = state.create_endpoint(&self.caller, now, endpoint)?;
            Ok(see(state, id, now))
        });
        create.settle().await
    }

    /// Deletes endpoints, each by itself; answers with those that are refused.
    pub(crate) async fn delete_endpoints(
        &self,
        endpoints: &[VpcEndpointId],
        absent: Absent,
    ) -> ProviderResult<Vec<(VpcEndpointId, ProviderError)>> {
        let detail = list(endpoints);
        let request = Request::new(operation::DELETE_VPC_ENDPOINTS, &detail);
        let delete = self.world.mutate(request, |state, now| {
            let refused = endpoints.iter().filter_map(|id| {
                let refusal = state.delete_endpoint(&self.caller, now, id, absent).err()?;
                Some((id.clone(), refusal.of(operation::DELETE_VPC_ENDPOINTS)))
            });
            Ok(refused.collect())
        });
        delete.settle().await
    }

    /// Makes a peering connection, and answers with what `see` makes of it at once.
    pub(crate) async fn create_peering_as<T: Send>(
        &self,
        connection: &NewPeeringConnection,
        mut see: impl FnMut(&State, PeeringConnectionId, SystemTime) -> T + Send,
    ) -> ProviderResult<T> {
        let detail = format!("from {} to {}", connection.vpc, connection.peer_vpc);
        let request = Request::new(operation::CREATE_VPC_PEERING_CONNECTION, &detail)
            .tagging(!connection.tags.is_empty());
        let create = self.world.mutate(request, |state, now| {
            let id = state.create_peering(&self.caller, now, connection)?;
            Ok(see(state, id, now))
        });
        create.settle().await
    }

    pub(crate) async fn delete_peering(
        &self,
        connection: &PeeringConnectionId,
        absent: Absent,
    ) -> ProviderResult<()> {
        let request = Request::new(operation::DELETE_VPC_PEERING_CONNECTION, connection.as_str());
        let delete = self.world.mutate(request, |state, now| {
            state.delete_peering(&self.caller, now, connection, absent)
        });
        delete.settle().await
    }

    pub(crate) async fn remove_route(
        &self,
        table: &RouteTableId,
        destination: Cidr,
        absent: Absent,
    ) -> ProviderResult<()> {
        let detail = format!("{destination} in {table}");
        let request = Request::new(operation::DELETE_ROUTE, &detail);
        let delete = self.world.mutate(request, |state, now| {
            state.delete_route(&self.caller, now, table, destination, absent)
        });
        delete.settle().await
    }

    /// Changes the tags of all of these resources, or of none.
    pub(crate) async fn change_tags(
        &self,
        resources: &[String],
        change: &TagChange,
    ) -> ProviderResult<()> {
        let detail = format!("{}: {}", list(resources), list(change.keys()));
        let operation = match change {
            TagChange::Set(_) => operation::CREATE_TAGS,
            TagChange::Remove(_) => DELETE_TAGS,
        };
        let request = Request::new(operation, &detail);
        let tag = self
            .world
            .mutate(request, |state, now| state.change_tags(&self.caller, now, resources, change));
        tag.settle().await
    }
}

/// Takes tags away; no provider's user does.
pub(crate) const DELETE_TAGS: &str = "ec2:DeleteTags";

/// What a call about a route is about.
pub(crate) fn lead(route: &NewRoute) -> String {
    format!("{} to {} in {}", route.destination, route.peering, route.table)
}
