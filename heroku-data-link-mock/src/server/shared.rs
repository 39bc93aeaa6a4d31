//! What all requests share.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::ServeOptions;
use super::heroku::Budget;
use super::passage::Passage;
use super::requests::{Cloud, RequestCount, Requests};
use crate::World;

#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    seed: Option<fn() -> World>,
    passage: Passage,
    requests: Mutex<Requests>,
    page_size: NonZeroUsize,
    pub(super) heroku_budget: Budget,
    answers: AtomicU64,
}

impl Shared {
    pub(super) fn new(world: World, seed: Option<fn() -> World>, options: &ServeOptions) -> Self {
        Self {
            world: Mutex::new(world),
            seed,
            passage: Passage::new(options.speed),
            requests: Mutex::default(),
            page_size: options.page_size,
            heroku_budget: Budget::new(options.requests_per_hour),
            answers: AtomicU64::new(0),
        }
    }

    /// The world, as late as it is by now.
    pub(super) fn world(&self) -> World {
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.passage.pass(&world);
        world
    }

    /// How many simulated seconds pass in a real one.
    pub(super) fn speed(&self) -> u32 {
        self.passage.speed()
    }

    pub(super) fn set_speed(&self, speed: u32) {
        self.passage.set_speed(&self.world(), speed);
    }

    pub(super) fn advance(&self, by: Duration) {
        self.world().advance(by);
    }

    /// Puts the world back to its beginning; `false` where nobody said what that is.
    pub(super) fn reset(&self) -> bool {
        let Some(seed) = self.seed else { return false };
        *self.world.lock().unwrap_or_else(PoisonError::into_inner) = seed();
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner) = Requests::default();
        self.heroku_budget.refill();
        true
    }

    /// How many results are on a page, for a client that wants so many.
    pub(super) fn page_size(&self, wanted: Option<NonZeroUsize>) -> usize {
        wanted.map_or(self.page_size, |wanted| wanted.min(self.page_size)).get()
    }

    /// The id of the next answer.
    pub(super) fn request_id(&self) -> String {
        let number = self.answers.fetch_add(1, Ordering::Relaxed) + 1;
        format!("00000000-0000-4000-a000-{number:012x}")
    }

    pub(super) fn count(&self, cloud: Cloud, operation: &str) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).count(cloud, operation);
    }

    pub(super) fn requests(&self) -> Vec<RequestCount> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).list()
    }
}
