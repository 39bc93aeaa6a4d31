//! An operator that ends at any request to the API server or any call to a cloud, and what a new one
//! comes to; requests that are refused; and two operators at once.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use heroku_data_link::model::DataService;
use heroku_data_link_mock::When as CloudWhen;
use heroku_data_link_operator::{EncryptedAddon, KeyAccess, Peering, PrivateLink};
use serde_json::{Value, json};

use crate::api::When;
use crate::bench::{Bench, NAME, SECRETS, Sample, is, private_link};

/// What is left in the end: both clouds, and the data of every Secret.
#[derive(Debug, PartialEq)]
struct Left {
    world: String,
    secrets: Vec<Value>,
}

fn left(bench: &Bench) -> Left {
    assert!(bench.world.orphans().is_empty(), "{:?}", bench.world.orphans());
    let secrets = bench.api.all(SECRETS).iter().map(|it| it["data"].clone()).collect();
    Left { world: bench.world.fingerprint(), secrets }
}

/// Goes to the end of one direction, with an operator of its own.
async fn to_the_end<K: Sample>(bench: &Bench, is_deleted: bool) {
    let context = bench.context::<K>();
    if is_deleted {
        bench.until_gone(&context).await;
    } else {
        bench.until_ready(&context).await;
    }
}

fn delete<K: Sample>(bench: &Bench) {
    if let Some(confirmation) = K::confirmation() {
        bench.patch(NAME, &json!({ "spec": { "confirmation": confirmation } }));
    }
    bench.delete(NAME);
}

/// At the beginning of a direction.
async fn begun<K: Sample>(is_deleted: bool) -> Bench {
    let (bench, spec) = K::bench();
    bench.create::<K>(NAME, &spec);
    if is_deleted {
        to_the_end::<K>(&bench, false).await;
        delete::<K>(&bench);
    }
    bench
}

async fn survives_every_crash<K: Sample>() {
    for is_deleted in [false, true] {
        let bench = begun::<K>(is_deleted).await;
        let (requests, mutations) = (bench.api.sent().len(), bench.world.mutations());
        to_the_end::<K>(&bench, is_deleted).await;
        let expected = left(&bench);
        let requests = bench.api.sent().len() - requests;
        let mutations = bench.world.mutations() - mutations;
        for request in 1..=requests {
            for when in [When::Before, When::After] {
                let bench = begun::<K>(is_deleted).await;
                bench.api.crash_at(request, when);
                let crashed = pin!(bench.api.crashed());
                let run = pin!(to_the_end::<K>(&bench, is_deleted));
                assert!(matches!(select(run, crashed).await, Either::Right(_)), "{request}");
                bench.api.go_on();
                to_the_end::<K>(&bench, is_deleted).await;
                assert_eq!(left(&bench), expected, "request {request} {when:?} {is_deleted}");
            }
        }
        for mutation in 1..=mutations {
            for when in [CloudWhen::Before, CloudWhen::After] {
                let bench = begun::<K>(is_deleted).await;
                bench.world.crash_at(mutation, when);
                let crashed = pin!(bench.world.crashed());
                let run = pin!(to_the_end::<K>(&bench, is_deleted));
                assert!(matches!(select(run, crashed).await, Either::Right(_)), "{mutation}");
                to_the_end::<K>(&bench, is_deleted).await;
                assert_eq!(left(&bench), expected, "call {mutation} {when:?} {is_deleted}");
            }
        }
    }
}

#[tokio::test]
async fn a_private_link_survives_every_crash() {
    Box::pin(survives_every_crash::<PrivateLink>()).await;
}

#[tokio::test]
async fn a_peering_survives_every_crash() {
    Box::pin(survives_every_crash::<Peering>()).await;
}

#[tokio::test]
async fn an_encrypted_addon_survives_every_crash() {
    Box::pin(survives_every_crash::<EncryptedAddon>()).await;
}

#[tokio::test]
async fn a_key_access_survives_every_crash() {
    Box::pin(survives_every_crash::<KeyAccess>()).await;
}

/// A third of the requests that change something come too late, as somebody else was faster, or are
/// not answered.
#[tokio::test]
async fn conflicts_and_failures_of_the_api_server_are_overcome() {
    let expected = undisturbed().await;
    for code in [409, 500, 503] {
        let (bench, spec) = private_link(DataService::KeyValueStore);
        let context = bench.context::<PrivateLink>();
        bench.create::<PrivateLink>(NAME, &spec);
        let mut count = 0_u32;
        bench.api.refuse(move |sent| {
            let changes = sent.method != http::Method::GET;
            count += u32::from(changes);
            // No pattern that a pass could fall in step with.
            (changes && count.wrapping_mul(2_654_435_761) >> 24 < 85).then_some(code)
        });
        bench.until_ready::<PrivateLink>(&context).await;
        assert_eq!(left(&bench), expected, "{code}");
        delete::<PrivateLink>(&bench);
        bench.until_gone::<PrivateLink>(&context).await;
    }
}

async fn undisturbed() -> Left {
    let (bench, spec) = private_link(DataService::KeyValueStore);
    bench.create::<PrivateLink>(NAME, &spec);
    to_the_end::<PrivateLink>(&bench, false).await;
    left(&bench)
}

/// A call that must not be sent twice is not sent where that cannot be written down.
#[tokio::test]
async fn no_key_is_made_while_the_status_cannot_be_written() {
    let (bench, spec) = EncryptedAddon::bench();
    let context = bench.context::<EncryptedAddon>();
    bench.create::<EncryptedAddon>(NAME, &spec);
    let mut writes = 0;
    bench.api.refuse(move |sent| {
        writes += usize::from(sent.path.ends_with("/status"));
        // Not the first ones, which are about a pass that has ended.
        (sent.path.ends_with("/status") && writes > 4).then_some(503)
    });
    for _ in 0..100 {
        let pause = bench.pass(&context, NAME).await.unwrap_or_default();
        bench.world.advance(pause.max(Duration::from_secs(1)));
    }
    let made = bench.world.journal().iter().filter(|it| it.operation == "kms:CreateKey").count();
    assert_eq!(made, 0);
    bench.api.refuse(|_| None);
    bench.until_ready::<EncryptedAddon>(&context).await;
    let made = bench.world.journal().iter().filter(|it| it.operation == "kms:CreateKey").count();
    assert_eq!(made, 1);
}

/// Two operators without a lease, pass by pass: what one writes makes the other read anew.
#[tokio::test]
async fn two_operators_make_one_key() {
    for lag in [0, 20] {
        let (bench, spec) = EncryptedAddon::bench();
        bench.world.set_read_lag(Duration::from_secs(lag));
        let both = [bench.context::<EncryptedAddon>(), bench.context::<EncryptedAddon>()];
        bench.create::<EncryptedAddon>(NAME, &spec);
        for number in 0..1000 {
            if is::<EncryptedAddon>(bench.object(NAME).as_ref(), "Ready") {
                break;
            }
            let pause = bench.pass(&both[number % 2], NAME).await.unwrap_or_default();
            bench.world.advance(pause.max(Duration::from_secs(1)) / 2);
        }
        assert!(is::<EncryptedAddon>(bench.object(NAME).as_ref(), "Ready"));
        let made =
            bench.world.journal().iter().filter(|it| it.operation == "kms:CreateKey").count();
        assert_eq!(made, 1);
        assert!(bench.world.orphans().is_empty());
    }
}
