//! Route tables and routes.

use heroku_data_link::model::RouteState;
use heroku_data_link::provider::{ErrorKind, NewRoute, RouteTableQuery, RouteTables};

use crate::wire::support::{Aws, VPC, assert_form, client_of, ec2_error, tag_set, tags};

const DESCRIBE: &str = "DescribeRouteTables";
const SET: &str = "routeTableSet";

fn item(id: &str, vpc: &str, rest: &str) -> String {
    format!("<routeTableId>{id}</routeTableId><vpcId>{vpc}</vpcId>{rest}")
}

fn associated(with: &str) -> String {
    format!("<associationSet><item>{with}</item></associationSet>")
}

#[tokio::test]
async fn a_table_with_its_routes() {
    let routes = [
        "<destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId>\
         <state>active</state><origin>CreateRouteTable</origin>",
        "<destinationCidrBlock>10.1.0.0/16</destinationCidrBlock><state>blackhole</state>\
         <vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId><origin>CreateRoute</origin>",
        "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><state>filtered</state>\
         <natGatewayId>nat-1</natGatewayId>",
        "<destinationCidrBlock>10.2.0.0/16</destinationCidrBlock>\
         <instanceId>i-1</instanceId><networkInterfaceId>eni-1</networkInterfaceId>",
        "<destinationCidrBlock>10.3.0.0/16</destinationCidrBlock><state>newest</state>\
         <transitGatewayId>tgw-1</transitGatewayId>",
        "<destinationCidrBlock>10.4.0.0/16</destinationCidrBlock>",
        "<destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock><gatewayId>igw-1</gatewayId>",
        "<destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId>",
    ]
    .map(|route| format!("<item>{route}</item>"))
    .concat();
    let rest = format!(
        "<routeSet>{routes}</routeSet><associationSet><item><main>true</main></item>\
         <item><subnetId>subnet-1</subnetId><main>false</main></item></associationSet>{}",
        tag_set(&[("heroku-data-link", "acme")])
    );
    let aws = Aws::start().await;
    aws.list(DESCRIBE, SET, &[item("rtb-1", VPC, &rest)], "").await;
    let query = RouteTableQuery::Ids(["rtb-1".parse().unwrap()].into());
    let found = aws.client.route_tables(&query).await.unwrap().remove(0);
    assert_eq!((found.vpc.as_str(), found.is_main, found.route_count), (VPC, true, 8));
    assert_eq!(found.subnets, ["subnet-1".parse().unwrap()].into());
    assert_eq!(found.tags, tags());
    let shown: Vec<_> = found
        .routes
        .iter()
        .map(|it| format!("{} to {}: {}", it.destination, it.target, it.state))
        .collect();
    assert_eq!(
        shown,
        [
            "10.0.0.0/16 to local: active",
            "10.1.0.0/16 to pcx-1: blackhole",
            "0.0.0.0/0 to nat-1: filtered",
            "10.2.0.0/16 to i-1: ",
            "10.3.0.0/16 to tgw-1: newest",
            "10.4.0.0/16 to nothing: ",
        ]
    );
    assert_eq!(found.routes[1].state, RouteState::Blackhole);
}

#[tokio::test]
async fn strangers_are_left_out_of_every_list() {
    let items = [item("rtb-1", VPC, ""), item("rtb-2", VPC, ""), item("rtb-3", "vpc-2", "")];
    let ids = [
        ("Filter.1.Name", "route-table-id"),
        ("Filter.1.Value.1", "rtb-1"),
        ("Filter.1.Value.2", "rtb-3"),
    ];
    for (query, expected, sent) in [
        (
            RouteTableQuery::InVpc(VPC.parse().unwrap()),
            ["rtb-1", "rtb-2"],
            &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", VPC)][..],
        ),
        (
            RouteTableQuery::Ids(["rtb-1", "rtb-3"].map(|id| id.parse().unwrap()).into()),
            ["rtb-1", "rtb-3"],
            &ids,
        ),
    ] {
        let aws = Aws::start().await;
        aws.list(DESCRIBE, SET, &items, "").await;
        let found = aws.client.route_tables(&query).await.unwrap();
        let found: Vec<_> = found.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(found, expected, "{query:?}");
        let sent = [sent, &[("MaxResults", "100")]].concat();
        assert_form(&aws.request().await, DESCRIBE, &sent);
    }
}

#[tokio::test]
async fn no_ids_are_no_tables_without_a_request() {
    let nowhere = client_of("http://127.0.0.1:1");
    let query = RouteTableQuery::Ids([].into());
    assert_eq!(nowhere.route_tables(&query).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_malformed_is_not_understood() {
    let query = RouteTableQuery::InVpc(VPC.parse().unwrap());
    let route = |text: &str| format!("<routeSet><item>{text}</item></routeSet>");
    let to = "<destinationCidrBlock>10.0.0.0/16</destinationCidrBlock>";
    for (item, expected) in [
        (item("sg-1", VPC, ""), "routeTableId in the answer: "),
        (format!("<vpcId>{VPC}</vpcId>"), "the answer has no routeTableId"),
        (item("rtb-1", "subnet-1", ""), "vpcId in the answer: "),
        (item("rtb-1", VPC, &associated("<subnetId>x</subnetId>")), "subnetId in the answer: "),
        (
            item("rtb-1", VPC, &route("<destinationCidrBlock>10.0.0.0</destinationCidrBlock>")),
            "destinationCidrBlock in the answer: ",
        ),
        (
            item(
                "rtb-1",
                VPC,
                &route(&format!("{to}<vpcPeeringConnectionId>x</vpcPeeringConnectionId>")),
            ),
            "vpcPeeringConnectionId in the answer: ",
        ),
    ] {
        let aws = Aws::start().await;
        aws.list(DESCRIBE, SET, &[item], "").await;
        let error = aws.client.route_tables(&query).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().starts_with(expected), "{error}");
    }
}

pub(crate) fn new_route() -> NewRoute {
    NewRoute {
        table: "rtb-1".parse().unwrap(),
        destination: "10.1.0.0/16".parse().unwrap(),
        peering: "pcx-1".parse().unwrap(),
    }
}

/// What a creation of it sends.
pub(crate) const CREATION: [(&str, &str); 3] = [
    ("RouteTableId", "rtb-1"),
    ("DestinationCidrBlock", "10.1.0.0/16"),
    ("VpcPeeringConnectionId", "pcx-1"),
];

#[tokio::test]
async fn a_route_is_made() {
    let aws = Aws::start().await;
    aws.ok("CreateRoute", "<return>true</return>").await;
    aws.client.create_route(&new_route()).await.unwrap();
    assert_form(&aws.request().await, "CreateRoute", &CREATION);
    aws.ok("CreateRoute", "<return>false</return>").await;
    let error = aws.client.create_route(&new_route()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    for (code, expected) in [
        ("RouteAlreadyExists", ErrorKind::Conflict),
        ("InvalidRouteTableID.NotFound", ErrorKind::NotFound),
        ("InvalidVpcPeeringConnectionID.NotFound", ErrorKind::NotFound),
        ("RouteLimitExceeded", ErrorKind::QuotaExceeded),
        ("ResourceCountLimitExceeded", ErrorKind::QuotaExceeded),
    ] {
        aws.on("CreateRoute", ec2_error(400, code, "no")).await;
        let error = aws.client.create_route(&new_route()).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{code}");
    }
}

#[tokio::test]
async fn a_route_is_deleted() {
    let aws = Aws::start().await;
    let (table, destination) = (new_route().table, new_route().destination);
    aws.ok("DeleteRoute", "<return>true</return>").await;
    aws.client.delete_route(&table, &destination).await.unwrap();
    assert_form(&aws.request().await, "DeleteRoute", &CREATION[..2]);
    aws.on("DeleteRoute", ec2_error(400, "InvalidRoute.NotFound", "gone")).await;
    aws.client.delete_route(&table, &destination).await.unwrap();
    aws.on("DeleteRoute", ec2_error(400, "InvalidRouteTableID.NotFound", "gone")).await;
    let error = aws.client.delete_route(&table, &destination).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);
}
