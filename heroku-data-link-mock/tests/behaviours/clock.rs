use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures_util::future::{Either, join, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use heroku_data_link::provider::Identity;
use heroku_data_link::reconcile::Clock;
use heroku_data_link_mock::{Fault, VirtualClock, World};

use crate::fixture::secs;

fn start() -> (Arc<VirtualClock>, SystemTime) {
    let clock = World::new().clock();
    let now = clock.now();
    (clock, now)
}

fn run(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(future);
}

#[test]
fn a_world_begins_in_2026() {
    let (_, now) = start();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(since, Duration::from_secs(56 * 365 * 86_400 + 14 * 86_400));
}

#[test]
fn a_single_sleeper_moves_time() {
    let (clock, began) = start();
    run(async {
        clock.sleep(secs(90)).await;
        clock.sleep(Duration::ZERO).await;
    });
    assert_eq!(clock.now(), began + secs(90));
    assert_eq!(clock.sleepers(), 0);
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    let (clock, began) = start();
    let order = Mutex::new(Vec::new());
    let nap = async |name: &'static str, seconds: u64| {
        clock.sleep(secs(seconds)).await;
        order.lock().unwrap().push((name, clock.now()));
    };
    run(async {
        tokio::join!(nap("c", 30), nap("a", 10), nap("b", 20), nap("b too", 20));
    });
    let expected = [
        ("a", began + secs(10)),
        ("b", began + secs(20)),
        ("b too", began + secs(20)),
        ("c", began + secs(30)),
    ];
    assert_eq!(*order.lock().unwrap(), expected);
}

/// Each sleeps `rounds` times and checks that it wakes exactly when it should.
async fn loops(clock: &VirtualClock, number: u64, rounds: u64) {
    for round in 0..rounds {
        let nap = Duration::from_millis(1 + (number * 7919 + round * 104_729) % 60_000);
        let due = clock.now() + nap;
        clock.sleep(nap).await;
        assert_eq!(clock.now(), due);
    }
}

#[test]
fn a_thousand_sleepers_wake_at_the_right_times() {
    let (clock, began) = start();
    run(async {
        join_all((0..1000).map(|number| loops(&clock, number, 50))).await;
    });
    assert!(clock.now() > began + secs(1000));
    assert_eq!(clock.sleepers(), 0);
}

#[test]
fn a_thousand_tasks_wake_at_the_right_times() {
    let (clock, _) = start();
    run(async {
        let tasks: Vec<_> = (0..1000)
            .map(|number| {
                let clock = Arc::clone(&clock);
                tokio::spawn(async move { loops(&clock, number, 20).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn time_waits_for_everybody_who_is_awake() {
    let (clock, began) = start();
    run(async {
        let (send, mut receive) = tokio::sync::mpsc::channel(1);
        let sleeper = clock.sleep(secs(10));
        let talker = async {
            for _ in 0..3 {
                send.send(clock.now()).await.unwrap();
            }
            drop(send);
        };
        let listener = async {
            while let Some(sent) = receive.recv().await {
                assert_eq!((sent, clock.now()), (began, began));
            }
        };
        tokio::join!(sleeper, talker, listener);
    });
    assert_eq!(clock.now(), began + secs(10));
}

#[test]
fn a_sleeper_that_is_dropped_holds_up_nobody() {
    let (clock, began) = start();
    run(async {
        let long = clock.sleep(secs(60));
        let short = async {
            match select(pin!(clock.sleep(secs(5))), pin!(std::future::ready(()))).await {
                Either::Left(_) => unreachable!("it is asleep"),
                Either::Right(_) => {}
            }
        };
        tokio::join!(long, short);
    });
    assert_eq!(clock.now(), began + secs(60));
    assert_eq!(clock.sleepers(), 0);
}

#[test]
fn a_sleeper_that_is_not_polled_holds_up_nobody_of_its_own_task() {
    let (clock, began) = start();
    run(async {
        // While one item is worked on, the stream with the others is not polled.
        let mut naps: FuturesUnordered<_> =
            [1, 2, 3].into_iter().map(|n| clock.sleep(secs(n))).collect();
        let mut items = 0;
        while naps.next().await.is_some() {
            clock.sleep(secs(100)).await;
            items += 1;
        }
        assert_eq!(items, 3);
    });
    assert_eq!(clock.now(), began + secs(301));
}

#[test]
fn time_can_be_moved_by_hand() {
    let (clock, began) = start();
    run(async {
        let sleeper = async {
            clock.sleep(secs(60)).await;
            clock.now()
        };
        let mover = async { clock.advance(secs(3600)) };
        let (woken, ()) = tokio::join!(sleeper, mover);
        assert_eq!(woken, began + secs(3600));
    });
}

#[tokio::test]
async fn a_bound_of_what_takes_no_simulated_time_does_not_let_time_pass() {
    let world = World::new();
    let clock = world.clock();
    let began = clock.now();
    // As a request to a server: the executor comes back to it again and again.
    let under_way = async {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    };
    let bound = clock.timeout(secs(300));
    assert!(matches!(select(pin!(under_way), pin!(bound)).await, Either::Left(_)));
    assert_eq!(clock.now(), began);
    // Whoever else sleeps lets time pass, and the bound with it.
    join(clock.timeout(secs(300)), clock.sleep(secs(400))).await;
    assert_eq!(clock.now(), began + secs(400));
    // A call that is never answered ends with its bound.
    world.fault(Fault::on_any_call().unanswered());
    let aws = world.aws();
    let call = aws.caller_identity();
    assert!(matches!(select(call, pin!(clock.timeout(secs(300)))).await, Either::Right(_)));
    assert_eq!(clock.now(), began + secs(700));
}
