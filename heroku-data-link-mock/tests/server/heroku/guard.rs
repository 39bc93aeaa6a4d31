//! What holds for every route.

use std::num::NonZeroU32;

use heroku_data_link::provider::{ErrorKind, operation};
use heroku_data_link_mock::{Fault, ServeOptions};
use serde_json::{Value, json};

use super::{APP, REDIS, refused, secs, served, served_with};

/// `:TOKEN`, and what plugin 2.0.1 sends: `:undefined`.
const BASIC: &str = "Basic OkhSS1UtMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAw";
const UNDEFINED: &str = "Basic OnVuZGVmaW5lZA==";

#[tokio::test]
async fn who_is_nobody_is_refused() {
    let served = served().await;
    for token in ["", "Bearer", "Bearer x", "bearer x", "Basic x", "Basic !", UNDEFINED] {
        for path in ["/account", "/nowhere", "/private-link/v0/databases/x"] {
            let answer = served.ask("GET", path, &[("authorization", token)], Value::Null).await;
            refused(&answer, 401, "unauthorized");
            assert_eq!(answer.header("ratelimit-remaining"), None);
        }
    }
    let basic = [("authorization", BASIC)];
    assert_eq!(served.read_with("/account", &basic).await["email"], "you@example.com");
    assert_eq!(served.world.calls(), 1, "the world heard of the last one only");
}

#[tokio::test]
async fn the_accept_header_names_the_version() {
    let served = served().await;
    for accept in ["*/*", "text/html", "application/vnd.heroku+json; version=2"] {
        let answer = served.ask("GET", "/account", &[("accept", accept)], Value::Null).await;
        refused(&answer, 406, "not_acceptable");
    }
    served.read_with("/account", &[("accept", "application/json")]).await;
}

#[tokio::test]
async fn what_heroku_does_not_have_is_not_found() {
    let served = served().await;
    for (method, path) in [
        ("GET", "/nowhere"),
        ("DELETE", "/account"),
        ("POST", "/apps"),
        ("PUT", "/spaces/procedures"),
        ("GET", "/apps/privatelink%2Dvpc"),
        ("GET", "/apps/%ff"),
        ("GET", "/redis/v0/databases"),
    ] {
        refused(&served.ask(method, path, &[], Value::Null).await, 404, "not_found");
    }
    refused(&served.get("/apps?a=b").await, 400, "bad_request");
}

#[tokio::test]
async fn a_404_of_a_proxy_is_a_page_and_not_an_error_of_herokus() {
    let served = served().await;
    let fault = json!({ "on": operation::READ_APP, "error": "protocol" }).to_string();
    assert_eq!(served.send("POST", "/__world/faults", &[], &fault).await.status, 200);
    let path = format!("/apps/{APP}");
    let answer = served.get(&path).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.body.contains("<html>"), "{answer:?}");
    served.read(&path).await;
}

#[tokio::test]
async fn a_body_is_json_of_the_right_shape() {
    let served = served().await;
    let path = format!("/private-link/v0/databases/{REDIS}");
    let send = async |content_type, body: &str| {
        let token = format!("Bearer {}", heroku_data_link_mock::TOKEN);
        let accept = "application/vnd.heroku+json; version=3";
        let headers =
            [("authorization", &*token), ("accept", accept), ("content-type", content_type)];
        served.send("POST", &path, &headers, body).await
    };
    refused(&send("application/json", "{").await, 400, "bad_request");
    refused(&send("application/json", "\u{fffd}").await, 400, "bad_request");
    refused(&send("text/plain", "{}").await, 415, "bad_request");
    refused(&send("application/json", "").await, 422, "invalid_params");
    refused(&send("application/json", "[]").await, 422, "invalid_params");
    refused(&send("application/json", "{\"allowed_accounts\":1}").await, 422, "invalid_params");
    let unknown = json!({ "allowed_accounts": ["123456789101"], "region": "x" }).to_string();
    refused(&send("application/json", &unknown).await, 422, "invalid_params");
    let long = json!({ "allowed_accounts": ["x".repeat(200_000)] }).to_string();
    refused(&send("application/json", &long).await, 413, "bad_request");
    assert_eq!(served.world.mutations(), 0);
    let good = json!({ "allowed_accounts": ["123456789101"] }).to_string();
    assert_eq!(send("application/json; charset=utf-8", &good).await.status, 201);
}

#[tokio::test]
async fn the_platform_api_has_a_limit() {
    let requests_per_hour = NonZeroU32::new(3).unwrap();
    let served = served_with(ServeOptions { requests_per_hour, ..ServeOptions::default() }).await;
    let left = async |path: &str| {
        let answer = served.get(path).await;
        (answer.status, answer.header("ratelimit-remaining").map(str::to_owned))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(left("/account").await, (200, some("2")));
    assert_eq!(left("/nowhere").await, (404, some("1")));
    assert_eq!(left("/account/rate-limits").await, (200, some("1")), "it costs nothing");
    assert_eq!(left("/account").await, (200, some("0")));
    let answer = served.get("/account").await;
    refused(&answer, 429, "rate_limit");
    assert!(answer.json()["url"].as_str().unwrap().ends_with("#rate-limits"));
    assert_eq!(served.read("/account/rate-limits").await, json!({ "remaining": 0 }));
    let path = format!("/redis/v0/databases/{REDIS}");
    assert_eq!(left(&path).await, (200, None), "the Data API has none that is known");
    served.world.advance(secs(20 * 60));
    assert_eq!(left("/account").await, (200, some("0")), "a third of an hour is a third of them");
    served.world.advance(secs(2 * 60 * 60));
    assert_eq!(left("/account").await, (200, some("2")));
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let served = served().await;
    let path = format!("/apps/{APP}/addons");
    let first = served.get(&path).await;
    let tag = first.header("etag").unwrap().to_owned();
    for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let again = served.ask("GET", &path, &[("if-none-match", &*known)], Value::Null).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
        assert_eq!(again.header("etag"), Some(tag.as_str()));
        assert!(
            again.header("request-id").is_some() && again.header("ratelimit-remaining").is_some()
        );
    }
    let body = json!({ "plan": "heroku-redis:private-3" });
    assert_eq!(served.change("POST", &path, body).await.0, 201);
    let changed = served.ask("GET", &path, &[("if-none-match", &*tag)], Value::Null).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    let data = served.get(&format!("/redis/v0/databases/{REDIS}")).await;
    assert_eq!(data.header("etag"), None);
}

#[tokio::test]
async fn failures_of_the_world_are_answers_of_heroku() {
    let served = served().await;
    let after = Some(secs(7));
    for (kind, status, id) in [
        (ErrorKind::NotFound, 404, "not_found"),
        (ErrorKind::Conflict, 409, "conflict"),
        (ErrorKind::RateLimited { retry_after: after }, 429, "rate_limit"),
        (ErrorKind::Unauthorized, 401, "unauthorized"),
        (ErrorKind::TwoFactorRequired, 403, "two_factor"),
        (ErrorKind::Forbidden, 403, "forbidden"),
        (ErrorKind::InvalidRequest, 422, "invalid_params"),
        (ErrorKind::Transient, 500, "internal_server_error"),
    ] {
        served.world.fault(Fault::on(operation::READ_APP).before(kind).saying("so it is"));
        let answer = served.get(&format!("/apps/{APP}")).await;
        refused(&answer, status, id);
        assert_eq!(answer.json()["message"], "so it is");
        assert_eq!(answer.header("retry-after"), (status == 429).then_some("7"));
    }
    served.world.fault(Fault::on(operation::READ_APP).before(ErrorKind::Timeout));
    assert_eq!(served.get(&format!("/apps/{APP}")).await.status, 0, "no answer at all");
}

#[tokio::test]
async fn what_only_the_server_has_can_fail_as_well() {
    let served = served().await;
    let fault = json!({ "on": "heroku:releases/read", "error": "forbidden" }).to_string();
    assert_eq!(served.send("POST", "/__world/faults", &[], &fault).await.status, 200);
    let path = format!("/apps/{APP}/releases");
    refused(&served.get(&path).await, 403, "forbidden");
    assert_eq!(served.get(&path).await.status, 200);
    let calls = served.world.journal();
    assert_eq!(calls[0].operation, "heroku:releases/read");
}
