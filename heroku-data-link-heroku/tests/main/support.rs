//! A server that answers what a test told it to, and names what it did not expect.

use std::time::Duration;

use heroku_data_link_heroku::{Client, Hosts, Token};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const TOKEN: &str = "HRKU-canary-7f3a9c";
pub(crate) const ADDON: &str = "5bbf672c-0000-4000-8000-f1dcb96784db";

/// A server and a client of it.
pub(crate) struct Heroku {
    pub(crate) server: MockServer,
    pub(crate) client: Client,
}

/// A client of the server at this URL, with short timeouts.
pub(crate) fn client_of(url: &str) -> Client {
    let hosts = Hosts::from_vars(Some(url), None).unwrap();
    Client::builder(Token::new(TOKEN).unwrap())
        .hosts(hosts)
        .timeouts(Duration::from_millis(500), Duration::from_secs(5))
        .build()
        .unwrap()
}

impl Heroku {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Unexpected).with_priority(255).mount(&server).await;
        let client = client_of(&server.uri());
        Self { server, client }
    }

    /// One server that gives this answer once.
    pub(crate) async fn with(method: &str, path: &str, status: u16, body: Value) -> Self {
        let heroku = Self::start().await;
        heroku.on(method, path, status, body).await;
        heroku
    }

    /// Answers the next request like this one; later ones after it.
    pub(crate) async fn on(&self, method: &str, path: &str, status: u16, body: Value) {
        self.answers(method, path, ResponseTemplate::new(status).set_body_json(body)).await;
    }

    pub(crate) async fn answers(&self, method: &str, path: &str, answer: ResponseTemplate) {
        Mock::given(wiremock::matchers::method(method))
            .and(wiremock::matchers::path(path))
            .respond_with(answer)
            .up_to_n_times(1)
            .mount(&self.server)
            .await;
    }

    /// All requests so far.
    pub(crate) async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    /// The only request so far.
    pub(crate) async fn request(&self) -> Request {
        let requests = self.requests().await;
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().unwrap()
    }
}

struct Unexpected;

impl Respond for Unexpected {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let text = format!("unexpected request: {} {}", request.method, request.url.path());
        ResponseTemplate::new(500).set_body_json(json!({ "id": "unexpected", "message": text }))
    }
}

/// What is sent with every call, and nothing but `expected` beside it.
#[track_caller]
pub(crate) fn assert_sent(
    request: &Request,
    method: &str,
    path: &str,
    expected: &[(&str, &str)],
    body: Option<&Value>,
) {
    assert_eq!(request.method.as_str(), method);
    assert_eq!(request.url.path(), path);
    assert_eq!(request.url.query(), None);
    let mut wanted = vec![
        ("authorization", format!("Bearer {TOKEN}")),
        ("user-agent", format!("heroku-data-link/{}", env!("CARGO_PKG_VERSION"))),
    ];
    wanted.extend(expected.iter().map(|(name, value)| (*name, (*value).to_owned())));
    if body.is_some() {
        wanted.push(("content-type", "application/json".to_owned()));
    }
    wanted.sort();
    let mut sent: Vec<(&str, String)> = request
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "host" | "content-length" | "request-id"))
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap().to_owned()))
        .collect();
    sent.sort();
    assert_eq!(sent, wanted);
    let id = request.headers.get("request-id").unwrap().to_str().unwrap();
    assert_eq!(id.len(), 36, "{id}");
    match body {
        Some(body) => assert_eq!(request.body_json::<Value>().unwrap(), *body),
        None => assert!(request.body.is_empty()),
    }
}

pub(crate) const V3: (&str, &str) = ("accept", "application/vnd.heroku+json; version=3");

/// An add-on as the Platform API sends it.
pub(crate) fn addon_json() -> Value {
    json!({
        "id": ADDON,
        "name": "redis-haiku-12345",
        "state": "provisioned",
        "app": { "id": "a84b035c-0000-4000-8000-2cf0ee2c94de", "name": "acme-prod" },
        "addon_service": { "id": "5bbf672c-07f6-4000-8000-000000000001", "name": "heroku-redis" },
        "plan": { "id": "b20bdaae-0000-4000-8000-e7b19b0ab5ff", "name": "heroku-redis:private-7" },
        "config_vars": ["REDIS_URL"],
        "actions": [null],
        "web_url": null,
    })
}
