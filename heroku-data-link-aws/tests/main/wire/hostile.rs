//! A server that puts what nobody may see into every text: secrets, escapes, turned and endless text.

use std::fmt::Debug;
use std::pin::Pin;

use heroku_data_link::model::PortRange;
use heroku_data_link::provider::{
    Ec2Call, EndpointChange, EndpointQuery, EndpointServices, ErrorKind, GroupQuery, Identity,
    IngressRule, IngressSource, Keys, NetworkAcls, NetworkInterfaces, PeeringQuery, ProviderError,
    ProviderResult, Rehearsal, Rehearsals, RouteTableQuery, RouteTables, SecurityGroups,
    SubnetQuery, VpcEndpoints, VpcPeerings, Vpcs,
};
use heroku_data_link_aws::{Client, Credentials};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::wire::endpoints::{SERVICE, new_endpoint};
use crate::wire::groups::new_group;
use crate::wire::keys::new_key;
use crate::wire::peerings::new_connection;
use crate::wire::routes::new_route;
use crate::wire::support::{ACCOUNT, KEY, KEY_ID, VPC, action, ec2, json, kms, tags, xml};

const SECRET: &str = "canary/secret+key=";
const TOKEN: &str = "canary/session+token==";
const RED: &str = "\u{1b}[31m";
const TURNED: &str = "\u{202e}";

/// As XML and as JSON write it; the token is percent-encoded once.
fn nasty(request: &Request) -> String {
    let is_json = request.headers.contains_key("x-amz-target");
    let (red, turned) =
        if is_json { ("\\u001b[31m", "\\u202e") } else { ("&#x1b;[31m", "&#x202e;") };
    let encoded = TOKEN.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    format!("{TOKEN} {SECRET} {encoded} {red}{turned}{}", "x".repeat(20_000))
}

type Call<'a> = Pin<Box<dyn Future<Output = ProviderResult<String>> + 'a>>;

fn call<'a, T: Debug>(it: impl Future<Output = ProviderResult<T>> + 'a) -> Call<'a> {
    Box::pin(async { it.await.map(|value| format!("{value:?}")) })
}

/// Every operation but the readings of [`readings`].
async fn changes(aws: &Client) -> Vec<ProviderResult<String>> {
    let (key, alias) = (KEY.parse().unwrap(), "alias/acme".parse().unwrap());
    let (group, endpoint) = ("sg-1".parse().unwrap(), "vpce-1".parse().unwrap());
    let (table, pcx) = ("rtb-1".parse().unwrap(), "pcx-1".parse().unwrap());
    let source = IngressSource::Cidr("10.0.0.0/16".parse().unwrap());
    let rule = IngressRule::tcp(PortRange::new(6379, 6379).unwrap(), source);
    let change = EndpointChange::default();
    let (block, tags) = ("10.1.0.0/16".parse().unwrap(), tags());
    let rehearsal =
        Rehearsal::Call(Ec2Call::DeleteSecurityGroup { group: "sg-1".parse().unwrap() });
    let (new_endpoint, new_group, new_key) = (new_endpoint(), new_group(), new_key());
    let (new_connection, new_route) = (new_connection(), new_route());
    let calls = [
        call(aws.create_endpoint(&new_endpoint)),
        call(aws.modify_endpoint(&endpoint, &change)),
        call(aws.tag_endpoint(&endpoint, &tags)),
        call(aws.delete_endpoint(&endpoint)),
        call(aws.create_security_group(&new_group)),
        call(aws.authorize_ingress(&group, &rule)),
        call(aws.revoke_ingress(&group, &rule)),
        call(aws.delete_security_group(&group)),
        call(aws.create_peering_connection(&new_connection)),
        call(aws.tag_peering_connection(&pcx, &tags)),
        call(aws.delete_peering_connection(&pcx)),
        call(aws.create_route(&new_route)),
        call(aws.delete_route(&table, &block)),
        call(aws.rehearse(&rehearsal)),
        call(aws.create_key(&new_key)),
        call(aws.tag_key(&key, &tags)),
        call(aws.put_key_policy(&key, "{}")),
        call(aws.create_key_alias(&alias, &key)),
        call(aws.enable_key_rotation(&key, 365)),
        call(aws.enable_key(&key)),
        call(aws.disable_key(&key)),
        call(aws.schedule_key_deletion(&key, 7)),
        call(aws.cancel_key_deletion(&key)),
    ];
    results(calls).await
}

async fn readings(aws: &Client) -> Vec<ProviderResult<String>> {
    let (vpc, group) = (VPC.parse().unwrap(), "sg-1".parse().unwrap());
    let (key, alias) = (KEY.parse().unwrap(), "alias/acme".parse().unwrap());
    let (service, of_vpc) = (SERVICE.parse().unwrap(), || VPC.parse().unwrap());
    let subnets = SubnetQuery::InVpc(of_vpc());
    let endpoints = EndpointQuery::InVpc(of_vpc());
    let groups = GroupQuery::Ids(["sg-1".parse().unwrap()].into());
    let peerings = PeeringQuery::OfVpc(of_vpc());
    let tables = RouteTableQuery::InVpc(of_vpc());
    let tag = crate::wire::support::tag();
    let calls = [
        call(aws.vpc(&vpc)),
        call(aws.subnets(&subnets)),
        call(aws.endpoints(&endpoints)),
        call(aws.endpoint_service(&service)),
        call(aws.security_groups(&groups)),
        call(aws.interfaces_using(&group)),
        call(aws.network_acls(&vpc)),
        call(aws.peering_connections(&peerings)),
        call(aws.route_tables(&tables)),
        call(aws.key(&key)),
        call(aws.key_by_alias(&alias)),
        call(aws.keys_tagged(&tag)),
        call(aws.key_tags(&key)),
        call(aws.key_rotation(&key)),
        call(aws.key_policy(&key)),
        call(aws.caller_identity()),
    ];
    results(calls).await
}

async fn results<const N: usize>(calls: [Call<'_>; N]) -> Vec<ProviderResult<String>> {
    let mut results = Vec::new();
    for call in calls {
        results.push(call.await);
    }
    results
}

async fn aws(answer: impl Respond + 'static) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let token = Some(TOKEN.to_owned());
    let credentials = Credentials::new("AKID", SECRET, token, None, "test");
    let builder = Client::builder("us-east-1".parse().unwrap(), credentials);
    let client = builder.endpoint_url(server.uri()).build();
    (server, client)
}

#[track_caller]
fn assert_fit_to_be_shown(text: &str, longest: usize) {
    assert!(!text.contains("canary"), "{text}");
    assert!(!text.contains(RED) && !text.contains(TURNED), "{text}");
    assert!(text.len() < longest, "{} bytes: {text}", text.len());
}

#[track_caller]
fn assert_error(error: &ProviderError) {
    let source = std::error::Error::source(error).map(ToString::to_string);
    let id = error.request_id();
    assert_fit_to_be_shown(&format!("{error} {error:?} {id:?} {source:?}"), 4000);
}

/// The request's id is in a header, which takes no control characters.
fn with_id(answer: ResponseTemplate) -> ResponseTemplate {
    answer.insert_header("x-amzn-requestid", format!("{TOKEN}{}", "x".repeat(2000)).as_str())
}

#[tokio::test]
async fn what_aws_says_of_a_failure_is_shown_filtered() {
    for status in [400, 403, 500] {
        let answer = move |request: &Request| {
            let nasty = nasty(request);
            if request.headers.contains_key("x-amz-target") {
                with_id(json(
                    status,
                    &format!(r#"{{"__type":"Broken {nasty}","message":"{nasty}"}}"#),
                ))
            } else if action(request) == "GetCallerIdentity" {
                with_id(xml(
                    status,
                    &format!(
                        "<ErrorResponse><Error><Type>Sender</Type><Code>Broken {nasty}</Code>\
                         <Message>{nasty}</Message></Error></ErrorResponse>"
                    ),
                ))
            } else {
                with_id(xml(
                    status,
                    &format!(
                        "<Response><Errors><Error><Code>Broken {nasty}</Code>\
                         <Message>{nasty}</Message></Error></Errors></Response>"
                    ),
                ))
            }
        };
        let (_server, client) = aws(answer).await;
        for results in [changes(&client).await, readings(&client).await] {
            for result in results {
                match result {
                    // A rehearsal says what AWS looked at.
                    Ok(told) => assert_fit_to_be_shown(&told, 4000),
                    Err(error) => {
                        assert!(error.message().contains("***"), "{error}");
                        assert!(error.request_id().unwrap().starts_with("***x"), "{error}");
                        assert_error(&error);
                    }
                }
            }
        }
    }
}

/// An answer in which every text is nasty but those that say which resource it is.
fn nasty_answer(request: &Request) -> ResponseTemplate {
    let (action, nasty) = (action(request), nasty(request));
    if request.headers.contains_key("x-amz-target") {
        return kms(&match action.as_str() {
            "DescribeKey" => format!(
                r#"{{"KeyMetadata":{{"KeyId":"{KEY_ID}","Arn":"{KEY}","KeyState":"{nasty}",
                "KeyUsage":"{nasty}","KeySpec":"{nasty}","Origin":"{nasty}"}}}}"#
            ),
            "ListKeys" => format!(r#"{{"Keys":[{{"KeyId":"{KEY_ID}","KeyArn":"{KEY}"}}]}}"#),
            "ListResourceTags" => format!(
                r#"{{"Tags":[{{"TagKey":"a","TagValue":"{nasty}"}},
                {{"TagKey":"{nasty}","TagValue":"a"}}]}}"#
            ),
            _ => format!(r#"{{"KeyMetadata":{{"KeyId":"{nasty}","Arn":"{nasty}"}}}}"#),
        });
    }
    let tags = format!(
        "<tagSet><item><key>a</key><value>{nasty}</value></item><item><key>{nasty}</key>\
         <value>a</value></item></tagSet>"
    );
    let end = format!("<ownerId>{ACCOUNT}</ownerId><vpcId>{VPC}</vpcId><region>us-east-1</region>");
    let inner = match action.as_str() {
        "DescribeVpcEndpoints" => format!(
            "<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId><vpcId>{VPC}</vpcId>\
             <vpcEndpointType>Interface</vpcEndpointType><serviceName>{nasty}</serviceName>\
             <state>{nasty}</state><dnsEntrySet><item><dnsName>{nasty}</dnsName></item>\
             </dnsEntrySet><lastError><message>{nasty}</message><code>{nasty}</code></lastError>\
             <failureReason>{nasty}</failureReason>{tags}</item></vpcEndpointSet>"
        ),
        "DescribeSecurityGroups" => format!(
            "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>{nasty}</groupName>\
             <vpcId>{VPC}</vpcId><ipPermissions><item><ipProtocol>{nasty}</ipProtocol><ipRanges>\
             <item><cidrIp>{nasty}</cidrIp><description>{nasty}</description></item></ipRanges>\
             </item></ipPermissions>{tags}</item></securityGroupInfo>"
        ),
        "DescribeNetworkInterfaces" => format!(
            "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>\
             <description>{nasty}</description><groupSet><item><groupId>sg-1</groupId></item>\
             </groupSet></item></networkInterfaceSet>"
        ),
        "DescribeNetworkAcls" => format!(
            "<networkAclSet><item><networkAclId>acl-1</networkAclId><vpcId>{VPC}</vpcId><entrySet>\
             <item><ruleNumber>1</ruleNumber><protocol>{nasty}</protocol><ruleAction>{nasty}\
             </ruleAction><egress>false</egress><cidrBlock>{nasty}</cidrBlock></item>\
             <item><ruleNumber>2</ruleNumber><egress>true</egress><ipv6CidrBlock>{nasty}\
             </ipv6CidrBlock></item></entrySet>{tags}</item></networkAclSet>"
        ),
        "DescribeVpcPeeringConnections" => format!(
            "<vpcPeeringConnectionSet><item><vpcPeeringConnectionId>pcx-1\
             </vpcPeeringConnectionId><status><code>{nasty}</code><message>{nasty}</message>\
             </status><requesterVpcInfo>{end}</requesterVpcInfo>{tags}</item>\
             </vpcPeeringConnectionSet>"
        ),
        "DescribeRouteTables" => format!(
            "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>{VPC}</vpcId><routeSet>\
             <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>{nasty}\
             </gatewayId><state>{nasty}</state></item></routeSet>{tags}</item></routeTableSet>"
        ),
        "DescribeVpcs" => {
            format!("<vpcSet><item><vpcId>{VPC}</vpcId><ownerId>{nasty}</ownerId></item></vpcSet>")
        }
        "DescribeSubnets" => {
            format!("<subnetSet><item><subnetId>{nasty}</subnetId></item></subnetSet>")
        }
        "DescribeVpcEndpointServices" => format!(
            "<serviceDetailSet><item><serviceName>{SERVICE}</serviceName><availabilityZoneIdSet>\
             <item>{nasty}</item></availabilityZoneIdSet></item></serviceDetailSet>"
        ),
        "CreateVpcEndpoint" => {
            format!("<vpcEndpoint><vpcEndpointId>{nasty}</vpcEndpointId></vpcEndpoint>")
        }
        "CreateSecurityGroup" => format!("<groupId>{nasty}</groupId>"),
        "CreateVpcPeeringConnection" => format!(
            "<vpcPeeringConnection><vpcPeeringConnectionId>{nasty}</vpcPeeringConnectionId>\
             </vpcPeeringConnection>"
        ),
        "DeleteVpcEndpoints" => format!(
            "<unsuccessful><item><error><code>{nasty}</code><message>{nasty}</message></error>\
             </item></unsuccessful>"
        ),
        "GetCallerIdentity" => {
            let result = format!("<Account>{ACCOUNT}</Account><Arn>{nasty}</Arn>");
            return xml(
                200,
                &format!(
                    "<GetCallerIdentityResponse><GetCallerIdentityResult>{result}\
                     </GetCallerIdentityResult></GetCallerIdentityResponse>"
                ),
            );
        }
        _ => String::new(),
    };
    ec2(&action, &inner)
}

#[tokio::test]
async fn what_aws_says_of_a_resource_is_shown_filtered() {
    let (_server, client) = aws(nasty_answer).await;
    let mut masked = 0;
    for results in [changes(&client).await, readings(&client).await] {
        for result in results {
            match result {
                Ok(value) => {
                    masked += usize::from(value.contains("***"));
                    // Each text of a resource has its own bound.
                    assert_fit_to_be_shown(&value, 8000);
                }
                Err(error) => {
                    masked += usize::from(error.message().contains("***"));
                    assert_error(&error);
                }
            }
        }
    }
    assert!(masked >= 16, "{masked}");
}

#[tokio::test]
async fn an_encoded_authorization_message_is_reachable_and_not_shown() {
    let encoded = "4xS2-_".repeat(400);
    let text = format!(
        "You are not authorized to perform this operation. User: arn:aws:iam::{ACCOUNT}:user/a is \
         not authorized to perform: ec2:DescribeVpcs. Encoded authorization failure message: \
         {encoded}"
    );
    let answer =
        move |_: &Request| crate::wire::support::ec2_error(403, "UnauthorizedOperation", &text);
    let (_server, client) = aws(answer).await;
    let error = client.vpc(&VPC.parse().unwrap()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.encoded_authorization_message(), Some("4xS2-_".repeat(400).as_str()));
    assert!(!error.to_string().contains("4xS2"), "{error}");
    assert!(error.to_string().contains("`aws sts decode-authorization-message`"), "{error}");
    assert!(error.message().ends_with("ec2:DescribeVpcs."), "{error}");
}
