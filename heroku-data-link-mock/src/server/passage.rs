//! How simulated time follows real time.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::World;

/// The passing of time in a served world.
#[derive(Debug)]
pub(super) struct Passage {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Until when time has been made to pass.
    until: Instant,
    speed: u32,
}

impl Passage {
    pub(super) fn new(speed: u32) -> Self {
        Self { inner: Mutex::new(Inner { until: now(), speed }) }
    }

    pub(super) fn speed(&self) -> u32 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).speed
    }

    /// Another speed from now on.
    pub(super) fn set_speed(&self, world: &World, speed: u32) {
        self.pass(world);
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).speed = speed;
    }

    /// Lets as much time pass in the world as its speed makes of what passed in reality.
    pub(super) fn pass(&self, world: &World) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let passed = now.saturating_duration_since(inner.until).saturating_mul(inner.speed);
        inner.until = now;
        if !passed.is_zero() {
            world.advance(passed);
        }
    }
}

#[allow(clippy::disallowed_methods)] // Where real time comes into the world.
fn now() -> Instant {
    Instant::now()
}
