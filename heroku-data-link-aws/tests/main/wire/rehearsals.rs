//! Calls that are checked for their permission, without any effect.

use std::time::UNIX_EPOCH;

use heroku_data_link::model::PortRange;
use heroku_data_link::provider::{
    Ec2Call, EndpointChange, EndpointRequest, ErrorKind, IngressRule, IngressSource,
    PeeringRequest, Rehearsal, Rehearsals, RouteRequest, Verdict,
};
use wiremock::ResponseTemplate;

use crate::wire::support::{Aws, assert_form, ec2, ec2_error, xml};
use crate::wire::{endpoints, groups, peerings, routes};

/// A rehearsal with its action and what is sent beside it.
type Rehearsed = (Rehearsal, &'static str, Vec<(&'static str, &'static str)>);

fn request_of_endpoint() -> EndpointRequest {
    let new = endpoints::new_endpoint();
    EndpointRequest {
        link: "demo".parse().unwrap(),
        vpc: new.vpc,
        service: Some(new.service),
        subnets: new.subnets,
        groups: new.groups,
        tags: new.tags,
        tombstones: [].into(),
    }
}

fn new_endpoint() -> Rehearsal {
    Rehearsal::Call(Ec2Call::CreateEndpoint(request_of_endpoint()))
}

/// What it sends, but for the token, which is the request's own.
fn creation_of_endpoint() -> Vec<(&'static str, &'static str)> {
    endpoints::CREATION.into_iter().filter(|(name, _)| *name != "ClientToken").collect()
}

fn new_peering() -> Rehearsal {
    let new = peerings::new_connection();
    Rehearsal::Call(Ec2Call::CreatePeering(PeeringRequest {
        vpc: new.vpc,
        peer_vpc: Some(new.peer_vpc),
        peer_account: Some(new.peer_account),
        peer_region: Some(new.peer_region),
        tags: new.tags,
    }))
}

fn all() -> Vec<Rehearsed> {
    let group = || "sg-1".parse().unwrap();
    let endpoint = || "vpce-1".parse().unwrap();
    let source = IngressSource::Cidr("10.0.0.0/16".parse().unwrap());
    let rule = || IngressRule::tcp(PortRange::new(6379, 6379).unwrap(), source.clone());
    let sent_rule = vec![
        ("GroupId", "sg-1"),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "6379"),
        ("IpPermissions.1.ToPort", "6379"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0/16"),
    ];
    let change = EndpointChange {
        add_subnets: ["subnet-1".parse().unwrap()].into(),
        ..EndpointChange::default()
    };
    let route = routes::new_route();
    vec![
        (Rehearsal::DescribeVpcs, "DescribeVpcs", vec![]),
        (Rehearsal::DescribeSubnets, "DescribeSubnets", vec![]),
        (Rehearsal::DescribeSecurityGroups, "DescribeSecurityGroups", vec![]),
        (Rehearsal::DescribeEndpoints, "DescribeVpcEndpoints", vec![]),
        (Rehearsal::DescribeEndpointServices, "DescribeVpcEndpointServices", vec![]),
        (Rehearsal::DescribeNetworkInterfaces, "DescribeNetworkInterfaces", vec![]),
        (Rehearsal::DescribeNetworkAcls, "DescribeNetworkAcls", vec![]),
        (Rehearsal::DescribePeeringConnections, "DescribeVpcPeeringConnections", vec![]),
        (Rehearsal::DescribeRouteTables, "DescribeRouteTables", vec![]),
        (
            Rehearsal::Call(Ec2Call::CreateSecurityGroup(groups::new_group())),
            "CreateSecurityGroup",
            groups::CREATION.to_vec(),
        ),
        (
            Rehearsal::Call(Ec2Call::AuthorizeIngress { group: Some(group()), rule: rule() }),
            "AuthorizeSecurityGroupIngress",
            sent_rule.clone(),
        ),
        (
            Rehearsal::Call(Ec2Call::RevokeIngress { group: group(), rule: rule() }),
            "RevokeSecurityGroupIngress",
            sent_rule,
        ),
        (
            Rehearsal::Call(Ec2Call::DeleteSecurityGroup { group: group() }),
            "DeleteSecurityGroup",
            vec![("GroupId", "sg-1")],
        ),
        (new_endpoint(), "CreateVpcEndpoint", creation_of_endpoint()),
        (
            Rehearsal::Call(Ec2Call::ModifyEndpoint {
                endpoint: endpoint(),
                change,
                new_group: false,
            }),
            "ModifyVpcEndpoint",
            vec![("VpcEndpointId", "vpce-1"), ("AddSubnetId.1", "subnet-1")],
        ),
        (
            Rehearsal::Call(Ec2Call::DeleteEndpoint { endpoint: endpoint() }),
            "DeleteVpcEndpoints",
            vec![("VpcEndpointId.1", "vpce-1")],
        ),
        (new_peering(), "CreateVpcPeeringConnection", peerings::CREATION.to_vec()),
        (
            Rehearsal::Call(Ec2Call::DeletePeering { peering: "pcx-1".parse().unwrap() }),
            "DeleteVpcPeeringConnection",
            vec![("VpcPeeringConnectionId", "pcx-1")],
        ),
        (
            Rehearsal::Call(Ec2Call::CreateRoute(RouteRequest {
                table: route.table.clone(),
                destination: route.destination,
                peering: Some(route.peering),
            })),
            "CreateRoute",
            routes::CREATION.to_vec(),
        ),
        (
            Rehearsal::Call(Ec2Call::DeleteRoute {
                table: route.table,
                destination: route.destination,
            }),
            "DeleteRoute",
            routes::CREATION[..2].to_vec(),
        ),
    ]
}

fn permitted() -> ResponseTemplate {
    let text = "Request would have succeeded, but DryRun flag is set.";
    ec2_error(412, "DryRunOperation", text)
}

#[tokio::test]
async fn every_rehearsal_is_marked_as_one_and_sends_what_the_call_would() {
    for (rehearsal, action, mut sent) in all() {
        let aws = Aws::with(action, permitted()).await;
        assert_eq!(aws.client.rehearse(&rehearsal).await.unwrap(), Verdict::Permitted);
        sent.push(("DryRun", "true"));
        // Nothing is made, so that of any hour will do.
        let token = request_of_endpoint().token(UNIX_EPOCH);
        if action == "CreateVpcEndpoint" {
            sent.push(("ClientToken", &token));
        }
        assert_form(&aws.request().await, action, &sent);
        assert_eq!(rehearsal.operation(), format!("ec2:{action}"));
    }
}

#[tokio::test]
async fn a_call_that_was_made_is_not_aws() {
    for (rehearsal, action, _) in all() {
        let aws = Aws::with(action, ec2(action, "<return>true</return>")).await;
        let error = aws.client.rehearse(&rehearsal).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol, "{action}");
        assert_eq!(error.operation(), rehearsal.operation());
    }
}

async fn verdict(answer: ResponseTemplate) -> Result<Verdict, ErrorKind> {
    let aws = Aws::with("CreateVpcEndpoint", answer).await;
    let rehearsal = new_endpoint();
    aws.client.rehearse(&rehearsal).await.map_err(|error| error.kind().clone())
}

#[tokio::test]
async fn a_denial_names_what_is_lacking() {
    for (code, message, expected) in [
        ("UnauthorizedOperation", "You are not authorized to perform this operation.", None),
        (
            "UnauthorizedOperation",
            "You are not authorized to perform this operation. User: \
             arn:aws:sts::111122223333:assumed-role/deploy/ci is not authorized to perform: \
             ec2:CreateTags on resource: arn:aws:ec2:us-east-1:111122223333:vpc-endpoint/* because \
             no identity-based policy allows the ec2:CreateTags action. Encoded authorization \
             failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm",
            Some("ec2:CreateTags"),
        ),
        ("AccessDenied", "User is not authorized to perform: ec2:CreateVpcEndpoint", None),
    ] {
        let expected = expected.unwrap_or("ec2:CreateVpcEndpoint");
        let found = verdict(ec2_error(403, code, message)).await;
        assert_eq!(found, Ok(Verdict::Denied(expected.into())), "{message}");
    }
}

#[tokio::test]
async fn what_aws_looks_at_before_permissions_tells_nothing() {
    for code in [
        "InvalidVpcID.NotFound",
        "InvalidServiceName",
        "InvalidParameter",
        "DuplicateSubnetsInSameZone",
        "VpcEndpointLimitExceeded",
        "InvalidGroup.Duplicate",
    ] {
        let found = verdict(ec2_error(400, code, "said")).await;
        assert_eq!(found, Ok(Verdict::NotTold(format!("{code}: said"))));
    }
}

#[tokio::test]
async fn who_cannot_be_asked_gives_no_verdict() {
    for (status, code, expected) in [
        (401, "AuthFailure", ErrorKind::Unauthorized),
        (503, "RequestLimitExceeded", ErrorKind::RateLimited { retry_after: None }),
        (500, "InternalError", ErrorKind::Transient),
        // No permission would help.
        (401, "OptInRequired", ErrorKind::Forbidden),
        (400, "Blocked", ErrorKind::Forbidden),
        (400, "PendingVerification", ErrorKind::Forbidden),
    ] {
        assert_eq!(verdict(ec2_error(status, code, "said")).await, Err(expected), "{code}");
    }
    // A proxy.
    let forbidden = xml(403, "<html>not from here</html>");
    assert_eq!(verdict(forbidden).await, Err(ErrorKind::Forbidden));
}
