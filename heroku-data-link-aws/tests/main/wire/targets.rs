//! Clients of profiles, each in a process of its own.

use heroku_data_link_aws::{Target, Targets};

use crate::wire::environment::{KEYS, as_profile, call_aws, sts};
use crate::wire::support::ACCOUNT;

const CONFIG: &str = "
[profile orders]
region = eu-west-1
aws_access_key_id = AKIDORDERS
aws_secret_access_key = canary-secret-of-orders

[profile empty]
region = eu-west-1

[profile lost]
role_arn = arn:aws:iam::111122223333:role/lost
source_profile = nobody
";

#[tokio::test]
async fn a_profile_beats_the_keys_of_the_environment() {
    let server = sts().await;
    let uri = server.uri();
    let environment =
        [&KEYS[..], &[("AWS_ENDPOINT_URL", &*uri), ("AWS_PROFILE", "empty"), as_profile("orders")]]
            .concat();
    let said = call_aws("profile", &[(".aws/config", CONFIG)], &environment);
    // The region of the environment counts, as it does for every AWS tool.
    assert_eq!(said, format!("calls as arn:aws:iam::{ACCOUNT}:user/jane in us-east-1"));
    let requests = server.received_requests().await.unwrap();
    let signed = requests[0].headers["authorization"].to_str().unwrap();
    assert!(signed.contains("Credential=AKIDORDERS/"), "{signed}");
    assert!(!requests[0].headers.contains_key("x-amz-security-token"));
}

#[tokio::test]
async fn a_profile_that_does_not_exist_is_named_with_its_file() {
    let server = sts().await;
    let uri = server.uri();
    let environment = [&KEYS[..], &[("AWS_ENDPOINT_URL", &*uri), as_profile("ordres")]].concat();
    let files = [(".aws/config", CONFIG)];
    let usual = "no client: there is no profile \"ordres\" in ~/.aws/config and ~/.aws/credentials";
    for files in [&files[..], &[]] {
        assert_eq!(call_aws("profile-unknown", files, &environment), usual);
    }
    let elsewhere = [&environment[..], &[("AWS_CONFIG_FILE", "/nowhere/aws")]].concat();
    assert_eq!(
        call_aws("profile-elsewhere", &files, &elsewhere),
        "no client: there is no profile \"ordres\" in /nowhere/aws and ~/.aws/credentials"
    );
    let broken = [(".aws/config", "[profile orders\nregion")];
    let said = call_aws("profile-broken", &broken, &environment);
    assert!(
        said.starts_with("no client: the profiles of ~/.aws/config and ~/.aws/credentials cannot"),
        "{said}"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_profile_without_credentials_does_not_borrow_others() {
    let server = sts().await;
    let uri = server.uri();
    for name in ["empty", "lost"] {
        let environment = [&KEYS[..], &[("AWS_ENDPOINT_URL", &*uri), as_profile(name)]].concat();
        let said = call_aws("profile-empty", &[(".aws/config", CONFIG)], &environment);
        assert!(said.starts_with("failed: sts:GetCallerIdentity: unauthorized: "), "{said}");
        assert!(said.contains(&format!("the profile {name:?} gives no credentials")), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_target_has_a_region_of_its_own() {
    let target = Target { region: Some("ap-northeast-1".parse().unwrap()), ..Target::default() };
    let targets = Targets::new();
    let client = targets.client(&target).await.unwrap();
    assert_eq!(client.region().as_str(), "ap-northeast-1");
}
