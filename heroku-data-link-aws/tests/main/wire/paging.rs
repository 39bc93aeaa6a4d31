//! Lists are read to their end, and no further.

use std::sync::atomic::{AtomicUsize, Ordering};

use heroku_data_link::provider::{
    EndpointQuery, ErrorKind, GroupQuery, Keys, NetworkAcls, NetworkInterfaces, PeeringQuery,
    ProviderResult, RouteTableQuery, RouteTables, SecurityGroups, SubnetQuery, VpcEndpoints,
    VpcPeerings, Vpcs,
};
use heroku_data_link_aws::Client;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::wire::support::{
    ACCOUNT, Aws, KEY, VPC, client_of, ec2, ec2_error, form, kms, tag, tag_set, value,
};

/// Action, the name of its list, and an item of it by its number.
type List = (&'static str, &'static str, fn(usize) -> String);

fn lists() -> Vec<List> {
    fn tagged() -> String {
        tag_set(&[("heroku-data-link", "acme")])
    }
    vec![
        ("DescribeVpcs", "vpcSet", |n| {
            // The one that is looked for is on the last page.
            let id = if n == 3 { VPC.to_owned() } else { format!("vpc-{n}") };
            format!("<vpcId>{id}</vpcId><ownerId>{ACCOUNT}</ownerId>")
        }),
        ("DescribeSubnets", "subnetSet", |n| {
            format!(
                "<subnetId>subnet-{n}</subnetId><vpcId>{VPC}</vpcId>\
                 <availabilityZone>us-east-1a</availabilityZone>\
                 <availabilityZoneId>use1-az4</availabilityZoneId>"
            )
        }),
        ("DescribeVpcEndpoints", "vpcEndpointSet", |n| {
            format!("<vpcEndpointId>vpce-{n}</vpcEndpointId><vpcId>{VPC}</vpcId>{}", tagged())
        }),
        ("DescribeSecurityGroups", "securityGroupInfo", |n| {
            format!("<groupId>sg-{n}</groupId><vpcId>{VPC}</vpcId>{}", tagged())
        }),
        ("DescribeNetworkInterfaces", "networkInterfaceSet", |n| {
            format!(
                "<networkInterfaceId>eni-{n}</networkInterfaceId>\
                 <groupSet><item><groupId>sg-1</groupId></item></groupSet>"
            )
        }),
        ("DescribeNetworkAcls", "networkAclSet", |n| {
            format!("<networkAclId>acl-{n}</networkAclId><vpcId>{VPC}</vpcId>")
        }),
        ("DescribeVpcPeeringConnections", "vpcPeeringConnectionSet", |n| {
            format!("<vpcPeeringConnectionId>pcx-{n}</vpcPeeringConnectionId>{}", tagged())
        }),
        ("DescribeRouteTables", "routeTableSet", |n| {
            format!("<routeTableId>rtb-{n}</routeTableId><vpcId>{VPC}</vpcId>")
        }),
    ]
}

/// How many the adapter finds.
async fn found(client: &Client, action: &str) -> ProviderResult<usize> {
    let vpc = || VPC.parse().unwrap();
    Ok(match action {
        "DescribeVpcs" => usize::from(client.vpc(&vpc()).await?.is_some()),
        "DescribeSubnets" => client.subnets(&SubnetQuery::InVpc(vpc())).await?.len(),
        "DescribeVpcEndpoints" => client.endpoints(&EndpointQuery::Tagged(tag())).await?.len(),
        "DescribeSecurityGroups" => client.security_groups(&GroupQuery::Tagged(tag())).await?.len(),
        "DescribeNetworkInterfaces" => {
            client.interfaces_using(&"sg-1".parse().unwrap()).await?.len()
        }
        "DescribeNetworkAcls" => client.network_acls(&vpc()).await?.len(),
        "DescribeVpcPeeringConnections" => {
            client.peering_connections(&PeeringQuery::Tagged(tag())).await?.len()
        }
        "DescribeRouteTables" => client.route_tables(&RouteTableQuery::InVpc(vpc())).await?.len(),
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn all_pages_are_read() {
    for (action, set, item) in lists() {
        let aws = Aws::start().await;
        aws.list(action, set, &[item(1)], "t/1+").await;
        // A page may be empty, and not the last one.
        aws.list(action, set, &[""; 0], "t2").await;
        aws.list(action, set, &[item(2), item(3)], "").await;
        let expected = if action == "DescribeVpcs" { 1 } else { 3 };
        assert_eq!(found(&aws.client, action).await.unwrap(), expected, "{action}");
        let requests = aws.requests().await;
        let tokens: Vec<_> =
            requests.iter().map(|request| value(&form(request), "NextToken")).collect();
        assert_eq!(tokens, [None, Some("t/1+".to_owned()), Some("t2".to_owned())], "{action}");
        // The rest of the request stays as it is.
        let rest = |request: &Request| {
            let mut form = form(request);
            form.retain(|(name, _)| name != "NextToken");
            form
        };
        assert_eq!(rest(&requests[0]), rest(&requests[2]), "{action}");
    }
}

#[tokio::test]
async fn an_empty_token_ends_a_list() {
    for (action, set, item) in lists() {
        let inner = format!("<{set}><item>{}</item></{set}><nextToken></nextToken>", item(3));
        let aws = Aws::with(action, ec2(action, &inner)).await;
        assert_eq!(found(&aws.client, action).await.unwrap(), 1, "{action}");
        assert_eq!(aws.requests().await.len(), 1);
    }
}

#[tokio::test]
async fn a_list_that_breaks_on_its_way_is_no_list() {
    for (action, set, item) in lists() {
        let aws = Aws::start().await;
        aws.list(action, set, &[item(3)], "t1").await;
        aws.on(action, ec2_error(503, "RequestLimitExceeded", "slow down")).await;
        let error = found(&aws.client, action).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::RateLimited { retry_after: None }, "{action}");
    }
}

/// A list without an end, in all of AWS's dialects.
struct Endless {
    pages: AtomicUsize,
    /// Whether each page has another token.
    ever_new: bool,
}

impl Respond for Endless {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let page = if self.ever_new { self.pages.fetch_add(1, Ordering::SeqCst) } else { 1 };
        if request.headers.contains_key("x-amz-target") {
            return kms(&format!(r#"{{"NextMarker":"t{page}","Truncated":true}}"#));
        }
        let action = value(&form(request), "Action").unwrap();
        ec2(&action, &format!("<nextToken>t{page}</nextToken>"))
    }
}

async fn endless(ever_new: bool) -> (MockServer, Client) {
    let server = MockServer::builder().disable_request_recording().start().await;
    let endless = Endless { pages: AtomicUsize::new(0), ever_new };
    Mock::given(any()).respond_with(endless).mount(&server).await;
    let client = client_of(&server.uri());
    (server, client)
}

#[tokio::test]
async fn a_list_without_an_end_is_not_understood() {
    let (_server, client) = endless(true).await;
    for error in [
        found(&client, "DescribeVpcs").await.unwrap_err(),
        client.key_tags(&KEY.parse().unwrap()).await.unwrap_err(),
    ] {
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert_eq!(error.message(), "the list does not end after 500 pages");
    }
}

/// The SDK takes a token that leads back to its own page for the list's end.
#[tokio::test]
async fn a_list_that_repeats_a_page_is_not_understood() {
    let (_server, client) = endless(false).await;
    let mut errors = Vec::new();
    for (action, ..) in lists() {
        errors.push(found(&client, action).await.unwrap_err());
    }
    let key = KEY.parse().unwrap();
    errors.push(client.key_tags(&key).await.unwrap_err());
    errors.push(client.keys_tagged(&tag()).await.unwrap_err());
    for error in errors {
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert_eq!(error.message(), "the list repeats a page");
    }
}
