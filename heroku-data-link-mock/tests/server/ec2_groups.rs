//! EC2: security groups, their rules, and tags.

use crate::ec2_support::{ACCOUNT, PEERED_ACCOUNT, PEERED_VPC, VPC, served};
use crate::support::Served;

async fn group(served: &Served, name: &str) -> String {
    let form = format!("VpcId={VPC}&GroupName={name}&GroupDescription=Of%20a%20test");
    let made = served.done("CreateSecurityGroup", &form).await;
    assert_eq!(made.texts("return"), ["true"]);
    made.texts("groupId")[0].to_owned()
}

const RULE: &str = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=6379\
                    &IpPermissions.1.ToPort=6379&IpPermissions.1.IpRanges.1.CidrIp=10.20.0.0/16";

#[tokio::test]
async fn a_group_lives_with_its_rules() {
    let served = served().await;
    let id = group(&served, "heroku-kvs").await;
    let rules = format!(
        "GroupId={id}&{RULE}&IpPermissions.1.IpRanges.2.CidrIp=10.21.3.4/16\
         &IpPermissions.1.IpRanges.2.Description=second&IpPermissions.1.Groups.1.GroupId={id}\
         &IpPermissions.2.IpProtocol=6&IpPermissions.2.FromPort=10000&IpPermissions.2.ToPort=11000\
         &IpPermissions.2.Ipv6Ranges.1.CidrIpv6=2001:db8::/32"
    );
    let added = served.done("AuthorizeSecurityGroupIngress", &rules).await;
    assert_eq!(added.texts("return"), ["true"]);
    let rule_ids: Vec<String> =
        added.texts("securityGroupRuleId").iter().map(ToString::to_string).collect();
    assert_eq!(rule_ids.len(), 4);

    let found = served.done("DescribeSecurityGroups", &format!("GroupId.1={id}")).await;
    assert_eq!(found.texts("groupName"), ["heroku-kvs"]);
    assert_eq!(found.texts("groupDescription"), ["Of a test"]);
    assert_eq!(found.texts("ownerId"), [ACCOUNT]);
    assert_eq!(found.texts("fromPort"), ["6379", "10000"]);
    assert_eq!(found.texts("cidrIp"), ["10.20.0.0/16", "10.21.0.0/16", "0.0.0.0/0"]);
    assert_eq!(found.texts("cidrIpv6"), ["2001:db8::/32"]);
    assert_eq!(found.texts("userId"), [ACCOUNT]);
    assert_eq!(found.texts("description"), ["second"]);

    let form = format!("Filter.1.Name=group-id&Filter.1.Value.1={id}");
    let listed = served.done("DescribeSecurityGroupRules", &form).await;
    assert_eq!(listed.texts("isEgress").iter().filter(|egress| **egress == "true").count(), 1);
    let mut inbound = listed.texts("securityGroupRuleId");
    inbound.retain(|id| rule_ids.iter().any(|known| known == id));
    assert_eq!(inbound.len(), 4);

    for (filter, value) in [
        ("ip-permission.cidr", "10.21.*"),
        ("ip-permission.from-port", "6379"),
        ("ip-permission.group-id", &id),
        ("ip-permission.protocol", "tcp"),
        ("group-name", "heroku-?vs"),
    ] {
        let form = format!("Filter.1.Name={filter}&Filter.1.Value.1={value}");
        let found = served.done("DescribeSecurityGroups", &form).await;
        assert_eq!(found.texts("groupName"), ["heroku-kvs"], "{filter}");
    }

    served.done("RevokeSecurityGroupIngress", &format!("GroupId={id}&{RULE}")).await;
    let by_id = format!("GroupId={id}&SecurityGroupRuleId.1={}", rule_ids[1]);
    served.done("RevokeSecurityGroupIngress", &by_id).await;
    let found = served.done("DescribeSecurityGroups", &format!("GroupId.1={id}")).await;
    assert_eq!(found.texts("cidrIp"), ["0.0.0.0/0"], "the rest lets things out");
    served.done("DeleteSecurityGroup", &format!("GroupId={id}")).await;
    served
        .refuses(&[
            ("DescribeSecurityGroups", &format!("GroupId.1={id}"), "InvalidGroup.NotFound"),
            ("DeleteSecurityGroup", &format!("GroupId={id}"), "InvalidGroup.NotFound"),
        ])
        .await;
}

#[tokio::test]
async fn a_group_that_an_outbound_rule_refers_to_is_found_and_not_deleted() {
    let served = served().await;
    let (id, web) = (group(&served, "heroku-kvs").await, group(&served, "web").await);
    let to_id = format!(
        "GroupId={web}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=6379\
         &IpPermissions.1.ToPort=6379&IpPermissions.1.Groups.1.GroupId={id}"
    );
    let added = served.done("AuthorizeSecurityGroupEgress", &to_id).await;
    assert_eq!(added.texts("isEgress"), ["true"]);
    let found = async |direction: &str| {
        let name = format!("{direction}ip-permission.group-id");
        let form = format!("Filter.1.Name={name}&Filter.1.Value.1={id}");
        served.done("DescribeSecurityGroups", &form).await
    };
    assert_eq!(found("").await.texts("groupName"), [""; 0]);
    let referring = found("egress.").await;
    assert_eq!(referring.texts("groupName"), ["web"]);
    assert_eq!(referring.texts("cidrIp"), ["0.0.0.0/0"], "the one that lets everything out");
    assert_eq!(referring.texts("userId"), [ACCOUNT]);
    served
        .refuses(&[
            ("AuthorizeSecurityGroupEgress", &to_id, "InvalidPermission.Duplicate"),
            ("DeleteSecurityGroup", &format!("GroupId={id}"), "DependencyViolation"),
        ])
        .await;
    served.done("RevokeSecurityGroupEgress", &to_id).await;
    served.refuses(&[("RevokeSecurityGroupEgress", &to_id, "InvalidPermission.NotFound")]).await;
    served.done("DeleteSecurityGroup", &format!("GroupId={id}")).await;
}

#[tokio::test]
async fn a_group_of_another_account_and_a_prefix_list_come_back_as_aws_writes_them() {
    let served = served().await;
    let id = group(&served, "heroku-kvs").await;
    let create = format!("VpcId={PEERED_VPC}&GroupName=theirs&GroupDescription=d");
    let theirs = served.ec2_of(PEERED_ACCOUNT, "us-east-1", "CreateSecurityGroup", &create).await;
    let theirs = theirs.texts("groupId")[0].to_owned();
    let start = format!(
        "GroupId={id}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=6379\
         &IpPermissions.1.ToPort=6379"
    );
    let from_group = format!("{start}&IpPermissions.1.Groups.1.GroupId={theirs}");
    let with_account = format!("{from_group}&IpPermissions.1.Groups.1.UserId={PEERED_ACCOUNT}");
    let list = format!("{start}&IpPermissions.1.PrefixListIds.1.PrefixListId=pl-63a5400a");
    served.done("AuthorizeSecurityGroupIngress", &from_group).await;
    served.done("AuthorizeSecurityGroupIngress", &list).await;
    let found = served.done("DescribeSecurityGroups", &format!("GroupId.1={id}")).await;
    assert_eq!(found.texts("userId"), [PEERED_ACCOUNT]);
    assert_eq!(found.texts("prefixListId"), ["pl-63a5400a"]);
    let wrong = format!("{from_group}&IpPermissions.1.Groups.1.UserId=111111111111");
    let malformed = format!("{start}&IpPermissions.1.PrefixListIds.1.PrefixListId=pl-");
    served
        .refuses(&[
            ("AuthorizeSecurityGroupIngress", &with_account, "InvalidPermission.Duplicate"),
            ("AuthorizeSecurityGroupIngress", &wrong, "InvalidGroup.NotFound"),
            ("AuthorizeSecurityGroupIngress", &malformed, "InvalidPrefixListID.Malformed"),
        ])
        .await;
    served.done("RevokeSecurityGroupIngress", &with_account).await;
}

#[tokio::test]
async fn every_kind_of_protocol_comes_back_as_it_went() {
    let served = served().await;
    for (index, (protocol, ports, expected)) in [
        ("tcp", Some((0, 65535)), ("tcp", Some((0, 65535)))),
        ("tcp", Some((0, 1023)), ("tcp", Some((0, 1023)))),
        ("udp", Some((53, 53)), ("udp", Some((53, 53)))),
        ("icmp", Some((8, -1)), ("icmp", Some((8, -1)))),
        ("icmp", None, ("icmp", Some((-1, -1)))),
        ("-1", None, ("-1", None)),
        ("all", Some((1, 2)), ("-1", None)),
        ("50", None, ("50", None)),
        ("58", Some((-1, -1)), ("icmpv6", Some((-1, -1)))),
    ]
    .into_iter()
    .enumerate()
    {
        let id = group(&served, &format!("g{index}")).await;
        let mut form = format!(
            "GroupId={id}&IpPermissions.1.IpProtocol={protocol}\
             &IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"
        );
        if let Some((from, to)) = ports {
            let both = format!("&IpPermissions.1.FromPort={from}&IpPermissions.1.ToPort={to}");
            form.push_str(&both);
        }
        served.done("AuthorizeSecurityGroupIngress", &form).await;
        let found = served.done("DescribeSecurityGroups", &format!("GroupId.1={id}")).await;
        let (name, ports) = expected;
        assert_eq!(found.texts("ipProtocol")[0], name, "{protocol} {ports:?}");
        let numbers = |ports: Option<(i32, i32)>, of: fn((i32, i32)) -> i32| {
            ports.map(|ports| of(ports).to_string()).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(found.texts("fromPort"), numbers(ports, |it| it.0), "{protocol}");
        assert_eq!(found.texts("toPort"), numbers(ports, |it| it.1), "{protocol}");
    }
}

#[tokio::test]
async fn several_rules_are_added_or_removed_all_or_none() {
    let served = served().await;
    let id = group(&served, "g").await;
    served.done("AuthorizeSecurityGroupIngress", &format!("GroupId={id}&{RULE}")).await;
    let both = format!("GroupId={id}&{RULE}&IpPermissions.1.IpRanges.2.CidrIp=10.21.0.0/16");
    let twice = format!("GroupId={id}&{RULE}&IpPermissions.1.IpRanges.2.CidrIp=10.20.9.9/16");
    served
        .refuses(&[
            ("AuthorizeSecurityGroupIngress", &both, "InvalidPermission.Duplicate"),
            ("AuthorizeSecurityGroupIngress", &twice, "InvalidParameterValue"),
            ("RevokeSecurityGroupIngress", &both, "InvalidPermission.NotFound"),
        ])
        .await;
    let found = served.done("DescribeSecurityGroups", &format!("GroupId.1={id}")).await;
    assert_eq!(found.texts("cidrIp"), ["10.20.0.0/16", "0.0.0.0/0"]);
}

#[tokio::test]
async fn what_is_wrong_with_groups_and_rules_is_refused() {
    let served = served().await;
    let id = group(&served, "taken").await;
    let own = |rest: &str| format!("GroupId={id}&{rest}");
    let from = "IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8";
    let permission = |rest: &str| own(&format!("IpPermissions.1.{rest}&{from}"));
    let new = |rest: &str| format!("VpcId={VPC}&GroupDescription=d&{rest}");
    let tagged = "TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=a";
    served
        .refuses(&[
            ("CreateSecurityGroup", "GroupName=g&GroupDescription=d", "VPCIdNotSpecified"),
            ("CreateSecurityGroup", &new(""), "MissingParameter"),
            ("CreateSecurityGroup", &new("GroupName=TAKEN"), "InvalidGroup.Duplicate"),
            ("CreateSecurityGroup", &new("GroupName=default"), "InvalidGroup.Reserved"),
            ("CreateSecurityGroup", &new("GroupName=sg-g"), "InvalidParameterValue"),
            (
                "CreateSecurityGroup",
                &new(&format!("GroupName=g&{tagged}")),
                "InvalidParameterValue",
            ),
            (
                "CreateSecurityGroup",
                "VpcId=vpc-1&GroupName=g&GroupDescription=d",
                "InvalidVpcID.NotFound",
            ),
            ("AuthorizeSecurityGroupIngress", RULE, "MissingParameter"),
            ("AuthorizeSecurityGroupIngress", &own(""), "MissingParameter"),
            (
                "AuthorizeSecurityGroupIngress",
                &format!("GroupId=sg-1&{RULE}"),
                "InvalidGroup.NotFound",
            ),
            ("AuthorizeSecurityGroupIngress", &format!("GroupName=g&{RULE}"), "VPCIdNotSpecified"),
            (
                "AuthorizeSecurityGroupIngress",
                &permission("IpProtocol=tcp"),
                "InvalidParameterValue",
            ),
            (
                "AuthorizeSecurityGroupIngress",
                &permission("IpProtocol=xyz"),
                "InvalidParameterValue",
            ),
            (
                "AuthorizeSecurityGroupIngress",
                &own("IpPermissions.1.IpProtocol=-1"),
                "InvalidPermission.Malformed",
            ),
            (
                "AuthorizeSecurityGroupIngress",
                &own("IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=10/8"),
                "InvalidParameterValue",
            ),
            (
                "AuthorizeSecurityGroupIngress",
                &own("IpPermissions.1.IpProtocol=-1&IpPermissions.1.Groups.1.GroupId=sg-1"),
                "InvalidGroup.NotFound",
            ),
            (
                "RevokeSecurityGroupIngress",
                &own("SecurityGroupRuleId.1=sgr-1"),
                "InvalidSecurityGroupRuleId.NotFound",
            ),
            ("DeleteSecurityGroup", "", "MissingParameter"),
            ("DeleteSecurityGroup", "GroupId=x", "InvalidGroupId.Malformed"),
        ])
        .await;
    let default = "Filter.1.Name=group-name&Filter.1.Value.1=default&Filter.2.Name=vpc-id";
    let form = format!("{default}&Filter.2.Value.1={VPC}");
    let found = served.done("DescribeSecurityGroups", &form).await;
    let default = format!("GroupId={}", found.texts("groupId")[0]);
    served.refuses(&[("DeleteSecurityGroup", &default, "CannotDelete")]).await;
}

#[tokio::test]
async fn tags_are_set_and_removed() {
    let served = served().await;
    let id = group(&served, "g").await;
    let other = group(&served, "h").await;
    let set =
        format!("ResourceId.1={id}&ResourceId.2={other}&Tag.1.Key=a&Tag.1.Value=b&Tag.2.Key=c");
    assert_eq!(served.done("CreateTags", &set).await.texts("return"), ["true"]);
    let filter = "Filter.1.Name=tag:a&Filter.1.Value.1=b";
    let found = served.done("DescribeSecurityGroups", filter).await;
    assert_eq!(found.texts("groupName"), ["g", "h"]);
    assert_eq!(found.texts("key"), ["a", "c", "a", "c"]);
    let form = format!("Filter.1.Name=resource-id&Filter.1.Value.1={id}");
    let tags = served.done("DescribeTags", &form).await;
    assert_eq!(tags.texts("value"), ["b"], "the other is empty");
    assert_eq!(tags.texts("resourceType"), ["security-group", "security-group"]);
    let removed = format!("ResourceId.1={id}&Tag.1.Key=a&Tag.2.Key=c&Tag.2.Value=other");
    served.done("DeleteTags", &removed).await;
    let tags = served.done("DescribeTags", &form).await;
    assert_eq!(tags.texts("key"), ["c"]);
    let table = served.done("DescribeRouteTables", "").await.texts("routeTableId")[0].to_owned();
    served.done("CreateTags", &format!("ResourceId.1={table}&Tag.1.Key=tier&Tag.1.Value=x")).await;
    let form = "Filter.1.Name=tag-key&Filter.1.Value.1=tier";
    assert_eq!(served.done("DescribeRouteTables", form).await.texts("tagSet").len(), 1);
    served
        .refuses(&[
            ("CreateTags", "Tag.1.Key=a", "MissingParameter"),
            ("CreateTags", &format!("ResourceId.1={id}"), "MissingParameter"),
            (
                "CreateTags",
                &format!("ResourceId.1={id}&Tag.1.Key=aws:a"),
                "InvalidTagKey.Malformed",
            ),
            (
                "CreateTags",
                &format!("ResourceId.1={id}&Tag.1.Key=a&Tag.2.Key=a"),
                "InvalidParameterValue",
            ),
            (
                "CreateTags",
                &format!("ResourceId.1={id}&ResourceId.2=sg-1&Tag.1.Key=z"),
                "InvalidGroup.NotFound",
            ),
            ("CreateTags", &format!("ResourceId.1={VPC}&Tag.1.Key=a"), "UnsupportedOperation"),
            ("CreateTags", "ResourceId.1=nothing&Tag.1.Key=a", "InvalidID"),
            ("DeleteTags", &format!("ResourceId.1={id}"), "UnsupportedOperation"),
        ])
        .await;
    let after = served.done("DescribeSecurityGroups", &format!("GroupId.1={id}")).await;
    assert_eq!(after.texts("key"), ["c"], "all resources are tagged, or none");
}
