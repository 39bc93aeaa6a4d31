//! Redirects: followed within one server, never with the token to another.

use heroku_data_link::provider::{ErrorKind, PrivateLinks};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::{ADDON, Heroku, TOKEN};

fn to(status: u16, location: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("location", location)
}

#[tokio::test]
async fn within_one_server_a_read_follows() {
    for status in [301, 302, 303, 307, 308] {
        let heroku = Heroku::start().await;
        heroku.answers("GET", "/account", to(status, "/moved/account")).await;
        heroku.on("GET", "/moved/account", 200, json!({ "email": "a@b.c" })).await;
        assert_eq!(heroku.client.account().await.unwrap(), "a@b.c");
        let sent = heroku.requests().await;
        assert_eq!(sent[1].headers["authorization"], format!("Bearer {TOKEN}"));
    }
}

#[tokio::test]
async fn the_token_does_not_go_to_another_origin() {
    for status in [301, 302, 303, 307, 308] {
        let heroku = Heroku::start().await;
        let stranger = Heroku::start().await;
        // The same host, another port.
        heroku.answers("GET", "/account", to(status, &stranger.server.uri())).await;
        let error = heroku.client.account().await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(stranger.requests().await.is_empty());
    }
    for location in ["https://127.0.0.1/", "//example.com/", "http://localhost/", "ftp://x/"] {
        let heroku = Heroku::start().await;
        heroku.answers("GET", "/account", to(302, location)).await;
        let error = heroku.client.account().await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol, "{location}");
        heroku.request().await;
    }
}

/// The client would send it as `Authorization`, beside the token.
#[tokio::test]
async fn a_redirect_to_a_url_with_user_info_is_refused() {
    let heroku = Heroku::start().await;
    let at = heroku.server.address();
    for user_info in ["canary:pw", "canary", ":pw"] {
        let location = format!("http://{user_info}@{at}/moved");
        heroku.answers("GET", "/account", to(302, &location)).await;
        let error = heroku.client.account().await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().contains("user name or password"), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    for request in heroku.requests().await {
        assert_eq!(request.url.path(), "/account");
        assert_eq!(request.headers.get_all("authorization").iter().count(), 1);
    }
}

#[tokio::test]
async fn circles_and_redirects_to_nowhere_end() {
    let heroku = Heroku::start().await;
    for _ in 0..10 {
        heroku.answers("GET", "/account", to(302, "/account")).await;
    }
    let error = heroku.client.account().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    assert_eq!(heroku.requests().await.len(), 6);

    let heroku = Heroku::start().await;
    heroku.answers("GET", "/account", ResponseTemplate::new(302)).await;
    assert_eq!(*heroku.client.account().await.unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_change_is_not_redirected() {
    let path = format!("/private-link/v0/databases/{ADDON}");
    for status in [301, 302, 303, 307, 308] {
        let heroku = Heroku::start().await;
        heroku.answers("DELETE", &path, to(status, "/elsewhere")).await;
        let error = heroku.client.delete_private_link(&ADDON.parse().unwrap()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        heroku.request().await;
    }
}
