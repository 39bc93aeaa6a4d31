//! Route tables.

use std::collections::BTreeSet;

use heroku_data_link::model::{Cidr, PeeringStatus, RouteState, RouteTableId};
use heroku_data_link::provider::{
    ErrorKind, NewRoute, RouteTable, RouteTableQuery, RouteTables, RouteTarget, VpcPeerings,
};
use heroku_data_link_mock::{Limits, RouteTableSpec, VpcSpec};

use crate::fixture::{kind, secs};
use crate::peering_fixture::PeeringSite;

fn cidr(text: &str) -> Cidr {
    text.parse().unwrap()
}

async fn tables(site: &PeeringSite, query: RouteTableQuery) -> Vec<RouteTable> {
    site.aws().route_tables(&query).await.unwrap()
}

#[tokio::test]
async fn tables_are_found_by_vpc_and_id() {
    let site = PeeringSite::new();
    let (vpc, [main, a, b]) =
        (site.site.vpc.clone(), [0, 1, 2].map(|at: usize| &site.site.tables[at]));
    let none: [&RouteTableId; 0] = [];
    for (query, expected) in [
        (RouteTableQuery::InVpc(vpc), &[main, a, b][..]),
        (RouteTableQuery::Ids([a.clone(), "rtb-f".parse().unwrap()].into()), &[a]),
        (RouteTableQuery::InVpc(site.site.space_vpc.clone()), &none),
    ] {
        let found = tables(&site, query.clone()).await;
        let found: BTreeSet<_> = found.iter().map(|table| &table.id).collect();
        assert_eq!(found, expected.iter().copied().collect(), "{query:?}");
    }
    let query = RouteTableQuery::Ids([main.clone()].into());
    let [main] = tables(&site, query).await.try_into().unwrap();
    assert!(main.is_main);
    let routes: Vec<String> =
        main.routes.iter().map(|route| format!("{} {}", route.destination, route.target)).collect();
    assert_eq!(routes, ["0.0.0.0/0 igw-0a1b2c3d4e5f60718", "172.16.0.0/16 local"]);
}

#[tokio::test]
async fn a_route_to_a_peering_that_is_not_active_is_a_blackhole() {
    let site = PeeringSite::new();
    let id = site.request().await;
    let aws = site.aws();
    aws.create_route(&site.new_route(&id)).await.unwrap();
    assert_eq!(site.route_state().await, Some(RouteState::Blackhole), "initiating");
    site.world.advance(secs(180));
    assert_eq!(site.route_state().await, Some(RouteState::Blackhole), "pending");
    site.accept(&id).await;
    assert_eq!(site.route_state().await, Some(RouteState::Blackhole), "provisioning");
    site.world.advance(secs(180));
    assert_eq!(site.route_state().await, Some(RouteState::Active));
    aws.delete_peering_connection(&id).await.unwrap();
    assert_eq!(site.route_state().await, Some(RouteState::Blackhole), "its route stays");
    // A peering of the past leaves one, too.
    site.world.add_route(&site.site.tables[0], "10.9.0.0/16", "pcx-0123").unwrap();
    let old = site.routes().await.into_iter().find(|it| it.destination == cidr("10.9.0.0/16"));
    let old = old.unwrap();
    assert_eq!(old.target, RouteTarget::Peering("pcx-0123".parse().unwrap()));
    assert_eq!(old.state, RouteState::Blackhole);
}

#[tokio::test]
async fn a_table_has_one_route_to_a_destination() {
    let site = PeeringSite::new();
    let id = site.active().await;
    let aws = site.aws();
    let route = site.new_route(&id);
    aws.create_route(&route).await.unwrap();
    assert_eq!(kind(aws.create_route(&route).await), ErrorKind::Conflict, "the same again");
    let elsewhere = NewRoute { destination: cidr("0.0.0.0/0"), ..route.clone() };
    assert_eq!(kind(aws.create_route(&elsewhere).await), ErrorKind::Conflict, "a gateway's");
    // One that is narrower or wider is another one.
    for destination in ["10.0.0.0/20", "10.0.0.0/8"] {
        let other = NewRoute { destination: cidr(destination), ..route.clone() };
        aws.create_route(&other).await.unwrap();
    }
    let other = NewRoute { table: site.site.tables[1].clone(), ..route.clone() };
    aws.create_route(&other).await.unwrap();
    for _ in 0..2 {
        aws.delete_route(&route.table, &route.destination).await.unwrap();
    }
    assert_eq!(site.route_state().await, None);
}

#[tokio::test]
async fn a_route_needs_a_table_and_a_live_peering_of_its_vpc() {
    let site = PeeringSite::new();
    let id = site.active().await;
    let aws = site.aws();
    let route = site.new_route(&id);
    let no_table: RouteTableId = "rtb-f".parse().unwrap();
    let unknown = NewRoute { table: no_table.clone(), ..route.clone() };
    assert_eq!(kind(aws.create_route(&unknown).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.delete_route(&no_table, &route.destination).await), ErrorKind::NotFound);
    let unknown = NewRoute { peering: "pcx-0".parse().unwrap(), ..route.clone() };
    assert_eq!(kind(aws.create_route(&unknown).await), ErrorKind::NotFound);
    let vpc = |cidr: &str| VpcSpec::new([cidr]).in_account(&site.site.account);
    let [one, other] =
        ["192.168.0.0/24", "192.168.1.0/24"].map(|cidr| site.world.add_vpc(&vpc(cidr)).unwrap());
    let foreign = site.world.add_peering(&one, &other, &[]).unwrap();
    let foreign = NewRoute { peering: foreign, ..route.clone() };
    assert_eq!(kind(aws.create_route(&foreign).await), ErrorKind::InvalidRequest);
    site.world.set_peering_status(&id, &PeeringStatus::Failed);
    assert_eq!(kind(aws.create_route(&route).await), ErrorKind::NotFound, "a dead one");
}

#[tokio::test]
async fn a_vpcs_own_blocks_are_routed_by_itself() {
    let site = PeeringSite::new();
    let id = site.active().await;
    let (aws, route) = (site.aws(), site.new_route(&id));
    for own in ["172.16.0.0/16", "172.16.7.0/24"] {
        let inside = NewRoute { destination: cidr(own), ..route.clone() };
        assert_eq!(kind(aws.create_route(&inside).await), ErrorKind::InvalidRequest, "{own}");
    }
    let local = aws.delete_route(&route.table, &cidr("172.16.0.0/16")).await;
    assert_eq!(kind(local), ErrorKind::InvalidRequest);
    // Secondary blocks as well.
    let vpc = VpcSpec::new(["192.168.0.0/24", "192.168.9.0/24"]).in_account(&site.site.account);
    let vpc = site.world.add_vpc(&vpc).unwrap();
    let [main] = tables(&site, RouteTableQuery::InVpc(vpc)).await.try_into().unwrap();
    let locals = main.routes.iter().filter(|route| route.target == RouteTarget::Local);
    assert_eq!((locals.count(), main.route_count), (2, 2));
}

#[tokio::test]
async fn the_routes_of_a_table_are_limited() {
    let site = PeeringSite::new();
    let id = site.active().await;
    let spec = RouteTableSpec::new(&site.site.vpc).with_id("rtb-1").with_unread_routes(2);
    let table = site.world.add_route_table(&spec.with_route("0.0.0.0/0", "igw-1")).unwrap();
    let aws = site.aws();
    let route = NewRoute { table: table.clone(), ..site.new_route(&id) };
    site.world.set_limits(Limits { routes_per_table: 4, ..Limits::default() });
    assert_eq!(kind(aws.create_route(&route).await), ErrorKind::QuotaExceeded);
    site.world.set_limits(Limits { routes_per_table: 5, ..Limits::default() });
    aws.create_route(&route).await.unwrap();
    let [found] = tables(&site, RouteTableQuery::Ids([table].into())).await.try_into().unwrap();
    assert_eq!((found.routes.len(), found.route_count), (3, 5));
}

#[tokio::test]
async fn only_the_owner_of_a_shared_vpc_changes_its_routes() {
    let site = PeeringSite::new();
    let shared = VpcSpec::new(["192.168.0.0/16"]).shared_with(&site.site.account);
    let shared = site.world.add_vpc(&shared).unwrap();
    let table = site.world.main_route_table(&shared).unwrap();
    let id = site.world.add_peering(&site.site.vpc, &shared, &[]).unwrap();
    assert_eq!(tables(&site, RouteTableQuery::InVpc(shared)).await.len(), 1);
    let aws = site.aws();
    let route = NewRoute { table, ..site.new_route(&id) };
    assert_eq!(kind(aws.create_route(&route).await), ErrorKind::Forbidden);
    let deleted = aws.delete_route(&route.table, &route.destination).await;
    assert_eq!(kind(deleted), ErrorKind::Forbidden);
    site.world.aws().create_route(&route).await.unwrap();
}

#[tokio::test]
async fn reads_of_routes_lag() {
    let site = PeeringSite::new();
    let id = site.active().await;
    site.world.advance(secs(60));
    site.world.set_read_lag(secs(30));
    let (aws, route) = (site.aws(), site.new_route(&id));
    aws.create_route(&route).await.unwrap();
    assert_eq!(site.route_state().await, None);
    site.world.advance(secs(30));
    assert_eq!(site.route_state().await, Some(RouteState::Active));
    aws.delete_route(&route.table, &route.destination).await.unwrap();
    assert_eq!(site.route_state().await, Some(RouteState::Active));
    site.world.advance(secs(30));
    assert_eq!(site.route_state().await, None);
}

#[tokio::test]
async fn what_does_not_fit_a_vpc_is_no_route_table() {
    let site = PeeringSite::new();
    let (vpc, world) = (&site.site.vpc, &site.world);
    let other = world.add_vpc(&VpcSpec::new(["192.168.0.0/16"])).unwrap();
    let subnet = &site.site.subnets[2];
    let unknown = "vpc-0".parse().unwrap();
    for (number, spec) in [
        RouteTableSpec::new(&unknown),
        RouteTableSpec::new(vpc).with_id("vpc-1"),
        RouteTableSpec::new(vpc).with_id(&site.site.tables[0]),
        RouteTableSpec::new(&other).for_subnet(subnet),
        RouteTableSpec::new(vpc).for_subnet(&site.site.subnets[0]),
        RouteTableSpec::new(vpc).with_route("172.16.0.0/16", "igw-1"),
        RouteTableSpec::new(vpc).with_route("172.16.0.1/16", "igw-1"),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(world.add_route_table(&spec).is_err(), "case {number}");
    }
    assert!(world.main_route_table(&unknown).is_err());
    assert!(world.add_route(&"rtb-f".parse().unwrap(), "10.0.0.0/8", "igw-1").is_err());
    assert!(world.add_peering(&unknown, vpc, &[]).is_err());
    assert!(world.add_peering_request(vpc, &unknown, &[]).is_err());
}
