//! Where drivers run, one beside the other, until they end or die.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use heroku_data_link::reconcile::{Clock, Goal, ReconcileError};

use super::event::DRIVERS;
use crate::world::World;

/// A driver's run.
pub(crate) type Run = Pin<Box<dyn Future<Output = Result<String, ReconcileError>>>>;

/// Where one driver after the other runs.
#[derive(Default)]
pub(crate) struct Slot {
    pub(crate) run: Option<Run>,
    /// When the next one begins.
    pub(crate) starts_at: Option<SystemTime>,
}

/// What happened on the stage.
pub(crate) enum Happened {
    TimeIsUp,
    Ended(usize, Result<String, ReconcileError>),
    Crashed(usize),
}

/// Lets all drivers run until something happens, at most for this long.
pub(crate) async fn perform(
    world: &World,
    slots: &mut [Slot; DRIVERS],
    left: Duration,
) -> Happened {
    let clock = world.clock();
    let mut sleep = pin!(clock.sleep(left));
    let mut crashed = pin!(world.crashed());
    std::future::poll_fn(|cx| {
        for (driver, slot) in slots.iter_mut().enumerate() {
            let Some(run) = &mut slot.run else { continue };
            world.lock().control.actor = driver;
            let polled = run.as_mut().poll(cx);
            world.lock().control.actor = 0;
            if let Poll::Ready(ended) = polled {
                slot.run = None;
                return Poll::Ready(Happened::Ended(driver, ended));
            }
            if crashed.as_mut().poll(cx).is_ready() {
                let dead = world.lock().control.crash.bury().unwrap_or(driver);
                return Poll::Ready(Happened::Crashed(dead));
            }
        }
        if left.is_zero() {
            return Poll::Ready(Happened::TimeIsUp);
        }
        sleep.as_mut().poll(cx).map(|()| Happened::TimeIsUp)
    })
    .await
}

pub(crate) fn verb(goal: Goal) -> &'static str {
    match goal {
        Goal::Established => "establish",
        Goal::TornDown => "tear down",
    }
}
