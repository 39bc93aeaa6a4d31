//! Attachments.

use heroku_data_link::provider::{AllAddons, Attachments, ErrorKind, NewAttachment};
use serde_json::{Value, json};

use crate::support::{ADDON, Heroku, V3, assert_sent};

const PATH: &str = "/addon-attachments";

fn attachment_json() -> Value {
    json!({
        "id": "0b1c0000-0000-4000-8000-000000000001",
        "name": "REDIS",
        "namespace": null,
        "addon": {
            "id": ADDON,
            "name": "redis-haiku-12345",
            "app": { "name": "acme-prod" },
            "plan": { "name": "heroku-redis:private-7" },
        },
        "app": { "id": "a84b035c-0000-4000-8000-2cf0ee2c94de", "name": "acme-prod" },
        "config_vars": ["REDIS_URL", "REDIS_ENDPOINT_01C87AE3C05563935_URL", 7],
    })
}

#[tokio::test]
async fn the_list_comes_with_config_variables() {
    let path = "/apps/acme-prod/addon-attachments";
    let mut bare = attachment_json();
    bare["namespace"] = json!("credential:reader");
    bare.as_object_mut().unwrap().remove("config_vars");
    let heroku = Heroku::with("GET", path, 200, json!([attachment_json(), bare])).await;
    let found = heroku.client.attachments(&"acme-prod".parse().unwrap()).await.unwrap();
    let inclusion = ("accept-inclusion", "addon:plan,config_vars");
    assert_sent(&heroku.request().await, "GET", path, &[V3, inclusion], None);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].name.as_str(), "REDIS");
    assert_eq!(found[0].addon.to_string(), ADDON);
    assert_eq!(found[0].addon_name.as_str(), "redis-haiku-12345");
    assert_eq!(found[0].namespace, None);
    assert_eq!(found[0].config_vars.len(), 2);
    assert_eq!(found[1].namespace.as_deref(), Some("credential:reader"));
    assert!(found[1].config_vars.is_empty());
}

#[tokio::test]
async fn all_attachments_of_all_apps_are_one_list() {
    let heroku = Heroku::with("GET", PATH, 200, json!([attachment_json()])).await;
    let found = heroku.client.all_attachments().await.unwrap();
    assert_sent(&heroku.request().await, "GET", PATH, &[V3], None);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].app.as_str(), "acme-prod");
}

#[tokio::test]
async fn an_unknown_app_has_none() {
    let heroku =
        Heroku::with("GET", "/apps/gone/addon-attachments", 404, json!({ "id": "not_found" }))
            .await;
    assert_eq!(heroku.client.attachments(&"gone".parse().unwrap()).await.unwrap(), []);
}

fn alias() -> NewAttachment {
    NewAttachment {
        addon: "redis-haiku-12345".parse().unwrap(),
        app: "acme-prod".parse().unwrap(),
        name: None,
        namespace: None,
        replace: false,
    }
}

fn promotion(replace: bool) -> NewAttachment {
    NewAttachment { name: Some("REDIS".parse().unwrap()), replace, ..alias() }
}

#[tokio::test]
async fn attaching_sends_what_the_official_cli_sends() {
    let (addon, app) = (json!({ "name": "redis-haiku-12345" }), json!({ "name": "acme-prod" }));
    let reader = NewAttachment { namespace: Some("credential:reader".to_owned()), ..alias() };
    for (attachment, body) in [
        (alias(), json!({ "addon": addon, "app": app })),
        (reader, json!({ "addon": addon, "app": app, "namespace": "credential:reader" })),
        (promotion(false), json!({ "addon": addon, "app": app, "name": "REDIS" })),
        (
            promotion(true),
            json!({ "addon": addon, "app": app, "confirm": "acme-prod", "name": "REDIS" }),
        ),
    ] {
        let heroku = Heroku::with("POST", PATH, 201, attachment_json()).await;
        heroku.client.attach(&attachment).await.unwrap();
        assert_sent(&heroku.request().await, "POST", PATH, &[V3], Some(&body));
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict_unless_it_is_to_be_replaced() {
    let body = json!({ "id": "confirmation_required", "message": "REDIS is taken." });
    for (attachment, status, expected) in [
        (promotion(false), 423, ErrorKind::Conflict),
        (promotion(false), 400, ErrorKind::Conflict),
        (alias(), 423, ErrorKind::InvalidRequest),
    ] {
        let heroku = Heroku::with("POST", PATH, status, body.clone()).await;
        let error = heroku.client.attach(&attachment).await.unwrap_err();
        assert_eq!(*error.kind(), expected);
        assert!(error.message().contains("`confirm`"), "{error}");
        assert!(error.request_id().is_some());
    }
}
