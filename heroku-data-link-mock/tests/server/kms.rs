//! KMS over HTTP: keys, their states, policies and rotation.

use heroku_data_link_mock::{KeySpec, World};
use serde_json::{Value, json};

use crate::support::{Answer, Served, signed};

const ROOT: &str = "arn:aws:iam::123456789101:root";
/// 2026-01-01T00:00:00Z, where every world begins.
const START: f64 = 1_767_225_600.0;
const DAY: f64 = 86_400.0;

/// A call of the account of `World::aws` in us-east-1.
pub(crate) async fn kms(served: &Served, action: &str, body: Value) -> Answer {
    kms_text(served, "us-east-1", action, &body.to_string()).await
}

async fn kms_text(served: &Served, region: &str, action: &str, body: &str) -> Answer {
    let (authorization, target) =
        (signed("kms", "123456789101", region), format!("TrentService.{action}"));
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target.as_str()),
    ];
    served.send("POST", "/", &headers, body).await
}

/// The code of a refusal.
pub(crate) async fn code(served: &Served, action: &str, body: Value) -> String {
    let answer = kms(served, action, body).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    let body = answer.json();
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    body["__type"].as_str().unwrap().to_owned()
}

/// What a call answers that succeeds; `Null` is an empty body.
pub(crate) async fn ok(served: &Served, action: &str, body: Value) -> Value {
    let answer = kms(served, action, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

/// The id of a new key.
pub(crate) async fn new_key(served: &Served) -> String {
    let made = ok(served, "CreateKey", json!({})).await;
    made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_described_as_it_was_made() {
    let served = Served::new(World::new()).await;
    let tags = json!([{ "TagKey": "team", "TagValue": "data" }]);
    let asked = json!({ "Description": "for Heroku", "Tags": tags });
    let made = ok(&served, "CreateKey", asked).await;
    let id = "00000000-0000-4000-9000-000000000001";
    let expected = json!({
        "AWSAccountId": "123456789101",
        "KeyId": id,
        "Arn": format!("arn:aws:kms:us-east-1:123456789101:key/{id}"),
        "CreationDate": START,
        "Enabled": true,
        "Description": "for Heroku",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "MultiRegion": false,
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
    });
    assert_eq!(made, json!({ "KeyMetadata": expected }));
    assert_eq!(ok(&served, "DescribeKey", json!({ "KeyId": id })).await, made);
    let tagged = ok(&served, "ListResourceTags", json!({ "KeyId": id })).await;
    assert_eq!(tagged, json!({ "Tags": tags, "Truncated": false }));
    let policy = ok(&served, "GetKeyPolicy", json!({ "KeyId": id })).await;
    assert_eq!(policy["PolicyName"], "default");
    let policy: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&policy["Id"], policy["Statement"].as_array().unwrap().len()),
        (&json!("key-default-1"), 1)
    );
}

#[tokio::test]
async fn only_describing_takes_every_name_of_a_key() {
    let served = Served::new(World::new()).await;
    let id = new_key(&served).await;
    let alias = json!({ "AliasName": "alias/heroku", "TargetKeyId": id });
    assert_eq!(ok(&served, "CreateAlias", alias).await, Value::Null);
    let place = "arn:aws:kms:us-east-1:123456789101";
    let (arn, alias_arn) = (format!("{place}:key/{id}"), format!("{place}:alias/heroku"));
    for name in [&id, &arn, "alias/heroku", &alias_arn] {
        let described = ok(&served, "DescribeKey", json!({ "KeyId": name })).await;
        assert_eq!(described["KeyMetadata"]["Arn"], arn.as_str(), "{name}");
    }
    for name in [&id, &arn] {
        assert_eq!(ok(&served, "EnableKey", json!({ "KeyId": name })).await, Value::Null);
    }
    let names = [
        ("alias/heroku", "NotFoundException"),
        (alias_arn.as_str(), "InvalidArnException"),
        ("arn:aws:kms:eu-west-1:123456789101:key/1234abcd", "InvalidArnException"),
        ("arn:aws:kms:us-east-1:111122223333:key/1234abcd", "AccessDeniedException"),
        ("arn:aws:s3:::bucket", "InvalidArnException"),
        ("1234abcd", "NotFoundException"),
        ("no key", "NotFoundException"),
        ("", "ValidationException"),
    ];
    for (name, expected) in names {
        assert_eq!(code(&served, "EnableKey", json!({ "KeyId": name })).await, expected, "{name}");
    }
    let names = [
        ("alias/none", "NotFoundException"),
        ("alias/aws/s3", "NotFoundException"),
        ("arn:aws:kms:eu-west-1:123456789101:alias/heroku", "InvalidArnException"),
        ("arn:aws:kms:us-east-1:111122223333:alias/heroku", "AccessDeniedException"),
    ];
    for (name, expected) in names {
        let code = code(&served, "DescribeKey", json!({ "KeyId": name })).await;
        assert_eq!(code, expected, "{name}");
    }
    let there = kms_text(&served, "eu-west-1", "DescribeKey", r#"{"KeyId":"alias/heroku"}"#).await;
    assert_eq!(there.json()["__type"], "NotFoundException", "it is of another region");
}

#[tokio::test]
async fn a_key_refuses_what_its_state_forbids() {
    let served = Served::new(World::new()).await;
    let id = new_key(&served).await;
    let key = || json!({ "KeyId": id });
    assert_eq!(code(&served, "CancelKeyDeletion", key()).await, "KMSInvalidStateException");
    ok(&served, "DisableKey", key()).await;
    let described = ok(&served, "DescribeKey", key()).await;
    assert_eq!(described["KeyMetadata"]["Enabled"], false);
    assert_eq!(described["KeyMetadata"]["KeyState"], "Disabled");
    for action in ["EnableKeyRotation", "DisableKeyRotation"] {
        assert_eq!(code(&served, action, key()).await, "DisabledException", "{action}");
    }

    for days in [6, 31, -1, i64::MAX] {
        let asked = json!({ "KeyId": id, "PendingWindowInDays": days });
        let code = code(&served, "ScheduleKeyDeletion", asked).await;
        assert_eq!(code, "ValidationException", "{days}");
    }
    let arn = format!("arn:aws:kms:us-east-1:123456789101:key/{id}");
    let scheduled = ok(&served, "ScheduleKeyDeletion", key()).await;
    let expected = json!({
        "KeyId": arn,
        "DeletionDate": START + 30.0 * DAY,
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": 30,
    });
    assert_eq!(scheduled, expected);
    let described = ok(&served, "DescribeKey", key()).await;
    assert_eq!(described["KeyMetadata"]["DeletionDate"], START + 30.0 * DAY);

    let alias = json!({ "AliasName": "alias/late", "TargetKeyId": id });
    let tag = json!({ "KeyId": id, "Tags": [{ "TagKey": "a", "TagValue": "b" }] });
    let calls = [
        ("ScheduleKeyDeletion", key()),
        ("EnableKey", key()),
        ("DisableKey", key()),
        ("EnableKeyRotation", key()),
        ("DisableKeyRotation", key()),
        ("CreateAlias", alias),
        ("TagResource", tag),
        ("UntagResource", json!({ "KeyId": id, "TagKeys": ["a"] })),
    ];
    for (action, body) in calls {
        assert_eq!(code(&served, action, body).await, "KMSInvalidStateException", "{action}");
    }
    assert_eq!(ok(&served, "CancelKeyDeletion", key()).await, json!({ "KeyId": arn }));
    let described = ok(&served, "DescribeKey", key()).await;
    assert_eq!(described["KeyMetadata"]["KeyState"], "Disabled");
    assert_eq!(described["KeyMetadata"]["DeletionDate"], Value::Null);
}

#[tokio::test]
async fn rotation_tells_its_period_and_its_next_date() {
    let served = Served::new(World::new()).await;
    let id = new_key(&served).await;
    let key = || json!({ "KeyId": id });
    let arn = format!("arn:aws:kms:us-east-1:123456789101:key/{id}");
    let status = async || ok(&served, "GetKeyRotationStatus", key()).await;
    assert_eq!(status().await, json!({ "KeyId": arn, "KeyRotationEnabled": false }));
    let on = |days: u32| {
        json!({
            "KeyId": arn,
            "KeyRotationEnabled": true,
            "RotationPeriodInDays": days,
            "NextRotationDate": START + f64::from(days) * DAY,
        })
    };
    ok(&served, "EnableKeyRotation", key()).await;
    assert_eq!(status().await, on(365));
    ok(&served, "EnableKeyRotation", json!({ "KeyId": id, "RotationPeriodInDays": 90 })).await;
    assert_eq!(status().await, on(90));
    for days in [89, 2561] {
        let asked = json!({ "KeyId": id, "RotationPeriodInDays": days });
        assert_eq!(code(&served, "EnableKeyRotation", asked).await, "ValidationException");
    }
    ok(&served, "DisableKeyRotation", key()).await;
    assert_eq!(status().await, json!({ "KeyId": arn, "KeyRotationEnabled": false }));

    let pair = served.world.add_key(&KeySpec::new().asymmetric()).unwrap();
    let pair = json!({ "KeyId": pair.as_str() });
    let code = code(&served, "GetKeyRotationStatus", pair.clone()).await;
    assert_eq!(code, "UnsupportedOperationException");
    let described = ok(&served, "DescribeKey", pair).await;
    assert_eq!(described["KeyMetadata"]["SigningAlgorithms"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_policy_is_replaced_unless_it_is_malformed_or_too_long() {
    let served = Served::new(World::new()).await;
    let id = new_key(&served).await;
    let statement = |sid: &str| {
        let principal = json!({ "AWS": ROOT });
        json!({ "Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "kms:*",
                "Resource": "*" })
    };
    let policy = |statements: Vec<Value>| {
        json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
    };
    let put = |policy: String| json!({ "KeyId": id, "PolicyName": "default", "Policy": policy });
    let new = policy(vec![statement("a")]);
    assert_eq!(ok(&served, "PutKeyPolicy", put(new.clone())).await, Value::Null);
    let read = ok(&served, "GetKeyPolicy", json!({ "KeyId": id, "PolicyName": "default" })).await;
    assert_eq!(read["Policy"], new);
    let long = policy((0..400).map(|number| statement(&number.to_string())).collect());
    let refused = [
        ("{nope".to_owned(), "MalformedPolicyDocumentException"),
        (policy(Vec::new()), "MalformedPolicyDocumentException"),
        (String::new(), "ValidationException"),
        (long, "LimitExceededException"),
    ];
    for (policy, expected) in refused {
        assert_eq!(code(&served, "PutKeyPolicy", put(policy)).await, expected);
    }
    let other = json!({ "KeyId": id, "PolicyName": "other" });
    assert_eq!(code(&served, "GetKeyPolicy", other).await, "NotFoundException");
    let names = ok(&served, "ListKeyPolicies", json!({ "KeyId": id })).await;
    assert_eq!(names, json!({ "PolicyNames": ["default"], "Truncated": false }));
}

#[tokio::test]
async fn what_is_no_call_of_kms_is_refused() {
    let served = Served::new(World::new()).await;
    let refused = [
        ("Encrypt", "{}", "UnknownOperationException"),
        ("", "{}", "UnknownOperationException"),
        ("ListKeys", "", "SerializationException"),
        ("ListKeys", "[]", "SerializationException"),
        ("ListKeys", r#"{"Limit":"1"}"#, "SerializationException"),
        ("ListKeys", r#"{"Limits":1}"#, "SerializationException"),
        ("ListKeys", r#"{"Limit":0}"#, "ValidationException"),
        ("ListKeys", r#"{"Limit":1001}"#, "ValidationException"),
        ("ListKeys", r#"{"Marker":"zz"}"#, "InvalidMarkerException"),
        ("DescribeKey", "{}", "ValidationException"),
        ("CreateKey", r#"{"KeySpec":"RSA_2048"}"#, "UnsupportedOperationException"),
        ("CreateKey", r#"{"MultiRegion":true}"#, "UnsupportedOperationException"),
        ("CreateKey", r#"{"Policy":"{}"}"#, "MalformedPolicyDocumentException"),
        ("CreateKey", r#"{"Tags":[{"TagKey":"a"}]}"#, "ValidationException"),
        ("CreateKey", r#"{"Tags":[{"TagKey":"aws:a","TagValue":""}]}"#, "TagException"),
    ];
    for (action, body, expected) in refused {
        let answer = kms_text(&served, "us-east-1", action, body).await;
        assert_eq!((answer.status, &answer.json()["__type"]), (400, &json!(expected)), "{body}");
    }
    let keys = ok(&served, "ListKeys", json!({})).await;
    assert_eq!(keys, json!({ "Keys": [], "Truncated": false }));
}

#[tokio::test]
async fn calls_are_journalled_and_fail_as_in_memory() {
    let served = Served::new(World::new()).await;
    let id = new_key(&served).await;
    served.world.throttle("kms:DescribeKey", 1, None);
    let key = json!({ "KeyId": id });
    assert_eq!(code(&served, "DescribeKey", key.clone()).await, "ThrottlingException");
    ok(&served, "DescribeKey", key).await;
    let journal: Vec<_> = served.world.journal().iter().map(ToString::to_string).collect();
    let arn = format!("arn:aws:kms:us-east-1:123456789101:key/{id}");
    assert_eq!(
        journal,
        [
            "kms:CreateKey ".to_owned(),
            format!("kms:DescribeKey {arn} (rate limited)"),
            format!("kms:DescribeKey {arn}"),
        ]
    );
    let counts: Vec<_> = served.server.requests().into_iter().map(|it| it.operation).collect();
    assert_eq!(counts, ["kms:CreateKey", "kms:DescribeKey"]);
}
