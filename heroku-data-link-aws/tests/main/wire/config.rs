//! Clients out of a configuration of the AWS SDK.

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use heroku_data_link::provider::{ErrorKind, Identity, Keys, VpcPeerings, Vpcs};
use heroku_data_link_aws::{BuildError, Client, SdkConfig};
use wiremock::{Request, ResponseTemplate};

use crate::wire::peerings;
use crate::wire::support::{Aws, KEY, VPC, client_of, credentials, ec2, kms};

fn config(region: Option<&'static str>, url: &str) -> SdkConfig {
    let mut builder = SdkConfig::builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials()))
        .endpoint_url(url)
        .retry_config(RetryConfig::standard().with_max_attempts(5));
    builder.set_region(region.map(Region::from_static));
    builder.build()
}

#[tokio::test]
async fn a_region_is_needed_and_must_be_one() {
    let error = Client::from_sdk_config(&config(None, "http://127.0.0.1:1")).unwrap_err();
    assert!(matches!(error, BuildError::NoRegion), "{error:?}");
    assert!(error.to_string().contains("AWS_REGION"), "{error}");
    for region in ["", "Europe", "us-east-1a", "us-east-1.attacker.example"] {
        let error = Client::from_sdk_config(&config(Some(region), "http://127.0.0.1:1"));
        let error = error.unwrap_err();
        assert!(matches!(error, BuildError::Region(_)), "{error:?}");
    }
    let client = Client::from_sdk_config(&config(Some("eu-west-1"), "http://127.0.0.1:1")).unwrap();
    assert_eq!(client.region().as_str(), "eu-west-1");
    assert_eq!(Vpcs::region(&client), Keys::region(&client));
}

#[tokio::test]
async fn retries_of_the_configuration_are_off() {
    let aws = Aws::start().await;
    let client = Client::from_sdk_config(&config(Some("us-east-1"), &aws.server.uri())).unwrap();
    let create = "CreateVpcPeeringConnection";
    aws.on(create, ResponseTemplate::new(500)).await;
    let error = client.create_peering_connection(&peerings::new_connection()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Transient);
    assert_eq!(aws.actions().await, [create]);
    // In another region as well.
    let elsewhere = client.in_region("eu-west-1".parse().unwrap());
    aws.on(create, ResponseTemplate::new(500)).await;
    elsewhere.create_peering_connection(&peerings::new_connection()).await.unwrap_err();
    assert_eq!(aws.actions().await, [create, create]);
}

/// Region and service of a signature.
fn scope(request: &Request) -> String {
    let header = request.headers["authorization"].to_str().unwrap();
    let (_, credential) = header.split_once("Credential=").unwrap();
    let parts: Vec<_> = credential.split(',').next().unwrap().split('/').collect();
    assert_eq!((parts[0], parts[4]), ("AKID", "aws4_request"));
    format!("{} {}", parts[2], parts[3])
}

#[tokio::test]
async fn each_region_is_asked_in_its_own_name() {
    let aws = Aws::start().await;
    let there = aws.client.in_region("eu-west-1".parse().unwrap());
    assert_eq!((aws.client.region().as_str(), there.region().as_str()), ("us-east-1", "eu-west-1"));
    let id = VPC.parse().unwrap();
    for client in
        [&aws.client, &there, &there.clone(), &there.in_region("us-east-1".parse().unwrap())]
    {
        aws.on("DescribeVpcs", ec2("DescribeVpcs", "")).await;
        assert_eq!(client.vpc(&id).await.unwrap(), None);
    }
    aws.on("EnableKey", kms("")).await;
    let key = KEY.replace("us-east-1", "eu-west-1").parse().unwrap();
    there.enable_key(&key).await.unwrap();
    let _ = there.caller_identity().await;
    let scopes: Vec<_> = aws.requests().await.iter().map(scope).collect();
    assert_eq!(
        scopes,
        [
            "us-east-1 ec2",
            "eu-west-1 ec2",
            "eu-west-1 ec2",
            "us-east-1 ec2",
            "eu-west-1 kms",
            "eu-west-1 sts",
        ]
    );
}

#[tokio::test]
async fn timeouts_are_there_unless_set_otherwise() {
    let timeouts = heroku_data_link_aws::default_timeouts();
    assert_eq!(timeouts.connect_timeout(), Some(Duration::from_secs(4)));
    assert_eq!(timeouts.operation_timeout(), Some(Duration::from_secs(30)));
    // A configuration's own are kept.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let timeouts = aws_smithy_types::timeout::TimeoutConfig::builder()
        .operation_timeout(Duration::from_millis(100))
        .build();
    let config = config(Some("us-east-1"), &url).to_builder().timeout_config(timeouts).build();
    let client = Client::from_sdk_config(&config).unwrap();
    let error = client.vpc(&VPC.parse().unwrap()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Timeout);
}

#[test]
fn a_client_can_be_made_outside_of_a_runtime() {
    let client = client_of("http://127.0.0.1:1");
    assert_eq!(client.region().as_str(), "us-east-1");
}
