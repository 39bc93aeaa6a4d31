//! EC2: lists, their filters and pages, and rehearsals.

use heroku_data_link::provider::{AclAction, AclEntry, ErrorKind, operation};
use heroku_data_link_mock::{Fault, NetworkAclSpec, Outcome};

use crate::ec2_support::{ACCOUNT, PEERED_ACCOUNT, SUBNETS, VPC, served, served_in_pages};

#[tokio::test]
async fn vpcs_have_blocks_and_an_owner() {
    let served = served().await;
    let found = served.done("DescribeVpcs", &format!("VpcId.1={VPC}")).await;
    assert_eq!(found.texts("vpcId"), [VPC]);
    assert_eq!(found.texts("ownerId"), [ACCOUNT]);
    let blocks = ["10.20.0.0/16", "10.20.0.0/16", "10.21.0.0/16"];
    assert_eq!(found.texts("cidrBlock"), blocks, "the first, and both associations");
    assert_eq!(found.texts("state"), ["available", "associated", "associated"]);
    assert!(found.body.contains(
        "<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>"
    ));
    let of_others = served.ec2_of(PEERED_ACCOUNT, "us-east-1", "DescribeVpcs", "").await;
    assert!(!of_others.texts("vpcId").contains(&VPC));
    for (attribute, value) in [("enableDnsHostnames", "true"), ("enableDnsSupport", "true")] {
        let form = format!("VpcId={VPC}&Attribute={attribute}");
        let told = served.done("DescribeVpcAttribute", &form).await;
        assert_eq!(told.texts("value"), [value]);
        assert_eq!(told.texts(attribute).len(), 1);
    }
}

#[tokio::test]
async fn subnets_name_their_zone_in_both_ways() {
    let served = served().await;
    let form = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={VPC}");
    let found = served.done("DescribeSubnets", &form).await;
    assert_eq!(found.texts("subnetId"), SUBNETS);
    let names = ["us-east-1a", "us-east-1a", "us-east-1b", "us-east-1c"];
    assert_eq!(found.texts("availabilityZone"), names);
    assert_eq!(found.texts("availableIpAddressCount"), ["251"; 4]);
    let zones = served.done("DescribeAvailabilityZones", "").await;
    let of = |name: &str| {
        let index = zones.texts("zoneName").iter().position(|zone| *zone == name).unwrap();
        zones.texts("zoneId")[index].to_owned()
    };
    let ids: Vec<String> = names.iter().map(|name| of(name)).collect();
    assert_eq!(found.texts("availabilityZoneId"), ids);
    assert_eq!(zones.texts("zoneState"), ["available"; 6]);
    let one = served.done("DescribeAvailabilityZones", &format!("ZoneId.1={}", ids[0])).await;
    assert_eq!(one.texts("zoneName"), ["us-east-1a"]);
    let regions = served.done("DescribeRegions", "RegionName.1=eu-west-1").await;
    assert_eq!(regions.texts("regionEndpoint"), ["ec2.eu-west-1.amazonaws.com"]);
}

#[tokio::test]
async fn filters_narrow_and_may_be_wild() {
    let served = served().await;
    for (filter, values, expected) in [
        ("cidr-block", &["10.20.1.0/24"][..], &SUBNETS[..1]),
        ("cidr-block", &["10.20.?.0/24"], &SUBNETS[..]),
        ("subnet-id", &["*3", "*4"], &SUBNETS[2..]),
        ("availability-zone", &["us-east-1a"], &SUBNETS[..2]),
        ("tag:Name", &["*"], &[]),
        ("tag-key", &["*"], &[]),
        ("state", &["pending"], &[]),
    ] {
        let values: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(index, value)| format!("Filter.1.Value.{}={value}", index + 1))
            .collect();
        let values = values.join("&");
        let of_vpc = format!("Filter.2.Name=vpc-id&Filter.2.Value.1={VPC}");
        let form = format!("Filter.1.Name={filter}&{values}&{of_vpc}");
        let found = served.done("DescribeSubnets", &form).await;
        assert_eq!(found.texts("subnetId"), expected, "{filter} {values}");
    }
}

#[tokio::test]
async fn what_ec2_does_not_know_is_refused() {
    let served = served().await;
    let all: Vec<String> = (1..=201).map(|index| format!("Filter.1.Value.{index}=x")).collect();
    let many = format!("Filter.1.Name=vpc-id&{}", all.join("&"));
    served
        .refuses(&[
            ("DescribeNothing", "", "InvalidAction"),
            ("DescribeVpcs", "VpcIds.1=vpc-1", "UnknownParameter"),
            ("DescribeVpcs", "VpcId.2=vpc-1", "UnknownParameter"),
            ("DescribeVpcs", "VpcId.1=vpc_1", "InvalidVpcID.Malformed"),
            ("DescribeVpcs", "VpcId.1=vpc-1", "InvalidVpcID.NotFound"),
            ("DescribeVpcs", "Filter.1.Name=color&Filter.1.Value.1=x", "InvalidParameterValue"),
            ("DescribeVpcs", "Filter.1.Name=vpc-id", "InvalidParameterValue"),
            ("DescribeVpcs", &many, "FilterLimitExceeded"),
            ("DescribeVpcs", "DryRun=perhaps", "InvalidParameterValue"),
            ("DescribeSubnets", "SubnetId.1=vpc-1", "InvalidSubnetID.Malformed"),
            ("DescribeSubnets", "SubnetId.1=subnet-1", "InvalidSubnetID.NotFound"),
            ("DescribeVpcAttribute", "Attribute=enableDnsSupport", "MissingParameter"),
            ("DescribeVpcAttribute", "VpcId=vpc-1&Attribute=color", "InvalidParameterValue"),
            (
                "DescribeVpcAttribute",
                "VpcId=vpc-1&Attribute=enableDnsHostnames",
                "InvalidVpcID.NotFound",
            ),
            ("DescribeSecurityGroups", "GroupId.1=x", "InvalidGroupId.Malformed"),
            ("DescribeSecurityGroups", "GroupId.1=sg-1", "InvalidGroup.NotFound"),
            ("DescribeSecurityGroups", "GroupName.1=x", "VPCIdNotSpecified"),
            ("DescribeVpcEndpoints", "VpcEndpointId.1=x", "InvalidVpcEndpointId.Malformed"),
            ("DescribeVpcEndpoints", "VpcEndpointId.1=vpce-1", "InvalidVpcEndpointId.NotFound"),
            ("DescribeVpcEndpoints", "Filter.1.Name=x&Filter.1.Value.1=x", "InvalidFilter"),
            ("DescribeVpcEndpointServices", "ServiceName.1=x", "InvalidServiceName"),
            ("DescribeVpcEndpointServices", "ServiceRegion.1=eu-west-1", "UnsupportedOperation"),
            (
                "DescribeNetworkInterfaces",
                "NetworkInterfaceId.1=eni-1",
                "InvalidNetworkInterfaceID.NotFound",
            ),
            (
                "DescribeVpcPeeringConnections",
                "VpcPeeringConnectionId.1=x",
                "InvalidVpcPeeringConnectionId.Malformed",
            ),
            (
                "DescribeVpcPeeringConnections",
                "VpcPeeringConnectionId.1=pcx-1",
                "InvalidVpcPeeringConnectionID.NotFound",
            ),
            ("DescribeNetworkAcls", "NetworkAclId.1=x", "InvalidNetworkAclId.Malformed"),
            ("DescribeNetworkAcls", "NetworkAclId.1=acl-f", "InvalidNetworkAclID.NotFound"),
            ("DescribeRouteTables", "RouteTableId.1=x", "InvalidRouteTableId.Malformed"),
            ("DescribeRouteTables", "RouteTableId.1=rtb-1", "InvalidRouteTableID.NotFound"),
            ("DescribeAvailabilityZones", "ZoneName.1=x", "InvalidParameterValue"),
            ("DescribeRegions", "MaxResults=5", "UnknownParameter"),
        ])
        .await;
    let no_version = served.query("ec2", "Action=DescribeVpcs").await;
    assert_eq!(no_version.texts("Code"), ["MissingParameter"]);
    let unknown = no_version.texts("RequestID");
    assert_eq!(unknown, [no_version.header("x-amzn-requestid").unwrap()]);
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let served = served().await;
    let vpc = served.world.add_vpc(&heroku_data_link_mock::VpcSpec::new(["10.9.0.0/16"])).unwrap();
    for number in 0..12 {
        served.world.add_subnet(&vpc, "us-east-1a", format!("10.9.{number}.0/24")).unwrap();
    }
    let of_vpc = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}&MaxResults=5");
    let (mut found, mut sizes, mut token) = (Vec::new(), Vec::new(), None);
    for _ in 0..4 {
        let next = token.as_ref().map_or_else(String::new, |token| format!("&NextToken={token}"));
        let page = served.done("DescribeSubnets", &format!("{of_vpc}{next}")).await;
        let ids: Vec<String> = page.texts("subnetId").iter().map(ToString::to_string).collect();
        sizes.push(ids.len());
        found.extend(ids);
        token = page.texts("nextToken").first().map(ToString::to_string);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [5, 5, 2]);
    found.dedup();
    assert_eq!(found.len(), 12);

    let first = served.done("DescribeSubnets", &of_vpc).await;
    let foreign = format!("NextToken={}", first.texts("nextToken")[0]);
    served
        .refuses(&[
            ("DescribeSubnets", &foreign, "InvalidNextToken"),
            ("DescribeVpcs", &foreign, "InvalidNextToken"),
            ("DescribeSubnets", "NextToken=zz", "InvalidNextToken"),
            ("DescribeSubnets", "MaxResults=4", "InvalidParameterValue"),
            ("DescribeSubnets", "MaxResults=1001", "InvalidParameterValue"),
            ("DescribeSubnets", "MaxResults=-1", "InvalidParameterValue"),
            ("DescribeRouteTables", "MaxResults=101", "InvalidParameterValue"),
            ("DescribeVpcEndpoints", "MaxResults=0", "InvalidParameterValue"),
            (
                "DescribeSubnets",
                &format!("MaxResults=5&SubnetId.1={}", SUBNETS[0]),
                "InvalidParameterCombination",
            ),
        ])
        .await;
    served.done("DescribeVpcEndpoints", "MaxResults=5000").await;
}

#[tokio::test]
async fn a_server_of_small_pages_gives_a_token_though_none_was_asked_for() {
    let served = served_in_pages(3).await;
    let form = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={VPC}");
    let first = served.done("DescribeSubnets", &form).await;
    assert_eq!(first.texts("subnetId"), SUBNETS[..3]);
    let token = first.texts("nextToken")[0];
    let second = served.done("DescribeSubnets", &format!("{form}&NextToken={token}")).await;
    assert_eq!(second.texts("subnetId"), SUBNETS[3..]);
    assert!(second.texts("nextToken").is_empty());
}

#[tokio::test]
async fn a_rehearsal_tells_of_permissions_and_does_nothing() {
    let served = served().await;
    let create = format!(
        "DryRun=true&VpcId={VPC}&GroupName=g&GroupDescription=d&TagSpecification.1.ResourceType=\
         security-group&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b"
    );
    let permitted = served.ec2("CreateSecurityGroup", &create).await;
    assert_eq!((permitted.status, permitted.texts("Code")), (412, vec!["DryRunOperation"]));
    served.world.forbid(operation::CREATE_TAGS);
    let denied = served.ec2("CreateSecurityGroup", &create).await;
    assert_eq!((denied.status, denied.texts("Code")), (403, vec!["UnauthorizedOperation"]));
    let lacking = "not authorized to perform: ec2:CreateTags";
    assert!(denied.texts("Message")[0].contains(lacking), "{denied:?}");
    served.refuses(&[("CreateSecurityGroup", "DryRun=true&Color=x", "MissingParameter")]).await;
    served.refuses(&[("DescribeVpcs", "DryRun=true", "DryRunOperation")]).await;
    assert_eq!(served.world.mutations(), 0);
    let journal = served.world.journal();
    assert!(journal.iter().all(|call| call.detail == "rehearsed" && !call.mutating));
    assert_eq!(journal.len(), 3);
}

#[tokio::test]
async fn faults_of_the_world_are_answers_of_the_server() {
    let served = served().await;
    for (kind, status, code) in [
        (ErrorKind::RateLimited { retry_after: None }, 503, "RequestLimitExceeded"),
        (ErrorKind::Transient, 500, "InternalError"),
        (ErrorKind::Forbidden, 403, "UnauthorizedOperation"),
        (ErrorKind::Unauthorized, 401, "AuthFailure"),
    ] {
        served.world.fault(Fault::on(operation::DESCRIBE_VPCS).before(kind.clone()));
        let failed = served.ec2("DescribeVpcs", "").await;
        assert_eq!((failed.status, failed.texts("Code")), (status, vec![code]));
        let call = served.world.journal().pop().unwrap();
        assert_eq!((call.detail.as_str(), call.outcome), ("all", Outcome::Failed(kind)));
    }
    served.world.fault(Fault::on(operation::DESCRIBE_VPCS).before(ErrorKind::Timeout));
    assert_eq!(served.ec2("DescribeVpcs", "").await.status, 0);
}

#[tokio::test]
async fn network_acls_are_filtered_by_what_they_have() {
    let served = served().await;
    let vpc = &VPC.parse().unwrap();
    let spec = NetworkAclSpec::closed(vpc).for_subnet(&SUBNETS[0].parse().unwrap());
    let ports = "6379".parse().unwrap();
    let entry = AclEntry::tcp(90, AclAction::Deny, ports, "10.0.0.0/8".parse().unwrap());
    let id = served.world.add_network_acl(&spec.inbound(entry)).unwrap();
    for (filter, value) in [
        ("network-acl-id", id.as_str()),
        ("association.subnet-id", SUBNETS[0]),
        ("association.network-acl-id", id.as_str()),
        ("default", "false"),
        ("entry.cidr", "10.0.0.0/8"),
        ("entry.port-range.from", "6379"),
        ("entry.port-range.to", "6379"),
        ("entry.protocol", "6"),
        ("entry.rule-number", "90"),
    ] {
        let form = format!(
            "Filter.1.Name={filter}&Filter.1.Value.1={value}&Filter.2.Name=vpc-id\
             &Filter.2.Value.1={VPC}"
        );
        let found = served.done("DescribeNetworkAcls", &form).await;
        // As itself, and in its association.
        assert_eq!(found.texts("networkAclId"), [id.as_str(); 2], "{filter}");
    }
}
