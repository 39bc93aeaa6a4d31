//! Resolving, reading and making add-ons.

use std::collections::BTreeMap;

use heroku_data_link::model::{AddonState, Secret};
use heroku_data_link::provider::{
    AddonLifecycle, AddonOption, Addons, AllAddons, ErrorKind, NewAddon,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::{ADDON, Heroku, V3, addon_json, assert_sent};

const RESOLVE: &str = "/actions/addons/resolve";
const SDK: (&str, &str) = ("accept", "application/vnd.heroku+json; version=3.sdk");
const EXPANSION: (&str, &str) = ("accept-expansion", "addon_service,plan");

#[tokio::test]
async fn resolve_sends_what_the_official_clients_send() {
    let app = "acme-prod".parse().unwrap();
    for (in_app, reference, body) in [
        (Some(&app), "REDIS", json!({ "addon": "REDIS", "app": "acme-prod" })),
        (None, "redis-haiku-12345", json!({ "addon": "redis-haiku-12345", "app": null })),
        (None, ADDON, json!({ "addon": ADDON, "app": null })),
        (Some(&app), "other::REDIS_URL", json!({ "addon": "REDIS_URL", "app": "other" })),
    ] {
        let heroku = Heroku::with("POST", RESOLVE, 200, json!([addon_json()])).await;
        let found = heroku.client.resolve(in_app, &reference.parse().unwrap()).await.unwrap();
        assert_sent(&heroku.request().await, "POST", RESOLVE, &[SDK, EXPANSION], Some(&body));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id.to_string(), ADDON);
        assert_eq!(found[0].name.as_str(), "redis-haiku-12345");
        assert_eq!(found[0].app.as_str(), "acme-prod");
        assert_eq!(found[0].plan.as_str(), "heroku-redis:private-7");
        assert_eq!(found[0].state, AddonState::Provisioned);
    }
}

#[tokio::test]
async fn resolve_finds_none_or_several() {
    for resource in ["add_on", "app"] {
        let body =
            json!({ "id": "not_found", "message": "Couldn't find that.", "resource": resource });
        let heroku = Heroku::with("POST", RESOLVE, 404, body).await;
        assert_eq!(heroku.client.resolve(None, &"x".parse().unwrap()).await.unwrap(), []);
        heroku.request().await;
    }
    let mut twin = addon_json();
    twin["id"] = json!("5bbf672c-0000-4000-8000-f1dcb96784dc");
    let heroku = Heroku::with("POST", RESOLVE, 200, json!([addon_json(), twin])).await;
    assert_eq!(heroku.client.resolve(None, &"x".parse().unwrap()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn one_item_that_is_not_understood_does_not_hide_the_others() {
    let mut odd = addon_json();
    odd["id"] = json!("not-a-uuid");
    let heroku = Heroku::with("POST", RESOLVE, 200, json!([odd, addon_json()])).await;
    assert_eq!(heroku.client.resolve(None, &"x".parse().unwrap()).await.unwrap().len(), 1);

    let heroku = Heroku::with("POST", RESOLVE, 200, json!([odd])).await;
    let error = heroku.client.resolve(None, &"x".parse().unwrap()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    assert!(error.message().contains("[0].id"), "{error}");
    assert!(!error.to_string().contains("not-a-uuid"), "{error}");
}

#[tokio::test]
async fn states_are_open() {
    for (state, expected) in [
        (json!("deprovisioning"), AddonState::Deprovisioning),
        (json!("hibernating"), AddonState::Other("hibernating".to_owned())),
        (json!(null), AddonState::Other(String::new())),
    ] {
        let mut addon = addon_json();
        addon["state"] = state;
        let heroku = Heroku::with("POST", RESOLVE, 200, json!([addon])).await;
        let found = heroku.client.resolve(None, &ADDON.parse().unwrap()).await.unwrap();
        assert_eq!(found[0].state, expected);
    }
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let heroku = Heroku::start().await;
    for (range, next) in [("id aaa..; max=200", true), ("", false)] {
        let answer = ResponseTemplate::new(if next { 206 } else { 200 });
        let answer = if next { answer.insert_header("next-range", range) } else { answer };
        heroku.answers("GET", "/addons", answer.set_body_json(json!([addon_json()]))).await;
    }
    let list = heroku.client.all_addons().await.unwrap();
    assert_eq!(list.addons.len(), 2);
    let requests = heroku.requests().await;
    assert_eq!(requests.len(), 2);
    assert_sent(&requests[0], "GET", "/addons", &[V3], None);
    assert_sent(&requests[1], "GET", "/addons", &[V3, ("range", "id aaa..; max=200")], None);
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let heroku = Heroku::start().await;
    for _ in 0..3 {
        let answer = ResponseTemplate::new(206).insert_header("next-range", "id a..");
        heroku.answers("GET", "/addons", answer.set_body_json(json!([]))).await;
    }
    let error = heroku.client.all_addons().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    assert_eq!(heroku.requests().await.len(), 2);
}

#[tokio::test]
async fn all_addons_of_all_apps_are_one_list() {
    let heroku = Heroku::with("GET", "/addons", 200, json!([addon_json()])).await;
    let list = heroku.client.all_addons().await.unwrap();
    assert_sent(&heroku.request().await, "GET", "/addons", &[V3], None);
    assert_eq!((list.addons.len(), list.unreadable.len()), (1, 0));
    assert_eq!(list.addons[0].app.as_str(), "acme-prod");
}

#[tokio::test]
async fn an_addon_of_the_list_that_cannot_be_read_is_not_left_out() {
    let row = |change: fn(&mut Value)| {
        let mut row = addon_json();
        change(&mut row);
        row
    };
    let rows = [
        row(|row| row["plan"] = Value::Null),
        row(|row| row["plan"]["name"] = json!("private-7")),
        row(|row| row["plan"]["name"] = json!(7)),
        row(|row| row["plan"] = json!("heroku-redis:private-7")),
        row(|row| row["app"] = Value::Null),
        row(|row| row["app"]["name"] = json!("")),
        row(|row| row["id"] = json!("not-a-uuid")),
        row(|row| row["name"] = json!(["x"])),
        row(|row| *row = json!({})),
        Value::Null,
        json!([]),
        json!("text"),
    ];
    let count = rows.len();
    let mut all = rows.to_vec();
    all.push(row(|row| row["plan"]["name"] = json!("HEROKU-REDIS:PRIVATE-7")));
    all.push(row(|row| row["state"] = Value::Null));
    let heroku = Heroku::with("GET", "/addons", 200, Value::Array(all)).await;
    let list = heroku.client.all_addons().await.unwrap();
    assert_eq!((list.addons.len(), list.unreadable.len()), (2, count));
    let first = &list.unreadable[0];
    assert_eq!(first.id.map(|id| id.to_string()).as_deref(), Some(ADDON));
    assert_eq!(first.name.as_ref().map(AsRef::as_ref), Some("redis-haiku-12345"));
    assert_eq!(first.app.as_ref().map(AsRef::as_ref), Some("acme-prod"));
    assert_eq!(first.plan, None);
    // Also when nothing of the list can be read.
    let heroku = Heroku::with("GET", "/addons", 200, json!([null])).await;
    assert_eq!(heroku.client.all_addons().await.unwrap().unreadable.len(), 1);
}

fn new_addon() -> NewAddon {
    NewAddon {
        app: "acme-prod".parse().unwrap(),
        plan: "heroku-redis:private-7".parse().unwrap(),
        name: "acme-redis-byok".parse().unwrap(),
        attachment: None,
        options: BTreeMap::new(),
        confirm: false,
    }
}

#[tokio::test]
async fn create_sends_what_the_official_cli_sends() {
    let path = "/apps/acme-prod/addons";
    let headers = [V3, ("accept-expansion", "plan"), ("x-heroku-legacy-provider-messages", "true")];
    let full = NewAddon {
        attachment: Some("REDIS_BYOK".parse().unwrap()),
        options: BTreeMap::from([
            ("encryption-key".to_owned(), AddonOption::Text("arn:aws:kms:x".to_owned())),
            ("fork".to_owned(), AddonOption::Secret(Secret::new("redis://h:pw@host:1"))),
            ("high-availability".to_owned(), AddonOption::Flag(true)),
        ]),
        confirm: true,
        ..new_addon()
    };
    let plan = json!({ "name": "heroku-redis:private-7" });
    for (addon, body) in [
        (
            new_addon(),
            json!({ "attachment": {}, "config": {}, "name": "acme-redis-byok", "plan": plan }),
        ),
        (
            full,
            json!({
                "attachment": { "name": "REDIS_BYOK" },
                "config": {
                    "encryption-key": "arn:aws:kms:x",
                    "fork": "redis://h:pw@host:1",
                    "high-availability": true,
                },
                "confirm": "acme-prod",
                "name": "acme-redis-byok",
                "plan": plan,
            }),
        ),
    ] {
        let heroku = Heroku::with("POST", path, 201, json!({})).await;
        heroku.client.create_addon(&addon).await.unwrap();
        assert_sent(&heroku.request().await, "POST", path, &headers, Some(&body));
        assert!(!format!("{addon:?}").contains("pw@"));
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict() {
    let refused = |message: &str| json!({ "id": "invalid_params", "message": message });
    let in_app = "/apps/acme-prod/addons/acme-redis-byok";
    let anywhere = "/addons/acme-redis-byok";
    let of = |app: &str| {
        let mut addon = addon_json();
        addon["app"]["name"] = json!(app);
        addon
    };
    let taken = "Name is already taken.";
    for (message, shown_in_app, shown, expected) in [
        (taken, 200, None, ErrorKind::Conflict),
        ("Whatever it is.", 200, None, ErrorKind::Conflict),
        // A look of the past.
        (taken, 404, Some((404, json!({}))), ErrorKind::Conflict),
        (taken, 404, Some((200, of("acme-prod"))), ErrorKind::Conflict),
        (taken, 500, Some((500, json!({}))), ErrorKind::Conflict),
        // Somebody else's, for certain.
        (taken, 404, Some((200, of("other"))), ErrorKind::InvalidRequest),
        ("Whatever it is.", 404, None, ErrorKind::InvalidRequest),
    ] {
        let path = "/apps/acme-prod/addons";
        let heroku = Heroku::with("POST", path, 422, refused(message)).await;
        heroku.on("GET", in_app, shown_in_app, json!({})).await;
        let looks = if shown.is_some() { 2 } else { 1 };
        if let Some((status, addon)) = shown {
            heroku.on("GET", anywhere, status, addon).await;
        }
        let error = heroku.client.create_addon(&new_addon()).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{message} {shown_in_app}");
        assert_eq!(error.message(), message);
        let requests = heroku.requests().await;
        assert_eq!(requests.len(), 1 + looks);
        assert_sent(&requests[1], "GET", in_app, &[V3], None);
    }
}

#[tokio::test]
async fn a_creation_that_needs_a_confirmation_says_so() {
    let body = json!({ "id": "confirmation_required", "message": "Not networked." });
    for status in [423, 400] {
        let heroku = Heroku::with("POST", "/apps/acme-prod/addons", status, body.clone()).await;
        let error = heroku.client.create_addon(&new_addon()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains("`confirm`"), "{error}");
        heroku.request().await;
    }
}
