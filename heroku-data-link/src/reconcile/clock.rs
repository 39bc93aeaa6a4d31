//! Time as a parameter.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

/// Time as a parameter: the real one, or a simulated one in which sleeping takes no time.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// The time now, as a calendar tells it. Somebody may set it, forward or back.
    fn now(&self) -> SystemTime;

    /// The time that has passed since a moment that stays the same while this clock lives. It never
    /// goes back, whatever is done to the calendar: deadlines, pauses and back-off go by it.
    fn uptime(&self) -> Duration;

    /// Returns after `duration` of this clock's time.
    async fn sleep(&self, duration: Duration);

    /// Returns after `duration`, as the bound of something that is under way. A clock of another
    /// speed than the real one bounds with real time what really takes time, such as requests to a
    /// server. Default: [`sleep`](Self::sleep).
    async fn timeout(&self, duration: Duration) {
        self.sleep(duration).await;
    }
}

/// A moment, by the calendar and by the time that never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What the calendar says: for what a cloud shares with us, such as an hour.
    pub now: SystemTime,
    /// What the clock's [`uptime`](Clock::uptime) says: for how long something takes.
    pub uptime: Duration,
}

impl Moment {
    /// This moment.
    pub fn of(clock: &(impl Clock + ?Sized)) -> Self {
        Self { now: clock.now(), uptime: clock.uptime() }
    }

    /// How long ago an earlier moment of the same clock was.
    pub fn since(self, earlier: Self) -> Duration {
        self.uptime.saturating_sub(earlier.uptime)
    }
}

/// The machine's clock, sleeping on tokio's timer.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[cfg(feature = "tokio")]
#[async_trait]
// The one place that reads the real clock and sleeps.
#[allow(clippy::disallowed_methods)]
impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn uptime(&self) -> Duration {
        use std::sync::LazyLock;
        use std::time::Instant;

        static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGINNING.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
