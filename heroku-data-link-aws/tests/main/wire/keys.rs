//! Managing one KMS key.

use std::time::{Duration, UNIX_EPOCH};

use heroku_data_link::model::{KeyAlias, KeyArn};
use heroku_data_link::provider::{ErrorKind, Keys, NewKey, ProviderResult, Rotation, Tags};
use heroku_data_link_aws::Client;

use crate::wire::support::{Aws, KEY, KEY_ID, assert_json, client_of, kms, kms_error, tags};

fn arn() -> KeyArn {
    KEY.parse().unwrap()
}

fn alias() -> KeyAlias {
    "alias/heroku-data".parse().unwrap()
}

pub(crate) fn new_key() -> NewKey {
    NewKey {
        policy: r#"{"Version":"2012-10-17"}"#.to_owned(),
        description: "for Heroku".to_owned(),
        tags: tags(),
    }
}

/// What a creation of it sends.
pub(crate) const CREATION: &str = r#"{
    "Policy": "{\"Version\":\"2012-10-17\"}",
    "Description": "for Heroku",
    "Tags": [{ "TagKey": "heroku-data-link", "TagValue": "acme" }]
}"#;

pub(crate) fn created() -> String {
    format!(r#"{{"KeyMetadata":{{"KeyId":"{KEY_ID}","Arn":"{KEY}","KeyState":"Creating"}}}}"#)
}

#[tokio::test]
async fn a_key_is_made_in_one_call() {
    let aws = Aws::with("CreateKey", kms(&created())).await;
    assert_eq!(aws.client.create_key(&new_key()).await.unwrap(), arn());
    assert_json(&aws.request().await, "CreateKey", CREATION);

    for body in
        ["{}", r#"{"KeyMetadata":{"KeyId":"1"}}"#, r#"{"KeyMetadata":{"KeyId":"1","Arn":"1"}}"#]
    {
        let aws = Aws::with("CreateKey", kms(body)).await;
        let error = aws.client.create_key(&new_key()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().contains("Arn"), "{error}");
    }
}

#[tokio::test]
async fn why_a_key_cannot_be_made() {
    let principals = "Policy contains a statement with one or more invalid principals.";
    let lockout = "The new key policy will not allow you to update the key policy in the future.";
    for (code, message, expected) in [
        ("MalformedPolicyDocumentException", principals, ErrorKind::NotFound),
        ("MalformedPolicyDocumentException", lockout, ErrorKind::InvalidRequest),
        ("LimitExceededException", "no", ErrorKind::QuotaExceeded),
        ("TagException", "no", ErrorKind::InvalidRequest),
        ("AccessDeniedException", "no", ErrorKind::Forbidden),
    ] {
        let aws = Aws::with("CreateKey", kms_error(code, message)).await;
        let error = aws.client.create_key(&new_key()).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{code}");
        assert_eq!(error.message(), format!("{code}: {message}"));
        let aws = Aws::with("PutKeyPolicy", kms_error(code, message)).await;
        let error = aws.client.put_key_policy(&arn(), "{}").await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{code}");
    }
}

#[tokio::test]
async fn tags_are_added_in_one_call() {
    let aws = Aws::with("TagResource", kms("")).await;
    let tags = [("cost center", "1=2"), ("team", "")];
    let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    aws.client.tag_key(&arn(), &tags).await.unwrap();
    let sent = format!(
        r#"{{"KeyId":"{KEY_ID}","Tags":[{{"TagKey":"cost center","TagValue":"1=2"}},{{"TagKey":"team","TagValue":""}}]}}"#
    );
    assert_json(&aws.request().await, "TagResource", &sent);
    for (code, expected) in [
        ("NotFoundException", ErrorKind::NotFound),
        ("KMSInvalidStateException", ErrorKind::Conflict),
        ("LimitExceededException", ErrorKind::QuotaExceeded),
        ("TagException", ErrorKind::InvalidRequest),
    ] {
        let aws = Aws::with("TagResource", kms_error(code, "no")).await;
        let error = aws.client.tag_key(&arn(), &tags).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{code}");
    }
}

#[tokio::test]
async fn a_policy_is_read_and_written_by_its_only_name() {
    let aws = Aws::start().await;
    let policy = r#"{ "Version" : "2012-10-17" }"#;
    let answer = r#"{"Policy":"{ \"Version\" : \"2012-10-17\" }","PolicyName":"default"}"#;
    aws.on("GetKeyPolicy", kms(answer)).await;
    aws.on("PutKeyPolicy", kms("")).await;
    assert_eq!(aws.client.key_policy(&arn()).await.unwrap(), policy);
    aws.client.put_key_policy(&arn(), policy).await.unwrap();
    let requests = aws.requests().await;
    let named = format!(r#"{{"KeyId":"{KEY_ID}","PolicyName":"default"}}"#);
    assert_json(&requests[0], "GetKeyPolicy", &named);
    let written = format!(
        r#"{{"KeyId":"{KEY_ID}","PolicyName":"default","Policy":"{}"}}"#,
        policy.replace('"', "\\\"")
    );
    assert_json(&requests[1], "PutKeyPolicy", &written);

    aws.on("GetKeyPolicy", kms("{}")).await;
    let error = aws.client.key_policy(&arn()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    aws.on("GetKeyPolicy", kms_error("NotFoundException", "no such key")).await;
    let error = aws.client.key_policy(&arn()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_alias_is_made() {
    let aws = Aws::with("CreateAlias", kms("")).await;
    aws.client.create_key_alias(&alias(), &arn()).await.unwrap();
    let made = format!(r#"{{"AliasName":"alias/heroku-data","TargetKeyId":"{KEY_ID}"}}"#);
    assert_json(&aws.request().await, "CreateAlias", &made);
    for code in ["AlreadyExistsException", "KMSInvalidStateException"] {
        aws.on("CreateAlias", kms_error(code, "no")).await;
        let error = aws.client.create_key_alias(&alias(), &arn()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Conflict, "{code}");
    }
}

#[tokio::test]
async fn rotation_is_read() {
    let on = r#"{"KeyRotationEnabled":true,"RotationPeriodInDays":180,"NextRotationDate":86400.5}"#;
    let next = UNIX_EPOCH + Duration::from_millis(86_400_500);
    for (answer, expected) in [
        (on, Rotation { enabled: true, period_days: Some(180), next: Some(next) }),
        (
            r#"{"KeyRotationEnabled":false}"#,
            Rotation { enabled: false, period_days: None, next: None },
        ),
        (
            r#"{"KeyRotationEnabled":true,"RotationPeriodInDays":-1}"#,
            Rotation { enabled: true, period_days: None, next: None },
        ),
    ] {
        let aws = Aws::with("GetKeyRotationStatus", kms(answer)).await;
        assert_eq!(aws.client.key_rotation(&arn()).await.unwrap(), expected);
        let id = format!(r#"{{"KeyId":"{KEY_ID}"}}"#);
        assert_json(&aws.request().await, "GetKeyRotationStatus", &id);
    }
    let aws =
        Aws::with("GetKeyRotationStatus", kms_error("UnsupportedOperationException", "")).await;
    let error = aws.client.key_rotation(&arn()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
}

/// The calls that answer nothing, by their names.
async fn call(client: &Client, action: &str, key: &KeyArn) -> ProviderResult<()> {
    match action {
        "EnableKeyRotation" => client.enable_key_rotation(key, 365).await,
        "EnableKey" => client.enable_key(key).await,
        "DisableKey" => client.disable_key(key).await,
        "CancelKeyDeletion" => client.cancel_key_deletion(key).await,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn states_and_rotation_are_changed() {
    for (action, more) in [
        ("EnableKeyRotation", r#","RotationPeriodInDays":365"#),
        ("EnableKey", ""),
        ("DisableKey", ""),
        ("CancelKeyDeletion", ""),
    ] {
        let aws = Aws::with(action, kms("{}")).await;
        call(&aws.client, action, &arn()).await.unwrap();
        let sent = format!(r#"{{"KeyId":"{KEY_ID}"{more}}}"#);
        assert_json(&aws.request().await, action, &sent);
        for (code, expected) in [
            ("NotFoundException", ErrorKind::NotFound),
            ("DisabledException", ErrorKind::Conflict),
            ("ValidationException", ErrorKind::InvalidRequest),
        ] {
            aws.on(action, kms_error(code, "no")).await;
            let error = call(&aws.client, action, &arn()).await.unwrap_err();
            assert_eq!(*error.kind(), expected, "{action} {code}");
            assert_eq!(error.operation(), format!("kms:{action}"));
        }
    }
    for action in ["EnableKeyRotation", "EnableKey", "DisableKey"] {
        let aws = Aws::with(action, kms_error("KMSInvalidStateException", "no")).await;
        let error = call(&aws.client, action, &arn()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Conflict);
    }
}

/// A key's description with this state.
fn described(state: &str) -> String {
    let deletion = match state {
        "PendingDeletion" => r#","DeletionDate":172800"#,
        _ => "",
    };
    format!(
        r#"{{"KeyMetadata":{{"KeyId":"{KEY_ID}","Arn":"{KEY}","KeyState":"{state}"{deletion}}}}}"#
    )
}

#[tokio::test]
async fn a_deletion_is_scheduled() {
    let schedule = "ScheduleKeyDeletion";
    let answer =
        format!(r#"{{"KeyId":"{KEY}","DeletionDate":86400,"KeyState":"PendingDeletion"}}"#);
    let aws = Aws::with(schedule, kms(&answer)).await;
    let at = aws.client.schedule_key_deletion(&arn(), 7).await.unwrap();
    assert_eq!(at, UNIX_EPOCH + Duration::from_hours(24));
    let sent = format!(r#"{{"KeyId":"{KEY_ID}","PendingWindowInDays":7}}"#);
    assert_json(&aws.request().await, schedule, &sent);

    aws.on(schedule, kms("{}")).await;
    let error = aws.client.schedule_key_deletion(&arn(), 7).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    aws.on(schedule, kms_error("ValidationException", "7 to 30")).await;
    let error = aws.client.schedule_key_deletion(&arn(), 6).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
    let error = aws.client.schedule_key_deletion(&arn(), u32::MAX).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(aws.requests().await.len(), 3);
}

#[tokio::test]
async fn a_deletion_that_is_scheduled_already_keeps_its_date() {
    let schedule = "ScheduleKeyDeletion";
    let aws = Aws::with(schedule, kms_error("KMSInvalidStateException", "pending deletion")).await;
    aws.on("DescribeKey", kms(&described("PendingDeletion"))).await;
    let at = aws.client.schedule_key_deletion(&arn(), 7).await.unwrap();
    assert_eq!(at, UNIX_EPOCH + Duration::from_hours(48));
    assert_eq!(aws.actions().await, [schedule, "DescribeKey"]);

    let aws = Aws::with(schedule, kms_error("KMSInvalidStateException", "updating")).await;
    aws.on("DescribeKey", kms(&described("Updating"))).await;
    let error = aws.client.schedule_key_deletion(&arn(), 7).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_deletion_that_is_not_scheduled_is_cancelled() {
    for (state, done) in [("Enabled", true), ("Disabled", true), ("PendingDeletion", false)] {
        let refused = kms_error("KMSInvalidStateException", "not pending deletion");
        let aws = Aws::with("CancelKeyDeletion", refused).await;
        aws.on("DescribeKey", kms(&described(state))).await;
        let result = aws.client.cancel_key_deletion(&arn()).await;
        assert_eq!(result.is_ok(), done, "{state}");
        assert_eq!(aws.actions().await, ["CancelKeyDeletion", "DescribeKey"]);
    }
}

#[tokio::test]
async fn a_key_of_another_region_is_refused_without_a_request() {
    let nowhere = client_of("http://127.0.0.1:1");
    let key: KeyArn = KEY.replace("us-east-1", "eu-west-1").parse().unwrap();
    let mut errors = vec![
        nowhere.key(&key).await.unwrap_err(),
        nowhere.key_tags(&key).await.unwrap_err(),
        nowhere.key_policy(&key).await.unwrap_err(),
        nowhere.put_key_policy(&key, "{}").await.unwrap_err(),
        nowhere.create_key_alias(&alias(), &key).await.unwrap_err(),
        nowhere.key_rotation(&key).await.unwrap_err(),
        nowhere.schedule_key_deletion(&key, 7).await.unwrap_err(),
    ];
    for action in ["EnableKeyRotation", "EnableKey", "DisableKey", "CancelKeyDeletion"] {
        errors.push(call(&nowhere, action, &key).await.unwrap_err());
    }
    for error in errors {
        assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(error.message(), format!("{key} is not in us-east-1"));
    }
}

#[tokio::test]
async fn a_key_may_have_no_tags() {
    let aws = Aws::with("CreateKey", kms(&created())).await;
    let bare = NewKey { tags: Tags::new(), ..new_key() };
    aws.client.create_key(&bare).await.unwrap();
    let sent = r#"{"Policy":"{\"Version\":\"2012-10-17\"}","Description":"for Heroku","Tags":[]}"#;
    assert_json(&aws.request().await, "CreateKey", sent);
}
