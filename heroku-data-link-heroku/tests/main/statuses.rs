//! What each status means, and what every error keeps.

use std::time::Duration;

use heroku_data_link::model::Secret;
use heroku_data_link::provider::{ErrorKind as Kind, ProviderError, Retry};
use heroku_data_link_heroku::{Client, Hosts, Token};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::{Heroku, TOKEN};

async fn answered(answer: ResponseTemplate) -> (ProviderError, Heroku) {
    let heroku = Heroku::start().await;
    heroku.answers("GET", "/account", answer).await;
    let error = heroku.client.account().await.unwrap_err();
    heroku.request().await;
    (error, heroku)
}

#[tokio::test]
async fn every_status_of_the_table() {
    for (status, id, expected) in [
        (400, "bad_request", Kind::InvalidRequest),
        (400, "confirmation_required", Kind::InvalidRequest),
        (401, "unauthorized", Kind::Unauthorized),
        (402, "delinquent", Kind::Forbidden),
        (403, "forbidden", Kind::Forbidden),
        (403, "suspended", Kind::Forbidden),
        (403, "two_factor", Kind::TwoFactorRequired),
        (404, "not_found", Kind::NotFound),
        (406, "not_acceptable", Kind::InvalidRequest),
        (409, "conflict", Kind::Conflict),
        (410, "gone", Kind::NotFound),
        (416, "requested_range_not_satisfiable", Kind::InvalidRequest),
        (422, "invalid_params", Kind::InvalidRequest),
        (422, "verification_needed", Kind::Forbidden),
        (422, "unprocessable_entity", Kind::InvalidRequest),
        (422, "multiple_matches", Kind::InvalidRequest),
        (423, "confirmation_required", Kind::InvalidRequest),
        (429, "rate_limit", Kind::RateLimited { retry_after: None }),
        (500, "internal_server_error", Kind::Transient),
        (500, "server_error", Kind::Transient),
        (502, "", Kind::Transient),
        (503, "addon_error", Kind::InvalidRequest),
        (503, "", Kind::Transient),
        (304, "", Kind::Protocol),
    ] {
        let body = json!({ "id": id, "message": "A reason.", "app": { "name": "acme-prod" } });
        let answer = ResponseTemplate::new(status)
            .insert_header("request-id", "heroku-request-1")
            .set_body_json(body);
        let (error, _) = answered(answer).await;
        assert_eq!(*error.kind(), expected, "{status} {id}");
        assert_eq!(error.operation(), "heroku:account/read");
        assert_eq!(error.request_id(), Some("heroku-request-1"));
        if status != 304 {
            assert!(error.message().starts_with("A reason."), "{error}");
        }
    }
}

#[tokio::test]
async fn bodies_of_errors_may_be_anything_and_are_not_shown() {
    for body in ["", "<html>canary</html>", "{\"message\":", "[]", "{\"message\":{}}", "null"] {
        let (error, heroku) = answered(ResponseTemplate::new(503).set_body_string(body)).await;
        assert_eq!(*error.kind(), Kind::Transient);
        assert_eq!(error.message(), "status 503, without a message");
        // Without one of Heroku's there is the one that was sent.
        let sent = heroku.request().await.headers["request-id"].to_str().unwrap().to_owned();
        assert_eq!(error.request_id(), Some(sent.as_str()));
    }
}

#[tokio::test]
async fn retry_after_is_passed_on() {
    let answer = ResponseTemplate::new(429).insert_header("retry-after", "17");
    let (error, _) = answered(answer).await;
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(17)));
}

#[tokio::test]
async fn successes_that_cannot_be_read() {
    for (body, text) in [
        ("", "the answer is empty"),
        ("  \n", "the answer is empty"),
        ("<html>canary</html>", "the answer is not JSON (line 1, column 1)"),
        ("{\"email\":\"can", "the answer ends too early (line 1, column 13)"),
        ("{\"email\":{\"canary\":1}}", "the answer has something else than expected at email"),
        ("{}", "the answer has something else than expected at ."),
    ] {
        let (error, _) = answered(ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!(*error.kind(), Kind::Protocol);
        assert_eq!(error.message(), text);
    }
    let answer = ResponseTemplate::new(200).set_body_bytes(b"{\"email\":\"\xff\xfe\"}".to_vec());
    assert_eq!(*answered(answer).await.0.kind(), Kind::Protocol);
}

#[tokio::test]
async fn a_wrong_content_type_does_not_matter() {
    let heroku = Heroku::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(r#"{"email":"a@b.c"}"#, "text/html");
    heroku.answers("GET", "/account", answer).await;
    assert_eq!(heroku.client.account().await.unwrap(), "a@b.c");
}

#[tokio::test]
async fn a_code_of_the_second_factor_is_sent() {
    let heroku = Heroku::with("GET", "/account", 200, json!({ "email": "a@b.c" })).await;
    let client = Client::builder(Token::new(TOKEN).unwrap())
        .hosts(Hosts::from_vars(Some(&heroku.server.uri()), None).unwrap())
        .two_factor_code(Secret::new("123456"))
        .build()
        .unwrap();
    client.account().await.unwrap();
    assert_eq!(heroku.request().await.headers["heroku-two-factor-code"], "123456");

    let builder = Client::builder(Token::new(TOKEN).unwrap());
    let error = builder.two_factor_code(Secret::new("12\n34")).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the code of the second factor has characters that cannot be sent"
    );
}
