//! Route tables and routes.
//!
//! Routes of moto are active whatever becomes of their connection, and may replace the VPC's own.

use std::collections::BTreeSet;

use heroku_data_link::model::{
    Cidr, PeeringConnectionId, RouteState, RouteTableId, SubnetId, VpcId,
};
use heroku_data_link::provider::{
    ErrorKind, NewPeeringConnection, NewRoute, Route, RouteTable, RouteTableQuery, RouteTables,
    RouteTarget, Tags, VpcPeerings,
};
use heroku_data_link_aws::Client;

use super::{Account, kind};

/// A VPC with a main route table, one for two subnets, and a connection to another VPC.
struct Site {
    aws: Client,
    vpc: VpcId,
    subnets: [SubnetId; 2],
    table: RouteTableId,
    peering: PeeringConnectionId,
}

impl Site {
    async fn of(account: &Account) -> Self {
        let vpc = account.vpc("10.0.0.0/16");
        let subnets = ["10.0.0.0/24", "10.0.1.0/24"].map(|it| account.subnet(&vpc, "use1-az4", it));
        let table = account.route_table(&vpc, "data", &[&subnets[0], &subnets[1]]);
        let aws = account.client();
        let peer = account.another();
        let request = NewPeeringConnection {
            vpc: vpc.clone(),
            peer_vpc: peer.vpc("10.128.0.0/16"),
            peer_account: peer.id.clone(),
            peer_region: peer.region.clone(),
            tags: Tags::new(),
        };
        let peering = aws.create_peering_connection(&request).await.unwrap();
        peer.accept(&peering);
        Self { aws, vpc, subnets, table, peering }
    }

    fn new_route(&self, destination: &str) -> NewRoute {
        NewRoute {
            table: self.table.clone(),
            destination: destination.parse().unwrap(),
            peering: self.peering.clone(),
        }
    }

    async fn tables(&self, query: RouteTableQuery) -> Vec<RouteTable> {
        self.aws.route_tables(&query).await.unwrap()
    }

    async fn table(&self) -> RouteTable {
        let query = RouteTableQuery::Ids(BTreeSet::from([self.table.clone()]));
        let mut found = self.tables(query).await;
        assert_eq!(found.len(), 1);
        found.remove(0)
    }
}

fn local() -> Route {
    Route {
        destination: "10.0.0.0/16".parse().unwrap(),
        target: RouteTarget::Local,
        state: RouteState::Active,
    }
}

#[tokio::test]
async fn tables_are_found_by_vpc_and_by_id() {
    let Some(account) = Account::fresh() else { return };
    let site = Site::of(&account).await;
    Site::of(&account).await;
    let (vpc, own) = (&site.vpc, &site.table);
    let mut found = site.tables(RouteTableQuery::InVpc(vpc.clone())).await;
    found.sort_by_key(|table| table.is_main);
    let [table, main] = found.try_into().unwrap();
    assert!(main.is_main && main.subnets.is_empty());
    let unknown = "rtb-0123456789abcdef0".parse().unwrap();
    let some = RouteTableQuery::Ids(BTreeSet::from([main.id.clone(), unknown]));
    assert_eq!(site.tables(some).await, [main]);

    assert_eq!((&table.id, &table.vpc, table.is_main), (own, vpc, false));
    assert_eq!(table.subnets, BTreeSet::from(site.subnets));
    assert_eq!(table.routes, [local()]);
    assert_eq!(table.tags.get("role").map(String::as_str), Some("data"));
}

#[tokio::test]
async fn routes_come_and_go() {
    let Some(account) = Account::fresh() else { return };
    let site = Site::of(&account).await;
    let aws = &site.aws;
    let blocks = ["10.128.0.0/16", "10.129.0.0/20"];
    for block in blocks {
        aws.create_route(&site.new_route(block)).await.unwrap();
    }
    let through = |block: &str| Route {
        destination: block.parse().unwrap(),
        target: RouteTarget::Peering(site.peering.clone()),
        state: RouteState::Active,
    };
    let table = site.table().await;
    assert_eq!(table.routes, [local(), through(blocks[0]), through(blocks[1])]);
    assert_eq!(table.route_count, 3);

    let error = aws.create_route(&site.new_route(blocks[0])).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Conflict);
    assert!(error.message().starts_with("RouteAlreadyExists: "), "{error}");

    let destination: Cidr = blocks[0].parse().unwrap();
    aws.delete_route(&site.table, &destination).await.unwrap();
    aws.delete_route(&site.table, &destination).await.unwrap();
    assert_eq!(site.table().await.routes, [local(), through(blocks[1])]);
}

#[tokio::test]
async fn other_targets_are_told_and_all_routes_counted() {
    let Some(account) = Account::fresh() else { return };
    let site = Site::of(&account).await;
    let gateway =
        super::account::text(&account.ec2("CreateInternetGateway", &[]), "internetGatewayId");
    account.ec2("AttachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &site.vpc)]);
    let table = &site.table;
    for (field, block) in
        [("DestinationCidrBlock", "0.0.0.0/0"), ("DestinationIpv6CidrBlock", "::/0")]
    {
        account.ec2(
            "CreateRoute",
            &[("RouteTableId", table), (field, &block), ("GatewayId", &gateway)],
        );
    }
    let table = site.table().await;
    let default = Route {
        destination: "0.0.0.0/0".parse().unwrap(),
        target: RouteTarget::Other(gateway),
        state: RouteState::Active,
    };
    assert_eq!(table.routes, [local(), default]);
    assert_eq!(table.route_count, 3);
}

#[tokio::test]
async fn unknown_tables_and_connections_are_not_found() {
    let Some(account) = Account::fresh() else { return };
    let site = Site::of(&account).await;
    let route = site.new_route("10.128.0.0/16");
    let unknown: RouteTableId = "rtb-0123456789abcdef0".parse().unwrap();
    let nowhere = NewRoute { table: unknown.clone(), ..route.clone() };
    assert_eq!(kind(site.aws.create_route(&nowhere).await), ErrorKind::NotFound);
    let gone = site.aws.delete_route(&unknown, &route.destination).await;
    assert_eq!(kind(gone), ErrorKind::NotFound);
    let through_nothing = NewRoute { peering: "pcx-0123456789abcdef0".parse().unwrap(), ..route };
    assert_eq!(kind(site.aws.create_route(&through_nothing).await), ErrorKind::NotFound);
}
