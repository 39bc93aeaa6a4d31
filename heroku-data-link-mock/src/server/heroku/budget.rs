//! The requests that an account may make.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// In which so many as may be made an hour are refilled, evenly.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// What is left of the limit of the Platform API, in simulated time. There is one token, and so
/// one account.
#[derive(Debug)]
pub(in crate::server) struct Budget {
    /// What one request takes, in the time in which it is refilled.
    cost: Duration,
    /// What was left, in that time, and when.
    left: Mutex<Option<(Duration, SystemTime)>>,
}

impl Budget {
    pub(in crate::server) fn new(per_hour: NonZeroU32) -> Self {
        Self { cost: HOUR / per_hour.get(), left: Mutex::default() }
    }

    /// Takes one request; says how many are left, or that none was.
    pub(super) fn take(&self, now: SystemTime) -> Option<u32> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let credit = refilled(*left, now);
        let rest = credit.checked_sub(self.cost);
        *left = Some((rest.unwrap_or(credit), now));
        rest.map(|rest| self.requests(rest))
    }

    /// How many are left.
    pub(super) fn remaining(&self, now: SystemTime) -> u32 {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        self.requests(refilled(*left, now))
    }

    /// Begins anew.
    pub(in crate::server) fn refill(&self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn requests(&self, credit: Duration) -> u32 {
        let requests = credit.as_nanos() / self.cost.as_nanos().max(1);
        u32::try_from(requests).unwrap_or(u32::MAX)
    }
}

fn refilled(left: Option<(Duration, SystemTime)>, now: SystemTime) -> Duration {
    let Some((credit, since)) = left else { return HOUR };
    credit.saturating_add(now.duration_since(since).unwrap_or_default()).min(HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_empties_and_refills() {
        let start = SystemTime::UNIX_EPOCH + HOUR;
        let budget = Budget::new(NonZeroU32::new(4500).unwrap());
        assert_eq!(budget.remaining(start), 4500);
        for left in (0..4500).rev() {
            assert_eq!(budget.take(start), Some(left));
        }
        assert_eq!(budget.take(start), None);
        assert_eq!(budget.take(start + Duration::from_millis(799)), None);
        assert_eq!(budget.take(start + Duration::from_millis(800)), Some(0));
        assert_eq!(budget.remaining(start + Duration::from_secs(60)), 74);
        assert_eq!(budget.remaining(start + 3 * HOUR), 4500);
        budget.refill();
        assert_eq!(budget.take(start), Some(4499));
    }

    #[test]
    fn any_limit_is_held() {
        for limit in [1, 7, 999_999, u32::MAX] {
            let budget = Budget::new(NonZeroU32::new(limit).unwrap());
            let start = SystemTime::UNIX_EPOCH;
            assert!(budget.take(start).is_some_and(|left| left >= limit - 1), "{limit}");
        }
    }
}
