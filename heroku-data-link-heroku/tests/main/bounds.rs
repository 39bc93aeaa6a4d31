//! Lists that are too long, in bytes, items, parts or time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use heroku_data_link::provider::{AllAddons, ErrorKind, ProviderError};
use heroku_data_link_heroku::{Client, Hosts, Token};
use heroku_data_link_mock::World;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::support::{TOKEN, addon_json};

/// A list without an end: each part leads to another one.
struct Endless {
    part: String,
    sent: AtomicUsize,
    /// What comes after a part, by its number.
    next: fn(usize) -> usize,
    world: World,
    pause: Duration,
}

impl Respond for Endless {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.world.advance(self.pause);
        let next = (self.next)(self.sent.fetch_add(1, Ordering::SeqCst));
        ResponseTemplate::new(206)
            .insert_header("next-range", format!("id ]{next}..; max=200"))
            .set_body_string(self.part.clone())
    }
}

/// How reading such a list ends, and after how many requests.
async fn read(part: String, next: fn(usize) -> usize, pause: u64) -> (ProviderError, usize) {
    let world = World::new();
    let server = MockServer::start().await;
    let pause = Duration::from_secs(pause);
    let endless = Endless { part, sent: AtomicUsize::new(0), next, world: world.clone(), pause };
    Mock::given(any()).respond_with(endless).mount(&server).await;
    let client = Client::builder(Token::new(TOKEN).unwrap())
        .hosts(Hosts::from_vars(Some(&server.uri()), None).unwrap())
        .clock(world.clock())
        .build()
        .unwrap();
    let error = client.all_addons().await.unwrap_err();
    (error, server.received_requests().await.unwrap().len())
}

#[tokio::test]
async fn endless_parts_are_bounded_in_bytes_together() {
    let part = json!(["x".repeat(3 << 20)]).to_string();
    let (error, requests) = read(part, |number| number, 0).await;
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    assert_eq!(error.message(), "the parts of the list are longer than 33554432 bytes");
    assert_eq!(requests, 11);
}

#[tokio::test]
async fn endless_parts_are_bounded_in_items_together() {
    let part = json!(vec![7; 40_000]).to_string();
    let (error, requests) = read(part, |number| number, 0).await;
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    assert_eq!(error.message(), "the list has more than 100000 items");
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn endless_empty_parts_are_bounded_in_number() {
    let (error, requests) = read("[]".to_owned(), |number| number, 0).await;
    assert_eq!(*error.kind(), ErrorKind::Protocol);
    assert_eq!(error.message(), "the list has more than 1000 parts");
    assert_eq!(requests, 1000);
}

#[tokio::test]
async fn a_part_that_comes_again_is_an_error() {
    let part = json!([addon_json()]).to_string();
    let circles: [fn(usize) -> usize; 2] = [|_| 7, |number| number % 3];
    for (next, expected) in circles.into_iter().zip([2, 4]) {
        let (error, requests) = read(part.clone(), next, 0).await;
        assert_eq!(*error.kind(), ErrorKind::Protocol);
        assert!(error.message().contains("a part of it is to be read again"), "{error}");
        assert_eq!(requests, expected);
    }
}

#[tokio::test]
async fn slow_endless_parts_are_bounded_in_time_together() {
    let (error, requests) = read("[]".to_owned(), |number| number, 20).await;
    assert_eq!(*error.kind(), ErrorKind::Timeout);
    assert_eq!(error.message(), "the list was not complete within 300s");
    assert_eq!(requests, 16);
}
