//! The PrivateLink workflow over the adapter: a server speaks for the simulated Heroku.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use heroku_data_link::model::{AddonId, AwsPrincipal, DataService, PrivateLinkStatus};
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{
    Addons, ConfigVars, ErrorKind, PrivateLink, PrivateLinks, ProviderError, Spaces,
};
use heroku_data_link::reconcile::{Driver, Pass};
use heroku_data_link_heroku::{Client, Hosts, Token};
use heroku_data_link_mock::{HerokuFace, World};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::support::TOKEN;

/// Heroku's two APIs, over the face of a simulated world.
struct Api(Arc<HerokuFace>);

impl Respond for Api {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let (status, body) = match self.answer(request) {
            Ok(Some((status, body))) => (status, body),
            Ok(None) => (404, json!({ "id": "not_found", "message": "Not there." })),
            Err(error) => match error.kind() {
                ErrorKind::Conflict => (409, json!({ "id": "conflict" })),
                ErrorKind::NotFound => (404, json!({ "id": "not_found" })),
                _ => (422, json!({ "id": "unprocessable_entity" })),
            },
        };
        ResponseTemplate::new(status).set_body_json(body)
    }
}

type Answer = Result<Option<(u16, Value)>, ProviderError>;

impl Api {
    fn answer(&self, request: &Request) -> Answer {
        let heroku = &*self.0;
        let segments: Vec<&str> = request.url.path_segments().unwrap().collect();
        let body = || request.body_json::<Value>().unwrap();
        let ok = |body: Value| Ok(Some((200, body)));
        match (request.method.as_str(), segments.as_slice()) {
            ("POST", ["actions", "addons", "resolve"]) => {
                let body = body();
                let app = body["app"].as_str().map(|app| app.parse().unwrap());
                let addon = body["addon"].as_str().unwrap().parse().unwrap();
                let found = now(heroku.resolve(app.as_ref(), &addon))?;
                let found = found.iter().map(|addon| {
                    json!({ "id": addon.id, "name": addon.name, "state": addon.state,
                        "app": { "name": addon.app }, "plan": { "name": addon.plan } })
                });
                ok(found.collect())
            }
            ("GET", ["apps", app]) => Ok(now(heroku.app(&app.parse().unwrap()))?.map(|app| {
                let space = app.space.map(|space| json!({ "name": space }));
                (200, json!({ "name": app.name, "space": space }))
            })),
            ("GET", ["spaces", space]) => {
                Ok(now(heroku.space(&space.parse().unwrap()))?.map(|space| {
                    let body = json!({ "id": space.id.map(|id| id.to_string()), "name": space.name, "region": { "name": space.region },
                        "shield": space.shield, "generation": { "name": space.generation } });
                    (200, body)
                }))
            }
            ("GET", ["regions", region]) => {
                let found = now(heroku.aws_region(&region.parse().unwrap()))?;
                Ok(found.map(|region| (200, json!({ "provider": { "region": region } }))))
            }
            ("GET", ["apps", app, "config-vars"]) => {
                let vars = now(heroku.config_vars(&app.parse().unwrap()))?;
                let vars =
                    vars.iter().map(|(name, value)| (name.to_string(), value.expose().into()));
                ok(Value::Object(vars.collect()))
            }
            (method, ["private-link", "v0", "databases", addon, rest @ ..]) => {
                let addon: AddonId = addon.parse().unwrap();
                let principals = || -> BTreeSet<AwsPrincipal> {
                    let body = body();
                    let listed = body["allowed_accounts"].as_array().unwrap();
                    listed.iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect()
                };
                match (method, rest) {
                    ("GET", []) => {
                        Ok(now(heroku.private_link(&addon))?.map(|link| (200, link_json(&link))))
                    }
                    ("POST", []) => {
                        now(heroku.create_private_link(&addon, &principals()))?;
                        Ok(Some((201, json!({}))))
                    }
                    ("DELETE", []) => {
                        now(heroku.delete_private_link(&addon))?;
                        Ok(Some((202, json!({}))))
                    }
                    ("PUT", ["allowed_accounts"]) => {
                        now(heroku.allow(&addon, &principals()))?;
                        Ok(Some((202, json!({}))))
                    }
                    ("PATCH", ["allowed_accounts"]) => {
                        now(heroku.disallow(&addon, &principals()))?;
                        Ok(Some((202, json!({}))))
                    }
                    other => panic!("unexpected request: {other:?}"),
                }
            }
            other => panic!("unexpected request: {other:?}"),
        }
    }
}

fn link_json(link: &PrivateLink) -> Value {
    let accounts = link.allowed_accounts.iter().map(|account| {
        json!({ "arn": account.principal, "account_id": account.principal,
            "status": account.status })
    });
    let connections = link.connections.iter().map(|connection| {
        json!({ "endpoint_id": connection.endpoint, "hostname": connection.hostname,
            "owner_arn": connection.owner, "status": connection.status })
    });
    json!({
        "status": link.status,
        "service_name": link.service_name.as_ref().map_or("", |name| name.as_str()),
        "allowed_accounts": accounts.collect::<Value>(),
        "connections": connections.collect::<Value>(),
    })
}

/// The simulated world answers at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the simulated world made a call wait"),
    }
}

/// Once what cannot change is known, a pass makes at most this many requests to Heroku.
const MOST_REQUESTS: usize = 3;

#[tokio::test]
async fn a_link_lives_over_the_wire_with_few_requests() {
    for service in [DataService::KeyValueStore, DataService::Kafka, DataService::Postgres] {
        let (world, site) = World::of_the_procedures(service);
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Api(world.heroku())).mount(&server).await;
        let heroku = Client::builder(Token::new(TOKEN).unwrap())
            .hosts(Hosts::from_vars(Some(&server.uri()), None).unwrap())
            .clock(world.clock())
            .build()
            .unwrap();
        let mut spec = PrivateLinkSpec::new("cache".parse().unwrap(), site.addon, site.vpc);
        spec.heroku_teardown = HerokuTeardown::Delete;
        let workflow = PrivateLinkWorkflow::new(spec, Arc::new(heroku), world.aws());
        let driver = Driver::new(workflow, world.clock());

        let started = world.now();
        let mut seen_waiting = started;
        let mut passes = 0;
        let output = loop {
            let before = requests(&server).await;
            let pass = driver.reconcile_once().await.unwrap();
            let made = requests(&server).await - before;
            // The first pass reads add-on, app, space and region beside.
            assert!(
                made <= MOST_REQUESTS + if passes == 0 { 3 } else { 0 },
                "pass {passes}: {made}"
            );
            passes += 1;
            match pass {
                Pass::Done(output) => break output,
                Pass::Requeue { after, .. } => {
                    let link = now(world.heroku().private_link(&site.addon_id)).unwrap();
                    if link.is_some_and(|it| it.status == PrivateLinkStatus::Provisioning) {
                        seen_waiting = world.now();
                    }
                    world.advance(after);
                }
            }
        };
        assert!(!output.connections.is_empty());

        // The wait of the official CLI asks every 3 seconds until the service is operational.
        let waited = seen_waiting.duration_since(started).unwrap();
        let made = requests(&server).await;
        println!(
            "{service}: {made} Heroku requests in {passes} passes, after a wait of {waited:?}"
        );
        let cli = waited.as_secs() / 3;
        assert!(u64::try_from(made).unwrap() * 3 <= cli, "{made} against {cli}");

        while let Pass::Requeue { after, .. } = driver.teardown_once().await.unwrap() {
            world.advance(after.max(Duration::from_secs(1)));
        }
        assert!(world.orphans().is_empty());
    }
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}
