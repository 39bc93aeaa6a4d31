//! Malformed requests, made at random: the server never panics, never hangs, and never takes a
//! client's mistake for its own.
//!
//! `PROPTEST_CASES=100000` looks for longer than the default 256 cases of each property.

mod corpus;
mod edit;
mod request;
mod watched;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};

use self::corpus::{COUNT, SAMPLES};
use self::request::{Request, framing, request};
use self::watched::Watched;

/// How long a failing case is made simpler.
const SHRINKS: u32 = 100;

fn runner() -> TestRunner {
    let config = ProptestConfig {
        max_shrink_iters: SHRINKS,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
}

/// Sends each request in a connection of its own, to one server with a world of its own.
fn check(watched: &Watched, requests: &[Request]) -> TestCaseResult {
    let before = watched.panics();
    let end = watched.run(requests);
    prop_assert_eq!(watched.panics(), before, "a task of the server panicked");
    let answers = end.map_err(TestCaseError::fail)?;
    let may_fail = requests.iter().any(Request::makes_calls_fail);
    for (request, status) in requests.iter().zip(answers) {
        prop_assert!(status < 500 || may_fail, "{status} for {request:?}");
        prop_assert!(status > 0 || may_fail || request.is_broken(), "no answer to {request:?}");
    }
    Ok(())
}

#[test]
fn mistakes_in_requests_are_answered() {
    let watched = Watched::start();
    let requests = vec(request(), 1..5);
    runner().run(&requests, |requests| check(&watched, &requests)).unwrap();
}

#[test]
fn bytes_that_are_no_request_end_a_connection() {
    let watched = Watched::start();
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..600),
        (vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..40)).prop_map(|(target, rest)| [
            b"GET ",
            &*target,
            b" HTTP/1.1\r\n",
            &*rest
        ]
        .concat()),
    ];
    runner().run(&bytes, |bytes| check(&watched, &[Request::raw(bytes)])).unwrap();
}

#[test]
fn the_corpus_is_what_the_clouds_take() {
    let watched = Watched::start();
    for index in 0..COUNT {
        let request = Request::unchanged(index);
        let status = watched.run(std::slice::from_ref(&request)).unwrap()[0];
        let expected = if index < SAMPLES.len() { 200..300 } else { 400..500 };
        assert!(expected.contains(&status), "{status} for {request:?}");
    }
}

#[test]
fn a_panic_is_noticed() {
    let watched = Watched::start();
    watched.panic();
    assert_eq!(watched.panics(), 1);
}

#[test]
fn a_hang_is_noticed() {
    let watched = Watched::patient(Duration::from_millis(50));
    watched.hang();
    assert!(watched.run(&[Request::unchanged(0)]).is_err());
}

#[test]
fn a_length_that_is_not_the_bodys_is_answered_or_ends_the_connection() {
    let watched = Watched::start();
    let requests =
        (0..COUNT, framing()).prop_map(|(sample, framing)| Request::framed(sample, framing));
    runner().run(&requests, |request| check(&watched, &[request])).unwrap();
}
