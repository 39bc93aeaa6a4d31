//! Heroku's Platform and Data API over HTTP: every route, and every refusal.

mod addons;
mod apps;
mod attachments;
mod catalogue;
mod changes;
mod guard;
mod links;
mod lists;
mod secrets;
mod services;
mod spaces;

use std::time::Duration;

use heroku_data_link_mock::{ServeOptions, TOKEN, World};
use serde_json::Value;

use crate::support::{Answer, Served};

/// The app and add-ons of the articles on PrivateLink.
const APP: &str = "privatelink-vpc-endpoint-demo";
const REDIS: &str = "redis-kvs-12345";
const KAFKA: &str = "kafka-sushi-12345";
const POSTGRES: &str = "postgresql-cubed-12345";

const SDK: (&str, &str) = ("accept", "application/vnd.heroku+json; version=3.sdk");

async fn served() -> Served {
    Served::new(World::of_all_procedures()).await
}

async fn served_with(options: ServeOptions) -> Served {
    let world = World::of_all_procedures();
    Served { server: world.serve_with(options).await.unwrap(), world }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Served {
    /// A request with other headers; `null` is no body.
    async fn ask(&self, method: &str, path: &str, extra: &[(&str, &str)], body: Value) -> Answer {
        let authorization = format!("Bearer {TOKEN}");
        let usual = [
            ("authorization", authorization.as_str()),
            ("accept", "application/vnd.heroku+json; version=3"),
            ("content-type", "application/json"),
        ];
        let is_left = |(name, _): &(&str, &str)| extra.iter().all(|(other, _)| other != name);
        let headers: Vec<_> = usual.into_iter().filter(is_left).chain(extra.to_vec()).collect();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, path, &headers, &body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], Value::Null).await
    }

    /// The body of a successful read.
    async fn read(&self, path: &str) -> Value {
        self.read_with(path, &[]).await
    }

    async fn read_with(&self, path: &str, extra: &[(&str, &str)]) -> Value {
        let answer = self.ask("GET", path, extra, Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Status and body of a change.
    async fn change(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let answer = self.ask(method, path, &[], body).await;
        (answer.status, answer.json())
    }

    /// What every item of a list has in a field.
    async fn column(&self, path: &str, field: &str) -> Vec<String> {
        texts(&self.read(path).await, field)
    }
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// Checks that an answer is a refusal as Heroku writes them.
fn refused(answer: &Answer, status: u16, id: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["id"], id, "{answer:?}");
    assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("request-id").is_some(), "{answer:?}");
}

/// Checks that a value has exactly these fields.
fn has_fields(value: &Value, fields: &[&str]) {
    let found: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut fields = fields.to_vec();
    fields.sort_unstable();
    assert_eq!(found, fields);
}
