use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_ec2::operation::create_route::builders::CreateRouteFluentBuilder;
use aws_sdk_ec2::types;
use heroku_data_link::model::{Cidr, RouteState, RouteTableId};
use heroku_data_link::provider::operation::{CREATE_ROUTE, DELETE_ROUTE, DESCRIBE_ROUTE_TABLES};
use heroku_data_link::provider::{
    NewRoute, ProviderResult, Route, RouteTable, RouteTableQuery, RouteTables, RouteTarget,
};

use super::{filter, tags};
use crate::client::Client;
use crate::pages::all;
use crate::reading::Reading;

/// The longest page of route tables.
const PAGE: i32 = 100;

#[async_trait]
impl RouteTables for Client {
    async fn route_tables(&self, query: &RouteTableQuery) -> ProviderResult<Vec<RouteTable>> {
        let wanted = match query {
            RouteTableQuery::Ids(ids) if ids.is_empty() => return Ok(Vec::new()),
            RouteTableQuery::InVpc(vpc) => vec![filter("vpc-id", [vpc])],
            RouteTableQuery::Ids(ids) => vec![filter("route-table-id", ids)],
        };
        let call = self.ec2().describe_route_tables().set_filters(Some(wanted));
        let call = call.max_results(PAGE);
        let ask =
            |next, meter| call.clone().set_next_token(next).customize().interceptor(meter).send();
        let reading = self.reading(DESCRIBE_ROUTE_TABLES);
        let found = all(&reading, ask, |page| (page.route_tables, page.next_token)).await?;
        let tables: Vec<_> =
            found.iter().map(|it| table(&reading, it)).collect::<Result<_, _>>()?;
        Ok(tables.into_iter().filter(|it| selects(query, it)).collect())
    }

    async fn create_route(&self, route: &NewRoute) -> ProviderResult<()> {
        let reading = self.reading(CREATE_ROUTE);
        let call = self.creation_of_route(route);
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        reading.done(answer.r#return())
    }

    async fn delete_route(&self, table: &RouteTableId, destination: &Cidr) -> ProviderResult<()> {
        let call = self
            .ec2()
            .delete_route()
            .route_table_id(table.as_str())
            .destination_cidr_block(destination.to_string());
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => self
                .reading(DELETE_ROUTE)
                .failure(&error)
                .unless(|it| it.is(&["InvalidRoute.NotFound"])),
        }
    }
}

impl Client {
    pub(super) fn creation_of_route(&self, route: &NewRoute) -> CreateRouteFluentBuilder {
        self.ec2()
            .create_route()
            .route_table_id(route.table.as_str())
            .destination_cidr_block(route.destination.to_string())
            .vpc_peering_connection_id(route.peering.as_str())
    }
}

fn selects(query: &RouteTableQuery, it: &RouteTable) -> bool {
    match query {
        RouteTableQuery::InVpc(vpc) => it.vpc == *vpc,
        RouteTableQuery::Ids(ids) => ids.contains(&it.id),
    }
}

fn table(reading: &Reading, it: &types::RouteTable) -> ProviderResult<RouteTable> {
    let subnets: BTreeSet<_> = it
        .associations()
        .iter()
        .filter_map(|association| association.subnet_id())
        .map(|id| reading.needed("subnetId", Some(id)))
        .collect::<Result<_, _>>()?;
    let v4 = it.routes().iter().filter_map(|it| Some((it.destination_cidr_block()?, it)));
    Ok(RouteTable {
        id: reading.needed("routeTableId", it.route_table_id())?,
        vpc: reading.needed("vpcId", it.vpc_id())?,
        is_main: it.associations().iter().any(|association| association.main() == Some(true)),
        subnets,
        routes: v4
            .map(|(destination, it)| route(reading, destination, it))
            .collect::<Result<_, _>>()?,
        route_count: it.routes().len(),
        tags: tags(reading, it.tags()),
    })
}

fn route(reading: &Reading, destination: &str, it: &types::Route) -> ProviderResult<Route> {
    let others = [
        it.gateway_id(),
        it.nat_gateway_id(),
        it.transit_gateway_id(),
        it.local_gateway_id(),
        it.carrier_gateway_id(),
        it.egress_only_internet_gateway_id(),
        // An instance is reached through an interface, and both are given.
        it.instance_id(),
        it.network_interface_id(),
        it.core_network_arn(),
        it.odb_network_arn(),
    ];
    let target = match (it.vpc_peering_connection_id(), others.into_iter().flatten().next()) {
        (Some(id), _) => RouteTarget::Peering(reading.needed("vpcPeeringConnectionId", Some(id))?),
        (None, Some("local")) => RouteTarget::Local,
        (None, other) => RouteTarget::Other(reading.text(other.or(Some("nothing")))),
    };
    Ok(Route {
        destination: reading.needed("destinationCidrBlock", Some(destination))?,
        target,
        state: RouteState::from(reading.text(it.state().map(types::RouteState::as_str))),
    })
}
