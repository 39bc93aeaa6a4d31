//! The requests that are left to an account, shared by all clones of a client.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
/// Requests of one pass over a link.
const PASS: u32 = 3;
/// How far apart the turns of those who were refused are: what one pass needs is refilled by then.
const SPACING: Duration = Duration::from_millis(800 * PASS as u64);
/// With so much left nobody has to wait for a turn, though others were told to.
const PLENTY: u32 = 100;
/// The longest that anybody is told to wait: what is enough to refill all.
const LONGEST_WAIT: Duration = FULL;

/// What is left, as far as it is known. Its times are those of [`Clock::uptime`], which nobody sets
/// back: a wait that was told stays as long as it was.
///
/// [`Clock::uptime`]: heroku_data_link::reconcile::Clock::uptime
#[derive(Debug)]
pub(crate) struct Budget {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// What was left at the time below; `None` until a reply told.
    credit: Option<Duration>,
    at: Duration,
    /// Sent, and not counted in the credit yet.
    in_flight: u32,
    /// Nothing is sent before.
    resting_until: Duration,
    /// When the next one to be refused is to come again: the end of the queue.
    next_turn: Duration,
    /// The first turn in the queue that has not come.
    due: Duration,
    /// Requests that those whose turn has come may make. Others have to queue, or whoever comes
    /// often would leave nothing to who was told to wait.
    granted: u32,
}

impl Budget {
    pub(crate) fn new() -> Self {
        let past = Duration::ZERO;
        let state = State {
            credit: None,
            at: past,
            in_flight: 0,
            resting_until: past,
            next_turn: past,
            due: past,
            granted: 0,
        };
        Self { state: Mutex::new(state) }
    }

    /// Admits a request, or says when to come again.
    pub(crate) fn admit(&self, now: Duration) -> Result<Ticket<'_>, Duration> {
        let mut state = self.lock();
        if now < state.resting_until || !state.may_go(now) {
            return Err(state.turn(now));
        }
        if let Some(left) = state.left(now).filter(|left| *left < REFILL * (RESERVE + 1)) {
            state.resting_until = now + (REFILL * (RESERVE + RESUME)).saturating_sub(left);
            return Err(state.turn(now));
        }
        state.in_flight += 1;
        Ok(Ticket { budget: self, counted: false })
    }

    /// The requests that are left by now, once a reply has told.
    pub(crate) fn remaining(&self, now: Duration) -> Option<u32> {
        let left = self.lock().left(now)?;
        u32::try_from(left.as_millis() / REFILL.as_millis()).ok()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn left(&self, now: Duration) -> Option<Duration> {
        let credit = self.credit?;
        let passed = now.saturating_sub(self.at);
        // An account may have been given more than the usual limit; it is not refilled beyond.
        let full = credit.max(FULL);
        Some(credit.saturating_add(passed).min(full).saturating_sub(REFILL * self.in_flight))
    }

    /// Whether there is no queue, or this is the turn of somebody in it.
    fn may_go(&mut self, now: Duration) -> bool {
        let plenty = self.left(now).is_some_and(|left| left >= REFILL * PLENTY);
        if self.next_turn <= now || plenty {
            return true;
        }
        while self.due <= now {
            self.due += SPACING;
            // Whoever did not come for a turn does not keep it for long.
            self.granted = (self.granted + PASS).min(2 * PASS);
        }
        let granted = self.granted > 0;
        self.granted = self.granted.saturating_sub(1);
        granted
    }

    /// Each one that is refused gets a turn of its own, or all would come at once.
    fn turn(&mut self, now: Duration) -> Duration {
        if self.next_turn <= now {
            self.next_turn = self.resting_until.max(now + REFILL);
            self.due = self.next_turn;
            self.granted = 0;
        }
        let turn = self.next_turn.max(self.resting_until);
        let wait = turn.saturating_sub(now);
        if wait > LONGEST_WAIT {
            return LONGEST_WAIT;
        }
        self.next_turn = turn + SPACING;
        wait
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
        now: Duration,
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
    use std::collections::BTreeSet;

    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_secs(1_000_000) + Duration::from_millis(millis)
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
    fn no_wait_is_longer_than_an_hour_and_no_clock_is_trusted() {
        let budget = told(0);
        for _ in 0..3000 {
            let wait = budget.admit(at(0)).unwrap_err();
            assert!(wait >= REFILL && wait <= LONGEST_WAIT, "{wait:?}");
        }
        assert_eq!(told(50).remaining(Duration::ZERO), Some(50));
        let huge = Some(Duration::from_secs(u64::MAX));
        let budget = Budget::new();
        budget.admit(at(0)).unwrap().replied(
            Some(u32::MAX),
            Some(Limited { retry_after: huge }),
            at(0),
        );
        assert!(budget.admit(at(0)).is_err());
    }

    /// Far more links than the account's rate bears, against a server that counts exactly.
    #[test]
    fn a_fleet_slows_down_instead_of_running_into_429() {
        const LINKS: u32 = 300;
        const HOUR: u64 = 3_600_000;
        let budget = Budget::new();
        // In thousandths of a request; a tenth of an hour's worth is left at first.
        let (mut left, mut counted_at) = (450_000_u64, 0);
        let mut passes = vec![0_u32; LINKS as usize];
        let mut sent = 0_u64;
        let mut agenda: BTreeSet<(u64, u32)> = (0..LINKS).map(|link| (0, link)).collect();
        while let Some((time, link)) = agenda.pop_first().filter(|(time, _)| *time < 2 * HOUR) {
            left = (left + (time - counted_at) * 1000 / 800).min(4_500_000);
            counted_at = time;
            let refused = (0..PASS).find_map(|_| match budget.admit(at(time)) {
                Ok(ticket) => {
                    assert!(left >= 1000, "429 after {sent} requests");
                    left -= 1000;
                    sent += 1;
                    ticket.replied(u32::try_from(left / 1000).ok(), None, at(time));
                    None
                }
                Err(wait) => Some(wait),
            });
            if refused.is_none() {
                passes[link as usize] += 1;
            }
            let pause = refused.unwrap_or(Duration::from_secs(20));
            agenda.insert((time + u64::try_from(pause.as_millis()).unwrap(), link));
        }
        let (least, most) = (passes.iter().min().unwrap(), passes.iter().max().unwrap());
        println!("{sent} requests, {least} to {most} passes a link");
        assert!(sent >= 2 * 4500 * 9 / 10, "{sent} requests of 9,450 that were to be had");
        assert!(*least >= 10, "{least} to {most} passes a link");
    }
}
