//! Finding KMS keys: by ARN, by alias, by tag.

use std::time::{Duration, UNIX_EPOCH};

use heroku_data_link::model::{KeyArn, KeyState};
use heroku_data_link::provider::{ErrorKind, Key, Keys};

use crate::wire::support::{Aws, KEY, KEY_ID, assert_json, json, kms, kms_error, tag, tags};

fn arn() -> KeyArn {
    KEY.parse().unwrap()
}

/// A key's description, by its id.
fn described(id: &str, rest: &str) -> String {
    let arn = KEY.replace(KEY_ID, id);
    format!(r#"{{"KeyMetadata":{{"KeyId":"{id}","Arn":"{arn}","KeyState":"Enabled"{rest}}}}}"#)
}

#[tokio::test]
async fn a_key_as_kms_describes_it() {
    let whole = r#","AWSAccountId":"111122223333","Enabled":true,"KeyUsage":"ENCRYPT_DECRYPT",
        "KeySpec":"SYMMETRIC_DEFAULT","Origin":"AWS_KMS","KeyManager":"CUSTOMER",
        "MultiRegion":false,"Description":"data","CreationDate":86400.25,"Newest":{"a":[1]}"#;
    let aws = Aws::with("DescribeKey", kms(&described(KEY_ID, whole))).await;
    let found = aws.client.key(&arn()).await.unwrap().unwrap();
    assert_eq!(
        found,
        Key {
            arn: arn(),
            state: KeyState::Enabled,
            usage: "ENCRYPT_DECRYPT".to_owned(),
            spec: "SYMMETRIC_DEFAULT".to_owned(),
            origin: "AWS_KMS".to_owned(),
            description: "data".to_owned(),
            is_aws_managed: false,
            is_multi_region: false,
            created_at: Some(UNIX_EPOCH + Duration::from_millis(86_400_250)),
            deletion_at: None,
        }
    );
    assert_json(&aws.request().await, "DescribeKey", &format!(r#"{{"KeyId":"{KEY}"}}"#));

    let aws_managed = r#","KeyManager":"AWS","MultiRegion":true,"DeletionDate":86400"#;
    aws.on("DescribeKey", kms(&described(KEY_ID, aws_managed))).await;
    let found = aws.client.key_by_alias(&"alias/x".parse().unwrap()).await.unwrap().unwrap();
    assert!(found.is_aws_managed && found.is_multi_region);
    assert_eq!(found.deletion_at, Some(UNIX_EPOCH + Duration::from_hours(24)));
    assert_eq!((found.usage.as_str(), found.created_at), ("", None));
    assert_json(&aws.requests().await[1], "DescribeKey", r#"{"KeyId":"alias/x"}"#);
}

#[tokio::test]
async fn a_key_may_be_absent_and_must_be_whole() {
    let aws = Aws::start().await;
    let alias = "alias/x".parse().unwrap();
    for _ in 0..2 {
        let message = "Alias arn:aws:kms:us-east-1:111122223333:alias/x is not found.";
        aws.on("DescribeKey", kms_error("NotFoundException", message)).await;
    }
    assert_eq!(aws.client.key(&arn()).await.unwrap(), None);
    assert_eq!(aws.client.key_by_alias(&alias).await.unwrap(), None);
    for (answer, expected) in [
        ("{}", "the answer has no KeyMetadata"),
        (r#"{"KeyMetadata":{"KeyId":"1"}}"#, "the answer has no Arn"),
        (r#"{"KeyMetadata":{"KeyId":"1","Arn":"arn:aws:kms:x"}}"#, "Arn in the answer: "),
    ] {
        aws.on("DescribeKey", kms(answer)).await;
        let error = aws.client.key(&arn()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().starts_with(expected), "{error}");
    }
    aws.on("DescribeKey", kms_error("AccessDeniedException", "no")).await;
    let error = aws.client.key_by_alias(&alias).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn tags_of_a_key() {
    let aws = Aws::start().await;
    let page = |key: &str, more: &str| {
        format!(r#"{{"Tags":[{{"TagKey":"{key}","TagValue":"acme"}}]{more}}}"#)
    };
    let more = r#","NextMarker":"M1","Truncated":true"#;
    aws.on("ListResourceTags", kms(&page("heroku-data-link", more))).await;
    aws.on("ListResourceTags", kms(&page("z", r#","Truncated":false"#))).await;
    let found = aws.client.key_tags(&arn()).await.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["heroku-data-link", "z"]);
    let requests = aws.requests().await;
    let first = format!(r#"{{"KeyId":"{KEY_ID}","Limit":50}}"#);
    assert_json(&requests[0], "ListResourceTags", &first);
    let second = format!(r#"{{"KeyId":"{KEY_ID}","Limit":50,"Marker":"M1"}}"#);
    assert_json(&requests[1], "ListResourceTags", &second);

    aws.on("ListResourceTags", kms(r#"{"Truncated":false}"#)).await;
    assert!(aws.client.key_tags(&arn()).await.unwrap().is_empty());
    aws.on("ListResourceTags", kms_error("NotFoundException", "no")).await;
    let error = aws.client.key_tags(&arn()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);
}

const NO_TAGS: &str = r#"{"Tags":[],"Truncated":false}"#;

fn own_tags() -> String {
    let tags = tags();
    let (key, value) = tags.first_key_value().unwrap();
    format!(r#"{{"Tags":[{{"TagKey":"{key}","TagValue":"{value}"}}],"Truncated":false}}"#)
}

fn listed(ids: &[&str], more: &str) -> String {
    let keys: Vec<_> = ids.iter().map(|id| format!(r#"{{"KeyId":"{id}"}}"#)).collect();
    format!(r#"{{"Keys":[{}]{more}}}"#, keys.join(","))
}

#[tokio::test]
async fn keys_by_tag_are_looked_for_on_every_page() {
    let aws = Aws::start().await;
    let more = r#","NextMarker":"M1","Truncated":true"#;
    aws.on("ListKeys", kms(&listed(&["1a", "2a"], more))).await;
    aws.on("ListKeys", kms(&listed(&["3a", "4a"], r#","Truncated":false"#))).await;
    aws.on("ListResourceTags", kms(NO_TAGS)).await;
    aws.on("ListResourceTags", kms(&own_tags())).await;
    aws.on("DescribeKey", kms(&described("2a", ""))).await;
    // Another value of the same tag.
    aws.on("ListResourceTags", kms(&own_tags().replace("acme", "acme2"))).await;
    aws.on("ListResourceTags", kms(&own_tags())).await;
    aws.on("DescribeKey", kms(&described("4a", ""))).await;
    let found = aws.client.keys_tagged(&tag()).await.unwrap();
    assert_eq!(found.iter().map(|it| it.arn.id().as_str()).collect::<Vec<_>>(), ["2a", "4a"]);
    let requests = aws.requests().await;
    assert_json(&requests[0], "ListKeys", r#"{"Limit":1000}"#);
    assert_json(&requests[1], "ListKeys", r#"{"Limit":1000,"Marker":"M1"}"#);
    assert_eq!(requests.len(), 8);
}

#[tokio::test]
async fn keys_are_found_by_the_key_of_a_tag_and_come_with_all_of_their_tags() {
    let aws = Aws::with("ListKeys", kms(&listed(&["1a", "2a", "3a"], ""))).await;
    aws.on("ListResourceTags", kms(&own_tags().replace("acme", "acme2"))).await;
    aws.on("DescribeKey", kms(&described("1a", ""))).await;
    aws.on("ListResourceTags", kms(NO_TAGS)).await;
    aws.on("ListResourceTags", kms(&own_tags())).await;
    aws.on("DescribeKey", kms(&described("3a", ""))).await;
    let found = aws.client.keys_with_tag("heroku-data-link").await.unwrap();
    let found: Vec<_> =
        found.iter().map(|(it, tags)| (it.arn.id().as_str(), &*tags["heroku-data-link"])).collect();
    assert_eq!(found, [("1a", "acme2"), ("3a", "acme")]);
    assert_eq!(aws.requests().await.len(), 6);
}

#[tokio::test]
async fn a_key_that_goes_while_it_is_looked_for_is_absent() {
    let gone = || kms_error("NotFoundException", "gone");
    let aws = Aws::with("ListKeys", kms(&listed(&["1a"], ""))).await;
    aws.on("ListResourceTags", gone()).await;
    assert_eq!(aws.client.keys_tagged(&tag()).await.unwrap(), []);
    let aws = Aws::with("ListKeys", kms("{}")).await;
    assert_eq!(aws.client.keys_tagged(&tag()).await.unwrap(), []);
}

#[tokio::test]
async fn a_key_with_the_tag_that_is_not_described_is_no_absence() {
    let aws = Aws::with("ListKeys", kms(&listed(&["2a"], ""))).await;
    aws.on("ListResourceTags", kms(&own_tags())).await;
    aws.on("DescribeKey", kms_error("NotFoundException", "gone")).await;
    let error = aws.client.keys_tagged(&tag()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Transient);
    assert!(error.message().contains("2a"), "{error}");
    let aws = Aws::with("ListKeys", kms(r#"{"Keys":[{}]}"#)).await;
    let error = aws.client.keys_tagged(&tag()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_key_that_shows_nothing_is_none_of_ours() {
    let refused = || kms_error("AccessDeniedException", "no");
    let aws = Aws::with("ListKeys", kms(&listed(&["1a", "2a", "3a"], ""))).await;
    aws.on("ListResourceTags", refused()).await;
    aws.on("DescribeKey", refused()).await;
    // AWS's own keys show themselves, and not their tags.
    aws.on("ListResourceTags", refused()).await;
    aws.on("DescribeKey", kms(&described("2a", r#","KeyManager":"AWS""#))).await;
    aws.on("ListResourceTags", kms(&own_tags())).await;
    aws.on("DescribeKey", kms(&described("3a", ""))).await;
    let found = aws.client.keys_tagged(&tag()).await.unwrap();
    assert_eq!(found.iter().map(|it| it.arn.id().as_str()).collect::<Vec<_>>(), ["3a"]);
}

#[tokio::test]
async fn who_may_not_read_tags_does_not_hear_that_there_is_no_key() {
    let refused = || kms_error("AccessDeniedException", "no");
    // A key that is readable, and its tags are not.
    let aws = Aws::with("ListKeys", kms(&listed(&["1a"], ""))).await;
    aws.on("ListResourceTags", refused()).await;
    aws.on("DescribeKey", kms(&described("1a", r#","KeyManager":"CUSTOMER""#))).await;
    let error = aws.client.keys_tagged(&tag()).await.unwrap_err();
    assert_eq!((error.operation(), error.kind()), ("kms:ListResourceTags", &ErrorKind::Forbidden));
    // Nothing is readable.
    let aws = Aws::with("ListKeys", kms(&listed(&["1a"], ""))).await;
    aws.on("ListResourceTags", refused()).await;
    aws.on("DescribeKey", refused()).await;
    let error = aws.client.keys_tagged(&tag()).await.unwrap_err();
    assert_eq!((error.operation(), error.kind()), ("kms:ListResourceTags", &ErrorKind::Forbidden));
    // Other failures stay what they are.
    for (listing, describing) in [(503, None), (400, Some(503))] {
        let aws = Aws::with("ListKeys", kms(&listed(&["1a"], ""))).await;
        match describing {
            None => aws.on("ListResourceTags", json(listing, "")).await,
            Some(status) => {
                aws.on("ListResourceTags", refused()).await;
                aws.on("DescribeKey", json(status, "")).await;
            }
        }
        let error = aws.client.keys_tagged(&tag()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Transient);
    }
}
