//! One rate budget for all clones of a client.

use std::time::Duration;

use heroku_data_link::provider::{ErrorKind, PrivateLinks, Retry};
use heroku_data_link_heroku::{Client, Hosts, Token};
use heroku_data_link_mock::World;
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::support::{ADDON, Heroku, TOKEN};

async fn start() -> (World, Heroku) {
    let world = World::new();
    let mut heroku = Heroku::start().await;
    heroku.client = Client::builder(Token::new(TOKEN).unwrap())
        .hosts(Hosts::from_vars(Some(&heroku.server.uri()), None).unwrap())
        .clock(world.clock())
        .build()
        .unwrap();
    (world, heroku)
}

async fn reply(heroku: &Heroku, remaining: &str) {
    let answer = ResponseTemplate::new(200)
        .insert_header("ratelimit-remaining", remaining)
        .set_body_json(json!({ "email": "a@b.c" }));
    heroku.answers("GET", "/account", answer).await;
}

#[tokio::test]
async fn what_is_left_is_exposed_and_refilled() {
    let (world, heroku) = start().await;
    assert_eq!(heroku.client.requests_left(), None);
    reply(&heroku, "2000").await;
    heroku.client.account().await.unwrap();
    assert_eq!(heroku.client.clone().requests_left(), Some(2000));
    world.advance(Duration::from_secs(60));
    assert_eq!(heroku.client.requests_left(), Some(2075));
    reply(&heroku, "not a number").await;
    heroku.client.account().await.unwrap();
    assert_eq!(heroku.client.requests_left(), Some(2074));
}

#[tokio::test]
async fn near_its_end_calls_are_refused_without_a_request() {
    let (world, heroku) = start().await;
    reply(&heroku, "3").await;
    heroku.client.account().await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..4 {
        let error = heroku.client.clone().account().await.unwrap_err();
        let Retry::After(wait) = error.retry() else { panic!("{error}") };
        waits.push(wait);
    }
    heroku.request().await;
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");

    // The Data API has a budget of its own.
    let path = format!("/private-link/v0/databases/{ADDON}");
    heroku.on("GET", &path, 404, json!({ "id": "not_found" })).await;
    heroku.client.private_link(&ADDON.parse().unwrap()).await.unwrap();

    world.advance(waits[0]);
    reply(&heroku, "20").await;
    heroku.client.account().await.unwrap();
}

#[tokio::test]
async fn a_calendar_that_is_set_back_does_not_stretch_a_wait() {
    let (world, heroku) = start().await;
    let answer = ResponseTemplate::new(429).insert_header("retry-after", "30");
    heroku.answers("GET", "/account", answer).await;
    heroku.client.account().await.unwrap_err();
    world.clock().set_calendar_back(Duration::from_secs(24 * 60 * 60));
    world.advance(Duration::from_secs(30));
    reply(&heroku, "4000").await;
    heroku.client.account().await.unwrap();
    world.clock().set_calendar_forward(Duration::from_secs(24 * 60 * 60));
    assert_eq!(heroku.client.requests_left(), Some(4000));
}

#[tokio::test]
async fn a_429_holds_all_clones_back() {
    let (world, heroku) = start().await;
    let answer = ResponseTemplate::new(429).insert_header("retry-after", "30");
    heroku.answers("GET", "/account", answer).await;
    heroku.client.account().await.unwrap_err();
    let error = heroku.client.clone().account().await.unwrap_err();
    let kind = ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(30)) };
    assert_eq!(*error.kind(), kind);
    heroku.request().await;
    world.advance(Duration::from_secs(30));
    reply(&heroku, "4000").await;
    heroku.client.account().await.unwrap();
}
