//! Peering connections and route tables, as the AWS APIs show them.

use async_trait::async_trait;
use heroku_data_link::model::{Cidr, PeeringConnectionId, RouteTableId};
use heroku_data_link::provider::{
    NewPeeringConnection, NewRoute, PeeringConnection, PeeringQuery, ProviderResult, RouteTable,
    RouteTableQuery, RouteTables, Tags, VpcPeerings, operation,
};

use crate::aws::AwsFace;
use crate::aws_calls::lead;
use crate::heroku::list;
use crate::journal::Request;
use crate::state::Absent;
use crate::state::tags::TagChange;

#[async_trait]
impl VpcPeerings for AwsFace {
    async fn peering_connections(
        &self,
        query: &PeeringQuery,
    ) -> ProviderResult<Vec<PeeringConnection>> {
        let detail = match query {
            PeeringQuery::Tagged(tag) => format!("tagged {}={}", tag.key, tag.value),
            PeeringQuery::WithTag(key) => format!("with the tag {key}"),
            PeeringQuery::OfVpc(vpc) => format!("of {vpc}"),
            PeeringQuery::Id(id) => id.to_string(),
        };
        let request = Request::new(operation::DESCRIBE_VPC_PEERING_CONNECTIONS, &detail);
        let found = self
            .world
            .read(request, |state, at| Ok(state.aws.peering_connections(&self.caller, query, at)));
        found.settle().await
    }

    async fn create_peering_connection(
        &self,
        connection: &NewPeeringConnection,
    ) -> ProviderResult<PeeringConnectionId> {
        self.create_peering_as(connection, |_, id, _| id).await
    }

    async fn tag_peering_connection(
        &self,
        connection: &PeeringConnectionId,
        tags: &Tags,
    ) -> ProviderResult<()> {
        self.change_tags(&[connection.to_string()], &TagChange::Set(tags.clone())).await
    }

    async fn delete_peering_connection(
        &self,
        connection: &PeeringConnectionId,
    ) -> ProviderResult<()> {
        self.delete_peering(connection, Absent::Fine).await
    }
}

#[async_trait]
impl RouteTables for AwsFace {
    async fn route_tables(&self, query: &RouteTableQuery) -> ProviderResult<Vec<RouteTable>> {
        let detail = match query {
            RouteTableQuery::InVpc(vpc) => format!("in {vpc}"),
            RouteTableQuery::Ids(ids) => list(ids),
        };
        let request = Request::new(operation::DESCRIBE_ROUTE_TABLES, &detail);
        let tables = self
            .world
            .read(request, |state, at| Ok(state.aws.route_tables(&self.caller, query, at)));
        tables.settle().await
    }

    async fn create_route(&self, route: &NewRoute) -> ProviderResult<()> {
        let detail = lead(route);
        let request = Request::new(operation::CREATE_ROUTE, &detail);
        let create =
            self.world.mutate(request, |state, now| state.create_route(&self.caller, now, route));
        create.settle().await
    }

    async fn delete_route(&self, table: &RouteTableId, destination: &Cidr) -> ProviderResult<()> {
        self.remove_route(table, *destination, Absent::Fine).await
    }
}
