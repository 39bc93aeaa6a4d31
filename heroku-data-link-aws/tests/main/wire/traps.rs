//! The ten traps of AWS's interfaces, each by the name of what it would do to a user.

use heroku_data_link::model::{EndpointState, KeyState, PeeringStatus, RouteState};
use heroku_data_link::provider::{
    EndpointQuery, EndpointServices, ErrorKind, Keys, NewEndpoint, PeeringQuery, RouteTableQuery,
    RouteTables, VpcEndpoints, VpcPeerings, Vpcs,
};
use wiremock::ResponseTemplate;

use crate::wire::support::{
    Aws, KEY, KEY_ID, VPC, assert_json, ec2_error, form, json, kms, kms_error, value,
};
use crate::wire::{endpoints, keys, peerings};

/// The SDK's own enum knows `Available`, and EC2 sends `available`.
#[tokio::test]
async fn trap_1_states_of_endpoints_are_read_from_their_text() {
    let aws = Aws::start().await;
    let query = EndpointQuery::Id("vpce-1".parse().unwrap());
    for (word, expected) in [
        ("pendingAcceptance", EndpointState::PendingAcceptance),
        ("pending", EndpointState::Pending),
        ("available", EndpointState::Available),
        ("partial", EndpointState::Partial),
        ("rejected", EndpointState::Rejected),
        ("failed", EndpointState::Failed),
        ("expired", EndpointState::Expired),
        ("deleting", EndpointState::Deleting),
        ("deleted", EndpointState::Deleted),
        // As the SDK spells it, should AWS ever do so.
        ("PendingAcceptance", EndpointState::PendingAcceptance),
        ("newest", EndpointState::Other("newest".to_owned())),
    ] {
        let item = format!(
            "<vpcEndpointId>vpce-1</vpcEndpointId><vpcId>{VPC}</vpcId><state>{word}</state>"
        );
        aws.list("DescribeVpcEndpoints", "vpcEndpointSet", &[item], "").await;
        let found = aws.client.endpoints(&query).await.unwrap();
        assert_eq!(found[0].state, expected, "{word}");
    }
}

async fn peering(aws: &Aws, status: &str) -> heroku_data_link::provider::PeeringConnection {
    let item = format!("<vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>{status}");
    aws.list("DescribeVpcPeeringConnections", "vpcPeeringConnectionSet", &[item], "").await;
    let query = PeeringQuery::Id("pcx-1".parse().unwrap());
    aws.client.peering_connections(&query).await.unwrap().remove(0)
}

#[tokio::test]
async fn trap_2_other_states_are_read_from_their_text_as_well() {
    let aws = Aws::start().await;
    for (word, expected) in [
        ("initiating-request", PeeringStatus::InitiatingRequest),
        ("pending-acceptance", PeeringStatus::PendingAcceptance),
        ("provisioning", PeeringStatus::Provisioning),
        ("active", PeeringStatus::Active),
        ("failed", PeeringStatus::Failed),
        ("rejected", PeeringStatus::Rejected),
        ("expired", PeeringStatus::Expired),
        ("deleting", PeeringStatus::Deleting),
        ("deleted", PeeringStatus::Deleted),
        ("newest", PeeringStatus::Other("newest".to_owned())),
    ] {
        let found = peering(&aws, &format!("<status><code>{word}</code></status>")).await;
        assert_eq!(found.status, expected, "{word}");
    }
    let tables = RouteTableQuery::InVpc(VPC.parse().unwrap());
    for (word, expected) in [
        ("active", RouteState::Active),
        ("blackhole", RouteState::Blackhole),
        ("filtered", RouteState::Filtered),
        ("newest", RouteState::Other("newest".to_owned())),
    ] {
        let item = format!(
            "<routeTableId>rtb-1</routeTableId><vpcId>{VPC}</vpcId><routeSet><item>\
             <destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><state>{word}</state>\
             </item></routeSet>"
        );
        aws.list("DescribeRouteTables", "routeTableSet", &[item], "").await;
        let found = aws.client.route_tables(&tables).await.unwrap();
        assert_eq!(found[0].routes[0].state, expected, "{word}");
    }
    for (word, expected) in [
        ("Creating", KeyState::Creating),
        ("Enabled", KeyState::Enabled),
        ("Disabled", KeyState::Disabled),
        ("PendingDeletion", KeyState::PendingDeletion),
        ("PendingImport", KeyState::PendingImport),
        ("PendingReplicaDeletion", KeyState::PendingReplicaDeletion),
        ("Unavailable", KeyState::Unavailable),
        ("Updating", KeyState::Updating),
        ("Newest", KeyState::Other("Newest".to_owned())),
    ] {
        let metadata = format!(r#""KeyId":"{KEY_ID}","Arn":"{KEY}","KeyState":"{word}""#);
        aws.on("DescribeKey", kms(&format!(r#"{{"KeyMetadata":{{{metadata}}}}}"#))).await;
        let found = aws.client.key(&KEY.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(found.state, expected, "{word}");
    }
}

/// Waiting is the driver's, with its own clock: a creation answers before anything is ready, with
/// one request. That the workflow then waits for every state is held by the core's tests of
/// convergence.
#[tokio::test]
async fn trap_3_nothing_waits_for_what_it_made() {
    let aws = Aws::start().await;
    let endpoint = "<vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId>\
                    <state>pendingAcceptance</state></vpcEndpoint>";
    aws.ok("CreateVpcEndpoint", endpoint).await;
    aws.client.create_endpoint(&endpoints::new_endpoint()).await.unwrap();
    let connection = "<vpcPeeringConnection><vpcPeeringConnectionId>pcx-1\
                      </vpcPeeringConnectionId><status><code>initiating-request</code></status>\
                      </vpcPeeringConnection>";
    aws.ok("CreateVpcPeeringConnection", connection).await;
    aws.client.create_peering_connection(&peerings::new_connection()).await.unwrap();
    aws.ok("DeleteVpcEndpoints", "").await;
    aws.client.delete_endpoint(&"vpce-1".parse().unwrap()).await.unwrap();
    assert_eq!(
        aws.actions().await,
        ["CreateVpcEndpoint", "CreateVpcPeeringConnection", "DeleteVpcEndpoints"]
    );
}

/// aws-sdk-ec2 has no typed errors, and aws-sdk-kms only some.
#[tokio::test]
async fn trap_4_errors_are_told_by_their_code() {
    let aws = Aws::start().await;
    for (code, expected) in [
        ("UnauthorizedOperation", ErrorKind::Forbidden),
        ("AuthFailure", ErrorKind::Unauthorized),
        ("InvalidVpcID.NotFound", ErrorKind::NotFound),
        ("invalidvpcid.notfound", ErrorKind::NotFound),
        ("RequestLimitExceeded", ErrorKind::RateLimited { retry_after: None }),
        ("VpcEndpointLimitExceeded", ErrorKind::QuotaExceeded),
        ("DependencyViolation", ErrorKind::Conflict),
        ("InternalError", ErrorKind::Transient),
        ("InvalidParameterValue", ErrorKind::InvalidRequest),
    ] {
        aws.on("DescribeVpcs", ec2_error(400, code, "said")).await;
        let error = aws.client.vpc(&VPC.parse().unwrap()).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{code}");
        assert_eq!(error.message(), format!("{code}: said"));
    }
    for (code, expected) in [
        ("AccessDeniedException", ErrorKind::Forbidden),
        ("ThrottlingException", ErrorKind::RateLimited { retry_after: None }),
        ("ValidationException", ErrorKind::InvalidRequest),
        ("KMSInvalidStateException", ErrorKind::Conflict),
    ] {
        aws.on("DisableKey", kms_error(code, "said")).await;
        let error = aws.client.disable_key(&KEY.parse().unwrap()).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{code}");
    }
}

#[tokio::test]
async fn trap_5_the_token_is_the_callers_and_no_creation_is_repeated() {
    let aws = Aws::start().await;
    for token in ["Token-1", "token-2"] {
        let endpoint = NewEndpoint { client_token: token.to_owned(), ..endpoints::new_endpoint() };
        let made = "<vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId></vpcEndpoint>";
        aws.ok("CreateVpcEndpoint", made).await;
        aws.client.create_endpoint(&endpoint).await.unwrap();
        let sent = form(aws.requests().await.last().unwrap());
        assert_eq!(value(&sent, "ClientToken").as_deref(), Some(token));
    }
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(503),
        ec2_error(500, "InternalError", "try again"),
        ec2_error(503, "RequestLimitExceeded", "slow down"),
        json(500, r#"{"__type":"KMSInternalException"}"#),
        json(400, r#"{"__type":"ThrottlingException"}"#),
    ] {
        let aws = Aws::with("CreateVpcEndpoint", answer.clone()).await;
        aws.client.create_endpoint(&endpoints::new_endpoint()).await.unwrap_err();
        aws.on("CreateVpcPeeringConnection", answer.clone()).await;
        aws.client.create_peering_connection(&peerings::new_connection()).await.unwrap_err();
        aws.on("CreateKey", answer).await;
        aws.client.create_key(&keys::new_key()).await.unwrap_err();
        assert_eq!(
            aws.actions().await,
            ["CreateVpcEndpoint", "CreateVpcPeeringConnection", "CreateKey"]
        );
    }
}

#[tokio::test]
async fn trap_6_a_quota_of_kms_is_no_throttling() {
    let aws = Aws::with("CreateKey", kms_error("LimitExceededException", "too many keys")).await;
    let error = aws.client.create_key(&keys::new_key()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::QuotaExceeded);
    assert_eq!(aws.actions().await, ["CreateKey"]);
}

/// A letter means another zone in another account.
#[tokio::test]
async fn trap_7_zones_are_compared_by_id() {
    let name = endpoints::SERVICE;
    let service = |zones: &str| {
        format!(
            "<serviceDetailSet><item><serviceName>{name}</serviceName>{zones}</item>\
             </serviceDetailSet>"
        )
    };
    let names = "<availabilityZoneSet><item>us-east-1a</item></availabilityZoneSet>";
    let ids = "<availabilityZoneIdSet><item>use1-az6</item></availabilityZoneIdSet>";
    let subnet = format!(
        "<subnetId>subnet-1</subnetId><vpcId>{VPC}</vpcId>\
         <availabilityZone>us-east-1a</availabilityZone>\
         <availabilityZoneId>use1-az4</availabilityZoneId>"
    );
    for (zones, expected, actions) in [
        (format!("{names}{ids}"), "use1-az6", &["DescribeVpcEndpointServices"][..]),
        (names.to_owned(), "use1-az4", &["DescribeVpcEndpointServices", "DescribeSubnets"]),
    ] {
        let aws = Aws::start().await;
        aws.ok("DescribeVpcEndpointServices", &service(&zones)).await;
        aws.list("DescribeSubnets", "subnetSet", &[&subnet], "").await;
        let found = aws.client.endpoint_service(&name.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(found.zones, Some([expected.parse().unwrap()].into()));
        assert_eq!(aws.actions().await, actions);
    }
}

/// A wrong account, VPC or region and overlapping blocks are accepted at first.
#[tokio::test]
async fn trap_8_a_failed_peering_is_data_and_no_error() {
    let aws = Aws::start().await;
    let text = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";
    let status = format!("<status><code>failed</code><message>{text}</message></status>");
    let found = peering(&aws, &status).await;
    assert_eq!((found.status, found.message.as_deref()), (PeeringStatus::Failed, Some(text)));
}

/// A key that is tagged later is lost when the run ends in between.
#[tokio::test]
async fn trap_9_a_key_is_made_with_its_policy_and_tags() {
    let aws = Aws::with("CreateKey", kms(&keys::created())).await;
    aws.client.create_key(&keys::new_key()).await.unwrap();
    assert_json(&aws.request().await, "CreateKey", keys::CREATION);
}

/// Left out, it does not mean no.
#[tokio::test]
async fn trap_10_private_dns_is_switched_off_in_words() {
    let aws = Aws::start().await;
    let made = "<vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId></vpcEndpoint>";
    aws.ok("CreateVpcEndpoint", made).await;
    aws.client.create_endpoint(&endpoints::new_endpoint()).await.unwrap();
    let sent = form(&aws.request().await);
    assert_eq!(value(&sent, "PrivateDnsEnabled").as_deref(), Some("false"));
}
