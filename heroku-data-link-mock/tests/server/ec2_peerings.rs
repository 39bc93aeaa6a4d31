//! EC2: peering connections and routes.

use std::time::Duration;

use heroku_data_link_mock::VpcSpec;

use crate::ec2_support::{ACCOUNT, PEERED_ACCOUNT, PEERED_VPC, VPC, served};
use crate::support::{Answer, Served};

const MINUTE: Duration = Duration::from_secs(60);
const PEERING: &str = "pcx-01f31cfb89521de9c";

/// An action of the owner of the VPC of the article on peerings.
async fn of_peered(served: &Served, action: &str, rest: &str) -> Answer {
    served.ec2_of(PEERED_ACCOUNT, "us-east-1", action, rest).await
}

/// A request from one VPC to another of the world's accounts in this region.
async fn request(served: &Served) -> Answer {
    let form = format!(
        "VpcId={VPC}&PeerVpcId={PEERED_VPC}&PeerOwnerId={PEERED_ACCOUNT}\
         &TagSpecification.1.ResourceType=vpc-peering-connection&TagSpecification.1.Tag.1.Key=Name\
         &TagSpecification.1.Tag.1.Value=ours"
    );
    served.done("CreateVpcPeeringConnection", &form).await
}

fn connection() -> String {
    format!("VpcPeeringConnectionId={PEERING}")
}

async fn status(served: &Served) -> String {
    let form = format!("VpcPeeringConnectionId.1={PEERING}");
    served.done("DescribeVpcPeeringConnections", &form).await.texts("code")[0].to_owned()
}

#[tokio::test]
async fn a_connection_lives_from_request_to_deletion() {
    let served = served().await;
    let made = request(&served).await;
    assert_eq!(made.texts("vpcPeeringConnectionId"), [PEERING]);
    assert_eq!(made.texts("code"), ["initiating-request"]);
    assert_eq!(made.texts("expirationTime"), ["2026-01-08T00:00:00Z"]);
    assert_eq!(made.texts("region"), ["us-east-1", "us-east-1"]);
    assert_eq!(made.texts("ownerId"), [ACCOUNT, PEERED_ACCOUNT]);
    served.world.advance(MINUTE);
    assert_eq!(status(&served).await, "pending-acceptance");
    served
        .refuses(&[
            ("AcceptVpcPeeringConnection", &connection(), "OperationNotPermitted"),
            ("RejectVpcPeeringConnection", &connection(), "OperationNotPermitted"),
        ])
        .await;
    let other_tags = of_peered(&served, "DescribeVpcPeeringConnections", "").await;
    assert_eq!(other_tags.texts("tagSet"), [""; 0], "each end has tags of its own");
    let accepted = of_peered(&served, "AcceptVpcPeeringConnection", &connection()).await;
    assert_eq!(accepted.texts("code"), ["provisioning"], "{accepted:?}");
    let again = of_peered(&served, "RejectVpcPeeringConnection", &connection()).await;
    assert_eq!(again.texts("Code"), ["InvalidStateTransition"]);
    served.world.advance(5 * MINUTE);
    assert_eq!(status(&served).await, "active");

    for (filter, value) in [
        ("requester-vpc-info.vpc-id", VPC),
        ("accepter-vpc-info.vpc-id", PEERED_VPC),
        ("accepter-vpc-info.owner-id", PEERED_ACCOUNT),
        ("accepter-vpc-info.cidr-block", "172.16.0.0/16"),
        ("status-code", "active"),
        ("tag:Name", "ours"),
        ("vpc-peering-connection-id", "pcx-*"),
    ] {
        let form = format!("Filter.1.Name={filter}&Filter.1.Value.1={value}");
        let found = served.done("DescribeVpcPeeringConnections", &form).await;
        assert_eq!(found.texts("vpcPeeringConnectionId"), [PEERING], "{filter}");
    }

    let option = "PeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc=true";
    let own = format!("{}&Requester{option}", connection());
    let set = served.done("ModifyVpcPeeringConnectionOptions", &own).await;
    assert_eq!(set.texts("allowDnsResolutionFromRemoteVpc"), ["true"]);
    let accepters = format!("{}&Accepter{option}", connection());
    let action = "ModifyVpcPeeringConnectionOptions";
    served.refuses(&[(action, &accepters, "OperationNotPermitted")]).await;
    assert_eq!(of_peered(&served, action, &accepters).await.status, 200);
    let form = format!("VpcPeeringConnectionId.1={PEERING}");
    let found = served.done("DescribeVpcPeeringConnections", &form).await;
    assert_eq!(found.texts("allowDnsResolutionFromRemoteVpc"), ["true", "true"]);

    let deleted = served.done("DeleteVpcPeeringConnection", &connection()).await;
    assert_eq!(deleted.texts("return"), ["true"]);
    assert_eq!(status(&served).await, "deleted");
    let action = "DeleteVpcPeeringConnection";
    served.refuses(&[(action, &connection(), "InvalidStateTransition")]).await;
}

#[tokio::test]
async fn names_are_resolved_through_an_active_connection_of_a_vpc_with_host_names() {
    let served = served().await;
    request(&served).await;
    served.world.advance(MINUTE);
    let (action, describe) = ("ModifyVpcPeeringConnectionOptions", "DescribeVpcPeeringConnections");
    let option = "RequesterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc";
    let of = |id: &str, on: bool| format!("VpcPeeringConnectionId={id}&{option}={on}");
    let nobodys = of("pcx-1", true);
    served
        .refuses(&[
            (action, &of(PEERING, true), "InvalidStateTransition"),
            (action, &nobodys, "InvalidVpcPeeringConnectionID.NotFound"),
        ])
        .await;
    let shown = async || {
        let found = served.done(describe, &format!("VpcPeeringConnectionId.1={PEERING}")).await;
        found.texts("allowDnsResolutionFromRemoteVpc").join(" ")
    };
    assert_eq!(shown().await, "", "not before it is accepted");
    of_peered(&served, "AcceptVpcPeeringConnection", &connection()).await;
    served.world.advance(5 * MINUTE);
    assert_eq!(shown().await, "false false");
    for (on, expected) in [(true, "true false"), (true, "true false"), (false, "false false")] {
        served.done(action, &of(PEERING, on)).await;
        assert_eq!(shown().await, expected);
    }

    let nameless = VpcSpec::new(["192.168.0.0/16"]).without_dns_hostnames();
    let nameless = served.world.add_vpc(&nameless).unwrap();
    let id = served.world.add_peering(&nameless, &VPC.parse().unwrap(), &[]).unwrap();
    let refused = "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled";
    served.refuses(&[(action, &of(id.as_str(), true), refused)]).await;
    served.done(action, &of(id.as_str(), false)).await;
}

#[tokio::test]
async fn a_rejected_connection_is_over() {
    let served = served().await;
    request(&served).await;
    served.world.advance(MINUTE);
    let rejected = of_peered(&served, "RejectVpcPeeringConnection", &connection()).await;
    assert_eq!(rejected.texts("return"), ["true"]);
    served.world.advance(MINUTE);
    assert_eq!(status(&served).await, "rejected");
}

#[tokio::test]
async fn a_request_without_owner_and_region_stays_where_it_is_made() {
    let served = served().await;
    let peer = served.world.add_vpc(&VpcSpec::new(["10.99.0.0/16"])).unwrap();
    let form = format!("VpcId={VPC}&PeerVpcId={peer}");
    let made = served.done("CreateVpcPeeringConnection", &form).await;
    assert_eq!(made.texts("ownerId"), [ACCOUNT, ACCOUNT]);
    served.world.advance(MINUTE);
    let accepted = served.done("AcceptVpcPeeringConnection", &connection()).await;
    assert_eq!(accepted.texts("code"), ["provisioning"]);
}

#[tokio::test]
async fn a_request_to_a_vpc_that_is_not_there_fails_later() {
    let served = served().await;
    let form = format!("VpcId={VPC}&PeerVpcId=vpc-1");
    served.done("CreateVpcPeeringConnection", &form).await;
    served.world.advance(MINUTE);
    let form = "Filter.1.Name=accepter-vpc-info.vpc-id&Filter.1.Value.1=vpc-1";
    let found = served.done("DescribeVpcPeeringConnections", form).await;
    assert_eq!(found.texts("code"), ["failed"]);
}

#[tokio::test]
async fn routes_lead_to_connections() {
    let served = served().await;
    request(&served).await;
    served.world.advance(MINUTE);
    let form = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={VPC}");
    let tables = served.done("DescribeRouteTables", &form).await;
    assert_eq!(tables.texts("main"), ["true"]);
    assert_eq!(tables.texts("gatewayId"), ["local", "local"]);
    assert_eq!(tables.texts("origin"), ["CreateRouteTable", "CreateRouteTable"]);
    let table = tables.texts("routeTableId")[0].to_owned();
    let place = format!("RouteTableId={table}&DestinationCidrBlock=172.16.3.4/16");
    let route = format!("{place}&{}", connection());
    assert_eq!(served.done("CreateRoute", &route).await.texts("return"), ["true"]);
    let found = served.done("DescribeRouteTables", &form).await;
    assert_eq!(found.texts("vpcPeeringConnectionId"), [PEERING]);
    assert!(found.texts("destinationCidrBlock").contains(&"172.16.0.0/16"));
    assert!(found.texts("state").contains(&"blackhole"));
    of_peered(&served, "AcceptVpcPeeringConnection", &connection()).await;
    served.world.advance(5 * MINUTE);
    let form = "Filter.1.Name=route.vpc-peering-connection-id&Filter.1.Value.1=pcx-*";
    let found = served.done("DescribeRouteTables", form).await;
    assert!(!found.texts("state").contains(&"blackhole"), "{found:?}");
    served.done("ReplaceRoute", &route).await;
    let in_vpc = route.replace("172.16.3.4/16", "10.20.0.0/24");
    let unknown = route.replace("172.16.3.4/16", "172.17.0.0/16");
    let local = format!("RouteTableId={table}&DestinationCidrBlock=10.20.0.0/16");
    served
        .refuses(&[
            ("CreateRoute", &route, "RouteAlreadyExists"),
            ("CreateRoute", &in_vpc, "InvalidParameterValue"),
            ("CreateRoute", &place, "MissingParameter"),
            ("CreateRoute", &format!("{place}&GatewayId=igw-1"), "UnsupportedOperation"),
            ("CreateRoute", &format!("{route}&GatewayId=igw-1"), "InvalidParameterCombination"),
            (
                "CreateRoute",
                &route.replace(PEERING, "pcx-1"),
                "InvalidVpcPeeringConnectionID.NotFound",
            ),
            (
                "CreateRoute",
                &route.replace(PEERING, "x"),
                "InvalidVpcPeeringConnectionId.Malformed",
            ),
            ("CreateRoute", &route.replace(&table, "rtb-1"), "InvalidRouteTableID.NotFound"),
            ("CreateRoute", &route.replace(&table, "x"), "InvalidRouteTableId.Malformed"),
            ("CreateRoute", &connection(), "MissingParameter"),
            ("ReplaceRoute", &unknown, "InvalidParameterValue"),
            ("DeleteRoute", &local, "InvalidParameterValue"),
        ])
        .await;
    served.done("DeleteRoute", &place).await;
    served.refuses(&[("DeleteRoute", &place, "InvalidRoute.NotFound")]).await;
}

#[tokio::test]
async fn what_is_wrong_with_connections_is_refused() {
    let served = served().await;
    request(&served).await;
    let pair = format!("VpcId={VPC}&PeerVpcId={PEERED_VPC}&PeerOwnerId={PEERED_ACCOUNT}");
    let action = "ModifyVpcPeeringConnectionOptions";
    let classic = "RequesterPeeringConnectionOptions.AllowEgressFromLocalVpcToRemoteClassicLink";
    served
        .refuses(&[
            ("CreateVpcPeeringConnection", &format!("VpcId={VPC}"), "MissingParameter"),
            ("CreateVpcPeeringConnection", &pair, "VpcPeeringConnectionAlreadyExists"),
            ("CreateVpcPeeringConnection", &pair.replace(VPC, "vpc-1"), "InvalidVpcID.NotFound"),
            (
                "CreateVpcPeeringConnection",
                &format!("{pair}&PeerRegion=?"),
                "InvalidParameterValue",
            ),
            ("AcceptVpcPeeringConnection", "", "MissingParameter"),
            (
                "DeleteVpcPeeringConnection",
                "VpcPeeringConnectionId=x",
                "InvalidVpcPeeringConnectionId.Malformed",
            ),
            (
                "DeleteVpcPeeringConnection",
                "VpcPeeringConnectionId=pcx-1",
                "InvalidVpcPeeringConnectionID.NotFound",
            ),
            (action, &connection(), "MissingParameter"),
            (action, &format!("{}&{classic}=true", connection()), "UnsupportedOperation"),
        ])
        .await;
}
