//! The requests that are left to an account, shared by all clones of a client.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// The time in which one request is refilled: 75 a minute, 4,500 an hour (Platform API).
///
/// What is left is counted in this time, so that it grows by itself as time passes.
const REFILL: Duration = Duration::from_millis(800);
/// The most that can be left: an hour's worth.
const FULL: Duration = Duration::from_secs(60 * 60);
/// Requests that are left to whoever else uses the account, such as a person with the CLI.
const RESERVE: u32 = 10;
/// After the reserve was reached nothing is sent until this many more are left: a pass that finds
/// only its first request admitted would waste it.
const RESUME: u32 = 15;
/// Requests of one pass over a link: how far apart those who were refused are told to come again.
const PASS: u32 = 3;
/// The longest that anybody is told to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

/// What is left, as far as it is known.
#[derive(Debug)]
pub(crate) struct Budget {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// What was left at the time below; `None` until a reply told.
    credit: Option<Duration>,
    at: SystemTime,
    /// Sent, and not counted in the credit yet.
    in_flight: u32,
    /// Nothing is sent before.
    resting_until: SystemTime,
    /// When the next one to be refused is to come again.
    next_turn: SystemTime,
}

impl Budget {
    pub(crate) fn new() -> Self {
        let past = SystemTime::UNIX_EPOCH;
        let state =
            State { credit: None, at: past, in_flight: 0, resting_until: past, next_turn: past };
        Self { state: Mutex::new(state) }
    }

    /// Admits a request, or says when to come again.
    pub(crate) fn admit(&self, now: SystemTime) -> Result<Ticket<'_>, Duration> {
        let mut state = self.lock();
        if now >= state.resting_until {
            let Some(left) = state.left(now).filter(|left| *left < REFILL * (RESERVE + 1)) else {
                state.in_flight += 1;
                return Ok(Ticket { budget: self, counted: false });
            };
            state.resting_until = now + (REFILL * (RESERVE + RESUME)).saturating_sub(left);
        }
        Err(state.turn(now))
    }

    /// The requests that are left by now, once a reply has told.
    pub(crate) fn remaining(&self, now: SystemTime) -> Option<u32> {
        let left = self.lock().left(now)?;
        u32::try_from(left.as_millis() / REFILL.as_millis()).ok()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn left(&self, now: SystemTime) -> Option<Duration> {
        let credit = self.credit?;
        let passed = now.duration_since(self.at).unwrap_or_default();
        // An account may have been given more than the usual limit; it is not refilled beyond.
        let full = credit.max(FULL);
        Some(credit.saturating_add(passed).min(full).saturating_sub(REFILL * self.in_flight))
    }

    /// Each one that is refused gets a turn of its own, or all would come at once.
    fn turn(&mut self, now: SystemTime) -> Duration {
        let turn = self.next_turn.max(self.resting_until).min(now + LONGEST_WAIT);
        self.next_turn = turn + REFILL * PASS;
        turn.duration_since(now).unwrap_or_default().max(REFILL)
    }
}

/// One admitted request.
#[derive(Debug)]
pub(crate) struct Ticket<'a> {
    budget: &'a Budget,
    counted: bool,
}

impl Ticket<'_> {
    /// Takes note of a reply: what it says is left, and whether it refuses more.
    pub(crate) fn replied(
        mut self,
        remaining: Option<u32>,
        limited: Option<Limited>,
        now: SystemTime,
    ) {
        let mut state = self.budget.lock();
        if let Some(remaining) = remaining {
            self.counted = true;
            state.credit = Some(REFILL.saturating_mul(remaining));
            state.at = now;
        }
        if let Some(Limited { retry_after }) = limited {
            self.counted = true;
            state.credit = Some(Duration::ZERO);
            state.at = now;
            if let Some(until) = retry_after.and_then(|delay| now.checked_add(delay)) {
                state.resting_until = state.resting_until.max(until);
            }
        }
        drop(state);
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        if !self.counted {
            // It may have been counted by the server.
            state.credit = state.credit.map(|credit| credit.saturating_sub(REFILL));
        }
    }
}

/// The server refused a request because there were too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limited {
    /// What it said about coming again.
    pub(crate) retry_after: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + Duration::from_millis(millis)
    }

    fn told(remaining: u32) -> Budget {
        let budget = Budget::new();
        budget.admit(at(0)).unwrap().replied(Some(remaining), None, at(0));
        budget
    }

    #[test]
    fn nothing_is_refused_while_nothing_is_known() {
        let budget = Budget::new();
        let tickets: Vec<_> = (0..10_000).map(|_| budget.admit(at(0)).unwrap()).collect();
        assert_eq!(budget.remaining(at(0)), None);
        drop(tickets);
        assert_eq!(budget.lock().in_flight, 0);
    }

    #[test]
    fn it_is_refilled_by_75_a_minute_and_never_overflows() {
        let budget = told(100);
        assert_eq!(budget.remaining(at(0)), Some(100));
        assert_eq!(budget.remaining(at(60_000)), Some(175));
        assert_eq!(budget.remaining(at(3_600_000 * 48)), Some(4500));
        assert_eq!(told(9000).remaining(at(60_000)), Some(9000));
    }

    #[test]
    fn what_is_in_flight_counts() {
        let budget = told(RESERVE + 2);
        let first = budget.admit(at(0)).unwrap();
        let second = budget.admit(at(0)).unwrap();
        assert!(budget.admit(at(0)).is_err());
        first.replied(Some(RESERVE + 1), None, at(0));
        drop(second);
        assert_eq!(budget.remaining(at(0)), Some(RESERVE));
    }

    #[test]
    fn the_refused_come_again_one_pass_after_the_other() {
        let budget = told(RESERVE);
        let rest = REFILL * RESUME;
        let waits: Vec<_> = (0..4).map(|_| budget.admit(at(0)).unwrap_err()).collect();
        assert_eq!(waits, (0..4).map(|turn| rest + REFILL * PASS * turn).collect::<Vec<_>>());
        for wait in waits {
            for _ in 0..PASS {
                let left = budget.remaining(at(0) + wait).unwrap();
                let ticket = budget.admit(at(0) + wait).unwrap();
                ticket.replied(Some(left - 1), None, at(0) + wait);
            }
        }
    }

    #[test]
    fn a_refusal_by_the_server_holds_for_everybody() {
        let limited = |retry_after| Some(Limited { retry_after });
        let budget = Budget::new();
        let delay = Some(Duration::from_secs(90));
        budget.admit(at(0)).unwrap().replied(Some(4000), limited(delay), at(0));
        assert_eq!(budget.admit(at(0)).unwrap_err(), Duration::from_secs(90));
        assert!(budget.admit(at(89_999)).is_err());
        assert!(budget.admit(at(90_000)).is_ok());

        let budget = Budget::new();
        budget.admit(at(0)).unwrap().replied(None, limited(None), at(0));
        assert_eq!(budget.admit(at(0)).unwrap_err(), REFILL * (RESERVE + RESUME));
        assert!(budget.admit(at(20_000)).is_ok());
    }

    #[test]
    fn no_wait_is_longer_than_ten_minutes_and_no_clock_is_trusted() {
        let budget = told(0);
        for _ in 0..1000 {
            let wait = budget.admit(at(0)).unwrap_err();
            assert!(wait >= REFILL && wait <= LONGEST_WAIT + REFILL * PASS, "{wait:?}");
        }
        assert_eq!(told(50).remaining(SystemTime::UNIX_EPOCH), Some(50));
        let huge = Some(Duration::from_secs(u64::MAX));
        let budget = Budget::new();
        budget.admit(at(0)).unwrap().replied(
            Some(u32::MAX),
            Some(Limited { retry_after: huge }),
            at(0),
        );
        assert!(budget.admit(at(0)).is_err());
    }
}
