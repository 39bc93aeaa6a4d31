//! EC2: endpoint services, VPC endpoints and their interfaces.

use std::time::Duration;

use heroku_data_link::model::DataService;
use heroku_data_link_mock::World;

use crate::ec2_support::{ACCOUNT, PEERED_ACCOUNT, SUBNETS, VPC};
use crate::support::Served;

const MINUTE: Duration = Duration::from_secs(60);
const ENDPOINT: &str = "vpce-01c87ae3c05563935";

/// A world with an endpoint service that the account is let in to, and the service's name.
async fn served() -> (Served, String) {
    let (world, procedure) = World::of_the_procedures(DataService::KeyValueStore);
    let principal = format!("arn:aws:iam::{ACCOUNT}:root");
    let service = world.add_private_link(procedure.addon_id, &[&principal]).unwrap();
    (Served::new(world).await, service.to_string())
}

async fn group(served: &Served) -> String {
    let form = format!("VpcId={VPC}&GroupName=g&GroupDescription=d");
    served.done("CreateSecurityGroup", &form).await.texts("groupId")[0].to_owned()
}

fn creation(service: &str, rest: &str) -> String {
    format!(
        "VpcEndpointType=Interface&VpcId={VPC}&ServiceName={service}&PrivateDnsEnabled=false&{rest}"
    )
}

fn in_two_zones(service: &str, group: &str) -> String {
    let (one, two) = (SUBNETS[0], SUBNETS[2]);
    creation(service, &format!("SubnetId.1={one}&SubnetId.2={two}&SecurityGroupId.1={group}"))
}

#[tokio::test]
async fn a_service_shows_its_zones_to_whom_it_lets_in() {
    let (served, service) = served().await;
    let form = format!("ServiceName.1={service}");
    let found = served.done("DescribeVpcEndpointServices", &form).await;
    assert_eq!(found.texts("serviceNameSet"), [format!("<item>{service}</item>")]);
    assert_eq!(found.texts("serviceId"), ["vpce-svc-0410a2e25933fe8ec"]);
    assert_eq!(found.texts("acceptanceRequired"), ["true"]);
    assert_eq!(found.texts("owner"), ["021876802972"]);
    assert!(found.texts("serviceType").concat().contains("Interface"));
    let items = |element: &str| found.texts(element)[0].matches("<item>").count();
    assert_eq!((items("availabilityZoneSet"), items("availabilityZoneIdSet")), (3, 3));
    assert!(found.texts("availabilityZoneSet")[0].contains("us-east-1a"));
    assert!(!found.texts("availabilityZoneSet")[0].contains("us-east-1c"));
    let all = served
        .done(
            "DescribeVpcEndpointServices",
            "Filter.1.Name=service-type&Filter.1.Value.1=Interface",
        )
        .await;
    assert_eq!(all.texts("serviceName"), [service.as_str()]);
    let action = "DescribeVpcEndpointServices";
    let others = served.ec2_of(PEERED_ACCOUNT, "us-east-1", action, &form).await;
    assert_eq!(others.texts("Code"), ["InvalidServiceName"]);
}

#[tokio::test]
async fn an_endpoint_lives_from_acceptance_to_deletion() {
    let (served, service) = served().await;
    let group = group(&served).await;
    let tags = "TagSpecification.1.ResourceType=vpc-endpoint&TagSpecification.1.Tag.1.Key=Name\
                &TagSpecification.1.Tag.1.Value=kvs";
    let form = format!("{}&{tags}&ClientToken=once", in_two_zones(&service, &group));
    let made = served.done("CreateVpcEndpoint", &form).await;
    assert_eq!(made.texts("vpcEndpointId"), [ENDPOINT]);
    assert_eq!(made.texts("state"), ["pendingAcceptance"]);
    assert_eq!(made.texts("clientToken"), ["once"]);
    assert_eq!(made.texts("creationTimestamp"), ["2026-01-01T00:00:00Z"]);
    assert!(made.texts("dnsName").is_empty());
    let again = served.done("CreateVpcEndpoint", &form).await;
    assert_eq!(again.texts("vpcEndpointId"), [ENDPOINT]);
    let other = format!("{}&ClientToken=once", in_two_zones(&service, &group));
    served.refuses(&[("CreateVpcEndpoint", &other, "IdempotentParameterMismatch")]).await;

    served.world.advance(5 * MINUTE);
    let describe = format!("VpcEndpointId.1={ENDPOINT}");
    let pending = served.done("DescribeVpcEndpoints", &describe).await;
    assert_eq!(pending.texts("state"), ["pending"]);
    served.world.advance(2 * MINUTE);
    let found = served.done("DescribeVpcEndpoints", &describe).await;
    assert_eq!(found.texts("state"), ["available"]);
    assert_eq!(found.texts("vpcEndpointType"), ["Interface"]);
    assert_eq!(found.texts("privateDnsEnabled"), ["false"]);
    assert_eq!(found.texts("groupName"), ["g"]);
    assert_eq!((found.texts("key"), found.texts("value")), (vec!["Name"], vec!["kvs"]));
    let names = found.texts("dnsName");
    assert_eq!(names.len(), 3);
    let regional = names[0].split('.').next().unwrap();
    assert!(names[1].starts_with(&format!("{regional}-us-east-1a.")), "{names:?}");
    for (filter, value) in [
        ("vpc-id", VPC),
        ("service-name", service.as_str()),
        ("vpc-endpoint-state", "available"),
        ("vpc-endpoint-type", "Interface"),
        ("tag:Name", "k?s"),
        ("tag-key", "Name"),
    ] {
        let form = format!("Filter.1.Name={filter}&Filter.1.Value.1={value}");
        let found = served.done("DescribeVpcEndpoints", &form).await;
        assert_eq!(found.texts("vpcEndpointId"), [ENDPOINT], "{filter}");
    }

    let form = format!("Filter.1.Name=group-id&Filter.1.Value.1={group}");
    let interfaces = served.done("DescribeNetworkInterfaces", &form).await;
    let description = format!("VPC Endpoint Interface {ENDPOINT}");
    assert_eq!(interfaces.texts("description"), [description.as_str(); 2]);
    let addresses = ["10.20.1.4", "10.20.1.4", "10.20.3.4", "10.20.3.4"];
    assert_eq!(interfaces.texts("privateIpAddress"), addresses);
    assert_eq!(interfaces.texts("subnetId"), [SUBNETS[0], SUBNETS[2]]);
    let subnets = served.done("DescribeSubnets", &format!("SubnetId.1={}", SUBNETS[0])).await;
    assert_eq!(subnets.texts("availableIpAddressCount"), ["250"]);
    let delete_group = format!("GroupId={group}");
    served.refuses(&[("DeleteSecurityGroup", &delete_group, "DependencyViolation")]).await;

    let form = format!("VpcEndpointId={ENDPOINT}&RemoveSubnetId.1={}", SUBNETS[2]);
    assert_eq!(served.done("ModifyVpcEndpoint", &form).await.texts("return"), ["true"]);
    served.world.advance(MINUTE);
    let found = served.done("DescribeVpcEndpoints", &describe).await;
    assert_eq!(found.texts("subnetIdSet"), [format!("<item>{}</item>", SUBNETS[0])]);

    let delete = format!("{describe}&VpcEndpointId.2=vpce-1&VpcEndpointId.3=eni-1");
    let deleted = served.done("DeleteVpcEndpoints", &delete).await;
    assert_eq!(deleted.texts("resourceId"), ["eni-1", "vpce-1"]);
    let codes = ["InvalidVpcEndpointId.Malformed", "InvalidVpcEndpoint.NotFound"];
    assert_eq!(deleted.texts("code"), codes);
    let found = served.done("DescribeVpcEndpoints", &describe).await;
    assert_eq!(found.texts("state"), ["deleting"]);
    let again = served.done("DeleteVpcEndpoints", &describe).await;
    assert!(again.texts("code").is_empty(), "{again:?}");
    served.world.advance(20 * MINUTE);
    served.refuses(&[("DescribeVpcEndpoints", &describe, "InvalidVpcEndpointId.NotFound")]).await;
    served.done("DeleteSecurityGroup", &delete_group).await;
}

#[tokio::test]
async fn an_endpoint_without_a_group_has_the_default_one() {
    let (served, service) = served().await;
    let form = creation(&service, &format!("SubnetId.1={}", SUBNETS[0]));
    let made = served.done("CreateVpcEndpoint", &form).await;
    assert_eq!(made.texts("groupName"), ["default"]);
    assert!(made.texts("clientToken").is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_endpoints_is_refused() {
    let (served, service) = served().await;
    let group = group(&served).await;
    let subnets = |rest: &str| creation(&service, &format!("{rest}&SecurityGroupId.1={group}"));
    let good = in_two_zones(&service, &group);
    let with = |rest: &str| format!("{good}&{rest}");
    let instead = |from: &str, to: &str| good.replace(from, to);
    let one_zone = format!("SubnetId.1={}&SubnetId.2={}", SUBNETS[0], SUBNETS[1]);
    let not_offered = format!("SubnetId.1={}", SUBNETS[3]);
    served
        .refuses(&[
            ("CreateVpcEndpoint", "", "MissingParameter"),
            ("CreateVpcEndpoint", &instead("Interface", "Gateway"), "InvalidParameter"),
            ("CreateVpcEndpoint", &instead("Interface", "interface"), "InvalidVpcEndpointType"),
            ("CreateVpcEndpoint", &instead("VpcEndpointType=Interface&", ""), "InvalidParameter"),
            ("CreateVpcEndpoint", &instead("=false", "=true"), "InvalidParameter"),
            ("CreateVpcEndpoint", &instead("PrivateDnsEnabled=false&", ""), "InvalidParameter"),
            ("CreateVpcEndpoint", &instead(VPC, "vpc-1"), "InvalidVpcId.NotFound"),
            ("CreateVpcEndpoint", &instead(VPC, "x"), "InvalidVpcID.Malformed"),
            ("CreateVpcEndpoint", &instead(&service, "com.example"), "InvalidServiceName"),
            ("CreateVpcEndpoint", &instead(SUBNETS[2], "subnet-1"), "InvalidSubnetID.NotFound"),
            ("CreateVpcEndpoint", &instead(&group, "sg-1"), "InvalidGroup.NotFound"),
            ("CreateVpcEndpoint", &subnets(""), "MissingParameter"),
            ("CreateVpcEndpoint", &subnets(&one_zone), "DuplicateSubnetsInSameZone"),
            ("CreateVpcEndpoint", &subnets(&not_offered), "InvalidParameter"),
            ("CreateVpcEndpoint", &with("IpAddressType=ipv6"), "InvalidParameter"),
            ("CreateVpcEndpoint", &with("IpAddressType=ipx"), "InvalidParameterValue"),
            ("CreateVpcEndpoint", &with("DnsOptions.DnsRecordIpType=ipv6"), "InvalidParameter"),
            ("CreateVpcEndpoint", &with("PolicyDocument={}"), "InvalidParameter"),
            ("CreateVpcEndpoint", &with("RouteTableId.1=rtb-1"), "InvalidParameter"),
            ("CreateVpcEndpoint", &with("ServiceRegion=eu-west-1"), "UnsupportedOperation"),
            (
                "CreateVpcEndpoint",
                &with("SubnetConfiguration.1.SubnetId=x"),
                "UnsupportedOperation",
            ),
            ("ModifyVpcEndpoint", "AddSubnetId.1=subnet-1", "MissingParameter"),
            ("ModifyVpcEndpoint", "VpcEndpointId=vpce-1", "InvalidVpcEndpointId.NotFound"),
            ("DeleteVpcEndpoints", "", "MissingParameter"),
        ])
        .await;
    served
        .done("CreateVpcEndpoint", &with("IpAddressType=ipv4&DnsOptions.DnsRecordIpType=ipv4"))
        .await;
}
