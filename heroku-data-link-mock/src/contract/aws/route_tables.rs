use std::collections::BTreeSet;

use heroku_data_link::model::{PeeringConnectionId, RouteState, RouteTableId};
use heroku_data_link::provider::{
    ErrorKind, NewRoute, Route, RouteTable, RouteTableQuery, RouteTables, RouteTarget, operation,
};

use crate::contract::Start;
use crate::contract::expect::{kind, ok, only, secs, sorted, tags, value};
use crate::contract::failures::{self, Cloud, lose_answer, probe};
use crate::contract::sites::Network;
use crate::{Limits, RouteTableSpec, VpcSpec};

struct Site {
    network: Network,
    main: RouteTableId,
    peering: PeeringConnectionId,
}

impl Site {
    fn new(start: &Start) -> Self {
        let (world, network) = (&start.world, Network::new(start));
        let spec = VpcSpec::new(["172.16.0.0/16"]).in_account(&start.account);
        let peer = ok(world.add_vpc(&spec.in_region(&start.region)));
        let peering = ok(world.add_peering(&network.vpc, &peer, &[]));
        Self { main: ok(world.main_route_table(&network.vpc)), network, peering }
    }

    fn route(&self, destination: &str) -> NewRoute {
        NewRoute {
            table: self.main.clone(),
            destination: value(destination),
            peering: self.peering.clone(),
        }
    }
}

async fn table(client: &dyn RouteTables, id: &RouteTableId) -> RouteTable {
    only(ok(client.route_tables(&RouteTableQuery::Ids([id.clone()].into())).await))
}

/// `10.0.0.0/16 pcx-…`, of each route that is not local.
async fn routes(client: &dyn RouteTables, id: &RouteTableId) -> Vec<String> {
    let routes = table(client, id).await.routes;
    let routes = routes.into_iter().filter(|route| route.target != RouteTarget::Local);
    sorted(routes.map(|route| format!("{} {}", route.destination, route.target)))
}

async fn ids(client: &dyn RouteTables, query: &RouteTableQuery) -> Vec<RouteTableId> {
    sorted(ok(client.route_tables(query).await).into_iter().map(|table| table.id))
}

/// Subnets, tags, routes to whatever, and how many there are of those that are not read.
pub async fn a_table_is_read_in_every_field(start: &Start, client: &dyn RouteTables) {
    let Site { network, peering, .. } = Site::new(start);
    let (vpc, subnet) = (network.vpc, network.subnets[1].clone());
    let spec = RouteTableSpec::new(&vpc).for_subnet(&subnet).tagged("tier", "private");
    let spec = spec.with_route("0.0.0.0/0", "nat-0a1b2c3d4e5f60718").with_unread_routes(3);
    let spec = spec.with_route("10.8.0.0/16", &peering).with_route("10.9.0.0/16", "pcx-0123");
    let id = ok(start.world.add_route_table(&spec));
    let mut found = table(client, &id).await;
    found.routes.sort_by_key(|route| route.destination);
    let route =
        |destination, target, state| Route { destination: value(destination), target, state };
    let mut expected = vec![
        route(
            "0.0.0.0/0",
            RouteTarget::Other("nat-0a1b2c3d4e5f60718".to_owned()),
            RouteState::Active,
        ),
        route("10.8.0.0/16", RouteTarget::Peering(peering), RouteState::Active),
        // One of the past.
        route("10.9.0.0/16", RouteTarget::Peering(value("pcx-0123")), RouteState::Blackhole),
        route("10.20.0.0/16", RouteTarget::Local, RouteState::Active),
        route("10.21.0.0/16", RouteTarget::Local, RouteState::Active),
    ];
    expected.sort_by_key(|route| route.destination);
    let expected = RouteTable {
        id,
        vpc,
        is_main: false,
        subnets: [subnet].into(),
        route_count: expected.len() + 3,
        routes: expected,
        tags: tags([("tier", "private")]),
    };
    assert_eq!(found, expected);
}

/// All pages; the main one of a VPC is among its tables.
pub async fn tables_are_found_by_vpc_and_id(start: &Start, client: &dyn RouteTables) {
    let Site { network, main, .. } = Site::new(start);
    let (vpc, subnets) = (&network.vpc, &network.subnets);
    let mut made = Vec::new();
    for subnet in &subnets[..5] {
        made.push(ok(start.world.add_route_table(&RouteTableSpec::new(vpc).for_subnet(subnet))));
    }
    let other = Network::new(start).vpc;
    let foreign = ok(start.world.add_route_table(&RouteTableSpec::new(&other)));
    let all = [&made[..], std::slice::from_ref(&main)].concat();
    assert_eq!(ids(client, &RouteTableQuery::InVpc(vpc.clone())).await, sorted(all));
    let found = table(client, &main).await;
    assert!(found.is_main && found.subnets.is_empty(), "{found:?}");
    let by_id = [made[0].clone(), foreign.clone(), value("rtb-0")];
    let by_id = RouteTableQuery::Ids(by_id.into());
    assert_eq!(ids(client, &by_id).await, sorted([made[0].clone(), foreign]));
}

/// Absence is data.
pub async fn what_is_not_there_is_no_error(start: &Start, client: &dyn RouteTables) {
    let main = Site::new(start).main;
    for query in [
        RouteTableQuery::InVpc(value("vpc-0")),
        RouteTableQuery::Ids([value("rtb-0")].into()),
        RouteTableQuery::Ids(BTreeSet::new()),
    ] {
        assert_eq!(ids(client, &query).await, [], "{query:?}");
    }
    ok(client.delete_route(&main, &value("10.8.0.0/16")).await);
}

/// Whoever made it, and wherever it leads.
pub async fn a_block_that_has_a_route_is_a_conflict(start: &Start, client: &dyn RouteTables) {
    let site = Site::new(start);
    ok(start.world.add_route(&site.main, "10.9.0.0/16", "tgw-0a1b2c3d"));
    let route = site.route("10.8.0.0/16");
    ok(client.create_route(&route).await);
    let taken = client.create_route(&site.route("10.9.0.0/16")).await;
    assert_eq!(kind(taken), ErrorKind::Conflict);
    assert_eq!(kind(client.create_route(&route).await), ErrorKind::Conflict);
    let expected = [format!("10.8.0.0/16 {}", site.peering), "10.9.0.0/16 tgw-0a1b2c3d".to_owned()];
    assert_eq!(routes(client, &site.main).await, expected);
    for _ in 0..2 {
        ok(client.delete_route(&site.main, &route.destination).await);
        assert_eq!(routes(client, &site.main).await, expected[1..]);
    }
}

/// Unknown tables and connections, and what is too many.
pub async fn what_aws_refuses_is_refused(start: &Start, client: &dyn RouteTables) {
    let site = Site::new(start);
    let route = site.route("10.8.0.0/16");
    let no_table = NewRoute { table: value("rtb-0"), ..route.clone() };
    let no_peering = NewRoute { peering: value("pcx-0"), ..route.clone() };
    for missing in [no_table, no_peering] {
        assert_eq!(kind(client.create_route(&missing).await), ErrorKind::NotFound, "{missing:?}");
    }
    let deleted = client.delete_route(&value("rtb-0"), &route.destination).await;
    assert_eq!(kind(deleted), ErrorKind::NotFound);
    // The two local ones.
    start.world.set_limits(Limits { routes_per_table: 2, ..Limits::default() });
    assert_eq!(kind(client.create_route(&route).await), ErrorKind::QuotaExceeded);
}

/// So that a block is refused though no route to it is seen yet.
pub async fn reads_lag_and_mutations_do_not(start: &Start, client: &dyn RouteTables) {
    let site = Site::new(start);
    start.world.set_read_lag(secs(30));
    let route = site.route("10.8.0.0/16");
    ok(client.create_route(&route).await);
    assert_eq!(routes(client, &site.main).await, [""; 0]);
    assert_eq!(kind(client.create_route(&route).await), ErrorKind::Conflict);
    start.world.advance(secs(30));
    assert_eq!(routes(client, &site.main).await.len(), 1);
}

/// Nobody learns of it but by looking again.
pub async fn a_lost_answer_leaves_its_effect(start: &Start, client: &dyn RouteTables) {
    let site = Site::new(start);
    let route = site.route("10.8.0.0/16");
    lose_answer(start, client.create_route(&route)).await;
    assert_eq!(routes(client, &site.main).await.len(), 1);
    lose_answer(start, client.delete_route(&site.main, &route.destination)).await;
    assert_eq!(routes(client, &site.main).await.len(), 0);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn RouteTables) {
    let site = Site::new(start);
    ok(start.world.add_route(&site.main, "10.9.0.0/16", "tgw-0a1b2c3d"));
    let (route, block) = (site.route("10.8.0.0/16"), value("10.9.0.0/16"));
    let query = RouteTableQuery::InVpc(site.network.vpc.clone());
    let probes = [
        probe(operation::DESCRIBE_ROUTE_TABLES, || client.route_tables(&query)),
        probe(operation::CREATE_ROUTE, || client.create_route(&route)),
        probe(operation::DELETE_ROUTE, || client.delete_route(&site.main, &block)),
    ];
    failures::check(start, Cloud::Aws, &probes).await;
    assert_eq!(routes(client, &site.main).await, ["10.9.0.0/16 tgw-0a1b2c3d"]);
}
