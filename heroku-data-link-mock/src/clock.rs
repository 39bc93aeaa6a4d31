use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use heroku_data_link::reconcile::Clock;

/// 2026-01-01T00:00:00Z: when every world begins, in seconds since the Unix epoch.
const BEGINNING: u64 = 1_767_225_600;

/// How many times in a row the driving sleeper must find that nothing happened before time moves.
///
/// One would do for tasks that only call the world and sleep; a few more let short chains of
/// messages between tasks run to their end at one moment.
const QUIET_ROUNDS: u8 = 3;

/// A clock whose time moves only when everybody who waits for it is asleep.
///
/// Sleeping takes no real time. With many sleepers time goes from one deadline to the next, in
/// order, so that a thousand concurrent loops see each other's effects as they would in life.
/// On a single-threaded executor every run is the same.
///
/// Poll a sleeping future or drop it: one that is kept and not polled may hold up other tasks.
pub struct VirtualClock {
    inner: Mutex<Inner>,
}

/// When every world begins.
pub(crate) fn beginning() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(BEGINNING)
}

/// The time since then.
fn uptime(now: SystemTime) -> Duration {
    now.duration_since(beginning()).unwrap_or_default()
}

/// How far the calendar that people see is from the clouds' own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Calendar {
    Right,
    Ahead(Duration),
    Behind(Duration),
}

impl Calendar {
    fn moved(self, other: Self) -> Self {
        let (ahead, behind) = [self, other].into_iter().fold(
            (Duration::ZERO, Duration::ZERO),
            |(ahead, behind), calendar| match calendar {
                Self::Right => (ahead, behind),
                Self::Ahead(by) => (ahead + by, behind),
                Self::Behind(by) => (ahead, behind + by),
            },
        );
        match ahead.checked_sub(behind) {
            Some(Duration::ZERO) => Self::Right,
            Some(by) => Self::Ahead(by),
            None => Self::Behind(behind.saturating_sub(ahead)),
        }
    }
}

/// Deadline, then order of registration.
type Key = (SystemTime, u64);

struct Inner {
    now: SystemTime,
    /// What the calendar that people see is set to.
    calendar: Calendar,
    /// Counts whatever happens: calls, and sleeps that begin or end.
    activity: u64,
    /// Counts how often the earliest sleeper was polled.
    first_polls: u64,
    registered: u64,
    sleepers: BTreeMap<Key, Waker>,
    /// Whether a call has never been answered: then time passes for whoever bounds one.
    has_unanswered: bool,
    /// Who bounds what is under way.
    bounding: Vec<Waker>,
}

impl Inner {
    fn first(&self) -> Option<Key> {
        self.sleepers.keys().next().copied()
    }

    /// Moves time, and takes out everybody whose time has come; says whom to wake.
    fn move_to(&mut self, now: SystemTime) -> Vec<Waker> {
        self.now = self.now.max(now);
        self.activity += 1;
        let mut wakers = std::mem::take(&mut self.bounding);
        while let Some(entry) = self.sleepers.first_entry() {
            if entry.key().0 > self.now {
                wakers.push(entry.get().clone());
                break;
            }
            wakers.push(entry.remove());
        }
        wakers
    }
}

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                now: beginning(),
                calendar: Calendar::Right,
                activity: 0,
                first_polls: 0,
                registered: 0,
                sleepers: BTreeMap::new(),
                has_unanswered: false,
                bounding: Vec::new(),
            }),
        }
    }

    /// Moves time forward, and wakes whoever is due.
    pub fn advance(&self, by: Duration) {
        let mut inner = self.lock();
        let now = inner.now.checked_add(by).unwrap_or(inner.now);
        let wakers = inner.move_to(now);
        drop(inner);
        wake(wakers);
    }

    /// The clouds' own time, whatever the calendar of this clock is set to.
    pub fn world_time(&self) -> SystemTime {
        self.lock().now
    }

    /// Sets the calendar forward by so much, as somebody who administers a machine may: what
    /// [`now`](Clock::now) tells, and nothing else.
    pub fn set_calendar_forward(&self, by: Duration) {
        let mut inner = self.lock();
        inner.calendar = inner.calendar.moved(Calendar::Ahead(by));
    }

    /// Sets the calendar back by so much.
    pub fn set_calendar_back(&self, by: Duration) {
        let mut inner = self.lock();
        inner.calendar = inner.calendar.moved(Calendar::Behind(by));
    }

    /// How many are asleep.
    pub fn sleepers(&self) -> usize {
        self.lock().sleepers.len()
    }

    /// Notes that a call is never answered.
    pub(crate) fn leave_unanswered(&self) {
        let mut inner = self.lock();
        inner.has_unanswered = true;
        let wakers = std::mem::take(&mut inner.bounding);
        drop(inner);
        wake(wakers);
    }

    /// Notes that something happened, so that time stands still for a moment.
    pub(crate) fn touch(&self) -> SystemTime {
        let mut inner = self.lock();
        inner.activity += 1;
        inner.now
    }

    fn sleeper(&self, duration: Duration) -> Sleep<'_> {
        Sleep { clock: self, duration, key: None, seen: None, quiet: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("VirtualClock")
            .field("now", &inner.now)
            .field("sleepers", &inner.sleepers.len())
            .finish()
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> SystemTime {
        let inner = self.lock();
        match inner.calendar {
            Calendar::Right => inner.now,
            Calendar::Ahead(by) => inner.now.checked_add(by).unwrap_or(inner.now),
            Calendar::Behind(by) => inner.now.checked_sub(by).unwrap_or(inner.now),
        }
    }

    fn uptime(&self) -> Duration {
        uptime(self.lock().now)
    }

    async fn sleep(&self, duration: Duration) {
        self.sleeper(duration).await;
    }

    /// Time does not pass for its sake, as what is under way over HTTP takes no simulated time, unless
    /// a call to this world was never answered.
    async fn timeout(&self, duration: Duration) {
        let deadline = self.uptime().saturating_add(duration);
        poll_fn(|cx| {
            let mut inner = self.lock();
            let is_over = uptime(inner.now) >= deadline;
            if is_over || inner.has_unanswered {
                return Poll::Ready(());
            }
            inner.bounding.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
        self.sleeper(deadline.saturating_sub(self.uptime())).await;
    }
}

/// One sleeper. The earliest one drives the clock.
struct Sleep<'a> {
    clock: &'a VirtualClock,
    duration: Duration,
    key: Option<Key>,
    /// Activity, and polls of the earliest sleeper, as they were at the last poll.
    seen: Option<(u64, u64)>,
    /// For how many polls in a row nothing has changed.
    quiet: u8,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut inner = this.clock.lock();
        let Some(key) = this.key else {
            if this.duration.is_zero() {
                return Poll::Ready(());
            }
            let deadline = inner.now.checked_add(this.duration).unwrap_or(inner.now);
            let key = (deadline, inner.registered);
            inner.registered += 1;
            inner.activity += 1;
            inner.sleepers.insert(key, cx.waker().clone());
            this.key = Some(key);
            drop(inner);
            // To look whether somebody drives the clock.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        let Some(waker) = inner.sleepers.get_mut(&key) else {
            // Taken out when its time came.
            inner.activity += 1;
            this.key = None;
            this.duration = Duration::ZERO;
            return Poll::Ready(());
        };
        if !waker.will_wake(cx.waker()) {
            waker.clone_from(cx.waker());
        }
        let first = inner.first().unwrap_or(key);
        let activity = inner.activity;
        let polls = inner.first_polls;
        if first == key {
            inner.first_polls += 1;
        } else if this.seen.is_some_and(|(_, before)| before != polls) {
            // The earliest sleeper is alive and drives.
            this.seen = None;
            return Poll::Pending;
        }
        let quiet = this.seen.is_some_and(|(before, _)| before == activity);
        this.quiet = if quiet { this.quiet + 1 } else { 0 };
        this.seen = Some((activity, polls));
        if this.quiet < QUIET_ROUNDS {
            drop(inner);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // Nothing happens any more: on to the next deadline. It is somebody else's when the earliest
        // sleeper is kept by its owner and not polled; waking it does not wake the owner for sure.
        let wakers = inner.move_to(first.0);
        let due = !inner.sleepers.contains_key(&key);
        drop(inner);
        wake(wakers);
        this.seen = None;
        this.quiet = 0;
        if due {
            this.key = None;
            this.duration = Duration::ZERO;
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let mut inner = self.clock.lock();
        if inner.sleepers.remove(&key).is_none() {
            return;
        }
        inner.activity += 1;
        let next = inner.sleepers.values().next().cloned();
        drop(inner);
        wake(next);
    }
}

/// Outside of the lock: waking may drop a task, and with it a sleeper.
fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}
