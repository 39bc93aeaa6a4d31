//! PrivateLink on the Data API.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::{
    AllowedAccountStatus, AllowedPrincipal, AwsPrincipal, ConnectionStatus, PrivateLinkStatus,
};
use heroku_data_link::provider::{AddonHandle, Call, Clouds, ErrorKind, HerokuCall, PrivateLinks};
use heroku_data_link_mock::World;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::support::{ADDON, Heroku, V3, assert_sent};

fn path() -> String {
    format!("/private-link/v0/databases/{ADDON}")
}

fn link_json() -> Value {
    json!({
        "app": { "name": "acme-prod" },
        "addon": { "name": "redis-haiku-12345", "uuid": ADDON },
        "status": "Operational",
        "service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-0abc1234def567890",
        "allowed_accounts": [{
            "account_id": "021876802972",
            "arn": "arn:aws:iam::021876802972:root",
            "status": "Active",
        }],
        "connections": [{
            "endpoint_id": "vpce-0749f2c263ce53c50",
            "hostname": "vpce-0749f2c263ce53c50-ab12cd34.vpce.amazonaws.com",
            "owner_arn": "arn:aws:iam::021876802972:root",
            "status": "Available",
        }],
    })
}

fn principals(texts: &[&str]) -> BTreeSet<AwsPrincipal> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_link_is_read() {
    let heroku = Heroku::with("GET", &path(), 200, link_json()).await;
    let link = heroku.client.private_link(&ADDON.parse().unwrap()).await.unwrap().unwrap();
    assert_sent(&heroku.request().await, "GET", &path(), &[V3], None);
    assert_eq!(link.status, PrivateLinkStatus::Operational);
    assert_eq!(
        link.service_name.unwrap().as_str(),
        "com.amazonaws.vpce.us-east-1.vpce-svc-0abc1234def567890"
    );
    assert_eq!(link.allowed_accounts.len(), 1);
    let known = link.allowed_accounts[0].principal.known().unwrap();
    assert_eq!(known.account().as_str(), "021876802972");
    assert_eq!(link.allowed_accounts[0].status, AllowedAccountStatus::Active);
    assert_eq!(link.connections.len(), 1);
    assert_eq!(link.connections[0].endpoint, "vpce-0749f2c263ce53c50".parse().ok());
    assert_eq!(link.connections[0].status, ConnectionStatus::Available);
    assert!(link.connections[0].hostname.is_some() && link.connections[0].owner.is_some());
}

#[tokio::test]
async fn a_service_name_before_there_is_one_is_none() {
    for name in [json!(""), json!(null), json!("Provisioning"), json!(7)] {
        let mut link = link_json();
        link["service_name"] = name;
        let heroku = Heroku::with("GET", &path(), 200, link).await;
        let link = heroku.client.private_link(&ADDON.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(link.service_name, None);
    }
}

#[tokio::test]
async fn what_is_missing_null_or_new_is_survived() {
    for (body, status) in [
        (json!({}), ""),
        (
            json!({ "status": null, "service_name": null, "allowed_accounts": null,
                    "connections": null }),
            "",
        ),
        (
            json!({
                "apps": { "name": "acme-prod" },
                "status": "Resizing",
                "allowed_accounts": [],
                "whitelisted_accounts": [{}],
            }),
            "Resizing",
        ),
    ] {
        let heroku = Heroku::with("GET", &path(), 200, body).await;
        let link = heroku.client.private_link(&ADDON.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(link.status, PrivateLinkStatus::Other(status.to_owned()));
        assert_eq!(link.service_name, None);
        assert!(link.allowed_accounts.is_empty() && link.connections.is_empty());
    }
}

#[tokio::test]
async fn no_connection_is_left_out_whatever_is_in_its_row() {
    let mut body = link_json();
    body["connections"] = json!([{ "endpoint_id": "123456" }, {}, "x", null, 7]);
    let heroku = Heroku::with("GET", &path(), 200, body).await;
    let link = heroku.client.private_link(&ADDON.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(link.connections.len(), 5);
    assert!(link.connections.iter().all(|connection| connection.endpoint.is_none()));
}

#[tokio::test]
async fn no_principal_is_left_out_whatever_is_in_its_row() {
    let session = "arn:aws:sts::123456789012:assumed-role/Admin/me@example.com";
    let body = json!({ "status": "Operational", "allowed_accounts": [
        { "arn": "*", "account_id": "*", "status": "Active" },
        { "account_id": "*" },
        "*",
        { "arn": "arn:aws:iam::*:root", "account_id": "" },
        { "arn": session, "account_id": "123456789012" },
        { "arn": "what\u{1b}[2J?" },
        { "arn": 7, "account_id": null },
        7,
        null,
    ] });
    let heroku = Heroku::with("GET", &path(), 200, body).await;
    let link = heroku.client.private_link(&ADDON.parse().unwrap()).await.unwrap().unwrap();
    let found: Vec<_> = link.allowed_accounts.iter().map(|it| it.principal.to_string()).collect();
    let unnamed = "an entry without a name";
    let odd = ["arn:aws:iam::*:root", session, "what\\u{1b}[2J?", unnamed, unnamed, unnamed];
    assert_eq!(found, [&["*"; 3][..], &odd].concat());
    assert!(link.allowed_accounts[..3].iter().all(|it| it.principal == AllowedPrincipal::Anyone));
}

#[tokio::test]
async fn an_account_is_known_by_arn_or_id() {
    let body = json!({ "status": "operational", "allowed_accounts": [
        { "account_id": "123456789012", "status": "Provisioning" },
        { "arn": "arn:aws:iam::123456789012:user/abc" },
        { "account_id": "", "arn": "arn:aws:iam::123456789012:role/x", "status": "Available" },
    ], "connections": [{ "endpoint_id": "vpce-1", "hostname": null, "status": "Odd" }] });
    let heroku = Heroku::with("GET", &path(), 200, body).await;
    let link = heroku.client.private_link(&ADDON.parse().unwrap()).await.unwrap().unwrap();
    let found = link.allowed_accounts.iter().map(|it| it.principal.known().unwrap().heroku_form());
    let found: Vec<_> = found.collect();
    assert_eq!(found, ["123456789012", "123456789012:user/abc", "123456789012:role/x"]);
    assert_eq!(link.allowed_accounts[0].status, AllowedAccountStatus::Provisioning);
    assert_eq!(link.connections[0].hostname, None);
    assert_eq!(link.connections[0].owner, None);
    assert_eq!(link.connections[0].status, ConnectionStatus::Other("Odd".to_owned()));
}

#[tokio::test]
async fn no_link_is_none() {
    for body in [
        json!({ "id": "not_found", "message": "Resource not found" }),
        json!({ "id": "not_found", "resource": "add_on" }),
    ] {
        let heroku = Heroku::with("GET", &path(), 404, body).await;
        assert_eq!(heroku.client.private_link(&ADDON.parse().unwrap()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn changes_send_principals_in_the_short_form() {
    let both = principals(&["arn:aws:iam::123456789012:root", "021876802972:role/jobs"]);
    let body = json!({ "allowed_accounts": ["021876802972:role/jobs", "123456789012"] });
    let id = ADDON.parse().unwrap();
    let accounts = format!("{}/allowed_accounts", path());
    // Bodies that are empty, or an empty object, are on record; so are 200 beside 201 and 202.
    for answer in [
        ResponseTemplate::new(202),
        ResponseTemplate::new(200).set_body_json(json!({})),
        ResponseTemplate::new(201).set_body_json(link_json()),
    ] {
        let heroku = Heroku::start().await;
        heroku.answers("POST", &path(), answer.clone()).await;
        heroku.answers("PUT", &accounts, answer.clone()).await;
        heroku.answers("PATCH", &accounts, answer.clone()).await;
        heroku.answers("DELETE", &path(), answer).await;
        heroku.client.create_private_link(&id, &both).await.unwrap();
        heroku.client.allow(&id, &both).await.unwrap();
        heroku.client.disallow(&id, &both).await.unwrap();
        heroku.client.delete_private_link(&id).await.unwrap();
        let sent = heroku.requests().await;
        assert_sent(&sent[0], "POST", &path(), &[V3], Some(&body));
        assert_sent(&sent[1], "PUT", &accounts, &[V3], Some(&body));
        assert_sent(&sent[2], "PATCH", &accounts, &[V3], Some(&body));
        assert_sent(&sent[3], "DELETE", &path(), &[V3], None);
        assert_eq!(sent.len(), 4);
    }
}

#[tokio::test]
async fn deleting_what_is_gone_is_ok() {
    let heroku = Heroku::with("DELETE", &path(), 404, json!({ "id": "not_found" })).await;
    heroku.client.delete_private_link(&ADDON.parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_second_creation_is_a_conflict() {
    let id = ADDON.parse().unwrap();
    let set = principals(&["123456789012"]);
    let refusal = json!({ "id": "unprocessable_entity", "message": "Refused." });

    let heroku = Heroku::with("POST", &path(), 409, refusal.clone()).await;
    let error = heroku.client.create_private_link(&id, &set).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Conflict);
    heroku.request().await;

    for (status, expected) in [
        (200, ErrorKind::Conflict),
        (404, ErrorKind::InvalidRequest),
        (500, ErrorKind::InvalidRequest),
    ] {
        let heroku = Heroku::with("POST", &path(), 422, refusal.clone()).await;
        heroku.on("GET", &path(), status, link_json()).await;
        let error = heroku.client.create_private_link(&id, &set).await.unwrap_err();
        assert_eq!(*error.kind(), expected, "{status}");
        assert_eq!(error.message(), "Refused.");
        assert_eq!(heroku.requests().await.len(), 2);
    }
}

#[tokio::test]
async fn changing_what_is_not_there_is_not_found() {
    let accounts = format!("{}/allowed_accounts", path());
    let heroku = Heroku::with("PUT", &accounts, 404, json!({ "id": "not_found" })).await;
    let set = principals(&["123456789012"]);
    let error = heroku.client.allow(&ADDON.parse().unwrap(), &set).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_call_that_succeeds_has_the_id_of_its_request() {
    let heroku = Heroku::start().await;
    for known in [Some("heroku-request-1"), None] {
        let answer = ResponseTemplate::new(200).set_body_json(link_json());
        let answer = match known {
            Some(id) => answer.insert_header("request-id", id),
            None => answer,
        };
        heroku.answers("PUT", &format!("{}/allowed_accounts", path()), answer).await;
        let clouds = Clouds::new(Arc::new(heroku.client.clone()), World::new().aws());
        let addon = AddonHandle {
            id: Some(ADDON.parse().unwrap()),
            name: "redis-haiku-12345".to_owned(),
            app: None,
        };
        let request = HerokuCall::Allow { addon, principals: principals(&["021876802972"]) };
        let call = Call::Heroku { request };
        let sent = call.send(&clouds, SystemTime::UNIX_EPOCH).await.unwrap();
        let own = heroku.request().await.headers["request-id"].to_str().unwrap().to_owned();
        assert_eq!(sent.request_id.as_deref(), Some(known.unwrap_or(&own)));
        heroku.server.reset().await;
    }
}
