//! Security groups and their rules.

use heroku_data_link::model::PortRange;
use heroku_data_link::provider::{
    ErrorKind, GroupQuery, IngressRule, IngressSource, NewSecurityGroup, Protocol, SecurityGroups,
    Tags,
};

use crate::wire::support::{
    ACCOUNT, Aws, VPC, assert_form, client_of, ec2_error, tag, tag_set, tags,
};

fn item(id: &str, vpc: &str, name: &str, rest: &str) -> String {
    format!(
        "<ownerId>{ACCOUNT}</ownerId><groupId>{id}</groupId><groupName>{name}</groupName>\
         <groupDescription>d</groupDescription><vpcId>{vpc}</vpcId>{rest}"
    )
}

async fn read(aws: &Aws, query: &GroupQuery, items: &[String]) -> Vec<String> {
    aws.list("DescribeSecurityGroups", "securityGroupInfo", items, "").await;
    let found = aws.client.security_groups(query).await.unwrap();
    found.iter().map(|it| it.id.to_string()).collect()
}

#[tokio::test]
async fn a_group_with_its_rules() {
    let aws = Aws::start().await;
    let rules = format!(
        "<ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>6379</fromPort>\
         <toPort>6379</toPort><groups><item><userId>{ACCOUNT}</userId><groupId>sg-9</groupId></item>\
         <item><userId>999988887777</userId><groupId>sg-8</groupId></item>\
         <item><userId>amazon-elb</userId><groupId>sg-843f59ed</groupId></item></groups>\
         <ipRanges><item><cidrIp>10.0.0.0/16</cidrIp><description>d</description></item>\
         <item><cidrIp>10.1.0.0/16</cidrIp></item></ipRanges>\
         <ipv6Ranges><item><cidrIpv6>2001:db8::/32</cidrIpv6></item></ipv6Ranges>\
         <prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item>\
         <item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item>\
         </ipRanges></item><item><ipProtocol>icmp</ipProtocol><fromPort>8</fromPort>\
         <toPort>-1</toPort><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item>\
         </ipPermissions><ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item>\
         <cidrIp>9.9.9.9/32</cidrIp></item></ipRanges></item><item><ipProtocol>tcp</ipProtocol>\
         <fromPort>443</fromPort><toPort>443</toPort><groups><item><userId>{ACCOUNT}</userId>\
         <groupId>sg-7</groupId></item></groups></item></ipPermissionsEgress>{}",
        tag_set(&[("heroku-data-link", "acme")])
    );
    let items = [item("sg-1", VPC, "Acme", &rules)];
    aws.list("DescribeSecurityGroups", "securityGroupInfo", &items, "").await;
    let query = GroupQuery::Ids(["sg-1".parse().unwrap()].into());
    let found = aws.client.security_groups(&query).await.unwrap().remove(0);
    assert_eq!((found.name.as_str(), found.vpc.as_str()), ("Acme", VPC));
    assert_eq!(found.tags, tags());
    assert_eq!(found.egress_groups, ["sg-7".parse().unwrap()].into());
    let expected = [
        IngressSource::GroupOf("999988887777".parse().unwrap(), "sg-8".parse().unwrap()),
        IngressSource::PrefixList("pl-1".parse().unwrap()),
        IngressSource::Other("amazon-elb/sg-843f59ed".to_owned()),
    ];
    for source in expected {
        assert!(found.ingress.iter().any(|rule| rule.source == source), "{source}");
    }
    let mut shown: Vec<_> = found.ingress.iter().map(ToString::to_string).collect();
    shown.sort();
    assert_eq!(
        shown,
        [
            "protocol -1 from 0.0.0.0/0",
            "protocol icmp:8:-1 from 10.0.0.0/8",
            "tcp 6379 from 10.0.0.0/16",
            "tcp 6379 from 10.1.0.0/16",
            "tcp 6379 from 2001:db8::/32",
            "tcp 6379 from 999988887777/sg-8",
            "tcp 6379 from amazon-elb/sg-843f59ed",
            "tcp 6379 from pl-1",
            "tcp 6379 from sg-9",
        ]
    );
}

#[tokio::test]
async fn strangers_are_left_out_of_every_list() {
    let aws = Aws::start().await;
    let own = tag_set(&[("heroku-data-link", "acme")]);
    let items = [
        item("sg-1", VPC, "Acme", &own),
        item("sg-2", VPC, "acme-2", ""),
        item("sg-3", "vpc-2", "acme", &own),
        // Strangers need not even be readable.
        "<groupId>?</groupId>".to_owned(),
    ];
    assert_eq!(read(&aws, &GroupQuery::Tagged(tag()), &items).await, ["sg-1", "sg-3"]);
    let named = GroupQuery::Named { vpc: VPC.parse().unwrap(), name: "acMe".to_owned() };
    assert_eq!(read(&aws, &named, &items).await, ["sg-1"]);
    let ids = GroupQuery::Ids(["sg-2", "sg-3"].map(|id| id.parse().unwrap()).into());
    assert_eq!(read(&aws, &ids, &items).await, ["sg-2", "sg-3"]);
    assert_eq!(read(&aws, &ids, &[]).await, [""; 0]);
    let with_tag = GroupQuery::WithTag("heroku-data-link".to_owned());
    assert_eq!(read(&aws, &with_tag, &items).await, ["sg-1", "sg-3"]);

    let requests = aws.requests().await;
    let page = ("MaxResults", "1000");
    let name = "DescribeSecurityGroups";
    assert_form(
        &requests[0],
        name,
        &[("Filter.1.Name", "tag:heroku-data-link"), ("Filter.1.Value.1", "acme"), page],
    );
    // A filter by name would not see the group whose name differs in case.
    assert_form(
        &requests[1],
        name,
        &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", VPC), page],
    );
    assert_form(
        &requests[2],
        name,
        &[
            ("Filter.1.Name", "group-id"),
            ("Filter.1.Value.1", "sg-2"),
            ("Filter.1.Value.2", "sg-3"),
            page,
        ],
    );
    assert_form(
        &requests[4],
        name,
        &[("Filter.1.Name", "tag-key"), ("Filter.1.Value.1", "heroku-data-link"), page],
    );
}

#[tokio::test]
async fn groups_that_refer_to_one_are_asked_for_in_either_direction() {
    let aws = Aws::start().await;
    let of = |direction: &str, group: &str| {
        format!(
            "<ipPermissions{direction}><item><ipProtocol>tcp</ipProtocol><fromPort>1</fromPort>\
             <toPort>1</toPort><groups><item><userId>{ACCOUNT}</userId><groupId>{group}</groupId>\
             </item></groups></item></ipPermissions{direction}>"
        )
    };
    let items = [
        item("sg-3", VPC, "outbound", &of("Egress", "sg-1")),
        item("sg-2", VPC, "inbound", &of("", "sg-1")),
        // Itself, and what an emulator gives beside what was asked for.
        item("sg-1", VPC, "itself", &of("", "sg-1")),
        item("sg-4", VPC, "other", &of("", "sg-12")),
    ];
    let query = GroupQuery::ReferringTo("sg-1".parse().unwrap());
    // The same to both requests.
    aws.list("DescribeSecurityGroups", "securityGroupInfo", &items, "").await;
    assert_eq!(read(&aws, &query, &items).await, ["sg-2", "sg-3"]);
    let requests = aws.requests().await;
    let page = ("MaxResults", "1000");
    for (request, name) in
        requests.iter().zip(["ip-permission.group-id", "egress.ip-permission.group-id"])
    {
        let expected = [("Filter.1.Name", name), ("Filter.1.Value.1", "sg-1"), page];
        assert_form(request, "DescribeSecurityGroups", &expected);
    }
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn no_ids_are_no_groups_without_a_request() {
    let query = GroupQuery::Ids([].into());
    assert_eq!(client_of("http://127.0.0.1:1").security_groups(&query).await.unwrap(), []);
}

#[tokio::test]
async fn a_group_must_tell_its_vpc() {
    let aws = Aws::start().await;
    let query = GroupQuery::Ids(["sg-1".parse().unwrap()].into());
    for vpc in ["", "subnet-1"] {
        let items = [item("sg-1", vpc, "a", "")];
        aws.list("DescribeSecurityGroups", "securityGroupInfo", &items, "").await;
        let error = aws.client.security_groups(&query).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().contains("vpcId"), "{error}");
    }
}

pub(crate) fn new_group() -> NewSecurityGroup {
    NewSecurityGroup {
        vpc: VPC.parse().unwrap(),
        name: "acme & sons".to_owned(),
        description: "Clients of a+b=c".to_owned(),
        tags: tags(),
    }
}

/// What a creation of it sends.
pub(crate) const CREATION: [(&str, &str); 6] = [
    ("VpcId", VPC),
    ("GroupName", "acme & sons"),
    ("GroupDescription", "Clients of a+b=c"),
    ("TagSpecification.1.ResourceType", "security-group"),
    ("TagSpecification.1.Tag.1.Key", "heroku-data-link"),
    ("TagSpecification.1.Tag.1.Value", "acme"),
];

#[tokio::test]
async fn a_group_is_made_in_one_call() {
    let aws = Aws::start().await;
    let name = "CreateSecurityGroup";
    aws.ok(name, "<return>true</return><groupId>sg-1</groupId>").await;
    let id = aws.client.create_security_group(&new_group()).await.unwrap();
    assert_eq!(id.as_str(), "sg-1");
    assert_form(&aws.request().await, name, &CREATION);
    aws.ok(name, "<groupId>sg-1</groupId>").await;
    let bare = NewSecurityGroup { tags: Tags::new(), ..new_group() };
    aws.client.create_security_group(&bare).await.unwrap();
    assert_form(&aws.requests().await[1], name, &CREATION[..3]);

    aws.ok(name, "<return>true</return>").await;
    let error = aws.client.create_security_group(&new_group()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    for (code, expected) in [
        ("InvalidGroup.Duplicate", ErrorKind::Conflict),
        ("InvalidVpcID.NotFound", ErrorKind::NotFound),
        ("SecurityGroupLimitExceeded", ErrorKind::QuotaExceeded),
    ] {
        aws.on(name, ec2_error(400, code, "no")).await;
        let error = aws.client.create_security_group(&new_group()).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{code}");
    }
}

fn rule(protocol: Protocol, ports: Option<(u16, u16)>, source: IngressSource) -> IngressRule {
    let ports = ports.map(|(first, last)| PortRange::new(first, last).unwrap());
    IngressRule { protocol, ports, source }
}

#[tokio::test]
async fn a_rule_is_sent_as_one_permission() {
    let cidr = IngressSource::Cidr("10.0.0.0/16".parse().unwrap());
    let other = |text: &str| IngressSource::Other(text.to_owned());
    let tcp = |source| rule(Protocol::Tcp, Some((10000, 11000)), source);
    let range = ["IpProtocol=tcp", "FromPort=10000", "ToPort=11000"];
    for (rule, permission, source) in [
        (tcp(cidr.clone()), &range[..], &["IpRanges.1.CidrIp=10.0.0.0/16"][..]),
        (tcp(IngressSource::Group("sg-9".parse().unwrap())), &range, &["Groups.1.GroupId=sg-9"]),
        (
            tcp(IngressSource::GroupOf("999988887777".parse().unwrap(), "sg-8".parse().unwrap())),
            &range,
            &["Groups.1.UserId=999988887777", "Groups.1.GroupId=sg-8"],
        ),
        (
            tcp(other("amazon-elb/sg-843f59ed")),
            &range,
            &["Groups.1.UserId=amazon-elb", "Groups.1.GroupId=sg-843f59ed"],
        ),
        (tcp(other("2001:db8::/32")), &range, &["Ipv6Ranges.1.CidrIpv6=2001:db8::/32"]),
        (
            tcp(IngressSource::PrefixList("pl-1".parse().unwrap())),
            &range,
            &["PrefixListIds.1.PrefixListId=pl-1"],
        ),
        (
            rule(Protocol::Other("-1".to_owned()), None, cidr.clone()),
            &["IpProtocol=-1"],
            &["IpRanges.1.CidrIp=10.0.0.0/16"],
        ),
        // EC2 wants ports for these, and port 0 is part of all of them.
        (
            rule(Protocol::Tcp, None, cidr.clone()),
            &["IpProtocol=tcp", "FromPort=0", "ToPort=65535"],
            &["IpRanges.1.CidrIp=10.0.0.0/16"],
        ),
        (
            rule(Protocol::Other("udp".to_owned()), None, cidr.clone()),
            &["IpProtocol=udp", "FromPort=0", "ToPort=65535"],
            &["IpRanges.1.CidrIp=10.0.0.0/16"],
        ),
        (
            rule(Protocol::Other("icmp:8:-1".to_owned()), None, cidr.clone()),
            &["IpProtocol=icmp", "FromPort=8", "ToPort=-1"],
            &["IpRanges.1.CidrIp=10.0.0.0/16"],
        ),
    ] {
        let sent: Vec<_> = permission
            .iter()
            .chain(source)
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (format!("IpPermissions.1.{name}"), value))
            .collect();
        let mut expected = vec![("GroupId", "sg-1")];
        expected.extend(sent.iter().map(|(name, value)| (name.as_str(), *value)));

        let aws = Aws::start().await;
        let group = "sg-1".parse().unwrap();
        aws.ok("AuthorizeSecurityGroupIngress", "<return>true</return>").await;
        aws.ok("RevokeSecurityGroupIngress", "<return>true</return>").await;
        aws.client.authorize_ingress(&group, &rule).await.unwrap();
        aws.client.revoke_ingress(&group, &rule).await.unwrap();
        let requests = aws.requests().await;
        assert_form(&requests[0], "AuthorizeSecurityGroupIngress", &expected);
        assert_form(&requests[1], "RevokeSecurityGroupIngress", &expected);
    }
}

#[tokio::test]
async fn a_rule_for_all_ports_is_read_as_one() {
    let aws = Aws::start().await;
    let rules = "<ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>0</fromPort>\
                 <toPort>65535</toPort><ipRanges><item><cidrIp>10.0.0.0/16</cidrIp></item>\
                 </ipRanges></item></ipPermissions>";
    let items = [item("sg-1", VPC, "a", rules)];
    aws.list("DescribeSecurityGroups", "securityGroupInfo", &items, "").await;
    let query = GroupQuery::Ids(["sg-1".parse().unwrap()].into());
    let found = aws.client.security_groups(&query).await.unwrap().remove(0);
    let source = IngressSource::Cidr("10.0.0.0/16".parse().unwrap());
    assert_eq!(found.ingress, [rule(Protocol::Tcp, None, source)].into());
}

#[tokio::test]
async fn what_is_there_already_and_what_is_gone() {
    let group = "sg-1".parse().unwrap();
    let source = IngressSource::Cidr("10.0.0.0/16".parse().unwrap());
    let rule = IngressRule::tcp(PortRange::new(6379, 6379).unwrap(), source);
    let authorize = "AuthorizeSecurityGroupIngress";
    let revoke = "RevokeSecurityGroupIngress";
    let delete = "DeleteSecurityGroup";
    for (action, code, expected) in [
        (authorize, "InvalidPermission.Duplicate", Some(ErrorKind::Conflict)),
        (authorize, "InvalidGroup.NotFound", Some(ErrorKind::NotFound)),
        (authorize, "RulesPerSecurityGroupLimitExceeded", Some(ErrorKind::QuotaExceeded)),
        (revoke, "InvalidPermission.NotFound", None),
        (revoke, "InvalidGroup.NotFound", Some(ErrorKind::NotFound)),
        (delete, "InvalidGroup.NotFound", None),
        (delete, "InvalidSecurityGroupID.NotFound", None),
        (delete, "DependencyViolation", Some(ErrorKind::Conflict)),
        (delete, "InvalidGroup.InUse", Some(ErrorKind::Conflict)),
    ] {
        let aws = Aws::with(action, ec2_error(400, code, "no")).await;
        let result = match action {
            "AuthorizeSecurityGroupIngress" => aws.client.authorize_ingress(&group, &rule).await,
            "RevokeSecurityGroupIngress" => aws.client.revoke_ingress(&group, &rule).await,
            _ => aws.client.delete_security_group(&group).await,
        };
        assert_eq!(result.err().map(|error| error.kind().clone()), expected, "{action} {code}");
    }
    let aws = Aws::start().await;
    aws.ok(delete, "<return>true</return><groupId>sg-1</groupId>").await;
    aws.client.delete_security_group(&group).await.unwrap();
    assert_form(&aws.request().await, delete, &[("GroupId", "sg-1")]);
}

#[tokio::test]
async fn a_false_inside_a_success_is_an_error() {
    let group = "sg-1".parse().unwrap();
    let source = IngressSource::Cidr("10.0.0.0/16".parse().unwrap());
    let rule = IngressRule::tcp(PortRange::new(6379, 6379).unwrap(), source);
    let aws = Aws::start().await;
    aws.ok("AuthorizeSecurityGroupIngress", "<return>false</return>").await;
    let error = aws.client.authorize_ingress(&group, &rule).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    aws.ok("RevokeSecurityGroupIngress", "<return>false</return>").await;
    let error = aws.client.revoke_ingress(&group, &rule).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
}
