//! VPC endpoints.

use std::time::{Duration, UNIX_EPOCH};

use heroku_data_link::model::EndpointState;
use heroku_data_link::provider::{
    EndpointChange, EndpointQuery, ErrorKind, NewEndpoint, Tags, VpcEndpoints,
};

use crate::wire::support::{Aws, VPC, assert_form, client_of, ec2, ec2_error, tag, tag_set, tags};

pub(crate) const SERVICE: &str = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";

/// An endpoint as EC2 describes it.
fn item(id: &str, vpc: &str, kind: &str, rest: &str) -> String {
    format!(
        "<vpcEndpointId>{id}</vpcEndpointId><vpcId>{vpc}</vpcId>\
         <vpcEndpointType>{kind}</vpcEndpointType><serviceName>{SERVICE}</serviceName>{rest}"
    )
}

fn whole() -> String {
    let tags = tag_set(&[("heroku-data-link", "acme"), ("Name", "a &amp; b")]);
    let rest = format!(
        "<state>available</state><privateDnsEnabled>false</privateDnsEnabled>\
         <subnetIdSet><item>subnet-1</item><item>subnet-2</item></subnetIdSet>\
         <groupSet><item><groupId>sg-1</groupId><groupName>g</groupName></item></groupSet>\
         <networkInterfaceIdSet><item>eni-1</item></networkInterfaceIdSet>\
         <dnsEntrySet><item><dnsName>vpce-1-a.vpce-svc-1.us-east-1.vpce.amazonaws.com</dnsName>\
         <hostedZoneId>Z7</hostedZoneId></item><item><hostedZoneId>Z8</hostedZoneId></item>\
         </dnsEntrySet><creationTimestamp>1970-01-02T00:00:00.500Z</creationTimestamp>\
         <lastError><message>no room</message><code>Insufficient</code></lastError>\
         <failureReason>try again</failureReason>{tags}"
    );
    item("vpce-1", VPC, "Interface", &rest)
}

async fn read(aws: &Aws, query: &EndpointQuery, items: &[String]) -> Vec<String> {
    aws.list("DescribeVpcEndpoints", "vpcEndpointSet", items, "").await;
    let found = aws.client.endpoints(query).await.unwrap();
    found.iter().map(|it| it.id.to_string()).collect()
}

#[tokio::test]
async fn an_endpoint_as_ec2_describes_it() {
    let aws = Aws::start().await;
    aws.list("DescribeVpcEndpoints", "vpcEndpointSet", &[whole()], "").await;
    let query = EndpointQuery::Id("vpce-1".parse().unwrap());
    let found = aws.client.endpoints(&query).await.unwrap().remove(0);
    assert_eq!(found.vpc.as_str(), VPC);
    assert_eq!(found.service, SERVICE);
    assert_eq!(found.state, EndpointState::Available);
    assert_eq!(found.subnets, ["subnet-1", "subnet-2"].map(|id| id.parse().unwrap()).into());
    assert_eq!(found.groups, ["sg-1".parse().unwrap()].into());
    assert_eq!(found.interfaces, ["eni-1".parse().unwrap()].into());
    let name = "vpce-1-a.vpce-svc-1.us-east-1.vpce.amazonaws.com".to_owned();
    assert_eq!(found.dns_names, [name].into());
    assert_eq!(found.tags["Name"], "a & b");
    assert_eq!(found.created_at, UNIX_EPOCH + Duration::from_millis(86_400_500));
    assert_eq!(found.last_error.as_deref(), Some("Insufficient: no room: try again"));
}

#[tokio::test]
async fn what_is_missing_is_tolerated_as_far_as_it_is_not_needed() {
    let aws = Aws::start().await;
    let query = EndpointQuery::Id("vpce-1".parse().unwrap());
    let item = format!("<vpcEndpointId>vpce-1</vpcEndpointId><vpcId>{VPC}</vpcId>");
    aws.list("DescribeVpcEndpoints", "vpcEndpointSet", &[&item], "").await;
    let found = aws.client.endpoints(&query).await.unwrap().remove(0);
    assert_eq!(found.state, EndpointState::Other(String::new()));
    assert_eq!((found.created_at, found.last_error), (UNIX_EPOCH, None));
    assert_eq!((found.subnets.len(), found.dns_names.len(), found.tags.len()), (0, 0, 0));

    for (bad, expected) in [
        (item.replace("vpcId", "x"), "the answer has no vpcId"),
        (item.replace(VPC, "pcx-1"), "vpcId in the answer: \"pcx-1\" is not a VPC id"),
        (
            format!("{item}<subnetIdSet><item>vpc-1</item></subnetIdSet>"),
            "subnetId in the answer: ",
        ),
        (
            format!("{item}<groupSet><item><groupId>eni-1</groupId></item></groupSet>"),
            "groupId in the answer: ",
        ),
        (
            format!("{item}<networkInterfaceIdSet><item>sg-1</item></networkInterfaceIdSet>"),
            "networkInterfaceId in the answer: ",
        ),
    ] {
        aws.list("DescribeVpcEndpoints", "vpcEndpointSet", &[bad], "").await;
        let error = aws.client.endpoints(&query).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn strangers_are_left_out_of_every_list() {
    let aws = Aws::start().await;
    let own = tag_set(&[("heroku-data-link", "acme")]);
    let items = [
        item("vpce-1", VPC, "Interface", &own),
        item("vpce-2", VPC, "Interface", &tag_set(&[("heroku-data-link", "acme2")])),
        item("vpce-3", VPC, "Gateway", ""),
        item("vpce-4", VPC, "GatewayLoadBalancer", ""),
        item("vpce-5", "vpc-2", "Interface", &own),
        // Strangers need not even be readable.
        "<vpcEndpointId>?</vpcEndpointId>".to_owned(),
    ];
    let by_tag = EndpointQuery::Tagged(tag());
    assert_eq!(read(&aws, &by_tag, &items).await, ["vpce-1", "vpce-5"]);
    let in_vpc = EndpointQuery::InVpc(VPC.parse().unwrap());
    assert_eq!(read(&aws, &in_vpc, &items).await, ["vpce-1", "vpce-2", "vpce-4"]);
    let by_id = EndpointQuery::Id("vpce-3".parse().unwrap());
    assert_eq!(read(&aws, &by_id, &items).await, ["vpce-3"]);
    let with_tag = EndpointQuery::WithTag("heroku-data-link".to_owned());
    assert_eq!(read(&aws, &with_tag, &items).await, ["vpce-1", "vpce-2", "vpce-5"]);

    let requests = aws.requests().await;
    let page = ("MaxResults", "1000");
    let name = "DescribeVpcEndpoints";
    assert_form(
        &requests[0],
        name,
        &[("Filter.1.Name", "tag:heroku-data-link"), ("Filter.1.Value.1", "acme"), page],
    );
    assert_form(
        &requests[1],
        name,
        &[
            ("Filter.1.Name", "vpc-id"),
            ("Filter.1.Value.1", VPC),
            ("Filter.2.Name", "vpc-endpoint-type"),
            ("Filter.2.Value.1", "Interface"),
            ("Filter.2.Value.2", "GatewayLoadBalancer"),
            page,
        ],
    );
    assert_form(&requests[2], name, &[("VpcEndpointId.1", "vpce-3")]);
    assert_form(
        &requests[3],
        name,
        &[("Filter.1.Name", "tag-key"), ("Filter.1.Value.1", "heroku-data-link"), page],
    );
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_an_empty_list() {
    let id = EndpointQuery::Id("vpce-1".parse().unwrap());
    for code in ["InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"] {
        let aws = Aws::with("DescribeVpcEndpoints", ec2_error(400, code, "gone")).await;
        assert_eq!(aws.client.endpoints(&id).await.unwrap(), []);
    }
    let empty = ec2("DescribeVpcEndpoints", "<vpcEndpointSet/>");
    let aws = Aws::with("DescribeVpcEndpoints", empty).await;
    assert_eq!(aws.client.endpoints(&id).await.unwrap(), []);
    // It says nothing of a list.
    let gone = ec2_error(400, "InvalidVpcEndpointId.NotFound", "gone");
    let aws = Aws::with("DescribeVpcEndpoints", gone).await;
    let error = aws.client.endpoints(&EndpointQuery::Tagged(tag())).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);
}

pub(crate) fn new_endpoint() -> NewEndpoint {
    NewEndpoint {
        vpc: VPC.parse().unwrap(),
        service: SERVICE.parse().unwrap(),
        subnets: ["subnet-1", "subnet-2"].map(|id| id.parse().unwrap()).into(),
        groups: ["sg-1".parse().unwrap()].into(),
        tags: tags(),
        client_token: "Token-1".to_owned(),
    }
}

/// What a creation of it sends.
pub(crate) const CREATION: [(&str, &str); 13] = [
    ("VpcId", VPC),
    ("VpcEndpointType", "Interface"),
    ("ServiceName", SERVICE),
    ("SubnetId.1", "subnet-1"),
    ("SubnetId.2", "subnet-2"),
    ("SecurityGroupId.1", "sg-1"),
    ("PrivateDnsEnabled", "false"),
    ("IpAddressType", "ipv4"),
    ("DnsOptions.DnsRecordIpType", "ipv4"),
    ("ClientToken", "Token-1"),
    ("TagSpecification.1.ResourceType", "vpc-endpoint"),
    ("TagSpecification.1.Tag.1.Key", "heroku-data-link"),
    ("TagSpecification.1.Tag.1.Value", "acme"),
];

#[tokio::test]
async fn an_endpoint_is_made_in_one_call() {
    let aws = Aws::start().await;
    let made = format!("<vpcEndpoint>{}</vpcEndpoint><clientToken>Token-1</clientToken>", whole());
    aws.ok("CreateVpcEndpoint", &made).await;
    let id = aws.client.create_endpoint(&new_endpoint()).await.unwrap();
    assert_eq!(id.as_str(), "vpce-1");
    assert_form(&aws.request().await, "CreateVpcEndpoint", &CREATION);

    // EC2 takes no empty list of tags.
    aws.ok("CreateVpcEndpoint", &made).await;
    let bare = NewEndpoint { tags: Tags::new(), ..new_endpoint() };
    aws.client.create_endpoint(&bare).await.unwrap();
    assert_form(&aws.requests().await[1], "CreateVpcEndpoint", &CREATION[..10]);
}

#[tokio::test]
async fn a_creation_that_does_not_say_what_it_made_is_not_understood() {
    for inner in
        ["", "<vpcEndpoint/>", "<vpcEndpoint><vpcEndpointId>x</vpcEndpointId></vpcEndpoint>"]
    {
        let aws = Aws::start().await;
        aws.ok("CreateVpcEndpoint", inner).await;
        let error = aws.client.create_endpoint(&new_endpoint()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().contains("vpcEndpointId"), "{error}");
    }
}

#[tokio::test]
async fn why_an_endpoint_cannot_be_made() {
    for (code, expected) in [
        ("InvalidServiceName", ErrorKind::NotFound),
        ("InvalidSubnetId.NotFound", ErrorKind::NotFound),
        ("DuplicateSubnetsInSameZone", ErrorKind::InvalidRequest),
        ("InvalidParameter", ErrorKind::InvalidRequest),
        ("IdempotentParameterMismatch", ErrorKind::InvalidRequest),
        ("VpcEndpointLimitExceeded", ErrorKind::QuotaExceeded),
    ] {
        let aws = Aws::with("CreateVpcEndpoint", ec2_error(400, code, "no")).await;
        let error = aws.client.create_endpoint(&new_endpoint()).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{code}");
        assert_eq!(error.message(), format!("{code}: no"));
    }
}

#[tokio::test]
async fn a_change_sends_only_what_changes() {
    let aws = Aws::start().await;
    let id = "vpce-1".parse().unwrap();
    let all = EndpointChange {
        add_subnets: ["subnet-1", "subnet-2"].map(|id| id.parse().unwrap()).into(),
        remove_subnets: ["subnet-3".parse().unwrap()].into(),
        add_groups: ["sg-1".parse().unwrap()].into(),
        remove_groups: ["sg-2".parse().unwrap()].into(),
    };
    let one = EndpointChange {
        remove_groups: ["sg-2".parse().unwrap()].into(),
        ..EndpointChange::default()
    };
    for inner in ["<return>true</return>", ""] {
        aws.ok("ModifyVpcEndpoint", inner).await;
    }
    aws.client.modify_endpoint(&id, &all).await.unwrap();
    aws.client.modify_endpoint(&id, &one).await.unwrap();
    let requests = aws.requests().await;
    let name = "ModifyVpcEndpoint";
    assert_form(
        &requests[0],
        name,
        &[
            ("VpcEndpointId", "vpce-1"),
            ("AddSubnetId.1", "subnet-1"),
            ("AddSubnetId.2", "subnet-2"),
            ("RemoveSubnetId.1", "subnet-3"),
            ("AddSecurityGroupId.1", "sg-1"),
            ("RemoveSecurityGroupId.1", "sg-2"),
        ],
    );
    assert_form(
        &requests[1],
        name,
        &[("VpcEndpointId", "vpce-1"), ("RemoveSecurityGroupId.1", "sg-2")],
    );
    aws.ok(name, "<return>false</return>").await;
    let error = aws.client.modify_endpoint(&id, &one).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    aws.on(name, ec2_error(400, "InvalidVpcEndpointId.NotFound", "gone")).await;
    let error = aws.client.modify_endpoint(&id, &one).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn tags_are_added_and_none_is_no_request() {
    let id = "vpce-1".parse().unwrap();
    let aws = Aws::start().await;
    aws.ok("CreateTags", "<return>true</return>").await;
    aws.client.tag_endpoint(&id, &tags()).await.unwrap();
    assert_form(
        &aws.request().await,
        "CreateTags",
        &[("ResourceId.1", "vpce-1"), ("Tag.1.Key", "heroku-data-link"), ("Tag.1.Value", "acme")],
    );
    client_of("http://127.0.0.1:1").tag_endpoint(&id, &Tags::new()).await.unwrap();
    aws.on("CreateTags", ec2_error(400, "InvalidVpcEndpointId.NotFound", "gone")).await;
    let error = aws.client.tag_endpoint(&id, &tags()).await.unwrap_err();
    assert_eq!((error.operation(), error.kind()), ("ec2:CreateTags", &ErrorKind::NotFound));
}

/// What EC2 says of an endpoint that it does not delete, in a success.
fn unsuccessful(error: &str) -> String {
    format!("<unsuccessful><item><resourceId>vpce-1</resourceId>{error}</item></unsuccessful>")
}

#[tokio::test]
async fn a_deletion_that_failed_inside_a_success_is_an_error() {
    let id = "vpce-1".parse().unwrap();
    let item = |code: &str| {
        unsuccessful(&format!("<error><code>{code}</code><message>no</message></error>"))
    };
    for (inner, expected) in [
        (String::new(), None),
        ("<unsuccessful/>".to_owned(), None),
        (item("InvalidVpcEndpoint.NotFound"), None),
        (item("InvalidVpcEndpointId.NotFound"), None),
        (item("InvalidVpcEndpointId.Malformed"), Some(ErrorKind::InvalidRequest)),
        (item("UnauthorizedOperation"), Some(ErrorKind::Forbidden)),
        (item("InvalidParameter"), Some(ErrorKind::InvalidRequest)),
        (unsuccessful(""), Some(ErrorKind::InvalidRequest)),
    ] {
        let answer = ec2("DeleteVpcEndpoints", &inner).insert_header("x-amzn-requestid", "r-1");
        let aws = Aws::with("DeleteVpcEndpoints", answer).await;
        let result = aws.client.delete_endpoint(&id).await;
        assert_form(&aws.request().await, "DeleteVpcEndpoints", &[("VpcEndpointId.1", "vpce-1")]);
        match result {
            Ok(()) => assert_eq!(expected, None, "{inner}"),
            Err(error) => {
                assert_eq!(Some(error.kind()), expected.as_ref(), "{inner}");
                assert_eq!(error.request_id(), Some("r-1"), "{error}");
            }
        }
    }
    let aws =
        Aws::with("DeleteVpcEndpoints", ec2_error(400, "InvalidVpcEndpointId.NotFound", "gone"))
            .await;
    aws.client.delete_endpoint(&id).await.unwrap();
}
