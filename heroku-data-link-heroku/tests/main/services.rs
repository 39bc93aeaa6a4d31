//! The services behind the add-ons.

use heroku_data_link::model::AddonState;
use heroku_data_link::provider::{Addon, AddonLifecycle, ErrorKind, Readiness};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::{ADDON, Heroku, V3, assert_sent};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
const JSON: (&str, &str) = ("accept", "application/json");

fn addon(plan: &str) -> Addon {
    Addon {
        id: ADDON.parse().unwrap(),
        name: "acme-store".parse().unwrap(),
        app: "acme-prod".parse().unwrap(),
        plan: plan.parse().unwrap(),
        state: AddonState::Provisioned,
    }
}

/// Plan, base path, path of the wait endpoint, what is accepted.
fn families() -> [(Addon, String, &'static str, (&'static str, &'static str)); 3] {
    [
        (addon("heroku-redis:private-7"), format!("/redis/v0/databases/{ADDON}"), "wait", V3),
        (
            addon("heroku-postgresql:private-4"),
            format!("/client/v11/databases/{ADDON}"),
            "wait_status",
            V3,
        ),
        (
            addon("heroku-kafka:private-standard-2"),
            format!("/data/kafka/v0/clusters/{ADDON}"),
            "wait_status",
            JSON,
        ),
    ]
}

#[tokio::test]
async fn readiness_is_read_with_its_question_marks() {
    let text = |text: &str| text.to_owned();
    for (addon, base, wait, accept) in families() {
        let path = format!("{base}/{wait}");
        for (body, expected) in [
            (
                json!({ "message": "available", "waiting?": false }),
                Readiness::Ready(text("available")),
            ),
            (
                json!({ "message": "preparing", "waiting?": true }),
                Readiness::Waiting(text("preparing")),
            ),
            (
                json!({ "message": "no", "waiting?": true, "error?": true, "healthy?": false }),
                Readiness::Failed(text("no")),
            ),
            (json!({ "message": null, "waiting": false }), Readiness::Ready(String::new())),
        ] {
            let heroku = Heroku::with("GET", &path, 200, body).await;
            assert_eq!(heroku.client.readiness(&addon).await.unwrap(), Some(expected));
            assert_sent(&heroku.request().await, "GET", &path, &[accept], None);
        }
        let heroku = Heroku::with("GET", &path, 200, json!({ "message": "?" })).await;
        let error = heroku.client.readiness(&addon).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
    }
}

#[tokio::test]
async fn a_service_that_does_not_know_the_addon_yet_is_none() {
    for (addon, base, wait, _) in families() {
        // With and without a message: the official CLI dies of the former.
        for body in [json!({}), json!({ "id": "not_found", "message": "Database not found" })] {
            let heroku = Heroku::with("GET", &format!("{base}/{wait}"), 404, body.clone()).await;
            assert_eq!(heroku.client.readiness(&addon).await.unwrap(), None);
            let heroku = Heroku::with("GET", &base, 404, body).await;
            assert_eq!(heroku.client.service_info(&addon).await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn a_cluster_that_is_gone_for_good_has_failed() {
    let path = format!("/data/kafka/v0/clusters/{ADDON}/wait_status");
    let heroku = Heroku::start().await;
    heroku.answers("GET", &path, ResponseTemplate::new(410)).await;
    let found = heroku.client.readiness(&addon("heroku-kafka:private-0")).await.unwrap();
    assert!(matches!(found, Some(Readiness::Failed(_))), "{found:?}");
}

#[tokio::test]
async fn the_key_of_the_customer_is_read_back() {
    let replies = [
        json!({ "customer_encryption_key": KEY, "version": "7.2.8", "port": null,
            "resource_url": "rediss://:canary@h:1",
            "info": [{ "name": "Plan", "values": ["Private 7"] },
                     { "name": "Status", "values": ["available"] }, 7] }),
        json!({ "postgres_version": 17, "info": [
            { "name": "Status", "values": ["available"] },
            { "name": "Customer Encryption Key", "values": [KEY] },
            { "name": "Empty" }] }),
        json!({ "customer_encryption_key": KEY, "version": ["3.7.1"],
            "state": { "status": "available", "waiting?": false } }),
    ];
    for ((addon, base, _, accept), (body, version)) in
        families().into_iter().zip(replies.into_iter().zip(["7.2.8", "17", "3.7.1"]))
    {
        let heroku = Heroku::with("GET", &base, 200, body).await;
        let info = heroku.client.service_info(&addon).await.unwrap().unwrap();
        assert_sent(&heroku.request().await, "GET", &base, &[accept], None);
        assert_eq!(info.encryption_key.as_deref(), Some(KEY));
        assert_eq!(info.version.as_deref(), Some(version));
        assert_eq!(info.status.as_deref(), Some("available"));

        for body in [
            json!({}),
            json!({ "customer_encryption_key": null, "info": null,
            "version": null, "state": null }),
        ] {
            let heroku = Heroku::with("GET", &base, 200, body).await;
            let info = heroku.client.service_info(&addon).await.unwrap();
            assert_eq!(info, Some(<_>::default()));
        }
    }
}

#[tokio::test]
async fn a_key_that_is_no_text_is_not_nothing() {
    let addon = addon("heroku-postgresql:private-4");
    let path = format!("/client/v11/databases/{ADDON}");
    let row = |values: Value| json!({ "info": [{ "name": " customer encryption key", "values": values }] });
    let list = format!("[\"{KEY}\"]");
    let two = format!("[\"{KEY}\",\"{KEY}\"]");
    for (body, expected) in [
        (json!({ "customer_encryption_key": [KEY] }), Some(list.as_str())),
        (json!({ "customer_encryption_key": { "arn": "x" } }), Some(r#"{"arn":"x"}"#)),
        (json!({ "customer_encryption_key": true }), Some("true")),
        (json!({ "customer_encryption_key": "alias/x" }), Some("alias/x")),
        (row(json!([KEY])), Some(KEY)),
        (row(json!([[KEY]])), Some(list.as_str())),
        (row(json!([KEY, KEY])), Some(two.as_str())),
        (row(json!(KEY)), Some(KEY)),
        (row(json!([])), None),
        (row(json!([""])), None),
        (row(json!(null)), None),
        (json!({ "customer_encryption_key": "", "info": [] }), None),
        (json!({ "info": [{ "name": null, "values": [KEY] }] }), Some("a row that cannot be read")),
        (json!({ "info": [7] }), Some("a row that cannot be read")),
    ] {
        let heroku = Heroku::with("GET", &path, 200, body.clone()).await;
        let info = heroku.client.service_info(&addon).await.unwrap().unwrap();
        assert_eq!(info.encryption_key.as_deref(), expected, "{body}");
    }
    // A list that is none is no list without the row.
    let heroku = Heroku::with("GET", &path, 200, json!({ "info": { "rows": [] } })).await;
    let error = heroku.client.service_info(&addon).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_follower_says_what_it_follows() {
    let addon = addon("heroku-postgresql:private-4");
    let path = format!("/client/v11/databases/{ADDON}");
    let following = |row: &str| json!({ "info": [{ "name": "Following", "values": [row] }] });
    for (body, expected) in [
        (json!({ "leader": { "addon_id": ADDON, "name": "old-db" } }), Some("old-db")),
        (following("DATABASE"), Some("DATABASE")),
        (json!({ "leader": null }), None),
        (json!({ "info": [{ "name": "Following", "values": [] }] }), None),
    ] {
        let heroku = Heroku::with("GET", &path, 200, body).await;
        let info = heroku.client.service_info(&addon).await.unwrap().unwrap();
        assert_eq!(info.following.as_deref(), expected);
    }
}

#[tokio::test]
async fn unfollowing_is_a_put_without_a_body() {
    let addon = addon("heroku-postgresql:private-4");
    let base = format!("/client/v11/databases/{ADDON}");
    let path = format!("{base}/unfollow");
    let heroku = Heroku::with("PUT", &path, 202, json!({ "message": "unfollowing" })).await;
    heroku.client.unfollow(&addon).await.unwrap();
    assert_sent(&heroku.request().await, "PUT", &path, &[V3], None);

    // A refusal is none where there is nothing to unfollow any more.
    let refusal = json!({ "id": "unprocessable_entity", "message": "Not a follower." });
    for (info, refused) in
        [(json!({ "leader": null }), false), (json!({ "leader": { "name": "old-db" } }), true)]
    {
        let heroku = Heroku::with("PUT", &path, 422, refusal.clone()).await;
        heroku.on("GET", &base, 200, info).await;
        let answer = heroku.client.unfollow(&addon).await;
        assert_eq!(answer.is_err(), refused);
    }
}

#[tokio::test]
async fn only_postgres_has_followers() {
    let heroku = Heroku::start().await;
    let error = heroku.client.unfollow(&addon("heroku-redis:private-7")).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
    assert!(heroku.requests().await.is_empty());
}

#[tokio::test]
async fn other_services_are_refused_before_any_request() {
    let heroku = Heroku::start().await;
    let papertrail = addon("papertrail:choklad");
    let error = heroku.client.readiness(&papertrail).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
    let error = heroku.client.service_info(&papertrail).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
    assert!(heroku.requests().await.is_empty());
}
