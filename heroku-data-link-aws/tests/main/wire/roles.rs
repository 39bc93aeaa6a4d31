//! Clients that act in a role, against an STS that is told what to answer.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use heroku_data_link::provider::{ErrorCode, ErrorKind, Identity, Keys, Vpcs};
use heroku_data_link::reconcile::{Clock, SystemClock};
use heroku_data_link_aws::{AssumedRole, BuildError, Client, Credentials};
use wiremock::{Request, ResponseTemplate};

use crate::wire::support::{Aws, KEY, VPC, ec2, form, kms, value, xml};

const ROLE: &str = "arn:aws:iam::444455556666:role/team/data-link";

fn role() -> AssumedRole {
    AssumedRole::new(ROLE.parse().unwrap())
}

/// Credentials with this number, which end after so long.
fn assumed(number: u32, lifetime: Duration) -> ResponseTemplate {
    let end = DateTime::from(SystemClock.now() + lifetime).fmt(Format::DateTime).unwrap();
    let body = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>\
         <Arn>arn:aws:sts::444455556666:assumed-role/data-link/x</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>ASIA{number}</AccessKeyId>\
         <SecretAccessKey>canary-secret-{number}</SecretAccessKey>\
         <SessionToken>canary-token-{number}</SessionToken><Expiration>{end}</Expiration>\
         </Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    xml(200, &body)
}

fn refusal(status: u16, code: &str, message: &str) -> ResponseTemplate {
    xml(
        status,
        &format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>r-sts</RequestId></ErrorResponse>"
        ),
    )
}

const HOUR: Duration = Duration::from_hours(1);

/// Whose key signed a request.
fn signer(request: &Request) -> String {
    let header = request.headers["authorization"].to_str().unwrap();
    let (_, credential) = header.split_once("Credential=").unwrap();
    credential.split('/').next().unwrap().to_owned()
}

async fn look(client: &Client) -> Result<(), heroku_data_link::provider::ProviderError> {
    client.vpc(&VPC.parse().unwrap()).await.map(|found| assert_eq!(found, None))
}

#[tokio::test]
async fn a_role_is_assumed_once_for_all_services_and_regions() {
    let aws = Aws::start().await;
    let client =
        aws.client.in_role(&role().external_id("acme:7/f").session_name("orders")).unwrap();
    assert_eq!(client.region(), aws.client.region());
    assert!(aws.requests().await.is_empty(), "nothing is sent before it is needed");
    aws.on("AssumeRole", assumed(1, HOUR)).await;
    aws.on("EnableKey", kms("")).await;
    for client in [&client, &client.in_region("eu-west-1".parse().unwrap()), &client.clone()] {
        aws.ok("DescribeVpcs", "").await;
        look(client).await.unwrap();
    }
    client.enable_key(&KEY.parse().unwrap()).await.unwrap();
    let _ = client.caller_identity().await;
    // The caller's own credentials are what they were.
    aws.ok("DescribeVpcs", "").await;
    look(&aws.client).await.unwrap();

    let requests = aws.requests().await;
    let signers: Vec<_> = requests.iter().map(signer).collect();
    assert_eq!(signers, ["AKID", "ASIA1", "ASIA1", "ASIA1", "ASIA1", "ASIA1", "AKID"]);
    let tokens: BTreeSet<_> = requests[1..6]
        .iter()
        .map(|it| it.headers["x-amz-security-token"].to_str().unwrap())
        .collect();
    assert_eq!(tokens, BTreeSet::from(["canary-token-1"]));
    let mut sent = form(&requests[0]);
    sent.sort();
    let expected = [
        ("Action", "AssumeRole"),
        ("ExternalId", "acme:7/f"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "orders"),
        ("Version", "2011-06-15"),
    ];
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_session_has_a_name_unless_told_and_no_external_id() {
    let aws = Aws::start().await;
    aws.on("AssumeRole", assumed(1, HOUR)).await;
    aws.ok("DescribeVpcs", "").await;
    look(&aws.client.in_role(&role()).unwrap()).await.unwrap();
    let sent = form(&aws.requests().await[0]);
    assert_eq!(value(&sent, "RoleSessionName").as_deref(), Some("heroku-data-link"));
    assert_eq!(value(&sent, "ExternalId"), None);
}

#[tokio::test]
async fn credentials_are_renewed_shortly_before_their_end() {
    let aws = Aws::start().await;
    let client = aws.client.in_role(&role()).unwrap();
    // They would end while a call is under way.
    aws.on("AssumeRole", assumed(1, Duration::from_secs(25))).await;
    aws.on("AssumeRole", assumed(2, HOUR)).await;
    for _ in 0..3 {
        aws.ok("DescribeVpcs", "").await;
        look(&client).await.unwrap();
    }
    let signers: Vec<_> = aws.requests().await.iter().map(signer).collect();
    assert_eq!(signers, ["AKID", "ASIA1", "AKID", "ASIA2", "ASIA2"]);
}

#[tokio::test]
async fn a_role_of_a_role_is_assumed_in_turn() {
    let aws = Aws::start().await;
    let second = AssumedRole::new("arn:aws:iam::777788889999:role/inner".parse().unwrap());
    let client = aws.client.in_role(&role()).unwrap().in_role(&second).unwrap();
    aws.on("AssumeRole", assumed(1, HOUR)).await;
    aws.on("AssumeRole", assumed(2, HOUR)).await;
    aws.ok("DescribeVpcs", "").await;
    look(&client).await.unwrap();
    let signers: Vec<_> = aws.requests().await.iter().map(signer).collect();
    assert_eq!(signers, ["AKID", "ASIA1", "ASIA2"]);
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_named_with_the_action() {
    let denied = format!(
        "User: arn:aws:iam::111122223333:user/jane is not authorized to perform: sts:AssumeRole on \
         resource: {ROLE}"
    );
    let aws = Aws::start().await;
    let client = aws.client.in_role(&role()).unwrap();
    aws.on("AssumeRole", refusal(403, "AccessDenied", &denied)).await;
    let error = look(&client).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unauthorized);
    assert_eq!(error.code(), Some(ErrorCode::RoleNotAssumed));
    assert_eq!(
        error.to_string(),
        format!(
            "ec2:DescribeVpcs: unauthorized: the role {ROLE} was not assumed: sts:AssumeRole: \
             forbidden: AccessDenied: {denied} (request id r-sts)"
        )
    );
    assert_eq!(aws.actions().await, ["AssumeRole"]);
    // It is asked for again, and a refusal is not kept.
    aws.on("AssumeRole", assumed(1, HOUR)).await;
    aws.ok("DescribeVpcs", "").await;
    look(&client).await.unwrap();
}

#[tokio::test]
async fn what_heals_by_itself_is_told_as_such_and_sent_once() {
    let mistaken = "<AssumeRoleResponse><AssumeRoleResult></AssumeRoleResult></AssumeRoleResponse>";
    for (answer, kind) in [
        (refusal(500, "InternalFailure", "x"), ErrorKind::Transient),
        (refusal(400, "Throttling", "x"), ErrorKind::RateLimited { retry_after: None }),
        (refusal(400, "ExpiredToken", "x"), ErrorKind::Unauthorized),
        (refusal(403, "RegionDisabledException", "x"), ErrorKind::Unauthorized),
        (xml(200, mistaken), ErrorKind::Unauthorized),
        (xml(200, "<AssumeRoleResponse><AssumeRoleResult>"), ErrorKind::Transient),
    ] {
        let aws = Aws::with("AssumeRole", answer).await;
        let client = aws.client.in_role(&role()).unwrap();
        let error = look(&client).await.unwrap_err();
        assert_eq!(*error.kind(), kind, "{error}");
        assert!(error.message().contains(&format!("{ROLE} was not assumed")), "{error}");
        assert_eq!(aws.actions().await, ["AssumeRole"], "{error}");
    }
}

#[tokio::test]
async fn neither_debug_nor_errors_show_a_secret_of_a_role_or_its_caller() {
    let aws = Aws::start().await;
    let own = Credentials::new(
        "AKID",
        "canary-own-secret",
        Some("canary-own-token".into()),
        None,
        "test",
    );
    let caller =
        Client::builder("us-east-1".parse().unwrap(), own).endpoint_url(aws.server.uri()).build();
    let client = caller.in_role(&role().external_id("acme-7f3a")).unwrap();
    let repeated = "canary-own-secret canary-own-token";
    aws.on("AssumeRole", refusal(403, "AccessDenied", repeated)).await;
    let mut shown = vec![format!("{:?}", look(&client).await.unwrap_err())];
    aws.on("AssumeRole", assumed(1, HOUR)).await;
    let repeated = "canary-secret-1 canary-token-1";
    aws.on("DescribeVpcs", crate::wire::support::ec2_error(403, "AuthFailure", repeated)).await;
    shown.push(format!("{:?}", look(&client).await.unwrap_err()));
    aws.on("AssumeRole", ec2("AssumeRole", repeated)).await;
    shown.push(format!("{client:?} {:?}", role()));
    let shown = shown.join(" ");
    assert!(shown.contains("***") && shown.contains(ROLE), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn what_is_no_role_is_refused_at_once() {
    let aws = Aws::start().await;
    let account = AssumedRole::new("444455556666".parse().unwrap());
    let error = aws.client.in_role(&account).unwrap_err();
    assert!(matches!(error, BuildError::Role { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "arn:aws:iam::444455556666:root cannot be assumed: it is no role"
    );
}
